# Derived from tests/integration/paths/_async/test_stale.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""Prepared statements that are dropped, outdated or not wanted."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import Connection

from pgrepo import DatabaseError
from pgrepo.runtime._sync import wire
from pgrepo.runtime.statement import trusted_sql

from .questions import DIRECT, EVERY, ITEMS, NUMBERS, ask, assert_clean, prepared


@EVERY
def test_changed_table(connection: Connection[Any]) -> None:
    """A statement whose columns have changed since it was prepared runs all the same."""
    query = ask("SELECT * FROM items WHERE id = $1", "int4")
    assert wire.fetch(connection, query, (1,)) == [(1, "one")]
    # Below psycopg, which drops all statements when it sees DDL. Others do it elsewhere.
    connection.pgconn.exec_(b"ALTER TABLE items ADD COLUMN paid boolean DEFAULT true")
    for _ in range(3):
        assert wire.fetch(connection, query, (1,)) == [(1, "one", True)]
    connection.pgconn.exec_(b"ALTER TABLE items ALTER COLUMN id TYPE text")
    assert wire.fetch(connection, ask("SELECT id FROM items"), ()) == [("1",), ("2",)]
    assert_clean(connection)


@DIRECT
def test_changed_table_in_a_transaction(connection: Connection[Any]) -> None:
    """There the error says what happened and what to do; the next transaction works."""
    query = ask("SELECT * FROM items WHERE id = $1", "int4", name="one")
    assert wire.fetch(connection, query, (1,)) == [(1, "one")]
    connection.pgconn.exec_(b"ALTER TABLE items DROP COLUMN label")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="a table was changed") as caught:
        with connection.transaction():
            wire.fetch(connection, query, (1,))
    assert isinstance(caught.value, DatabaseError)
    assert caught.value.query == "test.one"
    with connection.transaction():
        assert wire.fetch(connection, query, (1,)) == [(1,)]


@EVERY
def test_table_that_is_created_anew(connection: Connection[Any]) -> None:
    """A table that another session has dropped and created again is found again."""
    add = ask("INSERT INTO items (id) VALUES ($1)", "int4")
    assert wire.affect(connection, add, (3,)) == 1
    connection.pgconn.exec_(b"DROP TABLE items; CREATE TABLE items (id bigint, label text)")
    assert wire.affect(connection, add, (4,)) == 1
    assert wire.fetch(connection, ITEMS, ()) == [(4, None)]
    assert_clean(connection)


@EVERY
def test_discard_all(connection: Connection[Any]) -> None:
    """Statements that the host drops are prepared again, in a transaction too."""
    for command in ("DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS"):
        assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        connection.execute(trusted_sql(command))
        with connection.transaction():
            assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    assert_clean(connection)


@DIRECT
def test_statements_dropped_unseen(connection: Connection[Any]) -> None:
    """The same behind psycopg's back: prepared again outside a transaction, told inside."""
    assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    assert wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    connection.pgconn.exec_(b"DEALLOCATE ALL")
    for _ in range(2):
        assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    connection.pgconn.exec_(b"DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName, match="prepared statement is gone"):
        with connection.transaction():
            wire.affect(connection, NUMBERS, (1,))
    with connection.transaction():
        assert wire.affect(connection, NUMBERS, (1,)) == 1
        assert wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    assert_clean(connection)


@DIRECT
def test_one_statement_dropped_unseen(connection: Connection[Any]) -> None:
    """DEALLOCATE of a single statement by its name: prepared again, and the others stay."""
    assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    [name] = prepared(connection)
    assert wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    connection.execute(trusted_sql(f'DEALLOCATE "{name}"'))
    assert wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    assert_clean(connection)


@DIRECT
def test_few_prepared_statements(connection: Connection[Any]) -> None:
    """prepared_max bounds how many there are, and the oldest unused one goes."""
    connection.prepared_max = 3
    queries = [ask(f"SELECT {number}") for number in range(6)]
    for _ in range(2):
        for number, query in enumerate(queries):
            assert wire.fetch(connection, query, ()) == [(number,)]
            assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
            assert len(prepared(connection)) <= 3


@DIRECT
def test_without_prepared_statements(connection: Connection[Any]) -> None:
    """With prepare_threshold None, as behind a PgBouncer, nothing is prepared."""
    connection.prepare_threshold = None
    for _ in range(3):
        assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        assert wire.affect(connection, NUMBERS, (1,)) == 1
    assert prepared(connection) == []
