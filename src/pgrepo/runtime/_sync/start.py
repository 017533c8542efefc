# Derived from src/pgrepo/runtime/_async/start.py by tools/async_to_sync.py: do not edit.
"""A transaction that is begun by its first statement, with which BEGIN goes along."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus

from pgrepo.runtime._sync.together import together
from pgrepo.runtime.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import LiteralString

    from pgrepo.runtime.pipelined import Asked


class Start:
    """A transaction on a connection that is in none; a block that ends it.

    Attributes:
        waits: whether it has not begun yet.
        ended: whether it was committed before the block ended.
    """

    def __init__(self, connection: Connection[Any], commands: tuple[LiteralString, ...]) -> None:
        self.waits = True
        self.ended = False
        self._connection = connection
        self._commands = commands
        # Of several tasks, one sends BEGIN, and the others wait for that.
        self._lock = Lock()

    def together(self, asked: Sequence[Asked], *, commit: bool) -> None:
        """Makes calls in one round trip, with BEGIN if they are the first, with COMMIT if asked."""
        with self._lock:
            before = self._commands if self.waits else ()
            try:
                together(self._connection, asked, before, commit=commit)
            finally:
                if self._connection.info.transaction_status != TransactionStatus.IDLE:
                    self.waits = False  # what could not be sent has begun nothing
                elif commit:
                    self.ended = True

    @contextmanager
    def begun(self) -> Iterator[Connection[Any]]:
        """Lends the connection for what cannot take BEGIN along, after sending it."""
        if self.waits:
            self.together((), commit=False)
        yield self._connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if raised is None:
            self._connection.commit()
        elif not self._connection.closed:
            # An error here must not hide the one that was raised; the pool sees to the rest.
            with suppress(psycopg.Error):
                self._connection.rollback()
        return isinstance(raised, psycopg.Rollback) and raised.transaction is None
