# Derived from src/pgrepo/runtime/_async/wire.py by tools/async_to_sync.py: do not edit.
"""The one place that executes statements.

Callers see plain functions of a connection, a `Prepared` query and values. A statement is sent
with its own parameter types (one prepared statement a query and connection) and answered in
binary. psycopg's errors pass through untranslated.

Calls go over the fast path (see `fast`) wherever there is one. All else goes through psycopg's
public cursors, which work on any connection: a host application's, one in pipeline mode, one
without prepared statements.
"""

from __future__ import annotations

from asyncio import CancelledError
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import Connection, RawCursor
from psycopg.generators import execute
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.rows import tuple_row

from pgrepo.errors import UsageError
from pgrepo.runtime.adapters import TYPES_SQL, Adapters, TypeRow, connection_adapters
from pgrepo.runtime.fast import (
    BINARY,
    COMMAND_OK,
    TUPLES_OK,
    Call,
    affected,
    drain,
    error_in,
    find,
    renew,
    sent_nothing,
)
from pgrepo.runtime.lost import leave_demoted
from pgrepo.runtime.parameters import find_unfit, typed
from pgrepo.runtime.results import find_unreadable
from pgrepo.runtime.stale import forget, is_stale, stale_in_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import LiteralString

    from psycopg.abc import Buffer
    from psycopg.pq.abc import PGresult

    from pgrepo.runtime.results import Rows
    from pgrepo.runtime.statement import Prepared

_PATIENCE = 5
"""How many seconds a statement has to end once it was cancelled."""

copying: ContextVar[Connection[Any] | None] = ContextVar("copying", default=None)
"""The connection that is in a COPY on behalf of this task or thread."""


def fetch(connection: Connection[Any], query: Prepared, values: Sequence[object]) -> Rows:
    """Runs a query and returns all its rows."""
    if copying.get() is connection:
        raise busy_copying()
    if (call := find(connection, query)) is None:
        return rows_of(_run(connection, query, query.sql, values), query)
    with connection.lock:
        result = _answer(connection, query, call, values)
        rows = call.load(result)
    if rows is None:
        rows = _load_unknown(connection, query, result)
    return rows if query.decode is None else query.decode(rows, connection)


def affect(connection: Connection[Any], query: Prepared, values: Sequence[object]) -> int:
    """Runs a query and returns the number of rows it affected."""
    if copying.get() is connection:
        raise busy_copying()
    if (call := find(connection, query)) is None:
        return (_run(connection, query, query.sql, values)).rowcount
    with connection.lock:
        return affected(_answer(connection, query, call, values))


def _answer(
    connection: Connection[Any], query: Prepared, call: Call, values: Sequence[object]
) -> PGresult:
    """Runs a query over the fast path, with the connection's lock held."""
    parameters = call.dump(values)
    try:
        if connection.autocommit and (name := call.names.get(call.key)) is not None:
            call.names.move_to_end(call.key)
            pgconn = call.pgconn
            pgconn.send_query_prepared(name, parameters, call.formats, BINARY)
            results = connection.wait(execute(pgconn))
        else:
            results = connection.wait(call.run(connection, parameters))
        result: PGresult = results[0]
        if ((status := result.status) == TUPLES_OK or status == COMMAND_OK) and len(results) == 1:
            return result
        raise error_in(call.pgconn, results)
    except BaseException as error:  # noqa: BLE001 - raised there
        return _rescue(connection, query, call, parameters, error)


def _rescue(
    connection: Connection[Any],
    query: Prepared,
    call: Call,
    parameters: list[Buffer | None],
    error: BaseException,
) -> PGresult:
    """Runs a query again if it can be, or leaves the connection clean and raises the error."""
    if not isinstance(error, psycopg.Error):
        if call.pgconn.transaction_status == TransactionStatus.ACTIVE:
            _clear_away(connection)
        raise error
    leave_demoted(connection, error)
    if not is_stale(error):
        raise error
    forget(connection, error, query)
    if call.pgconn.transaction_status != TransactionStatus.IDLE:
        raise stale_in_transaction(error, query) from error
    results = connection.wait(call.run_unprepared(parameters))
    if results[0].status not in {TUPLES_OK, COMMAND_OK}:
        raise error_in(call.pgconn, results)
    return results[0]


def load(connection: Connection[Any], query: Prepared, call: Call, result: PGresult) -> Rows:
    """Returns the rows of a result that came over the fast path."""
    with connection.lock:
        rows = call.load(result)
    if rows is None:
        rows = _load_unknown(connection, query, result)
    return rows if query.decode is None else query.decode(rows, connection)


def _clear_away(connection: Connection[Any]) -> None:
    """Cancels a statement and drains its answer, where Ctrl-C struck and psycopg did not see it.

    That is between sending and waiting.
    """
    pgconn = connection.pgconn
    try:
        for _ in range(_PATIENCE):
            # More than once: the server forgets one that comes before the statement does.
            connection.cancel_safe(timeout=1)
            if connection.wait(drain(pgconn, 1)):
                break
    finally:
        if pgconn.transaction_status == TransactionStatus.ACTIVE:
            pgconn.finish()


def _load_unknown(connection: Connection[Any], query: Prepared, result: PGresult) -> Rows:
    """Loads rows with types in them that the connection meets for the first time."""
    _learn_types(cursor_of(connection, query))
    renew(connection)
    call = find(connection, query)
    assert call is not None
    with connection.lock:
        rows = call.load(result, asked=True)
    assert rows is not None
    return rows


