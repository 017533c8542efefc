"""Transaction blocks."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

from pgrepo.errors import UsageError
from pgrepo.runtime._async import wire
from pgrepo.runtime.translate import translate

if TYPE_CHECKING:
    from types import TracebackType
    from typing import LiteralString

    from pgrepo.runtime._async.sources import AsyncConnections


class AsyncTransaction:
    """A block on one connection: a transaction, or a savepoint inside one.

    It commits (releases) when left normally and rolls back on any exception; `psycopg.Rollback`
    rolls back quietly. Errors of BEGIN, COMMIT and the like are translated. Whatever is raised
    in the block passes through as it is.
    """

    def __init__(self, source: AsyncConnections, characteristics: LiteralString | None) -> None:
        self._source = source
        self._characteristics: LiteralString | None = characteristics
        self._stack: AsyncExitStack | None = None

    async def __aenter__(self) -> AsyncConnection[Any]:
        if self._stack is not None:
            raise UsageError(
                "a transaction block cannot be entered twice: call transaction() again"
            )
        try:
            async with AsyncExitStack() as stack:
                connection = await stack.enter_async_context(self._source.connection())
                await self._begin(connection, stack)
                self._stack = stack.pop_all()
        except psycopg.Error as error:
            raise translate(error) from error
        return connection

    async def _begin(self, connection: AsyncConnection[Any], stack: AsyncExitStack) -> None:
        nested = connection.info.transaction_status != TransactionStatus.IDLE
        if nested and self._characteristics is not None:
            raise UsageError(
                "isolation, read_only and deferrable belong to the outermost transaction, and "
                "this connection is in one already"
            )
        await stack.enter_async_context(connection.transaction())
        if self._characteristics is not None:
            await wire.command(connection, self._characteristics)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        assert self._stack is not None
        try:
            return await self._stack.__aexit__(kind, raised, traceback)
        except psycopg.Error as error:
            if error is raised:
                raise
            raise translate(error) from error
