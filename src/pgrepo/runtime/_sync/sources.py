# Derived from src/pgrepo/runtime/_async/sources.py by tools/async_to_sync.py: do not edit.
"""Where a domain's calls get their connection: a database, a host's pool, one connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

from pgrepo.errors import UsageError
from pgrepo.runtime._sync.connection import PooledConnection
from pgrepo.runtime._sync.together import together
from pgrepo.runtime.characteristics import opening

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from typing import LiteralString

    from psycopg import Connection
    from psycopg_pool import ConnectionPool

    from pgrepo.runtime._sync.cache import Cache
    from pgrepo.runtime._sync.replicas import Replicas
    from pgrepo.runtime._sync.start import Start
    from pgrepo.runtime.checkout import Checkout
    from pgrepo.runtime.observing.observer import Observer
    from pgrepo.runtime.pipelined import Asked


class Connections(ABC):
    """Lends connections, one a call."""

    ended = False
    """Whether connections lent earlier must not be used any more."""
    hidden = False
    """Whether nobody else sees a connection while it is lent."""
    setup: tuple[LiteralString, ...] | None = None
    """What each transaction begins with, if all is to happen in a scope."""
    checkout: Checkout | None = None
    """Where a single call may take an autocommit connection without a block around it."""
    cache: Cache | None = None
    """What keeps answers of this database, if anything does."""
    replicas: Replicas | None = None
    """Who else may answer reads of this database, if anybody does."""
    observer: Observer | None = None
    """What watches the calls of this database, if anything does."""
    answers = False
    """Whether calls may be answered from there; what a transaction reads is its own affair."""

    @abstractmethod
    def connection(self) -> AbstractContextManager[Connection[Any]]:
        """Lends a connection for a block. Leaving the block ends what has to end."""

    @property
    def rides(self) -> bool:
        """Whether the next call has to begin a transaction, and takes its BEGIN along."""
        return False

    def together(self, asked: Sequence[Asked], *, commit: bool = False) -> None:
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
        with self.connection() as connection:
            idle = connection.info.transaction_status == TransactionStatus.IDLE
            before = opening(connection) if idle else ()
            own = idle and (connection.autocommit or self.hidden)
            together(connection, asked, before, commit=own)

    def forget(self, slots: Sequence[str]) -> None:
        """Drops kept answers that a write has made old, as soon as it is committed.

        Args:
            slots: their names.
        """
        if self.cache is not None:
            self.cache.clear(slots)

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

    hidden = True

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        return self._pool.connection()


class OneConnection(Connections):
    """A host's connection, in whatever transaction it is; nothing is committed."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._pooled = connection if isinstance(connection, PooledConnection) else None
        if self._pooled is not None:
            self.cache, self.observer = self._pooled.cache, self._pooled.observer

    def forget(self, slots: Sequence[str]) -> None:
        if self._pooled is None or self._pooled.info.transaction_status == TransactionStatus.IDLE:
            super().forget(slots)
        else:
            self._pooled.stale += tuple(slots)

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        return nullcontext(self._connection)

    def check_scope(self, connection: Connection[Any]) -> None:
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


class TransactionConnection(OneConnection):
    """The connection of a transaction block, usable until the block ends."""

    def __init__(self, connection: Connection[Any], start: Start | None = None) -> None:
        super().__init__(connection)
        self._start = start

    @property
    def rides(self) -> bool:
        return self._start is not None and self._start.waits

    def together(self, asked: Sequence[Asked], *, commit: bool = False) -> None:
        self.check()
        if self._start is None:
            super().together(asked, commit=commit)
            return
        try:
            self._start.together(asked, commit=commit)
        finally:
            self.ended = self.ended or self._start.ended

    def connection(self) -> AbstractContextManager[Connection[Any]]:
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
