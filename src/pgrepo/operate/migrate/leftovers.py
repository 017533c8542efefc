"""What an interrupted statement without a transaction leaves, and its removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrepo.operate.migrate.statements import index_statement

if TYPE_CHECKING:
    from pgrepo.operate.migrate.session import Session

# A CREATE INDEX leaves the index itself.
_OF_CREATE = """
SELECT namespace.nspname, class.relname
FROM pg_catalog.pg_index AS index
JOIN pg_catalog.pg_class AS class ON class.oid = index.indexrelid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE
    NOT index.indisvalid
    AND index.indexrelid = to_regclass(%(index)s)
"""

# A REINDEX leaves the new index or the old one, named after the index with a suffix.
_OF_REINDEX = r"""
SELECT namespace.nspname, class.relname
FROM pg_catalog.pg_index AS index
JOIN pg_catalog.pg_class AS class ON class.oid = index.indexrelid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE
    NOT index.indisvalid
    AND class.relname ~ '_cc(new|old)[0-9]*$'
    AND EXISTS (
        SELECT 1
        FROM pg_catalog.pg_index AS rebuilt
        JOIN pg_catalog.pg_class AS rebuilt_class ON rebuilt_class.oid = rebuilt.indexrelid
        WHERE
            rebuilt.indrelid = index.indrelid
            AND starts_with(
                rebuilt_class.relname,
                regexp_replace(class.relname, '_cc(new|old)[0-9]*$', '')
            )
            AND (
                rebuilt.indexrelid = to_regclass(%(index)s)
                OR rebuilt.indrelid = to_regclass(%(table)s)
            )
    )
"""


def remove(session: Session, statement: str) -> None:
    """Drops the INVALID indexes that a run of this statement left, and no others."""
    parsed = index_statement(statement)
    if parsed is None or parsed.verb == "DROP":
        return
    query = _OF_CREATE if parsed.verb == "CREATE" else _OF_REINDEX
    for schema, name in session.rows(query, {"index": parsed.index, "table": parsed.table}):
        drop = sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(schema, name))
        session.connection.execute(drop)


def is_done(session: Session, statement: str) -> bool:
    """Whether the index that the statement creates is there, or the one it drops is gone."""
    parsed = index_statement(statement)
    if parsed is None or parsed.index is None or parsed.verb == "REINDEX":
        return False
    is_there = session.value("SELECT to_regclass(%(index)s) IS NOT NULL", {"index": parsed.index})
    return is_there is (parsed.verb == "CREATE")
