# Derived from src/pgrepo/runtime/_async/copying.py by tools/async_to_sync.py: do not edit.
"""Many rows in one call: through COPY where that can be, else in batches.

There are three ways:

* COPY into the table itself, for a plain insert.
* One INSERT … SELECT for all rows, for an insert that is more than that (see `staged`): few rows
  go along as its parameters, many are first copied into a temporary table.
* The statement itself, once a row, a thousand of them in one round trip: for what is no insert,
  and where the others cannot be.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import Connection
from psycopg.pq import PipelineStatus, TransactionStatus

from pgrepo.runtime._sync import wire
from pgrepo.runtime._sync.wire import Cursor, copying, cursor_of
from pgrepo.runtime.blocks import HEADER, TRAILER, Formatter
from pgrepo.runtime.bulk import BLOCK
from pgrepo.runtime.dumpers import has_binary_dumper
from pgrepo.runtime.fast import sent_nothing
from pgrepo.runtime.parameters import find_unfit, typed
from pgrepo.runtime.staged import DROP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import LiteralString

    from psycopg import Copy

    from pgrepo.runtime.blocks import Row
    from pgrepo.runtime.staged import Staged
    from pgrepo.runtime.statement import Prepared

_BATCH = 1000
"""How many rows of a bulk call are sent together when they do not go through COPY."""
_SENT = 64 * 1024
"""How many bytes of a COPY are collected before they are sent."""


def bulk(connection: Connection[Any], query: Prepared, rows: Iterator[Row]) -> int:
    """Sends many rows, all or nothing, and returns how many rows were affected."""
    cursor = cursor_of(connection, query)
    if all(has_binary_dumper(oid, cursor.adapters) for oid in query.types):
        if query.copy is not None:
            try:
                return _copy_atomically(cursor, query, query.copy, rows)
            except psycopg.errors.FeatureNotSupported as error:
                # COPY cannot write to a table with row-level security. It says so before it
                # takes a row.
                if error.diag.source_function != "DoCopy":
                    raise
        elif query.staged is not None and connection.pgconn.pipeline_status == PipelineStatus.OFF:
            return _insert(cursor, query, query.staged, rows)
    with _atomic(connection):
        return _send_batches(cursor, query, rows)


# Through COPY.


def _copy_atomically(
    cursor: Cursor, query: Prepared, sql: LiteralString, rows: Iterator[Row]
) -> int:
    if _is_idle(cursor.connection):
        return _copy(cursor, query, sql, rows)  # one statement: atomic by itself
    with _atomic(cursor.connection):
        return _copy(cursor, query, sql, rows)


def _copy(cursor: Cursor, query: Prepared, sql: LiteralString, rows: Iterator[Row]) -> int:
    failure: Exception | None = None
    token = copying.set(cursor.connection)
    try:
        with cursor.copy(sql) as copy:
            try:
                _write(copy, Formatter(query, cursor), query, rows)
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


def _write(copy: Copy, formatter: Formatter, query: Prepared, rows: Iterator[Row]) -> None:
    written, out = 0, bytearray(HEADER)
    while block := list(islice(rows, BLOCK)):
        try:
            formatter.add(block, out)
        except Exception as error:
            _blame(error, query, block, copy.cursor, written, copy=True)
            raise
        written += len(block)
        if len(out) > _SENT:
            copy.write(out)
            out = bytearray()
    copy.write(out + TRAILER)


# Through one INSERT … SELECT.


def _insert(cursor: Cursor, query: Prepared, staged: Staged, rows: Iterator[Row]) -> int:
    first = list(islice(rows, staged.few + 1))
    if len(first) <= staged.few:
        if _is_idle(cursor.connection):
            return _insert_few(cursor, query, staged, first)
        with _atomic(cursor.connection):
            return _insert_few(cursor, query, staged, first)
    is_ours = _is_idle(cursor.connection)
    created = False
    rows = chain(first, rows)
    try:
        with _atomic(cursor.connection):
            wire.command(cursor.connection, staged.create)
            created = True
            _copy(cursor, query, staged.copy, rows)
            cursor.execute(staged.insert, prepare=False)
            affected = cursor.rowcount
            if not is_ours:  # else it is gone with the transaction
                wire.command(cursor.connection, DROP)
            return affected
    except psycopg.errors.InsufficientPrivilege:
        if created:
            raise
    # The role may not create temporary tables in this database.
    with _atomic(cursor.connection):
        return _send_batches(cursor, query, rows)


def _insert_few(cursor: Cursor, query: Prepared, staged: Staged, rows: Sequence[Row]) -> int:
    try:
        values = [value for row in rows for value in typed(query, row)]
        cursor.execute(staged.values(len(rows)), values, prepare=False)
    except Exception as error:
        _blame(error, query, rows, cursor, 0)
        raise
    return cursor.rowcount


# In batches.


def _send_batches(cursor: Cursor, query: Prepared, rows: Iterator[Row]) -> int:
    affected = sent = 0
    while batch := list(islice(rows, _BATCH)):
        try:
            cursor.executemany(query.sql, [typed(query, row) for row in batch])
        except Exception as error:
            _blame(error, query, batch, cursor, sent)
            raise
        affected += cursor.rowcount
        sent += len(batch)
    return affected


def _is_idle(connection: Connection[Any]) -> bool:
    """Tells whether a statement is a transaction of its own."""
    status = connection.info.transaction_status
    return connection.autocommit and status == TransactionStatus.IDLE


@contextmanager
def _atomic(connection: Connection[Any]) -> Iterator[None]:
    """Makes several statements one, without committing a transaction that is not ours."""
    status = connection.info.transaction_status
    if status == TransactionStatus.IDLE and not connection.autocommit:
        # The first statement on such a connection opens the host's transaction. Let it, so that
        # ours becomes a savepoint.
        wire.command(connection, "SELECT")
    with connection.transaction():
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
