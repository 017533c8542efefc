# Derived from tests/integration/paths/_async/test_blocks.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""Transactions, savepoints and pipelines, on every way to the server."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import Connection, IsolationLevel
from psycopg.pq import TransactionStatus

from pgrepo.runtime._sync import wire

from .questions import BACKEND, EVERY, INVERSE, ITEMS, NUMBERS, ask, assert_clean

_CHANGE = ask("UPDATE items SET label = $1 WHERE id = $2", "text", "int4", name="change")
_CHARACTER = ask(
    "SELECT current_setting('transaction_isolation'), "
    "current_setting('transaction_read_only'), now()"
)


@EVERY
def test_transaction_of_the_host(host: Connection[Any]) -> None:
    """A connection that is not autocommit gets its BEGIN, with all that the host wants of it."""
    host.set_isolation_level(IsolationLevel.SERIALIZABLE)
    host.set_read_only(True)
    for _ in range(2):
        [(isolation, read_only, began)] = wire.fetch(host, _CHARACTER, ())
        assert (isolation, read_only) == ("serializable", "on")
        assert host.info.transaction_status == TransactionStatus.INTRANS
        assert (wire.fetch(host, _CHARACTER, ()))[0][2] == began
        host.rollback()
        ended = host.info
        assert ended.transaction_status == TransactionStatus.IDLE


@EVERY
def test_committed_or_not(connection: Connection[Any], host: Connection[Any]) -> None:
    """Others see what the host has committed, and that alone."""
    assert wire.affect(host, _CHANGE, ("new", 1)) == 1
    assert wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
    host.rollback()
    assert wire.affect(host, _CHANGE, ("newer", 1)) == 1
    host.commit()
    assert wire.fetch(connection, ITEMS, ()) == [(1, "newer"), (2, None)]
    assert wire.affect(connection, _CHANGE, ("newest", 1)) == 1
    assert wire.fetch(host, ITEMS, ()) == [(1, "newest"), (2, None)]


@EVERY
def test_one_session(connection: Connection[Any]) -> None:
    """All calls of a transaction run in one session, whatever lies between."""
    with connection.transaction():
        sessions = {row for _ in range(5) for row in wire.fetch(connection, BACKEND, ())}
        with connection.transaction():
            sessions |= set(wire.fetch(connection, BACKEND, ()))
        connection.execute("SET LOCAL work_mem = '5MB'")
        show = ask("SELECT current_setting('work_mem'), pg_backend_pid()")
        [(memory, pid)] = wire.fetch(connection, show, ())
    assert memory == "5MB"
    assert sessions == {(pid,)}
    [(memory, _)] = wire.fetch(connection, show, ())
    assert memory != "5MB"


@EVERY
def test_savepoints(connection: Connection[Any]) -> None:
    """Savepoints three deep: each takes back its own alone, released or rolled back."""
    with connection.transaction():
        wire.affect(connection, _CHANGE, ("outer", 1))
        with connection.transaction():
            wire.affect(connection, _CHANGE, ("middle", 2))
            with pytest.raises(psycopg.errors.DivisionByZero):  # noqa: PT012 - the block is the matter
                with connection.transaction():
                    wire.affect(connection, _CHANGE, ("inner", 1))
                    wire.fetch(connection, INVERSE, (0,))
            assert wire.fetch(connection, ITEMS, ()) == [(1, "outer"), (2, "middle")]
        with connection.transaction():
            wire.affect(connection, _CHANGE, ("lost", 2))
            raise psycopg.Rollback
    assert wire.fetch(connection, ITEMS, ()) == [(1, "outer"), (2, "middle")]
    assert_clean(connection)


@EVERY
def test_rollbacks(connection: Connection[Any]) -> None:
    """On a rollback psycopg drops all statements; ours are prepared again."""
    connection.execute("SELECT 1", prepare=True)
    for _ in range(3):
        assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
            with connection.transaction():
                wire.fetch(connection, ITEMS, ())
                raise ZeroDivisionError
        with connection.transaction():
            assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]


@EVERY
def test_serialization_failure(connection: Connection[Any], host: Connection[Any]) -> None:
    """A row that another transaction has changed meanwhile: its class, and both go on."""
    host.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    assert wire.fetch(host, ITEMS, ()) == [(1, "one"), (2, None)]
    assert wire.affect(connection, _CHANGE, ("first", 1)) == 1
    with pytest.raises(psycopg.errors.SerializationFailure):
        wire.affect(host, _CHANGE, ("second", 1))
    host.rollback()
    assert wire.affect(host, _CHANGE, ("second", 1)) == 1
    host.commit()
    assert wire.fetch(connection, ITEMS, ()) == [(1, "second"), (2, None)]


@EVERY
def test_pipeline_of_the_host(connection: Connection[Any]) -> None:
    """In a host's pipeline a call returns its own answer, between the host's statements."""
    with connection.pipeline():
        first = connection.execute("SELECT 1")
        assert wire.fetch(connection, NUMBERS, (1,)) == [(1, "n1")]
        assert wire.affect(connection, ask("DELETE FROM items"), ()) == 2
        second = connection.execute("SELECT 2")
        assert first.fetchone() == (1,)
        assert second.fetchone() == (2,)
    assert_clean(connection)


@EVERY
def test_error_in_a_pipeline(connection: Connection[Any]) -> None:
    """The error of a call in a pipeline is its own, and what follows is another matter."""
    with connection.pipeline():
        with pytest.raises(psycopg.errors.DivisionByZero):
            wire.fetch(connection, INVERSE, (0,))
        assert wire.fetch(connection, INVERSE, (1,)) == [(1,)]
    assert_clean(connection)
    with connection.transaction(), connection.pipeline():
        assert wire.affect(connection, _CHANGE, ("kept", 1)) == 1
    assert wire.fetch(connection, ITEMS, ()) == [(1, "kept"), (2, None)]


@EVERY
def test_pages_of_a_cursor(connection: Connection[Any]) -> None:
    """A server-side cursor keeps its place between other calls of its transaction."""
    with connection.transaction():
        wire.declare(connection, NUMBERS, (5,), "pages")
        assert wire.fetch_page(connection, NUMBERS, "FETCH 2 FROM pages") == [
            (1, "n1"),
            (2, "n2"),
        ]
        assert wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]
        assert len(wire.fetch_page(connection, NUMBERS, "FETCH 9 FROM pages")) == 3
        assert wire.fetch_page(connection, NUMBERS, "FETCH 9 FROM pages") == []
        wire.close(connection, "pages")
    assert_clean(connection)
