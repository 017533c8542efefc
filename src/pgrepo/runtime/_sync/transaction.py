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
from pgrepo.runtime._sync.start import Start
from pgrepo.runtime._sync.together import together
from pgrepo.runtime.characteristics import opening
from pgrepo.runtime.lost import is_broken, is_lost
from pgrepo.runtime.translate import OperationalError, outcome_unknown, translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import LiteralString

    from pgrepo.runtime.pipelined import Asked


class Transaction:
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
        source: Connections,
        characteristics: tuple[LiteralString, ...],
        *,
        late: bool = False,
    ) -> None:
        self.start: Start | None = None
        self._late = late
        self._source = source
        self._characteristics = characteristics
        self._stack: ExitStack | None = None
        self._outermost: Connection[Any] | None = None

    def __enter__(self) -> Connection[Any]:
        if self._stack is not None:
            raise UsageError(
                "a transaction block cannot be entered twice: call transaction() again"
            )
        try:
            with ExitStack() as stack:
                connection = stack.enter_context(self._source.plain.connection())
                if connection.info.transaction_status == TransactionStatus.IDLE:
                    self._outermost = connection
                    if (observer := self._source.plain.observer) is not None:
                        stack.enter_context(observer.transaction())
                self._begin(connection, stack)
                self._stack = stack.pop_all()
        except psycopg.Error as error:
            raise translate(error) from error
        return connection

    def _begin(self, connection: Connection[Any], stack: ExitStack) -> None:
        if self._late and self._source.plain.hidden:
            setup = self._source.setup or ()
            commands = (*opening(connection), *self._characteristics, *setup)
            self.start = stack.enter_context(Start(connection, commands))
            return
        if self._source.setup is not None:
            self._source.plain.check_scope(connection)
            self._begin_scope(connection, stack, self._source.setup)
            return
        nested = connection.info.transaction_status != TransactionStatus.IDLE
        if nested and self._characteristics:
            raise UsageError(
                "isolation, read_only and deferrable belong to the outermost transaction, and "
                "this connection is in one already"
            )
        stack.enter_context(connection.transaction())
        for command in self._characteristics:
            wire.command(connection, command)

    def _begin_scope(
        self,
        connection: Connection[Any],
        stack: ExitStack,
        setup: tuple[LiteralString, ...],
    ) -> None:
        """Sends BEGIN and what the scope sets in one round trip."""
        # Not `connection.transaction()`, which would stay in pipeline mode until it ends.
        block = psycopg.Transaction(connection)
        if connection.info.pipeline_status != PipelineStatus.OFF:
            raise UsageError("a scope cannot be entered in a pipeline: leave the pipeline first")
        with wire.pipeline(connection):
            stack.enter_context(block)
            for command in (*self._characteristics, *setup):
                wire.command(connection, command)

    def __exit__(
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
            self._stack.__exit__(type(lost), lost, None)
            raise lost
        try:
            return self._stack.__exit__(kind, raised, traceback)
        except psycopg.Error as error:
            if error is raised:
                raise
            if committing is not None and is_lost(error):
                raise outcome_unknown(error) from error
            raise translate(error) from error


class ScopedConnections(Connections):
    """Connections in a transaction of a scope."""

    def __init__(self, plain: Connections, setup: tuple[LiteralString, ...]) -> None:
        self._plain = plain
        self.setup = self._setup = setup
        self.cache, self.answers = plain.cache, plain.answers
        self.observer = plain.observer

    def forget(self, slots: Sequence[str]) -> None:
        self._plain.forget(slots)

    @property
    def plain(self) -> Connections:
        return self._plain

    @property
    def rides(self) -> bool:
        return True

    def together(self, asked: Sequence[Asked], *, commit: bool = False) -> None:
        if commit:
            super().together(asked, commit=commit)
        if (replicas := self._plain.replicas) is not None:
            replicas.together(asked, self._setup)
            return
        with self._plain.connection() as connection:
            self._plain.check_scope(connection)
            before = (*opening(connection), *self._setup)
            together(connection, asked, before, commit=True)

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        return Transaction(self, ())
