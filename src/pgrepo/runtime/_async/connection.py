"""The connections of pgrepo's own pools: none waits for ever."""

# ruff: noqa: ASYNC109 - the arguments are psycopg's

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from psycopg import AsyncConnection, errors
from psycopg.pq import TransactionStatus

from pgrepo.runtime.lost import Pooled, ResponseTimeout

if TYPE_CHECKING:
    from psycopg.abc import PQGen

RV = TypeVar("RV")
_INTERVAL = 0.1
"""psycopg's own: so often it looks for Ctrl-C."""


class AsyncPooledConnection(Pooled, AsyncConnection[Any]):
    """A connection that is closed when PostgreSQL does not answer in time.

    The server's own `statement_timeout` comes first. This one is for when nothing comes any more:
    the network swallows it, or a PgBouncer has let the settings fall.
    """

    async def wait(
        self, gen: PQGen[RV], interval: float = _INTERVAL, timeout: float | None = None
    ) -> RV:
        """Does what psycopg's does, in time.

        Raises:
            ResponseTimeout: PostgreSQL has not answered; the connection is closed.
        """
        patience = self.patience
        if timeout is not None or patience is None:
            return await super().wait(gen, interval, timeout)
        while True:
            try:
                return await super().wait(gen, interval, patience)
            except errors._WaitTimeout:  # noqa: SLF001 - it has no other name
                if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                    continue  # it waits for notifications
                self.pgconn.finish()
                raise ResponseTimeout(
                    f"no answer from PostgreSQL for {patience:g} s: the connection was closed, "
                    "and whether a write took place is not known"
                ) from None
