"""On a host application's own connections and pools: guests leave no trace."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.adapt import Loader, PyFormat
from psycopg.pq import Format, TransactionStatus
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from pgrepo import UniqueViolation, UsageError
from pgrepo.runtime.translate import UndefinedTable

from .shop import AsyncShop, NewProduct

if TYPE_CHECKING:
    from collections.abc import Callable


def settings(connection: AsyncConnection[Any]) -> dict[str, Any]:
    """All that a host may have set on its connection."""
    return {
        "autocommit": connection.autocommit,
        "row_factory": connection.row_factory,
        "cursor_factory": connection.cursor_factory,
        "prepare_threshold": connection.prepare_threshold,
        "prepared_max": connection.prepared_max,
        "isolation_level": connection.isolation_level,
        "read_only": connection.read_only,
        "deferrable": connection.deferrable,
        "dumpers": [
            connection.adapters.get_dumper(cls, format_)
            for cls in (int, str, list)
            for format_ in PyFormat
        ],
        "loaders": {
            (oid, format_): connection.adapters.get_loader(oid, format_)
            for oid in (16, 20, 25, 114, 3802, 1184)
            for format_ in Format
        },
    }


async def use(shop: AsyncShop) -> None:
    """Makes a call of every kind."""
    await shop.products.create_product(sku="a", price=Decimal(1), status="live")
    assert await shop.products.product_by_sku(sku="a") is not None
    assert await shop.products.count_products() == 1
    assert await shop.products.change_stock(sku="a", difference=1) == 1
    assert await shop.products.add_products([NewProduct("b", Decimal(1), 0)]) == 1
    assert await shop.products.upsert_products([NewProduct("b", Decimal(1), 5)]) == 1
    async with shop.orders.stream_numbers(count=3) as numbers:
        assert [row.number async for row in numbers] == [1, 2, 3]


class Subclass(AsyncConnection[Any]):
    """A host's own connection class."""


def odd(connection: AsyncConnection[Any]) -> None:
    """Settings unlike psycopg's defaults."""
    connection.row_factory = dict_row  # type: ignore[assignment]
    connection.prepare_threshold = None


@pytest.mark.parametrize("change", [lambda _: None, odd], ids=["defaults", "odd"])
@pytest.mark.parametrize("connection_class", [AsyncConnection, Subclass])
async def test_connection_is_left_as_it_was(
    shop_url: str,
    connection_class: type[AsyncConnection[Any]],
    change: Callable[[AsyncConnection[Any]], None],
) -> None:
    """Calls of every kind join the open transaction, and change no setting of the connection."""
    async with await connection_class.connect(shop_url) as connection:
        change(connection)
        before = settings(connection)
        await use(AsyncShop(connection))
        assert settings(connection) == before
        assert connection.info.transaction_status == TransactionStatus.INTRANS
        await connection.rollback()
        assert await AsyncShop(connection).products.count_products() == 0


async def test_autocommit_connection(shop_url: str) -> None:
    """On an autocommit connection every call stands for itself and nothing stays open."""
    async with await AsyncConnection.connect(shop_url, autocommit=True) as connection:
        await use(AsyncShop(connection))
        assert connection.info.transaction_status == TransactionStatus.IDLE
        assert connection.autocommit


async def test_pipeline(host: AsyncConnection[Any]) -> None:
    """A call inside the host's pipeline returns its own result."""
    shop = AsyncShop(host)
    async with host.pipeline():
        await shop.products.create_product(sku="a", price=Decimal(1))
        assert await shop.products.change_stock(sku="a", difference=3) == 1
        assert await shop.products.stock_of(sku="a") == 3


async def test_adapters_of_the_host_are_seen(host: AsyncConnection[Any]) -> None:
    """What the host registers on its connection, even later, holds for our rows too."""

    class Shouting(Loader):
        format = Format.BINARY

        def load(self, data: Any) -> str:
            return bytes(data).decode().upper()

    shop = AsyncShop(host)
    await shop.products.create_product(sku="a", price=Decimal(1))
    assert await shop.products.all_skus() == ["a"]
    host.adapters.register_loader("text", Shouting)
    assert await shop.products.all_skus() == ["A"]


@pytest.mark.parametrize("autocommit", [False, True])
async def test_bulk_that_fails_in_the_hosts_transaction(shop_url: str, autocommit: bool) -> None:
    """A bulk call that fails leaves no row, and a transaction that can go on."""
    async with await AsyncConnection.connect(shop_url, autocommit=autocommit) as connection:
        products = AsyncShop(connection).products
        rows = [NewProduct("a", Decimal(1), 0), NewProduct("a", Decimal(1), 0)]
        bad = [NewProduct("b", Decimal(1), 0), NewProduct("c", Decimal(1), 2**31)]
        for _ in range(2):
            with pytest.raises(UniqueViolation):
                await products.add_products(rows)
            with pytest.raises(psycopg.DataError, match=r"row 2, parameter \$3 \(stock\)"):
                await products.upsert_products(bad)
            assert await products.count_products() == 0


async def test_pool_of_the_host(shop_url: str) -> None:
    """On a host's pool each call is committed; one that fails is rolled back."""
    async with AsyncConnectionPool(shop_url, min_size=1, max_size=1, open=False) as pool:
        shop = AsyncShop(pool)
        await use(shop)
        with pytest.raises(UniqueViolation):
            await shop.products.create_product(sku="a", price=Decimal(1))
        async with shop.transaction() as inside:
            await inside.products.change_stock(sku="a", difference=10)
        assert await shop.products.stock_of(sku="a") == 11
        async with pool.connection() as connection:
            cursor = await connection.execute("SELECT count(*) FROM shop.products")
            assert await cursor.fetchone() == (2,)


@pytest.mark.parametrize("wrong", ["postgresql://", None, object(), AsyncConnection])
def test_what_a_domain_is_not_made_of(wrong: Any) -> None:
    """A connection string, or any other object, is refused with advice."""
    with pytest.raises(UsageError, match=r"Shop takes a .*Database, .*Connection or .*, not a "):
        AsyncShop(wrong)


async def test_errors_on_a_hosts_connection(host: AsyncConnection[Any]) -> None:
    """Our calls raise translated errors; the host's own statements raise psycopg's."""
    with pytest.raises(UndefinedTable):
        await AsyncShop(host).orders.to_table(word="none")
    await host.rollback()
    with pytest.raises(psycopg.errors.UndefinedTable) as caught:
        await host.execute("SELECT FROM none")
    assert type(caught.value) is psycopg.errors.UndefinedTable
