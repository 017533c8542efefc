"""Which row classes a domain needs, and which queries share one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pgrepo.compiler.model import JsonArray, JsonObject, JsonScalar
from pgrepo.compiler.names import attribute, class_name, singular
from pgrepo.compiler.pytypes import (
    RUNTIME,
    NoPythonTypeError,
    PyType,
    annotated_type,
    column_choices,
    json_type,
    parameter_type,
    python_type,
)
from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from pgrepo.compiler.model import (
        Column,
        ColumnOrigin,
        CompiledDomain,
        JsonValue,
        Parameter,
        Query,
        QueryModule,
        Table,
        TableColumn,
    )
    from pgrepo.errors import SourceError

_NAMED_QUERIES = 3  # so many names in a docstring are a help, more are a list
JSON_NAMES = frozenset({"json", "jsonb"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a row class."""

    name: str
    type: PyType
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class RowClass:
    """A dataclass to be written."""

    name: str
    doc: str
    fields: tuple[Field, ...]
    queries: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """The docstring: the one it was given, or which queries yield it."""
        if self.doc or not self.queries:
            return self.doc
        *others, last = self.queries[:_NAMED_QUERIES]
        named = f"{', '.join(others)} and {last}" if others else last
        more = len(self.queries) - _NAMED_QUERIES
        return f"One row of {named}" + (f" and {more} more queries." if more > 0 else ".")

    @property
    def shape(self) -> tuple[tuple[str, str], ...]:
        """What makes two row classes interchangeable: their fields' names and types."""
        return tuple((item.name, item.type.text) for item in self.fields)


@dataclass(frozen=True, slots=True)
class Result:
    """What a query's method returns, before its operation is looked at.

    Attributes:
        row: the class of a row, or of a bulk query's input rows; None for a bare value.
        value: the type of a bare value.
        json: (column index, type) of json columns, in the order of the columns.
    """

    row: RowClass | None = None
    value: PyType | None = None
    json: tuple[tuple[int, PyType], ...] = ()


@dataclass(slots=True)
class ModuleRows:
    """The classes of one module, in the order they are written.

    Attributes:
        classes: by name, parts before the rows that hold them.
        results: by query name.
    """

    classes: dict[str, RowClass] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)


