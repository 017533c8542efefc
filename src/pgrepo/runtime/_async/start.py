"""A transaction that is begun by its first statement, with which BEGIN goes along."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

from pgrepo.runtime._async.together import together
from pgrepo.runtime.locks import AsyncLock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from types import TracebackType
    from typing import LiteralString

    from pgrepo.runtime.pipelined import Asked


class AsyncStart:
    """A transaction on a connection that is in none; a block that ends it.

    Attributes:
        waits: whether it has not begun yet.
        ended: whether it was committed before the block ended.
    """

    def __init__(
        self, connection: AsyncConnection[Any], commands: tuple[LiteralString, ...]
    ) -> None:
        self.waits = True
        self.ended = False
        self._connection = connection
        self._commands = commands
        # Of several tasks, one sends BEGIN, and the others wait for that.
        self._lock = AsyncLock()

    async def together(self, asked: Sequence[Asked], *, commit: bool) -> None:
        """Makes calls in one round trip, with BEGIN if they are the first, with COMMIT if asked."""
        async with self._lock:
            before = self._commands if self.waits else ()
            try:
                await together(self._connection, asked, before, commit=commit)
            finally:
                if self._connection.info.transaction_status != TransactionStatus.IDLE:
                    self.waits = False  # what could not be sent has begun nothing
                elif commit:
                    self.ended = True

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Lends the connection for what cannot take BEGIN along, after sending it."""
        if self.waits:
            await self.together((), commit=False)
        yield self._connection

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if raised is None:
            await self._connection.commit()
        elif not self._connection.closed:
            # An error here must not hide the one that was raised; the pool sees to the rest.
            with suppress(psycopg.Error):
                await self._connection.rollback()
        return isinstance(raised, psycopg.Rollback) and raised.transaction is None
