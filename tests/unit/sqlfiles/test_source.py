"""Places in a text, and files that are not text."""

from pathlib import Path

import pytest

from pgrepo.errors import SourceError
from pgrepo.sqlfiles.source import Source, read_source


def test_positions_and_lines() -> None:
    """Lines and columns count from 1, in characters."""
    source = Source("é1\n\tb\n", Path("a.sql"), "a.sql")
    assert [source.position(offset) for offset in range(6)] == [
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 1),
        (2, 2),
        (2, 3),
    ]
    assert [source.line(number) for number in (1, 2, 3, 4)] == ["é1", "\tb", "", ""]


def test_an_error_underlines_its_span() -> None:
    """The caret stands under the span, tabs included; a span over a line end stops there."""
    source = Source("\tab c\nd", Path("a.sql"), "x/a.sql")
    error = source.error("PGR101", "bad", 2, 99, help="mend it", query="q")
    assert error.query == "q"
    assert str(error).splitlines() == [
        "x/a.sql:1:3: error[PGR101]: bad",
        "  |",
        "1 | \tab c",
        "  | \t ^^^",
        "  = help: mend it",
    ]


def test_reading(tmp_path: Path) -> None:
    """Names are relative to the root; line ends and byte order marks do not show."""
    path = tmp_path / "queries" / "a.sql"
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert read_source(path, tmp_path) == Source("a\nb\nc\n", path, "queries/a.sql")
    assert read_source(path).name == path.as_posix()


def test_not_utf8(tmp_path: Path) -> None:
    """A file in another encoding is an error at its first wrong byte."""
    path = tmp_path / "a.sql"
    path.write_bytes("SELECT 1;\r\n-- größe\n".encode("latin-1"))
    with pytest.raises(SourceError, match="0xf6 is not UTF-8") as raised:
        read_source(path, tmp_path)
    assert (raised.value.code, raised.value.line, raised.value.column) == ("PGR101", 2, 6)
