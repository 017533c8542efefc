"""Transactions that are run again, and those that must not be."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import OperationalError, SerializationFailure, UniqueViolation, UsageError
from pgrepo.runtime.translate import CommitOutcomeUnknown

from .shop import AsyncShop

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from pgrepo.runtime import AsyncDatabase

# Ends the session that is about to commit, but not those that come later.
DEADLY_COMMIT = """
CREATE SEQUENCE shop.commits;
CREATE FUNCTION shop.end_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('shop.commits') = 1 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deadly AFTER INSERT ON shop.products
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.end_session();
"""


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Does something from outside."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def test_serialization_failure(shop: AsyncShop, shop_url: str) -> None:
    """The whole function is run again, on what the others have left."""
    await shop.products.create_product(sku="a", price=Decimal(1))
    seen: list[int] = []

    async def add_one(tx: AsyncShop) -> int:
        seen.append(await tx.products.stock_that_exists(sku="a"))
        if len(seen) == 1:
            execute(shop_url, "UPDATE shop.products SET stock = 10")
        await tx.products.change_stock(sku="a", difference=1)
        return await tx.products.stock_that_exists(sku="a")

    assert await shop.run(add_one, isolation="repeatable read") == 11
    assert seen == [0, 10]


async def test_lost_connection(shop: AsyncShop, shop_url: str) -> None:
    """A connection that is lost before COMMIT costs a try, and nothing is there twice."""
    calls: list[int] = []

    async def create(tx: AsyncShop) -> None:
        calls.append(await tx.orders.backend())
        await tx.products.create_product(sku=f"p{len(calls)}", price=Decimal(1))
        if len(calls) < 3:
            execute(shop_url, f"SELECT pg_terminate_backend({calls[-1]}, 5000)")
        await tx.products.count_products()

    await shop.run(create)
    assert len(set(calls)) == 3
    assert await shop.products.all_skus() == ["p3"]


async def test_lost_connection_that_nobody_has_noticed(shop: AsyncShop, shop_url: str) -> None:
    """Before COMMIT is sent, it is looked whether there is anybody to hear it."""
    calls: list[int] = []

    async def create(tx: AsyncShop) -> None:
        calls.append(await tx.orders.backend())
        await tx.products.create_product(sku="a", price=Decimal(1))
        if len(calls) == 1:
            execute(shop_url, f"SELECT pg_terminate_backend({calls[-1]}, 5000)")

    await shop.run(create)
    assert len(calls) == 2
    assert await shop.products.all_skus() == ["a"]


async def test_loss_that_the_block_has_swallowed(shop: AsyncShop, shop_url: str) -> None:
    """A block that ends well on a connection that is gone has not committed, and says so."""

    async def swallow() -> None:
        async with shop.transaction() as tx:
            await tx.products.create_product(sku="a", price=Decimal(1))
            execute(shop_url, f"SELECT pg_terminate_backend({await tx.orders.backend()}, 5000)")
            with pytest.raises(psycopg.OperationalError):
                await tx.products.count_products()

    with pytest.raises(OperationalError, match="nothing of it is committed") as caught:
        await swallow()
    assert not isinstance(caught.value, CommitOutcomeUnknown)
    assert await shop.products.count_products() == 0


async def test_commit_of_unknown_outcome(shop: AsyncShop, shop_url: str) -> None:
    """A connection that is lost in COMMIT is reported, and nothing is repeated."""
    execute(shop_url, DEADLY_COMMIT)
    calls: list[None] = []

    async def create(tx: AsyncShop) -> None:
        calls.append(None)
        await tx.products.create_product(sku="a", price=Decimal(1))

    with pytest.raises(CommitOutcomeUnknown, match="is not known") as caught:
        await shop.run(create)
    assert isinstance(caught.value, OperationalError)
    assert len(calls) == 1
    assert await shop.products.count_products() == 0


async def test_asking_whether_it_was_committed(database: AsyncDatabase, shop_url: str) -> None:
    """With somebody to ask, it is run again where the answer is no."""
    execute(shop_url, DEADLY_COMMIT)
    shop, asked = AsyncShop(database), list[bool]()

    async def create(tx: AsyncShop) -> str:
        return (await tx.products.create_product(sku="a", price=Decimal(1))).sku

    async def is_there(tx: AsyncShop) -> bool:
        asked.append(await tx.products.product_by_sku(sku="a") is not None)
        return asked[-1]

    assert await shop.run(create, committed=is_there) == "a"
    assert asked == [False]
    assert await shop.products.all_skus() == ["a"]


async def test_other_errors(shop: AsyncShop) -> None:
    """Whatever else goes wrong is raised at once, and rolled back."""
    calls: list[None] = []

    async def create_twice(tx: AsyncShop) -> None:
        calls.append(None)
        await tx.products.create_product(sku="a", price=Decimal(1))
        await tx.products.create_product(sku="a", price=Decimal(1))

    with pytest.raises(UniqueViolation):
        await shop.run(create_twice)
    assert len(calls) == 1
    assert await shop.products.count_products() == 0


async def fail(connection: AsyncConnection[Any]) -> None:
    """Always gets in somebody's way."""
    await connection.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")


