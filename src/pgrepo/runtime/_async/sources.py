"""Where a domain's calls get their connection: a database, a host's pool, one connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

from pgrepo.errors import UsageError
from pgrepo.runtime._async.connection import AsyncPooledConnection
from pgrepo.runtime._async.together import together
from pgrepo.runtime.characteristics import opening

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager
    from typing import LiteralString

    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

    from pgrepo.runtime._async.cache import AsyncCache
    from pgrepo.runtime._async.replicas import AsyncReplicas
    from pgrepo.runtime._async.start import AsyncStart
    from pgrepo.runtime.checkout import AsyncCheckout
    from pgrepo.runtime.observing.observer import Observer
    from pgrepo.runtime.pipelined import Asked


class AsyncConnections(ABC):
    """Lends connections, one a call."""

    ended = False
    """Whether connections lent earlier must not be used any more."""
    hidden = False
    """Whether nobody else sees a connection while it is lent."""
    setup: tuple[LiteralString, ...] | None = None
    """What each transaction begins with, if all is to happen in a scope."""
    checkout: AsyncCheckout | None = None
    """Where a single call may take an autocommit connection without a block around it."""
    cache: AsyncCache | None = None
    """What keeps answers of this database, if anything does."""
    replicas: AsyncReplicas | None = None
    """Who else may answer reads of this database, if anybody does."""
    observer: Observer | None = None
    """What watches the calls of this database, if anything does."""
    answers = False
    """Whether calls may be answered from there; what a transaction reads is its own affair."""

    @abstractmethod
    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        """Lends a connection for a block. Leaving the block ends what has to end."""

    @property
    def rides(self) -> bool:
        """Whether the next call has to begin a transaction, and takes its BEGIN along."""
        return False

    async def together(self, asked: Sequence[Asked], *, commit: bool = False) -> None:
        """Makes calls in one round trip, as one transaction.

        Args:
            asked: the calls.
            commit: whether they end a transaction block.

        Raises:
            UsageError: there is no block that they could end.
        """
        if commit:
            raise UsageError(
                "batch(commit=True) ends a transaction block of its own, begun by transaction() "
                "on a database or a pool, and no savepoint: leave commit out"
            )
        async with self.connection() as connection:
            idle = connection.info.transaction_status == TransactionStatus.IDLE
            before = opening(connection) if idle else ()
            own = idle and (connection.autocommit or self.hidden)
            await together(connection, asked, before, commit=own)

    async def forget(self, slots: Sequence[str]) -> None:
        """Drops kept answers that a write has made old, as soon as it is committed.

        Args:
            slots: their names.
        """
        if self.cache is not None:
            await self.cache.clear(slots)

    @property
    def plain(self) -> AsyncConnections:
        """Where the connections come from, without the scope."""
        return self

    def check_scope(self, connection: AsyncConnection[Any]) -> None:
        """Refuses a connection on which a scope cannot have a transaction to itself.

        Raises:
            UsageError: it is in a transaction.
        """
        if connection.info.transaction_status != TransactionStatus.IDLE:
            raise UsageError(
                "a call in a scope is a transaction of its own, and this connection is in one "
                "already: end it first, or open the transaction through the scope"
            )

    def check(self) -> None:
        """Raises UsageError if that is so."""
        if self.ended:
            raise UsageError(
                "the transaction block that this domain belongs to has ended: use the domain it "
                "was made from, or open another transaction()"
            )


class AsyncPoolConnections(AsyncConnections):
    """A host's pool: each call is committed, or rolled back, as the pool's own blocks are."""

    hidden = True

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        return self._pool.connection()


class AsyncOneConnection(AsyncConnections):
    """A host's connection, in whatever transaction it is; nothing is committed."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._pooled = connection if isinstance(connection, AsyncPooledConnection) else None
        if self._pooled is not None:
            self.cache, self.observer = self._pooled.cache, self._pooled.observer

    async def forget(self, slots: Sequence[str]) -> None:
        if self._pooled is None or self._pooled.info.transaction_status == TransactionStatus.IDLE:
            await super().forget(slots)
        else:
            self._pooled.stale += tuple(slots)

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        return nullcontext(self._connection)

    def check_scope(self, connection: AsyncConnection[Any]) -> None:
        super().check_scope(connection)
        if not connection.autocommit:
            raise UsageError(
                "a call in a scope commits by itself, and on a connection of yours that is not "
                "autocommit that is up to you: make it autocommit, or use a pool"
            )

    def check_run(self) -> None:
        """Raises UsageError if a transaction cannot be run again as a whole."""
        if self._connection.info.transaction_status != TransactionStatus.IDLE:
            raise _in_transaction()


class AsyncTransactionConnection(AsyncOneConnection):
    """The connection of a transaction block, usable until the block ends."""

    def __init__(self, connection: AsyncConnection[Any], start: AsyncStart | None = None) -> None:
        super().__init__(connection)
        self._start = start

    @property
    def rides(self) -> bool:
        return self._start is not None and self._start.waits

    async def together(self, asked: Sequence[Asked], *, commit: bool = False) -> None:
        self.check()
        if self._start is None:
            await super().together(asked, commit=commit)
            return
        try:
            await self._start.together(asked, commit=commit)
        finally:
            self.ended = self.ended or self._start.ended

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        self.check()
        if self._start is not None and self._start.waits:
            return self._start.begun()
        return super().connection()

    def check_run(self) -> None:
        raise _in_transaction()


def _in_transaction() -> UsageError:
    return UsageError(
        "run() repeats whole transactions, and this connection is in one already: call it where "
        "none is open, or use transaction() for a savepoint"
    )
