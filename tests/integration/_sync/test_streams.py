# Derived from tests/integration/_async/test_streams.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: C416, SIM117
"""Streams from server-side cursors."""

from __future__ import annotations

import gc
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from pgrepo import DatabaseError, UsageError
from pgrepo.runtime.translate import DivisionByZero

from .shop import Number, Shop

if TYPE_CHECKING:
    from pgrepo.runtime import Database


def assert_all_are_back(database: Database) -> None:
    """Takes as many connections as the pool may have, which fails if one is missing."""
    with ExitStack() as stack:
        for _ in range(database.pool.max_size):
            stack.enter_context(database.connection())


def open_cursors(connection: Connection[Any]) -> int:
    """Counts the cursors of a connection."""
    cursor = connection.execute("SELECT count(*) FROM pg_cursors")
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1234])
def test_all_rows_in_order(shop: Shop, count: int) -> None:
    """A stream yields the same rows as the list, whatever the page boundaries."""
    rows = [row for row in shop.orders.stream_numbers(count=count)]
    assert rows == [Number(number) for number in range(1, count + 1)]


def test_connection_goes_back(shop: Shop, database: Database) -> None:
    """Exhausted, left, closed or dropped: the connection is back in the pool each time."""
    for _ in range(database.pool.max_size + 1):
        for _row in shop.orders.stream_numbers(count=3):
            pass
        with shop.orders.stream_numbers(count=2000) as numbers:
            assert (next(numbers)).number == 1
        with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is the matter
            with shop.orders.stream_numbers(count=2000) as numbers:
                for _row in numbers:
                    raise ZeroDivisionError
        numbers = shop.orders.stream_numbers(count=2000)
        next(numbers)
        numbers.close()
        numbers.close()
        assert [row for row in numbers] == []
    assert_all_are_back(database)


def test_nothing_happens_before_the_first_row(database: Database) -> None:
    """A stream that is never iterated takes no connection."""
    stream = Shop(database).orders.stream_numbers(count=3)
    assert database.pool.get_stats().get("requests_num", 0) == 0
    stream.close()
    with stream:
        assert [row for row in stream] == []


def test_page_by_page(host: Connection[Any]) -> None:
    """Rows are fetched while they are consumed, not all at once."""
    shop = Shop(host)
    with shop.orders.stream_numbers(count=1_000_000) as numbers:
        assert (next(numbers)).number == 1
        assert open_cursors(host) == 1
    assert open_cursors(host) == 0


def test_inside_a_transaction(shop: Shop, database: Database) -> None:
    """A stream of a bound domain uses its connection and leaves the transaction open."""
    with shop.transaction() as tx:
        tx.products.create_product(sku="a", price=Decimal(1))
        with tx.orders.stream_numbers(count=1000) as numbers:
            for row in numbers:
                if row.number == 700:
                    break
                tx.products.change_stock(sku="a", difference=1)
        requests = database.pool.get_stats()["requests_num"]
        assert tx.products.stock_of(sku="a") == 699
    assert database.pool.get_stats()["requests_num"] == requests
    assert shop.products.stock_of(sku="a") == 699


def test_after_its_transaction(shop: Shop) -> None:
    """A stream that outlives its block fails, and does no harm to the next transaction."""
    with shop.transaction() as tx:
        numbers = tx.orders.stream_numbers(count=2000)
        next(numbers)
    with pytest.raises(UsageError, match="has ended"):
        for _row in numbers:
            pass
    with shop.transaction() as tx:
        numbers = tx.orders.stream_numbers(count=2000)
        next(numbers)
    with shop.transaction() as tx:
        tx.products.create_product(sku="a", price=Decimal(1))
        numbers.close()
    assert shop.products.count_products() == 1


def test_hosts_transaction_ends_first(host: Connection[Any]) -> None:
    """Closing a stream whose cursor is gone does not abort the host's next transaction."""
    shop = Shop(host)
    numbers = shop.orders.stream_numbers(count=2000)
    next(numbers)
    host.rollback()
    shop.products.create_product(sku="a", price=Decimal(1))
    numbers.close()
    assert host.info.transaction_status == TransactionStatus.INTRANS
    assert shop.products.count_products() == 1


def test_on_an_autocommit_connection(shop_url: str) -> None:
    """There a stream needs a transaction of its own, which ends with it, committed."""
    with Connection.connect(shop_url, autocommit=True) as host:
        shop = Shop(host)
        with shop.orders.stream_numbers(count=2000) as numbers:
            next(numbers)
            assert host.info.transaction_status == TransactionStatus.INTRANS
            shop.products.create_product(sku="a", price=Decimal(1))
        assert host.info.transaction_status == TransactionStatus.IDLE
        host.rollback()
        assert shop.products.count_products() == 1


def test_on_a_hosts_pool(shop_url: str) -> None:
    """A stream on a host's pool gives the connection back."""
    with ConnectionPool(shop_url, min_size=1, max_size=1, open=False) as pool:
        shop = Shop(pool)
        for _ in range(2):
            with shop.orders.stream_numbers(count=2000) as numbers:
                next(numbers)
        assert shop.products.count_products() == 0


def test_error_in_the_middle(shop: Shop, database: Database) -> None:
    """An error of a later page is translated, names the query, and frees the connection."""
    seen = []
    with pytest.raises(DivisionByZero, match=r"shop\.inverses") as caught:  # noqa: PT012 - the block is the matter
        for row in shop.orders.stream_inverses(count=1200):
            seen.append(row.number)  # noqa: PERF401 - the rows before the error count
    assert isinstance(caught.value, DatabaseError)
    assert len(seen) == 1000
    assert_all_are_back(database)


def test_error_at_the_start(shop: Shop, database: Database) -> None:
    """A parameter that does not fit is reported by the first step."""
    with pytest.raises(DatabaseError, match=r"shop\.numbers: parameter \$1 \(count\)"):
        for _row in shop.orders.stream_numbers(count="x"):  # type: ignore[arg-type]
            pass
    assert_all_are_back(database)


def test_dropped_stream(shop: Shop, database: Database) -> None:
    """A stream that is forgotten half-way does not keep its connection for ever."""
    numbers = shop.orders.stream_numbers(count=2000)
    next(numbers)
    del numbers
    gc.collect()
    assert_all_are_back(database)
