"""Calls of every kind of a domain, on every way to the server."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import AsyncDatabase, DatabaseError, UniqueViolation
from tests.faults.echo._async.domain import AsyncEcho
from tests.integration._async.shop import AsyncShop, NewProduct, Sku

from .questions import EVERY, UNLESS_POOLED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from psycopg import AsyncConnection

_SCHEMA = Path(__file__).parents[2] / "runtime" / "schema.sql"


@pytest.fixture
async def database(
    connection: AsyncConnection[Any], where: dict[str, Any]
) -> AsyncIterator[AsyncDatabase]:
    """A pool, the tables of the shop, and the one of the echo."""
    await connection.execute("DROP SCHEMA IF EXISTS shop CASCADE")
    await connection.execute(_SCHEMA.read_bytes())
    await connection.execute("CREATE TABLE marks (question text NOT NULL)")
    connect = dict(where)
    async with AsyncDatabase(connect.pop("conninfo"), max_size=3, connect=connect) as database:
        yield database


@EVERY
async def test_calls(database: AsyncDatabase) -> None:
    """One row, some, none, a value, a number of rows: alone, and in a transaction."""
    shop = AsyncShop(database)
    for sku in ("a", "b"):
        product = await shop.products.create_product(
            sku=sku, price=Decimal("1.50"), tags=["x"], status="live"
        )
        assert (product.sku, product.price, product.tags) == (sku, Decimal("1.50"), ["x"])
    with pytest.raises(UniqueViolation):
        await shop.products.create_product(sku="a", price=Decimal(1))
    async with shop.transaction(isolation="serializable") as tx:
        assert (await tx.orders.current_settings()).isolation == "serializable"
        assert await tx.products.change_stock(sku="a", difference=3) == 1
        assert await tx.products.stock_of(sku="a") == 3
        assert await shop.products.stock_of(sku="a") == 0
        assert await tx.products.change_stock(sku="none", difference=3) == 0
        assert await tx.products.product_by_sku(sku="none") is None
    assert [found.sku for found in await shop.products.products_like(pattern="%")] == ["a", "b"]
    assert await shop.products.stock_of(sku="a") == 3


@EVERY
async def test_many_rows(database: AsyncDatabase) -> None:
    """COPY, statements in batches, and what is read page by page."""
    shop = AsyncShop(database)
    rows = [NewProduct(f"sku-{number:04}", Decimal(number), number) for number in range(1200)]
    assert await shop.products.add_products(rows) == 1200
    with pytest.raises(UniqueViolation):
        await shop.products.add_products([NewProduct("new", Decimal(1), 1), rows[7]])
    changed = [NewProduct(row.sku, row.price, -1) for row in rows[:300]]
    assert await shop.products.upsert_products(changed) == 300
    assert await shop.products.stock_of(sku="sku-0299") == -1
    assert await shop.products.stock_of(sku="sku-0300") == 300
    assert await shop.products.remove_products([Sku(row.sku) for row in rows[1:]]) == 1199
    assert await shop.products.all_skus() == ["sku-0000"]
    async with shop.orders.stream_numbers(count=1100) as numbers:
        assert await shop.products.count_products() == 1
        assert [row.number async for row in numbers] == list(range(1, 1101))


@EVERY
async def test_scopes(database: AsyncDatabase) -> None:
    """What a scope sets is there for its calls, and for no other."""
    echo = AsyncEcho(database)
    for caller in ("ada", "bob") * 3:
        answer = await echo.for_caller(caller=caller).calls.answer(question="who?", seconds=0)
        assert (answer.question, answer.caller) == ("who?", caller)
        assert not (await echo.calls.answer(question="who?", seconds=0)).caller
    async with echo.for_caller(caller="ada").transaction() as tx:
        for _ in range(3):
            assert await tx.calls.mark(question="mine") == "mine"
            assert (await tx.calls.answer(question="who?", seconds=0)).caller == "ada"
            assert not (await echo.calls.answer(question="who?", seconds=0)).caller
    parts = echo.for_caller(caller="bob").calls.stream_answers(question="on", count=700)
    assert [part.number async for part in parts] == list(range(1, 701))


@UNLESS_POOLED
async def test_changed_table_in_a_scope(
    database: AsyncDatabase, connection: AsyncConnection[Any]
) -> None:
    """A statement whose column has changed its type runs in a scope all the same."""
    scoped = AsyncEcho(database).for_caller(caller="ada")
    for kind in ("varchar", "text"):
        assert await scoped.calls.mark(question=kind) == kind
        await connection.execute(f"ALTER TABLE marks ALTER COLUMN question TYPE {kind}".encode())
        for number in range(3):
            assert await scoped.calls.mark(question=f"{kind} {number}") == f"{kind} {number}"


@EVERY
async def test_session_that_ends_before_a_commit(database: AsyncDatabase) -> None:
    """Whether it is noticed before COMMIT is sent or after, it is a lost connection."""
    shop = AsyncShop(database)
    with pytest.raises(psycopg.OperationalError) as caught:  # noqa: PT012 - the block is the matter
        async with shop.transaction() as tx:
            await tx.products.add_products([NewProduct("lost", Decimal(1), 0)])
            await shop.orders.kill(pid=await tx.orders.backend())
    assert isinstance(caught.value, DatabaseError)
    assert await shop.products.count_products() == 0
