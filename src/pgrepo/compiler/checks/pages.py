"""Pages for tables and indexes that hold no rows.

The planner multiplies what statistics say of a page with the pages that there really are. A
transaction that is rolled back leaves the pages it has filled and nothing else: not its rows, not
the constraints that it dropped so that any row would do.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pgrepo.sqlfiles.lexer import TokenKind, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.compiler.checks.schema import Index

_PAGES = 100
_COMBINATIONS = 1_000

_TABLE = """
SELECT
    c.oid::regclass::text AS name,
    ARRAY(
        SELECT 'ALTER TABLE ' || CASE WHEN c.relispartition
            THEN i.inhparent::regclass || ' DETACH PARTITION ' || c.oid::regclass
            ELSE c.oid::regclass || ' NO INHERIT ' || i.inhparent::regclass
        END
        FROM pg_inherits AS i WHERE i.inhrelid = c.oid
    ) AS partings,
    ARRAY(
        SELECT k.conname::text FROM pg_constraint AS k
        WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'p', 'u', 'x')
        ORDER BY k.contype = 'p', k.oid
    ) AS constraints
FROM pg_class AS c
WHERE c.oid = %s
"""
_COLUMNS = """
SELECT
    a.attnum AS number, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS not_null, a.attidentity <> '' AS has_identity, a.attgenerated AS generated,
    t.typnotnull OR EXISTS (
        SELECT FROM pg_constraint AS k WHERE k.contypid = t.oid
    ) AS is_demanding
FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""


def fill(connection: psycopg.Connection[Any], oid: int, partial: Sequence[Index]) -> None:
    """Gives pages to a table and to its partial indexes.

    Args:
        connection: to the scratch database, autocommit.
        oid: the table, which is empty.
        partial: its partial indexes; the planner knows the size of the others from the table's.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        [table] = cursor.execute(_TABLE, (oid,)).fetchall()
        columns = cursor.execute(_COLUMNS, (oid,)).fetchall()
    with connection.transaction(force_rollback=True):
        for parting in table["partings"]:
            execute(connection, parting)
        changes = sql.SQL(", ").join(_changes(table["constraints"], columns))
        execute(connection, f"ALTER TABLE {table['name']} {changes.as_string(connection)}")
        execute(
            connection,
            f"INSERT INTO {table['name']} (pgrepo_filler) "  # noqa: S608 (regclass quotes it)
            f"SELECT repeat('x', 8000) FROM generate_series(1, {_PAGES})",
        )
        for index in partial:
            _enter(connection, table["name"], columns, index)


def execute(connection: psycopg.Connection[Any], statement: str) -> Any:
    """Runs a statement that is made of quoted names; returns its first row, if any."""
    cursor = connection.execute(statement.encode())
    return cursor.fetchone() if cursor.description is not None else None


def _changes(
    constraints: Sequence[str], columns: Sequence[dict[str, Any]]
) -> Iterator[sql.Composable]:
    """What lets a table take rows of NULLs; a column whose own type forbids them goes."""
    yield sql.SQL("DISABLE TRIGGER USER")
    for name in constraints:
        yield sql.SQL("DROP CONSTRAINT IF EXISTS {} CASCADE").format(sql.Identifier(name))
    for column in columns:
        quoted = sql.Identifier(column["name"])
        if column["has_identity"]:
            # A partition has lost it with its table.
            yield sql.SQL("ALTER COLUMN {} DROP IDENTITY IF EXISTS").format(quoted)
        if column["not_null"]:
            yield sql.SQL("ALTER COLUMN {} DROP NOT NULL").format(quoted)
        if column["generated"] == "s":
            yield sql.SQL("ALTER COLUMN {} DROP EXPRESSION").format(quoted)
    for column in columns:
        if column["is_demanding"]:
            quoted = sql.Identifier(column["name"])
            yield sql.SQL("DROP COLUMN IF EXISTS {} CASCADE").format(quoted)
    yield sql.SQL("ADD COLUMN pgrepo_filler text STORAGE PLAIN")


def _enter(
    connection: psycopg.Connection[Any],
    table: str,
    columns: Sequence[dict[str, Any]],
    index: Index,
) -> None:
    """Adds a row that a partial index has; where none is found, the index stays empty."""
    predicate = index.predicate or "true"
    read = [column for column in columns if column["number"] in index.predicate_columns]
    if not read or any(column["is_demanding"] for column in read):
        return
    names = ", ".join(sql.Identifier(column["name"]).as_string(connection) for column in read)
    values = " CROSS JOIN ".join(
        _values(connection, column, predicate, number) for number, column in enumerate(read)
    )
    try:
        with connection.transaction():
            execute(
                connection,
                f"INSERT INTO {table} ({names}) "  # noqa: S608 (made of quoted names)
                f"SELECT {names} FROM (SELECT * FROM {values} LIMIT {_COMBINATIONS}) AS tried "
                f"WHERE {predicate} LIMIT 1",
            )
    except psycopg.Error:  # such as a predicate that fails for some of the values
        return


def _values(
    connection: psycopg.Connection[Any], column: dict[str, Any], predicate: str, number: int
) -> str:
    """Values that the column might have where the predicate holds: NULL, and what is in it."""
    tokens = tokenize(predicate)
    texts = [token.text for token in tokens if token.kind is TokenKind.STRING]
    numbers = [Decimal(token.text) for token in tokens if token.kind is TokenKind.NUMBER]
    texts += [f"'{number + by}'" for number in [*numbers, Decimal(0)] for by in (0, 1, -1)]
    tried = ", ".join(dict.fromkeys([*texts, "'true'", "'false'", "'now'"]))
    name = sql.Identifier(column["name"]).as_string(connection)
    kind = column["type"]
    literal = sql.Literal(kind).as_string(connection)
    return (
        f"(SELECT NULL::{kind} UNION ALL SELECT text::{kind} FROM unnest(ARRAY[{tried}]) AS text "  # noqa: S608
        f"WHERE pg_input_is_valid(text, {literal})) AS values_{number} ({name})"
    )
