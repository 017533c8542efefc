"""What the runtime's tests share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import AsyncConnection

from pgrepo.runtime import AsyncDatabase
from tests.conftest import fresh_database

from .shop import AsyncShop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pytest_postgresql.executors import NoopExecutor

SCHEMA = Path(__file__).parent.parent / "runtime" / "schema.sql"


@pytest.fixture
def shop_url(database_url: str) -> str:
    """The URL of a database with the shop's tables."""
    with psycopg.connect(database_url) as connection:
        connection.execute(SCHEMA.read_bytes())
    return database_url


@pytest.fixture(scope="module")
def module_url(server_url: str, postgresql_noproc: NoopExecutor) -> Iterator[str]:
    """The URL of a database that the tests of a module share."""
    yield from fresh_database(server_url, postgresql_noproc)


def rebuild(url: str) -> str:
    """Makes the shop's tables anew, for a test that shares its database with others."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS shop CASCADE")
        connection.execute(SCHEMA.read_bytes())
    return url


@pytest.fixture
async def database(shop_url: str) -> AsyncIterator[AsyncDatabase]:
    """An open database."""
    async with AsyncDatabase(shop_url, max_size=4) as database:
        yield database


@pytest.fixture
def shop(database: AsyncDatabase) -> AsyncShop:
    """The shop on that database."""
    return AsyncShop(database)


@pytest.fixture
async def host(shop_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A host application's own connection, with psycopg's defaults: not autocommit."""
    async with await AsyncConnection.connect(shop_url) as connection:
        yield connection
        await connection.rollback()
