# Derived from tests/integration/_async/test_batches.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""Calls that are made together: the same answers, and errors where they belong."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from pgrepo import (
    DataError,
    ForeignKeyViolation,
    NoRowError,
    PgrepoError,
    TooManyRowsError,
    UniqueViolation,
    UsageError,
)
from pgrepo.errors import BatchError
from pgrepo.runtime import fast

from .conftest import rebuild
from .random_batches import in_a_batch, one_by_one, random_call
from .shop import NewProduct, Shop

if TYPE_CHECKING:
    from pgrepo.runtime import Database
    from pgrepo.runtime.batches import Pending

NOWHERE = UUID(int=0)
ROUNDS = int(os.environ.get("PGREPO_BATCHES", "250"))
"""How many random batches there are, in each flavour and on each path."""


@pytest.fixture
def shop_url(module_url: str) -> str:
    """The URL of a database with the shop's tables."""
    return rebuild(module_url)


@pytest.fixture(params=["fast", "cursors", "unprepared"], autouse=True)
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Over the fast path, over psycopg's cursors, and without prepared statements."""
    name: str = request.param
    monkeypatch.setattr(fast, "enabled", name != "cursors")
    return name


@pytest.fixture
def shop(database: Database, path: str) -> Shop:
    """The shop, with two products."""
    if path == "unprepared":
        with database.connection() as connection:
            connection.prepare_threshold = None
    shop = Shop(database)
    for sku in ("a", "b"):
        shop.products.create_product(sku=sku, price=Decimal(1), tags=[sku])
    return shop


def assert_whole(database: Database) -> None:
    """The pool's connection is out of any transaction."""
    with database.connection() as connection:
        assert connection.info.transaction_status == TransactionStatus.IDLE
        assert not connection.closed


def test_results(shop: Shop) -> None:
    """Each call has the result that it has by itself, and sees what those before it have done."""
    with shop.batch() as batch:
        found = batch.add(shop.products.product_by_sku, sku="a")
        missing = batch.add(shop.products.product_by_sku, sku="none")
        made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
        changed = batch.add(shop.products.change_stock, sku="c", difference=5)
        stock = batch.add(shop.products.stock_of, sku="c")
        skus = batch.add(shop.products.all_skus)
        like = batch.add(shop.products.products_like, pattern="")
        count = batch.add(shop.products.count_products)
    assert found.result() == shop.products.product_by_sku(sku="a")
    assert missing.result() is None
    assert made.result().sku == "c"
    assert made.result() is made.result()
    assert (changed.result(), stock.result(), count.result()) == (1, 5, 3)
    assert skus.result() == ["a", "b", "c"] == [product.sku for product in like.result()]
    assert shop.products.product_by_sku(sku="c") == replace(made.result(), stock=5)


@pytest.mark.parametrize("position", range(4))
def test_error_in_every_position(shop: Shop, database: Database, position: int) -> None:
    """Leaving the block raises the error; no other call has a result, and nothing is written."""
    pending: list[Pending[Any]] = []
    with pytest.raises(UniqueViolation, match=r"shop\.create_product") as caught:  # noqa: PT012 - the block is the matter
        with shop.batch() as batch:
            for number in range(4):
                sku = "a" if number == position else f"new{number}"
                pending.append(
                    batch.add(shop.products.create_product, sku=sku, price=Decimal(number))
                )
    assert caught.value.constraint == "products_sku_key"
    for number, call in enumerate(pending):
        expected = UniqueViolation if number == position else BatchError
        with pytest.raises(expected) as found:
            call.result()
        assert caught.value in {found.value, found.value.__cause__}
    assert shop.products.all_skus() == ["a", "b"]
    assert_whole(database)


def test_numbers_of_rows(shop: Shop) -> None:
    """Rows that are missing, or too many, are an error of that call alone."""
    with shop.batch() as batch:
        made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
        none = batch.add(shop.products.product_that_exists, sku="none")
        value = batch.add(shop.products.stock_that_exists, sku="none")
        many = batch.add(shop.products.any_product)
    for call, error in ((none, NoRowError), (value, NoRowError), (many, TooManyRowsError)):
        for _ in range(2):
            with pytest.raises(PgrepoError) as caught:
                call.result()
            assert type(caught.value) is error
    assert made.result().sku == "c"


def test_values_that_do_not_fit(shop: Shop, database: Database) -> None:
    """A value of another type is an error that names it, and the batch is not run."""
    with pytest.raises(DataError, match=r"shop\.change_stock: parameter \$1 \(difference\)"):  # noqa: PT012 - the block is the matter
        with shop.batch() as batch:
            made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
            batch.add(shop.products.change_stock, sku="a", difference="x")  # type: ignore[arg-type]
            batch.add(shop.products.count_products)
    with pytest.raises(BatchError, match=r"because shop\.change_stock in its batch has failed"):
        made.result()
    assert shop.products.all_skus() == ["a", "b"]
    assert_whole(database)


