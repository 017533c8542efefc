"""The fast path: what a call does instead of opening a cursor.

psycopg's cursor is general: for every call it parses the query, finds a dumper for each value by
its class, and makes a transformer, a row maker and the cursor itself. A generated call knows all
that beforehand. So here the parameters are written by functions that are kept per query and
connection, `send_query_prepared` sends them, psycopg's own generator receives the answer, and one
transformer a connection makes tuples of it. `Call.run` is such a generator too: like all of
psycopg's it does no waiting, so the asynchronous and the synchronous flavour share this file, and
`wire` drives it with `connection.wait()`.

Nothing that psycopg promises is lost, because the parts that promise it are psycopg's own:

* `wire` holds `connection.lock`, so threads and tasks take turns on a connection.
* A connection that is not autocommit gets its BEGIN from psycopg's `_start_query`.
* `connection.wait()` cancels the statement and drains its answer on Ctrl-C and when a task is
  cancelled. Ctrl-C may also strike between sending and waiting, where nobody looks after it;
  `wire` does.
* Notices and notifications reach the connection's handlers out of psycopg's generator.
* Errors are psycopg's classes, made of PostgreSQL's answer by its `error_from_result`.
* Loaders and dumpers are looked up as our cursors look them up (see `adapters`). What was found is
  kept, and with it a copy of the connection's adapters. Such copies are copy-on-write: whatever
  is registered on the connection later replaces a dictionary of it. Then, or when the encoding
  changes, all that was kept is looked up anew.
* Prepared statements stand in psycopg's own register of the connection: one for each query,
  `prepared_max` of them at most, shared with the cursors. So whatever makes psycopg drop them (a
  rollback, DDL, a DISCARD ALL through one of its cursors) is noticed.

A statement that the server has dropped behind psycopg's back, or whose result has another type
since its table was changed, fails before it runs (see `stale`). Outside a transaction it is then
run unprepared, and prepared again by the next call.

It steps aside, and `find` returns None, for psycopg's cursors: in pipeline mode, with prepared
statements off, without psycopg's C extension, and on a psycopg that was not tested, for some of
what is used here is private.
"""

# ruff: noqa: SLF001 - see the last paragraph above

from __future__ import annotations

import os
import re
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any, cast
from weakref import proxy

import psycopg
from psycopg import BaseConnection, errors, pq
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format, PipelineStatus, TransactionStatus

from pgrepo.runtime.adapters import Context, connection_adapters
from pgrepo.runtime.dumpers import dumper_for
from pgrepo.runtime.parameters import find_unfit
from pgrepo.runtime.pg import type_of_number
from pgrepo.runtime.results import find_unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.abc import Buffer, PQGen
    from psycopg.pq.abc import PGconn, PGresult

    from pgrepo.runtime.results import Rows
    from pgrepo.runtime.statement import Prepared

_ATTRIBUTE = "_pgrepo_line"
_CALLS = 1000
"""How many queries' dumpers are kept for a connection."""
TUPLES_OK, COMMAND_OK = ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK
PIPELINE_SYNC = ExecStatus.PIPELINE_SYNC
COPIES = frozenset({ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH})
BINARY = Format.BINARY
_INERROR = TransactionStatus.INERROR
_PROCESS = os.urandom(4).hex()  # `secrets` does the same, and imports hashlib
_number = count()
_FEW = 100
"""An answer of more rows is not kept in memory until the next one comes."""


def tested(version: str, implementation: str) -> bool:
    """Tells whether the fast path was tested on a psycopg, whose private parts it uses.

    That is 3.3 from 3.3.9 on: its predecessors miss some statements that a session drops.
    """
    found = re.fullmatch(r"3\.3\.(\d+)", version)
    return implementation in {"c", "binary"} and found is not None and int(found[1]) >= 9


enabled = tested(psycopg.__version__, pq.__impl__)
"""Whether it is taken at all."""


def find(connection: BaseConnection[Any], query: Prepared) -> Call | None:
    """Returns what runs a query on a connection, or None where cursors must."""
    line: _Line | None = connection.__dict__.get(_ATTRIBUTE)
    if line is None:
        if not enabled:
            return None
        line = renew(connection)
    manager = line.manager
    if (
        connection._pipeline is not None
        or manager.prepare_threshold is None
        or not manager.prepared_max
        or not enabled
    ):
        return None
    # What has not changed is the very same dictionary, and comparing stops at that.
    kept, now = line.adapters, connection.adapters
    if (
        kept._loaders != now._loaders
        or kept._dumpers_by_oid != now._dumpers_by_oid
        or kept._dumpers != now._dumpers
        or line.encoding != line.pgconn._encoding
    ):
        line = renew(connection)
    return line.calls.get(query) or line.add(query)


