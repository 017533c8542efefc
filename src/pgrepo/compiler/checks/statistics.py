"""Statistics as of millions of rows, in a scratch database that holds none.

PostgreSQL 18 can be told what ANALYZE would have found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrepo.compiler.checks.pages import execute, fill
from pgrepo.compiler.checks.plans import read_plan
from pgrepo.compiler.model import TypeKind
from pgrepo.errors import ProjectError
from pgrepo.project import suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from pgrepo.compiler.analysis.catalog import Catalog, Relation
    from pgrepo.compiler.checks.schema import Index, Schema
    from pgrepo.compiler.model import TableColumn
    from pgrepo.project import DomainFiles

OLDEST = 180000
"""The first server version that can be told."""

ROWS = 10_000_000
"""So many rows a hot table has."""

PER_PARENT = 1_000
"""So many rows refer to one row of another table: what a busy user has, not a new one."""

_TABLES = frozenset({"r", "p"})
_NULLS = 0.5
_FEW_EACH = -0.1  # ten rows have one value
_UNIQUE = -1.0
_MOMENTS = frozenset({"timestamp with time zone", "timestamp without time zone"})
_INTEGERS = frozenset({"smallint", "integer", "bigint", "uuid"})


def hot_tables(domain: DomainFiles, catalog: Catalog) -> list[Relation]:
    """The tables that the project's configuration names hot.

    Raises:
        ProjectError: there is no such table.
    """
    tables = {
        relation.name: relation
        for relation in catalog.relations.values()
        if relation.schema == domain.name and relation.kind in _TABLES
    }
    for name in domain.hot:
        if name not in tables:
            raise ProjectError(
                f"{domain.root / 'pyproject.toml'}: tool.pgrepo.domains.{domain.name}.hot: the "
                f"schema {domain.name} has no table {name!r}; {suggestion(name, list(tables))}"
            )
    return [tables[name] for name in dict.fromkeys(domain.hot)]


def large_tables(domain: DomainFiles, catalog: Catalog) -> list[Relation]:
    """The hot tables; where none is named, all of the domain's.

    Raises:
        ProjectError: a table that is named hot does not exist.
    """
    return hot_tables(domain, catalog) or [
        relation
        for relation in catalog.relations.values()
        if relation.kind in _TABLES and relation.schema == domain.name
    ]


def enlarge(
    connection: psycopg.Connection[Any], tables: Sequence[Relation], schema: Schema
) -> None:
    """Makes the planner believe that tables are large.

    Args:
        connection: to the scratch database, autocommit.
        tables: which.
        schema: tells how many different values their columns have.
    """
    partial = [index for index in schema.indexes if index.predicate is not None]
    for table in tables:
        leaves = leaves_of(connection, table.oid)
        for oid in leaves:
            fill(connection, oid, [index for index in partial if index.relid == oid])
            restore(connection, oid, ROWS / len(leaves))
        for oid in {table.oid, *leaves}:
            _describe_columns(connection, oid, table, schema)
        for index in partial:
            if index.relid in leaves:
                _describe_index(connection, index)


def restore(connection: psycopg.Connection[Any], oid: int, rows: float = ROWS) -> None:
    """Tells how many rows a table or index has.

    CREATE INDEX counts those of the table, so that it must be told anew.
    """
    connection.execute(
        """
        SELECT pg_restore_relation_stats(
            'schemaname', n.nspname::text, 'relname', c.relname::text,
            'relpages', (pg_relation_size(c.oid) / current_setting('block_size')::int)::int,
            'reltuples', %s::real, 'relallvisible', 0
        )
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = %s
        """,
        (rows, oid),
    )


def leaves_of(connection: psycopg.Connection[Any], oid: int) -> list[int]:
    """The tables that hold the rows: the table itself, or its partitions."""
    rows = connection.execute(
        """
        SELECT relid::oid FROM pg_partition_tree(%(oid)s) WHERE isleaf
        UNION SELECT oid FROM pg_class WHERE oid = %(oid)s AND relkind = 'r'
        """,
        {"oid": oid},
    )
    return [row[0] for row in rows]


def _describe_index(connection: psycopg.Connection[Any], index: Index) -> None:
    """Tells how many rows a partial index has: as many as the planner expects to meet its terms."""
    row = execute(
        connection,
        f"EXPLAIN (FORMAT JSON) SELECT FROM {index.quoted_table} WHERE {index.predicate}",
    )
    restore(connection, index.oid, read_plan(row[0]).rows)


def _describe_columns(
    connection: psycopg.Connection[Any], oid: int, table: Relation, schema: Schema
) -> None:
    uniques = {
        index.keys[0]
        for index in schema.indexes
        if index.relid == table.oid and index.is_unique and len(index.keys) == 1
    }
    references = {
        attnum for key in schema.foreign_keys if key.relid == table.oid for attnum in key.columns
    }
    connection.execute(
        """
        SELECT pg_restore_attribute_stats(
            'schemaname', n.nspname::text, 'relname', c.relname::text, 'attname', x.name,
            'inherited', c.relkind = 'p', 'null_frac', x.nulls, 'avg_width', x.width,
            'n_distinct', x.distinct_values
        )
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        CROSS JOIN unnest(%s::text[], %s::real[], %s::int[], %s::real[])
            AS x (name, nulls, width, distinct_values)
        WHERE c.oid = %s
        """,
        (
            [column.name for column in table.columns.values()],
            [_NULLS if column.nullable else 0.0 for column in table.columns.values()],
            [32 for _ in table.columns],
            [
                _UNIQUE
                if attnum in uniques
                else _distinct(column, is_reference=attnum in references)
                for attnum, column in table.columns.items()
            ],
            oid,
        ),
    )


def _distinct(column: TableColumn, *, is_reference: bool) -> float:
    """How many different values a column has, as `n_distinct` says it."""
    if column.choices:
        return float(len(column.choices))
    if column.pg_type.kind is TypeKind.ENUM:
        return float(len(column.pg_type.labels))
    if column.pg_type.name == "boolean":
        return 2.0
    if column.pg_type.name in _MOMENTS:
        return _UNIQUE
    if is_reference or column.pg_type.name in _INTEGERS:
        return ROWS / PER_PARENT
    return _FEW_EACH
