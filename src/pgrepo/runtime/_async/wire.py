"""The one place that executes statements.

Everything here goes through psycopg's public cursors, so it works on any connection: a host
application's, one in pipeline mode, one without prepared statements. A statement is sent with
its own parameter types (one prepared statement a query and connection) and answered in binary.

Callers see plain functions of a connection, a `Prepared` query and values. psycopg's errors pass
through untranslated.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import islice
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.rows import tuple_row

from pgrepo.errors import UsageError
from pgrepo.runtime.adapters import TYPES_SQL, Adapters, TypeRow, connection_adapters
from pgrepo.runtime.dumpers import has_binary_dumper
from pgrepo.runtime.parameters import find_unfit, typed
from pgrepo.runtime.results import find_unreadable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from typing import LiteralString

    from pgrepo.runtime.results import Rows
    from pgrepo.runtime.statement import Prepared

_BATCH = 1000
"""How many rows of a bulk call are sent together when they do not go through COPY."""

_copying: ContextVar[AsyncConnection[Any] | None] = ContextVar("copying", default=None)
"""The connection that is in a COPY on behalf of this task or thread."""


async def fetch(
    connection: AsyncConnection[Any], query: Prepared, values: Sequence[object]
) -> Rows:
    """Runs a query and returns all its rows."""
    return await _rows(await _run(connection, query, query.sql, values), query)


async def affect(
    connection: AsyncConnection[Any], query: Prepared, values: Sequence[object]
) -> int:
    """Runs a query and returns the number of rows it affected."""
    return (await _run(connection, query, query.sql, values)).rowcount


async def command(connection: AsyncConnection[Any], sql: LiteralString) -> None:
    """Runs a command of pgrepo's own, such as SET TRANSACTION."""
    await _cursor(connection).execute(sql, prepare=False)


# Server-side cursors. psycopg's ServerCursor is not used because its close() sends CLOSE whenever
# the connection is in a transaction, and for a stream that was left behind that may be another
# one, which the error would abort.


async def declare(
    connection: AsyncConnection[Any], query: Prepared, values: Sequence[object], name: LiteralString
) -> None:
    """Opens a server-side cursor for a query."""
    sql = "DECLARE " + name + " NO SCROLL CURSOR FOR " + query.sql
    await _run(connection, query, sql, values, prepare=False)


async def fetch_page(
    connection: AsyncConnection[Any], query: Prepared, fetch_forward: LiteralString
) -> Rows:
    """Returns the next rows of a server-side cursor."""
    cursor = _cursor(connection, query)
    await cursor.execute(fetch_forward, prepare=False, binary=True)
    return await _rows(cursor, query)


async def close(connection: AsyncConnection[Any], name: LiteralString) -> None:
    """Closes a server-side cursor, if its transaction is still the current one."""
    if connection.info.transaction_status != TransactionStatus.INTRANS:
        return
    cursor = _cursor(connection)
    await cursor.execute(
        "SELECT 1 FROM pg_catalog.pg_cursors WHERE name = $1", (name,), prepare=False
    )
    if await cursor.fetchone() is not None:
        await cursor.execute("CLOSE " + name, prepare=False)


# Bulk.


async def bulk(
    connection: AsyncConnection[Any], query: Prepared, rows: Iterator[Sequence[object]]
) -> int:
    """Sends many rows, all or nothing, and returns how many rows were affected."""
    cursor = _cursor(connection, query)
    copyable = query.copy is not None and all(
        has_binary_dumper(oid, cursor.adapters) for oid in query.types
    )
    status = connection.info.transaction_status
    if copyable and connection.autocommit and status == TransactionStatus.IDLE:
        return await _copy(cursor, query, rows)  # one statement: atomic by itself
    async with _atomic(connection):
        return await (_copy if copyable else _send_batches)(cursor, query, rows)


async def _copy(cursor: _Cursor, query: Prepared, rows: Iterator[Sequence[object]]) -> int:
    assert query.copy is not None
    failure: Exception | None = None
    token = _copying.set(cursor.connection)
    try:
        async with cursor.copy(query.copy) as copy:
            copy.set_types(query.types)
            number, row = 0, None
            try:
                for row in rows:
                    number += 1
                    await copy.write_row(row)
            except Exception as error:  # noqa: BLE001 - it is raised below
                failure = _blame(error, query, row, cursor, number) if row else error
                raise _CopyAbandonedError from None
    except _CopyAbandonedError:
        assert failure is not None
        raise failure from failure.__cause__
    finally:
        _copying.reset(token)
    return cursor.rowcount


