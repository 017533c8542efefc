"""Taking connections out of psycopg's pools and giving them back, without a block around it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from psycopg import AsyncConnection, Connection
    from psycopg_pool import AsyncConnectionPool, ConnectionPool


class Checkout:
    """A pool of autocommit connections.

    Attributes:
        getconn: takes a connection out.
        putconn: gives it back, whatever state it is in.
    """

    def __init__(self, pool: ConnectionPool[Connection[Any]]) -> None:
        self.getconn = pool.getconn
        self.putconn = pool.putconn


class AsyncCheckout:
    """The same for asyncio, where a connection must get back although its task is cancelled.

    psycopg_pool's putconn() may have to wait for a lock. A task that is cancelled there would
    leave the pool without its connection for ever.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self.getconn = pool.getconn
        self._putconn = pool.putconn

    async def putconn(self, connection: AsyncConnection[Any]) -> None:
        """Gives a connection back."""
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
