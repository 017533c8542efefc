"""A connection that is lent for a block, and what has to be done before it goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

from pgrepo.runtime._async.connection import AsyncPooledConnection
from pgrepo.runtime.lost import leave_demoted

if TYPE_CHECKING:
    from types import TracebackType

    from psycopg import AsyncConnection

    from pgrepo.runtime.checkout import AsyncCheckout


class AsyncLoan:
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
        leave_demoted(connection, raised)
        try:
            if connection.pgconn.transaction_status != TransactionStatus.IDLE:
                await connection.__aexit__(kind, raised, traceback)
        finally:
            if connection._num_transactions:  # noqa: SLF001
                # Ctrl-C struck where psycopg counts the blocks. No block would work on it again.
                connection.pgconn.finish()
            try:
                await _tell(connection)
            finally:
                await self._checkout.putconn(connection)


async def _tell(connection: AsyncConnection[Any]) -> None:
    """Drops the kept answers that a transaction has made old, and notes where it has got to."""
    if not isinstance(connection, AsyncPooledConnection):
        return
    if connection.stale:
        slots, connection.stale = connection.stale, ()
        await connection.cache.clear(slots)
    if connection.replicas is not None:
        await connection.replicas.note(connection)
