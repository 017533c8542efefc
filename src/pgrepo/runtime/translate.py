"""psycopg's errors as pgrepo's: the same classes to catch, and no parameter value in sight.

PostgreSQL quotes values in its messages: `Key (email)=(x) already exists`, `invalid input syntax
for type uuid: "x"`. A translated error says the same in words of its own, is raised `from` the
original, and the original's text is replaced too, because a traceback prints both. Whoever needs
the server's own words finds them in `.diag`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import psycopg_pool
from psycopg import errors

from pgrepo.errors import PgrepoError
from pgrepo.runtime import lost
from pgrepo.runtime.wording import STALE_VERSION, current_version, describe

if TYPE_CHECKING:
    from pgrepo.runtime.statement import Prepared


class DatabaseError(PgrepoError, psycopg.Error):
    """PostgreSQL, the connection or the driver failed.

    Every subclass is also the psycopg class of the same name, so `except
    psycopg.errors.UniqueViolation` catches it.

    Attributes:
        query: "domain.query", or None where no query is to blame (a COMMIT).
        constraint: the constraint that was violated, or None.
        table: the table it is about, or None.
        column: the column it is about, or None.
        sqlstate: PostgreSQL's error code, or None when the server was not reached.
        diag: all that PostgreSQL said. It may hold parameter values.
    """

    query: str | None = None
    constraint: str | None = None
    table: str | None = None
    column: str | None = None

    def __init__(
        self, message: str, *, query: str | None = None, original: psycopg.Error | None = None
    ) -> None:
        psycopg.Error.__init__(self, message)
        self.query = query
        if original is not None:
            psycopg.Error.__init__(self, message, info=original.pgresult, pgconn=original.pgconn)
            self.constraint = original.diag.constraint_name
            self.table = original.diag.table_name
            self.column = original.diag.column_name


# psycopg's own first level.


class InterfaceError(DatabaseError, psycopg.InterfaceError):
    """The driver was used in a way that it cannot serve."""


class ServerError(DatabaseError, psycopg.DatabaseError):
    """PostgreSQL reported an error of no more precise class."""


class DataError(DatabaseError, psycopg.DataError):
    """A value does not fit its type."""


class OperationalError(DatabaseError, psycopg.OperationalError):
    """The server or the connection failed."""


class IntegrityError(DatabaseError, psycopg.IntegrityError):
    """A constraint was violated."""


class InternalError(DatabaseError, psycopg.InternalError):
    """PostgreSQL ran into an inconsistency of its own."""


class ProgrammingError(DatabaseError, psycopg.ProgrammingError):
    """The SQL is wrong, or not allowed."""


class NotSupportedError(DatabaseError, psycopg.NotSupportedError):
    """PostgreSQL cannot do this."""


# The classes that applications catch. The others are made when they are needed.


class UniqueViolation(IntegrityError, errors.UniqueViolation):
    """A row with this key exists."""


class ForeignKeyViolation(IntegrityError, errors.ForeignKeyViolation):
    """The row refers to one that does not exist, or is still referred to."""


class NotNullViolation(IntegrityError, errors.NotNullViolation):
    """A column that must have a value got NULL."""


class CheckViolation(IntegrityError, errors.CheckViolation):
    """A CHECK constraint refused the row."""


class ExclusionViolation(IntegrityError, errors.ExclusionViolation):
    """An exclusion constraint refused the row."""


class SerializationFailure(OperationalError, errors.SerializationFailure):
    """A concurrent transaction got in the way; the whole transaction can be tried again."""


class DeadlockDetected(OperationalError, errors.DeadlockDetected):
    """PostgreSQL ended this transaction to resolve a deadlock; it can be tried again."""


class LockNotAvailable(OperationalError, errors.LockNotAvailable):
    """A lock was not free (NOWAIT), or not in time (lock_timeout)."""


class QueryCanceled(OperationalError, errors.QueryCanceled):
    """The statement was cancelled, or ran into statement_timeout."""


class AdminShutdown(OperationalError, errors.AdminShutdown):
    """The server ended the connection."""


class RaiseException(ProgrammingError, errors.RaiseException):
    """A PL/pgSQL function raised an exception; its text is in `.diag.message_primary`."""


class InsufficientPrivilege(ProgrammingError, errors.InsufficientPrivilege):
    """The role may not do this, or a row-level security policy refused the row."""


class ReadOnlySqlTransaction(InternalError, errors.ReadOnlySqlTransaction):
    """The statement writes, and the transaction (or the server) is read only."""


class InFailedSqlTransaction(InternalError, errors.InFailedSqlTransaction):
    """An earlier statement of this transaction failed: roll back first."""


class PoolTimeout(OperationalError, psycopg_pool.PoolTimeout):
    """The pool had no connection to give in time."""


class PoolClosed(OperationalError, psycopg_pool.PoolClosed):
    """The pool is closed, or not open yet."""


class TooManyRequests(OperationalError, psycopg_pool.TooManyRequests):
    """Too many callers already wait for a connection of the pool."""


class ResponseTimeout(OperationalError, lost.ResponseTimeout):
    """PostgreSQL has not answered in time, and the connection was closed.

    It is the client's own bound, for when the server cannot be heard any more; whoever can be
    heard ends a statement with QueryCanceled before. Whether a write took place is not known.
    """


def _static_classes() -> dict[type[psycopg.Error], type[DatabaseError]]:
    """Returns psycopg's class -> the class above that stands for it."""
    ours = [
        value
        for value in globals().values()
        if isinstance(value, type) and issubclass(value, DatabaseError)
    ]
    return {value.__bases__[-1]: value for value in ours}


