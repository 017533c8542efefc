"""Many rows in one call: through COPY where that can be, else in batches.

There are three ways:

* COPY into the table itself, for a plain insert.
* One INSERT … SELECT for all rows, for an insert that is more than that (see `staged`): few rows
  go along as its parameters, many are first copied into a temporary table.
* The statement itself, once a row, a thousand of them in one round trip: for what is no insert,
  and where the others cannot be.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import PipelineStatus, TransactionStatus

from pgrepo.runtime._async import wire
from pgrepo.runtime._async.wire import Cursor, copying, cursor_of
from pgrepo.runtime.blocks import CopyData
from pgrepo.runtime.bulk import LARGE, blame
from pgrepo.runtime.dumpers import has_binary_dumper
from pgrepo.runtime.parameters import typed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import LiteralString

    from psycopg import AsyncCopy

    from pgrepo.runtime.bulk import BulkRows, Row
    from pgrepo.runtime.staged import Staged
    from pgrepo.runtime.statement import Prepared

_BATCH = 1000
"""How many rows of a bulk call are sent together when they do not go through COPY."""
_SENT = 64 * 1024
"""How many bytes of a COPY are collected before they are sent."""


async def bulk(connection: AsyncConnection[Any], query: Prepared, rows: BulkRows) -> int:
    """Sends many rows, all or nothing, and returns how many rows were affected."""
    cursor = cursor_of(connection, query)
    if not _is_pipeline(connection) and all(
        has_binary_dumper(oid, cursor.adapters) for oid in query.types
    ):
        if query.copy is not None:
            try:
                return await _copy_atomically(cursor, query.copy, CopyData(query, cursor, rows))
            except psycopg.errors.FeatureNotSupported as error:
                # COPY cannot write to a table with row-level security. It says so before it
                # takes a row.
                if error.diag.source_function != "DoCopy":
                    raise
        elif query.staged is not None:
            return await _insert(cursor, query, query.staged, rows)
    async with _atomic(connection):
        return await _send_batches(cursor, query, rows)


# Through COPY.


async def _copy_atomically(cursor: Cursor, sql: LiteralString, data: CopyData) -> int:
    if _is_idle(cursor.connection):
        return await _copy(cursor, sql, data)  # one statement: atomic by itself
    async with _atomic(cursor.connection):
        return await _copy(cursor, sql, data)


async def _copy(cursor: Cursor, sql: LiteralString, data: CopyData) -> int:
    failure: Exception | None = None
    token = copying.set(cursor.connection)
    try:
        async with cursor.copy(sql) as copy:
            try:
                await _write(copy, data)
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


async def _write(copy: AsyncCopy, data: CopyData) -> None:
    while data.format_more():
        if len(data.out) > _SENT:
            await copy.write(data.hand_over())
    await copy.write(data.hand_over())


# Through one INSERT … SELECT.


async def _insert(cursor: Cursor, query: Prepared, staged: Staged, rows: BulkRows) -> int:
    data = CopyData(query, cursor, rows)
    first: list[Row] = []
    while len(first) <= staged.few and len(data.out) < LARGE:
        if not (block := data.format_more()):
            return await _insert_few(cursor, query, staged, first)
        first += block
    is_ours = _is_idle(cursor.connection)
    created = False
    try:
        async with _atomic(cursor.connection):
            await wire.command(cursor.connection, staged.create)
            created = True
            await _copy(cursor, staged.copy, data)
            await cursor.execute(staged.insert, prepare=False)
            affected = cursor.rowcount
            if not is_ours:  # else it is gone with the transaction
                await wire.command(cursor.connection, staged.drop)
            return affected
    except psycopg.errors.InsufficientPrivilege:
        if created:
            raise
    # The role may not create temporary tables in this database.
    async with _atomic(cursor.connection):
        return await _send_batches(cursor, query, rows, first)


async def _insert_few(cursor: Cursor, query: Prepared, staged: Staged, rows: Sequence[Row]) -> int:
    values = [value for row in rows for value in typed(query, row)]
    connection = cursor.connection
    async with nullcontext() if _is_idle(connection) else _atomic(connection):
        await cursor.execute(staged.values(len(rows)), values, prepare=False)
    return cursor.rowcount


# In batches.


async def _send_batches(
    cursor: Cursor, query: Prepared, rows: BulkRows, first: Sequence[Row] = ()
) -> int:
    affected = 0
    batch = first or rows.take_many(_BATCH)
    while batch:
        try:
            affected += await _execute_many(cursor, query, batch)
        except Exception as error:
            blame(error, query, batch, cursor, rows.taken)
            raise
        batch = rows.take_many(_BATCH)
    return affected


async def _execute_many(cursor: Cursor, query: Prepared, batch: Sequence[Row]) -> int:
    connection = cursor.connection
    try:
        # In a host's pipeline, a nested one waits for the answer as it ends.
        async with connection.pipeline() if _is_pipeline(connection) else nullcontext():
            await cursor.executemany(query.sql, [typed(query, row) for row in batch])
    except AssertionError as error:
        # Cut off just as psycopg has entered a pipeline, it stumbles over that and stays in it.
        await connection.close()
        raise error.__context__ or error from None
    return cursor.rowcount


def _is_pipeline(connection: AsyncConnection[Any]) -> bool:
    return connection.pgconn.pipeline_status != PipelineStatus.OFF


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
