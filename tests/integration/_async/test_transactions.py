"""Transactions of a database and of a domain."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection, IsolationLevel, Rollback
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from pgrepo import ForeignKeyViolation, ReadOnlySqlTransaction, UniqueViolation, UsageError

from .shop import AsyncShop

if TYPE_CHECKING:
    from pgrepo.runtime import AsyncDatabase

NOWHERE = "00000000-0000-0000-0000-000000000000"
NOWHERE_ID = UUID(NOWHERE)


async def test_commit_and_rollback(shop: AsyncShop) -> None:
    """A block commits when left normally and rolls back on any exception."""
    async with shop.transaction() as tx:
        await tx.products.create_product(sku="kept", price=Decimal(1))
        assert await shop.products.count_products() == 0
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
        async with shop.transaction() as tx:
            await tx.products.create_product(sku="lost", price=Decimal(1))
            raise ZeroDivisionError
    assert await shop.products.all_skus() == ["kept"]


async def test_quiet_rollback(shop: AsyncShop) -> None:
    """psycopg.Rollback ends the block without commit and without error."""
    async with shop.transaction() as tx:
        await tx.products.create_product(sku="lost", price=Decimal(1))
        raise Rollback
    assert await shop.products.count_products() == 0


async def test_the_bound_domain_is_of_the_same_class(shop: AsyncShop) -> None:
    """The block yields the same class, and all its repositories share one connection."""
    async with shop.transaction() as tx:
        assert type(tx) is AsyncShop
        assert tx is not shop
        first = await tx.orders.backend()
        async with tx.transaction() as nested:
            assert await nested.orders.backend() == first
        assert await tx.orders.backend() == first


async def test_nested_block_is_a_savepoint(shop: AsyncShop) -> None:
    """An inner block that fails takes back its own work alone."""
    async with shop.transaction() as tx:
        await tx.products.create_product(sku="outer", price=Decimal(1))
        with pytest.raises(UniqueViolation):  # noqa: PT012 - the block is the matter
            async with tx.transaction() as inner:
                await inner.products.create_product(sku="inner", price=Decimal(1))
                await inner.products.create_product(sku="outer", price=Decimal(1))
        await tx.products.create_product(sku="after", price=Decimal(1))
    assert await shop.products.all_skus() == ["after", "outer"]


async def test_domain_after_its_block(shop: AsyncShop) -> None:
    """A bound domain is useless once its block has ended, and says so."""
    async with shop.transaction() as tx:
        async with tx.transaction() as nested:
            pass
        with pytest.raises(UsageError, match="has ended"):
            await nested.products.count_products()
        assert await tx.products.count_products() == 0
    with pytest.raises(UsageError, match="has ended"):
        await tx.products.count_products()
    with pytest.raises(UsageError, match="has ended"):
        async with tx.transaction():
            pass


async def test_block_is_entered_once(database: AsyncDatabase) -> None:
    """A block object serves one `with`."""
    block = database.transaction()
    async with block:
        pass
    with pytest.raises(UsageError, match="cannot be entered twice"):
        async with block:
            pass


@pytest.mark.parametrize(
    ("isolation", "shown"),
    [
        (None, "read committed"),
        ("read committed", "read committed"),
        ("repeatable read", "repeatable read"),
        ("serializable", "serializable"),
        (IsolationLevel.SERIALIZABLE, "serializable"),
        (IsolationLevel.REPEATABLE_READ, "repeatable read"),
    ],
)
async def test_isolation(shop: AsyncShop, isolation: Any, shown: str) -> None:
    """The isolation level is that of the block, and gone after it."""
    async with shop.transaction(isolation=isolation) as tx:
        assert (await tx.orders.current_settings()).isolation == shown
    assert (await shop.orders.current_settings()).isolation == "read committed"


async def test_read_only_and_deferrable(shop: AsyncShop) -> None:
    """A read-only block refuses to write."""
    options: dict[str, Any] = {"isolation": "serializable", "read_only": True, "deferrable": True}
    async with shop.transaction(**options) as tx:
        shown = await tx.orders.current_settings()
        assert (shown.isolation, shown.read_only, shown.deferrable) == ("serializable", "on", "on")
        with pytest.raises(ReadOnlySqlTransaction, match=r"shop\.create_product"):
            await tx.products.create_product(sku="a", price=Decimal(1))


async def test_options_of_a_nested_block(shop: AsyncShop) -> None:
    """A savepoint has no isolation level; asking for one is an error that leaves all as it was."""
    async with shop.transaction() as tx:
        for options in ({"isolation": "serializable"}, {"read_only": True}, {"deferrable": False}):
            with pytest.raises(UsageError, match="outermost transaction"):
                async with tx.transaction(**options):  # type: ignore[arg-type]
                    pass
        await tx.products.create_product(sku="a", price=Decimal(1))
    assert await shop.products.count_products() == 1


def test_unknown_isolation(shop: AsyncShop) -> None:
    """A level that does not exist is refused before anything happens."""
    with pytest.raises(UsageError, match="no isolation level 'snapshot'"):
        shop.transaction(isolation="snapshot")  # type: ignore[arg-type]


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("autocommit", [False, True])
async def test_characteristics_on_a_hosts_connection(
    shop_url: str, autocommit: bool, fails: bool
) -> None:
    """What the block asked for is gone afterwards, also after an error; the host's stays."""
    async with await AsyncConnection.connect(shop_url, autocommit=autocommit) as host:
        await host.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        shop = AsyncShop(host)
        try:
            async with shop.transaction(isolation="serializable", read_only=True) as tx:
                assert (await tx.orders.current_settings()).isolation == "serializable"
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            assert fails
        assert host.info.transaction_status == TransactionStatus.IDLE
        assert host.isolation_level == IsolationLevel.REPEATABLE_READ
        assert host.read_only is None
        async with host.transaction():
            shown = await shop.orders.current_settings()
        assert (shown.isolation, shown.read_only) == ("repeatable read", "off")
        await host.rollback()


