"""Calls that are cut off at any moment: the connection is clean, and no answer is mixed up.

`PGREPO_INTERRUPTIONS` says how many interruptions there are of each kind.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from pgrepo import AsyncDatabase
from pgrepo.runtime import fast

from .._async.shop import AsyncShop  # noqa: TID252 - tests are no installed package
from .._sync.shop import Shop  # noqa: TID252

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTIONS = int(os.environ.get("PGREPO_INTERRUPTIONS", "150"))


@pytest.mark.parametrize("enabled", [True, False], ids=["fast", "cursors"])
async def test_cancelled_tasks(
    server_url: str, enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks on few connections are cancelled at random; every answer is that of its question."""
    monkeypatch.setattr(fast, "enabled", enabled)
    chance = random.Random(6)  # noqa: S311 - no secret
    answers = cancelled = 0
    going = True

    async def work(shop: AsyncShop) -> None:
        nonlocal answers
        # Not for ever: before Python 3.12 asyncio.wait_for, which the pool waits with, may swallow
        # a cancellation.
        while going:
            count = chance.randrange(300)
            if chance.random() < 0.1:
                async with shop.transaction() as tx:
                    rows = await tx.orders.numbers(count=count)
            else:
                rows = await shop.orders.numbers(count=count)
            assert [row.number for row in rows] == list(range(1, count + 1))
            answers += 1

    async with AsyncDatabase(server_url, max_size=4) as database:
        shop = AsyncShop(database)
        tasks = [asyncio.create_task(work(shop)) for _ in range(12)]
        while cancelled < INTERRUPTIONS:
            await asyncio.sleep(chance.random() * 0.003)
            number = chance.randrange(len(tasks))
            if tasks[number].done():
                tasks[number].result()
            tasks[number].cancel()
            cancelled += 1
            tasks[number] = asyncio.create_task(work(shop))
        going = False
        await asyncio.gather(*tasks)
        connections = [await database.pool.getconn(timeout=10) for _ in range(4)]
        for connection in connections:
            assert connection.info.transaction_status == TransactionStatus.IDLE
            numbers = await AsyncShop(connection).orders.numbers(count=3)
            assert [row.number for row in numbers] == [1, 2, 3]
            await database.pool.putconn(connection)
    assert answers > INTERRUPTIONS / 10


@pytest.fixture
def alarm() -> Iterator[None]:
    """Makes SIGALRM what Ctrl-C is."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
def test_keyboard_interrupts(server_url: str) -> None:
    """Ctrl-C at random moments: no statement stays behind, and the next answer is its own."""
    chance = random.Random(6)  # noqa: S311
    answers = lost = 0
    connection = psycopg.connect(server_url, autocommit=True)
    for _ in range(INTERRUPTIONS):
        shop = Shop(connection)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0001 + chance.random() * 0.003)
            # Not for ever: where nobody can receive it (in a callback, say), Python drops it.
            for _ in range(300):
                count = chance.randrange(100)
                rows = shop.orders.numbers(count=count)
                assert [row.number for row in rows] == list(range(1, count + 1))
                answers += 1
        except KeyboardInterrupt:
            pass
        signal.setitimer(signal.ITIMER_REAL, 0)
        if connection.closed:
            lost += 1
            connection = psycopg.connect(server_url, autocommit=True)
        assert connection.info.transaction_status == TransactionStatus.IDLE
        assert len(Shop(connection).orders.numbers(count=5)) == 5
    connection.close()
    assert answers > 0
    # psycopg closes one where Ctrl-C strikes while it cleans up after another; here there is none.
    assert lost <= INTERRUPTIONS / 50
