"""Prepared statements that are dropped, outdated or not wanted."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from pgrepo import DatabaseError
from pgrepo.runtime._async import wire
from pgrepo.runtime.statement import trusted_sql

from .questions import DIRECT, EVERY, ITEMS, NUMBERS, ask, assert_clean, prepared


@EVERY
async def test_changed_table(connection: AsyncConnection[Any]) -> None:
    """A statement whose columns have changed since it was prepared runs all the same."""
    query = ask("SELECT * FROM items WHERE id = $1", "int4")
    assert await wire.fetch(connection, query, (1,)) == [(1, "one")]
    # Below psycopg, which drops all statements when it sees DDL. Others do it elsewhere.
    connection.pgconn.exec_(b"ALTER TABLE items ADD COLUMN paid boolean DEFAULT true")
    for _ in range(3):
        assert await wire.fetch(connection, query, (1,)) == [(1, "one", True)]
    connection.pgconn.exec_(b"ALTER TABLE items ALTER COLUMN id TYPE text")
    assert await wire.fetch(connection, ask("SELECT id FROM items"), ()) == [("1",), ("2",)]
    await assert_clean(connection)


@DIRECT
async def test_changed_table_in_a_transaction(connection: AsyncConnection[Any]) -> None:
    """There the error says what happened and what to do; the next transaction works."""
    query = ask("SELECT * FROM items WHERE id = $1", "int4", name="one")
    assert await wire.fetch(connection, query, (1,)) == [(1, "one")]
    connection.pgconn.exec_(b"ALTER TABLE items DROP COLUMN label")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="a table was changed") as caught:
        async with connection.transaction():
            await wire.fetch(connection, query, (1,))
    assert isinstance(caught.value, DatabaseError)
    assert caught.value.query == "test.one"
    async with connection.transaction():
        assert await wire.fetch(connection, query, (1,)) == [(1,)]


@EVERY
async def test_table_that_is_created_anew(connection: AsyncConnection[Any]) -> None:
    """A table that another session has dropped and created again is found again."""
    add = ask("INSERT INTO items (id) VALUES ($1)", "int4")
    assert await wire.affect(connection, add, (3,)) == 1
    connection.pgconn.exec_(b"DROP TABLE items; CREATE TABLE items (id bigint, label text)")
    assert await wire.affect(connection, add, (4,)) == 1
    assert await wire.fetch(connection, ITEMS, ()) == [(4, None)]
    await assert_clean(connection)


@EVERY
async def test_discard_all(connection: AsyncConnection[Any]) -> None:
    """Statements that the host drops are prepared again, in a transaction too."""
    for command in ("DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS"):
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        await connection.execute(trusted_sql(command))
        async with connection.transaction():
            assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    await assert_clean(connection)


@DIRECT
async def test_statements_dropped_unseen(connection: AsyncConnection[Any]) -> None:
    """The same behind psycopg's back: prepared again outside a transaction, told inside."""
    assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    connection.pgconn.exec_(b"DEALLOCATE ALL")
    for _ in range(2):
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    connection.pgconn.exec_(b"DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName, match="prepared statement is gone"):
        async with connection.transaction():
            await wire.affect(connection, NUMBERS, (1,))
    async with connection.transaction():
        assert await wire.affect(connection, NUMBERS, (1,)) == 1
        assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    await assert_clean(connection)


@DIRECT
async def test_one_statement_dropped_unseen(connection: AsyncConnection[Any]) -> None:
    """DEALLOCATE of a single statement by its name: prepared again, and the others stay."""
    assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    [name] = await prepared(connection)
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    await connection.execute(trusted_sql(f'DEALLOCATE "{name}"'))
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    await assert_clean(connection)


@DIRECT
async def test_few_prepared_statements(connection: AsyncConnection[Any]) -> None:
    """prepared_max bounds how many there are, and the oldest unused one goes."""
    connection.prepared_max = 3
    queries = [ask(f"SELECT {number}") for number in range(6)]
    for _ in range(2):
        for number, query in enumerate(queries):
            assert await wire.fetch(connection, query, ()) == [(number,)]
            assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
            assert len(await prepared(connection)) <= 3


@DIRECT
async def test_without_prepared_statements(connection: AsyncConnection[Any]) -> None:
    """With prepare_threshold None, as behind a PgBouncer, nothing is prepared."""
    connection.prepare_threshold = None
    for _ in range(3):
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        assert await wire.affect(connection, NUMBERS, (1,)) == 1
    assert await prepared(connection) == []
