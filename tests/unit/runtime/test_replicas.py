"""What is known of servers, and what it proves: nothing here asks anybody."""

from __future__ import annotations

from contextvars import copy_context

import psycopg
import psycopg_pool
import pytest
from psycopg import errors

from pgrepo import UsageError
from pgrepo.runtime import lost
from pgrepo.runtime.replicas.servers import (
    Position,
    Server,
    Track,
    by_load,
    is_for_others,
    problem_of,
)
from pgrepo.runtime.replicas.status import DatabaseStatus, ServerStatus
from pgrepo.runtime.replicas.token import Memory, Token, parse
from pgrepo.runtime.scalars import lsn_text

SYSTEM = 7710529844641299312


def server(
    position: int = 100, *, timeline: int = 1, system: int = SYSTEM, standby: bool = True
) -> Server:
    """A server that has answered at 10 s."""
    made = Server("one")
    made.note(Position(standby, Token(system, timeline, position), 10.0))
    made.problem = None
    return made


def test_a_token_is_a_short_text() -> None:
    """It comes back as it was, and fits into a cookie."""
    token = Token(SYSTEM, 2, 0x16B3748)
    assert str(token) == "6b014e0aa3e47b70-2-16b3748"
    assert parse(str(token)) == token


@pytest.mark.parametrize("text", ["", "1-2", "1-2-3-4", "g-1-1", "1-1-1\n", "1-1-" + 17 * "f"])
def test_other_texts_are_refused(text: str) -> None:
    """They come from outside."""
    with pytest.raises(UsageError, match="no token"):
        parse(text)


def test_only_the_same_history_proves_anything() -> None:
    """A standby that follows a primary which is gone may be further on, and lack the write."""
    token = Token(SYSTEM, 2, 100)
    assert token.is_in(Token(SYSTEM, 2, 100))
    assert not token.is_in(Token(SYSTEM, 2, 99))
    assert not token.is_in(Token(SYSTEM, 1, 1000))
    assert not token.is_in(Token(SYSTEM, 3, 1000))
    assert not token.is_in(Token(1, 2, 1000))


def test_of_a_session_only_what_was_asked_during_it_counts() -> None:
    """After a crash a standby may answer before it is where it was."""
    known = server(100)
    assert known.proves(Token(SYSTEM, 1, 100), since=9.0)
    assert not known.proves(Token(SYSTEM, 1, 101), since=9.0)
    assert not known.proves(Token(SYSTEM, 1, 100), since=10.0)
    assert not Server("new").proves(Token(SYSTEM, 1, 0), since=0.0)


def test_answers_may_overtake_each_other() -> None:
    """The one that was asked for last counts."""
    known = server(100)
    known.note(Position(True, Token(SYSTEM, 1, 90), 9.0))
    assert known.proves(Token(SYSTEM, 1, 100), since=0.0)


def test_a_context_knows_its_own_writes() -> None:
    """A copy of it begins with them, and keeps its own to itself."""
    memory = Memory()
    memory.note(Token(SYSTEM, 1, 100))
    copied = copy_context()
    copied.run(memory.expect)
    copied.run(memory.note, Token(SYSTEM, 1, 200))
    assert memory.written.token == Token(SYSTEM, 1, 100)
    assert not memory.written.pending
    assert copied.run(lambda: memory.written.token) == Token(SYSTEM, 1, 200)


def test_a_block_is_shared_by_what_is_started_in_it() -> None:
    """What a task writes counts for whoever waits for it."""
    memory = Memory()
    with memory.after(Token(SYSTEM, 1, 100)):
        copied = copy_context()
        copied.run(memory.expect)
        assert memory.written.pending
        copied.run(memory.note, Token(SYSTEM, 1, 200))
        assert memory.written.token == Token(SYSTEM, 1, 200)
        memory.note(Token(SYSTEM, 1, 150))
        assert memory.written.token == Token(SYSTEM, 1, 200)
        memory.note(Token(SYSTEM, 2, 150))
        assert memory.written.token == Token(SYSTEM, 2, 150)
    assert memory.written.token is None


def test_lag_is_how_long_the_primary_has_been_ahead() -> None:
    """An idle primary makes no replica late."""
    track = Track()
    for moment, place in ((1.0, 100), (2.0, 200), (3.0, 200), (4.0, 300)):
        track.add(Position(False, Token(SYSTEM, 1, place), moment))
    assert track.lag(300, 60.0) == 0
    assert track.lag(250, 60.0) == 56
    assert track.lag(100, 60.0) == 58


def test_who_is_left_out() -> None:
    """Each for a reason that is told."""
    primary, track = server(200, standby=False), Track()
    track.add(Position(False, Token(SYSTEM, 1, 200), 0.0))

    def problem(known: Server, now: float = 10.5, lag: float | None = 20.0) -> str | None:
        return problem_of(known, primary, track, lag, now)

    assert problem(server(200)) is None
    assert problem(server(100)) is None
    assert problem(server(100), lag=10.0) == "it is 10 s behind"
    assert problem(server(100), lag=None) is None
    assert problem(Server("new")) == "it has not answered yet"
    assert problem(server(200), now=15.0) == "it has not answered for seconds"
    assert problem(server(200, standby=False)) == "it follows no other server"
    assert "another cluster" in (problem(server(200, system=1)) or "")
    primary = server(200, timeline=2, standby=False)
    assert problem(server(200)) == "it has not followed to timeline 2"


def test_load_is_spread() -> None:
    """The least busy comes first, and of equal ones each of them at times."""
    idle, other, busy = Server("a"), Server("b"), Server("c")
    busy.begin()
    orders = {tuple(by_load([(busy, 0), (idle, 1), (other, 2)])) for _ in range(100)}
    assert orders == {(1, 2, 0), (2, 1, 0)}
    busy.end()
    assert {by_load([(busy, 0), (idle, 1)])[0] for _ in range(100)} == {0, 1}


@pytest.mark.parametrize(
    ("error", "goes_on"),
    [
        (errors.SerializationFailure(), True),
        (errors.AdminShutdown(), True),
        (errors.ReadOnlySqlTransaction(), True),
        (errors.UndefinedTable(), True),
        (psycopg.OperationalError(), True),
        (psycopg_pool.PoolTimeout(), True),
        (lost.ResponseTimeout(), False),
        (errors.QueryCanceled(), False),
        (errors.DivisionByZero(), False),
    ],
)
def test_which_errors_another_server_may_mend(error: psycopg.Error, goes_on: bool) -> None:
    """What took too long or is wrong is so everywhere."""
    assert is_for_others(error) is goes_on


def test_status_is_a_line_for_each_server() -> None:
    """With what people ask first."""
    primary = ServerStatus("db1:5432/shop", "primary", healthy=True, pool_size=4, pool_available=1)
    replica = ServerStatus(
        "db2:5432/shop", "replica", healthy=False, problem="it is 12 s behind", lag_seconds=12.04
    )
    status = DatabaseStatus(primary, (replica,))
    assert not status.healthy
    assert str(status).splitlines() == [
        "primary db1:5432/shop: healthy; 3 of 4 connections in use",
        "replica db2:5432/shop: left out: it is 12 s behind; 0 of 0 connections in use",
    ]
    assert lsn_text(0x2_016B3748) == "2/16B3748"
