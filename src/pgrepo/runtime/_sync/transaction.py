# Derived from src/pgrepo/runtime/_async/transaction.py by tools/async_to_sync.py: do not edit.
"""Transaction blocks."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus

from pgrepo.errors import UsageError
from pgrepo.runtime._sync import wire
from pgrepo.runtime.translate import translate

if TYPE_CHECKING:
    from types import TracebackType
    from typing import LiteralString

    from pgrepo.runtime._sync.sources import Connections


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
                connection = stack.enter_context(self._source.connection())
                self._begin(connection, stack)
                self._stack = stack.pop_all()
        except psycopg.Error as error:
            raise translate(error) from error
        return connection

    def _begin(self, connection: Connection[Any], stack: ExitStack) -> None:
        nested = connection.info.transaction_status != TransactionStatus.IDLE
        if nested and self._characteristics is not None:
            raise UsageError(
                "isolation, read_only and deferrable belong to the outermost transaction, and "
                "this connection is in one already"
            )
        stack.enter_context(connection.transaction())
        if self._characteristics is not None:
            wire.command(connection, self._characteristics)

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
