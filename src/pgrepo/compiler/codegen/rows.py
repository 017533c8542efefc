"""Which row classes a domain needs, and which queries share one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pgrepo.compiler.codegen.column_types import ColumnTypes, query_error
from pgrepo.compiler.codegen.documents import Documents
from pgrepo.compiler.codegen.row_class import Field, RowClass, field_doc
from pgrepo.compiler.model import ColumnOrigin
from pgrepo.compiler.names import attribute, class_name, singular
from pgrepo.compiler.pytypes import (
    PyType,
    bare_name,
    domain_name,
    has_python_type,
)
from pgrepo.compiler.wiretypes import column_wire_type, wire_type
from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from pgrepo.compiler.model import (
        Column,
        CompiledDomain,
        Parameter,
        Query,
        QueryModule,
        Table,
    )


@dataclass(frozen=True, slots=True)
class Result:
    """What a query's method returns, before its operation is looked at.

    Attributes:
        row: the class of a row, or of a bulk query's input rows; None for a bare value.
        shared: the class is a table's, and stands in `tables.py`.
        value: the type of a bare value.
        json: (column index, type) of json columns, in the order of the columns.
        columns: (column index, how its type is named) of columns that are made of others.
        wire: how the types of the parameters are named, in the order of `$n`.
    """

    row: RowClass | None = None
    shared: bool = False
    value: PyType | None = None
    json: tuple[tuple[int, PyType], ...] = ()
    columns: tuple[tuple[int, PyType], ...] = ()
    wire: tuple[PyType, ...] = ()


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
        self.types = ColumnTypes(self._tables)

    @property
    def shared(self) -> list[RowClass]:
        """The classes that `tables.py` holds, parts before what they are parts of."""
        rows = sorted(self.tables.values(), key=lambda row: row.name)
        return [*self.types.composites.classes.values(), *rows]

    def plan(self, module: QueryModule) -> ModuleRows:
        """Decides on the classes of one module.

        Raises:
            SourceError: a column has no Python type, or an operator does not fit the query.
        """
        rows = ModuleRows()
        # Names given by hand come first: equal shapes share theirs.
        for query in sorted(module.queries, key=lambda query: not query.source.annotations.row):
            result = self._result(query, rows)
            rows.results[query.name] = replace(result, wire=self.types.wire(query))
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
        documents = Documents(self.types, class_name(query.name))
        typed = self._column_type(query, column, documents)
        rows.classes.update(documents.classes)
        return self._decoded(
            query, [typed], Result(value=typed.optional() if column.nullable else typed)
        )

    def _rows(self, query: Query, rows: ModuleRows) -> Result:
        prefix = query.source.annotations.row or default_row_name(query)
        documents = Documents(self.types, prefix)
        types = [self._column_type(query, column, documents) for column in query.columns]
        _no_doubles(query)
        fields = tuple(
            Field(
                attribute(column.name),
                typed.optional() if column.nullable else typed,
                self._column_doc(column),
            )
            for column, typed in zip(query.columns, types, strict=True)
        )
        wanted = RowClass(prefix, "", fields, (query.name,))
        of_table = self._table_row(query, wanted)
        chosen = of_table or self._choose(query, wanted, documents, rows)
        return self._decoded(query, types, Result(row=chosen, shared=of_table is not None))

    def _column_doc(self, column: Column) -> str | None:
        shown = self.types.table_column(column.origin)
        typed = shown.pg_type if shown is not None else column.pg_type
        return field_doc(column.comment, domain_name(typed))

    def _decoded(self, query: Query, types: list[PyType], result: Result) -> Result:
        """The result with what the statement must know of its columns."""
        pairs = list(enumerate(zip(query.columns, types, strict=True)))
        documents = (
            (index, self.types.document(query, column, typed)) for index, (column, typed) in pairs
        )
        made = ((index, self._wire_type(column)) for index, (column, _) in pairs)
        return replace(
            result,
            json=tuple((index, typed) for index, typed in documents if typed is not None),
            columns=tuple((index, named) for index, named in made if named is not None),
        )

    def _wire_type(self, column: Column) -> PyType | None:
        return self.whole_row(column) or column_wire_type(column.pg_type, self.types.name_of)

    def _choose(
        self, query: Query, wanted: RowClass, parts: Documents, rows: ModuleRows
    ) -> RowClass:
        """An equal class where there is one, else the wanted one, which is then added."""
        if query.source.annotations.row is None:
            for known in rows.classes.values():
                if known.shape == wanted.shape and not known.doc:
                    return self._add(query, replace(wanted, name=known.name), parts, rows)
        return self._add(query, wanted, parts, rows)

    def _add(
        self, query: Query, wanted: RowClass, parts: Documents | None, rows: ModuleRows
    ) -> RowClass:
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
        rows.classes.update(parts.classes if parts is not None else {})
        rows.classes[wanted.name] = merged
        return merged

    def _table_row(self, query: Query, wanted: RowClass) -> RowClass | None:
        """The row class of the table whose columns are exactly the query's.

        None where the query wants its class called otherwise.
        """
        origins = [column.origin for column in query.columns]
        first = origins[0]
        table = self._tables.get((first.schema, first.table)) if first is not None else None
        if table is None or any(column.annotated_type for column in query.columns):
            return None
        if query.source.annotations.row not in {None, _row_name(table)}:
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
        return self._row_of_table(table, fields)

    # Whole rows -------------------------------------------------------------------------------

    def whole_row(self, column: Column) -> PyType | None:
        """The row class of the table whose whole row a column is; None for other columns."""
        table = self._table_of_row(column)
        return None if table is None else _shared(self._whole_row(table))

    def _table_of_row(self, column: Column) -> Table | None:
        """The table whose whole row a column is, where the table's constraints hold for it."""
        if column.row is None or column.annotated_type is not None:
            return None
        if not has_python_type(column.pg_type):
            return None
        table = self._tables.get((column.pg_type.schema, bare_name(column.pg_type)))
        if table is None or len(table.columns) != len(column.row):
            return None
        pairs = zip(table.columns, column.row, strict=True)
        return table if all(item.nullable or not nullable for item, nullable in pairs) else None

    def _whole_row(self, table: Table) -> RowClass:
        """The row class of a table, which can be read as a value of its row type as well."""
        origins = [
            (ColumnOrigin(table.schema, table.name, item.name), item) for item in table.columns
        ]
        fields = []
        for origin, item in origins:
            typed = self.types.value(item.pg_type, origin)
            doc = field_doc(item.comment, domain_name(item.pg_type))
            fields.append(
                Field(attribute(item.name), typed.optional() if item.nullable else typed, doc)
            )
        row = self._row_of_table(table, tuple(fields))
        parts = tuple(wire_type(item.pg_type, self.types.name_of) for item in table.columns)
        found = replace(row, composite=f"{table.schema}.{table.name}", parts=parts)
        self.tables[table.name] = found
        return found

    def _row_of_table(self, table: Table, fields: tuple[Field, ...]) -> RowClass:
        doc = table.comment or f"One row of {table.schema}.{table.name}."
        row = RowClass(_row_name(table), doc, fields)
        return self.tables.setdefault(table.name, row)

    # Types of columns and parameters ----------------------------------------------------------

    def _column_type(self, query: Query, column: Column, documents: Documents) -> PyType:
        if column.annotated_type is None and column.json is not None:
            return documents.type_of(column.json, column.name)
        return self.whole_row(column) or self.types.column(query, column)

    def parameter_type(self, query: Query, parameter: Parameter) -> PyType:
        """The type of a parameter in the signature, None included where it is accepted.

        Raises:
            SourceError: it has none.
        """
        return self.types.parameter(query, parameter)

    def choices(self, origin: ColumnOrigin | None) -> PyType | None:
        """The Literal alias of the values that a table's column allows, if it restricts them."""
        return self.types.choices(origin)

    def _input_row(self, query: Query, rows: ModuleRows) -> RowClass:
        """The class of what goes into a bulk query, fields in the order of `$n`."""
        name = query.source.annotations.row or default_row_name(query)
        parameters = sorted(query.parameters, key=lambda parameter: parameter.number)
        fields = tuple(
            Field(
                attribute(item.name),
                self.parameter_type(query, item),
                self.types.parameter_doc(item),
            )
            for item in parameters
        )
        return self._add(query, RowClass(name, f"One row for {query.name}.", fields), None, rows)


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


def _row_name(table: Table) -> str:
    return class_name(singular(table.name))


def default_row_name(query: Query) -> str:
    """`recent_sessions` → RecentSession; a query of at most one row keeps its name as it is."""
    several = query.source.operation in {Operation.MANY, Operation.BULK}
    return class_name(singular(query.name) if several else query.name)


def _shared(row: RowClass) -> PyType:
    """The type that a class of `tables.py` is."""
    return PyType(row.name, frozenset({(".tables", row.name)}))


__all__ = ["ModuleRows", "Result", "RowPlanner", "default_row_name", "query_error"]
