"""Streams from server-side cursors."""

from __future__ import annotations

import gc
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from pgrepo import DatabaseError, UsageError
from pgrepo.runtime.translate import DivisionByZero

from .shop import AsyncShop, Number

if TYPE_CHECKING:
    from pgrepo.runtime import AsyncDatabase


async def assert_all_are_back(database: AsyncDatabase) -> None:
    """Takes as many connections as the pool may have, which fails if one is missing."""
    async with AsyncExitStack() as stack:
        for _ in range(database.pool.max_size):
            await stack.enter_async_context(database.connection())


async def open_cursors(connection: AsyncConnection[Any]) -> int:
    """Counts the cursors of a connection."""
    cursor = await connection.execute("SELECT count(*) FROM pg_cursors")
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1234])
async def test_all_rows_in_order(shop: AsyncShop, count: int) -> None:
    """A stream yields the same rows as the list, whatever the page boundaries."""
    rows = [row async for row in shop.orders.stream_numbers(count=count)]
    assert rows == [Number(number) for number in range(1, count + 1)]


async def test_connection_goes_back(shop: AsyncShop, database: AsyncDatabase) -> None:
    """Exhausted, left, closed or dropped: the connection is back in the pool each time."""
    for _ in range(database.pool.max_size + 1):
        async for _row in shop.orders.stream_numbers(count=3):
            pass
        async with shop.orders.stream_numbers(count=2000) as numbers:
            assert (await anext(numbers)).number == 1
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
            async with shop.orders.stream_numbers(count=2000) as numbers:
                async for _row in numbers:
                    raise ZeroDivisionError
        numbers = shop.orders.stream_numbers(count=2000)
        await anext(numbers)
        await numbers.aclose()
        await numbers.aclose()
        assert [row async for row in numbers] == []
    await assert_all_are_back(database)


async def test_nothing_happens_before_the_first_row(database: AsyncDatabase) -> None:
    """A stream that is never iterated takes no connection."""
    stream = AsyncShop(database).orders.stream_numbers(count=3)
    assert database.pool.get_stats().get("requests_num", 0) == 0
    await stream.aclose()
    async with stream:
        assert [row async for row in stream] == []


async def test_page_by_page(host: AsyncConnection[Any]) -> None:
    """Rows are fetched while they are consumed, not all at once."""
    shop = AsyncShop(host)
    async with shop.orders.stream_numbers(count=1_000_000) as numbers:
        assert (await anext(numbers)).number == 1
        assert await open_cursors(host) == 1
    assert await open_cursors(host) == 0


async def test_inside_a_transaction(shop: AsyncShop, database: AsyncDatabase) -> None:
    """A stream of a bound domain uses its connection and leaves the transaction open."""
    async with shop.transaction() as tx:
        await tx.products.create_product(sku="a", price=Decimal(1))
        async with tx.orders.stream_numbers(count=1000) as numbers:
            async for row in numbers:
                if row.number == 700:
                    break
                await tx.products.change_stock(sku="a", difference=1)
        requests = database.pool.get_stats()["requests_num"]
        assert await tx.products.stock_of(sku="a") == 699
    assert database.pool.get_stats()["requests_num"] == requests
    assert await shop.products.stock_of(sku="a") == 699


async def test_after_its_transaction(shop: AsyncShop) -> None:
    """A stream that outlives its block fails, and does no harm to the next transaction."""
    async with shop.transaction() as tx:
        numbers = tx.orders.stream_numbers(count=2000)
        await anext(numbers)
    with pytest.raises(UsageError, match="has ended"):
        async for _row in numbers:
            pass
    async with shop.transaction() as tx:
        numbers = tx.orders.stream_numbers(count=2000)
        await anext(numbers)
    async with shop.transaction() as tx:
        await tx.products.create_product(sku="a", price=Decimal(1))
        await numbers.aclose()
    assert await shop.products.count_products() == 1


async def test_hosts_transaction_ends_first(host: AsyncConnection[Any]) -> None:
    """Closing a stream whose cursor is gone does not abort the host's next transaction."""
    shop = AsyncShop(host)
    numbers = shop.orders.stream_numbers(count=2000)
    await anext(numbers)
    await host.rollback()
    await shop.products.create_product(sku="a", price=Decimal(1))
    await numbers.aclose()
    assert host.info.transaction_status == TransactionStatus.INTRANS
    assert await shop.products.count_products() == 1


async def test_on_an_autocommit_connection(shop_url: str) -> None:
    """There a stream needs a transaction of its own, which ends with it, committed."""
    async with await AsyncConnection.connect(shop_url, autocommit=True) as host:
        shop = AsyncShop(host)
        async with shop.orders.stream_numbers(count=2000) as numbers:
            await anext(numbers)
            assert host.info.transaction_status == TransactionStatus.INTRANS
            await shop.products.create_product(sku="a", price=Decimal(1))
        assert host.info.transaction_status == TransactionStatus.IDLE
        await host.rollback()
        assert await shop.products.count_products() == 1


async def test_on_a_hosts_pool(shop_url: str) -> None:
    """A stream on a host's pool gives the connection back."""
    async with AsyncConnectionPool(shop_url, min_size=1, max_size=1, open=False) as pool:
        shop = AsyncShop(pool)
        for _ in range(2):
            async with shop.orders.stream_numbers(count=2000) as numbers:
                await anext(numbers)
        assert await shop.products.count_products() == 0


async def test_error_in_the_middle(shop: AsyncShop, database: AsyncDatabase) -> None:
    """An error of a later page is translated, names the query, and frees the connection."""
    seen = []
    with pytest.raises(DivisionByZero, match=r"shop\.inverses") as caught:  # noqa: PT012 - the block is the matter
        async for row in shop.orders.stream_inverses(count=1200):
            seen.append(row.number)  # noqa: PERF401 - the rows before the error count
    assert isinstance(caught.value, DatabaseError)
    assert len(seen) == 1000
    await assert_all_are_back(database)


async def test_error_at_the_start(shop: AsyncShop, database: AsyncDatabase) -> None:
    """A parameter that does not fit is reported by the first step."""
    with pytest.raises(DatabaseError, match=r"shop\.numbers: parameter \$1 \(count\)"):
        async for _row in shop.orders.stream_numbers(count="x"):  # type: ignore[arg-type]
            pass
    await assert_all_are_back(database)


async def test_dropped_stream(shop: AsyncShop, database: AsyncDatabase) -> None:
    """A stream that is forgotten half-way does not keep its connection for ever."""
    numbers = shop.orders.stream_numbers(count=2000)
    await anext(numbers)
    del numbers
    gc.collect()
    await assert_all_are_back(database)
