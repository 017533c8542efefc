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
from pgrepo.runtime._async.start import AsyncStart
from pgrepo.runtime._async.together import together
from pgrepo.runtime.characteristics import opening
from pgrepo.runtime.lost import is_broken, is_lost
from pgrepo.runtime.translate import OperationalError, outcome_unknown, translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType
    from typing import LiteralString

    from pgrepo.runtime.pipelined import Asked


class AsyncTransaction:
    """A block on one connection: a transaction, or a savepoint inside one.

    It commits (releases) when left normally and rolls back on any exception; `psycopg.Rollback`
    rolls back quietly. Errors of BEGIN, COMMIT and the like are translated. Whatever is raised
    in the block passes through as it is.

    Args:
        source: where its connection comes from.
        characteristics: the SET TRANSACTION that it begins with, or nothing.
        late: whether BEGIN may wait for the first statement, because whoever enters the block
            sends none past `start`.

    Attributes:
        start: what begins the transaction later, where that is so.
    """

    def __init__(
        self,
        source: AsyncConnections,
        characteristics: tuple[LiteralString, ...],
        *,
        late: bool = False,
    ) -> None:
        self.start: AsyncStart | None = None
        self._late = late
        self._source = source
        self._characteristics = characteristics
        self._stack: AsyncExitStack | None = None
        self._outermost: AsyncConnection[Any] | None = None

    async def __aenter__(self) -> AsyncConnection[Any]:
        if self._stack is not None:
            raise UsageError(
                "a transaction block cannot be entered twice: call transaction() again"
            )
        try:
            async with AsyncExitStack() as stack:
                connection = await stack.enter_async_context(self._source.plain.connection())
                if connection.info.transaction_status == TransactionStatus.IDLE:
                    self._outermost = connection
                    if (observer := self._source.plain.observer) is not None:
                        stack.enter_context(observer.transaction())
                await self._begin(connection, stack)
                self._stack = stack.pop_all()
        except psycopg.Error as error:
            raise translate(error) from error
        return connection

    async def _begin(self, connection: AsyncConnection[Any], stack: AsyncExitStack) -> None:
        if self._late and self._source.plain.hidden:
            setup = self._source.setup or ()
            commands = (*opening(connection), *self._characteristics, *setup)
            self.start = await stack.enter_async_context(AsyncStart(connection, commands))
            return
        if self._source.setup is not None:
            self._source.plain.check_scope(connection)
            await self._begin_scope(connection, stack, self._source.setup)
            return
        nested = connection.info.transaction_status != TransactionStatus.IDLE
        if nested and self._characteristics:
            raise UsageError(
                "isolation, read_only and deferrable belong to the outermost transaction, and "
                "this connection is in one already"
            )
        await stack.enter_async_context(connection.transaction())
        for command in self._characteristics:
            await wire.command(connection, command)

    async def _begin_scope(
        self,
        connection: AsyncConnection[Any],
        stack: AsyncExitStack,
        setup: tuple[LiteralString, ...],
    ) -> None:
        """Sends BEGIN and what the scope sets in one round trip."""
        # Not `connection.transaction()`, which would stay in pipeline mode until it ends.
        block = psycopg.AsyncTransaction(connection)
        if connection.info.pipeline_status != PipelineStatus.OFF:
            raise UsageError("a scope cannot be entered in a pipeline: leave the pipeline first")
        async with wire.pipeline(connection):
            await stack.enter_async_context(block)
            for command in (*self._characteristics, *setup):
                await wire.command(connection, command)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        assert self._stack is not None
        is_over = self.start is not None and self.start.ended
        committing = None if raised is not None or is_over else self._outermost
        if committing is not None and is_broken(committing):
            # psycopg would say nothing.
            lost = OperationalError(
                "the connection was lost in the transaction block, and nothing of it is committed"
            )
            await self._stack.__aexit__(type(lost), lost, None)
            raise lost
        try:
            return await self._stack.__aexit__(kind, raised, traceback)
        except psycopg.Error as error:
            if error is raised:
                raise
            if committing is not None and is_lost(error):
                raise outcome_unknown(error) from error
            raise translate(error) from error


class AsyncScopedConnections(AsyncConnections):
    """Connections in a transaction of a scope."""

    def __init__(self, plain: AsyncConnections, setup: tuple[LiteralString, ...]) -> None:
        self._plain = plain
        self.setup = self._setup = setup
        self.cache, self.answers = plain.cache, plain.answers
        self.observer = plain.observer

    async def forget(self, slots: Sequence[str]) -> None:
        await self._plain.forget(slots)

    @property
    def plain(self) -> AsyncConnections:
        return self._plain

    @property
    def rides(self) -> bool:
        return True

    async def together(self, asked: Sequence[Asked], *, commit: bool = False) -> None:
        if commit:
            await super().together(asked, commit=commit)
        if (replicas := self._plain.replicas) is not None:
            await replicas.together(asked, self._setup)
            return
        async with self._plain.connection() as connection:
            self._plain.check_scope(connection)
            before = (*opening(connection), *self._setup)
            await together(connection, asked, before, commit=True)

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
        return AsyncTransaction(self, ())
