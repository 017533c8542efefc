"""What holds on both ways to the server: the fast path, and psycopg's cursors."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import AsyncConnection, IsolationLevel
from psycopg.adapt import Loader
from psycopg.pq import Format, TransactionStatus

from pgrepo import DatabaseError
from pgrepo.runtime import fast
from pgrepo.runtime._async import wire
from pgrepo.runtime.statement import Prepared, trusted_sql
from pgrepo.runtime.translate import DataError

from .shop import oid_of
from .test_parameters import ROUND_TRIPS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from psycopg.errors import Diagnostic

BOTH = pytest.mark.parametrize("path", ["fast", "cursors"], indirect=True)
pytestmark = pytest.mark.usefixtures("path")


@pytest.fixture
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Takes one of the ways."""
    monkeypatch.setattr(fast, "enabled", request.param == "fast")
    name: str = request.param
    return name


@pytest.fixture
async def connection(server_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A connection with a schema of its own, which goes with it."""
    async with await AsyncConnection.connect(server_url, autocommit=True) as connection:
        # Temporary tables, types and functions: a database would be dear.
        await connection.execute("CREATE TEMPORARY TABLE items (id integer, label text)")
        await connection.execute("INSERT INTO items VALUES (1, 'one'), (2, NULL)")
        await connection.execute("CREATE TYPE pg_temp.mood AS ENUM ('good', 'bad')")
        yield connection


@pytest.fixture
async def host(server_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A host's connection that is not autocommit."""
    async with await AsyncConnection.connect(server_url) as connection:
        yield connection
        await connection.rollback()


def ask(sql: str, *types: str, name: str = "ask") -> Prepared:
    """Makes a query."""
    sql = trusted_sql(f"/* test.{name} */ {sql}")
    parameters = tuple(f"p{number}" for number in range(1, len(types) + 1))
    return Prepared(f"test.{name}", sql, None, tuple(map(oid_of, types)), parameters, None)


ITEMS = ask("SELECT id, label FROM items ORDER BY id", name="items")
NUMBERS = ask("SELECT n, 'n' || n FROM generate_series(1, $1) AS n", "int4", name="numbers")
SLEEP = ask("SELECT pg_sleep($1)", "float8", name="sleep")


async def prepared(connection: AsyncConnection[Any]) -> list[str]:
    """The names of the server's prepared statements of ours."""
    cursor = await connection.execute(
        "SELECT name FROM pg_prepared_statements WHERE statement LIKE '/* test.%' ORDER BY 1",
        prepare=False,
    )
    return [row[0] for row in await cursor.fetchall()]


async def assert_clean(connection: AsyncConnection[Any]) -> None:
    """The connection is out of any transaction, and answers what it is asked."""
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert await wire.fetch(connection, NUMBERS, (2,)) == [(1, "n1"), (2, "n2")]


@BOTH
async def test_path_is_taken(connection: AsyncConnection[Any], path: str) -> None:
    """A query is prepared once, under a name that tells which way it went."""
    for _ in range(3):
        assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    [name] = await prepared(connection)
    assert name.startswith("_pgrepo_" if path == "fast" else "_pg3_")


@BOTH
async def test_every_type(connection: AsyncConnection[Any]) -> None:
    """Values of every type, and NULL of every type, come back as they went."""
    for type_name, value in ROUND_TRIPS:
        query = ask("SELECT $1, $1, 7", type_name)
        assert await wire.fetch(connection, query, (value,)) == [(value, value, 7)], type_name
        assert await wire.fetch(connection, query, (None,)) == [(None, None, 7)], type_name


@BOTH
async def test_type_that_the_connection_meets_first(connection: AsyncConnection[Any]) -> None:
    """An enum is read by the first call, the next ones, and in another query."""
    query = ask("SELECT $1::pg_temp.mood, 5", "")
    for label in ("good", "bad", None):
        assert await wire.fetch(connection, query, (label,)) == [(label, 5)]
    other = ask("SELECT ARRAY[$1::pg_temp.mood]", "")
    assert await wire.fetch(connection, other, ("good",)) == [(["good"],)]


@BOTH
async def test_sizes(connection: AsyncConnection[Any]) -> None:
    """No row, no column, and 100,000 rows."""
    assert await wire.fetch(connection, NUMBERS, (0,)) == []
    assert await wire.fetch(connection, ask("SELECT FROM items"), ()) == [(), ()]
    rows = await wire.fetch(connection, NUMBERS, (100_000,))
    assert len(rows) == 100_000
    assert rows[-1] == (100_000, "n100000")


@BOTH
async def test_affected_rows(connection: AsyncConnection[Any]) -> None:
    """The number of rows that were written, that a function returned, or none."""
    assert await wire.affect(connection, ask("UPDATE items SET label = $1", "text"), ("x",)) == 2
    assert await wire.affect(connection, ask("DELETE FROM items WHERE id > 5"), ()) == 0
    assert await wire.affect(connection, ITEMS, ()) == 2
    assert await wire.affect(connection, ask("CREATE TEMPORARY TABLE more ()"), ()) == -1


@BOTH
async def test_rows_of_what_has_none(connection: AsyncConnection[Any]) -> None:
    """Rows are asked of a statement that returns none."""
    with pytest.raises(psycopg.ProgrammingError, match="didn't produce records"):
        await wire.fetch(connection, ask("DELETE FROM items"), ())
    await assert_clean(connection)


@BOTH
@pytest.mark.parametrize(
    ("sql", "types", "values", "error"),
    [
        ("SELECT id FROM nothing", (), (), psycopg.errors.UndefinedTable),
        ("SELECT FRM", (), (), psycopg.errors.UndefinedColumn),
        ("SELECT $1::pg_temp.mood", ("",), ("none",), psycopg.errors.InvalidTextRepresentation),
        ("SELECT 1 / $1", ("int4",), (0,), psycopg.errors.DivisionByZero),
        (
            "SELECT 1 / (900 - n) FROM generate_series(1, $1) AS n",
            ("int4",),
            (1000,),
            psycopg.errors.DivisionByZero,
        ),
        ("SELECT $1", ("int4",), ("x",), DataError),
        ("SELECT date 'infinity'", (), (), DataError),
    ],
    ids=["parse", "analyse", "bind", "execute", "during rows", "before sending", "reading"],
)
async def test_errors_of_every_phase(
    connection: AsyncConnection[Any],
    sql: str,
    types: tuple[str, ...],
    values: tuple[Any, ...],
    error: type[psycopg.Error],
) -> None:
    """The error is of its class, twice the same, and the connection goes on."""
    query = ask(sql, *types)
    for _ in range(2):
        with pytest.raises(error) as caught:
            await wire.fetch(connection, query, values)
        if error is not DataError:
            assert caught.value.diag.message_primary
        await assert_clean(connection)


@BOTH
async def test_error_in_a_transaction(connection: AsyncConnection[Any]) -> None:
    """After an error the transaction has failed; a savepoint around it saves the rest."""
    async with connection.transaction():
        await wire.affect(connection, ask("DELETE FROM items WHERE id = 1"), ())
        with pytest.raises(psycopg.errors.DivisionByZero):  # noqa: PT012 - the block is the matter
            async with connection.transaction():
                await wire.affect(connection, ask("DELETE FROM items"), ())
                await wire.fetch(connection, ask("SELECT 1 / $1", "int4"), (0,))
        assert await wire.fetch(connection, ITEMS, ()) == [(2, None)]
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):  # noqa: PT012 - the block is the matter
        async with connection.transaction():
            with pytest.raises(psycopg.errors.DivisionByZero):
                await wire.fetch(connection, ask("SELECT 1 / $1", "int4"), (0,))
            await wire.fetch(connection, ITEMS, ())
    assert await wire.fetch(connection, ITEMS, ()) == [(2, None)]