class RowPlanner:
    """Decides on the row classes of a domain.

    Args:
        domain: the typed queries and the tables.

    Attributes:
        tables: the tables' row classes that queries use, by table name.
    """

    def __init__(self, domain: CompiledDomain) -> None:
        self._tables = {(table.schema, table.name): table for table in domain.tables}
        self.tables: dict[str, RowClass] = {}

    def plan(self, module: QueryModule) -> ModuleRows:
        """Decides on the classes of one module.

        Raises:
            SourceError: a column has no Python type, or an operator does not fit the query.
        """
        rows = ModuleRows()
        # Names given by hand come first: equal shapes share theirs.
        for query in sorted(module.queries, key=lambda query: not query.source.annotations.row):
            rows.results[query.name] = self._result(query, rows)
        return rows

    def _result(self, query: Query, rows: ModuleRows) -> Result:
        operation = query.source.operation
        if operation is Operation.BULK:
            return Result(row=self._input_row(query, rows))
        if operation is Operation.AFFECTED:
            return Result()
        if not query.columns:
            raise query_error(
                query, "PGR123", f"{query.name} returns no rows", "end its name with ! instead"
            )
        if operation is Operation.VALUE:
            return self._value(query, rows)
        return self._rows(query, rows)

    def _value(self, query: Query, rows: ModuleRows) -> Result:
        if len(query.columns) != 1:
            raise query_error(
                query,
                "PGR123",
                f"{query.name} returns {len(query.columns)} columns, and $ means one value",
                "end its name with ^ for a row",
            )
        column = query.columns[0]
        typed = self._column_type(query, column, class_name(query.name), rows)
        json = ((0, typed),) if column.pg_type.name in JSON_NAMES else ()
        return Result(value=typed.optional() if column.nullable else typed, json=json)

    def _rows(self, query: Query, rows: ModuleRows) -> Result:
        prefix = query.source.annotations.row or default_row_name(query)
        parts = ModuleRows()
        types = [self._column_type(query, column, prefix, parts) for column in query.columns]
        _no_doubles(query)
        fields = tuple(
            Field(
                attribute(column.name),
                typed.optional() if column.nullable else typed,
                column.comment,
            )
            for column, typed in zip(query.columns, types, strict=True)
        )
        json = tuple(
            (index, typed)
            for index, (column, typed) in enumerate(zip(query.columns, types, strict=True))
            if column.pg_type.name in JSON_NAMES
        )
        wanted = RowClass(prefix, "", fields, (query.name,))
        return Result(row=self._choose(query, wanted, parts, rows), json=json)

    def _choose(
        self, query: Query, wanted: RowClass, parts: ModuleRows, rows: ModuleRows
    ) -> RowClass:
        """An equal class where there is one, else the wanted one, which is then added."""
        if query.source.annotations.row is None:
            of_table = self._table_row(query, wanted)
            if of_table is not None:
                return of_table
            for known in rows.classes.values():
                if known.shape == wanted.shape and not known.doc:
                    return self._add(query, replace(wanted, name=known.name), parts, rows)
        return self._add(query, wanted, parts, rows)

    def _add(self, query: Query, wanted: RowClass, parts: ModuleRows, rows: ModuleRows) -> RowClass:
        known = rows.classes.get(wanted.name)
        merged = wanted if known is None else _merged(known, wanted)
        if merged is None:
            raise query_error(
                query,
                "PGR124",
                f"{query.name} needs a row class {wanted.name} with other fields than the one "
                "that is there",
                f"give it a name of its own: -- @row {wanted.name}2",
            )
        rows.classes.update(parts.classes)
        rows.classes[wanted.name] = merged
        return merged

    def _table_row(self, query: Query, wanted: RowClass) -> RowClass | None:
        """The row class of the table whose columns are exactly the query's."""
        origins = [column.origin for column in query.columns]
        first = origins[0]
        table = self._tables.get((first.schema, first.table)) if first is not None else None
        if table is None or any(column.annotated_type for column in query.columns):
            return None
        of_columns = [
            (origin.schema, origin.table, origin.column) if origin is not None else None
            for origin in origins
        ]
        if of_columns != [(table.schema, table.name, item.name) for item in table.columns]:
            return None
        # A condition may exclude a NULL that the table allows; its row class allows it.
        fields = tuple(
            Field(item.name, item.type.optional() if column.nullable else item.type, item.doc)
            for item, column in zip(wanted.fields, table.columns, strict=True)
        )
        name = class_name(singular(table.name))
        doc = table.comment or f"One row of {table.schema}.{table.name}."
        return self.tables.setdefault(table.name, RowClass(name, doc, fields))

    # Types of columns and parameters --------------------------------------------------------

    def _column_type(self, query: Query, column: Column, prefix: str, rows: ModuleRows) -> PyType:
        if column.annotated_type is not None:
            return self._annotated(query, column.annotated_type, column.name)
        try:
            if column.json is not None:
                return self._json_shape(column.json, prefix, column.name, rows)
            return python_type(column.pg_type, self.choices(column.origin))
        except NoPythonTypeError as error:
            raise query_error(
                query,
                "PGR210",
                f"column {column.name} of {query.name} has the type {error.pg_type.name}, which "
                "has no Python type",
                f"cast it, such as to text, or name one: -- @column {column.name}: bytes",
            ) from None

    def parameter_type(self, query: Query, parameter: Parameter) -> PyType:
        """The type of a parameter in the signature, None included where it is accepted.

        Raises:
            SourceError: it has none.
        """
        if parameter.annotated_type is not None:
            return self._annotated(query, parameter.annotated_type, parameter.name)
        try:
            typed = parameter_type(parameter.pg_type, self.choices(parameter.origin))
        except NoPythonTypeError as error:
            raise query_error(
                query,
                "PGR210",
                f"parameter {parameter.name} of {query.name} has the type {error.pg_type.name}, "
                "which has no Python type",
                f"cast it in the statement, such as :{parameter.name}::text, or name one: "
                f"-- @param {parameter.name}: str",
            ) from None
        return typed.optional() if parameter.nullable or parameter.default == "None" else typed

    def _annotated(self, query: Query, text: str, name: str) -> PyType:
        try:
            return annotated_type(text)
        except ValueError as error:
            raise query_error(
                query,
                "PGR121",
                f"{error} in the annotation of {name} is no built-in type",
                f"name its module as well, such as yourpackage.types.{error}",
            ) from None

    def choices(self, origin: ColumnOrigin | None) -> PyType | None:
        """The Literal alias of the values that a table's column allows, if it restricts them."""
        column = self._table_column(origin)
        if origin is None or column is None or not column.choices:
            return None
        return column_choices(origin, column.choices)

    def _table_column(self, origin: ColumnOrigin | None) -> TableColumn | None:
        table: Table | None = (
            self._tables.get((origin.schema, origin.table)) if origin is not None else None
        )
        columns = table.columns if table is not None else ()
        return next((item for item in columns if origin and item.name == origin.column), None)

    def _input_row(self, query: Query, rows: ModuleRows) -> RowClass:
        """The class of what goes into a bulk query, fields in the order of `$n`."""
        name = query.source.annotations.row or default_row_name(query)
        parameters = sorted(query.parameters, key=lambda parameter: parameter.number)
        fields = tuple(
            Field(attribute(item.name), self.parameter_type(query, item)) for item in parameters
        )
        return self._add(
            query, RowClass(name, f"One row for {query.name}.", fields), ModuleRows(), rows
        )

    # JSON -------------------------------------------------------------------------------------

    def _json_shape(
        self, shape: JsonObject | JsonArray | JsonScalar, prefix: str, name: str, rows: ModuleRows
    ) -> PyType:
        match shape:
            case JsonScalar():
                return json_type(shape.pg_type, self.choices(shape.origin))
            case JsonArray(element):
                if element is None:
                    return PyType("list[None]")
                inner = self._json_value(element, prefix, singular(name), rows)
                return inner.wrapped("list[{}]")
            case JsonObject(members):
                return self._json_object(members, prefix, prefix + class_name(name), rows)

    def _json_value(self, value: JsonValue, prefix: str, name: str, rows: ModuleRows) -> PyType:
        typed = self._json_shape(value.shape, prefix, name, rows)
        return typed.optional() if value.nullable else typed

    def _comment(self, value: JsonValue) -> str | None:
        origin = value.shape.origin if isinstance(value.shape, JsonScalar) else None
        column = self._table_column(origin)
        return column.comment if column is not None else None

    def _json_object(
        self, members: tuple[tuple[str, JsonValue], ...], owner: str, name: str, rows: ModuleRows
    ) -> PyType:
        if any(attribute(key) != key for key, _ in members):
            # A dataclass cannot have such a field; the keys are all that is lost.
            return PyType("dict[str, JSON]", frozenset({(RUNTIME, "JSON")}))
        fields = tuple(
            Field(key, self._json_value(value, name, key, rows), self._comment(value))
            for key, value in members
        )
        rows.classes[name] = RowClass(name, f"An object in the JSON of {owner}.", fields)
        return PyType(name)


