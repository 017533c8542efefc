"""Many rows in one call: through COPY where that can be, else in batches.

There are three ways:

* COPY into the table itself, for a plain insert.
* One INSERT … SELECT for all rows, for an insert that is more than that (see `staged`): few rows
  go along as its parameters, many are first copied into a temporary table.
* The statement itself, once a row, a thousand of them in one round trip: for what is no insert,
  and where the others cannot be.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import PipelineStatus, TransactionStatus

from pgrepo.runtime._async import wire
from pgrepo.runtime._async.wire import Cursor, copying, cursor_of
from pgrepo.runtime.blocks import HEADER, TRAILER, Formatter
from pgrepo.runtime.bulk import BLOCK
from pgrepo.runtime.dumpers import has_binary_dumper
from pgrepo.runtime.fast import sent_nothing
from pgrepo.runtime.parameters import find_unfit, typed
from pgrepo.runtime.staged import DROP

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from typing import LiteralString

    from psycopg import AsyncCopy

    from pgrepo.runtime.blocks import Row
    from pgrepo.runtime.staged import Staged
    from pgrepo.runtime.statement import Prepared

_BATCH = 1000
"""How many rows of a bulk call are sent together when they do not go through COPY."""
_SENT = 64 * 1024
"""How many bytes of a COPY are collected before they are sent."""


async def bulk(connection: AsyncConnection[Any], query: Prepared, rows: Iterator[Row]) -> int:
    """Sends many rows, all or nothing, and returns how many rows were affected."""
    cursor = cursor_of(connection, query)
    if all(has_binary_dumper(oid, cursor.adapters) for oid in query.types):
        if query.copy is not None:
            try:
                return await _copy_atomically(cursor, query, query.copy, rows)
            except psycopg.errors.FeatureNotSupported as error:
                # COPY cannot write to a table with row-level security. It says so before it
                # takes a row.
                if error.diag.source_function != "DoCopy":
                    raise
        elif query.staged is not None and connection.pgconn.pipeline_status == PipelineStatus.OFF:
            return await _insert(cursor, query, query.staged, rows)
    async with _atomic(connection):
        return await _send_batches(cursor, query, rows)


# Through COPY.


async def _copy_atomically(
    cursor: Cursor, query: Prepared, sql: LiteralString, rows: Iterator[Row]
) -> int:
    if _is_idle(cursor.connection):
        return await _copy(cursor, query, sql, rows)  # one statement: atomic by itself
    async with _atomic(cursor.connection):
        return await _copy(cursor, query, sql, rows)


async def _copy(cursor: Cursor, query: Prepared, sql: LiteralString, rows: Iterator[Row]) -> int:
    failure: Exception | None = None
    token = copying.set(cursor.connection)
    try:
        async with cursor.copy(sql) as copy:
            try:
                await _write(copy, Formatter(query, cursor), query, rows)
            except Exception as error:  # noqa: BLE001 - it is raised below
                failure = error
                raise _CopyAbandonedError from None
    except _CopyAbandonedError:
        assert failure is not None
        raise failure from failure.__cause__
    finally:
        copying.reset(token)
    return cursor.rowcount


class _CopyAbandonedError(Exception):
    """Ends a COPY in place of the real error, whose text psycopg would send to the server's log."""


async def _write(
    copy: AsyncCopy, formatter: Formatter, query: Prepared, rows: Iterator[Row]
) -> None:
    written, out = 0, bytearray(HEADER)
    while block := list(islice(rows, BLOCK)):
        try:
            formatter.add(block, out)
        except Exception as error:
            _blame(error, query, block, copy.cursor, written, copy=True)
            raise
        written += len(block)
        if len(out) > _SENT:
            await copy.write(out)
            out = bytearray()
    await copy.write(out + TRAILER)


# Through one INSERT … SELECT.


async def _insert(cursor: Cursor, query: Prepared, staged: Staged, rows: Iterator[Row]) -> int:
    first = list(islice(rows, staged.few + 1))
    if len(first) <= staged.few:
        if _is_idle(cursor.connection):
            return await _insert_few(cursor, query, staged, first)
        async with _atomic(cursor.connection):
            return await _insert_few(cursor, query, staged, first)
    is_ours = _is_idle(cursor.connection)
    created = False
    rows = chain(first, rows)
    try:
        async with _atomic(cursor.connection):
            await wire.command(cursor.connection, staged.create)
            created = True
            await _copy(cursor, query, staged.copy, rows)
            await cursor.execute(staged.insert, prepare=False)
            affected = cursor.rowcount
            if not is_ours:  # else it is gone with the transaction
                await wire.command(cursor.connection, DROP)
            return affected
    except psycopg.errors.InsufficientPrivilege:
        if created:
            raise
    # The role may not create temporary tables in this database.
    async with _atomic(cursor.connection):
        return await _send_batches(cursor, query, rows)


async def _insert_few(cursor: Cursor, query: Prepared, staged: Staged, rows: Sequence[Row]) -> int:
    try:
        values = [value for row in rows for value in typed(query, row)]
        await cursor.execute(staged.values(len(rows)), values, prepare=False)
    except Exception as error:
        _blame(error, query, rows, cursor, 0)
        raise
    return cursor.rowcount


# In batches.


async def _send_batches(cursor: Cursor, query: Prepared, rows: Iterator[Row]) -> int:
    affected = sent = 0
    while batch := list(islice(rows, _BATCH)):
        try:
            await cursor.executemany(query.sql, [typed(query, row) for row in batch])
        except Exception as error:
            _blame(error, query, batch, cursor, sent)
            raise
        affected += cursor.rowcount
        sent += len(batch)
    return affected


def _is_idle(connection: AsyncConnection[Any]) -> bool:
    """Tells whether a statement is a transaction of its own."""
    status = connection.info.transaction_status
    return connection.autocommit and status == TransactionStatus.IDLE


@asynccontextmanager
async def _atomic(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Makes several statements one, without committing a transaction that is not ours."""
    status = connection.info.transaction_status
    if status == TransactionStatus.IDLE and not connection.autocommit:
        # The first statement on such a connection opens the host's transaction. Let it, so that
        # ours becomes a savepoint.
        await wire.command(connection, "SELECT")
    async with connection.transaction():
        yield


def _blame(
    error: Exception,
    query: Prepared,
    rows: Sequence[Row],
    cursor: Any,
    before: int,
    *,
    copy: bool = False,
) -> None:
    """Raises the error that tells which value of which row could not be sent, if one could not.

    Args:
        error: what went wrong.
        query: the query.
        rows: those that were to be sent.
        cursor: which tried.
        before: how many rows there were before them.
        copy: whether they went into a binary COPY.
    """
    if not sent_nothing(error):
        return
    for number, row in enumerate(rows, start=before + 1):
        if unfit := find_unfit(query, row, cursor, row=number, copy=copy):
            raise unfit from None
