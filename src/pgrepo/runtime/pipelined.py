"""Several commands and calls in one round trip: the fast path (see `fast`) for more than one call.

All is sent in libpq's pipeline mode, with one sync at the end. After an error PostgreSQL skips
whatever comes before the sync.
"""

# ruff: noqa: SLF001 - as in `fast`

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg.generators import fetch_many, send
from psycopg.pq import PipelineStatus, TransactionStatus

from pgrepo.runtime.fast import (
    BINARY,
    COMMAND_OK,
    COPIES,
    PIPELINE_SYNC,
    TUPLES_OK,
    error_in,
    is_idle,
)
from pgrepo.runtime.lost import Pooled, is_lost
from pgrepo.runtime.stale import is_stale, stale_in_transaction
from pgrepo.runtime.translate import outcome_unknown, translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import BaseConnection
    from psycopg.abc import Buffer, PQGen
    from psycopg.pq.abc import PGconn, PGresult

    from pgrepo.runtime.fast import Call
    from pgrepo.runtime.statement import Prepared


class Asked:
    """A call that is to be made together with others, and what came of it.

    Attributes:
        query: the query.
        values: its parameters.
        counts: whether the number of affected rows is wanted, and not the rows.
        answer: the rows or their number, once they are there.
        error: why there is no answer.
        done: whether there is an answer or an error.
    """

    __slots__ = ("answer", "counts", "done", "error", "query", "values")

    def __init__(self, query: Prepared, values: Sequence[object], *, counts: bool) -> None:
        self.query = query
        self.values = values
        self.counts = counts
        self.answer: Any = None
        self.error: BaseException | None = None
        self.done = False

    def take(self) -> Any:
        """Returns the answer, or raises the error."""
        if self.error is not None:
            raise self.error
        return self.answer


class Outcome(NamedTuple):
    """What came of everything that was sent together.

    Attributes:
        results: those of the calls, in order.
        error: why there are none, or None.
        at: the index of the call that is to blame; None if none of them is.
        unknown: whether COMMIT may have taken place all the same.
        after: the answer to what was asked after COMMIT.
    """

    results: list[Any]
    error: psycopg.Error | None = None
    at: int | None = None
    unknown: bool = False
    after: PGresult | None = None


def run_together(
    connection: BaseConnection[Any],
    calls: Sequence[Call],
    parameters: Sequence[list[Buffer | None]],
    before: Sequence[bytes],
    *,
    commit: bool,
    prepare: bool,
    after: bytes | None = None,
) -> PQGen[Outcome]:
    """Runs calls in one round trip.

    Where they began a transaction of their own and an error ended it, ROLLBACK is another one. It
    is sent if the calls were to commit, and if they can be made again.

    Args:
        connection: one that is not in pipeline mode.
        calls: what is run.
        parameters: those of each call.
        before: commands that come first, such as BEGIN.
        commit: whether COMMIT comes last.
        prepare: whether prepared statements are used.
        after: what is asked after COMMIT. Whatever comes of it, the calls have succeeded.
    """
    pgconn, manager = connection.pgconn, connection._prepared
    if before and not is_idle(pgconn):
        raise psycopg.InterfaceError("the connection is in a transaction")
    if manager._to_flush and pgconn.transaction_status != TransactionStatus.INERROR:
        # First, because it may drop all prepared statements.
        yield from manager.maintain_gen(connection)
    pgconn.enter_pipeline_mode()
    for command in before:
        pgconn.send_query_params(command, None)
    sent = [*[_COMMAND] * len(before), *_send_calls(calls, parameters, prepare=prepare)]
    if commit:
        sent += _send_commit(pgconn, after)
    pgconn.pipeline_sync()
    yield from send(pgconn)
    answers: list[PGresult] = []
    lost = yield from _receive(pgconn, answers)
    outcome = _outcome(pgconn, sent, answers, lost)
    if commit and outcome.error is not None and is_lost(outcome.error):
        # Unless PostgreSQL has said so before it came to COMMIT.
        unknown = outcome.error is lost or len(answers) >= len(sent) - (after is not None)
        outcome = outcome._replace(unknown=unknown)
    if lost is None:
        pgconn.exit_pipeline_mode()
        ends = commit or (outcome.error is not None and is_stale(outcome.error))
        yield from _tidy_up(connection, rolls_back=bool(before) and ends)
    return outcome


def _tidy_up(connection: BaseConnection[Any], *, rolls_back: bool) -> PQGen[None]:
    """Ends a transaction that an error has ended, or else drops what the server no longer needs."""
    manager = connection._prepared
    if connection.pgconn.transaction_status == TransactionStatus.INERROR:
        if rolls_back:
            yield from connection._exec_command(b"ROLLBACK")
    elif manager._to_flush:
        yield from manager.maintain_gen(connection)


