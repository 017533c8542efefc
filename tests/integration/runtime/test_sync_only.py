"""What only the synchronous flavour can run into: rows made by a query, and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo import Database, UsageError

from .._sync.shop import NewProduct, Shop  # noqa: TID252 - tests are no installed package

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    """The shop on a database with two connections."""
    with psycopg.connect(database_url) as connection:
        connection.execute((Path(__file__).parent / "schema.sql").read_bytes())
    with Database(database_url, max_size=2) as database:
        yield Shop(database)


def from_stream(shop: Shop) -> Iterator[NewProduct]:
    """Makes rows of the rows of a query."""
    for row in shop.orders.stream_numbers(count=700):
        yield NewProduct(f"sku-{row.number}", Decimal(1), row.number)


def test_rows_from_another_connection(shop: Shop) -> None:
    """Rows may come from a stream while they are copied: two connections are at work."""
    assert shop.products.add_products(from_stream(shop)) == 700


def test_rows_from_the_connection_that_copies(shop: Shop) -> None:
    """On one connection COPY and a query exclude each other: an error, not a deadlock."""
    with shop.transaction() as tx:
        with pytest.raises(UsageError, match="collect them in a list first"):
            tx.products.add_products(from_stream(tx))
        assert tx.products.count_products() == 0
        assert tx.products.add_products(list(from_stream(tx))) == 700


def test_rows_from_the_connection_that_sends_batches(shop: Shop) -> None:
    """Batches are collected before they are sent, so there both go on one connection."""
    with shop.transaction() as tx:
        assert tx.products.upsert_products(from_stream(tx)) == 700


def test_many_threads(shop: Shop) -> None:
    """A domain may be used by many threads; each call gets its own answer."""
    with ThreadPoolExecutor(8) as executor:
        results = executor.map(lambda count: len(shop.orders.numbers(count=count)), range(100))
        assert list(results) == list(range(100))
