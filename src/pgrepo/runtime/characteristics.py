"""What a transaction may ask for: isolation level, read only, deferrable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, LiteralString, TypeAlias

from psycopg import IsolationLevel

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from psycopg import BaseConnection

Isolation: TypeAlias = IsolationLevel | Literal["read committed", "repeatable read", "serializable"]

_BEGIN: tuple[LiteralString, ...] = ("BEGIN",)
_LEVELS: dict[str, LiteralString] = {
    "read uncommitted": "READ UNCOMMITTED",
    "read committed": "READ COMMITTED",
    "repeatable read": "REPEATABLE READ",
    "serializable": "SERIALIZABLE",
}


def set_transaction(
    isolation: Isolation | None, read_only: bool | None, deferrable: bool | None
) -> tuple[LiteralString, ...]:
    """Returns the SET TRANSACTION that asks for them, or no command when nothing is asked.

    SET TRANSACTION ends with the transaction, so there is nothing to put back on a connection
    that is not ours, however the block is left.
    """
    modes: list[LiteralString] = []
    if isolation is not None:
        modes.append("ISOLATION LEVEL " + _level(isolation))
    if read_only is not None:
        modes.append("READ ONLY" if read_only else "READ WRITE")
    if deferrable is not None:
        modes.append("DEFERRABLE" if deferrable else "NOT DEFERRABLE")
    return ("SET TRANSACTION " + ", ".join(modes),) if modes else ()


def opening(connection: BaseConnection[Any]) -> tuple[LiteralString, ...]:
    """Returns the commands that begin a transaction as a connection's own attributes ask."""
    return _BEGIN + set_transaction(
        connection.isolation_level, connection.read_only, connection.deferrable
    )


def _level(isolation: Isolation) -> LiteralString:
    name = (
        isolation.name.replace("_", " ").lower()
        if isinstance(isolation, IsolationLevel)
        else isolation
    )
    try:
        return _LEVELS[name]
    except (KeyError, TypeError):
        raise UsageError(
            f"no isolation level {name!r}: use a psycopg.IsolationLevel, or one of "
            '"read committed", "repeatable read", "serializable"'
        ) from None
