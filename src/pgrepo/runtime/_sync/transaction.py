# Derived from src/pgrepo/runtime/_async/transaction.py by tools/async_to_sync.py: do not edit.
"""Transaction blocks."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import Connection
from psycopg.pq import PipelineStatus, TransactionStatus

from pgrepo.errors import UsageError
from pgrepo.runtime._sync import wire
from pgrepo.runtime._sync.sources import Connections
from pgrepo.runtime.translate import translate

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import LiteralString


class Transaction:
    """A block on one connection: a transaction, or a savepoint inside one.

    It commits (releases) when left normally and rolls back on any exception; `psycopg.Rollback`
    rolls back quietly. Errors of BEGIN, COMMIT and the like are translated. Whatever is raised
    in the block passes through as it is.
    """

    def __init__(self, source: Connections, characteristics: LiteralString | None) -> None:
        self._source = source
        self._characteristics: LiteralString | None = characteristics
        self._stack: ExitStack | None = None

    def __enter__(self) -> Connection[Any]:
        if self._stack is not None:
            raise UsageError(
                "a transaction block cannot be entered twice: call transaction() again"
            )
        try:
            with ExitStack() as stack:
                connection = stack.enter_context(self._source.plain.connection())
                self._begin(connection, stack)
                self._stack = stack.pop_all()
        except psycopg.Error as error:
            raise translate(error) from error
        return connection

    def _begin(self, connection: Connection[Any], stack: ExitStack) -> None:
        if self._source.setup is not None:
            self._source.plain.check_scope(connection)
            self._begin_scope(connection, stack, self._source.setup)
            return
        nested = connection.info.transaction_status != TransactionStatus.IDLE
        if nested and self._characteristics is not None:
            raise UsageError(
                "isolation, read_only and deferrable belong to the outermost transaction, and "
                "this connection is in one already"
            )
        stack.enter_context(connection.transaction())
        if self._characteristics is not None:
            wire.command(connection, self._characteristics)

    def _begin_scope(
        self,
        connection: Connection[Any],
        stack: ExitStack,
        setup: tuple[LiteralString, ...],
    ) -> None:
        """Sends BEGIN and what the scope sets in one round trip."""
        characteristics = () if self._characteristics is None else (self._characteristics,)
        # Not `connection.transaction()`, which would stay in pipeline mode until it ends.
        block = psycopg.Transaction(connection)
        if connection.info.pipeline_status != PipelineStatus.OFF:
            raise UsageError("a scope cannot be entered in a pipeline: leave the pipeline first")
        with connection.pipeline():
            stack.enter_context(block)
            for command in (*characteristics, *setup):
                wire.command(connection, command)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        assert self._stack is not None
        try:
            return self._stack.__exit__(kind, raised, traceback)
        except psycopg.Error as error:
            if error is raised:
                raise
            raise translate(error) from error


class ScopedConnections(Connections):
    """Connections in a transaction of a scope."""

    def __init__(self, plain: Connections, setup: tuple[LiteralString, ...]) -> None:
        self._plain = plain
        self.setup = setup

    @property
    def plain(self) -> Connections:
        return self._plain

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        return Transaction(self, None)
