"""Where a domain's calls get their connection: a database, a host's pool, one connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool


class AsyncConnections(ABC):
    """Lends connections, one a call."""

    ended = False
    """Whether connections lent earlier must not be used any more."""

    @abstractmethod
    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        """Lends a connection for a block. Leaving the block ends what has to end."""

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


class AsyncTransactionConnection(AsyncOneConnection):
    """The connection of a transaction block, usable until the block ends."""

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        self.check()
        return super().connection()
