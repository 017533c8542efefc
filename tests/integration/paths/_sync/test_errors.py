# Derived from tests/integration/paths/_async/test_errors.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""What goes wrong in every phase of a call, on every way to the server."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.generators import execute
from psycopg.pq import TransactionStatus

from pgrepo.runtime._sync import wire
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
def test_errors_of_every_phase(
    connection: Connection[Any],
    sql: str,
    types: tuple[str, ...],
    values: tuple[Any, ...],
    error: type[psycopg.Error],
) -> None:
    """The error is of its class, twice the same, and the connection goes on."""
    _create_parts(connection)
    query = ask(sql, *types)
    for run in (wire.fetch, wire.fetch, *([] if error is DataError else [wire.affect])):
        with pytest.raises(error) as caught:
            run(connection, query, values)
        if error is not DataError:
            assert caught.value.diag.message_primary
        assert_clean(connection)
    assert wire.fetch(connection, ask("SELECT item_id FROM parts"), ()) == []


def _create_parts(connection: Connection[Any]) -> None:
    """Creates a table whose foreign key is looked at when the transaction commits."""
    connection.execute(
        "CREATE TABLE parts (item_id integer REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED)"
    )


@EVERY
def test_error_of_a_commit(connection: Connection[Any]) -> None:
    """A COMMIT that fails raises where the block ends, and nothing is written."""
    _create_parts(connection)
    add = ask("INSERT INTO parts VALUES ($1)", "int4")
    reached = False
    with pytest.raises(psycopg.errors.ForeignKeyViolation):  # noqa: PT012 - the block is the matter
        with connection.transaction():
            assert wire.affect(connection, add, (9,)) == 1
            assert wire.affect(connection, add, (1,)) == 1
            reached = True
    assert reached
    assert_clean(connection)
    assert wire.affect(connection, ask("SELECT FROM parts"), ()) == 0


@EVERY
def test_error_in_a_transaction(connection: Connection[Any]) -> None:
    """After an error the transaction has failed; a savepoint around it saves the rest."""
    with connection.transaction():
        wire.affect(connection, ask("DELETE FROM items WHERE id = 1"), ())
        with pytest.raises(psycopg.errors.DivisionByZero):  # noqa: PT012 - the block is the matter
            with connection.transaction():
                wire.affect(connection, ask("DELETE FROM items"), ())
                wire.fetch(connection, INVERSE, (0,))
        assert wire.fetch(connection, ITEMS, ()) == [(2, None)]
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):  # noqa: PT012 - the block is the matter
        with connection.transaction():
            with pytest.raises(psycopg.errors.DivisionByZero):
                wire.fetch(connection, INVERSE, (0,))
            wire.fetch(connection, ITEMS, ())
    assert wire.fetch(connection, ITEMS, ()) == [(2, None)]


@DIRECT
def test_timeout_of_a_session(connection: Connection[Any]) -> None:
    """A statement that takes too long is cancelled, and the connection goes on."""
    connection.execute("SET statement_timeout = 20")
    for _ in range(2):
        with pytest.raises(psycopg.errors.QueryCanceled):
            wire.fetch(connection, SLEEP, (60.0,))
        assert_clean(connection)


@EVERY
def test_timeout_of_a_transaction(connection: Connection[Any]) -> None:
    """The same with SET LOCAL, which is gone when the transaction is."""
    for _ in range(2):
        with pytest.raises(psycopg.errors.QueryCanceled):  # noqa: PT012 - the block is the matter
            with connection.transaction():
                connection.execute("SET LOCAL statement_timeout = 20")
                wire.fetch(connection, SLEEP, (60.0,))
        assert_clean(connection)
        show = ask("SELECT current_setting('statement_timeout')")
        assert wire.fetch(connection, show, ()) == [("0",)]


@EVERY
def test_timeout_of_a_lock(connection: Connection[Any], host: Connection[Any]) -> None:
    """A row that another transaction holds is not waited for longer than lock_timeout says."""
    host.execute("SELECT FROM items WHERE id = 1 FOR UPDATE")
    change = ask("UPDATE items SET label = 'x' WHERE id = $1", "int4")
    with pytest.raises(psycopg.errors.LockNotAvailable):  # noqa: PT012 - the block is the matter
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = 20")
            wire.affect(connection, change, (1,))
    host.rollback()
    assert wire.affect(connection, change, (1,)) == 1
    assert_clean(connection)


@EVERY
@pytest.mark.parametrize("sql", ["COPY items TO STDOUT", "COPY items FROM STDIN"])
def test_copy_in_a_query(connection: Connection[Any], sql: str) -> None:
    """COPY is no query. psycopg leaves the connection in it, and so do we; a pool replaces it."""
    with pytest.raises(psycopg.ProgrammingError, match="COPY"):
        wire.affect(connection, ask(sql), ())
    assert connection.info.transaction_status == TransactionStatus.ACTIVE
    connection.close()


@DIRECT
def test_lost_connection(connection: Connection[Any], where: dict[str, Any]) -> None:
    """A killed connection is an OperationalError, and so is every later call on it."""
    with Connection.connect(**where, autocommit=True) as killer:
        assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        wire.fetch(killer, _KILL, (connection.info.backend_pid,))
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            wire.fetch(connection, NUMBERS, (1,))
    assert connection.closed
    assert connection.info.transaction_status == TransactionStatus.UNKNOWN


@EVERY
def test_lost_in_a_transaction(
    connection: Connection[Any], where: dict[str, Any], paths_url: str
) -> None:
    """A session that is killed in a transaction takes the transaction and the connection along."""
    with Connection.connect(paths_url, autocommit=True) as killer:
        with pytest.raises(psycopg.OperationalError):  # noqa: PT012 - the block is the matter
            with connection.transaction():
                [(pid,)] = wire.fetch(connection, BACKEND, ())
                wire.affect(connection, ask("DELETE FROM items"), ())
                wire.fetch(killer, _KILL, (pid,))
                wire.fetch(connection, NUMBERS, (1,))
    assert connection.closed
    with Connection.connect(**where, autocommit=True) as another:
        assert wire.affect(another, ITEMS, ()) == 2
        assert_clean(another)


@EVERY
def test_closed_connection(connection: Connection[Any]) -> None:
    """On a closed connection a call says so."""
    wire.fetch(connection, NUMBERS, (1,))
    connection.close()
    with pytest.raises(psycopg.OperationalError, match="closed"):
        wire.fetch(connection, NUMBERS, (1,))


@pytest.mark.parametrize("path", ["fast"], indirect=True)
def test_interrupt_before_waiting(
    connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C that strikes after sending, where psycopg does not see it, leaves nothing running."""
    wire.fetch(connection, SLEEP, (0.0,))

    def interrupted(_: Any) -> Any:
        monkeypatch.setattr(wire, "execute", execute)
        raise KeyboardInterrupt

    monkeypatch.setattr(wire, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wire.fetch(connection, SLEEP, (60.0,))
    assert_clean(connection)
