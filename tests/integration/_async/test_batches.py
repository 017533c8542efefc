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
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

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
from .shop import AsyncShop, NewProduct

if TYPE_CHECKING:
    from pgrepo.runtime import AsyncDatabase
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
async def shop(database: AsyncDatabase, path: str) -> AsyncShop:
    """The shop, with two products."""
    if path == "unprepared":
        async with database.connection() as connection:
            connection.prepare_threshold = None
    shop = AsyncShop(database)
    for sku in ("a", "b"):
        await shop.products.create_product(sku=sku, price=Decimal(1), tags=[sku])
    return shop


async def assert_whole(database: AsyncDatabase) -> None:
    """The pool's connection is out of any transaction."""
    async with database.connection() as connection:
        assert connection.info.transaction_status == TransactionStatus.IDLE
        assert not connection.closed


async def test_results(shop: AsyncShop) -> None:
    """Each call has the result that it has by itself, and sees what those before it have done."""
    async with shop.batch() as batch:
        found = batch.add(shop.products.product_by_sku, sku="a")
        missing = batch.add(shop.products.product_by_sku, sku="none")
        made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
        changed = batch.add(shop.products.change_stock, sku="c", difference=5)
        stock = batch.add(shop.products.stock_of, sku="c")
        skus = batch.add(shop.products.all_skus)
        like = batch.add(shop.products.products_like, pattern="")
        count = batch.add(shop.products.count_products)
    assert found.result() == await shop.products.product_by_sku(sku="a")
    assert missing.result() is None
    assert made.result().sku == "c"
    assert made.result() is made.result()
    assert (changed.result(), stock.result(), count.result()) == (1, 5, 3)
    assert skus.result() == ["a", "b", "c"] == [product.sku for product in like.result()]
    assert await shop.products.product_by_sku(sku="c") == replace(made.result(), stock=5)


@pytest.mark.parametrize("position", range(4))
async def test_error_in_every_position(
    shop: AsyncShop, database: AsyncDatabase, position: int
) -> None:
    """Leaving the block raises the error; no other call has a result, and nothing is written."""
    pending: list[Pending[Any]] = []
    with pytest.raises(UniqueViolation, match=r"shop\.create_product") as caught:  # noqa: PT012 - the block is the matter
        async with shop.batch() as batch:
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
    assert await shop.products.all_skus() == ["a", "b"]
    await assert_whole(database)


async def test_numbers_of_rows(shop: AsyncShop) -> None:
    """Rows that are missing, or too many, are an error of that call alone."""
    async with shop.batch() as batch:
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


async def test_values_that_do_not_fit(shop: AsyncShop, database: AsyncDatabase) -> None:
    """A value of another type is an error that names it, and the batch is not run."""
    with pytest.raises(DataError, match=r"shop\.change_stock: parameter \$1 \(difference\)"):  # noqa: PT012 - the block is the matter
        async with shop.batch() as batch:
            made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
            batch.add(shop.products.change_stock, sku="a", difference="x")  # type: ignore[arg-type]
            batch.add(shop.products.count_products)
    with pytest.raises(BatchError, match=r"because shop\.change_stock in its batch has failed"):
        made.result()
    assert await shop.products.all_skus() == ["a", "b"]
    await assert_whole(database)


async def test_before_and_after(shop: AsyncShop, database: AsyncDatabase) -> None:
    """There is no result before the end, and nothing can be added after it."""
    async with shop.batch() as batch:
        count = batch.add(shop.products.count_products)
        with pytest.raises(UsageError, match=r"shop\.count_products: there is no result before"):
            count.result()
    assert count.result() == 2
    with pytest.raises(UsageError, match="has ended"):
        batch.add(shop.products.count_products)
    await database.close()
    async with shop.batch():
        pass  # nothing is sent, so nothing need be there


async def test_exception_in_the_block(shop: AsyncShop) -> None:
    """A block that is left by an exception sends nothing."""
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
        async with shop.batch() as batch:
            made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
            raise ZeroDivisionError
    with pytest.raises(BatchError, match="left by an exception, and not sent"):
        made.result()
    assert await shop.products.count_products() == 2


