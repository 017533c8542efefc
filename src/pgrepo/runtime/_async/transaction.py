"""Transaction blocks."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import PipelineStatus, TransactionStatus

from pgrepo.errors import UsageError
from pgrepo.runtime._async import wire
from pgrepo.runtime._async.sources import AsyncConnections
from pgrepo.runtime.translate import translate

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType
    from typing import LiteralString


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
                connection = await stack.enter_async_context(self._source.plain.connection())
                await self._begin(connection, stack)
                self._stack = stack.pop_all()
        except psycopg.Error as error:
            raise translate(error) from error
        return connection

    async def _begin(self, connection: AsyncConnection[Any], stack: AsyncExitStack) -> None:
        if self._source.setup is not None:
            self._source.plain.check_scope(connection)
            await self._begin_scope(connection, stack, self._source.setup)
            return
        nested = connection.info.transaction_status != TransactionStatus.IDLE
        if nested and self._characteristics is not None:
            raise UsageError(
                "isolation, read_only and deferrable belong to the outermost transaction, and "
                "this connection is in one already"
            )
        await stack.enter_async_context(connection.transaction())
        if self._characteristics is not None:
            await wire.command(connection, self._characteristics)

    async def _begin_scope(
        self,
        connection: AsyncConnection[Any],
        stack: AsyncExitStack,
        setup: tuple[LiteralString, ...],
    ) -> None:
        """Sends BEGIN and what the scope sets in one round trip."""
        characteristics = () if self._characteristics is None else (self._characteristics,)
        # Not `connection.transaction()`, which would stay in pipeline mode until it ends.
        block = psycopg.AsyncTransaction(connection)
        if connection.info.pipeline_status != PipelineStatus.OFF:
            raise UsageError("a scope cannot be entered in a pipeline: leave the pipeline first")
        async with connection.pipeline():
            await stack.enter_async_context(block)
            for command in (*characteristics, *setup):
                await wire.command(connection, command)

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


class AsyncScopedConnections(AsyncConnections):
    """Connections in a transaction of a scope."""

    def __init__(self, plain: AsyncConnections, setup: tuple[LiteralString, ...]) -> None:
        self._plain = plain
        self.setup = setup

    @property
    def plain(self) -> AsyncConnections:
        return self._plain

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        return AsyncTransaction(self, None)
