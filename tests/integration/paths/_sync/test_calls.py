# Derived from tests/integration/paths/_async/test_calls.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""Calls of every kind of a domain, on every way to the server."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import Database, DatabaseError, UniqueViolation
from tests.faults.echo._sync.domain import Echo
from tests.integration._sync.shop import NewProduct, Shop, Sku

from .questions import EVERY, UNLESS_POOLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

_SCHEMA = Path(__file__).parents[2] / "runtime" / "schema.sql"


@pytest.fixture
def database(connection: Connection[Any], where: dict[str, Any]) -> Iterator[Database]:
    """A pool, the tables of the shop, and the one of the echo."""
    connection.execute("DROP SCHEMA IF EXISTS shop CASCADE")
    connection.execute(_SCHEMA.read_bytes())
    connection.execute("CREATE TABLE marks (question text NOT NULL)")
    connect = dict(where)
    with Database(connect.pop("conninfo"), max_size=3, connect=connect) as database:
        yield database


@EVERY
def test_calls(database: Database) -> None:
    """One row, some, none, a value, a number of rows: alone, and in a transaction."""
    shop = Shop(database)
    for sku in ("a", "b"):
        product = shop.products.create_product(
            sku=sku, price=Decimal("1.50"), tags=["x"], status="live"
        )
        assert (product.sku, product.price, product.tags) == (sku, Decimal("1.50"), ["x"])
    with pytest.raises(UniqueViolation):
        shop.products.create_product(sku="a", price=Decimal(1))
    with shop.transaction(isolation="serializable") as tx:
        assert (tx.orders.current_settings()).isolation == "serializable"
        assert tx.products.change_stock(sku="a", difference=3) == 1
        assert tx.products.stock_of(sku="a") == 3
        assert shop.products.stock_of(sku="a") == 0
        assert tx.products.change_stock(sku="none", difference=3) == 0
        assert tx.products.product_by_sku(sku="none") is None
    assert [found.sku for found in shop.products.products_like(pattern="%")] == ["a", "b"]
    assert shop.products.stock_of(sku="a") == 3


@EVERY
def test_many_rows(database: Database) -> None:
    """COPY, statements in batches, and what is read page by page."""
    shop = Shop(database)
    rows = [NewProduct(f"sku-{number:04}", Decimal(number), number) for number in range(1200)]
    assert shop.products.add_products(rows) == 1200
    with pytest.raises(UniqueViolation):
        shop.products.add_products([NewProduct("new", Decimal(1), 1), rows[7]])
    changed = [NewProduct(row.sku, row.price, -1) for row in rows[:300]]
    assert shop.products.upsert_products(changed) == 300
    assert shop.products.stock_of(sku="sku-0299") == -1
    assert shop.products.stock_of(sku="sku-0300") == 300
    assert shop.products.remove_products([Sku(row.sku) for row in rows[1:]]) == 1199
    assert shop.products.all_skus() == ["sku-0000"]
    with shop.orders.stream_numbers(count=1100) as numbers:
        assert shop.products.count_products() == 1
        assert [row.number for row in numbers] == list(range(1, 1101))


@EVERY
def test_scopes(database: Database) -> None:
    """What a scope sets is there for its calls, and for no other."""
    echo = Echo(database)
    for caller in ("ada", "bob") * 3:
        answer = echo.for_caller(caller=caller).calls.answer(question="who?", seconds=0)
        assert (answer.question, answer.caller) == ("who?", caller)
        assert not (echo.calls.answer(question="who?", seconds=0)).caller
    with echo.for_caller(caller="ada").transaction() as tx:
        for _ in range(3):
            assert tx.calls.mark(question="mine") == "mine"
            assert (tx.calls.answer(question="who?", seconds=0)).caller == "ada"
            assert not (echo.calls.answer(question="who?", seconds=0)).caller
    parts = echo.for_caller(caller="bob").calls.stream_answers(question="on", count=700)
    assert [part.number for part in parts] == list(range(1, 701))


@UNLESS_POOLED
def test_changed_table_in_a_scope(database: Database, connection: Connection[Any]) -> None:
    """A statement whose column has changed its type runs in a scope all the same."""
    scoped = Echo(database).for_caller(caller="ada")
    for kind in ("varchar", "text"):
        assert scoped.calls.mark(question=kind) == kind
        connection.execute(f"ALTER TABLE marks ALTER COLUMN question TYPE {kind}".encode())
        for number in range(3):
            assert scoped.calls.mark(question=f"{kind} {number}") == f"{kind} {number}"


@EVERY
def test_session_that_ends_before_a_commit(database: Database) -> None:
    """Whether it is noticed before COMMIT is sent or after, it is a lost connection."""
    shop = Shop(database)
    with pytest.raises(psycopg.OperationalError) as caught:  # noqa: PT012 - the block is the matter
        with shop.transaction() as tx:
            tx.products.add_products([NewProduct("lost", Decimal(1), 0)])
            shop.orders.kill(pid=tx.orders.backend())
    assert isinstance(caught.value, DatabaseError)
    assert shop.products.count_products() == 0
