"""How often a call, a batch and a transaction wait for the server."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus

from pgrepo import UniqueViolation
from pgrepo.errors import BatchError
from pgrepo.runtime import AsyncDatabase, fast
from pgrepo.runtime.translate import CommitOutcomeUnknown
from tests.proxy import Proxy

from .conftest import rebuild
from .shop import AsyncShop, NewProduct

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Trips:
    """How many round trips a block takes."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self.taken = 0

    def __enter__(self) -> Self:
        self.taken = -self._proxy.trips
        return self

    def __exit__(self, *_: object) -> None:
        self.taken += self._proxy.trips


@pytest.fixture
def shop_url(module_url: str) -> str:
    """The URL of a database with the shop's tables."""
    return rebuild(module_url)


@pytest.fixture(params=["fast", "cursors", "unprepared"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Over the fast path, over psycopg's cursors, and without prepared statements."""
    name: str = request.param
    monkeypatch.setattr(fast, "enabled", name != "cursors")
    return name


@pytest.fixture
def proxy(shop_url: str) -> Iterator[Proxy]:
    """A way to the server that is watched."""
    with Proxy(make_conninfo(shop_url, sslmode="disable", gssencmode="disable")) as proxy:
        yield proxy


@pytest.fixture
def trips(proxy: Proxy) -> Trips:
    """What counts."""
    return Trips(proxy)


@pytest.fixture
async def shop(proxy: Proxy, path: str) -> AsyncIterator[AsyncShop]:
    """The shop at the end of it, on one connection, whose statements are prepared."""
    connect = {"prepare_threshold": None} if path == "unprepared" else {}
    async with AsyncDatabase(proxy.url, max_size=1, connect=connect) as database:
        shop = AsyncShop(database)
        await shop.products.create_product(sku="a", price=Decimal(1))
        await shop.products.count_products()
        await shop.products.all_skus()
        await shop.products.change_stock(sku="a", difference=0)
        yield shop


async def test_batches(shop: AsyncShop, trips: Trips, path: str) -> None:
    """Ten calls are one round trip, prepared or not; none are none; ROLLBACK is another one."""
    with trips:
        await shop.products.count_products()
    assert trips.taken == 1
    with trips:
        async with shop.batch() as batch:
            for number in range(5):
                batch.add(shop.products.count_products)
                batch.add(shop.orders.numbers, count=number)
    # psycopg sends a pipeline in pieces, and the server may answer one before the next goes.
    assert trips.taken in ({1} if path == "fast" else {1, 2, 3})
    with trips:
        async with shop.batch():
            pass
    assert trips.taken == 0
    with trips, pytest.raises(UniqueViolation):  # noqa: PT012 - the block is the matter
        async with shop.batch() as batch:
            batch.add(shop.products.count_products)
            batch.add(shop.products.create_product, sku="a", price=Decimal(1))
    # psycopg drops its statements after ROLLBACK.
    assert trips.taken in ({2} if path == "fast" else {2, 3, 4})


async def test_transactions(shop: AsyncShop, trips: Trips) -> None:
    """BEGIN goes with the first statement, and COMMIT with a batch that ends the block."""
    with trips:
        async with shop.transaction():
            pass
    assert trips.taken == 0
    with trips:
        async with shop.transaction(isolation="serializable") as tx:
            for _ in range(3):
                await tx.products.change_stock(sku="a", difference=1)
    assert trips.taken == 4
    with trips:
        async with shop.transaction() as tx:
            await tx.products.count_products()
            async with tx.batch(commit=True) as batch:
                batch.add(tx.products.change_stock, sku="a", difference=1)
                batch.add(tx.products.change_stock, sku="a", difference=1)
    assert trips.taken == 2
    with trips:
        async with shop.transaction() as tx, tx.batch(commit=True) as batch:
            batch.add(tx.products.change_stock, sku="a", difference=1)
    assert trips.taken == 1
    assert await shop.products.stock_of(sku="a") == 6


async def test_what_begins_alone(shop: AsyncShop, trips: Trips) -> None:
    """Savepoints, streams and bulk calls have BEGIN sent before them."""
    with trips:
        async with shop.transaction() as tx, tx.transaction() as savepoint:
            await savepoint.products.count_products()
    assert trips.taken == 5
    async with shop.transaction() as tx:
        assert await tx.products.add_products([NewProduct("b", Decimal(1), 1)]) == 1
        raise psycopg.Rollback
    async with shop.transaction() as tx:
        assert len([row async for row in tx.orders.stream_numbers(count=700)]) == 700
        assert await tx.products.all_skus() == ["a"]
    assert await shop.products.all_skus() == ["a"]


async def test_connection_that_is_seen(proxy: Proxy, trips: Trips, path: str) -> None:
    """Whoever has the connection in hand finds it in a transaction, so BEGIN is not put off."""
    del path
    async with AsyncDatabase(proxy.url, max_size=1) as database:
        async with database.connection():
            pass  # it is there now
        with trips:
            async with database.transaction() as connection:
                assert connection.info.transaction_status == TransactionStatus.INTRANS
                assert trips.taken + proxy.trips == 1
    async with (
        await AsyncConnection.connect(proxy.url, autocommit=True) as host,
        AsyncShop(host).transaction(),
    ):
        assert host.info.transaction_status == TransactionStatus.INTRANS


async def test_errors_of_the_first_statement(shop: AsyncShop) -> None:
    """After one the transaction has failed as ever, and nothing goes on without it."""
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):  # noqa: PT012 - the block is the matter
        async with shop.transaction() as tx:
            with pytest.raises(UniqueViolation, match=r"shop\.create_product"):
                await tx.products.create_product(sku="a", price=Decimal(1))
            await tx.products.change_stock(sku="a", difference=1)
    async with shop.transaction() as tx:
        with pytest.raises(psycopg.DataError, match="difference"):
            await tx.products.change_stock(sku="a", difference="x")  # type: ignore[arg-type]
        await tx.products.change_stock(sku="a", difference=2)
        assert await shop_stock(tx) == 2
        raise psycopg.Rollback
    assert await shop_stock(shop) == 0


async def shop_stock(shop: AsyncShop) -> int | None:
    """How many there are."""
    return await shop.products.stock_of(sku="a")


async def test_characteristics(shop: AsyncShop) -> None:
    """They go along with BEGIN, and so do those of the connection."""
    options: dict[str, Any] = {"isolation": "serializable", "read_only": True, "deferrable": True}
    async with shop.transaction(**options) as tx:
        shown = await tx.orders.current_settings()
    assert (shown.isolation, shown.read_only, shown.deferrable) == ("serializable", "on", "on")


async def test_statements_that_are_gone(shop: AsyncShop, path: str) -> None:
    """Where the first statement has to be prepared anew, nothing is lost by beginning anew."""
    del path
    for _ in range(2):
        async with shop.transaction() as tx:
            await tx.products.change_stock(sku="a", difference=1)
            # What psycopg does not see: a session that forgets its statements.
            async with tx._source.connection() as connection:
                connection.pgconn.exec_(b"DEALLOCATE ALL")
    assert await shop_stock(shop) == 2


async def test_lost_answer_to_commit(shop: AsyncShop, proxy: Proxy) -> None:
    """Whether a batch was committed is not known then; it is said, and nothing is repeated."""
    for within in (False, True):
        proxy.lose_answer_to(b"COMMIT")
        with pytest.raises(CommitOutcomeUnknown):  # noqa: PT012 - the block is the matter
            async with AsyncExitStack() as stack:
                bound = await stack.enter_async_context(shop.transaction()) if within else shop
                if within:
                    await bound.products.count_products()
                async with bound.batch(commit=within) as batch:
                    changed = batch.add(bound.products.change_stock, sku="a", difference=1)
        with pytest.raises(BatchError):
            changed.result()
    assert await shop_stock(shop) in {0, 1, 2}


async def test_long_batch(proxy: Proxy, path: str) -> None:
    """A batch may take longer than one statement may, and each statement no longer than that."""
    del path
    async with AsyncDatabase(proxy.url, max_size=1, statement_timeout=0.4) as database:
        shop = AsyncShop(database)
        async with shop.batch() as batch:
            calls = [batch.add(shop.orders.sleep, seconds=0.25) for _ in range(5)]
        assert [call.result() for call in calls] == [1] * 5
        with pytest.raises(psycopg.errors.QueryCanceled):  # noqa: PT012 - the block is the matter
            async with shop.batch() as batch:
                batch.add(shop.orders.sleep, seconds=60)
                batch.add(shop.orders.backend)
