"""The encoding of text on a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import BaseConnection


def encoding_of(connection: BaseConnection[Any] | None) -> str:
    """Returns the encoding of text on a connection; a host's need not be UTF-8."""
    encoding = "utf-8" if connection is None else connection.info.encoding
    return "utf-8" if encoding == "ascii" else encoding  # psycopg's name for SQL_ASCII