async def test_giving_up(database: AsyncDatabase) -> None:
    """There are so many tries, or so much time, and then the error says how many there were."""
    with pytest.raises(psycopg.errors.SerializationFailure) as caught:
        await database.run(fail, retries=2)
    assert caught.value.__notes__ == ["run() gave up after 3 tries"]
    with pytest.raises(psycopg.errors.SerializationFailure) as caught:
        await database.run(fail, retries=1_000_000, within=0.05)
    assert "1000001 tries" not in caught.value.__notes__[0]
    for wrong in ({"retries": -1}, {"within": 0}):
        with pytest.raises(UsageError, match=r"run\(\) takes"):
            await database.run(fail, **wrong)  # type: ignore[arg-type]


async def test_only_whole_transactions(shop: AsyncShop, host: AsyncConnection[Any]) -> None:
    """Inside a transaction there is nothing that could be run again."""

    async def count(tx: AsyncShop) -> int:
        return await tx.products.count_products()

    async with shop.transaction() as tx:
        with pytest.raises(UsageError, match="whole transactions"):
            await tx.run(count)
    on_host = AsyncShop(host)
    assert await on_host.run(count) == 0
    await on_host.products.count_products()
    with pytest.raises(UsageError, match="whole transactions"):
        await on_host.run(count)


async def test_characteristics(shop: AsyncShop, database: AsyncDatabase) -> None:
    """run() takes what transaction() takes."""

    async def settings(tx: AsyncShop) -> tuple[str, str, str]:
        found = await tx.orders.current_settings()
        return found.isolation, found.read_only, found.deferrable

    found = await shop.run(settings, isolation="serializable", read_only=True, deferrable=True)
    assert found == ("serializable", "on", "on")

    async def isolation(connection: AsyncConnection[Any]) -> Any:
        return await (await connection.execute("SHOW transaction_isolation")).fetchone()

    assert await database.run(isolation, isolation="repeatable read") == ("repeatable read",)


async def test_serialization_failure_at_commit(shop: AsyncShop, shop_url: str) -> None:
    """What PostgreSQL refuses at COMMIT has not happened, and is run again."""
    execute(
        shop_url,
        DEADLY_COMMIT.replace(
            "PERFORM pg_terminate_backend(pg_backend_pid())",
            "RAISE EXCEPTION USING ERRCODE = '40001'",
        ),
    )

    async def create(tx: AsyncShop) -> None:
        await tx.products.create_product(sku="a", price=Decimal(1))

    with pytest.raises(SerializationFailure):
        await shop.run(create, retries=0)
    await shop.run(create)
    assert await shop.products.all_skus() == ["a"]
