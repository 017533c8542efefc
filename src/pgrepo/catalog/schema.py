"""A schema's tables for the catalog, as a live database has them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from pgrepo.catalog.model import Column, ForeignKey, Index, Table
from pgrepo.operate.erd import read_diagram
from pgrepo.operate.erd.catalog import short_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgrepo.compiler.analysis.catalog import Catalog, Relation
    from pgrepo.compiler.model import TableColumn
    from pgrepo.operate.erd import Diagram

_VIEWS = {"v": "view", "m": "materialized view"}

_INDEXES = """
SELECT
    class.relname,
    own.relname,
    split_part(pg_get_indexdef(index.indexrelid), ' USING ', 2),
    index.indisprimary,
    index.indisunique
FROM pg_catalog.pg_index AS index
JOIN pg_catalog.pg_class AS class ON class.oid = index.indrelid
JOIN pg_catalog.pg_class AS own ON own.oid = index.indexrelid
WHERE class.relnamespace = to_regnamespace(quote_ident(%s)) AND NOT class.relispartition
ORDER BY class.relname, NOT index.indisprimary, own.relname
"""

_FOREIGN_KEYS = """
SELECT
    class.relname,
    foreign_key.conname,
    ARRAY(
        SELECT attribute.attname::text
        FROM unnest(foreign_key.conkey) WITH ORDINALITY AS key (number, place)
        JOIN pg_catalog.pg_attribute AS attribute
            ON attribute.attrelid = class.oid AND attribute.attnum = key.number
        ORDER BY key.place
    ),
    regexp_replace(pg_get_constraintdef(foreign_key.oid), '^.*? (?=REFERENCES)', '')
FROM pg_catalog.pg_constraint AS foreign_key
JOIN pg_catalog.pg_class AS class ON class.oid = foreign_key.conrelid
WHERE
    class.relnamespace = to_regnamespace(quote_ident(%s))
    AND NOT class.relispartition
    AND foreign_key.contype = 'f'
    -- A key to a partitioned table is there once more for each of its partitions.
    AND foreign_key.conparentid = 0
ORDER BY class.relname, foreign_key.conname
"""


def read_tables(
    connection: psycopg.Connection[Any], catalog: Catalog, schema: str
) -> tuple[Table, ...]:
    """Reads the tables and views of a schema, by name; partitions are part of their table.

    Args:
        connection: autocommit, to a database with the schema in it.
        catalog: of the same database.
        schema: its name.

    Raises:
        PgrepoError: there is no table in it.
    """
    diagram = read_diagram(connection, schema)
    with connection.transaction():
        # Names that are found there are written without their schema.
        path = sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(schema))
        connection.execute(path)
        indexes = _by_table(connection, _INDEXES, schema)
        keys = _by_table(connection, _FOREIGN_KEYS, schema)
    relations = {r.name: r for r in catalog.relations.values() if r.schema == schema}
    tables = [
        Table(
            name=entity.name,
            kind="table",
            comment=entity.comment,
            columns=tuple(_columns(relations[entity.name], diagram)),
            indexes=tuple(Index(*row) for row in indexes[entity.name]),
            foreign_keys=tuple(_foreign_keys(entity.name, keys[entity.name], diagram)),
        )
        for entity in diagram.entities
    ]
    tables += [
        Table(
            name=relation.name,
            kind=_VIEWS[relation.kind],
            comment=relation.comment,
            columns=tuple(_columns(relation, diagram)),
            indexes=tuple(Index(*row) for row in indexes[relation.name]),
        )
        for relation in relations.values()
        if relation.kind in _VIEWS
    ]
    return tuple(sorted(tables, key=lambda table: table.name))


def _by_table(
    connection: psycopg.Connection[Any], query: str, schema: str
) -> Mapping[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *rest in connection.execute(query.encode(), (schema,)):
        found[table].append(tuple(rest))
    return found


def _columns(relation: Relation, diagram: Diagram) -> Iterator[Column]:
    entity = next((entity for entity in diagram.entities if entity.name == relation.name), None)
    drawn = {field.name: field for field in entity.fields} if entity is not None else {}
    for column in relation.columns.values():
        field = drawn.get(column.name)
        yield Column(
            name=column.name,
            type=field.type if field is not None else short_type(column.pg_type.name),
            nullable=column.nullable,
            has_default=column.has_default,
            primary=field is not None and field.primary,
            foreign=field is not None and field.foreign,
            comment=column.comment,
            choices=_choices(column),
        )


def _choices(column: TableColumn) -> tuple[str, ...]:
    return column.choices or column.pg_type.labels


def _foreign_keys(
    table: str, rows: list[tuple[Any, ...]], diagram: Diagram
) -> Iterator[ForeignKey]:
    relations = {line.columns: line for line in diagram.relations if line.child == table}
    for name, columns, definition in rows:
        line = relations[tuple(columns)]
        yield ForeignKey(name, tuple(columns), line.parent, definition, line.optional, line.unique)
