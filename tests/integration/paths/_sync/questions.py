# Derived from tests/integration/paths/_async/questions.py by tools/async_to_sync.py: do not edit.
"""What the conformance suite asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg.pq import TransactionStatus

from pgrepo.runtime._sync import wire
from pgrepo.runtime.statement import Prepared, trusted_sql
from tests.integration._sync.shop import oid_of

if TYPE_CHECKING:
    from psycopg import Connection

WAYS = ["fast", "cursors", "pgbouncer", "prepared"]
"""The fast path, psycopg's cursors, and PgBouncer without and with prepared statements."""

EVERY = pytest.mark.parametrize("path", WAYS, indirect=True)
"""What holds on every way."""

UNLESS_POOLED = pytest.mark.parametrize("path", WAYS[:-1], indirect=True)
"""What takes prepared statements of one's own: PgBouncer keeps one for all until it reconnects."""

DIRECT = pytest.mark.parametrize("path", ["fast", "cursors"], indirect=True)
"""What takes a session: through PgBouncer, each transaction may have another one."""


def ask(sql: str, *types: str, name: str = "ask") -> Prepared:
    """Makes a query."""
    sql = trusted_sql(f"/* test.{name} */ {sql}")
    parameters = tuple(f"p{number}" for number in range(1, len(types) + 1))
    return Prepared(f"test.{name}", sql, None, tuple(map(oid_of, types)), parameters, None)


ITEMS = ask("SELECT id, label FROM items ORDER BY id", name="items")
NUMBERS = ask("SELECT n, 'n' || n FROM generate_series(1, $1) AS n", "int4", name="numbers")
SLEEP = ask("SELECT pg_sleep($1)", "float8", name="sleep")
INVERSE = ask("SELECT 1 / $1", "int4", name="inverse")
BACKEND = ask("SELECT pg_backend_pid()", name="backend")


def prepared(connection: Connection[Any]) -> list[str]:
    """The names of the server's prepared statements of ours."""
    cursor = connection.execute(
        "SELECT name FROM pg_prepared_statements WHERE statement LIKE '/* test.%' ORDER BY 1",
        prepare=False,
    )
    return [row[0] for row in cursor.fetchall()]


def assert_clean(connection: Connection[Any]) -> None:
    """The connection is out of any transaction, and answers what it is asked."""
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert wire.fetch(connection, NUMBERS, (2,)) == [(1, "n1"), (2, "n2")]
