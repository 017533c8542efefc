"""Which errors are worth another try, and how many tries there are."""

from __future__ import annotations

import psycopg
import psycopg_pool
import pytest
from psycopg import errors

from pgrepo import CommitOutcomeUnknown, ResponseTimeout
from pgrepo.runtime.lost import is_lost, is_repeatable, may_read_again
from pgrepo.runtime.retries import Tries
from pgrepo.runtime.timeouts import Timeouts
from pgrepo.runtime.translate import outcome_unknown, translate

LOST = [
    psycopg.OperationalError("server closed the connection unexpectedly"),
    errors.AdminShutdown(),
    errors.CrashShutdown(),
    errors.CannotConnectNow(),
    errors.ConnectionFailure(),
    errors.ProtocolViolation(),
    errors.IdleInTransactionSessionTimeout(),
]
ROLLED_BACK = [errors.SerializationFailure(), errors.DeadlockDetected()]
FINAL = [
    errors.UniqueViolation(),
    errors.QueryCanceled(),
    errors.LockNotAvailable(),
    errors.ReadOnlySqlTransaction(),
    psycopg.InterfaceError("bad argument"),
    psycopg.ProgrammingError("the last operation didn't produce records"),
    psycopg_pool.PoolTimeout("couldn't get a connection after 10.00 sec"),
    psycopg_pool.PoolClosed("the pool is closed"),
]


@pytest.mark.parametrize("is_translated", [False, True])
def test_what_is_repeated(*, is_translated: bool) -> None:
    """The driver's errors and pgrepo's are told apart alike."""
    for error in (*LOST, *ROLLED_BACK, *FINAL):
        given = translate(error) if is_translated else error
        assert is_lost(given) == (error in LOST), error
        assert is_repeatable(given) == (error not in FINAL), error
        assert may_read_again(given) == (error in LOST), error


def test_silence_is_not_waited_for_twice() -> None:
    """A read that got no answer in time is not made again; a transaction may be."""
    silence = ResponseTimeout("no answer")
    assert is_repeatable(silence)
    assert not may_read_again(silence)


def test_unknown_outcome() -> None:
    """The error says what has happened, and is what the driver's error was."""
    unknown = outcome_unknown(errors.AdminShutdown("terminating connection"))
    assert isinstance(unknown, CommitOutcomeUnknown)
    assert isinstance(unknown, psycopg.OperationalError)
    assert "terminating connection" in str(unknown)


def test_pauses() -> None:
    """They are drawn from twice as much each time, up to a second, and come to an end."""
    for _ in range(100):
        tries = Tries(12, 60)
        pauses = [tries.pause() for _ in range(13)]
        assert pauses.pop() is None
        for number, pause in enumerate(pauses):
            assert pause is not None
            assert 0 <= pause <= min(1, 0.01 * 2**number)
    assert Tries(5, 1e-9).pause() is None


def test_what_the_host_says_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL, the arguments and the environment have the last word."""
    timeouts = Timeouts(5, 60, None, 0.0001)
    monkeypatch.setenv("PGOPTIONS", "-c geqo=off")
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "9")
    own = "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=1"
    found = timeouts.arguments("dbname=x", {})
    assert found["options"] == f"{own} -c geqo=off"
    assert "connect_timeout" not in found
    found = timeouts.arguments("postgresql:///x?options=-c%20jit%3Doff&keepalives_idle=7", {})
    assert found["options"] == f"{own} -c jit=off"
    assert "keepalives_idle" not in found
    given = {"options": "-c jit=on", "connect_timeout": 3, "autocommit": True}
    found = timeouts.arguments("options='-c jit=off'", given)
    assert found["options"] == f"{own} -c jit=on"
    assert (found["connect_timeout"], found["autocommit"]) == (3, True)
    assert timeouts.patience == 60.5
    assert Timeouts(None, None, None, None).patience is None
