# Derived from tests/integration/_async/test_calls.py by tools/async_to_sync.py: do not edit.
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
    from pgrepo.runtime import Database

    from .shop import Shop


def test_row_is_typed_to_the_last_column(shop: Shop) -> None:
    """A row comes back as its dataclass: JSON as its class, an enum as str, an array as list."""
    attributes = Attributes(color="red", sizes=[1, 2])
    created = shop.products.create_product(
        sku="a", price=Decimal("9.90"), attributes=attributes, tags=["x", "y z"], status="live"
    )
    assert isinstance(created, Product)
    assert isinstance(created.id, UUID)
    assert isinstance(created.created_at, datetime)
    assert created.created_at.tzinfo is not None
    assert created.attributes == attributes
    assert (created.sku, created.price, created.stock) == ("a", Decimal("9.90"), 0)
    assert (created.tags, created.status) == (["x", "y z"], "live")
    assert shop.products.product_by_sku(sku="a") == created


def test_many_rows_are_a_list(shop: Shop) -> None:
    """A query of many rows returns them in its order, or an empty list; % is just %."""
    for sku in ("b2", "b1", "c"):
        shop.products.create_product(sku=sku, price=Decimal(1))
    assert [row.sku for row in shop.products.products_like(pattern="b")] == ["b1", "b2"]
    assert shop.products.products_like(pattern="nothing") == []


def test_one_row_or_none(shop: Shop) -> None:
    """Where zero rows are possible the answer is None; where a row is promised, an error."""
    assert shop.products.product_by_sku(sku="none") is None
    with pytest.raises(NoRowError, match=r"shop\.product_by_sku returned no row"):
        shop.products.product_that_exists(sku="none")


def test_more_rows_than_promised(shop: Shop) -> None:
    """Two rows from a query of one are an error, not the first of them."""
    for sku in ("a", "b"):
        shop.products.create_product(sku=sku, price=Decimal(1))
    with pytest.raises(TooManyRowsError, match=r"shop\.any_product returned 2 rows"):
        shop.products.any_product()


def test_values(shop: Shop) -> None:
    """A value query returns the bare value, None for no row, an error where a row is promised."""
    assert shop.products.count_products() == 0
    assert shop.products.stock_of(sku="a") is None
    with pytest.raises(NoRowError, match="stock_of"):
        shop.products.stock_that_exists(sku="a")
    shop.products.create_product(sku="a", price=Decimal(1))
    assert shop.products.stock_that_exists(sku="a") == 0
    assert shop.products.all_skus() == ["a"]


def test_affected_rows(shop: Shop) -> None:
    """A statement without result returns how many rows it affected."""
    shop.products.create_product(sku="a", price=Decimal(1))
    assert shop.products.change_stock(sku="a", difference=5) == 1
    assert shop.products.change_stock(sku="none", difference=5) == 0
    assert shop.products.stock_of(sku="a") == 5


def test_a_call_commits_by_itself(shop: Shop, database: Database) -> None:
    """What one call wrote, another connection sees at once."""
    with database.connection() as other:
        shop.products.create_product(sku="a", price=Decimal(1))
        cursor = other.execute("SELECT sku FROM shop.products")
        assert cursor.fetchone() == ("a",)


def test_one_prepared_statement_whatever_the_values(database: Database) -> None:
    """A query is prepared once, under its label, with the generated types: NULL and 70000 too."""
    from .shop import Shop  # noqa: PLC0415 - the class itself, on one connection

    with database.connection() as connection:
        shop = Shop(connection)
        for difference in (1, 70_000, -5, True):
            shop.products.change_stock(sku="a", difference=difference)
        shop.products.change_stock(sku=None, difference=None)  # type: ignore[arg-type]
        cursor = connection.execute(
            "SELECT statement, parameter_types::text[] FROM pg_prepared_statements "
            "WHERE statement LIKE '%change_stock%'"
        )
        [(text, types)] = cursor.fetchall()
    assert text.startswith("/* shop.change_stock */ UPDATE")
    assert types == ["integer", "text"]


def test_json_of_another_shape(shop: Shop, database: Database) -> None:
    """JSON that does not fit its Python type is an error that names the column."""
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO shop.products (sku, price, attributes) VALUES ('a', 1, '{\"sizes\": 5}')"
        )
    with pytest.raises(
        DataError, match=r"shop\.product_by_sku: column attributes: its JSON .*sizes"
    ):
        shop.products.product_by_sku(sku="a")


def test_many_rows_of_one_column(shop: Shop) -> None:
    """One column is a row all the same."""
    assert shop.orders.numbers(count=3) == [Number(1), Number(2), Number(3)]
