"""How generated statements name PostgreSQL's types."""

from __future__ import annotations

import pytest

from pgrepo.compiler.model import PgType, TypeKind
from pgrepo.compiler.wiretypes import (
    column_wire_type,
    fits_copy,
    json_element,
    parameter_wire_type,
    wire_type,
)

INTEGER = PgType(23, "integer", "pg_catalog", TypeKind.BASE)
TEXT = PgType(25, "text", "pg_catalog", TypeKind.BASE)
POINT = PgType(600, "point", "pg_catalog", TypeKind.BASE)
JSONB = PgType(3802, "jsonb", "pg_catalog", TypeKind.BASE)
INTEGERS = PgType(1007, "integer[]", "pg_catalog", TypeKind.ARRAY, element=INTEGER)


def made(kind: TypeKind, element: PgType | None = None, name: str = "shop.made") -> PgType:
    """A type of the user's."""
    return PgType(20_000, name, "shop", kind, element=element)


def composite(*types: PgType) -> PgType:
    """A composite type."""
    fields = tuple((f"field_{number}", typed) for number, typed in enumerate(types))
    return PgType(20_001, "shop.pair", "shop", TypeKind.COMPOSITE, fields=fields)


POSITIVE = made(TypeKind.DOMAIN, INTEGER)
EMAIL = made(TypeKind.DOMAIN, TEXT)
MOOD = made(TypeKind.ENUM)
VECTOR = made(TypeKind.BASE, name="extensions.vector")
SPAN = made(TypeKind.RANGE, INTEGER)
PAIR = composite(INTEGER, MOOD)


@pytest.mark.parametrize(
    ("pg_type", "inside", "parameter", "column"),
    [
        (INTEGER, "23", "23", None),
        (INTEGERS, "1007", "1007", None),
        (POSITIVE, "23", "pg.domain(23)", "23"),
        (EMAIL, "25", "pg.domain(25)", "25"),
        (made(TypeKind.DOMAIN, POSITIVE), "23", "pg.domain(23)", "23"),
        (made(TypeKind.DOMAIN, INTEGERS), "1007", "pg.domain(1007)", "1007"),
        (made(TypeKind.DOMAIN, MOOD), "pg.text", "0", "pg.text"),
        (made(TypeKind.DOMAIN, PAIR), "Pair", "Pair", "Pair"),
        (MOOD, "pg.text", "0", None),
        (made(TypeKind.BASE, name="citext"), "pg.text", "0", None),
        (VECTOR, "pg.vector", "pg.vector", None),
        (made(TypeKind.ARRAY, VECTOR), "pg.array(pg.vector)", "pg.array(pg.vector)", None),
        (made(TypeKind.ARRAY, MOOD), "pg.array(pg.text)", "pg.array(pg.text)", None),
        (made(TypeKind.ARRAY, POSITIVE), "pg.array(23)", "pg.array(23)", "pg.array(23)"),
        (PAIR, "Pair", "Pair", "Pair"),
        (made(TypeKind.ARRAY, PAIR), "pg.array(Pair)", "pg.array(Pair)", "pg.array(Pair)"),
        (SPAN, "pg.range(23)", "pg.range(23)", "pg.range(23)"),
        (
            made(TypeKind.MULTIRANGE, SPAN),
            "pg.multirange(23)",
            "pg.multirange(23)",
            "pg.multirange(23)",
        ),
    ],
)
def test_wire_types(pg_type: PgType, inside: str, parameter: str, column: str | None) -> None:
    """Inside another type, as a parameter, and as a column."""
    found = column_wire_type(pg_type)
    assert wire_type(pg_type).text == inside
    assert parameter_wire_type(pg_type).text == parameter
    assert (found.text if found is not None else None) == column


def test_vectors_that_have_a_number_of_dimensions() -> None:
    """The number goes along, of vectors alone."""
    assert parameter_wire_type(VECTOR, dimensions=3).text == "pg.vector_of(3)"
    half = made(TypeKind.BASE, name="halfvec")
    assert parameter_wire_type(half, dimensions=768).text == "pg.halfvec_of(768)"
    assert parameter_wire_type(MOOD, dimensions=3).text == "0"


def test_without_a_python_type() -> None:
    """What has no Python type is sent as text, if an annotation lets it through, and not read."""
    unknown = made(TypeKind.BASE, name="hstore")
    assert parameter_wire_type(unknown).text == "0"
    assert column_wire_type(unknown) is None
    assert column_wire_type(composite(POINT)) is None


def test_copy() -> None:
    """COPY takes all that has a binary form that we know; of built-in types the runtime knows."""
    assert all(map(fits_copy, (INTEGER, POINT, POSITIVE, MOOD, VECTOR, SPAN, PAIR)))
    assert not fits_copy(made(TypeKind.BASE, name="hstore"))
    assert not fits_copy(composite(INTEGER, POINT))


def test_documents() -> None:
    """Columns of JSON, and of arrays of it, hold documents."""
    assert json_element(JSONB) == JSONB
    assert json_element(made(TypeKind.ARRAY, JSONB)) == JSONB
    assert json_element(TEXT) is None
    assert json_element(INTEGERS) is None
