"""Where a domain's calls get their connection: a database, a host's pool, one connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from typing import LiteralString

    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

    from pgrepo.runtime.checkout import AsyncCheckout


class AsyncConnections(ABC):
    """Lends connections, one a call."""

    ended = False
    """Whether connections lent earlier must not be used any more."""
    setup: tuple[LiteralString, ...] | None = None
    """What each transaction begins with, if all is to happen in a scope."""
    checkout: AsyncCheckout | None = None
    """Where a single call may take an autocommit connection without a block around it."""

    @abstractmethod
    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        """Lends a connection for a block. Leaving the block ends what has to end."""

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

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        return self._pool.connection()


class AsyncOneConnection(AsyncConnections):
    """A host's connection, in whatever transaction it is; nothing is committed."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        return nullcontext(self._connection)

    def check_scope(self, connection: AsyncConnection[Any]) -> None:
        super().check_scope(connection)
        if not connection.autocommit:
            raise UsageError(
                "a call in a scope commits by itself, and on a connection of yours that is not "
                "autocommit that is up to you: make it autocommit, or use a pool"
            )


class AsyncTransactionConnection(AsyncOneConnection):
    """The connection of a transaction block, usable until the block ends."""

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        self.check()
        return super().connection()
