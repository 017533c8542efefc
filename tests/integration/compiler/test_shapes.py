"""The shapes that the compiler gives to JSON, and whether the documents have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo.compiler.model import JsonArray, JsonObject, JsonScalar, JsonValue

from .cases.documents import SHAPES

if TYPE_CHECKING:
    from .laboratory import Laboratory


def notation(value: JsonValue) -> str:
    """A shape in the notation of the cases."""
    sign = "?" if value.nullable else ""
    match value.shape:
        case JsonObject(members):
            inner = ", ".join(f"{name}: {notation(member)}" for name, member in members)
            return f"{{{inner}}}{sign}"
        case JsonArray(element):
            return f"[{notation(element) if element is not None else ''}]{sign}"
        case JsonScalar(pg_type):
            return pg_type.name + sign


@pytest.mark.parametrize(("sql", "expected"), SHAPES, ids=[sql[:60] for sql, _ in SHAPES])
def test_shape(sql: str, expected: str, each_version: Laboratory) -> None:
    """The shape is the expected one, and every document that comes back has it."""
    query = each_version.analyse(sql)
    shape = query.columns[-1].json
    assert (notation(JsonValue(shape, nullable=False)) if shape else "") == expected
    each_version.witness(sql)
