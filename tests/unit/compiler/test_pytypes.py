"""PostgreSQL types as Python types, and types that annotations name."""

from __future__ import annotations

import pytest

from pgrepo.compiler.model import ColumnOrigin, PgType, TypeKind
from pgrepo.compiler.pytypes import (
    NoPythonTypeError,
    annotated_type,
    column_choices,
    json_type,
    parameter_type,
    python_type,
)


def base(name: str, oid: int = 1) -> PgType:
    """A base type."""
    return PgType(oid, name, "pg_catalog", TypeKind.BASE)


def made(kind: TypeKind, element: PgType, name: str = "made", oid: int = 1) -> PgType:
    """A type over another."""
    return PgType(oid, name, "shop", kind, element=element)


UUID = base("uuid")
STATUS = column_choices(ColumnOrigin("shop", "orders", "status"), ("new", "paid"))
MOOD = PgType(20_000, 'shop."Mood"', "shop", TypeKind.ENUM, labels=("sad", "ok"))


@pytest.mark.parametrize(
    ("text", "written", "imports"),
    [
        ("int", "int", set()),
        ("str | None", "str | None", set()),
        ("list[dict[str, float]]", "list[dict[str, float]]", set()),
        ("uuid.UUID", "UUID", {("uuid", "UUID")}),
        ("list[shop.types.Tag]", "list[Tag]", {("shop.types", "Tag")}),
        (
            "dict[uuid.UUID, decimal.Decimal]",
            "dict[UUID, Decimal]",
            {("uuid", "UUID"), ("decimal", "Decimal")},
        ),
        ("Any", "Any", {("typing", "Any")}),
        (
            "Mapping[str, Any]",
            "Mapping[str, Any]",
            {("collections.abc", "Mapping"), ("typing", "Any")},
        ),
        ("Sequence[int]", "Sequence[int]", {("collections.abc", "Sequence")}),
        ("JSON", "JSON", {("pgrepo.runtime", "JSON")}),
        ("Literal[1, 2]", "Literal[1, 2]", {("typing", "Literal")}),
        ("datetime.datetime", "datetime", {("datetime", "datetime")}),
        ("tuple[int, ...]", "tuple[int, ...]", set()),
    ],
)
def test_annotated_type(text: str, written: str, imports: set[tuple[str, str]]) -> None:
    """Dotted names are imported from their modules, well-known ones from theirs."""
    typed = annotated_type(text)
    assert (typed.text, typed.imports) == (written, imports)


@pytest.mark.parametrize("text", ["Tag", "list[Tag]", "UUID", "dict[str, Nonsense]"])
def test_unknown_name(text: str) -> None:
    """A bare name that is neither built in nor well known is refused by name."""
    with pytest.raises(ValueError, match=r"Tag|UUID|Nonsense"):
        annotated_type(text)


@pytest.mark.parametrize(
    ("pg_type", "expected"),
    [
        (base("boolean"), "bool"),
        (base("bigint"), "int"),
        (base("double precision"), "float"),
        (base("numeric"), "Decimal"),
        (base("character varying"), "str"),
        (base("timestamp with time zone"), "datetime"),
        (base("interval"), "timedelta"),
        (base("bytea"), "bytes"),
        (base("jsonb"), "JSON"),
        (UUID, "UUID"),
        (made(TypeKind.ARRAY, UUID), "list[UUID | None]"),
        (made(TypeKind.ARRAY, base("jsonb")), "list[JSON]"),
        (made(TypeKind.DOMAIN, UUID), "UUID"),
        (made(TypeKind.DOMAIN, made(TypeKind.ARRAY, base("text"))), "list[str | None]"),
        (made(TypeKind.RANGE, base("integer")), "Range[int]"),
        (made(TypeKind.RANGE, base("integer"), oid=20_000), "Range[int]"),
        (made(TypeKind.MULTIRANGE, made(TypeKind.RANGE, base("date"))), "Multirange[date]"),
        (MOOD, "Mood"),
    ],
)
def test_python_type(pg_type: PgType, expected: str) -> None:
    """What the driver makes of a value."""
    assert python_type(pg_type).text == expected


@pytest.mark.parametrize(
    "pg_type",
    [
        base("point"),
        base("tsvector"),
        PgType(1, "record", "pg_catalog", TypeKind.PSEUDO),
        made(TypeKind.ARRAY, base("point")),
        PgType(1, "shop.pair", "shop", TypeKind.COMPOSITE),
    ],
)
def test_no_python_type(pg_type: PgType) -> None:
    """A type without one is an error, and never Any."""
    with pytest.raises(NoPythonTypeError):
        python_type(pg_type)


def test_choices_stand_for_texts_alone() -> None:
    """The values that a CHECK allows replace str, in arrays and domains too, and nothing else."""
    assert STATUS.literals == {("OrderStatus", ("new", "paid"))}
    assert python_type(base("text"), STATUS).text == "OrderStatus"
    assert python_type(made(TypeKind.DOMAIN, base("text")), STATUS).text == "OrderStatus"
    assert python_type(base("integer"), STATUS).text == "int"
    assert python_type(MOOD).literals == {("Mood", ("sad", "ok"))}


def test_parameters() -> None:
    """Arrays are taken as sequences, JSON as whatever can be encoded."""
    assert parameter_type(made(TypeKind.ARRAY, UUID)).text == "Sequence[UUID]"
    assert parameter_type(base("jsonb")).text == "JSONInput"
    assert parameter_type(base("text"), STATUS).text == "OrderStatus"


@pytest.mark.parametrize(
    ("pg_type", "expected"),
    [
        (base("interval"), "str"),
        (base("bytea"), "str"),
        (base("inet"), "str"),
        (made(TypeKind.RANGE, base("integer")), "str"),
        (made(TypeKind.ARRAY, base("interval")), "list[str | None]"),
        (base("timestamp with time zone"), "datetime"),
        (base("numeric"), "Decimal"),
        (UUID, "UUID"),
        (MOOD, "Mood"),
    ],
)
def test_inside_json(pg_type: PgType, expected: str) -> None:
    """What `to_json` writes is not what the driver would make of the value."""
    assert json_type(pg_type).text == expected


def test_optional() -> None:
    """None is added once, and not to what takes it already."""
    assert python_type(UUID).optional().text == "UUID | None"
    assert python_type(UUID).optional().optional().text == "UUID | None"
    assert python_type(base("jsonb")).optional().text == "JSON"
    assert python_type(UUID).optional().imports == {("uuid", "UUID")}