class _Sent(NamedTuple):
    """Something that has one answer."""

    at: int | None = None  # of which call
    prepares: tuple[Call, bytes] | None = None


_COMMAND, _AFTER = _Sent(), _Sent()


def _send_commit(pgconn: PGconn, after: bytes | None) -> list[_Sent]:
    pgconn.send_query_params(b"COMMIT", None)
    if after is None:
        return [_COMMAND]
    pgconn.send_query_params(after, None)
    return [_COMMAND, _AFTER]


def _send_calls(
    calls: Sequence[Call], parameters: Sequence[list[Buffer | None]], *, prepare: bool
) -> list[_Sent]:
    sent = []
    new: dict[object, bytes] = {}
    for at, (call, values) in enumerate(zip(calls, parameters, strict=True)):
        if not prepare:
            call.send_unprepared(values)
            sent.append(_Sent(at))
            continue
        if (name := call.names.get(call.key)) is not None:
            call.names.move_to_end(call.key)
        elif (name := new.get(call.key)) is None:
            # In its place, for only what comes before may make the tables visible.
            name = new[call.key] = call.prepare()
            sent.append(_Sent(at, (call, name)))
        call.pgconn.send_query_prepared(name, values, call.formats, BINARY)
        sent.append(_Sent(at))
    return sent


def _receive(pgconn: PGconn, answers: list[PGresult]) -> PQGen[psycopg.OperationalError | None]:
    """Receives all answers; returns the error if the connection is lost meanwhile."""
    try:
        while (result := (yield from fetch_many(pgconn))[0]).status != PIPELINE_SYNC:
            if result.status in COPIES:
                # libpq does not get out of it again; the connection is closed.
                raise error_in(pgconn, [result])
            answers.append(result)
    except psycopg.OperationalError as error:
        return error
    return None


def _outcome(
    pgconn: PGconn,
    sent: list[_Sent],
    answers: list[PGresult],
    lost: psycopg.OperationalError | None,
) -> Outcome:
    results: list[PGresult] = []
    # A server that closes the connection has often said why, and then there are fewer answers.
    for each, answer in zip(sent, answers, strict=False):
        if each is _AFTER:
            return Outcome(results, lost, after=answer)
        at, prepares = each
        if answer.status not in {COMMAND_OK, TUPLES_OK}:
            return Outcome([], error_in(pgconn, [answer]), at)
        if prepares is not None:
            call, name = prepares
            call.enter(name)
        elif at is not None:
            results.append(answer)
    return Outcome(results, lost)


@contextmanager
def patient(connection: BaseConnection[Any], statements: int) -> Iterator[None]:
    """Gives PostgreSQL as much time for an answer as so many statements may take."""
    pooled: Any = connection if isinstance(connection, Pooled) else None
    if pooled is None or pooled.patience is None or statements <= 1:
        yield
        return
    once = pooled.patience
    pooled.patience = once * statements
    try:
        yield
    finally:
        pooled.patience = once


def blamed(asked: Sequence[Asked], outcome: Outcome, *, began: bool) -> Exception:
    """Returns the error to raise for calls that were sent together, and notes whose it is.

    Args:
        asked: the calls.
        outcome: what came of them.
        began: whether they were the first of their transaction.
    """
    error = outcome.error
    assert error is not None
    # Of BEGIN and COMMIT too, where there is only one that they can have been for.
    at = 0 if len(asked) == 1 else outcome.at
    if outcome.unknown:
        return outcome_unknown(error)
    if at is None:
        return translate(error)
    query = asked[at].query
    stale = not began and is_stale(error)
    found = stale_in_transaction(error, query) if stale else translate(error, query)
    asked[at].error = found
    return found


def is_clean(connection: BaseConnection[Any]) -> bool:
    """Tells whether a connection is out of pipeline mode, with nothing running."""
    pgconn = connection.pgconn
    return (
        pgconn.pipeline_status == PipelineStatus.OFF
        and pgconn.transaction_status != TransactionStatus.ACTIVE
        and connection._pipeline is None
    )


def first_error(error: psycopg.Error, outer: BaseException | None) -> psycopg.Error:
    """Returns why a pipeline was aborted, where psycopg says no more than that it was.

    Args:
        error: what psycopg has raised in the end.
        outer: what was being handled before, and has nothing to do with it.

    Raises:
        BaseException: Ctrl-C or a cancellation, where psycopg has raised an error instead.
    """
    found = error
    cause: BaseException | None = error
    while cause is not None and cause is not outer:
        if not isinstance(cause, Exception):
            raise cause
        if isinstance(cause, psycopg.Error) and isinstance(found, psycopg.errors.PipelineAborted):
            found = cause
        cause = cause.__context__
    return found
