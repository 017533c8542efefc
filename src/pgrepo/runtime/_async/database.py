"""A database: a pool of autocommit connections."""

# ruff: noqa: SLF001 - of another database of the same class

from __future__ import annotations

from copy import copy
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from pgrepo.errors import UsageError
from pgrepo.runtime._async.connection import AsyncPooledConnection
from pgrepo.runtime._async.loan import AsyncLoan
from pgrepo.runtime._async.retrying import run
from pgrepo.runtime._async.sources import AsyncConnections
from pgrepo.runtime._async.transaction import AsyncTransaction
from pgrepo.runtime.characteristics import Isolation, set_transaction
from pgrepo.runtime.checkout import RECONNECT_SECONDS, AsyncCheckout, async_reconnect
from pgrepo.runtime.locks import AsyncLock
from pgrepo.runtime.retries import Tries
from pgrepo.runtime.timeouts import Timeouts, refuses_options
from pgrepo.runtime.translate import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from types import TracebackType

    from pgrepo.runtime._async.cache import AsyncCache
    from pgrepo.runtime._async.replicas import AsyncReplicas
    from pgrepo.runtime.observing.observer import Observer
    from pgrepo.runtime.observing.statistics import Statistics
    from pgrepo.runtime.pipelined import Asked
    from pgrepo.runtime.replicas.status import DatabaseStatus
    from pgrepo.runtime.retries import AsyncWork