def renew(connection: BaseConnection[Any]) -> _Line:
    """Looks all dumpers and loaders of a connection up anew."""
    # The line hangs on the connection, to live as long.
    line = connection.__dict__[_ATTRIBUTE] = _Line(connection)
    return line


class _Line:
    """What is kept of a connection."""

    __slots__ = ("adapters", "calls", "contexts", "encoding", "known", "manager", "pgconn")

    def __init__(self, connection: BaseConnection[Any]) -> None:
        self.pgconn = connection.pgconn
        self.manager = connection._prepared
        self.adapters = AdaptersMap(connection.adapters)
        self.encoding = connection.pgconn._encoding
        # Not the connection itself, which would then live until the garbage collector comes.
        hold = proxy(connection)
        views = connection_adapters(connection)
        self.known = views.known
        # With JSON decoded by its type, and left to the statement.
        self.contexts = tuple(Context(view, hold) for view in (views.decoded, views.raw))
        self.calls: dict[Prepared, Call] = {}

    def add(self, query: Prepared) -> Call:
        """Makes what runs a query."""
        if len(self.calls) >= _CALLS:
            self.calls.clear()
        call = self.calls[query] = Call(self, query)
        return call


class Call:
    """A query on a connection, with what writes its parameters and reads its rows.

    Attributes:
        pgconn: the connection as libpq sees it.
        names: psycopg's register of the connection's prepared statements.
        key: the query in that register.
        formats: which parameters are binary.
        encoding: of text on the connection.
    """

    __slots__ = (
        "_context",
        "_dumps",
        "_known",
        "_loader",
        "_loads",
        "_manager",
        "_query",
        "encoding",
        "formats",
        "key",
        "names",
        "pgconn",
    )

    def __init__(self, line: _Line, query: Prepared) -> None:
        self.pgconn = line.pgconn
        self.encoding = line.encoding
        self._manager = line.manager
        self.names = line.manager._names
        self._query = query
        self._known = line.known
        self._context = cast("Any", line.contexts[query.decode is not None])
        self._loader = Transformer(self._context)
        self._loads: bytes | None = None
        dumpers = [dumper_for(oid, self._context) for oid in query.types]
        self._dumps = [dumper.dump for dumper in dumpers]
        self.formats = [dumper.format for dumper in dumpers]
        # Of a type without an OID, PostgreSQL knows from the statement which one it is.
        oids = tuple(0 if type_of_number(oid) is not None else oid for oid in query.types)
        self.key = (query.sql.encode(line.encoding), oids)

    def dump(self, values: Sequence[object]) -> list[Buffer | None]:
        """Writes the parameters of a call.

        Raises:
            DataError: one does not fit its type.
        """
        try:
            return [
                None if value is None else dump(value)
                for dump, value in zip(self._dumps, values, strict=True)
            ]
        except Exception:
            if unfit := find_unfit(self._query, values, self._context):
                raise unfit from None
            raise

    def run(
        self, connection: BaseConnection[Any], parameters: list[Buffer | None]
    ) -> PQGen[list[PGresult]]:
        """Does what comes before sending, sends the query and receives its answer."""
        pgconn, manager = self.pgconn, self._manager
        if not connection._autocommit:
            yield from connection._start_query()
        if (name := self.names.get(self.key)) is None:
            name = yield from self._prepare(connection)
        pgconn.send_query_prepared(name, parameters, self.formats, BINARY)
        results: list[PGresult] = yield from execute(pgconn)
        if manager._to_flush and pgconn.transaction_status != _INERROR:
            yield from manager.maintain_gen(connection)
        return results

    def _prepare(self, connection: BaseConnection[Any]) -> PQGen[bytes]:
        pgconn, manager = self.pgconn, self._manager
        if manager._to_flush and pgconn.transaction_status != _INERROR:
            # First, because it may drop them all.
            yield from manager.maintain_gen(connection)
        name = self.prepare()
        results = yield from execute(pgconn)
        if [result.status for result in results] != [COMMAND_OK]:
            raise error_in(pgconn, results)
        self.enter(name)
        return name

    def prepare(self) -> bytes:
        """Sends what prepares the query; returns the name that it is given."""
        name = _new_name()
        self.pgconn.send_prepare(name, *self.key)
        return name

    def enter(self, name: bytes) -> None:
        """Notes that the query has been prepared."""
        self._manager._counts.pop(self.key, None)
        self.names[self.key] = name
        self._manager._rotate()

    def run_unprepared(self, parameters: list[Buffer | None]) -> PQGen[list[PGresult]]:
        """Runs the query where a prepared one was stale.

        To prepare it again would not do: a PgBouncer that knows prepared statements takes the one
        that it has.
        """
        self.send_unprepared(parameters)
        results: list[PGresult] = yield from execute(self.pgconn)
        return results

    def send_unprepared(self, parameters: list[Buffer | None]) -> None:
        """Sends the query as it is."""
        sql, types = self.key
        self.pgconn.send_query_params(sql, parameters, types, self.formats, BINARY)

    def load(self, result: PGresult, *, asked: bool = False) -> Rows | None:
        """Returns the rows of a result; None if the catalog must be asked about types first.

        Args:
            result: the result.
            asked: whether it was.
        """
        loader, name = self._loader, self.names.get(self.key)
        # The columns of a statement that was prepared once are always of the same types.
        if self._loads is name and name is not None:
            loader.set_pgresult(result, set_loaders=False)
        elif not self._set_loaders(result, name) and not asked:
            return None
        try:
            rows = loader.load_rows(0, result.ntuples, tuple)
        except Exception as error:
            if sent_nothing(error) and (
                unreadable := find_unreadable(self._query.label, result, self._context)
            ):
                raise unreadable from None
            raise
        if len(rows) > _FEW:
            loader.set_pgresult(None, set_loaders=False)
        return rows

    def _set_loaders(self, result: PGresult, name: bytes | None) -> bool:
        if result.status != TUPLES_OK:
            raise psycopg.ProgrammingError("the last operation didn't produce records")
        self._loader.set_pgresult(result)
        if self._known.unknown:
            for index in self._query.made_of_others:
                self._known.leave(result.ftype(index))
            if self._known.unknown:
                return False
        # psycopg's own names could in theory be somebody else's too.
        self._loads = name if name is not None and name.startswith(b"_pgrepo_") else None
        return True