async def test_block_inside_the_hosts_transaction(host: AsyncConnection[Any]) -> None:
    """On a connection that is in a transaction the block is a savepoint and commits nothing."""
    shop = AsyncShop(host)
    await shop.products.create_product(sku="a", price=Decimal(1))
    async with shop.transaction() as tx:
        await tx.products.create_product(sku="b", price=Decimal(1))
    assert host.info.transaction_status == TransactionStatus.INTRANS
    await host.rollback()
    assert await shop.products.count_products() == 0


async def test_database_block_yields_a_connection(database: AsyncDatabase) -> None:
    """A database's block yields psycopg's connection, on which domains can be made."""
    async with database.transaction(isolation="serializable") as connection:
        assert isinstance(connection, AsyncConnection)
        shop = AsyncShop(connection)
        assert (await shop.orders.current_settings()).isolation == "serializable"
        await shop.products.create_product(sku="a", price=Decimal(1))
        raise Rollback
    assert await AsyncShop(database).products.count_products() == 0


async def test_block_on_a_hosts_pool(shop_url: str) -> None:
    """A block on a host's pool takes one connection and gives it back."""
    async with AsyncConnectionPool(shop_url, min_size=1, max_size=1, open=False) as pool:
        shop = AsyncShop(pool)
        with pytest.raises(ZeroDivisionError):
            async with shop.transaction(read_only=True):
                raise ZeroDivisionError
        assert (await shop.orders.current_settings()).read_only == "off"


async def test_error_of_the_commit(shop: AsyncShop) -> None:
    """A deferred constraint fails at COMMIT; that error is translated and names no query."""
    with pytest.raises(ForeignKeyViolation) as caught:
        async with shop.transaction() as tx:
            await tx.orders.create_order(product_id=NOWHERE_ID, quantity=1)
    assert caught.value.constraint == "orders_product_id_fkey"
    assert caught.value.table == "orders"
    assert caught.value.query is None
    assert NOWHERE not in str(caught.value)


async def test_deferred_constraint_of_a_single_call(shop: AsyncShop) -> None:
    """The same outside a block: the call's own commit fails, and the call is named."""
    with pytest.raises(ForeignKeyViolation, match=r"shop\.create_order"):
        await shop.orders.create_order(product_id=NOWHERE_ID, quantity=1)


async def test_error_of_the_block_passes_through(database: AsyncDatabase) -> None:
    """The psycopg error of the user's own statement leaves a block untranslated."""
    with pytest.raises(psycopg.errors.UndefinedTable) as caught:
        async with database.transaction() as connection:
            await connection.execute("SELECT FROM none")
    assert type(caught.value) is psycopg.errors.UndefinedTable
    assert "none" in str(caught.value)
