"""What only asyncio has: cancelled tasks, and many at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo import AsyncDatabase

from .._async.shop import AsyncShop, NewProduct  # noqa: TID252 - tests are no installed package

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[AsyncDatabase]:
    """A database whose pool has one connection, so that a lost one is noticed."""
    with psycopg.connect(database_url) as connection:
        connection.execute((Path(__file__).parent / "schema.sql").read_bytes())
    async with AsyncDatabase(database_url, max_size=1, timeout=5) as database:
        yield database


async def sleeping(shop: AsyncShop) -> None:
    """Waits inside a query."""
    await shop.orders.sleep(seconds=60)


async def sleeping_in_a_block(shop: AsyncShop) -> None:
    """Waits inside a query of a transaction that has written."""
    async with shop.transaction() as tx:
        await tx.products.create_product(sku="lost", price=Decimal(1))
        await tx.orders.sleep(seconds=60)


async def sleeping_in_a_stream(shop: AsyncShop) -> None:
    """Waits between the rows of a stream."""
    async with shop.orders.stream_numbers(count=10_000) as numbers:
        async for _row in numbers:
            await asyncio.sleep(60)


async def copying(shop: AsyncShop) -> None:
    """Sends rows without end."""

    def endless() -> Iterator[NewProduct]:
        number = 0
        while True:
            number += 1
            yield NewProduct(f"sku-{number}", Decimal(1), 0)

    await shop.products.add_products(endless())


async def until_busy(database_url: str) -> None:
    """Waits until the other connection of the database is at work."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as observer:
        while True:
            cursor = await observer.execute(
                "SELECT FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND query LIKE '/* shop.%'"
            )
            if cursor.rowcount:
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("work", [sleeping, sleeping_in_a_block, sleeping_in_a_stream, copying])
async def test_cancelled_task(
    database: AsyncDatabase, database_url: str, work: Callable[[AsyncShop], Awaitable[None]]
) -> None:
    """A cancelled task leaves its connection clean and in the pool, and nothing written."""
    shop = AsyncShop(database)
    for _ in range(2):
        task = asyncio.ensure_future(work(shop))
        await until_busy(database_url)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await shop.products.count_products() == 0


async def test_many_tasks_on_few_connections(database: AsyncDatabase) -> None:
    """Tasks queue for the pool's connections, and each gets its own answer."""
    shop = AsyncShop(database)
    calls = (shop.orders.numbers(count=count) for count in range(50))
    assert [len(rows) for rows in await asyncio.gather(*calls)] == list(range(50))


async def test_tasks_share_a_bound_domain(database: AsyncDatabase) -> None:
    """Calls of several tasks on one transaction take turns."""
    async with AsyncShop(database).transaction() as tx:
        calls = (tx.orders.numbers(count=count) for count in range(20))
        assert [len(rows) for rows in await asyncio.gather(*calls)] == list(range(20))
