# Derived from tests/integration/paths/_async/test_batch.py by tools/async_to_sync.py: do not edit.
"""Several queries in one round trip, on every way to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.pq import TransactionStatus

from pgrepo import DatabaseError, UsageError
from pgrepo.runtime import pipelined
from pgrepo.runtime._sync import wire
from pgrepo.runtime._sync.together import together

from .questions import BACKEND, EVERY, INVERSE, ITEMS, NUMBERS, SLEEP, ask, assert_clean

if TYPE_CHECKING:
    from pgrepo.runtime.statement import Prepared

_ADD = ask("INSERT INTO items VALUES ($1, $2)", "int4", "text", name="add")
_MEMORY = ask("SELECT current_setting('work_mem')", name="memory")


def asked(query: Prepared, *values: object, counts: bool = False) -> pipelined.Asked:
    """A call."""
    return pipelined.Asked(query, values, counts=counts)


@EVERY
def test_answers(connection: Connection[Any]) -> None:
    """Each call has its own answer, the same query twice too; rows, numbers, none."""
    for _ in range(2):
        calls = [
            asked(NUMBERS, 2),
            asked(_ADD, 3, "é", counts=True),
            asked(ITEMS),
            asked(NUMBERS, 0),
            asked(ask("DELETE FROM items WHERE id > 2"), counts=True),
            asked(NUMBERS, 500),
            asked(ask("SELECT 'good'::mood, ARRAY['bad']::mood[], NULL::int4")),
        ]
        together(connection, calls, ("BEGIN",), commit=True)
        found = [call.take() for call in calls]
        assert found[:5] == [
            [(1, "n1"), (2, "n2")],
            1,
            [(1, "one"), (2, None), (3, "é")],
            [],
            1,
        ]
        assert [row[0] for row in found[5]] == list(range(1, 501))
        assert found[6] == [("good", ["bad"], None)]
        assert_clean(connection)


@EVERY
def test_commands_before(connection: Connection[Any]) -> None:
    """What goes before the calls holds for them, and ends with their transaction."""
    before = ("BEGIN", "SET LOCAL work_mem = '5MB'")
    calls = [asked(_MEMORY), asked(BACKEND)]
    together(connection, calls, before, commit=True)
    assert calls[0].take() == [("5MB",)]
    assert wire.fetch(connection, _MEMORY, ()) != [("5MB",)]
    first, second = [asked(BACKEND)], [asked(_MEMORY), asked(BACKEND)]
    together(connection, first, before)
    assert connection.info.transaction_status == TransactionStatus.INTRANS
    together(connection, second, commit=True)
    assert second[0].take() == [("5MB",)]
    assert first[0].take() == second[1].take()
    assert_clean(connection)


@EVERY
@pytest.mark.parametrize("position", range(3))
def test_errors(connection: Connection[Any], position: int) -> None:
    """An error is that of its call, the server's own words in it, and nothing is written."""
    for bad in (asked(INVERSE, 0), asked(ask("SELECT FRM")), asked(_ADD, 1, "x", counts=True)):
        calls = [asked(_ADD, 7, "x", counts=True), asked(NUMBERS, 1)]
        calls.insert(position, bad)
        bad.error = None
        with pytest.raises(DatabaseError) as caught:
            together(connection, calls, ("BEGIN",), commit=True)
        assert caught.value is bad.error
        assert caught.value.query == bad.query.label
        assert caught.value.diag.message_primary
        assert_clean(connection)
    assert wire.fetch(connection, ITEMS, ()) == [(1, "one"), (2, None)]


@EVERY
def test_errors_of_the_commands(connection: Connection[Any]) -> None:
    """Then no call of several is to blame."""
    calls = [asked(NUMBERS, 1), asked(ITEMS)]
    with pytest.raises(psycopg.errors.UndefinedObject) as caught:
        together(connection, calls, ("BEGIN", "SET LOCAL nonsense = 1"), commit=True)
    assert isinstance(caught.value, DatabaseError)
    assert caught.value.query is None
    assert [call.error for call in calls] == [None, None]
    assert_clean(connection)


@EVERY
def test_timeouts(connection: Connection[Any]) -> None:
    """statement_timeout is that of each statement, and the first to take longer is to blame."""
    before = ("BEGIN", "SET LOCAL statement_timeout = 400")
    calls = [asked(SLEEP, 0.15) for _ in range(4)]
    together(connection, calls, before, commit=True)
    calls[2] = asked(SLEEP, 60.0)
    with pytest.raises(psycopg.errors.QueryCanceled):
        together(connection, calls, before, commit=True)
    assert calls[2].error is not None
    assert_clean(connection)


@EVERY
def test_notices(connection: Connection[Any]) -> None:
    """They reach the connection's handlers, and that there is a transaction is none."""
    heard: list[str | None] = []
    connection.add_notice_handler(lambda notice: heard.append(notice.message_primary))
    drop = ask("DROP TABLE IF EXISTS nothing")
    together(connection, [asked(drop, counts=True), asked(ITEMS)], ("BEGIN",), commit=True)
    assert heard == ['table "nothing" does not exist, skipping']


@EVERY
def test_lost_connection(connection: Connection[Any]) -> None:
    """A session that ends in the middle takes all of it along."""
    kill = ask("SELECT pg_terminate_backend(pg_backend_pid())")
    calls = [asked(_ADD, 7, "x", counts=True), asked(kill), asked(ITEMS)]
    with pytest.raises(psycopg.OperationalError):
        together(connection, calls, ("BEGIN",), commit=True)
    assert connection.closed


@EVERY
def test_pipeline_of_the_host(connection: Connection[Any]) -> None:
    """There they are refused, and what the host sends goes on."""
    with connection.pipeline():
        cursor = connection.execute("SELECT 1")
        with pytest.raises(UsageError, match="leave the pipeline first"):
            together(connection, [asked(ITEMS)], ("BEGIN",), commit=True)
        assert cursor.fetchone() == (1,)
    assert_clean(connection)
