"""Connections that die while they rest, and waits that end."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from pgrepo import LockNotAvailable, OperationalError, QueryCanceled, UsageError
from pgrepo.runtime import AsyncDatabase, checkout
from pgrepo.runtime.retries import async_sleep
from pgrepo.runtime.translate import ReadOnlySqlTransaction, ResponseTimeout

from .shop import AsyncShop

if TYPE_CHECKING:
    from tests.bouncer import PgBouncer

SETTINGS = """
SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
    current_setting('idle_in_transaction_session_timeout')
"""
END_ALL = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend'
"""


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Does something from outside."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def settings_of(database: AsyncDatabase) -> tuple[Any, ...]:
    """The timeouts that a session has."""
    async with database.connection() as connection:
        row = await (await connection.execute(SETTINGS)).fetchone()
    assert row is not None
    return tuple(row)


async def test_connections_that_died_at_rest(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole pool of dead connections costs no call its success, not even a write."""
    monkeypatch.setattr(checkout, "_LOOK_AFTER", 0.0)
    async with AsyncDatabase(shop_url, min_size=4, max_size=4) as database:
        shop = AsyncShop(database)
        async with AsyncExitStack() as stack:
            for _ in range(4):
                await stack.enter_async_context(database.connection())
        execute(shop_url, END_ALL)
        for number in range(8):
            await shop.products.create_product(sku=f"{number}", price=Decimal(1))
        execute(shop_url, END_ALL)
        async with shop.transaction() as tx:
            assert await tx.products.count_products() == 8


async def test_connection_that_is_asked(shop_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a long rest PostgreSQL is asked, and what it says then is heard and not in the way."""
    monkeypatch.setattr(checkout, "_LOOK_AFTER", 0.0)
    monkeypatch.setattr(checkout, "_ASK_AFTER", 0.0)
    async with AsyncDatabase(shop_url, max_size=1) as database:
        shop = AsyncShop(database)
        backend = await shop.orders.backend()
        async with database.connection() as connection:
            await connection.execute("LISTEN news")
        execute(shop_url, "NOTIFY news")
        assert await shop.orders.backend() == backend
        async with database.connection() as connection:
            assert connection.info.transaction_status == TransactionStatus.IDLE


async def test_read_that_lost_its_connection(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read is made again, once, on a connection that was looked at; none in a transaction is."""
    monkeypatch.setattr(checkout, "_LOOK_AFTER", 60.0)
    async with AsyncDatabase(shop_url, min_size=3, max_size=3) as database:
        shop = AsyncShop(database)
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(database.connection())
        execute(shop_url, END_ALL)
        assert await shop.products.count_products() == 0
        execute(shop_url, END_ALL)
        assert await shop.products.all_skus() == []

        async def read_twice() -> None:
            async with shop.transaction() as tx:
                await tx.products.count_products()
                execute(shop_url, END_ALL)
                await tx.products.count_products()

        with pytest.raises(OperationalError):
            await read_twice()


async def test_write_that_lost_its_connection(shop_url: str) -> None:
    """What may have been written is not written again: the call fails, and the next one works."""
    async with AsyncDatabase(shop_url, max_size=1) as database:
        shop = AsyncShop(database)
        execute(
            shop_url,
            "ALTER TABLE shop.products ALTER stock SET DEFAULT "
            "pg_terminate_backend(pg_backend_pid())::int",
        )
        with pytest.raises(OperationalError):
            await shop.products.create_product(sku="a", price=Decimal(1))
        execute(shop_url, "ALTER TABLE shop.products ALTER stock SET DEFAULT 0")
        await shop.products.create_product(sku="b", price=Decimal(1))
        assert await shop.products.all_skus() == ["b"]


@pytest.mark.parametrize("way", ["call", "transaction", "bulk"])
async def test_server_that_has_become_read_only(shop_url: str, way: str) -> None:
    """One error a connection: then the pool has another one, which may lead to a new primary."""
    name = conninfo_to_dict(shop_url)["dbname"]
    reset = f"BEGIN READ WRITE; ALTER ROLE CURRENT_USER IN DATABASE {name} RESET ALL; COMMIT"
    execute(shop_url, reset)
    execute(
        shop_url,
        f"ALTER ROLE CURRENT_USER IN DATABASE {name} SET default_transaction_read_only = on",
    )
    try:
        async with AsyncDatabase(shop_url, max_size=1) as database:
            shop = AsyncShop(database)
            before = await shop.orders.backend()
            with pytest.raises(ReadOnlySqlTransaction):
                await write(shop, way)
            execute(shop_url, reset)
            if await shop.orders.backend() == before:
                raise AssertionError("the connection is still there")
    finally:
        execute(shop_url, reset)


async def write(shop: AsyncShop, way: str) -> None:
    """Writes in some way."""
    match way:
        case "call":
            await shop.products.create_product(sku="a", price=Decimal(1))
        case "transaction":
            async with shop.transaction() as tx:
                await tx.products.create_product(sku="a", price=Decimal(1))
        case _:
            from .shop import NewProduct  # noqa: PLC0415

            await shop.products.add_products([NewProduct("a", Decimal(1), 0)])


async def test_read_only_by_wish(shop_url: str) -> None:
    """A write in a read-only transaction says nothing about the server."""
    async with AsyncDatabase(shop_url, max_size=1) as database:
        shop = AsyncShop(database)
        before = await shop.orders.backend()
        with pytest.raises(ReadOnlySqlTransaction):
            await shop.run(
                lambda tx: tx.products.change_stock(sku="a", difference=1), read_only=True
            )
        assert await shop.orders.backend() == before


async def test_timeouts_of_a_session(shop_url: str) -> None:
    """Sessions have pgrepo's timeouts, or those that were given, or the server's; so has COPY."""
    async with AsyncDatabase(shop_url) as database:
        assert await settings_of(database) == ("1min", "10s", "5min")
    none = dict.fromkeys(
        ("statement_timeout", "lock_timeout", "idle_in_transaction_timeout", "connect_timeout")
    )
    async with AsyncDatabase(shop_url, **none) as database:
        assert await settings_of(database) == ("0", "0", "0")
    own = {"options": "-c statement_timeout=7s"}
    async with AsyncDatabase(shop_url, lock_timeout=0.25, connect=own) as database:
        assert await settings_of(database) == ("7s", "250ms", "5min")
    with pytest.raises(UsageError, match="lock: a timeout takes more than 0 seconds"):
        AsyncDatabase(shop_url, lock_timeout=0)


async def test_statement_that_takes_too_long(shop_url: str) -> None:
    """PostgreSQL ends it, and the connection lives on."""
    async with AsyncDatabase(shop_url, max_size=1, statement_timeout=0.1) as database:
        shop = AsyncShop(database)
        before = await shop.orders.backend()
        with pytest.raises(QueryCanceled, match=r"shop\.sleep"):
            await shop.orders.sleep(seconds=5)
        assert await shop.orders.backend() == before


async def test_silence(shop_url: str) -> None:
    """Where PostgreSQL does not end it, the connection is closed and replaced."""
    deaf = {"options": "-c statement_timeout=0"}
    async with AsyncDatabase(shop_url, max_size=1, statement_timeout=0.1, connect=deaf) as database:
        shop = AsyncShop(database)
        before = await shop.orders.backend()
        with pytest.raises(ResponseTimeout, match=r"shop\.sleep: no answer .* for 0\.6 s"):
            await shop.orders.sleep(seconds=5)
        assert await shop.orders.backend() != before
        with pytest.raises(ResponseTimeout):
            async with shop.transaction() as tx, tx.transaction() as savepoint:
                await savepoint.orders.sleep(seconds=5)
        assert await shop.products.count_products() == 0


async def test_listening_takes_its_time(shop_url: str) -> None:
    """Who waits for a notification waits for no answer."""
    async with AsyncDatabase(shop_url, statement_timeout=0.1) as database:
        async with database.connection() as connection:
            await connection.execute("LISTEN news")
            found = [notify async for notify in connection.notifies(timeout=0.9)]
            assert found == []
            execute(shop_url, "NOTIFY news")
            found = [notify async for notify in connection.notifies(stop_after=1)]
            assert len(found) == 1
        assert await AsyncShop(database).products.count_products() == 0


async def test_lock_that_is_not_free(shop_url: str) -> None:
    """Waiting for a lock ends before the statement's time is over."""
    async with AsyncDatabase(shop_url, lock_timeout=0.1) as database:
        shop = AsyncShop(database)
        await shop.products.create_product(sku="a", price=Decimal(1))
        async with shop.transaction() as tx:
            await tx.products.change_stock(sku="a", difference=1)
            with pytest.raises(LockNotAvailable):
                await shop.products.change_stock(sku="a", difference=1)


async def test_transaction_that_lies_idle(shop_url: str) -> None:
    """The server ends it; run() tries again, and what it does then is there once."""
    async with AsyncDatabase(shop_url, idle_in_transaction_timeout=0.2) as database:
        shop = AsyncShop(database)
        calls: list[None] = []

        async def create(tx: AsyncShop) -> None:
            calls.append(None)
            await tx.products.create_product(sku="a", price=Decimal(1))
            await async_sleep(0.5 if len(calls) == 1 else 0)
            await tx.products.count_products()

        await shop.run(create)
        assert len(calls) >= 2  # on a busy machine a later one may lie idle, too
        assert await shop.products.all_skus() == ["a"]


async def test_behind_pgbouncer(shop_url: str, pgbouncer: PgBouncer) -> None:
    """PgBouncer takes no settings, so they are left to the role; the client's bound remains."""
    async with AsyncDatabase(
        pgbouncer.url(shop_url), statement_timeout=0.1, connect={"prepare_threshold": None}
    ) as database:
        assert await settings_of(database) == ("0", "0", "0")
        shop = AsyncShop(database)
        with pytest.raises(ResponseTimeout):
            await shop.orders.sleep(seconds=2)
        assert await shop.products.count_products() == 0