@contextmanager
def pipeline(connection: Connection[Any]) -> Iterator[None]:
    """`connection.pipeline()` for a connection in none, never left behind in pipeline mode.

    psycopg lets others run when it has entered it. A task that is cancelled there never leaves it.
    And Ctrl-C may strike as psycopg leaves it, before its Sync: then libpq does not know that the
    server is in a transaction, in which the connection's next user would find himself.
    """
    inside: BaseException | None = None
    try:
        with connection.pipeline():
            try:
                yield
            except BaseException as error:
                inside = error
                raise
    except (psycopg.Error, CancelledError):
        raise
    except BaseException as error:
        if error is not inside:
            connection.pgconn.finish()
        raise
    finally:
        if connection.pgconn.pipeline_status != PipelineStatus.OFF:
            connection.pgconn.finish()


def command(connection: Connection[Any], sql: LiteralString) -> None:
    """Runs a command of pgrepo's own, such as SET TRANSACTION."""
    cursor_of(connection).execute(sql, prepare=False)


# Server-side cursors. psycopg's ServerCursor is not used because its close() sends CLOSE whenever
# the connection is in a transaction, and for a stream that was left behind that may be another
# one, which the error would abort.


def declare(
    connection: Connection[Any], query: Prepared, values: Sequence[object], name: LiteralString
) -> None:
    """Opens a server-side cursor for a query."""
    sql = "DECLARE " + name + " NO SCROLL CURSOR FOR " + query.sql
    _run(connection, query, sql, values, prepare=False)


def fetch_page(connection: Connection[Any], query: Prepared, fetch_forward: LiteralString) -> Rows:
    """Returns the next rows of a server-side cursor."""
    cursor = cursor_of(connection, query)
    cursor.execute(fetch_forward, prepare=False, binary=True)
    return rows_of(cursor, query)


def close(connection: Connection[Any], name: LiteralString) -> None:
    """Closes a server-side cursor, if its transaction is still the current one."""
    if connection.info.transaction_status != TransactionStatus.INTRANS:
        return
    cursor = cursor_of(connection)
    cursor.execute("SELECT 1 FROM pg_catalog.pg_cursors WHERE name = $1", (name,), prepare=False)
    if cursor.fetchone() is not None:
        cursor.execute("CLOSE " + name, prepare=False)


# The cursor.


class Cursor(RawCursor[tuple[Any, ...]]):
    """A cursor that adapts as pgrepo does, and leaves its connection's settings alone."""

    def __init__(self, connection: Connection[Any], adapters: Adapters) -> None:
        super().__init__(connection, row_factory=tuple_row)
        self._view = adapters

    @property
    def adapters(self) -> Adapters:
        return self._view


def cursor_of(connection: Connection[Any], query: Prepared | None = None) -> Cursor:
    if copying.get() is connection:
        raise busy_copying()
    adapters = connection_adapters(connection)
    own_json = query is not None and query.decode is not None
    return Cursor(connection, adapters.raw if own_json else adapters.decoded)


def busy_copying() -> UsageError:
    return UsageError(
        "the rows of a bulk call come from a query on the very connection that copies them: "
        "collect them in a list first"
    )


def _run(
    connection: Connection[Any],
    query: Prepared,
    sql: LiteralString,
    values: Sequence[object],
    *,
    prepare: bool = True,
) -> Cursor:
    cursor = cursor_of(connection, query)
    try:
        parameters = typed(query, values)
        if connection.pgconn.pipeline_status == PipelineStatus.OFF:
            _execute(cursor, query, sql, parameters, prepare=prepare)
        else:
            # In a host's pipeline, a nested one waits for the answer as it ends.
            with connection.pipeline():
                cursor.execute(sql, parameters, prepare=prepare, binary=True)
    except Exception as error:
        leave_demoted(connection, error)
        if sent_nothing(error) and (unfit := find_unfit(query, values, cursor)):
            raise unfit from None
        raise
    return cursor


def _execute(
    cursor: Cursor,
    query: Prepared,
    sql: LiteralString,
    parameters: Sequence[object],
    *,
    prepare: bool,
) -> None:
    try:
        cursor.execute(sql, parameters, prepare=prepare, binary=True)
    except psycopg.Error as error:
        if not is_stale(error):
            raise
        forget(cursor.connection, error, query)
        if cursor.connection.info.transaction_status != TransactionStatus.IDLE:
            raise stale_in_transaction(error, query) from error
        cursor.execute(sql, parameters, prepare=False, binary=True)


def rows_of(cursor: Cursor, query: Prepared) -> Rows:
    """Returns the rows of a query that a cursor has run."""
    known, result = cursor.adapters.known, cursor.pgresult
    assert result is not None
    for index in query.made_of_others:
        known.leave(result.ftype(index))
    if known.unknown:
        _learn_types(cursor)
    try:
        rows = cursor.fetchall()
    except Exception as error:
        if sent_nothing(error) and (unreadable := find_unreadable(query.label, result, cursor)):
            raise unreadable from None
        raise
    return rows if query.decode is None else query.decode(rows, cursor.connection)


def _learn_types(cursor: Cursor) -> None:
    """Asks the catalog about types that the connection meets for the first time."""
    known = cursor.adapters.known
    oids = list(known.unknown)
    catalog = Cursor(cursor.connection, cursor.adapters)
    catalog.execute(TYPES_SQL, (oids,), prepare=False, binary=True)
    known.learn([TypeRow(*row) for row in catalog.fetchall()], cursor.connection.adapters)
    # Not before they are known: a task may be cancelled while it asks.
    known.unknown.difference_update(oids)
