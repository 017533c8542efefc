"""A schema's tables and foreign keys, as the catalog of a live database has them."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import Cursor
from psycopg.rows import tuple_row

from pgrepo.errors import PgrepoError
from pgrepo.operate.erd.diagram import Diagram, Entity, Field, Relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection
    from psycopg.rows import TupleRow

# Partitions are part of their table, and what belongs to an extension is nobody's design.
_TABLES = """
SELECT class.oid, class.relname, obj_description(class.oid, 'pg_class')
FROM pg_catalog.pg_class AS class
WHERE
    class.relnamespace = to_regnamespace(quote_ident(%(schema)s))
    AND class.relkind IN ('r', 'p', 'f')
    AND NOT class.relispartition
    AND NOT EXISTS (
        SELECT 1
        FROM pg_catalog.pg_depend AS depend
        WHERE
            depend.classid = 'pg_catalog.pg_class'::regclass
            AND depend.objid = class.oid
            AND depend.deptype = 'e'
    )
"""

_COLUMNS = """
SELECT
    attribute.attrelid,
    attribute.attnum,
    attribute.attname,
    format_type(attribute.atttypid, attribute.atttypmod),
    attribute.attnotnull,
    col_description(attribute.attrelid, attribute.attnum)
FROM pg_catalog.pg_attribute AS attribute
WHERE
    attribute.attrelid = ANY (%(tables)s)
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY attribute.attrelid, attribute.attnum
"""

# The columns of each unique index over whole tables. A column is unique, too, if an expression
# over it alone is, such as lower(email); a key with an expression beside others says nothing.
_UNIQUE = """
SELECT
    index.indrelid,
    index.indisprimary,
    CASE
        WHEN index.indexprs IS NULL THEN keys.numbers
        WHEN index.indnkeyatts = 1 THEN used.numbers
    END
FROM pg_catalog.pg_index AS index
CROSS JOIN LATERAL (
    SELECT array_agg(key.number::integer ORDER BY key.place) AS numbers
    FROM unnest(index.indkey) WITH ORDINALITY AS key (number, place)
    WHERE key.place <= index.indnkeyatts
) AS keys
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT depend.refobjsubid) AS numbers
    FROM pg_catalog.pg_depend AS depend
    WHERE
        depend.classid = 'pg_catalog.pg_class'::regclass
        AND depend.objid = index.indexrelid
        AND depend.refclassid = 'pg_catalog.pg_class'::regclass
        AND depend.refobjid = index.indrelid
        AND depend.refobjsubid > 0
) AS used
WHERE
    index.indrelid = ANY (%(tables)s)
    AND index.indisunique
    AND index.indisvalid
    AND index.indpred IS NULL
"""

_FOREIGN_KEYS = """
SELECT
    foreign_key.conrelid,
    foreign_key.conkey::integer[],
    namespace.nspname,
    parent.relname
FROM pg_catalog.pg_constraint AS foreign_key
JOIN pg_catalog.pg_class AS parent ON parent.oid = foreign_key.confrelid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = parent.relnamespace
WHERE
    foreign_key.contype = 'f'
    AND foreign_key.conrelid = ANY (%(tables)s)
    -- A key to a partitioned table is there once more for each of its partitions.
    AND foreign_key.conparentid = 0
"""

# What format_type says at length, as one writes it.
_SHORT_TYPES = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "character varying": "varchar",
    "character": "char",
    "bit varying": "varbit",
    "double precision": "float8",
}
_TYPE = re.compile(
    r'(?P<schema>(?:"(?:[^"]|"")+"|\w+)\.)?'
    r'(?P<name>"(?:[^"]|"")+"|[^(\[]*?)'
    r"(?P<limit>\(.*?\))?"
    r"(?P<rest> with(?:out)? time zone)?"
    r"(?P<array>(?:\[\])*)"
)


def read_diagram(connection: Connection[Any], schema: str) -> Diagram:
    """Reads what a diagram of the schema shows.

    Raises:
        PgrepoError: there is no such schema, or no table in it.
    """
    tables = {oid: (name, comment) for oid, name, comment in _rows(connection, _TABLES, schema)}
    if not tables:
        raise PgrepoError(
            f"the database has no tables in a schema {schema}: run `pgrepo migrate {schema}` on "
            "it first, or leave out --dsn to draw what the files make"
        )
    columns: dict[int, dict[int, TupleRow]] = defaultdict(dict)
    for oid, number, *rest in _rows(connection, _COLUMNS, tables):
        columns[oid][number] = tuple(rest)
    primary, unique = _keys(_rows(connection, _UNIQUE, tables))
    foreign: dict[int, set[int]] = defaultdict(set)
    relations: list[Relation] = []
    for oid, numbers, parent_schema, parent in _rows(connection, _FOREIGN_KEYS, tables):
        foreign[oid].update(numbers)
        own = [columns[oid][number] for number in numbers]
        relations.append(
            Relation(
                parent=parent if parent_schema == schema else f"{parent_schema}.{parent}",
                child=tables[oid][0],
                columns=tuple(name for name, *_ in own),
                optional=not all(not_null for _, _, not_null, _ in own),
                unique=any(key <= set(numbers) for key in unique[oid]),
                identifying=set(numbers) <= primary[oid],
            )
        )
    entities = tuple(
        Entity(name, _fields(columns[oid], primary[oid], unique[oid], foreign[oid]), comment)
        for oid, (name, comment) in tables.items()
    )
    return Diagram(entities, tuple(relations))


def _fields(
    columns: Mapping[int, TupleRow],
    primary: set[int],
    unique: Sequence[set[int]],
    foreign: set[int],
) -> tuple[Field, ...]:
    return tuple(
        Field(
            name=name,
            type=short_type(pg_type),
            primary=number in primary,
            foreign=number in foreign,
            unique={number} in unique and {number} != primary,
            comment=comment,
        )
        for number, (name, pg_type, _, comment) in columns.items()
    )


def short_type(name: str) -> str:
    """A type's name as one writes it: without its schema, timestamptz, varchar(50)."""
    found = _TYPE.fullmatch(name)
    if found is None:
        return name
    base = found["name"].strip('"') + (found["rest"] or "")
    limit = (found["limit"] or "").replace(", ", ",")
    return _SHORT_TYPES.get(base, base) + limit + found["array"]


def _keys(rows: list[TupleRow]) -> tuple[dict[int, set[int]], dict[int, list[set[int]]]]:
    """Of each table the primary key's columns, and the columns of every unique key."""
    primary: dict[int, set[int]] = defaultdict(set)
    unique: dict[int, list[set[int]]] = defaultdict(list)
    for oid, is_primary, numbers in rows:
        if not numbers:
            continue
        if is_primary:
            primary[oid] = set(numbers)
        unique[oid].append(set(numbers))
    return primary, unique


def _rows(connection: Connection[Any], query: LiteralString, about: Any) -> list[TupleRow]:
    """Runs one of the queries, about a schema or about tables, whatever rows the caller wants."""
    parameters = {"schema": about} if isinstance(about, str) else {"tables": list(about)}
    return Cursor(connection, row_factory=tuple_row).execute(query, parameters).fetchall()
