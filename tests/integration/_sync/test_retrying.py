# Derived from tests/integration/_async/test_retrying.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""Transactions that are run again, and those that must not be."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import OperationalError, SerializationFailure, UniqueViolation, UsageError
from pgrepo.runtime.translate import CommitOutcomeUnknown

from .shop import Shop

if TYPE_CHECKING:
    from psycopg import Connection

    from pgrepo.runtime import Database

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


def test_serialization_failure(shop: Shop, shop_url: str) -> None:
    """The whole function is run again, on what the others have left."""
    shop.products.create_product(sku="a", price=Decimal(1))
    seen: list[int] = []

    def add_one(tx: Shop) -> int:
        seen.append(tx.products.stock_that_exists(sku="a"))
        if len(seen) == 1:
            execute(shop_url, "UPDATE shop.products SET stock = 10")
        tx.products.change_stock(sku="a", difference=1)
        return tx.products.stock_that_exists(sku="a")

    assert shop.run(add_one, isolation="repeatable read") == 11
    assert seen == [0, 10]


def test_lost_connection(shop: Shop, shop_url: str) -> None:
    """A connection that is lost before COMMIT costs a try, and nothing is there twice."""
    calls: list[int] = []

    def create(tx: Shop) -> None:
        calls.append(tx.orders.backend())
        tx.products.create_product(sku=f"p{len(calls)}", price=Decimal(1))
        if len(calls) < 3:
            execute(shop_url, f"SELECT pg_terminate_backend({calls[-1]}, 5000)")
        tx.products.count_products()

    shop.run(create)
    assert len(set(calls)) == 3
    assert shop.products.all_skus() == ["p3"]


def test_lost_connection_that_nobody_has_noticed(shop: Shop, shop_url: str) -> None:
    """Before COMMIT is sent, it is looked whether there is anybody to hear it."""
    calls: list[int] = []

    def create(tx: Shop) -> None:
        calls.append(tx.orders.backend())
        tx.products.create_product(sku="a", price=Decimal(1))
        if len(calls) == 1:
            execute(shop_url, f"SELECT pg_terminate_backend({calls[-1]}, 5000)")

    shop.run(create)
    assert len(calls) == 2
    assert shop.products.all_skus() == ["a"]


def test_loss_that_the_block_has_swallowed(shop: Shop, shop_url: str) -> None:
    """A block that ends well on a connection that is gone has not committed, and says so."""

    def swallow() -> None:
        with shop.transaction() as tx:
            tx.products.create_product(sku="a", price=Decimal(1))
            execute(shop_url, f"SELECT pg_terminate_backend({tx.orders.backend()}, 5000)")
            with pytest.raises(psycopg.OperationalError):
                tx.products.count_products()

    with pytest.raises(OperationalError, match="nothing of it is committed") as caught:
        swallow()
    assert not isinstance(caught.value, CommitOutcomeUnknown)
    assert shop.products.count_products() == 0


def test_commit_of_unknown_outcome(shop: Shop, shop_url: str) -> None:
    """A connection that is lost in COMMIT is reported, and nothing is repeated."""
    execute(shop_url, DEADLY_COMMIT)
    calls: list[None] = []

    def create(tx: Shop) -> None:
        calls.append(None)
        tx.products.create_product(sku="a", price=Decimal(1))

    with pytest.raises(CommitOutcomeUnknown, match="is not known") as caught:
        shop.run(create)
    assert isinstance(caught.value, OperationalError)
    assert len(calls) == 1
    assert shop.products.count_products() == 0


def test_asking_whether_it_was_committed(database: Database, shop_url: str) -> None:
    """With somebody to ask, it is run again where the answer is no."""
    execute(shop_url, DEADLY_COMMIT)
    shop, asked = Shop(database), list[bool]()

    def create(tx: Shop) -> str:
        return (tx.products.create_product(sku="a", price=Decimal(1))).sku

    def is_there(tx: Shop) -> bool:
        asked.append(tx.products.product_by_sku(sku="a") is not None)
        return asked[-1]

    assert shop.run(create, committed=is_there) == "a"
    assert asked == [False]
    assert shop.products.all_skus() == ["a"]


def test_other_errors(shop: Shop) -> None:
    """Whatever else goes wrong is raised at once, and rolled back."""
    calls: list[None] = []

    def create_twice(tx: Shop) -> None:
        calls.append(None)
        tx.products.create_product(sku="a", price=Decimal(1))
        tx.products.create_product(sku="a", price=Decimal(1))

    with pytest.raises(UniqueViolation):
        shop.run(create_twice)
    assert len(calls) == 1
    assert shop.products.count_products() == 0


def fail(connection: Connection[Any]) -> None:
    """Always gets in somebody's way."""
    connection.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")


def test_giving_up(database: Database) -> None:
    """There are so many tries, or so much time, and then the error says how many there were."""
    with pytest.raises(psycopg.errors.SerializationFailure) as caught:
        database.run(fail, retries=2)
    assert caught.value.__notes__ == ["run() gave up after 3 tries"]
    with pytest.raises(psycopg.errors.SerializationFailure) as caught:
        database.run(fail, retries=1_000_000, within=0.05)
    assert "1000001 tries" not in caught.value.__notes__[0]
    for wrong in ({"retries": -1}, {"within": 0}):
        with pytest.raises(UsageError, match=r"run\(\) takes"):
            database.run(fail, **wrong)  # type: ignore[arg-type]


def test_only_whole_transactions(shop: Shop, host: Connection[Any]) -> None:
    """Inside a transaction there is nothing that could be run again."""

    def count(tx: Shop) -> int:
        return tx.products.count_products()

    with shop.transaction() as tx:
        with pytest.raises(UsageError, match="whole transactions"):
            tx.run(count)
    on_host = Shop(host)
    assert on_host.run(count) == 0
    on_host.products.count_products()
    with pytest.raises(UsageError, match="whole transactions"):
        on_host.run(count)


def test_characteristics(shop: Shop, database: Database) -> None:
    """run() takes what transaction() takes."""

    def settings(tx: Shop) -> tuple[str, str, str]:
        found = tx.orders.current_settings()
        return found.isolation, found.read_only, found.deferrable

    found = shop.run(settings, isolation="serializable", read_only=True, deferrable=True)
    assert found == ("serializable", "on", "on")

    def isolation(connection: Connection[Any]) -> Any:
        return (connection.execute("SHOW transaction_isolation")).fetchone()

    assert database.run(isolation, isolation="repeatable read") == ("repeatable read",)


def test_serialization_failure_at_commit(shop: Shop, shop_url: str) -> None:
    """What PostgreSQL refuses at COMMIT has not happened, and is run again."""
    execute(
        shop_url,
        DEADLY_COMMIT.replace(
            "PERFORM pg_terminate_backend(pg_backend_pid())",
            "RAISE EXCEPTION USING ERRCODE = '40001'",
        ),
    )

    def create(tx: Shop) -> None:
        tx.products.create_product(sku="a", price=Decimal(1))

    with pytest.raises(SerializationFailure):
        shop.run(create, retries=0)
    shop.run(create)
    assert shop.products.all_skus() == ["a"]
