"""The kinds of call, and what they return."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pgrepo import NoRowError, TooManyRowsError
from pgrepo.runtime.translate import DataError

from .shop import Attributes, Number, Product

if TYPE_CHECKING:
    from pgrepo.runtime import AsyncDatabase

    from .shop import AsyncShop


async def test_row_is_typed_to_the_last_column(shop: AsyncShop) -> None:
    """A row comes back as its dataclass: JSON as its class, an enum as str, an array as list."""
    attributes = Attributes(color="red", sizes=[1, 2])
    created = await shop.products.create_product(
        sku="a", price=Decimal("9.90"), attributes=attributes, tags=["x", "y z"], status="live"
    )
    assert isinstance(created, Product)
    assert isinstance(created.id, UUID)
    assert isinstance(created.created_at, datetime)
    assert created.created_at.tzinfo is not None
    assert created.attributes == attributes
    assert (created.sku, created.price, created.stock) == ("a", Decimal("9.90"), 0)
    assert (created.tags, created.status) == (["x", "y z"], "live")
    assert await shop.products.product_by_sku(sku="a") == created


async def test_many_rows_are_a_list(shop: AsyncShop) -> None:
    """A query of many rows returns them in its order, or an empty list; % is just %."""
    for sku in ("b2", "b1", "c"):
        await shop.products.create_product(sku=sku, price=Decimal(1))
    assert [row.sku for row in await shop.products.products_like(pattern="b")] == ["b1", "b2"]
    assert await shop.products.products_like(pattern="nothing") == []


async def test_one_row_or_none(shop: AsyncShop) -> None:
    """Where zero rows are possible the answer is None; where a row is promised, an error."""
    assert await shop.products.product_by_sku(sku="none") is None
    with pytest.raises(NoRowError, match=r"shop\.product_by_sku returned no row"):
        await shop.products.product_that_exists(sku="none")


async def test_more_rows_than_promised(shop: AsyncShop) -> None:
    """Two rows from a query of one are an error, not the first of them."""
    for sku in ("a", "b"):
        await shop.products.create_product(sku=sku, price=Decimal(1))
    with pytest.raises(TooManyRowsError, match=r"shop\.any_product returned 2 rows"):
        await shop.products.any_product()


async def test_values(shop: AsyncShop) -> None:
    """A value query returns the bare value, None for no row, an error where a row is promised."""
    assert await shop.products.count_products() == 0
    assert await shop.products.stock_of(sku="a") is None
    with pytest.raises(NoRowError, match="stock_of"):
        await shop.products.stock_that_exists(sku="a")
    await shop.products.create_product(sku="a", price=Decimal(1))
    assert await shop.products.stock_that_exists(sku="a") == 0
    assert await shop.products.all_skus() == ["a"]


async def test_affected_rows(shop: AsyncShop) -> None:
    """A statement without result returns how many rows it affected."""
    await shop.products.create_product(sku="a", price=Decimal(1))
    assert await shop.products.change_stock(sku="a", difference=5) == 1
    assert await shop.products.change_stock(sku="none", difference=5) == 0
    assert await shop.products.stock_of(sku="a") == 5


async def test_a_call_commits_by_itself(shop: AsyncShop, database: AsyncDatabase) -> None:
    """What one call wrote, another connection sees at once."""
    async with database.connection() as other:
        await shop.products.create_product(sku="a", price=Decimal(1))
        cursor = await other.execute("SELECT sku FROM shop.products")
        assert await cursor.fetchone() == ("a",)


async def test_one_prepared_statement_whatever_the_values(database: AsyncDatabase) -> None:
    """A query is prepared once, under its label, with the generated types: NULL and 70000 too."""
    from .shop import AsyncShop  # noqa: PLC0415 - the class itself, on one connection

    async with database.connection() as connection:
        shop = AsyncShop(connection)
        for difference in (1, 70_000, -5, True):
            await shop.products.change_stock(sku="a", difference=difference)
        await shop.products.change_stock(sku=None, difference=None)  # type: ignore[arg-type]
        cursor = await connection.execute(
            "SELECT statement, parameter_types::text[] FROM pg_prepared_statements "
            "WHERE statement LIKE '%change_stock%'"
        )
        [(text, types)] = await cursor.fetchall()
    assert text.startswith("/* shop.change_stock */ UPDATE")
    assert types == ["integer", "text"]


async def test_json_of_another_shape(shop: AsyncShop, database: AsyncDatabase) -> None:
    """JSON that does not fit its Python type is an error that names the column."""
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO shop.products (sku, price, attributes) VALUES ('a', 1, '{\"sizes\": 5}')"
        )
    with pytest.raises(
        DataError, match=r"shop\.product_by_sku: column attributes: its JSON .*sizes"
    ):
        await shop.products.product_by_sku(sku="a")


async def test_many_rows_of_one_column(shop: AsyncShop) -> None:
    """One column is a row all the same."""
    assert await shop.orders.numbers(count=3) == [Number(1), Number(2), Number(3)]