class _CopyAbandonedError(Exception):
    """Ends a COPY in place of the real error, whose text psycopg would send to the server's log."""


async def _send_batches(cursor: _Cursor, query: Prepared, rows: Iterator[Sequence[object]]) -> int:
    affected = sent = 0
    while batch := list(islice(rows, _BATCH)):
        try:
            await cursor.executemany(query.sql, [typed(query, row) for row in batch])
        except Exception as error:
            if _sent_nothing(error):
                for number, row in enumerate(batch, start=sent + 1):
                    if unfit := find_unfit(query, row, cursor, row=number):
                        raise unfit from None
            raise
        affected += cursor.rowcount
        sent += len(batch)
    return affected


@asynccontextmanager
async def _atomic(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Makes several statements one, without committing a transaction that is not ours."""
    status = connection.info.transaction_status
    if status == TransactionStatus.IDLE and not connection.autocommit:
        # The first statement on such a connection opens the host's transaction. Let it, so that
        # ours becomes a savepoint.
        await command(connection, "SELECT")
    async with connection.transaction():
        yield


# The cursor.


class _Cursor(AsyncRawCursor[tuple[Any, ...]]):
    """A cursor that adapts as pgrepo does, and leaves its connection's settings alone."""

    def __init__(self, connection: AsyncConnection[Any], adapters: Adapters) -> None:
        super().__init__(connection, row_factory=tuple_row)
        self._view = adapters

    @property
    def adapters(self) -> Adapters:
        return self._view


def _cursor(connection: AsyncConnection[Any], query: Prepared | None = None) -> _Cursor:
    if _copying.get() is connection:
        raise UsageError(
            "the rows of a bulk call come from a query on the very connection that copies them: "
            "collect them in a list first"
        )
    adapters = connection_adapters(connection)
    own_json = query is not None and query.decode is not None
    return _Cursor(connection, adapters.raw if own_json else adapters.decoded)


async def _run(
    connection: AsyncConnection[Any],
    query: Prepared,
    sql: LiteralString,
    values: Sequence[object],
    *,
    prepare: bool = True,
) -> _Cursor:
    cursor = _cursor(connection, query)
    try:
        parameters = typed(query, values)
        if connection.pgconn.pipeline_status == PipelineStatus.OFF:
            await cursor.execute(sql, parameters, prepare=prepare, binary=True)
        else:
            # In a host's pipeline, a nested one waits for the answer as it ends.
            async with connection.pipeline():
                await cursor.execute(sql, parameters, prepare=prepare, binary=True)
    except Exception as error:
        if _sent_nothing(error) and (unfit := find_unfit(query, values, cursor)):
            raise unfit from None
        raise
    return cursor


def _sent_nothing(error: Exception) -> bool:
    """Tells whether PostgreSQL has not been heard, so that a parameter may be the reason."""
    return not isinstance(error, psycopg.Error) or error.sqlstate is None


async def _rows(cursor: _Cursor, query: Prepared) -> Rows:
    known, result = cursor.adapters.known, cursor.pgresult
    assert result is not None
    for index in query.made_of_others:
        known.leave(result.ftype(index))
    if known.unknown:
        await _learn_types(cursor)
    try:
        rows = await cursor.fetchall()
    except Exception as error:
        if _sent_nothing(error) and (unreadable := find_unreadable(query.label, result, cursor)):
            raise unreadable from None
        raise
    return rows if query.decode is None else query.decode(rows, cursor.connection)


async def _learn_types(cursor: _Cursor) -> None:
    """Asks the catalog about types that the connection meets for the first time."""
    known = cursor.adapters.known
    oids = list(known.unknown)
    known.unknown.clear()
    catalog = _Cursor(cursor.connection, cursor.adapters)
    await catalog.execute(TYPES_SQL, (oids,), prepare=False, binary=True)
    known.learn([TypeRow(*row) for row in await catalog.fetchall()], cursor.connection.adapters)


def _blame(
    error: Exception, query: Prepared, row: Sequence[object], cursor: _Cursor, number: int
) -> Exception:
    """Returns the error that tells which value of a row did not go into the COPY."""
    if not _sent_nothing(error):
        return error
    return find_unfit(query, row, cursor, row=number, copy=True) or error
