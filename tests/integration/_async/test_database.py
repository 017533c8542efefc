"""Opening, closing and running out of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg_pool
import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from pgrepo import DatabaseError, OperationalError, PoolTimeout, UsageError
from pgrepo.runtime import AsyncDatabase

from .shop import AsyncShop

if TYPE_CHECKING:
    from collections.abc import Callable


def make(*arguments: Any, **options: Any) -> AsyncDatabase:
    """Makes a database in a way that its signature forbids."""
    return AsyncDatabase(*arguments, **options)


async def test_database_that_is_not_open(shop_url: str) -> None:
    """A database that was not opened, or is closed again, says how to open it."""
    database = AsyncDatabase(shop_url)
    shop = AsyncShop(database)
    for _ in range(2):
        uses: list[Callable[[], Any]] = [
            lambda: database.pool,
            database.connection,
        ]
        for use in uses:
            with pytest.raises(UsageError, match=r"is not open: enter it by `async with`"):
                use()
        with pytest.raises(UsageError, match="is not open"):
            await shop.products.count_products()
        with pytest.raises(UsageError, match="is not open"):
            async with database.transaction():
                pass
        async with database:
            assert await shop.products.count_products() == 0


async def test_open_and_close_by_hand(shop_url: str) -> None:
    """open() and close() do what the block does; both may be repeated."""
    database = AsyncDatabase(shop_url)
    await database.open()
    await database.open()
    pool = database.pool
    assert not pool.closed
    await database.close()
    await database.close()
    assert pool.closed


async def test_settings_reach_the_pool(shop_url: str) -> None:
    """Sizes and connection options arrive; connections are autocommit."""
    options = {"prepare_threshold": None}
    async with AsyncDatabase(shop_url, min_size=2, max_size=3, connect=options) as database:
        assert (database.pool.min_size, database.pool.max_size) == (2, 3)
        async with database.connection() as connection:
            assert isinstance(connection, AsyncConnection)
            assert connection.autocommit
            assert connection.prepare_threshold is None
            assert await AsyncShop(connection).products.count_products() == 0
            cursor = await connection.execute("SELECT count(*) FROM pg_prepared_statements")
            assert await cursor.fetchone() == (0,)


async def test_server_that_cannot_be_reached(shop_url: str) -> None:
    """Opening fails at once, with the reason, and without the password."""
    url = make_conninfo(shop_url, dbname="no_such_database", password="Tr0ub4dor")
    with pytest.raises(OperationalError, match="no_such_database") as caught:
        async with AsyncDatabase(url):
            pass
    assert "Tr0ub4dor" not in str(caught.value)
    assert "Tr0ub4dor" not in repr(AsyncDatabase(url))


async def test_no_free_connection(shop_url: str) -> None:
    """A call that gets no connection in time is both pgrepo's and psycopg_pool's PoolTimeout."""
    async with AsyncDatabase(shop_url, max_size=1, timeout=0.5) as database:
        shop = AsyncShop(database)
        async with database.connection():
            with pytest.raises(PoolTimeout, match=r"shop\.count_products") as caught:
                await shop.products.count_products()
            assert isinstance(caught.value, psycopg_pool.PoolTimeout)
            with pytest.raises(PoolTimeout):
                async with shop.transaction():
                    pass
            with pytest.raises(PoolTimeout, match=r"shop\.numbers"):
                await anext(shop.orders.stream_numbers(count=1))
        assert await shop.products.count_products() == 0


async def test_closed_pool_of_a_host(shop_url: str) -> None:
    """A host's pool that is closed is reported through the call that needed it."""
    pool = psycopg_pool.AsyncConnectionPool(shop_url, open=False)
    with pytest.raises(psycopg_pool.PoolClosed) as caught:
        await AsyncShop(pool).products.count_products()
    assert isinstance(caught.value, DatabaseError)


def test_what_a_database_is_not_made_of() -> None:
    """A connection instead of a connection string, or autocommit switched off, is refused."""
    with pytest.raises(UsageError, match="takes a connection string, not a NoneType"):
        make(None)
    with pytest.raises(UsageError, match="autocommit"):
        make("", connect={"autocommit": False})
