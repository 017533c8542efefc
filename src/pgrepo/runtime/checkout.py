"""Taking connections out of psycopg's pools and giving them back, without a block around it.

A connection that has rested may have died meanwhile. So whoever takes one that has rested for a
moment looks at its socket, which costs no round trip: a server that went away has closed it. Only
where there is something to hear, or after a long rest, the server is asked. The pool's own check
would ask each time, and pause between two connections that it finds dead.
"""

# ruff: noqa: SLF001 - psycopg_pool has no other words for growing, and for leaving a queue

from __future__ import annotations

import asyncio
from time import monotonic
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, cast

import psycopg
from psycopg.generators import execute
from psycopg.pq import ConnStatus
from psycopg_pool import PoolTimeout
from psycopg_pool.pool import WaitingClient

from pgrepo.runtime.fast import is_idle
from pgrepo.runtime.lost import is_quiet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

    from psycopg import AsyncConnection, Connection
    from psycopg.abc import PQGen
    from psycopg.pq.abc import PGconn
    from psycopg_pool import AsyncConnectionPool, ConnectionPool

    from pgrepo.runtime._async.connection import AsyncPooledConnection
    from pgrepo.runtime._sync.connection import PooledConnection

_LOOK_AFTER = 0.1
_ASK_AFTER = 30.0
"""After so many seconds without a look at it, a connection is looked at, and asked."""

_ANSWER_SECONDS = 2.0
"""So long a connection that is asked has to answer."""

RECONNECT_SECONDS = 1.0
"""So long a pool tries to replace a connection before it calls `reconnect`, which begins again.

By itself it would wait twice as long before every further try, for minutes: a server that is back
would be found long after.
"""


def reconnect(pool: ConnectionPool[Any]) -> None:
    """Goes on trying to connect."""
    with pool._lock:
        pool._maybe_grow_pool()


async def async_reconnect(pool: AsyncConnectionPool[Any]) -> None:
    """The same for asyncio."""
    async with pool._lock:
        pool._maybe_grow_pool()


def _answer_in(deadline: float) -> float:
    return min(_ANSWER_SECONDS, max(deadline - monotonic(), 0.1))


def _ask(pgconn: PGconn) -> PQGen[None]:
    """Asks for nothing, and hears whatever else has come."""
    pgconn.send_query(b"")
    yield from execute(pgconn)


class Checkout:
    """A pool of autocommit connections.

    When one has died, all are looked at once more, for the server may have gone.
    """

    def __init__(self, pool: ConnectionPool[Connection[Any]]) -> None:
        self._pool = pool
        self._getconn = cast("Callable[..., PooledConnection]", pool.getconn)
        self._putconn = pool.putconn
        self._alarm = 0.0

    def getconn(self) -> Connection[Any]:
        """Takes a connection out, one that is alive as far as can be told."""
        connection = self._take()
        deadline = None
        while True:
            try:
                now, taken = monotonic(), connection.taken
                connection.taken = now
                if now - taken < _LOOK_AFTER and taken > self._alarm:
                    return connection
                deadline = deadline or now + self._pool.timeout
                if self._is_alive(connection, now - taken, deadline):
                    return connection
                connection.pgconn.finish()
            except BaseException:
                self.putconn(connection)  # Ctrl-C
                raise
            self.putconn(connection)
            connection = self._take(max(deadline - monotonic(), 0))

    def _take(self, timeout: float | None = None) -> PooledConnection:
        try:
            return self._getconn(timeout)
        except Exception:
            raise
        except BaseException as error:
            self._leave_queue(error)
            raise

    def _leave_queue(self, error: BaseException) -> None:
        """Leaves the queue of those who wait, where Ctrl-C has struck.

        psycopg_pool leaves the place there, and gives it the next connection for ever.
        """
        for frame, _ in walk_tb(error.__traceback__):
            place = frame.f_locals.get("pos")
            if isinstance(place, WaitingClient) and not place.fail(PoolTimeout("interrupted")):
                connection = place.conn
                if connection is not None:
                    connection._pool = self._pool
                    self._putconn(connection)

    def _is_alive(self, connection: Connection[Any], rest: float, deadline: float) -> bool:
        if rest < _ASK_AFTER and is_quiet(connection.pgconn):
            return True
        try:
            connection.wait(_ask(connection.pgconn), timeout=_answer_in(deadline))
        except psycopg.Error:
            return False
        return is_idle(connection.pgconn)

    def putconn(self, connection: Connection[Any]) -> None:
        """Gives a connection back, whatever state it is in."""
        try:
            if connection.pgconn.status != ConnStatus.OK:
                self._alarm = monotonic()
            self._putconn(connection)
        except BaseException:
            # Ctrl-C. A connection that still belongs to the pool has not arrived there.
            if getattr(connection, "_pool", None) is not None:
                self._putconn(connection)
            raise


class AsyncCheckout:
    """The same for asyncio, where a connection must get back although its task is cancelled.

    psycopg_pool's putconn() may have to wait for a lock. A task that is cancelled there would
    leave the pool without its connection for ever.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool
        self._getconn = cast("Callable[..., Awaitable[AsyncPooledConnection]]", pool.getconn)
        self._putconn = pool.putconn
        self._alarm = 0.0

    async def getconn(self) -> AsyncConnection[Any]:
        """Takes a connection out, one that is alive as far as can be told."""
        connection = await self._take()
        deadline = None
        while True:
            try:
                now, taken = monotonic(), connection.taken
                connection.taken = now
                if now - taken < _LOOK_AFTER and taken > self._alarm:
                    return connection
                deadline = deadline or now + self._pool.timeout
                if await self._is_alive(connection, now - taken, deadline):
                    return connection
                connection.pgconn.finish()
            except BaseException:
                await self.putconn(connection)  # the task was cancelled
                raise
            await self.putconn(connection)
            connection = await self._take(max(deadline - monotonic(), 0))

    async def _take(self, patience: float | None = None) -> AsyncPooledConnection:
        """Takes one out, unless the task is cancelled meanwhile.

        psycopg_pool forgets that where a connection becomes free at the same moment, as when all
        tasks are cancelled at once: the task would go on as if nobody had cancelled it.
        """
        task = asyncio.current_task()
        assert task is not None, "psycopg waits in tasks of asyncio only"
        cancelled = task.cancelling()
        connection = await self._getconn(patience)
        if task.cancelling() > cancelled:
            await self.putconn(connection)
            raise asyncio.CancelledError
        return connection

    async def _is_alive(
        self, connection: AsyncConnection[Any], rest: float, deadline: float
    ) -> bool:
        if rest < _ASK_AFTER and is_quiet(connection.pgconn):
            return True
        try:
            await connection.wait(_ask(connection.pgconn), timeout=_answer_in(deadline))
        except psycopg.Error:
            return False
        return is_idle(connection.pgconn)

    async def putconn(self, connection: AsyncConnection[Any]) -> None:
        """Gives a connection back."""
        if connection.pgconn.status != ConnStatus.OK:
            self._alarm = monotonic()
        returning = self._putconn(connection)
        try:
            future = returning.send(None)
        except StopIteration:
            return  # it need not wait, as nearly always
        await asyncio.shield(asyncio.ensure_future(_Rest(returning, future).run()))


class _Rest:
    """What is left of a coroutine that waits for a future, for another task to do."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], future: Any) -> None:
        self._coroutine = coroutine
        self._future = future

    def __await__(self) -> Generator[Any, None, None]:
        value = yield self._future
        while True:
            try:
                self._future = self._coroutine.send(value)
            except StopIteration:
                return
            value = yield self._future

    async def run(self) -> None:
        await self
