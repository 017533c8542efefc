"""Built-in types in pgrepo's own binary forms, where a server need not have them."""

from __future__ import annotations

from typing import Any

import pytest

from pgrepo.runtime.checks import Unfit
from pgrepo.runtime.scalars import SCALARS, Unreadable, scalar_dumper, scalar_loader

XML, JSONPATH, INTERVAL = 142, 4072, 1186


def dump(oid: int, value: Any) -> Any:
    """The binary form of a value."""
    dumper = scalar_dumper(oid)
    assert dumper is not None
    return dumper(str).dump(value)


@pytest.mark.parametrize(
    ("document", "encoding"),
    [
        ("<a>\u00fc</a>", "utf-8"),
        ('<?xml version="1.0"?><a>\u00fc</a>', "utf-8"),
        ('<?xml version="1.0" encoding="UTF-8"?><a>\u00fc</a>', "utf-8"),
        ("<?xml version='1.0' encoding = 'ISO-8859-1' ?><a>\u00fc</a>", "latin-1"),
        ('<a encoding="latin1">\u00fc</a>', "utf-8"),
    ],
)
def test_xml(document: str, encoding: str) -> None:
    """The server reads the declaration of binary XML, so it is encoded as it declares."""
    assert dump(XML, document) == document.encode(encoding)


@pytest.mark.parametrize(
    "document",
    [
        '<?xml version="1.0" encoding="ascii"?><a>\u00fc</a>',
        '<?xml version="1.0" encoding="x-unknown"?><a/>',
        b"<a/>",
    ],
)
def test_xml_that_cannot_be_written(document: Any) -> None:
    """One whose encoding cannot write it is refused, as is anything but a str."""
    with pytest.raises(Unfit, match="takes a"):
        dump(XML, document)


def test_another_version_of_a_form() -> None:
    """A form that is not known is not guessed at."""
    loader = scalar_loader(JSONPATH, None)
    assert loader is not None
    with pytest.raises(Unreadable, match="version 2"):
        loader(JSONPATH).load(b"\x02$")


def test_loaders_of_a_host() -> None:
    """A loader that somebody registered is left in its place."""

    class Own:
        """A loader of the host's."""

    assert scalar_loader(INTERVAL, Own) is Own
    assert {XML, JSONPATH, INTERVAL} < SCALARS