async def test_what_cannot_be_batched(shop: AsyncShop, database: AsyncDatabase) -> None:
    """Each is refused by itself; the rest of the batch is made."""
    async with shop.batch() as batch, shop.transaction() as tx:
        refused: list[tuple[Any, tuple[Any, ...], str]] = [
            (shop.orders.stream_numbers, (), "without stream_"),
            (shop.products.add_products, ([NewProduct("x", Decimal(1), 1)],), "bulk call"),
            (AsyncShop(database.pool).products.count_products, (), "another domain"),
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


async def test_method_of_several_queries(shop: AsyncShop) -> None:
    """A method by hand may make something of one query's answer, and asks no second one."""

    class Stocks(type(shop.products)):  # type: ignore[misc]
        async def doubled(self, *, sku: str) -> int:
            return 2 * (await self.stock_of(sku=sku) or 0)

        async def both(self) -> list[int]:
            return [await self.stock_of(sku=sku) for sku in "ab"]

    await shop.products.change_stock(sku="a", difference=4)
    stocks = Stocks(shop)
    async with shop.batch() as batch:
        doubled = batch.add(stocks.doubled, sku="a")
        both = batch.add(stocks.both)
    assert doubled.result() == 8
    with pytest.raises(UsageError, match=r"shop\.stock_of is only the first query"):
        both.result()


async def test_deferred_constraint(shop: AsyncShop, database: AsyncDatabase) -> None:
    """What fails at COMMIT is an error of the batch, and nothing is written."""
    with pytest.raises(ForeignKeyViolation) as caught:  # noqa: PT012 - the block is the matter
        async with shop.batch() as batch:
            made = batch.add(shop.products.create_product, sku="c", price=Decimal(3))
            batch.add(shop.orders.create_order, product_id=NOWHERE, quantity=1)
    assert caught.value.query is None
    with pytest.raises(BatchError, match="because its batch has failed"):
        made.result()
    assert await shop.products.count_products() == 2
    await assert_whole(database)


async def test_in_a_transaction(shop: AsyncShop) -> None:
    """There a batch belongs to it: its error is one of the transaction, or of a savepoint."""
    async with shop.transaction() as tx:
        async with tx.batch() as batch:
            made = batch.add(tx.products.create_product, sku="c", price=Decimal(3))
        assert made.result().sku == "c"
        assert await shop.products.count_products() == 2
        with pytest.raises(UniqueViolation):  # noqa: PT012 - the block is the matter
            async with tx.transaction() as savepoint, savepoint.batch() as batch:
                batch.add(savepoint.products.create_product, sku="d", price=Decimal(3))
                batch.add(savepoint.products.create_product, sku="a", price=Decimal(3))
        assert await tx.products.all_skus() == ["a", "b", "c"]
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):  # noqa: PT012 - the block is the matter
        async with shop.transaction() as tx:
            with pytest.raises(UniqueViolation):
                async with tx.batch() as batch:
                    batch.add(tx.products.create_product, sku="a", price=Decimal(3))
            await tx.products.count_products()
    assert await shop.products.count_products() == 3


async def test_commit(shop: AsyncShop) -> None:
    """A batch may end its transaction; then nothing is left to do in the block."""
    async with shop.transaction() as tx:
        await tx.products.change_stock(sku="a", difference=1)
        async with tx.batch(commit=True) as batch:
            batch.add(tx.products.change_stock, sku="a", difference=2)
        assert await shop.products.stock_of(sku="a") == 3
        with pytest.raises(UsageError, match="has ended"):
            await tx.products.count_products()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
        async with shop.transaction() as tx:
            async with tx.batch(commit=True) as batch:
                batch.add(tx.products.change_stock, sku="a", difference=4)
            raise ZeroDivisionError
    assert await shop.products.stock_of(sku="a") == 7


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("late", [False, True])
async def test_error_with_commit(shop: AsyncShop, before: bool, late: bool) -> None:
    """Then nothing is committed, and what comes after it is refused, not committed by itself."""
    with pytest.raises((psycopg.errors.InFailedSqlTransaction, UsageError)):  # noqa: PT012 - the block is the matter
        async with shop.transaction() as tx:
            if before:
                await tx.products.change_stock(sku="a", difference=1)
            with pytest.raises((UniqueViolation, ForeignKeyViolation)):  # noqa: PT012 - the block is the matter
                async with tx.batch(commit=True) as batch:
                    batch.add(tx.products.change_stock, sku="a", difference=2)
                    if late:
                        batch.add(tx.orders.create_order, product_id=NOWHERE, quantity=1)
                    else:
                        batch.add(tx.products.create_product, sku="a", price=Decimal(3))
            await tx.products.change_stock(sku="a", difference=4)
    assert await shop.products.stock_of(sku="a") == 0


