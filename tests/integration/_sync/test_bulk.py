# Derived from tests/integration/_async/test_bulk.py by tools/async_to_sync.py: do not edit.
"""Bulk calls: COPY and batches."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo import CheckViolation, NotNullViolation, UniqueViolation, UsageError
from pgrepo.runtime.translate import DataError, InvalidTextRepresentation

from .shop import NewProduct, NewStatus, Shop, Sku

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.runtime import Database

    from .shop import Products

Add = Callable[["Products", Any], Any]


def copy(products: Products, rows: Any) -> Any:
    """Goes through COPY."""
    return products.add_products(rows)


def batches(products: Products, rows: Any) -> Any:
    """Goes through batches of the statement."""
    return products.upsert_products(rows)


both = pytest.mark.parametrize("add", [copy, batches])


def rows(count: int) -> Iterator[NewProduct]:
    """Yields rows, one at a time."""
    for number in range(count):
        yield NewProduct(f"sku-{number:05}", Decimal(number), number)


@both
@pytest.mark.parametrize("count", [1, 2, 1000, 2500])
def test_rows_arrive(shop: Shop, add: Add, count: int) -> None:
    """All rows of any iterable arrive, and their number is returned."""
    assert add(shop.products, rows(count)) == count
    assert shop.products.count_products() == count
    assert shop.products.stock_of(sku=f"sku-{count - 1:05}") == count - 1


@both
@pytest.mark.parametrize("nothing", [[], (), iter(()), rows(0)])
def test_no_rows(database: Database, add: Add, nothing: Any) -> None:
    """Nothing in, nothing out, and no connection is taken."""
    assert add(Shop(database).products, nothing) == 0
    assert database.pool.get_stats().get("requests_num", 0) == 0


@both
def test_all_or_nothing(shop: Shop, add: Add) -> None:
    """A row that the database refuses takes all the others with it."""
    bad = [*rows(1500), NewProduct("bad", Decimal(-1), 0)]
    with pytest.raises(CheckViolation) as caught:
        add(shop.products, bad)
    assert caught.value.constraint == "products_price_check"
    assert shop.products.count_products() == 0


@both
@pytest.mark.parametrize("number", [1, 2, 1700])
def test_value_that_does_not_fit(shop: Shop, add: Add, number: int) -> None:
    """A value of the wrong type is reported with its row, and no row stays."""
    bad = list(rows(2000))
    bad[number - 1].stock = "secret-1"  # type: ignore[assignment]
    expected = rf"row {number}, parameter \$3 \(stock\): int4 takes an int; got str"
    with pytest.raises(DataError, match=expected) as caught:
        add(shop.products, bad)
    assert "secret-1" not in str(caught.value)
    assert shop.products.count_products() == 0


@both
def test_row_of_another_class(shop: Shop, add: Add) -> None:
    """Rows must be of the generated class; a tuple or a dict is refused with its number."""
    for wrong in (("a", 1, 1), {"sku": "a"}, Sku("a"), None):
        with pytest.raises(UsageError, match=r"row 3 is of type \w+, not NewProduct"):
            add(shop.products, [*rows(2), wrong])
    assert shop.products.count_products() == 0


@both
def test_iterable_that_fails(shop: Shop, add: Add) -> None:
    """An exception of the iterable itself comes out as it is, and no row stays."""

    def failing() -> Iterator[NewProduct]:
        yield from rows(1200)
        raise ZeroDivisionError("secret-1")

    with pytest.raises(ZeroDivisionError, match="secret-1"):
        add(shop.products, failing())
    assert shop.products.count_products() == 0


@both
def test_inside_a_transaction(shop: Shop, add: Add) -> None:
    """In a block a failed bulk call is taken back alone, and the block goes on."""
    with shop.transaction() as tx:
        assert add(tx.products, rows(3)) == 3
        with pytest.raises(CheckViolation):
            add(tx.products, [NewProduct("x", Decimal(1), 0), NewProduct("y", -Decimal(1), 0)])
        assert tx.products.count_products() == 3
    assert shop.products.count_products() == 3


def test_affected_rows_of_batches(shop: Shop) -> None:
    """The count is of affected rows, which is not always that of rows sent."""
    shop.products.add_products(rows(3))
    assert shop.products.remove_products([Sku("sku-00001"), Sku("none")]) == 1
    assert shop.products.upsert_products(rows(4)) == 4
    assert shop.products.count_products() == 4


def test_enum_through_copy(shop: Shop) -> None:
    """Enum labels go through a binary COPY; one that does not exist is an error without it."""
    new = [NewStatus("a", Decimal(1), "live"), NewStatus("b", Decimal(1), "gone")]
    assert shop.products.add_statuses(new) == 2
    product = shop.products.product_by_sku(sku="a")
    assert product is not None
    assert product.status == "live"
    with pytest.raises(InvalidTextRepresentation) as caught:
        shop.products.add_statuses([NewStatus("c", Decimal(1), "secret-1")])
    assert "secret-1" not in str(caught.value)
    with pytest.raises(DataError, match=r"row 1, parameter \$3 \(status\).*got int"):
        shop.products.add_statuses([NewStatus("c", Decimal(1), 5)])  # type: ignore[arg-type]


def test_errors_of_copy_hide_the_context(shop: Shop) -> None:
    """PostgreSQL's COPY context quotes the line; the translated error does not."""
    with pytest.raises(UniqueViolation) as caught:
        shop.products.add_products([*rows(2), NewProduct("sku-00001", Decimal(1), 0)])
    assert caught.value.constraint == "products_sku_key"
    assert caught.value.query == "shop.add_products"
    assert "sku-00001" not in str(caught.value)
    assert "sku-00001" in (caught.value.diag.message_detail or "")
    with pytest.raises(NotNullViolation) as missing:
        shop.products.add_products([NewProduct("a", None, 0)])  # type: ignore[arg-type]
    assert missing.value.column == "price"