def test_before_and_after(shop: Shop, database: Database) -> None:
    """There is no result before the end, and nothing can be added after it."""
    with shop.batch() as batch:
        count = batch.add(shop.products.count_products)
        with pytest.raises(UsageError, match=r"shop\.count_products: there is no result before"):
            count.result()
    assert count.result() == 2
    with pytest.raises(UsageError, match="has ended"):
        batch.add(shop.products.count_products)
    database.close()
    with shop.batch():
        pass  # nothing is sent, so nothing need be there


def test_exception_in_the_block(shop: Shop) -> None:
    """A block that is left by an exception sends nothing."""
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
        with shop.batch() as batch:
            made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
            raise ZeroDivisionError
    with pytest.raises(BatchError, match="left by an exception, and not sent"):
        made.result()
    assert shop.products.count_products() == 2


def test_what_cannot_be_batched(shop: Shop, database: Database) -> None:
    """Each is refused by itself; the rest of the batch is made."""
    with shop.batch() as batch, shop.transaction() as tx:
        refused: list[tuple[Any, tuple[Any, ...], str]] = [
            (shop.orders.stream_numbers, (), "without stream_"),
            (shop.products.add_products, ([NewProduct("x", Decimal(1), 1)],), "bulk call"),
            (Shop(database.pool).products.count_products, (), "another domain"),
            (tx.products.count_products, (), "another transaction"),
            (len, ("x",), "takes a method of a repository"),
            (shop.transaction, (), "takes a method of a repository"),
        ]
        for method, arguments, message in refused:
            options = {"count": 3} if "stream" in message else {}
            with pytest.raises(UsageError, match=message):
                batch.add(method, *arguments, **options)
        with pytest.raises(TypeError):
            batch.add(shop.products.stock_of)  # type: ignore[call-arg]
        count = batch.add(shop.products.count_products)
    assert count.result() == 2


def test_method_of_several_queries(shop: Shop) -> None:
    """A method by hand may make something of one query's answer, and asks no second one."""

    class Stocks(type(shop.products)):  # type: ignore[misc]
        def doubled(self, *, sku: str) -> int:
            return 2 * (self.stock_of(sku=sku) or 0)

        def both(self) -> list[int]:
            return [self.stock_of(sku=sku) for sku in "ab"]

    shop.products.change_stock(sku="a", difference=4)
    stocks = Stocks(shop)
    with shop.batch() as batch:
        doubled = batch.add(stocks.doubled, sku="a")
        both = batch.add(stocks.both)
    assert doubled.result() == 8
    with pytest.raises(UsageError, match=r"shop\.stock_of is only the first query"):
        both.result()


def test_deferred_constraint(shop: Shop, database: Database) -> None:
    """What fails at COMMIT is an error of the batch, and nothing is written."""
    with pytest.raises(ForeignKeyViolation) as caught:  # noqa: PT012 - the block is the matter
        with shop.batch() as batch:
            made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
            batch.add(shop.orders.create_order, product_id=NOWHERE, quantity=1)
    assert caught.value.query is None
    with pytest.raises(BatchError, match="because its batch has failed"):
        made.result()
    assert shop.products.count_products() == 2
    assert_whole(database)


def test_in_a_transaction(shop: Shop) -> None:
    """There a batch belongs to it: its error is one of the transaction, or of a savepoint."""
    with shop.transaction() as tx:
        with tx.batch() as batch:
            made = batch.add(tx.products.create_product, sku="c", price=Decimal(3))
        assert made.result().sku == "c"
        assert shop.products.count_products() == 2
        with pytest.raises(UniqueViolation):  # noqa: PT012 - the block is the matter
            with tx.transaction() as savepoint, savepoint.batch() as batch:
                batch.add(savepoint.products.create_product, sku="d", price=Decimal(3))
                batch.add(savepoint.products.create_product, sku="a", price=Decimal(3))
        assert tx.products.all_skus() == ["a", "b", "c"]
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):  # noqa: PT012 - the block is the matter
        with shop.transaction() as tx:
            with pytest.raises(UniqueViolation):
                with tx.batch() as batch:
                    batch.add(tx.products.create_product, sku="a", price=Decimal(3))
            tx.products.count_products()
    assert shop.products.count_products() == 3


