"""A database of one's own for a while, on a server that others use too."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg


@contextmanager
def empty_database(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Creates an empty database, gives its name, and drops it in the end.

    Args:
        connection: to the server, autocommit, by a role that may create databases.

    Raises:
        psycopg.Error: the server refuses.
    """
    name = f"pgrepo_scratch_{secrets.token_hex(6)}"
    identifier = sql.Identifier(name)
    # template0 has nothing in it, and nobody is ever connected to it.
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(identifier))
    try:
        yield name
    finally:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
