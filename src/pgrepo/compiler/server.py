"""What a server must be for its plans and trees to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrepo.errors import ServerVersionError

if TYPE_CHECKING:
    import psycopg

_OLDEST = 16  # the first version with EXPLAIN (GENERIC_PLAN)


def require_version(connection: psycopg.Connection[Any], doing: str, advice: str = "") -> None:
    """Refuses a server that is too old.

    Args:
        connection: to the server.
        doing: what it is needed for, as a sentence begins.
        advice: how that sentence goes on.

    Raises:
        ServerVersionError: it is.
    """
    version = connection.info.server_version // 10000
    if version < _OLDEST:
        raise ServerVersionError(
            f"{doing} needs PostgreSQL {_OLDEST} or newer, and the server is {version}{advice}"
        )
