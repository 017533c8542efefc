"""JSON columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pytest

from pgrepo.runtime import JSON, Statement
from pgrepo.runtime.results import row_decoder
from pgrepo.runtime.translate import DataError


@dataclass
class Item:
    """What a JSON column holds."""

    name: str
    day: date | None = None
    kind: Literal["a", "b"] = "a"


@dataclass
class Row:
    """A row of three columns."""

    left: str
    item: Any
    right: bytes


def decode(type_: Any, raw: Any) -> Any:
    """Decodes one value in the second of three columns."""
    decoder = row_decoder("shop.items", Statement("items", "", row=Row, json=((1, type_),)))
    assert decoder is not None
    [(first, value, last)] = decoder([("left", raw, b"right")], None)
    assert (first, last) == ("left", b"right")
    return value


def test_no_json_no_decoder() -> None:
    """Rows without JSON are passed on as they are."""
    assert row_decoder("shop.items", Statement("items", "", row=Row)) is None


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        (Item, b'{"name": "x", "day": "2026-01-02"}', Item("x", date(2026, 1, 2))),
        (list[Item], b'[{"name": "x"}]', [Item("x")]),
        (dict[str, int], b'{"a": 1}', {"a": 1}),
        (JSON, b'{"a": [1, 2.5, null, "x", true]}', {"a": [1, 2.5, None, "x", True]}),
        (list[JSON], b'[1, "x"]', [1, "x"]),
        (Any, b"null", None),
        (Item, None, None),
        (Item, [b'{"name": "x"}', None], [Item("x"), None]),
    ],
)
def test_values(type_: Any, raw: Any, value: Any) -> None:
    """JSON becomes the Python type; SQL's NULL is None; arrays of JSON become lists."""
    assert decode(type_, raw) == value


def test_several_columns() -> None:
    """Each column has its own type."""
    statement: Statement[Any] = Statement("items", "", json=((0, Item), (2, list[int])))
    decoder = row_decoder("shop.items", statement)
    assert decoder is not None
    assert decoder([(b'{"name": "x"}', 5, b"[1]"), (None, 6, None)], None) == [
        (Item("x"), 5, [1]),
        (None, 6, None),
    ]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"name": 5}', r"Expected `str`, got `int` - at `\$\.name`"),
        (b"{}", "missing required field `name`"),
        (b'{"name": "x", "kind": "secret-1"}', "generated shape. Change"),
        (b'{"name": "x", "day": "secret-1"}', r"Invalid RFC3339 .* at `\$\.day` \(PostgreSQL"),
        (b'{"secret-1', "generated shape. Change"),
        (b'{"name": "\xff"}', "generated shape. Change"),
    ],
)
def test_another_shape(raw: bytes, why: str) -> None:
    """The error names query, column and path, says what to do, and quotes no value."""
    expected = rf"shop\.items: column item: its JSON does not have the .*{why}"
    with pytest.raises(DataError, match=expected) as caught:
        decode(Item, raw)
    assert "secret-1" not in str(caught.value)
    assert caught.value.query == "shop.items"
    assert caught.value.__suppress_context__
