"""What is known of a query, as the plain data that `pgrepo describe` prints.

The types are those of the generated code, None aside: `nullable` says that. Literal aliases are
written out, because their names mean nothing outside a generated package.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypedDict

from pgrepo.compiler.codegen.rows import RowPlanner, default_row_name
from pgrepo.compiler.model import CompiledDomain, JsonArray, JsonObject, JsonScalar
from pgrepo.compiler.names import attribute, class_name, singular
from pgrepo.compiler.pytypes import (
    NoPythonTypeError,
    PyType,
    annotated_type,
    json_shape,
    json_type,
)
from pgrepo.errors import SourceError
from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.compiler.model import Column, Parameter, Query, Table


class ColumnDescription(TypedDict):
    """A result column."""

    name: str
    pg_type: str
    python_type: str | None
    nullable: bool


class ParameterDescription(TypedDict):
    """A parameter; `n` is its number in `$n`.

    An optional one may be left out, with all that `@optional` marks for it; of a dynamic query the
    numbers are those of the whole statement. `default` is a Python literal.
    """

    name: str
    n: int
    pg_type: str
    python_type: str | None
    nullable: bool
    optional: bool
    default: str | None


class OrderDescription(TypedDict):
    """The orders that a caller may choose from, and the one that the statement itself has."""

    choices: list[str]
    default: str


class ErrorDescription(TypedDict):
    """Why a query could not be described."""

    code: str
    message: str
    file: str
    line: int
    column: int
    help: str | None


class QueryDescription(TypedDict):
    """A query. Of one with an error, name and file are all that is known."""

    name: str
    file: str
    columns: list[ColumnDescription]
    params: list[ParameterDescription]
    order_by: OrderDescription | None
    cardinality: str | None
    read_only: bool | None
    error: ErrorDescription | None


class QueryDescriber:
    """Turns analysed queries into plain data.

    Args:
        tables: the tables of the database; their CHECK constraints make Literals.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        self._planner = RowPlanner(CompiledDomain("", "", (), tuple(tables)))

    def describe(self, query: Query) -> QueryDescription:
        """Describes a query. A type without a Python mapping has the python_type None."""
        return QueryDescription(
            name=query.name,
            file=query.source.source.name,
            columns=[self._column(query, column) for column in query.columns],
            params=[self._parameter(query, parameter) for parameter in query.parameters],
            order_by=_orders(query),
            cardinality=query.cardinality.value,
            read_only=query.read_only,
            error=None,
        )

    def _column(self, query: Query, column: Column) -> ColumnDescription:
        written = self._column_type(query, column)
        bare = written.removesuffix(" | None") if written is not None else None
        return ColumnDescription(
            name=column.name,
            pg_type=column.pg_type.name,
            python_type=bare,
            nullable=column.nullable or bare != written,
        )

    def _parameter(self, query: Query, parameter: Parameter) -> ParameterDescription:
        written, nullable = self._accepted(query, parameter)
        return ParameterDescription(
            name=parameter.name,
            n=parameter.number,
            pg_type=parameter.pg_type.name,
            python_type=written,
            nullable=nullable,
            optional=parameter.optional,
            default=parameter.default,
        )

    def _accepted(self, query: Query, parameter: Parameter) -> tuple[str | None, bool]:
        """The type in the generated signature, None aside, and whether None is accepted."""
        try:
            typed = self._planner.parameter_type(query, parameter)
        except SourceError:  # `generate` tells it; here it is shown as it is written, if it is
            return parameter.annotated_type, parameter.nullable
        bare = typed.required()
        # JSON's types include None, and so do not tell whether NULL makes sense there.
        includes_none = bare.optional() == bare
        return expanded(bare), parameter.nullable if includes_none else bare != typed

    def _column_type(self, query: Query, column: Column) -> str | None:
        if column.annotated_type is not None:
            return _annotated(column.annotated_type)
        try:
            if column.json is None:
                row = self._planner.whole_row(column)
                return expanded(row or self._planner.types.value(column.pg_type, column.origin))
            return self._json_type(column.json, _row_name(query), column.name)
        except NoPythonTypeError:
            return None

    def _json_type(self, shape: JsonObject | JsonArray | JsonScalar, prefix: str, name: str) -> str:
        """The type of a JSON document, its objects under the names of their generated classes."""
        match json_shape(shape) if isinstance(shape, JsonScalar) else shape:
            case JsonScalar() as shape:
                return expanded(json_type(shape.pg_type, self._planner.choices(shape.origin)))
            case JsonArray(element):
                if element is None:
                    return "list[None]"
                inner = self._json_type(element.shape, prefix, singular(name))
                optional = element.nullable and inner != "JSON"
                return f"list[{inner} | None]" if optional else f"list[{inner}]"
            case JsonObject(members):
                is_class = all(attribute(key) == key for key, _ in members)
                return prefix + class_name(name) if is_class else "dict[str, JSON]"


def describe_error(error: SourceError, name: str) -> QueryDescription:
    """Describes a query that is wrong.

    Args:
        error: what is wrong.
        name: the query's name, where the error itself does not know it.
    """
    return QueryDescription(
        name=error.query or name,
        file=error.file,
        columns=[],
        params=[],
        order_by=None,
        cardinality=None,
        read_only=None,
        error=ErrorDescription(
            code=error.code,
            message=error.message,
            file=error.file,
            line=error.line,
            column=error.column,
            help=error.help,
        ),
    )


def expanded(typed: PyType) -> str:
    """A type's text with its Literal aliases written out."""
    aliases = dict(typed.literals)
    if not aliases:
        return typed.text
    names = re.compile(r"\b(?:" + "|".join(map(re.escape, aliases)) + r")\b")
    return names.sub(lambda match: f"Literal[{_values(aliases[match.group()])}]", typed.text)


def _values(values: tuple[str, ...]) -> str:
    return ", ".join(map(repr, values))


def _annotated(text: str) -> str:
    try:
        return annotated_type(text).text
    except ValueError:  # `generate` asks for the module of such a name
        return text


def _orders(query: Query) -> OrderDescription | None:
    ordering = query.source.variants.ordering
    if ordering is None:
        return None
    choices = [order.name for order in ordering.orders]
    return OrderDescription(choices=choices, default=ordering.default)


def _row_name(query: Query) -> str:
    if query.source.operation is Operation.VALUE:
        return class_name(query.name)
    return query.source.annotations.row or default_row_name(query)