@BOTH
async def test_transaction_of_the_host(host: AsyncConnection[Any]) -> None:
    """A connection that is not autocommit gets its BEGIN, with all that the host wants of it."""
    await host.set_isolation_level(IsolationLevel.SERIALIZABLE)
    await host.set_read_only(True)
    query = ask(
        "SELECT current_setting('transaction_isolation'), "
        "current_setting('transaction_read_only'), now()"
    )
    for _ in range(2):
        [(isolation, read_only, began)] = await wire.fetch(host, query, ())
        assert (isolation, read_only) == ("serializable", "on")
        assert host.info.transaction_status == TransactionStatus.INTRANS
        assert (await wire.fetch(host, query, ()))[0][2] == began
        await host.rollback()
        assert host.info.transaction_status == TransactionStatus.IDLE


@BOTH
async def test_notices_and_notifications(connection: AsyncConnection[Any]) -> None:
    """What the server says beside the answer reaches the connection's handlers."""
    notices: list[str | None] = []
    heard: list[str] = []

    def take(diagnostic: Diagnostic) -> None:
        notices.append(diagnostic.message_primary)

    connection.add_notice_handler(take)
    connection.add_notify_handler(lambda notify: heard.append(notify.payload))
    await connection.execute("LISTEN news")
    await connection.execute(
        "CREATE FUNCTION pg_temp.say(word text) RETURNS integer LANGUAGE plpgsql "
        "AS 'BEGIN RAISE NOTICE ''%', word; RETURN 1; END'".replace("''%'", "''%''")
    )
    say = ask("SELECT pg_temp.say($1), pg_notify('news', $1)", "text")
    for word in ("a", "b"):
        assert await wire.fetch(connection, say, (word,)) == [(1, None)]
    assert notices == ["a", "b"]
    assert heard == ["a", "b"]


@BOTH
async def test_statement_timeout(connection: AsyncConnection[Any]) -> None:
    """A statement that takes too long is cancelled, and the connection goes on."""
    await connection.execute("SET statement_timeout = 20")
    for _ in range(2):
        with pytest.raises(psycopg.errors.QueryCanceled):
            await wire.fetch(connection, SLEEP, (60.0,))
        await assert_clean(connection)


@BOTH
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


