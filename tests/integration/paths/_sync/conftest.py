# Derived from tests/integration/paths/_async/conftest.py by tools/async_to_sync.py: do not edit.
"""Connections on every way, to tables that are fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

# ruff: noqa: ARG001 - a fixture that is there before another one

# In one round trip.
_TABLES = """
    DROP SCHEMA IF EXISTS public CASCADE;
    CREATE SCHEMA public;
    CREATE TABLE items (id integer UNIQUE, label text);
    INSERT INTO items VALUES (1, 'one'), (2, NULL);
    CREATE TYPE mood AS ENUM ('good', 'bad');
"""


@pytest.fixture
def connection(where: dict[str, Any]) -> Iterator[Connection[Any]]:
    """An autocommit connection, and the tables."""
    with Connection.connect(**where, autocommit=True) as connection:
        connection.execute(_TABLES)
        yield connection


@pytest.fixture
def host(
    connection: Connection[Any],
    where: dict[str, Any],
) -> Iterator[Connection[Any]]:
    """A host's connection that is not autocommit."""
    with Connection.connect(**where) as host:
        yield host
        host.rollback()
