"""The Python types of columns and parameters, and what to say where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.composites import Composites
from pgrepo.compiler.model import TypeKind
from pgrepo.compiler.pytypes import (
    NoPythonTypeError,
    PyType,
    SameNameError,
    annotated_type,
    column_choices,
    domain_name,
    parameter_type,
    python_type,
)
from pgrepo.compiler.wiretypes import json_element, parameter_wire_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrepo.compiler.model import (
        Column,
        ColumnOrigin,
        Parameter,
        PgType,
        Query,
        Table,
        TableColumn,
    )
    from pgrepo.errors import SourceError

# What a type without a Python type is best cast to; text where nothing is said.
_CASTS = {
    "money": "numeric",
    "int2vector": "int2[]",
    "oidvector": "oid[]",
}


class ColumnTypes:
    """Types of the columns and parameters of one domain.

    Args:
        tables: the tables, by schema and name.

    Attributes:
        composites: the classes of composite types.
    """

    def __init__(self, tables: Mapping[tuple[str, str], Table]) -> None:
        self._tables = tables
        self.composites = Composites(tables)

    def name_of(self, pg_type: PgType) -> str:
        """The name of an enum's alias or a composite type's class."""
        return self.composites.name_of(pg_type)

    def column(self, query: Query, column: Column) -> PyType:
        """The type of a column, None aside, whatever JSON the statement builds there."""
        if column.annotated_type is not None:
            return _annotated(query, column.annotated_type, column.name)
        try:
            return self.value(column.pg_type, column.origin)
        except NoPythonTypeError as error:
            what = f"column {column.name} of {query.name}"
            raise _no_type(query, what, column.pg_type, error, _help(column, error)) from None

    def value(self, pg_type: PgType, origin: ColumnOrigin | None) -> PyType:
        """The type of a value that PostgreSQL sends, as the table's column has it, None aside.

        Raises:
            NoPythonTypeError: there is none.
        """
        typed = python_type(pg_type, self.choices(origin), self.name_of)
        column = self.table_column(origin)
        if column is None or not column.holds_no_null or not _is_array(pg_type):
            return typed
        element = typed.text.removeprefix("list[").removesuffix("]")
        bare = PyType(element, typed.imports, typed.literals).required()
        return bare.wrapped("list[{}]")

    def document(self, query: Query, column: Column, typed: PyType) -> PyType | None:
        """The type of the JSON documents in a column; of an array's elements; None for others."""
        if json_element(column.pg_type) is None:
            return None
        if column.pg_type.kind is not TypeKind.ARRAY:
            return typed
        if not (typed.text.startswith("list[") and typed.text.endswith("]")):
            raise query_error(
                query,
                "PGR121",
                f"column {column.name} of {query.name} is an array of JSON, and so a list",
                f"name a list: -- @column {column.name}: list[{typed.text}]",
            )
        element = typed.text.removeprefix("list[").removesuffix("]")
        return PyType(element.removesuffix(" | None"), typed.imports, typed.literals)

    def parameter(self, query: Query, parameter: Parameter) -> PyType:
        """The type of a parameter in the signature, None included where it is accepted.

        Raises:
            SourceError: it has none.
        """
        if parameter.annotated_type is not None:
            return _annotated(query, parameter.annotated_type, parameter.name)
        try:
            typed = self._accepted(parameter)
        except NoPythonTypeError as error:
            what, pg_type = f"parameter {parameter.name} of {query.name}", parameter.pg_type
            cast = _CASTS.get(pg_type.name, "text")
            help_text = (
                f"cast it in the statement, :{parameter.name}::{cast}::{pg_type.name}, or name a "
                f"type that the driver knows: -- @param {parameter.name}: str"
            )
            raise _no_type(query, what, pg_type, error, help_text) from None
        return typed.optional() if parameter.nullable or parameter.default == "None" else typed

    def _accepted(self, parameter: Parameter) -> PyType:
        typed = parameter_type(parameter.pg_type, self.choices(parameter.origin), self.name_of)
        column = self.table_column(parameter.origin)
        if column is None or column.holds_no_null:
            return typed
        if _is_array(parameter.pg_type) and _is_array(column.pg_type):
            # It goes into a column whose elements can be NULL, unlike that of `= ANY (:ids)`.
            inner = typed.text.removeprefix("Sequence[").removesuffix("]")
            element = PyType(inner, typed.imports, typed.literals).optional()
            return element.wrapped("Sequence[{}]")
        return typed

    def parameter_doc(self, parameter: Parameter) -> str | None:
        """The docstring of a parameter that is a field."""
        domain = domain_name(parameter.pg_type)
        return f"Domain {domain}." if domain else None

    def wire(self, query: Query) -> tuple[PyType, ...]:
        """How the types of a query's parameters are named, in the order of `$n`."""
        by_number = sorted(query.parameters, key=lambda parameter: parameter.number)
        return tuple(
            parameter_wire_type(item.pg_type, self.name_of, item.dimensions) for item in by_number
        )

    def choices(self, origin: ColumnOrigin | None) -> PyType | None:
        """The Literal alias of the values that a table's column allows, if it restricts them."""
        column = self.table_column(origin)
        if origin is None or column is None or not column.choices:
            return None
        return column_choices(origin, column.choices)

    def table_column(self, origin: ColumnOrigin | None) -> TableColumn | None:
        """The column of a table."""
        if origin is None or (origin.schema, origin.table) not in self._tables:
            return None
        columns = self._tables[origin.schema, origin.table].columns
        return next((item for item in columns if item.name == origin.column), None)


def _is_array(pg_type: PgType) -> bool:
    if pg_type.kind is TypeKind.DOMAIN and pg_type.element is not None:
        return _is_array(pg_type.element)
    return pg_type.kind is TypeKind.ARRAY


def _help(column: Column, error: NoPythonTypeError) -> str:
    if column.pg_type.kind is TypeKind.PSEUDO:
        return f"select its fields one by one, or as JSON: to_jsonb(…) AS {column.name}"
    cast = _CASTS.get(error.pg_type.name, "text")
    if error.path:
        path = ".".join((f"({column.name})", *error.path))
        return f"select its fields one by one, and cast that one: {path}::{cast}"
    if column.pg_type.kind is TypeKind.ARRAY and cast == "text":
        cast = "text[]"
    return (
        f"cast it: {column.name}::{cast} AS {column.name}; or name the type that a loader on your "
        f"own connection makes: -- @column {column.name}: yourpackage.Type"
    )


def _no_type(
    query: Query, what: str, pg_type: PgType, error: NoPythonTypeError, help_text: str
) -> SourceError:
    inside = f", and {'.'.join(error.path)} in it is {error.pg_type.name}" if error.path else ""
    message = f"{what} has the type {pg_type.name}{inside}, which has no Python type"
    return query_error(query, "PGR210", message, help_text)


def _annotated(query: Query, text: str, name: str) -> PyType:
    try:
        return annotated_type(text)
    except SameNameError as error:
        raise query_error(
            query,
            "PGR121",
            f"the annotation of {name} names two types that are both called {error}",
            f"give one of them another name in a module of yours, such as Other{error} = …, or "
            "name both together there",
        ) from None
    except ValueError as error:
        raise query_error(
            query,
            "PGR121",
            f"{error} in the annotation of {name} is no built-in type",
            f"name its module as well, such as yourpackage.types.{error}",
        ) from None


def query_error(query: Query, code: str, message: str, help_text: str) -> SourceError:
    """An error that points at the query's name."""
    source = query.source
    return source.source.error(code, message, *source.name_span, help=help_text, query=source.name)
