"""What goes wrong in every phase of a call, on every way to the server."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.generators import execute
from psycopg.pq import TransactionStatus

from pgrepo.runtime._async import wire
from pgrepo.runtime.translate import DataError

from .questions import (
    BACKEND,
    DIRECT,
    EVERY,
    INVERSE,
    ITEMS,
    NUMBERS,
    SLEEP,
    ask,
    assert_clean,
)

_KILL = ask("SELECT pg_terminate_backend($1, 5000)", "int4", name="kill")


@EVERY
@pytest.mark.parametrize(
    ("sql", "types", "values", "error"),
    [
        ("SELECT id FROM nothing", (), (), psycopg.errors.UndefinedTable),
        ("SELECT FRM", (), (), psycopg.errors.UndefinedColumn),
        ("SELECT $1::mood", ("",), ("none",), psycopg.errors.InvalidTextRepresentation),
        ("SELECT 1 / $1", ("int4",), (0,), psycopg.errors.DivisionByZero),
        (
            "SELECT 1 / (900 - n) FROM generate_series(1, $1) AS n",
            ("int4",),
            (1000,),
            psycopg.errors.DivisionByZero,
        ),
        ("INSERT INTO parts VALUES ($1)", ("int4",), (9,), psycopg.errors.ForeignKeyViolation),
        ("SELECT $1", ("int4",), ("x",), DataError),
        ("SELECT date 'infinity'", (), (), DataError),
    ],
    ids=[
        "parse",
        "analyse",
        "bind",
        "execute",
        "during rows",
        "commit",
        "before sending",
        "reading",
    ],
)
async def test_errors_of_every_phase(
    connection: AsyncConnection[Any],
    sql: str,
    types: tuple[str, ...],
    values: tuple[Any, ...],
    error: type[psycopg.Error],
) -> None:
    """The error is of its class, twice the same, and the connection goes on."""
    await _create_parts(connection)
    query = ask(sql, *types)
    for run in (wire.fetch, wire.fetch, *([] if error is DataError else [wire.affect])):
        with pytest.raises(error) as caught:
            await run(connection, query, values)
        if error is not DataError:
            assert caught.value.diag.message_primary
        await assert_clean(connection)
    assert await wire.fetch(connection, ask("SELECT item_id FROM parts"), ()) == []


async def _create_parts(connection: AsyncConnection[Any]) -> None:
    """Creates a table whose foreign key is looked at when the transaction commits."""
    await connection.execute(
        "CREATE TABLE parts (item_id integer REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED)"
    )


@EVERY
async def test_error_of_a_commit(connection: AsyncConnection[Any]) -> None:
    """A COMMIT that fails raises where the block ends, and nothing is written."""
    await _create_parts(connection)
    add = ask("INSERT INTO parts VALUES ($1)", "int4")
    reached = False
    with pytest.raises(psycopg.errors.ForeignKeyViolation):  # noqa: PT012 - the block is the matter
        async with connection.transaction():
            assert await wire.affect(connection, add, (9,)) == 1
            assert await wire.affect(connection, add, (1,)) == 1
            reached = True
    assert reached
    await assert_clean(connection)
    assert await wire.affect(connection, ask("SELECT FROM parts"), ()) == 0


@EVERY
async def test_error_in_a_transaction(connection: AsyncConnection[Any]) -> None:
    """After an error the transaction has failed; a savepoint around it saves the rest."""
    async with connection.transaction():
        await wire.affect(connection, ask("DELETE FROM items WHERE id = 1"), ())
        with pytest.raises(psycopg.errors.DivisionByZero):  # noqa: PT012 - the block is the matter
            async with connection.transaction():
                await wire.affect(connection, ask("DELETE FROM items"), ())
                await wire.fetch(connection, INVERSE, (0,))
        assert await wire.fetch(connection, ITEMS, ()) == [(2, None)]
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):  # noqa: PT012 - the block is the matter
        async with connection.transaction():
            with pytest.raises(psycopg.errors.DivisionByZero):
                await wire.fetch(connection, INVERSE, (0,))
            await wire.fetch(connection, ITEMS, ())
    assert await wire.fetch(connection, ITEMS, ()) == [(2, None)]


@DIRECT
async def test_timeout_of_a_session(connection: AsyncConnection[Any]) -> None:
    """A statement that takes too long is cancelled, and the connection goes on."""
    await connection.execute("SET statement_timeout = 20")
    for _ in range(2):
        with pytest.raises(psycopg.errors.QueryCanceled):
            await wire.fetch(connection, SLEEP, (60.0,))
        await assert_clean(connection)


@EVERY
async def test_timeout_of_a_transaction(connection: AsyncConnection[Any]) -> None:
    """The same with SET LOCAL, which is gone when the transaction is."""
    for _ in range(2):
        with pytest.raises(psycopg.errors.QueryCanceled):  # noqa: PT012 - the block is the matter
            async with connection.transaction():
                await connection.execute("SET LOCAL statement_timeout = 20")
                await wire.fetch(connection, SLEEP, (60.0,))
        await assert_clean(connection)
        show = ask("SELECT current_setting('statement_timeout')")
        assert await wire.fetch(connection, show, ()) == [("0",)]


@EVERY
async def test_timeout_of_a_lock(
    connection: AsyncConnection[Any], host: AsyncConnection[Any]
) -> None:
    """A row that another transaction holds is not waited for longer than lock_timeout says."""
    await host.execute("SELECT FROM items WHERE id = 1 FOR UPDATE")
    change = ask("UPDATE items SET label = 'x' WHERE id = $1", "int4")
    with pytest.raises(psycopg.errors.LockNotAvailable):  # noqa: PT012 - the block is the matter
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = 20")
            await wire.affect(connection, change, (1,))
    await host.rollback()
    assert await wire.affect(connection, change, (1,)) == 1
    await assert_clean(connection)


@EVERY
@pytest.mark.parametrize("sql", ["COPY items TO STDOUT", "COPY items FROM STDIN"])
async def test_copy_in_a_query(connection: AsyncConnection[Any], sql: str) -> None:
    """COPY is no query. psycopg leaves the connection in it, and so do we; a pool replaces it."""
    with pytest.raises(psycopg.ProgrammingError, match="COPY"):
        await wire.affect(connection, ask(sql), ())
    assert connection.info.transaction_status == TransactionStatus.ACTIVE
    await connection.close()


@DIRECT
async def test_lost_connection(connection: AsyncConnection[Any], where: dict[str, Any]) -> None:
    """A killed connection is an OperationalError, and so is every later call on it."""
    async with await AsyncConnection.connect(**where, autocommit=True) as killer:
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        await wire.fetch(killer, _KILL, (connection.info.backend_pid,))
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            await wire.fetch(connection, NUMBERS, (1,))
    assert connection.closed
    assert connection.info.transaction_status == TransactionStatus.UNKNOWN


@EVERY
async def test_lost_in_a_transaction(
    connection: AsyncConnection[Any], where: dict[str, Any], paths_url: str
) -> None:
    """A session that is killed in a transaction takes the transaction and the connection along."""
    async with await AsyncConnection.connect(paths_url, autocommit=True) as killer:
        with pytest.raises(psycopg.OperationalError):  # noqa: PT012 - the block is the matter
            async with connection.transaction():
                [(pid,)] = await wire.fetch(connection, BACKEND, ())
                await wire.affect(connection, ask("DELETE FROM items"), ())
                await wire.fetch(killer, _KILL, (pid,))
                await wire.fetch(connection, NUMBERS, (1,))
    assert connection.closed
    async with await AsyncConnection.connect(**where, autocommit=True) as another:
        assert await wire.affect(another, ITEMS, ()) == 2
        await assert_clean(another)


@EVERY
async def test_closed_connection(connection: AsyncConnection[Any]) -> None:
    """On a closed connection a call says so."""
    await wire.fetch(connection, NUMBERS, (1,))
    await connection.close()
    with pytest.raises(psycopg.OperationalError, match="closed"):
        await wire.fetch(connection, NUMBERS, (1,))


@pytest.mark.parametrize("path", ["fast"], indirect=True)
async def test_interrupt_before_waiting(
    connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C that strikes after sending, where psycopg does not see it, leaves nothing running."""
    await wire.fetch(connection, SLEEP, (0.0,))

    def interrupted(_: Any) -> Any:
        monkeypatch.setattr(wire, "execute", execute)
        raise KeyboardInterrupt

    monkeypatch.setattr(wire, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        await wire.fetch(connection, SLEEP, (60.0,))
    await assert_clean(connection)