@BOTH
async def test_changed_table(connection: AsyncConnection[Any]) -> None:
    """A statement whose columns have changed since it was prepared runs all the same."""
    query = ask("SELECT * FROM items WHERE id = $1", "int4")
    assert await wire.fetch(connection, query, (1,)) == [(1, "one")]
    # Below psycopg, which drops all statements when it sees DDL. Others do it elsewhere.
    connection.pgconn.exec_(b"ALTER TABLE items ADD COLUMN paid boolean DEFAULT true")
    assert await wire.fetch(connection, query, (1,)) == [(1, "one", True)]
    connection.pgconn.exec_(b"ALTER TABLE items ALTER COLUMN id TYPE text")
    assert await wire.fetch(connection, ask("SELECT id FROM items"), ()) == [("1",), ("2",)]
    await assert_clean(connection)


@BOTH
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


@BOTH
async def test_discard_all(connection: AsyncConnection[Any]) -> None:
    """Statements that the host drops are prepared again, in a transaction too."""
    for command in ("DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS"):
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        await connection.execute(trusted_sql(command))
        async with connection.transaction():
            assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    await assert_clean(connection)


@BOTH
async def test_statements_dropped_unseen(connection: AsyncConnection[Any]) -> None:
    """The same behind psycopg's back: prepared again outside a transaction, told inside."""
    assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    connection.pgconn.exec_(b"DEALLOCATE ALL")
    assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
    connection.pgconn.exec_(b"DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName, match="prepared statement is gone"):
        async with connection.transaction():
            await wire.affect(connection, NUMBERS, (1,))
    async with connection.transaction():
        assert await wire.affect(connection, NUMBERS, (1,)) == 1
        assert await wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    await assert_clean(connection)


@BOTH
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


@BOTH
async def test_few_prepared_statements(connection: AsyncConnection[Any]) -> None:
    """prepared_max bounds how many there are, and the oldest unused one goes."""
    connection.prepared_max = 3
    queries = [ask(f"SELECT {number}") for number in range(6)]
    for _ in range(2):
        for number, query in enumerate(queries):
            assert await wire.fetch(connection, query, ()) == [(number,)]
            assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
            assert len(await prepared(connection)) <= 3


@BOTH
async def test_without_prepared_statements(connection: AsyncConnection[Any]) -> None:
    """With prepare_threshold None, as behind a PgBouncer, nothing is prepared."""
    connection.prepare_threshold = None
    for _ in range(3):
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        assert await wire.affect(connection, NUMBERS, (1,)) == 1
    assert await prepared(connection) == []


@BOTH
async def test_what_is_registered_later(connection: AsyncConnection[Any]) -> None:
    """A loader of the host's, and another encoding, hold from the next call on."""

    class Negative(Loader):
        format = Format.BINARY

        def load(self, data: Any) -> int:
            return -int.from_bytes(bytes(data), "big")

    query = ask("SELECT 5::int4, $1", "text")
    for _ in range(2):
        assert await wire.fetch(connection, query, ("é",)) == [(5, "é")]
    connection.adapters.register_loader("int4", Negative)
    assert await wire.fetch(connection, query, ("é",)) == [(-5, "é")]
    await connection.execute("SET client_encoding = latin1")
    assert await wire.fetch(connection, query, ("é",)) == [(-5, "é")]


@BOTH
async def test_lost_connection(connection: AsyncConnection[Any], server_url: str) -> None:
    """A killed connection is an OperationalError, and so is every later call on it."""
    async with await AsyncConnection.connect(server_url, autocommit=True) as killer:
        kill = ask("SELECT pg_terminate_backend($1, 5000)", "int4")
        assert await wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        await wire.fetch(killer, kill, (connection.info.backend_pid,))
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            await wire.fetch(connection, NUMBERS, (1,))
    assert connection.closed
    assert connection.info.transaction_status == TransactionStatus.UNKNOWN


@BOTH
async def test_closed_connection(connection: AsyncConnection[Any]) -> None:
    """So is a closed one."""
    await wire.fetch(connection, NUMBERS, (1,))
    await connection.close()
    with pytest.raises(psycopg.OperationalError, match="closed"):
        await wire.fetch(connection, NUMBERS, (1,))


@BOTH
async def test_connection_dies_with_its_last_user(server_url: str) -> None:
    """What is kept for a connection does not keep it alive."""
    connection = await AsyncConnection.connect(server_url, autocommit=True)
    await wire.fetch(connection, NUMBERS, (1,))
    await wire.fetch(connection, ask("SELECT $1, $2", "jsonb", ""), ({}, "x"))
    await connection.close()
    gone = weakref.ref(connection)
    gc.disable()
    try:
        del connection
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("path", ["fast"], indirect=True)
async def test_interrupt_before_waiting(
    connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C that strikes after sending, where psycopg does not see it, leaves nothing running."""
    await wire.fetch(connection, SLEEP, (0.0,))
    execute = wire.execute

    def interrupted(_: Any) -> Any:
        monkeypatch.setattr(wire, "execute", execute)
        raise KeyboardInterrupt

    monkeypatch.setattr(wire, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        await wire.fetch(connection, SLEEP, (60.0,))
    await assert_clean(connection)