T = TypeVar("T")


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
        connect_timeout: how many seconds connecting to one host may take.
        statement_timeout: how many seconds a statement may take, before QueryCanceled, and half
            a second later, if PostgreSQL says nothing, ResponseTimeout. A COPY is one statement.
        lock_timeout: how many seconds a statement waits for a lock before LockNotAvailable.
        idle_in_transaction_timeout: how many seconds a transaction may lie idle before the server
            ends its session.
        connect: further arguments of `psycopg.connect`, such as `prepare_threshold` (None behind
            a PgBouncer that does not know prepared statements).
        cache: keeps answers to queries that say `@cache`; whoever made it closes it.
        replicas: the same for servers that follow this one. Reads outside transactions go there,
            as far as they have replayed what the caller has written; see `token` and `after`.
        max_replica_lag: how many seconds behind a replica may be before it is left out.
        observer: counts the calls, and tells people and monitors of them.

    None as a timeout leaves it to the server's settings and the role's. What `conninfo` and
    `connect` say of timeouts counts more.
    """

    hidden = True
    answers = True

    def __init__(
        self,
        conninfo: str,
        *,
        min_size: int = 1,
        max_size: int = 10,
        timeout: float = 10.0,
        max_idle: float = 600.0,
        max_lifetime: float = 3600.0,
        connect_timeout: float | None = 5.0,
        statement_timeout: float | None = 60.0,
        lock_timeout: float | None = 10.0,
        idle_in_transaction_timeout: float | None = 300.0,
        connect: Mapping[str, Any] | None = None,
        cache: AsyncCache | None = None,
        replicas: Sequence[str] = (),
        max_replica_lag: float | None = 10.0,
        observer: Observer | None = None,
    ) -> None:
        if not isinstance(conninfo, str):
            raise UsageError(
                f"{type(self).__name__} takes a connection string, not a {type(conninfo).__name__}"
            )
        if connect is not None and not connect.get("autocommit", True):
            raise UsageError("connections of the pool are autocommit; use transaction() instead")
        self.cache = cache
        self.observer = None if observer is None else observer.take()
        self._conninfo = conninfo
        self._connect = {**(connect or {}), "autocommit": True}
        self._timeouts = Timeouts(
            connect_timeout, statement_timeout, lock_timeout, idle_in_transaction_timeout
        )
        self._settings: dict[str, Any] = {
            "min_size": min_size,
            "max_size": max_size,
            "timeout": timeout,
            "max_idle": max_idle,
            "max_lifetime": max_lifetime,
            "reconnect_timeout": RECONNECT_SECONDS,
            "reconnect_failed": async_reconnect,
        }
        self._opening = AsyncLock()
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None
        self._lender: AsyncCheckout | None = None
        self._arguments: dict[str, Any] = {}
        self.replicas = self._follow(replicas, max_replica_lag) if replicas else None

    def _follow(self, replicas: Sequence[str], max_lag: float | None) -> AsyncReplicas:
        # Imported here, for most programs have none.
        from pgrepo.runtime._async.replicas import AsyncReplicas  # noqa: PLC0415
        from pgrepo.runtime.replicas.servers import refuse_several  # noqa: PLC0415

        if isinstance(replicas, str):
            raise UsageError("replicas takes a list of connection strings, not one")
        for each in replicas:
            refuse_several(each)
        return AsyncReplicas(self, [self._twin(each) for each in replicas], max_lag)

    def _twin(self, conninfo: str) -> Self:
        """Returns a database like this one on another server."""
        twin = copy(self)
        twin._conninfo, twin.cache, twin.replicas, twin.observer = conninfo, None, None, None
        # Another server can answer, and so nobody waits long for a connection.
        twin._settings = self._settings | {"timeout": min(self._settings["timeout"], 1.0)}
        return twin

    def __repr__(self) -> str:
        # The connection string may hold a password.
        return f"<{type(self).__name__}, {'closed' if self._pool is None else 'open'}>"

    async def open(self) -> None:
        """Opens the pool. Does nothing if it is open.

        Raises:
            OperationalError: the server cannot be reached or refuses; the message says why.
        """
        async with self._opening:  # two that open it at once would make two pools
            if self._pool is None:
                await self._open()

    async def _open(self) -> None:
        await self._open_pool()
        if self.observer is not None:
            self.observer.serve(self._conninfo, self._connect, self._pool)
        if self.replicas is None:
            self.checkout = self._lender
            return
        try:
            await self.replicas.open()
        except BaseException:
            await self.close()  # Ctrl-C, or the task was cancelled
            raise

    async def _open_pool(self) -> None:
        if self._pool is not None:
            return
        try:
            arguments = await self._find_arguments()
        except psycopg.Error as error:
            raise translate(error) from error
        pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            self._conninfo,
            connection_class=cast("type[AsyncConnection[Any]]", AsyncPooledConnection),
            kwargs=arguments,
            configure=self._configure,
            open=False,
            **self._settings,
        )
        await pool.open()
        self._arguments = arguments
        self._pool, self._lender = pool, AsyncCheckout(pool)

    async def _find_arguments(self) -> dict[str, Any]:
        """Returns the arguments to connect with.

        A pool keeps trying in the background and never says what is wrong. So it is tried first.
        """
        arguments = self._timeouts.arguments(self._conninfo, self._connect)
        try:
            await (await AsyncConnection.connect(self._conninfo, **arguments)).close()
        except psycopg.OperationalError as error:
            if not refuses_options(error):
                raise
            arguments["options"] = self._connect.get("options")
            await (await AsyncConnection.connect(self._conninfo, **arguments)).close()
        return arguments

    async def _configure(self, connection: AsyncConnection[Any]) -> None:
        pooled = cast("AsyncPooledConnection", connection)
        pooled.patience, pooled.made = self._timeouts.patience, monotonic()
        pooled.taken = pooled.made
        pooled.cache, pooled.replicas, pooled.observer = self.cache, self.replicas, self.observer

    async def close(self) -> None:
        """Closes the pool and its connections. Does nothing if it is closed."""
        if self.replicas is not None and self._pool is not None:
            await self.replicas.stop()
        pool, self._pool = self._pool, None
        self.checkout = self._lender = None
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

    @property
    def rides(self) -> bool:
        return self.replicas is not None

    async def together(self, asked: Sequence[Asked], *, commit: bool = False) -> None:
        if self.replicas is None or commit:
            await super().together(asked, commit=commit)
        else:
            await self.replicas.together(asked)

    @property
    def lender(self) -> AsyncCheckout:
        """What lends the pool's connections; raises as `pool` does."""
        return self._lender or AsyncCheckout(self.pool)

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        """Lends an autocommit connection of the pool for a block.

        Raises:
            psycopg_pool.PoolTimeout: none is free in time. All errors of a block are psycopg's own.
        """
        if self.replicas is not None:
            self.replicas.memory.expect()
        return AsyncLoan(self.lender)

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

    async def run(
        self,
        function: AsyncWork[AsyncConnection[Any], T],
        *,
        retries: int = 5,
        within: float = 30.0,
        committed: AsyncWork[AsyncConnection[Any], bool] | None = None,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
    ) -> T:
        """Runs a function in a transaction, which it is given, and commits.

        All of it is run again after a serialization failure, a deadlock, or a connection that was
        lost before COMMIT was sent. So the function must do nothing outside the transaction that
        may not be done twice. Domains have the same method.

        Args:
            function: what to run; its answer is returned.
            retries: how many more tries there may be.
            within: for how many seconds new tries may begin.
            committed: asked, in a transaction of its own, whether a COMMIT whose answer was lost
                took place. It should look for a row under a unique key that `function` inserts.
            isolation: as of `transaction`.
            read_only: as of `transaction`.
            deferrable: as of `transaction`.

        Raises:
            CommitOutcomeUnknown: the connection was lost during COMMIT, and `committed` is not
                there to ask.
        """

        def begin() -> AsyncTransaction:
            return self.transaction(isolation=isolation, read_only=read_only, deferrable=deferrable)

        return await run(begin, function, Tries(retries, within), committed)

    async def token(self) -> str | None:
        """Returns what `after` takes, in another process or later, to read what is written here.

        It is about what this context (a thread, a task) has written, or what its token was before.

        Returns:
            A short text of letters, digits and hyphens; None if nothing was written here.
        """
        from pgrepo.runtime._async.replicas import token_of  # noqa: PLC0415 - as above

        return await token_of(self)

    def after(self, token: str | None = None) -> AbstractContextManager[None]:
        """Returns a block in which reads see at least what was written before a token.

        Tasks that are started in it share what they have written. With no token it begins as if
        nothing was written.

        Args:
            token: what `token` has returned; None or an empty text for nothing.

        Raises:
            UsageError: it is no token.
        """
        from pgrepo.runtime.replicas.token import after  # noqa: PLC0415

        return after(None if self.replicas is None else self.replicas.memory, token)

    async def status(self) -> DatabaseStatus:
        """Returns how this database's servers are.

        With replicas it is what was last heard of each, a second ago; else the server is asked.
        """
        from pgrepo.runtime._async.status import status_of  # noqa: PLC0415

        return await status_of(self)

    def stats(self) -> Statistics:
        """Returns counts and times of its calls, its pool's connections, what its cache does.

        Calls are counted where there is an observer.
        """
        from pgrepo.runtime.observing.statistics import statistics_of  # noqa: PLC0415 - as above

        return statistics_of(self._pool, self.cache, self.observer)