async def test_commit_of_nothing_that_is_ours(shop: AsyncShop, host: AsyncConnection[Any]) -> None:
    """Outside a block, in a savepoint and on a host's connection there is nothing to end."""
    async with shop.transaction() as tx, tx.transaction() as savepoint:
        for bound in (shop, savepoint, AsyncShop(host)):
            with pytest.raises(UsageError, match="commit=True"):
                async with bound.batch(commit=True) as batch:
                    batch.add(bound.products.count_products)


async def test_connection_of_the_host(shop: AsyncShop, host: AsyncConnection[Any]) -> None:
    """A batch joins the host's transaction, or opens it, and leaves COMMIT to the host."""
    theirs = AsyncShop(host)
    for sku in ("c", "d"):
        async with theirs.batch() as batch:
            batch.add(theirs.products.create_product, sku=sku, price=Decimal(3))
            count = batch.add(theirs.products.count_products)
        assert host.info.transaction_status == TransactionStatus.INTRANS
    assert count.result() == 4
    assert await shop.products.count_products() == 2
    await host.rollback()
    assert await shop.products.count_products() == 2
    await host.set_autocommit(True)
    async with theirs.batch() as batch:
        batch.add(theirs.products.create_product, sku="c", price=Decimal(3))
    assert await shop.products.count_products() == 3
    async with host.pipeline():
        with pytest.raises(UsageError, match="leave the pipeline first"):
            async with theirs.batch() as batch:
                batch.add(theirs.products.count_products)


@pytest.mark.parametrize("autocommit", [False, True])
async def test_pool_of_the_host(shop_url: str, autocommit: bool) -> None:
    """On a host's pool a batch is committed, or rolled back."""
    options = {"autocommit": autocommit}
    async with AsyncConnectionPool(
        shop_url, min_size=1, max_size=1, open=False, kwargs=options
    ) as pool:
        shop = AsyncShop(pool)
        async with shop.batch() as batch:
            batch.add(shop.products.create_product, sku="a", price=Decimal(3))
        with pytest.raises(UniqueViolation):  # noqa: PT012 - the block is the matter
            async with shop.batch() as batch:
                batch.add(shop.products.create_product, sku="b", price=Decimal(3))
                batch.add(shop.products.create_product, sku="a", price=Decimal(3))
        async with pool.connection() as connection:
            assert await AsyncShop(connection).products.all_skus() == ["a"]


async def test_statements_that_are_gone(shop: AsyncShop, database: AsyncDatabase) -> None:
    """Prepared statements that were dropped or outdated are no error outside a transaction."""
    for command in (
        b"SELECT 1",
        b"DEALLOCATE ALL",
        b"ALTER TABLE shop.products ALTER COLUMN sku TYPE varchar; DISCARD PLANS",
    ):
        async with database.connection() as connection:
            connection.pgconn.exec_(command)
        async with shop.batch() as batch:
            changed = batch.add(shop.products.change_stock, sku="a", difference=1)
            skus = batch.add(shop.products.all_skus)
            product = batch.add(shop.products.product_by_sku, sku="b")
        assert changed.result() == 1
        assert skus.result() == ["a", "b"]
        assert product.result() is not None
    assert await shop.products.stock_of(sku="a") == 3


async def test_random_batches(shop: AsyncShop, database: AsyncDatabase) -> None:
    """Whatever is in a batch, it is as if the calls were made one by one in a transaction."""
    chance = random.Random(7)  # noqa: S311 - no secret
    failed = 0
    for _ in range(ROUNDS):
        calls = [random_call(chance) for _ in range(chance.randrange(1, 8))]
        expected = await one_by_one(shop, calls)
        assert await in_a_batch(shop, calls) == expected
        failed += expected != [] and len(expected) < len(calls)
    assert 0 < failed < ROUNDS
    await assert_whole(database)
