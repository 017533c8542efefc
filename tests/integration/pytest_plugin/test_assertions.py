"""assert_plan and assert_queries: what they see, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PLANS = """
from uuid import UUID

import pytest
from pgrepo import AsyncDatabase, UsageError
from shop.repositories import AsyncShop

def test_index(shop, assert_plan):
    text = assert_plan(shop.orders.recent_orders, email="ada@example.com")
    assert "using orders_email_created_at_idx" in text
    assert "ada" not in text

def test_async(pgrepo_url, assert_plan):
    orders = AsyncShop(AsyncDatabase(pgrepo_url)).orders
    assert "using orders_pkey" in assert_plan(orders.order_by_id, order_id=UUID(int=1))

def test_nothing_is_run(shop, assert_plan):
    order = shop.orders.create_order(email="ada@example.com")
    assert_plan(shop.orders.set_order_status, order_id=order.id, status="paid")
    assert shop.orders.order_by_id(order_id=order.id) == order

def test_allowed(shop, assert_plan):
    text = assert_plan(shop.orders.noted_orders, note="a gift", no_seq_scan=False)
    assert "Seq Scan on shop.orders placed" in text

@pytest.mark.parametrize("method", [len, "recent_orders"])
def test_no_method(assert_plan, method):
    with pytest.raises(UsageError, match="takes a method of a repository"):
        assert_plan(method)

def test_rows(shop, assert_plan):
    with pytest.raises(UsageError, match="shop.add_order_lines takes rows"):
        assert_plan(shop.orders.add_order_lines, rows=[])

def test_fails(shop, assert_plan):
    assert_plan(shop.orders.noted_orders, note="a gift")
"""
_QUERIES = """
import asyncio
from decimal import Decimal

from pgrepo import AsyncDatabase
from shop.repositories import AsyncShop
from shop.repositories.orders import OrderLine

def test_every_way(shop, assert_queries):
    with assert_queries(5) as made, shop.transaction() as tx:
        order = tx.orders.create_order(email="ada@example.com")
        tx.orders.add_order_lines([OrderLine(order.id, 1, "kettle", 1, Decimal(39))])
        list(tx.orders.stream_recent_orders(email="ada@example.com"))
        with tx.batch() as batch:
            batch.add(tx.orders.order_by_id, order_id=order.id)
            batch.add(tx.orders.set_order_status, order_id=order.id, status="paid")
    assert made == [f"shop.{name}" for name in (
        "create_order", "add_order_lines", "recent_orders", "order_by_id", "set_order_status"
    )]

def test_async(pgrepo_url, assert_queries):
    async def main():
        async with AsyncDatabase(pgrepo_url) as database:
            shop = AsyncShop(database)
            with assert_queries(4):
                order = await shop.orders.create_order(email="ada@example.com")
                await shop.orders.order_by_id(order_id=order.id)
                async with shop.batch() as batch:
                    batch.add(shop.orders.order_by_id, order_id=order.id)
                line = OrderLine(order.id, 1, "kettle", 1, Decimal(39))
                await shop.orders.add_order_lines([line])
    asyncio.run(main())

def test_nested(shop, assert_queries):
    with assert_queries(2), assert_queries(2):
        with assert_queries(1):
            shop.orders.recent_orders(email="ada@example.com")
        shop.orders.recent_orders(email="ada@example.com")

def test_own_error_counts_more(shop, assert_queries):
    try:
        with assert_queries(3):
            raise KeyError
    except KeyError:
        pass

def test_fails(shop, assert_queries):
    order = shop.orders.create_order(email="ada@example.com")
    with assert_queries(1):
        for recent in shop.orders.recent_orders(email="ada@example.com"):
            shop.orders.order_by_id(order_id=recent.id)
            shop.orders.order_by_id(order_id=recent.id)
"""


def test_plans(run_pytest: Callable[..., str]) -> None:
    """Plans are those of large tables; a failure shows which is read, how, and no value."""
    told = run_pytest(_PLANS, status=1)
    assert "1 failed, 7 passed" in told
    # How large the tables are goes on after that, where PostgreSQL can be told so: since 18.
    assert "AssertionError: shop.noted_orders reads shop.orders from end to end" in told
    assert "Seq Scan on shop.orders placed (rows=" in told
    assert "Filter: (placed.note = '…'" in told
    assert "pgrepo/pytest" not in told


def test_queries(run_pytest: Callable[..., str]) -> None:
    """Calls, streams, bulk calls and batches are counted; a failure names what was made."""
    told = run_pytest(_QUERIES, status=1)
    assert "1 failed, 4 passed" in told
    assert "AssertionError: expected 1 query, and there were 3\n" in told
    assert "shop.recent_orders\n" in told
    assert "shop.order_by_id, 2 times\n" in told
    assert "pgrepo/pytest" not in told
