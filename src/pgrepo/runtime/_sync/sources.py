# Derived from src/pgrepo/runtime/_async/sources.py by tools/async_to_sync.py: do not edit.
"""Where a domain's calls get their connection: a database, a host's pool, one connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import LiteralString

    from psycopg import Connection
    from psycopg_pool import ConnectionPool

    from pgrepo.runtime.checkout import Checkout


class Connections(ABC):
    """Lends connections, one a call."""

    ended = False
    """Whether connections lent earlier must not be used any more."""
    setup: tuple[LiteralString, ...] | None = None
    """What each transaction begins with, if all is to happen in a scope."""
    checkout: Checkout | None = None
    """Where a single call may take an autocommit connection without a block around it."""

    @abstractmethod
    def connection(self) -> AbstractContextManager[Connection[Any]]:
        """Lends a connection for a block. Leaving the block ends what has to end."""

    @property
    def plain(self) -> Connections:
        """Where the connections come from, without the scope."""
        return self

    def check_scope(self, connection: Connection[Any]) -> None:
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


class PoolConnections(Connections):
    """A host's pool: each call is committed, or rolled back, as the pool's own blocks are."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        return self._pool.connection()


class OneConnection(Connections):
    """A host's connection, in whatever transaction it is; nothing is committed."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        return nullcontext(self._connection)

    def check_scope(self, connection: Connection[Any]) -> None:
        super().check_scope(connection)
        if not connection.autocommit:
            raise UsageError(
                "a call in a scope commits by itself, and on a connection of yours that is not "
                "autocommit that is up to you: make it autocommit, or use a pool"
            )


class TransactionConnection(OneConnection):
    """The connection of a transaction block, usable until the block ends."""

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        self.check()
        return super().connection()
