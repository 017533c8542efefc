"""Batches and transactions that are cut off at any moment, and tasks that begin one together.

`PGREPO_INTERRUPTIONS` says how many interruptions there are of each kind.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg._pipeline_base import BasePipeline
from psycopg.pq import PipelineStatus, TransactionStatus

from pgrepo import AsyncDatabase, Database
from pgrepo.runtime import fast

from .._async.shop import AsyncShop  # noqa: TID252 - tests are no installed package
from .._sync.shop import Shop  # noqa: TID252

INTERRUPTIONS = int(os.environ.get("PGREPO_INTERRUPTIONS", "100"))
BOTH = pytest.mark.parametrize("enabled", [True, False], ids=["fast", "cursors"])


@pytest.fixture
def shop_url(database_url: str) -> str:
    """The URL of a database with the shop's tables, and two products in them."""
    with psycopg.connect(database_url) as connection:
        connection.execute((Path(__file__).parent / "schema.sql").read_bytes())
        connection.execute("INSERT INTO shop.products (sku, price) VALUES ('a', 1), ('b', 1)")
    return database_url


def assert_clean(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """The connection is out of any transaction and pipeline."""
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert connection.info.pipeline_status == PipelineStatus.OFF


def moved(url: str) -> int:
    """How much stock has gone from one product to the other.

    Both are read in one statement: the last COMMIT that was cut off may still be under way.
    """
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT stock FROM shop.products ORDER BY sku").fetchall()
    assert rows[0][0] == -rows[1][0]
    return int(rows[1][0])


async def pay(shop: AsyncShop, chance: random.Random) -> int:
    """Moves stock from one product to the other, and returns a number that is asked for."""
    count = chance.randrange(300)
    if chance.random() < 0.3:
        async with shop.transaction() as tx:
            await tx.products.change_stock(sku="a", difference=-1)
            await tx.orders.sleep(seconds=chance.random() * 0.001)
            async with tx.batch(commit=True) as batch:
                batch.add(tx.products.change_stock, sku="b", difference=1)
                numbers = batch.add(tx.orders.numbers, count=count)
    else:
        async with shop.batch() as batch:
            batch.add(shop.products.change_stock, sku="a", difference=-1)
            batch.add(shop.orders.sleep, seconds=chance.random() * 0.001)
            batch.add(shop.products.change_stock, sku="b", difference=1)
            numbers = batch.add(shop.orders.numbers, count=count)
    assert [row.number for row in numbers.result()] == list(range(1, count + 1))
    return count


@BOTH
async def test_cancelled_tasks(
    shop_url: str, enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever a task is cancelled, all of its batch is done or nothing, and the pool is whole."""
    monkeypatch.setattr(fast, "enabled", enabled)
    chance = random.Random(7)  # noqa: S311 - no secret
    finished = 0
    async with AsyncDatabase(shop_url, max_size=2) as database:
        shop = AsyncShop(database)
        for _ in range(INTERRUPTIONS):
            tasks = [asyncio.create_task(pay(shop, chance)) for _ in range(3)]
            await asyncio.sleep(chance.random() * 0.006)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for result in results:
                assert isinstance(result, int | asyncio.CancelledError), result
                finished += isinstance(result, int)
        connections = [await database.pool.getconn(timeout=10) for _ in range(2)]
        for connection in connections:
            assert_clean(connection)
            await database.pool.putconn(connection)
    assert 0 < finished <= moved(shop_url)


@BOTH
@pytest.mark.usefixtures("alarm")
def test_keyboard_interrupts(shop_url: str, enabled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with Ctrl-C; where it strikes in the pool's own code, a connection is lost to it."""
    monkeypatch.setattr(fast, "enabled", enabled)
    chance = random.Random(7)  # noqa: S311
    finished = 0
    with Database(shop_url, max_size=INTERRUPTIONS + 1) as database:
        shop = Shop(database)
        for _ in range(INTERRUPTIONS):
            shop.products.count_products()  # waits for a connection, where one was lost
            try:
                longest = 0.004 if finished else 0.1  # on a busy machine one at least comes through
                signal.setitimer(signal.ITIMER_REAL, 0.0001 + chance.random() * longest)
                # Not for ever: where nobody can receive it (in a callback, say), Python drops it.
                for _ in range(50):
                    with shop.transaction() as tx:
                        tx.products.change_stock(sku="a", difference=-1)
                        with tx.batch(commit=True) as batch:
                            batch.add(tx.products.change_stock, sku="b", difference=1)
                            numbers = batch.add(tx.orders.numbers, count=finished % 100)
                    assert len(numbers.result()) == finished % 100
                    with shop.batch() as batch:
                        batch.add(shop.products.change_stock, sku="a", difference=-1)
                        batch.add(shop.products.change_stock, sku="b", difference=1)
                    finished += 1
            except KeyboardInterrupt:
                pass
            signal.setitimer(signal.ITIMER_REAL, 0)
        for _ in range(database.pool.get_stats()["pool_available"]):
            assert_clean(database.pool.getconn())
    assert 0 < 2 * finished <= moved(shop_url)


def test_interrupted_before_sync(shop_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C as psycopg leaves its pipeline: nobody finds himself in the transaction it leaves."""
    monkeypatch.setattr(fast, "enabled", False)

    def interrupt(_: BasePipeline) -> None:
        raise KeyboardInterrupt

    with Database(shop_url, max_size=1) as database:
        shop = Shop(database)
        with monkeypatch.context() as patch:
            patch.setattr(BasePipeline, "_enqueue_sync", interrupt)
            with pytest.raises(KeyboardInterrupt), shop.transaction() as tx:
                tx.products.change_stock(sku="a", difference=-1)
        assert shop.products.stock_of(sku="a") == 0


@BOTH
async def test_first_calls_at_once(
    shop_url: str, enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several first calls one begins the transaction, and the others wait for it."""
    monkeypatch.setattr(fast, "enabled", enabled)
    noticed: list[str | None] = []
    async with AsyncDatabase(shop_url, max_size=1) as database:
        async with database.connection() as connection:
            connection.add_notice_handler(lambda notice: noticed.append(notice.message_primary))
        async with AsyncShop(database).transaction() as tx:
            backends = await asyncio.gather(*(tx.orders.backend() for _ in range(5)))
            assert len(set(backends)) == 1
            assert [row.number async for row in tx.orders.stream_numbers(count=2)] == [1, 2]
    assert noticed == []
