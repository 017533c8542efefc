"""Spans and metrics for OpenTelemetry, by its conventions for clients of databases.

https://opentelemetry.io/docs/specs/semconv/database/
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from opentelemetry import context, metrics, trace
from opentelemetry.trace import SpanKind, StatusCode
from psycopg.conninfo import conninfo_to_dict

from pgrepo import __version__
from pgrepo.runtime.observing.statistics import pool_statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextvars import Token
    from typing import TypeAlias

    from opentelemetry.metrics import CallbackOptions, Observation
    from opentelemetry.trace import Span

    from pgrepo.runtime.observing.observer import Subject

    Attributes: TypeAlias = dict[str, str | int]

_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)  # the conventions' own
_ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_OPERATION = re.compile(
    r"""
    (?: \s | --[^\n]* | /\*.*?\*/ )*
    (?P<operation> [A-Za-z]+ )
    (?: \s+ (?:INTO|FROM) \b )?
    (?: \s+ (?:ONLY\s+)? (?P<table> [\w.]+ ) )?
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})

_pools: WeakKeyDictionary[Any, Attributes] = WeakKeyDictionary()


class Telemetry:
    """Tells OpenTelemetry of the calls of one database."""

    def __init__(self) -> None:
        self._server: Attributes = {"db.system.name": "postgresql"}
        self._tracer = trace.get_tracer("pgrepo", __version__)
        self._instruments = _instruments()

    def serve(self, conninfo: str, arguments: Mapping[str, Any], pool: Any) -> None:
        """Takes note of the server, and of the pool, whose connections are counted from now on."""
        self._server = {"db.system.name": "postgresql", **server_of(conninfo, arguments)}
        _pools[pool] = {"db.client.connection.pool.name": _pool_name(self._server)}

    def start(self, subject: Subject) -> OpenSpan:
        """Begins the span of a call, a batch or a transaction."""
        about: Attributes = {"db.query.summary": subject.name, **self._server}
        if subject.sql:
            about |= operation_of(subject.sql)
        else:
            about["db.operation.name"] = subject.name
        span = self._tracer.start_span(subject.name, kind=SpanKind.CLIENT, attributes=about)
        if subject.calls > 1:  # by the conventions one call is no batch
            span.set_attribute("db.operation.batch.size", subject.calls)
        # A transaction's calls are its children. A stream's reader is nobody's.
        token = None
        if subject.block and not subject.sql:
            token = context.attach(trace.set_span_in_context(span))
        return OpenSpan(self._instruments, span, about, token, measured=not subject.block)


class OpenSpan:
    """A span that has begun."""

    __slots__ = ("_about", "_instruments", "_measured", "_span", "_token")

    def __init__(
        self,
        instruments: _Instruments,
        span: Span,
        about: Attributes,
        token: Token[Any] | None,
        *,
        measured: bool,
    ) -> None:
        self._instruments = instruments
        self._span = span
        self._about = about
        self._token = token
        self._measured = measured

    def end(self, seconds: float, rows: int | None, raised: BaseException | None) -> None:
        """Ends it, and records how long it took.

        Args:
            seconds: how long.
            rows: how many rows were returned; None where none can be.
            raised: its error. The message is left out, for it may quote a value.
        """
        if self._token is not None:
            context.detach(self._token)
        outcome = {} if raised is None else _failure(raised)
        if raised is not None:
            self._span.set_status(StatusCode.ERROR)
        self._span.set_attributes(outcome)
        if rows is not None:
            self._span.set_attribute("db.response.returned_rows", rows)
        self._span.end()
        if self._measured:
            about = self._about | outcome
            self._instruments.duration.record(seconds, about)
            if rows is not None and raised is None:
                self._instruments.rows.record(rows, about)


class _Instruments:
    def __init__(self) -> None:
        meter = metrics.get_meter("pgrepo", __version__)
        self.duration = meter.create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="Duration of database client operations.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.rows = meter.create_histogram(
            "db.client.response.returned_rows",
            unit="{row}",
            description="The actual number of records returned by the database operation.",
            explicit_bucket_boundaries_advisory=_ROWS,
        )
        meter.create_observable_up_down_counter(
            "db.client.connection.count",
            [_count],
            unit="{connection}",
            description="The number of connections that are currently in the state described.",
        )
        meter.create_observable_up_down_counter(
            "db.client.connection.max",
            [_max],
            unit="{connection}",
            description="The maximum number of open connections allowed.",
        )
        meter.create_observable_up_down_counter(
            "db.client.connection.pending_requests",
            [_waiting],
            unit="{request}",
            description="The number of current pending requests for an open connection.",
        )


@cache
def _instruments() -> _Instruments:
    """One of each in a process, as OpenTelemetry wants it."""
    return _Instruments()


def _count(_: CallbackOptions) -> Iterable[Observation]:
    for about, pool in _open_pools():
        now = pool_statistics(pool)
        for state, number in (("idle", now.idle), ("used", now.size - now.idle)):
            yield metrics.Observation(number, {**about, "db.client.connection.state": state})


def _max(_: CallbackOptions) -> Iterable[Observation]:
    return [
        metrics.Observation(pool_statistics(pool).max_size, about) for about, pool in _open_pools()
    ]


def _waiting(_: CallbackOptions) -> Iterable[Observation]:
    return [
        metrics.Observation(pool_statistics(pool).waiting, about) for about, pool in _open_pools()
    ]


def _open_pools() -> Iterator[tuple[Attributes, Any]]:
    for pool, about in list(_pools.items()):
        if not pool.closed:
            yield about, pool


def server_of(conninfo: str, arguments: Mapping[str, Any]) -> Attributes:
    """Returns what is known of a server: its name, its port and the database's name."""
    known = conninfo_to_dict(conninfo, **arguments)
    server: Attributes = {}
    host = known.get("host") or known.get("hostaddr")
    if host and "," not in str(host):  # of several, which one it is is not known
        server["server.address"] = str(host)
        if not str(host).startswith(("/", "@")):
            server["server.port"] = int(known.get("port") or 5432)
    if name := known.get("dbname") or known.get("user"):
        server["db.namespace"] = str(name)
    return server


def _pool_name(server: Attributes) -> str:
    parts = [server.get("server.address"), server.get("server.port"), server.get("db.namespace")]
    return ":".join(str(part) for part in parts if part is not None) or "postgresql"


@lru_cache(maxsize=4096)
def operation_of(sql: str) -> Attributes:
    """Returns what the first words of a statement say: what it does, and with which table."""
    found = _OPERATION.match(sql)
    if found is None or (operation := found["operation"].upper()) == "WITH":
        return {}  # what a WITH does stands at its end
    about: Attributes = {"db.operation.name": operation}
    if operation in _WRITES and found["table"]:
        about["db.collection.name"] = found["table"]
    return about


def _failure(raised: BaseException) -> Attributes:
    if sqlstate := getattr(raised, "sqlstate", None):
        return {"error.type": str(sqlstate), "db.response.status_code": str(sqlstate)}
    kind = type(raised)
    builtin = kind.__module__ == "builtins"
    return {
        "error.type": kind.__qualname__ if builtin else f"{kind.__module__}.{kind.__qualname__}"
    }
