"""A database: a pool of autocommit connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from pgrepo.errors import UsageError
from pgrepo.runtime._async.sources import AsyncConnections
from pgrepo.runtime._async.transaction import AsyncTransaction
from pgrepo.runtime.characteristics import Isolation, set_transaction
from pgrepo.runtime.checkout import AsyncCheckout
from pgrepo.runtime.translate import translate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType


class AsyncDatabase(AsyncConnections):
    """A PostgreSQL database, reached through a pool of connections.

    Single calls commit by themselves; `transaction()` makes several one.

    ```python
    async with AsyncDatabase(url) as database:
        shop = AsyncShop(database)
    ```

    Args:
        conninfo: a libpq URL or "key=value" string.
        min_size: how many connections are kept open.
        max_size: how many connections may be open at the same time.
        timeout: how many seconds a call waits for a free connection before PoolTimeout.
        max_idle: after how many unused seconds connections beyond min_size are closed.
        max_lifetime: after how many seconds a connection is replaced.
        connect: further arguments of `psycopg.connect`, such as `prepare_threshold` (None behind
            a PgBouncer that does not know prepared statements).
    """

    def __init__(
        self,
        conninfo: str,
        *,
        min_size: int = 1,
        max_size: int = 10,
        timeout: float = 10.0,
        max_idle: float = 600.0,
        max_lifetime: float = 3600.0,
        connect: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(conninfo, str):
            raise UsageError(
                f"{type(self).__name__} takes a connection string, not a {type(conninfo).__name__}"
            )
        if connect is not None and not connect.get("autocommit", True):
            raise UsageError("connections of the pool are autocommit; use transaction() instead")
        self._conninfo = conninfo
        self._connect = {**(connect or {}), "autocommit": True}
        self._settings: dict[str, Any] = {
            "min_size": min_size,
            "max_size": max_size,
            "timeout": timeout,
            "max_idle": max_idle,
            "max_lifetime": max_lifetime,
        }
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None

    def __repr__(self) -> str:
        # The connection string may hold a password.
        return f"<{type(self).__name__}, {'closed' if self._pool is None else 'open'}>"

    async def open(self) -> None:
        """Opens the pool. Does nothing if it is open.

        Raises:
            OperationalError: the server cannot be reached or refuses; the message says why.
        """
        if self._pool is not None:
            return
        try:
            # A pool keeps trying in the background and never says what is wrong. So ask first.
            await (await AsyncConnection.connect(self._conninfo, **self._connect)).close()
        except psycopg.Error as error:
            raise translate(error) from error
        pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            self._conninfo, kwargs=self._connect, open=False, **self._settings
        )
        await pool.open()
        self._pool, self.checkout = pool, AsyncCheckout(pool)

    async def close(self) -> None:
        """Closes the pool and its connections. Does nothing if it is closed."""
        pool, self._pool = self._pool, None
        self.checkout = None
        if pool is not None:
            await pool.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def pool(self) -> AsyncConnectionPool[AsyncConnection[Any]]:
        """The pool of psycopg_pool behind it.

        Raises:
            UsageError: it is not open.
        """
        if self._pool is None:
            name = type(self).__name__
            raise UsageError(
                f"this {name} is not open: enter it by `async with`, or call its open() first"
            )
        return self._pool

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        """Lends an autocommit connection of the pool for a block."""
        return _Loan(self.checkout or AsyncCheckout(self.pool))

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
    ) -> AsyncTransaction:
        """Opens a transaction block on one connection of the pool, which it yields.

        Args:
            isolation: a psycopg.IsolationLevel or its name; None for the server's default.
            read_only: whether writing is refused.
            deferrable: with serializable and read only, whether to wait for a snapshot that
                cannot fail.
        """
        return AsyncTransaction(self, set_transaction(isolation, read_only, deferrable))


class _Loan:
    """`pool.connection()` without the statistics.

    A transaction that was left open is ended as there: committed, or rolled back after an error.
    """

    __slots__ = ("_checkout", "_connection")

    def __init__(self, checkout: AsyncCheckout) -> None:
        self._checkout = checkout

    async def __aenter__(self) -> AsyncConnection[Any]:
        self._connection = await self._checkout.getconn()
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection = self._connection
        try:
            if connection.pgconn.transaction_status != TransactionStatus.IDLE:
                await connection.__aexit__(kind, raised, traceback)
        finally:
            await self._checkout.putconn(connection)
