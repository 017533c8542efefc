"""Transactions, savepoints and pipelines, on every way to the server."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection, IsolationLevel
from psycopg.pq import TransactionStatus

from pgrepo.runtime._async import wire

from .questions import BACKEND, EVERY, INVERSE, ITEMS, NUMBERS, ask, assert_clean

_CHANGE = ask("UPDATE items SET label = $1 WHERE id = $2", "text", "int4", name="change")
_CHARACTER = ask(
    "SELECT current_setting('transaction_isolation'), "
    "current_setting('transaction_read_only'), now()"
)


@EVERY
async def test_transaction_of_the_host(host: AsyncConnection[Any]) -> None:
    """A connection that is not autocommit gets its BEGIN, with all that the host wants of it."""
    await host.set_isolation_level(IsolationLevel.SERIALIZABLE)
    await host.set_read_only(True)
    for _ in range(2):
        [(isolation, read_only, began)] = await wire.fetch(host, _CHARACTER, ())
        assert (isolation, read_only) == ("serializable", "on")
        assert host.info.transaction_status == TransactionStatus.INTRANS
        assert (await wire.fetch(host, _CHARACTER, ()))[0][2] == began
        await host.rollback()
        ended = host.info
        assert ended.transaction_status == TransactionStatus.IDLE


@EVERY
async def test_committed_or_not(
    connection: AsyncConnection[Any], host: AsyncConnection[Any]
) -> None:
    """Others see what the host has committed, and that alone."""
    assert await wire.affect(host, _CHANGE, ("new", 1)) == 1
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    await host.rollback()
    assert await wire.affect(host, _CHANGE, ("newer", 1)) == 1
    await host.commit()
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "newer"), (2, None)]
    assert await wire.affect(connection, _CHANGE, ("newest", 1)) == 1
    assert await wire.fetch(host, ITEMS, ()) == [(1, "newest"), (2, None)]


@EVERY
async def test_one_session(connection: AsyncConnection[Any]) -> None:
    """All calls of a transaction run in one session, whatever lies between."""
    async with connection.transaction():
        sessions = {row for _ in range(5) for row in await wire.fetch(connection, BACKEND, ())}
        async with connection.transaction():
            sessions |= set(await wire.fetch(connection, BACKEND, ()))
        await connection.execute("SET LOCAL work_mem = '5MB'")
        show = ask("SELECT current_setting('work_mem'), pg_backend_pid()")
        [(memory, pid)] = await wire.fetch(connection, show, ())
    assert memory == "5MB"
    assert sessions == {(pid,)}
    [(memory, _)] = await wire.fetch(connection, show, ())
    assert memory != "5MB"


@EVERY
async def test_savepoints(connection: AsyncConnection[Any]) -> None:
    """Savepoints three deep: each takes back its own alone, released or rolled back."""
    async with connection.transaction():
        await wire.affect(connection, _CHANGE, ("outer", 1))
        async with connection.transaction():
            await wire.affect(connection, _CHANGE, ("middle", 2))
            with pytest.raises(psycopg.errors.DivisionByZero):  # noqa: PT012 - the block is the matter
                async with connection.transaction():
                    await wire.affect(connection, _CHANGE, ("inner", 1))
                    await wire.fetch(connection, INVERSE, (0,))
            assert await wire.fetch(connection, ITEMS, ()) == [(1, "outer"), (2, "middle")]
        async with connection.transaction():
            await wire.affect(connection, _CHANGE, ("lost", 2))
            raise psycopg.Rollback
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "outer"), (2, "middle")]
    await assert_clean(connection)


@EVERY
async def test_rollbacks(connection: AsyncConnection[Any]) -> None:
    """On a rollback psycopg drops all statements; ours are prepared again."""
    await connection.execute("SELECT 1", prepare=True)
    for _ in range(3):
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
            async with connection.transaction():
                await wire.fetch(connection, ITEMS, ())
                raise ZeroDivisionError
        async with connection.transaction():
            assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]


@EVERY
async def test_serialization_failure(
    connection: AsyncConnection[Any], host: AsyncConnection[Any]
) -> None:
    """A row that another transaction has changed meanwhile: its class, and both go on."""
    await host.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    assert await wire.fetch(host, ITEMS, ()) == [(1, "one"), (2, None)]
    assert await wire.affect(connection, _CHANGE, ("first", 1)) == 1
    with pytest.raises(psycopg.errors.SerializationFailure):
        await wire.affect(host, _CHANGE, ("second", 1))
    await host.rollback()
    assert await wire.affect(host, _CHANGE, ("second", 1)) == 1
    await host.commit()
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "second"), (2, None)]


@EVERY
async def test_pipeline_of_the_host(connection: AsyncConnection[Any]) -> None:
    """In a host's pipeline a call returns its own answer, between the host's statements."""
    async with connection.pipeline():
        first = await connection.execute("SELECT 1")
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        assert await wire.affect(connection, ask("DELETE FROM items"), ()) == 2
        second = await connection.execute("SELECT 2")
        assert await first.fetchone() == (1,)
        assert await second.fetchone() == (2,)
    await assert_clean(connection)


@EVERY
async def test_error_in_a_pipeline(connection: AsyncConnection[Any]) -> None:
    """The error of a call in a pipeline is its own, and what follows is another matter."""
    async with connection.pipeline():
        with pytest.raises(psycopg.errors.DivisionByZero):
            await wire.fetch(connection, INVERSE, (0,))
        assert await wire.fetch(connection, INVERSE, (1,)) == [(1,)]
    await assert_clean(connection)
    async with connection.transaction(), connection.pipeline():
        assert await wire.affect(connection, _CHANGE, ("kept", 1)) == 1
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "kept"), (2, None)]


@EVERY
async def test_pages_of_a_cursor(connection: AsyncConnection[Any]) -> None:
    """A server-side cursor keeps its place between other calls of its transaction."""
    async with connection.transaction():
        await wire.declare(connection, NUMBERS, (5,), "pages")
        assert await wire.fetch_page(connection, NUMBERS, "FETCH 2 FROM pages") == [
            (1, "n1"),
            (2, "n2"),
        ]
        assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
        assert len(await wire.fetch_page(connection, NUMBERS, "FETCH 9 FROM pages")) == 3
        assert await wire.fetch_page(connection, NUMBERS, "FETCH 9 FROM pages") == []
        await wire.close(connection, "pages")
    await assert_clean(connection)
