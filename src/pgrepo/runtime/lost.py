"""Which errors tell of a lost connection, and after which ones a transaction can be run again."""

from __future__ import annotations

import select
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg_pool
from psycopg.pq import ConnStatus

if TYPE_CHECKING:
    from psycopg import BaseConnection
    from psycopg.pq.abc import PGconn

_LOST = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25P04"})
"""With these PostgreSQL ends a session: shutdown, crash, start-up, idle for too long."""

_OF_THE_POOL = psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed, psycopg_pool.TooManyRequests
"""Errors of the driver's own that are about waiting, where all others are about a connection."""

_ROLLED_BACK = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: nothing of the transaction is left."""

_READ_ONLY = "25006"
_REPORTED = (b"in_hot_standby", b"default_transaction_read_only")
"""Settings that PostgreSQL tells its clients of by itself."""


class ResponseTimeout(psycopg.OperationalError):
    """PostgreSQL has not answered for longer than any statement may take; see `translate`."""


class Pooled:
    """A connection of a pool of pgrepo's own.

    Attributes:
        patience: how many seconds PostgreSQL has for an answer; None for as many as it takes.
        taken: when it was made or last taken out of the pool, on the monotonic clock.
        cache: what keeps answers of its database, if anything does.
        stale: the names of what its open transaction makes old there.
        made: when it was connected, on the monotonic clock; 0 where nobody asks.
        replicas: what has to know of writes on it, if anything does.
        observer: what watches the calls of its database, if anything does.
    """

    patience: float | None = None
    taken: float = 0.0
    cache: Any = None
    stale: tuple[str, ...] = ()
    made: float = 0.0
    replicas: Any = None
    observer: Any = None


def is_told_twice(error: psycopg.Error) -> bool:
    """Tells whether PostgreSQL and a PgBouncer before it have both said that a session is over.

    To a BEGIN or COMMIT that is one answer too many, and psycopg says no more than that.
    """
    told = isinstance(error, psycopg.InternalError) and error.sqlstate is None
    return told and " results from command " in str(error)


def is_lost(error: psycopg.Error) -> bool:
    """Tells whether an error means that the connection is gone."""
    if (state := error.sqlstate) is not None:
        return state in _LOST or state.startswith("08")
    if isinstance(error, psycopg.OperationalError):
        return not isinstance(error, _OF_THE_POOL)
    return is_told_twice(error)


def is_of_the_pool(error: psycopg.Error) -> bool:
    """Tells whether an error means that a pool had no connection to give."""
    return isinstance(error, _OF_THE_POOL)


def is_repeatable(error: psycopg.Error) -> bool:
    """Tells whether a transaction that ended with an error before COMMIT can be run again."""
    return error.sqlstate in _ROLLED_BACK or is_lost(error)


def may_read_again(error: psycopg.Error) -> bool:
    """Tells whether a read can be repeated: its connection was lost, and not by waiting."""
    return is_lost(error) and not isinstance(error, ResponseTimeout)


def is_quiet(pgconn: PGconn) -> bool:
    """Tells whether nothing has come from the server that nobody has asked for."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(pgconn.socket, select.POLLIN)
        return not poll.poll(0)
    return not select.select([pgconn.socket], [], [], 0)[0]


def is_broken(connection: BaseConnection[Any]) -> bool:
    """Tells, without asking the server, whether a connection is gone."""
    pgconn = connection.pgconn
    with suppress(psycopg.OperationalError):
        while pgconn.status == ConnStatus.OK and not is_quiet(pgconn):
            pgconn.consume_input()
    return pgconn.status != ConnStatus.OK


def is_demoted(connection: BaseConnection[Any]) -> bool:
    """Tells whether a connection's server takes no writes, as it has said with its last answer."""
    return any(connection.pgconn.parameter_status(name) == b"on" for name in _REPORTED)


def leave_demoted(connection: BaseConnection[Any], error: BaseException | None) -> None:
    """Closes a pooled connection to a server that has stopped taking writes.

    It may be a primary that was demoted. The pool connects anew, and then maybe elsewhere.
    """
    if (
        isinstance(error, psycopg.Error)
        and error.sqlstate == _READ_ONLY
        and isinstance(connection, Pooled)
        and not is_broken(connection)
        and is_demoted(connection)
    ):
        connection.pgconn.finish()
