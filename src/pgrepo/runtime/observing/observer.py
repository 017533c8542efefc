"""Watches calls: counts them, logs slow ones, and tells OpenTelemetry.

No value of a parameter or a row comes here, nor the message of an error, which may quote one.
"""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from pgrepo.errors import UsageError
from pgrepo.runtime.observing.statistics import QueryStatistics, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized
    from types import TracebackType

    from pgrepo.runtime.observing.telemetry import OpenSpan, Telemetry
    from pgrepo.runtime.statement import Prepared

A = TypeVar("A", bound="int | Sized")


class Subject(NamedTuple):
    """What is observed.

    Attributes:
        name: "domain.query", "BATCH" or "TRANSACTION".
        sql: the query's text, headed by its name; empty unless it is one query.
        calls: how many calls a batch makes.
        block: whether it lasts as long as its caller takes: a transaction, a stream.
    """

    name: str
    sql: str = ""
    calls: int = 1
    block: bool = False


class Observer:
    """Counts the calls of one database, and tells of them what it is asked to.

    ```python
    Database(url, observer=Observer(slow=0.5, telemetry=True))
    ```

    Args:
        slow: a call that takes so many seconds or longer is logged, as a warning of the logger
            `pgrepo.slow`. None logs none.
        telemetry: whether OpenTelemetry gets spans and metrics, through the providers that the
            program has set.

    Raises:
        UsageError: `slow` is no time, or `opentelemetry-api` is not installed.
    """

    def __init__(self, *, slow: float | None = None, telemetry: bool = False) -> None:
        if slow is not None and not slow >= 0:
            raise UsageError(f"slow is a number of seconds from 0 on, not {slow!r}")
        self.slow = slow
        self.logger = logging.getLogger("pgrepo.slow")
        self.telemetry = _telemetry() if telemetry else None
        self._tallies: dict[str, Tally] = {}
        self._serves = False

    def serve(self, conninfo: str, arguments: Mapping[str, Any], pool: Any) -> None:
        """Takes note of the database that it watches; again when that was closed and opened.

        Args:
            conninfo: its connection string.
            arguments: what else connections are made with.
            pool: its pool.
        """
        if self.telemetry is not None:
            self.telemetry.serve(conninfo, arguments, pool)

    def take(self) -> Self:
        """Returns itself, for one database.

        Raises:
            UsageError: it watches another one.
        """
        if self._serves:
            raise UsageError("an Observer watches one database: make another one")
        self._serves = True
        return self

    def call(self, query: Prepared) -> Observed:
        """A block in which a call is made."""
        return Observed(self, Subject(query.label, query.sql))

    def stream(self, query: Prepared) -> Observed:
        """A block in which rows are read as they come."""
        return Observed(self, Subject(query.label, query.sql, block=True))

    def batch(self, calls: int) -> Observed:
        """A block in which so many calls are made together."""
        return Observed(self, Subject("BATCH", calls=calls))

    def transaction(self) -> Observed:
        """The block of a transaction."""
        return Observed(self, Subject("TRANSACTION", block=True))

    def count(self, name: str, seconds: float, rows: int, *, failed: bool) -> None:
        """Counts a call, as `Tally.add` does."""
        tally = self._tallies.get(name) or self._tallies.setdefault(name, Tally())
        tally.add(seconds, rows, failed=failed)

    def read(self) -> dict[str, QueryStatistics]:
        """Returns what was counted, by name."""
        return {name: tally.read() for name, tally in sorted(self._tallies.copy().items())}


class Observed:
    """A block that is observed.

    Attributes:
        rows: how many rows were returned or affected.
        returned: whether they were returned.
    """

    __slots__ = ("_observer", "_span", "_started", "_subject", "returned", "rows")

    def __init__(self, observer: Observer, subject: Subject) -> None:
        self._observer = observer
        self._subject = subject
        self._span: OpenSpan | None = None
        self.rows = 0
        self.returned = False

    def answer(self, answer: A) -> A:
        """Takes note of rows, or of how many were affected, and returns them."""
        self.returned = not isinstance(answer, int)
        count = answer if isinstance(answer, int) else len(answer)
        self.rows += max(count, 0)  # psycopg says -1 where PostgreSQL counts nothing
        return answer

    def __enter__(self) -> Self:
        if (telemetry := self._observer.telemetry) is not None:
            self._span = telemetry.start(self._subject)
        self._started = perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        seconds = perf_counter() - self._started
        if isinstance(raised, GeneratorExit):
            raised = None  # somebody has seen enough of a stream
        observer, subject = self._observer, self._subject
        observer.count(subject.name, seconds, self.rows, failed=raised is not None)
        if self._span is not None:
            self._span.end(seconds, self.rows if self.returned else None, raised)
        if observer.slow is not None and seconds >= observer.slow and not subject.block:
            self._log(seconds, raised)

    def _log(self, seconds: float, raised: BaseException | None) -> None:
        name, calls = self._subject.name, self._subject.calls
        outcome = f"rows: {self.rows}" if self._subject.sql else f"calls: {calls}"
        if raised is not None:
            outcome = type(raised).__name__
        extra = {"query": name, "seconds": seconds, "rows": self.rows}
        self._observer.logger.warning("%s took %.3f s; %s", name, seconds, outcome, extra=extra)


def _telemetry() -> Telemetry:
    try:
        from pgrepo.runtime.observing.telemetry import Telemetry  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise UsageError(
            "telemetry needs the OpenTelemetry API: pip install 'pgrepo[otel]'"
        ) from error
    return Telemetry()
