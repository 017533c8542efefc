"""Many rows in one call: through COPY where that can be, else in batches."""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

from pgrepo.runtime._async import wire
from pgrepo.runtime._async.wire import Cursor, copying, cursor_of
from pgrepo.runtime.dumpers import has_binary_dumper
from pgrepo.runtime.fast import sent_nothing
from pgrepo.runtime.parameters import find_unfit, typed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from pgrepo.runtime.statement import Prepared

_BATCH = 1000
"""How many rows of a bulk call are sent together when they do not go through COPY."""


async def bulk(
    connection: AsyncConnection[Any], query: Prepared, rows: Iterator[Sequence[object]]
) -> int:
    """Sends many rows, all or nothing, and returns how many rows were affected."""
    cursor = cursor_of(connection, query)
    copyable = query.copy is not None and all(
        has_binary_dumper(oid, cursor.adapters) for oid in query.types
    )
    if copyable:
        try:
            return await _copy_atomically(cursor, query, rows)
        except psycopg.errors.FeatureNotSupported as error:
            # COPY cannot write to a table with row-level security. It says so before it takes a
            # row.
            if error.diag.source_function != "DoCopy":
                raise
    async with _atomic(connection):
        return await _send_batches(cursor, query, rows)


async def _copy_atomically(
    cursor: Cursor, query: Prepared, rows: Iterator[Sequence[object]]
) -> int:
    connection = cursor.connection
    if connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE:
        return await _copy(cursor, query, rows)  # one statement: atomic by itself
    async with _atomic(connection):
        return await _copy(cursor, query, rows)


async def _copy(cursor: Cursor, query: Prepared, rows: Iterator[Sequence[object]]) -> int:
    assert query.copy is not None
    failure: Exception | None = None
    token = copying.set(cursor.connection)
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
        copying.reset(token)
    return cursor.rowcount


class _CopyAbandonedError(Exception):
    """Ends a COPY in place of the real error, whose text psycopg would send to the server's log."""


async def _send_batches(cursor: Cursor, query: Prepared, rows: Iterator[Sequence[object]]) -> int:
    affected = sent = 0
    while batch := list(islice(rows, _BATCH)):
        try:
            await cursor.executemany(query.sql, [typed(query, row) for row in batch])
        except Exception as error:
            if sent_nothing(error):
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
        await wire.command(connection, "SELECT")
    async with connection.transaction():
        yield


def _blame(
    error: Exception, query: Prepared, row: Sequence[object], cursor: Cursor, number: int
) -> Exception:
    """Returns the error that tells which value of a row did not go into the COPY."""
    if not sent_nothing(error):
        return error
    return find_unfit(query, row, cursor, row=number, copy=True) or error