_classes = _static_classes()


# Of pgrepo's own, for what psycopg has no class for.


class CommitOutcomeUnknown(OperationalError):
    """The connection was lost while a COMMIT was under way: it may have taken place, or not.

    Repeating the transaction may do its work twice. Ask the database whether it was committed,
    or let `run(…, committed=…)` ask.
    """


def outcome_unknown(error: psycopg.Error) -> CommitOutcomeUnknown:
    """Returns what to raise `from` an error that has lost the answer to a COMMIT."""
    return CommitOutcomeUnknown(
        f"whether the transaction was committed is not known: {translate(error)}", original=error
    )


class StaleVersion(ProgrammingError):
    """The row has moved on: another version is current than the one the change was made for.

    Read the current version, make the change anew from it, and try again. SQL of any project
    raises it with SQLSTATE PR001 and the current version, a plain integer, as DETAIL.

    Attributes:
        current_version: the version to try again from, or None where the SQL does not tell it.
    """

    current_version: int | None = None

    def __init__(
        self, message: str, *, query: str | None = None, original: psycopg.Error | None = None
    ) -> None:
        super().__init__(message, query=query, original=original)
        if original is not None:
            self.current_version = current_version(original.diag)


def translate(error: psycopg.Error, query: Prepared | None = None) -> DatabaseError:
    """Returns what to raise `from` the error, and takes the values out of the error's own text.

    Args:
        error: what psycopg raised. One that was translated before comes back unchanged.
        query: the query that was running, if any.
    """
    if isinstance(error, DatabaseError):
        return error
    label = None if query is None else query.label
    message = describe(error, "" if query is None else query.sql)
    if label is not None:
        message = f"{label}: {message}"
    kind = psycopg.OperationalError if lost.is_told_twice(error) else type(error)
    found = StaleVersion if error.sqlstate == STALE_VERSION else translated_class(kind)
    translated = found(message, query=label, original=error)
    error.args = (message,)
    return translated


def translated_class(original: type[psycopg.Error]) -> type[DatabaseError]:
    """Returns the class that is both a DatabaseError and the given class of psycopg."""
    if (known := _classes.get(original)) is not None:
        return known
    parent = next(
        translated_class(base) for base in original.__bases__ if issubclass(base, psycopg.Error)
    )
    namespace = {"__doc__": original.__doc__, "__module__": __name__}
    made: type[DatabaseError] = type(original.__name__, (parent, original), namespace)
    return _classes.setdefault(original, made)


def __getattr__(name: str) -> Any:
    """Makes `from pgrepo.runtime.translate import DivisionByZero` (and unpickling) work."""
    original = getattr(errors, name, None)
    if isinstance(original, type) and issubclass(original, psycopg.Error):
        return translated_class(original)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
