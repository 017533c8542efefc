"""What holds for all variants of a query, of what was found out about each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgrepo.compiler.model import (
    Cardinality,
    Column,
    JsonArray,
    JsonObject,
    JsonScalar,
    JsonValue,
    Parameter,
    PgType,
    Query,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LOOSENESS = (Cardinality.EXEC, Cardinality.ONE, Cardinality.ZERO_OR_ONE, Cardinality.MANY)


class Disagreement(Exception):
    """A variant cannot have the same Python signature as the whole statement; says why.

    Args:
        message: what differs.
        example: a cast that would end it.
    """

    def __init__(self, message: str, example: str) -> None:
        super().__init__(message)
        self.example = example


def merge(whole: Query, variant: Query) -> Query:
    """Weakens what is known of a query until it holds for a variant too.

    Raises:
        Disagreement: a parameter or column has another type in the variant.
    """
    parameters = {parameter.name: parameter for parameter in variant.parameters}
    refuse_other_types(
        whole,
        {name: parameter.pg_type for name, parameter in parameters.items()},
        [(column.name, column.pg_type) for column in variant.columns],
    )
    return replace(
        whole,
        columns=tuple(map(_column, whole.columns, variant.columns)),
        parameters=tuple(_parameter(item, parameters.get(item.name)) for item in whole.parameters),
        cardinality=max(whole.cardinality, variant.cardinality, key=_LOOSENESS.index),
        read_only=whole.read_only and variant.read_only,
        writes=whole.writes or variant.writes,
        tables=_union(whole.tables, variant.tables),
        not_understood=_union(whole.not_understood, variant.not_understood),
    )


def refuse_other_types(
    whole: Query, parameters: Mapping[str, PgType], columns: Sequence[tuple[str, PgType]]
) -> None:
    """Refuses a variant that cannot have the signature of the whole statement.

    Args:
        whole: what is known of the query.
        parameters: the types of the variant's parameters, by name.
        columns: the names and types of its columns.

    Raises:
        Disagreement: a parameter or column has another type, or a column another name.
    """
    if [column.name for column in whole.columns] != [name for name, _ in columns]:
        raise Disagreement("the columns have other names", "… AS name")
    for parameter in whole.parameters:
        here = parameters.get(parameter.name, parameter.pg_type)
        _refuse("parameter", parameter, here, f":{parameter.name}")
    for column, (_, here) in zip(whole.columns, columns, strict=True):
        _refuse("column", column, here, column.name)


def _refuse(kind: str, whole: Parameter | Column, here: PgType, written: str) -> None:
    if here != whole.pg_type:
        raise Disagreement(
            f"{kind} {whole.name} is of type {here.name}, and else of type {whole.pg_type.name}",
            f"{written}::{whole.pg_type.name}",
        )


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return one if one == other else tuple(dict.fromkeys(one + other))


def _parameter(whole: Parameter, variant: Parameter | None) -> Parameter:
    if variant is None:
        return whole
    return replace(whole, nullable=whole.nullable and variant.nullable)


def _column(whole: Column, variant: Column) -> Column:
    if whole == variant:
        return whole
    both = whole.json is not None and variant.json is not None
    same_origin = whole.origin == variant.origin
    return replace(
        whole,
        nullable=whole.nullable or variant.nullable,
        origin=whole.origin if same_origin else None,
        comment=whole.comment if same_origin else None,
        json=_document(whole.json, variant.json) if both else None,
        row=_fields(whole.row, variant.row),
    )


def _fields(
    one: tuple[bool, ...] | None, other: tuple[bool, ...] | None
) -> tuple[bool, ...] | None:
    """Which fields of a whole row can be NULL; None, where nothing is known, allows all."""
    if one is None or other is None or len(one) != len(other):
        return None
    return tuple(mine or its for mine, its in zip(one, other, strict=True))


def _document(
    one: JsonObject | JsonArray | None, other: JsonObject | JsonArray | None
) -> JsonObject | JsonArray | None:
    match one, other:
        case JsonArray(None), JsonArray():
            return other
        case JsonArray(), JsonArray(None):
            return one
        case JsonArray(JsonValue() as mine), JsonArray(JsonValue() as its):
            element = _value(mine, its)
            return JsonArray(element) if element is not None else None
        case JsonObject(mine_members), JsonObject(its_members):
            return _object(mine_members, its_members)
        case _:
            return None


def _object(
    one: tuple[tuple[str, JsonValue], ...], other: tuple[tuple[str, JsonValue], ...]
) -> JsonObject | None:
    if [key for key, _ in one] != [key for key, _ in other]:
        return None
    members = [(key, _value(mine, its)) for (key, mine), (_, its) in zip(one, other, strict=True)]
    known = tuple((key, value) for key, value in members if value is not None)
    return JsonObject(known) if len(known) == len(members) else None


def _value(one: JsonValue, other: JsonValue) -> JsonValue | None:
    nullable = one.nullable or other.nullable
    match one.shape, other.shape:
        case JsonScalar(mine, origin), JsonScalar(its, other_origin):
            shared = origin if origin == other_origin else None
            return JsonValue(JsonScalar(mine, shared), nullable) if mine == its else None
        case ((JsonObject() | JsonArray() as mine), (JsonObject() | JsonArray() as its)):
            shape = _document(mine, its)
            return JsonValue(shape, nullable) if shape is not None else None
        case _:
            return None