def _merged(one: RowClass, other: RowClass) -> RowClass | None:
    """A class for the rows of both: a field may be None where it may in either."""
    if len(one.fields) != len(other.fields):
        return None
    fields: list[Field] = []
    for mine, its in zip(one.fields, other.fields, strict=True):
        optional = mine if mine.type.text == mine.type.optional().text else its
        if mine.name != its.name or mine.type.optional() != its.type.optional():
            return None
        fields.append(optional)
    return RowClass(one.name, one.doc, tuple(fields), one.queries + other.queries)


def _no_doubles(query: Query) -> None:
    seen: set[str] = set()
    for column in query.columns:
        name = attribute(column.name)
        if name in seen or column.name == "?column?":
            what = "has no name" if column.name == "?column?" else "is there twice"
            raise query_error(
                query,
                "PGR125",
                f"column {column.name} of {query.name} {what}",
                "name it in the statement: … AS name",
            )
        seen.add(name)


def default_row_name(query: Query) -> str:
    """`recent_sessions` → RecentSession; a query of at most one row keeps its name as it is."""
    several = query.source.operation in {Operation.MANY, Operation.BULK}
    return class_name(singular(query.name) if several else query.name)


def query_error(query: Query, code: str, message: str, help_text: str) -> SourceError:
    """An error that points at the query's name."""
    source = query.source
    return source.source.error(code, message, *source.name_span, help=help_text, query=source.name)
