"""Connections on every way, to tables that are fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg import AsyncConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
async def connection(where: dict[str, Any]) -> AsyncIterator[AsyncConnection[Any]]:
    """An autocommit connection, and the tables."""
    async with await AsyncConnection.connect(**where, autocommit=True) as connection:
        await connection.execute(_TABLES)
        yield connection


@pytest.fixture
async def host(
    connection: AsyncConnection[Any],
    where: dict[str, Any],
) -> AsyncIterator[AsyncConnection[Any]]:
    """A host's connection that is not autocommit."""
    async with await AsyncConnection.connect(**where) as host:
        yield host
        await host.rollback()
