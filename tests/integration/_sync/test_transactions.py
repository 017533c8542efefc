# Derived from tests/integration/_async/test_transactions.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""Transactions of a database and of a domain."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection, IsolationLevel, Rollback
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from pgrepo import ForeignKeyViolation, ReadOnlySqlTransaction, UniqueViolation, UsageError

from .shop import Shop

if TYPE_CHECKING:
    from pgrepo.runtime import Database

NOWHERE = "00000000-0000-0000-0000-000000000000"
NOWHERE_ID = UUID(NOWHERE)


def test_commit_and_rollback(shop: Shop) -> None:
    """A block commits when left normally and rolls back on any exception."""
    with shop.transaction() as tx:
        tx.products.create_product(sku="kept", price=Decimal(1))
        assert shop.products.count_products() == 0
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
        with shop.transaction() as tx:
            tx.products.create_product(sku="lost", price=Decimal(1))
            raise ZeroDivisionError
    assert shop.products.all_skus() == ["kept"]


def test_quiet_rollback(shop: Shop) -> None:
    """psycopg.Rollback ends the block without commit and without error."""
    with shop.transaction() as tx:
        tx.products.create_product(sku="lost", price=Decimal(1))
        raise Rollback
    assert shop.products.count_products() == 0


def test_the_bound_domain_is_of_the_same_class(shop: Shop) -> None:
    """The block yields the same class, and all its repositories share one connection."""
    with shop.transaction() as tx:
        assert type(tx) is Shop
        assert tx is not shop
        first = tx.orders.backend()
        with tx.transaction() as nested:
            assert nested.orders.backend() == first
        assert tx.orders.backend() == first


def test_nested_block_is_a_savepoint(shop: Shop) -> None:
    """An inner block that fails takes back its own work alone."""
    with shop.transaction() as tx:
        tx.products.create_product(sku="outer", price=Decimal(1))
        with pytest.raises(UniqueViolation):  # noqa: PT012 - the block is the matter
            with tx.transaction() as inner:
                inner.products.create_product(sku="inner", price=Decimal(1))
                inner.products.create_product(sku="outer", price=Decimal(1))
        tx.products.create_product(sku="after", price=Decimal(1))
    assert shop.products.all_skus() == ["after", "outer"]


def test_domain_after_its_block(shop: Shop) -> None:
    """A bound domain is useless once its block has ended, and says so."""
    with shop.transaction() as tx:
        with tx.transaction() as nested:
            pass
        with pytest.raises(UsageError, match="has ended"):
            nested.products.count_products()
        assert tx.products.count_products() == 0
    with pytest.raises(UsageError, match="has ended"):
        tx.products.count_products()
    with pytest.raises(UsageError, match="has ended"):
        with tx.transaction():
            pass


def test_block_is_entered_once(database: Database) -> None:
    """A block object serves one `with`."""
    block = database.transaction()
    with block:
        pass
    with pytest.raises(UsageError, match="cannot be entered twice"):
        with block:
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
def test_isolation(shop: Shop, isolation: Any, shown: str) -> None:
    """The isolation level is that of the block, and gone after it."""
    with shop.transaction(isolation=isolation) as tx:
        assert (tx.orders.current_settings()).isolation == shown
    assert (shop.orders.current_settings()).isolation == "read committed"


def test_read_only_and_deferrable(shop: Shop) -> None:
    """A read-only block refuses to write."""
    options: dict[str, Any] = {"isolation": "serializable", "read_only": True, "deferrable": True}
    with shop.transaction(**options) as tx:
        shown = tx.orders.current_settings()
        assert (shown.isolation, shown.read_only, shown.deferrable) == ("serializable", "on", "on")
        with pytest.raises(ReadOnlySqlTransaction, match=r"shop\.create_product"):
            tx.products.create_product(sku="a", price=Decimal(1))


