"""Calls that are made together, in one round trip: with BEGIN, with COMMIT, with each other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import PipelineStatus, TransactionStatus

from pgrepo.errors import UsageError
from pgrepo.runtime import fast
from pgrepo.runtime._async import wire
from pgrepo.runtime.lost import is_lost, leave_demoted
from pgrepo.runtime.parameters import find_unfit, typed
from pgrepo.runtime.pipelined import (
    Asked,
    Outcome,
    blamed,
    first_error,
    is_clean,
    patient,
    run_together,
)
from pgrepo.runtime.stale import forget, is_stale
from pgrepo.runtime.translate import DatabaseError, translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import LiteralString

    from psycopg.pq.abc import PGresult

    from pgrepo.runtime.fast import Call


async def together(
    connection: AsyncConnection[Any],
    asked: Sequence[Asked],
    before: Sequence[LiteralString] = (),
    *,
    commit: bool = False,
    after: LiteralString | None = None,
) -> PGresult | None:
    """Makes calls in one round trip, and notes their answers in them.

    After an error none of them has an answer. What they began is rolled back if they were to
    commit it; else the transaction has failed, as after any other call.

    Args:
        connection: where. If it cannot be used any more afterwards, it is closed.
        asked: the calls, in their order.
        before: commands that begin a transaction, for a connection that is in none.
        commit: whether COMMIT goes with them, as the last.
        after: what is asked after COMMIT, in text; its answer is returned where there is one.

    Raises:
        UsageError: the connection is in pipeline mode, or busy with a COPY.
        DatabaseError: the first error.
    """
    _refuse(connection)
    calls = _find(connection, asked)
    try:
        with patient(connection, len(asked)):
            outcome = await _send(connection, asked, calls, before, commit=commit, after=after)
            if outcome.error is not None and is_stale(outcome.error):
                for each in asked:
                    forget(connection, outcome.error, each.query)
                if before:
                    # Nothing else is in their transaction. So they can be made again.
                    outcome = await _send(
                        connection, asked, calls, before, commit=commit, prepare=False, after=after
                    )
    finally:
        left = commit and before and connection.pgconn.transaction_status != TransactionStatus.IDLE
        if left or not is_clean(connection):
            # A connection must not go on in another's transaction, however the calls have ended.
            connection.pgconn.finish()
    if outcome.error is not None:
        leave_demoted(connection, outcome.error)
        raise blamed(asked, outcome, began=bool(before)) from outcome.error
    for at, (each, result) in enumerate(zip(asked, outcome.results, strict=True)):
        await _read(connection, each, None if calls is None else calls[at], result)
    return outcome.after


def _refuse(connection: AsyncConnection[Any]) -> None:
    if wire.copying.get() is connection:
        raise wire.busy_copying()
    if connection.pgconn.pipeline_status != PipelineStatus.OFF:
        raise UsageError(
            "this connection is in pipeline mode, where calls cannot be told from what else goes "
            "through it: leave the pipeline first"
        )


def _find(connection: AsyncConnection[Any], asked: Sequence[Asked]) -> list[Call] | None:
    """Returns what runs the calls over the fast path, or None where cursors must."""
    calls = [call for each in asked if (call := fast.find(connection, each.query)) is not None]
    return calls if fast.enabled and len(calls) == len(asked) else None


async def _send(
    connection: AsyncConnection[Any],
    asked: Sequence[Asked],
    calls: Sequence[Call] | None,
    before: Sequence[LiteralString],
    *,
    commit: bool,
    prepare: bool = True,
    after: LiteralString | None = None,
) -> Outcome:
    if calls is None:
        return await _by_cursors(connection, asked, before, commit=commit, prepare=prepare)
    parameters = []
    for each, call in zip(asked, calls, strict=True):
        try:
            parameters.append(call.dump(each.values))
        except Exception as error:
            each.error = error
            raise
    commands = [command.encode(connection.info.encoding) for command in before]
    try:
        async with connection.lock:
            return await connection.wait(
                run_together(
                    connection,
                    calls,
                    parameters,
                    commands,
                    commit=commit,
                    prepare=prepare,
                    after=None if after is None else after.encode(),
                )
            )
    except psycopg.Error as error:
        return Outcome([], error)


async def _by_cursors(
    connection: AsyncConnection[Any],
    asked: Sequence[Asked],
    before: Sequence[LiteralString],
    *,
    commit: bool,
    prepare: bool = True,
) -> Outcome:
    # For a connection that is not autocommit psycopg sends BEGIN.
    opening = before if connection.autocommit else before[1:]
    commands = [wire.cursor_of(connection) for _ in opening]
    cursors = [wire.cursor_of(connection, each.query) for each in asked]
    outer = sys.exc_info()[1]
    try:
        async with wire.pipeline(connection):
            for cursor, command in zip(commands, opening, strict=True):
                await cursor.execute(command, prepare=False)
            for cursor, each in zip(cursors, asked, strict=True):
                await _execute(cursor, each, prepare=prepare)
            if commit:
                await wire.command(connection, "COMMIT")
    except psycopg.Error as error:
        found = first_error(error, outer)
        if before and (commit or is_stale(found)):
            await _roll_back(connection)
        unanswered = [at for at, cursor in enumerate(cursors) if cursor.pgresult is None]
        began = all(cursor.pgresult is not None for cursor in commands)
        at = unanswered[0] if began and unanswered else None
        return Outcome([], found, at, unknown=commit and is_lost(found))
    return Outcome(cursors)


async def _roll_back(connection: AsyncConnection[Any]) -> None:
    if connection.info.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
        await wire.command(connection, "ROLLBACK")


async def _execute(cursor: wire.Cursor, each: Asked, *, prepare: bool) -> None:
    try:
        parameters = typed(each.query, each.values)
        await cursor.execute(each.query.sql, parameters, prepare=prepare, binary=True)
    except Exception as error:
        if fast.sent_nothing(error) and (unfit := find_unfit(each.query, each.values, cursor)):
            each.error = unfit
            raise unfit from None
        raise


async def _read(
    connection: AsyncConnection[Any], each: Asked, call: Call | None, result: Any
) -> None:
    """Notes the answer of a call, or why it cannot be read."""
    try:
        if call is None:
            each.answer = result.rowcount if each.counts else await wire.rows_of(result, each.query)
        elif each.counts:
            each.answer = fast.affected(result)
        else:
            each.answer = await wire.load(connection, each.query, call, result)
    except DatabaseError as error:
        each.error = error
    except psycopg.Error as error:
        each.error = translate(error, each.query)
        each.error.__cause__ = error
    except Exception as error:  # noqa: BLE001 - raised by whoever takes the answer
        each.error = error
