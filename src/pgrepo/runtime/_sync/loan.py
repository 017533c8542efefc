# Derived from src/pgrepo/runtime/_async/loan.py by tools/async_to_sync.py: do not edit.
"""A connection that is lent for a block, and what has to be done before it goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

from pgrepo.runtime._sync.connection import PooledConnection
from pgrepo.runtime.lost import leave_demoted

if TYPE_CHECKING:
    from types import TracebackType

    from psycopg import Connection

    from pgrepo.runtime.checkout import Checkout


class Loan:
    """`pool.connection()` without the statistics.

    A transaction that was left open is ended as there: committed, or rolled back after an error.
    """

    __slots__ = ("_checkout", "_connection")

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout

    def __enter__(self) -> Connection[Any]:
        self._connection = self._checkout.getconn()
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection = self._connection
        leave_demoted(connection, raised)
        try:
            if connection.pgconn.transaction_status != TransactionStatus.IDLE:
                connection.__exit__(kind, raised, traceback)
        finally:
            if connection._num_transactions:  # noqa: SLF001
                # Ctrl-C struck where psycopg counts the blocks. No block would work on it again.
                connection.pgconn.finish()
            try:
                _tell(connection)
            finally:
                self._checkout.putconn(connection)


def _tell(connection: Connection[Any]) -> None:
    """Drops the kept answers that a transaction has made old, and notes where it has got to."""
    if not isinstance(connection, PooledConnection):
        return
    if connection.stale:
        slots, connection.stale = connection.stale, ()
        connection.cache.clear(slots)
    if connection.replicas is not None:
        connection.replicas.note(connection)