def test_options_of_a_nested_block(shop: Shop) -> None:
    """A savepoint has no isolation level; asking for one is an error that leaves all as it was."""
    with shop.transaction() as tx:
        for options in ({"isolation": "serializable"}, {"read_only": True}, {"deferrable": False}):
            with pytest.raises(UsageError, match="outermost transaction"):
                with tx.transaction(**options):  # type: ignore[arg-type]
                    pass
        tx.products.create_product(sku="a", price=Decimal(1))
    assert shop.products.count_products() == 1


def test_unknown_isolation(shop: Shop) -> None:
    """A level that does not exist is refused before anything happens."""
    with pytest.raises(UsageError, match="no isolation level 'snapshot'"):
        shop.transaction(isolation="snapshot")  # type: ignore[arg-type]


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("autocommit", [False, True])
def test_characteristics_on_a_hosts_connection(
    shop_url: str, autocommit: bool, fails: bool
) -> None:
    """What the block asked for is gone afterwards, also after an error; the host's stays."""
    with Connection.connect(shop_url, autocommit=autocommit) as host:
        host.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        shop = Shop(host)
        try:
            with shop.transaction(isolation="serializable", read_only=True) as tx:
                assert (tx.orders.current_settings()).isolation == "serializable"
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            assert fails
        assert host.info.transaction_status == TransactionStatus.IDLE
        assert host.isolation_level == IsolationLevel.REPEATABLE_READ
        assert host.read_only is None
        with host.transaction():
            shown = shop.orders.current_settings()
        assert (shown.isolation, shown.read_only) == ("repeatable read", "off")
        host.rollback()


def test_block_inside_the_hosts_transaction(host: Connection[Any]) -> None:
    """On a connection that is in a transaction the block is a savepoint and commits nothing."""
    shop = Shop(host)
    shop.products.create_product(sku="a", price=Decimal(1))
    with shop.transaction() as tx:
        tx.products.create_product(sku="b", price=Decimal(1))
    assert host.info.transaction_status == TransactionStatus.INTRANS
    host.rollback()
    assert shop.products.count_products() == 0


def test_database_block_yields_a_connection(database: Database) -> None:
    """A database's block yields psycopg's connection, on which domains can be made."""
    with database.transaction(isolation="serializable") as connection:
        assert isinstance(connection, Connection)
        shop = Shop(connection)
        assert (shop.orders.current_settings()).isolation == "serializable"
        shop.products.create_product(sku="a", price=Decimal(1))
        raise Rollback
    assert Shop(database).products.count_products() == 0


def test_block_on_a_hosts_pool(shop_url: str) -> None:
    """A block on a host's pool takes one connection and gives it back."""
    with ConnectionPool(shop_url, min_size=1, max_size=1, open=False) as pool:
        shop = Shop(pool)
        with pytest.raises(ZeroDivisionError):
            with shop.transaction(read_only=True):
                raise ZeroDivisionError
        assert (shop.orders.current_settings()).read_only == "off"


def test_error_of_the_commit(shop: Shop) -> None:
    """A deferred constraint fails at COMMIT; that error is translated and names no query."""
    with pytest.raises(ForeignKeyViolation) as caught:
        with shop.transaction() as tx:
            tx.orders.create_order(product_id=NOWHERE_ID, quantity=1)
    assert caught.value.constraint == "orders_product_id_fkey"
    assert caught.value.table == "orders"
    assert caught.value.query is None
    assert NOWHERE not in str(caught.value)


def test_deferred_constraint_of_a_single_call(shop: Shop) -> None:
    """The same outside a block: the call's own commit fails, and the call is named."""
    with pytest.raises(ForeignKeyViolation, match=r"shop\.create_order"):
        shop.orders.create_order(product_id=NOWHERE_ID, quantity=1)


def test_error_of_the_block_passes_through(database: Database) -> None:
    """The psycopg error of the user's own statement leaves a block untranslated."""
    with pytest.raises(psycopg.errors.UndefinedTable) as caught:
        with database.transaction() as connection:
            connection.execute("SELECT FROM none")
    assert type(caught.value) is psycopg.errors.UndefinedTable
    assert "none" in str(caught.value)