def error_in(pgconn: PGconn, results: list[PGresult]) -> psycopg.Error:
    """Returns the error in an answer that is none of a query, as a cursor would raise it."""
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            return errors.error_from_result(result, encoding=pgconn._encoding)
        if result.status in COPIES:
            return psycopg.ProgrammingError("COPY cannot be used with this method")
    names = ", ".join(ExecStatus(result.status).name for result in results)
    return psycopg.InternalError(f"unexpected answer to a query: {names or 'none'}")


def _new_name() -> bytes:
    """Returns a name that nobody else gives, whatever happens to the session behind our back."""
    return f"_pgrepo_{_PROCESS}_{next(_number)}".encode()


def is_idle(pgconn: PGconn) -> bool:
    """Tells whether a connection is out of any transaction and pipeline; not if it is broken."""
    return (
        pgconn.transaction_status == TransactionStatus.IDLE
        and pgconn.pipeline_status == PipelineStatus.OFF
    )


def drain(pgconn: PGconn, seconds: float) -> PQGen[bool]:
    """Receives an answer that nobody wants; tells whether it came in time."""
    deadline = monotonic() + seconds
    receiving = execute(pgconn)
    try:
        wanted = next(receiving)
        while True:
            ready = yield wanted
            # While nothing comes, `wait()` sends 0 every tenth of a second.
            if not ready and monotonic() > deadline:
                return False
            wanted = receiving.send(ready)
    except StopIteration:
        return True


def affected(result: PGresult) -> int:
    """Returns what a cursor has as rowcount."""
    if result.status == TUPLES_OK:
        return result.ntuples
    count = result.command_tuples
    return -1 if count is None else count


def sent_nothing(error: Exception) -> bool:
    """Tells whether PostgreSQL has not been heard, so that a value may be the reason."""
    return not isinstance(error, psycopg.Error) or error.sqlstate is None