def test_commit(shop: Shop) -> None:
    """A batch may end its transaction; then nothing is left to do in the block."""
    with shop.transaction() as tx:
        tx.products.change_stock(sku="a", difference=1)
        with tx.batch(commit=True) as batch:
            batch.add(tx.products.change_stock, sku="a", difference=2)
        assert shop.products.stock_of(sku="a") == 3
        with pytest.raises(UsageError, match="has ended"):
            tx.products.count_products()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
        with shop.transaction() as tx:
            with tx.batch(commit=True) as batch:
                batch.add(tx.products.change_stock, sku="a", difference=4)
            raise ZeroDivisionError
    assert shop.products.stock_of(sku="a") == 7


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_error_with_commit(shop: Shop, before: bool, late: bool) -> None:
    """Then nothing is committed, and what comes after it is refused, not committed by itself."""
    with pytest.raises((psycopg.errors.InFailedSqlTransaction, UsageError)):  # noqa: PT012 - the block is the matter
        with shop.transaction() as tx:
            if before:
                tx.products.change_stock(sku="a", difference=1)
            with pytest.raises((UniqueViolation, ForeignKeyViolation)):  # noqa: PT012 - the block is the matter
                with tx.batch(commit=True) as batch:
                    batch.add(tx.products.change_stock, sku="a", difference=2)
                    if late:
                        batch.add(tx.orders.create_order, product_id=NOWHERE, quantity=1)
                    else:
                        batch.add(tx.products.create_product, sku="a", price=Decimal(3))
            tx.products.change_stock(sku="a", difference=4)
    assert shop.products.stock_of(sku="a") == 0


def test_commit_of_nothing_that_is_ours(shop: Shop, host: Connection[Any]) -> None:
    """Outside a block, in a savepoint and on a host's connection there is nothing to end."""
    with shop.transaction() as tx, tx.transaction() as savepoint:
        for bound in (shop, savepoint, Shop(host)):
            with pytest.raises(UsageError, match="commit=True"):
                with bound.batch(commit=True) as batch:
                    batch.add(bound.products.count_products)


def test_connection_of_the_host(shop: Shop, host: Connection[Any]) -> None:
    """A batch joins the host's transaction, or opens it, and leaves COMMIT to the host."""
    theirs = Shop(host)
    for sku in ("c", "d"):
        with theirs.batch() as batch:
            batch.add(theirs.products.create_product, sku=sku, price=Decimal(3))
            count = batch.add(theirs.products.count_products)
        assert host.info.transaction_status == TransactionStatus.INTRANS
    assert count.result() == 4
    assert shop.products.count_products() == 2
    host.rollback()
    assert shop.products.count_products() == 2
    host.set_autocommit(True)
    with theirs.batch() as batch:
        batch.add(theirs.products.create_product, sku="c", price=Decimal(3))
    assert shop.products.count_products() == 3
    with host.pipeline():
        with pytest.raises(UsageError, match="leave the pipeline first"):
            with theirs.batch() as batch:
                batch.add(theirs.products.count_products)


@pytest.mark.parametrize("autocommit", [False, True])
def test_pool_of_the_host(shop_url: str, autocommit: bool) -> None:
    """On a host's pool a batch is committed, or rolled back."""
    options = {"autocommit": autocommit}
    with ConnectionPool(shop_url, min_size=1, max_size=1, open=False, kwargs=options) as pool:
        shop = Shop(pool)
        with shop.batch() as batch:
            batch.add(shop.products.create_product, sku="a", price=Decimal(3))
        with pytest.raises(UniqueViolation):  # noqa: PT012 - the block is the matter
            with shop.batch() as batch:
                batch.add(shop.products.create_product, sku="b", price=Decimal(3))
                batch.add(shop.products.create_product, sku="a", price=Decimal(3))
        with pool.connection() as connection:
            assert Shop(connection).products.all_skus() == ["a"]


def test_statements_that_are_gone(shop: Shop, database: Database) -> None:
    """Prepared statements that were dropped or outdated are no error outside a transaction."""
    for command in (
        b"SELECT 1",
        b"DEALLOCATE ALL",
        b"ALTER TABLE shop.products ALTER COLUMN sku TYPE varchar; DISCARD PLANS",
    ):
        with database.connection() as connection:
            connection.pgconn.exec_(command)
        with shop.batch() as batch:
            changed = batch.add(shop.products.change_stock, sku="a", difference=1)
            skus = batch.add(shop.products.all_skus)
            product = batch.add(shop.products.product_by_sku, sku="b")
        assert changed.result() == 1
        assert skus.result() == ["a", "b"]
        assert product.result() is not None
    assert shop.products.stock_of(sku="a") == 3


def test_random_batches(shop: Shop, database: Database) -> None:
    """Whatever is in a batch, it is as if the calls were made one by one in a transaction."""
    chance = random.Random(7)  # noqa: S311 - no secret
    failed = 0
    for _ in range(ROUNDS):
        calls = [random_call(chance) for _ in range(chance.randrange(1, 8))]
        expected = one_by_one(shop, calls)
        assert in_a_batch(shop, calls) == expected
        failed += expected != [] and len(expected) < len(calls)
    assert 0 < failed < ROUNDS
    assert_whole(database)
