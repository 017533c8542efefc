"""Prepared statements that are gone, or no longer what they were."""

# ruff: noqa: SLF001 - as in `fast`

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import errors

from pgrepo.runtime import fast
from pgrepo.runtime.translate import DatabaseError, translated_class

if TYPE_CHECKING:
    import psycopg
    from psycopg import BaseConnection

    from pgrepo.runtime.statement import Prepared


def is_stale(error: BaseException) -> bool:
    """Tells whether a prepared statement is gone, or not what it was when it was prepared."""
    if isinstance(error, errors.InvalidSqlStatementName):
        return True
    # By the function, because the message may be in any language.
    return (
        isinstance(error, errors.FeatureNotSupported)
        and error.diag.source_function == "RevalidateCachedQuery"
    )


def forget(connection: BaseConnection[Any], error: psycopg.Error, query: Prepared) -> None:
    """Drops from psycopg's register what an error shows to be stale."""
    if not fast.enabled:
        return
    manager = connection._prepared
    if isinstance(error, errors.InvalidSqlStatementName):
        # Where one is gone, all are: DISCARD ALL, DEALLOCATE ALL, another server.
        manager._names.clear()
        return
    sql = query.sql.encode(connection.pgconn._encoding)
    for key in [key for key in manager._names if key[0] == sql]:
        manager._to_flush.append(manager._names.pop(key))


def stale_in_transaction(error: psycopg.Error, query: Prepared) -> DatabaseError:
    """Returns what to raise where preparing again is too late: the transaction has failed."""
    what = (
        "its prepared statement is gone"
        if isinstance(error, errors.InvalidSqlStatementName)
        else "a table was changed since it was prepared, and its result is of another type now"
    )
    return translated_class(type(error))(
        f"{query.label}: {what} ({error.sqlstate}); roll back and run the transaction again, "
        "which will prepare it anew",
        query=query.label,
        original=error,
    )
