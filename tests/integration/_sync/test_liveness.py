# Derived from tests/integration/_async/test_liveness.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: C416, SIM117
"""Connections that die while they rest, and waits that end."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from pgrepo import LockNotAvailable, OperationalError, QueryCanceled, UsageError
from pgrepo.runtime import Database, checkout
from pgrepo.runtime.retries import sync_sleep
from pgrepo.runtime.translate import ReadOnlySqlTransaction, ResponseTimeout

from .shop import Shop

if TYPE_CHECKING:
    from tests.bouncer import PgBouncer

SETTINGS = """
SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
    current_setting('idle_in_transaction_session_timeout')
"""
END_ALL = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend'
"""


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Does something from outside."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def settings_of(database: Database) -> tuple[Any, ...]:
    """The timeouts that a session has."""
    with database.connection() as connection:
        row = (connection.execute(SETTINGS)).fetchone()
    assert row is not None
    return tuple(row)


def test_connections_that_died_at_rest(shop_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole pool of dead connections costs no call its success, not even a write."""
    monkeypatch.setattr(checkout, "_LOOK_AFTER", 0.0)
    with Database(shop_url, min_size=4, max_size=4) as database:
        shop = Shop(database)
        with ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(database.connection())
        execute(shop_url, END_ALL)
        for number in range(8):
            shop.products.create_product(sku=f"{number}", price=Decimal(1))
        execute(shop_url, END_ALL)
        with shop.transaction() as tx:
            assert tx.products.count_products() == 8


def test_connection_that_is_asked(shop_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a long rest PostgreSQL is asked, and what it says then is heard and not in the way."""
    monkeypatch.setattr(checkout, "_LOOK_AFTER", 0.0)
    monkeypatch.setattr(checkout, "_ASK_AFTER", 0.0)
    with Database(shop_url, max_size=1) as database:
        shop = Shop(database)
        backend = shop.orders.backend()
        with database.connection() as connection:
            connection.execute("LISTEN news")
        execute(shop_url, "NOTIFY news")
        assert shop.orders.backend() == backend
        with database.connection() as connection:
            assert connection.info.transaction_status == TransactionStatus.IDLE


def test_read_that_lost_its_connection(shop_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read is made again, once, on a connection that was looked at; none in a transaction is."""
    monkeypatch.setattr(checkout, "_LOOK_AFTER", 60.0)
    with Database(shop_url, min_size=3, max_size=3) as database:
        shop = Shop(database)
        with ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(database.connection())
        execute(shop_url, END_ALL)
        assert shop.products.count_products() == 0
        execute(shop_url, END_ALL)
        assert shop.products.all_skus() == []

        def read_twice() -> None:
            with shop.transaction() as tx:
                tx.products.count_products()
                execute(shop_url, END_ALL)
                tx.products.count_products()

        with pytest.raises(OperationalError):
            read_twice()


def test_write_that_lost_its_connection(shop_url: str) -> None:
    """What may have been written is not written again: the call fails, and the next one works."""
    with Database(shop_url, max_size=1) as database:
        shop = Shop(database)
        execute(
            shop_url,
            "ALTER TABLE shop.products ALTER stock SET DEFAULT "
            "pg_terminate_backend(pg_backend_pid())::int",
        )
        with pytest.raises(OperationalError):
            shop.products.create_product(sku="a", price=Decimal(1))
        execute(shop_url, "ALTER TABLE shop.products ALTER stock SET DEFAULT 0")
        shop.products.create_product(sku="b", price=Decimal(1))
        assert shop.products.all_skus() == ["b"]


@pytest.mark.parametrize("way", ["call", "transaction", "bulk"])
def test_server_that_has_become_read_only(shop_url: str, way: str) -> None:
    """One error a connection: then the pool has another one, which may lead to a new primary."""
    name = conninfo_to_dict(shop_url)["dbname"]
    reset = f"BEGIN READ WRITE; ALTER ROLE CURRENT_USER IN DATABASE {name} RESET ALL; COMMIT"
    execute(shop_url, reset)
    execute(
        shop_url,
        f"ALTER ROLE CURRENT_USER IN DATABASE {name} SET default_transaction_read_only = on",
    )
    try:
        with Database(shop_url, max_size=1) as database:
            shop = Shop(database)
            before = shop.orders.backend()
            with pytest.raises(ReadOnlySqlTransaction):
                write(shop, way)
            execute(shop_url, reset)
            if shop.orders.backend() == before:
                raise AssertionError("the connection is still there")
    finally:
        execute(shop_url, reset)


def write(shop: Shop, way: str) -> None:
    """Writes in some way."""
    match way:
        case "call":
            shop.products.create_product(sku="a", price=Decimal(1))
        case "transaction":
            with shop.transaction() as tx:
                tx.products.create_product(sku="a", price=Decimal(1))
        case _:
            from .shop import NewProduct  # noqa: PLC0415

            shop.products.add_products([NewProduct("a", Decimal(1), 0)])


def test_read_only_by_wish(shop_url: str) -> None:
    """A write in a read-only transaction says nothing about the server."""
    with Database(shop_url, max_size=1) as database:
        shop = Shop(database)
        before = shop.orders.backend()
        with pytest.raises(ReadOnlySqlTransaction):
            shop.run(lambda tx: tx.products.change_stock(sku="a", difference=1), read_only=True)
        assert shop.orders.backend() == before


def test_timeouts_of_a_session(shop_url: str) -> None:
    """Sessions have pgrepo's timeouts, or those that were given, or the server's; so has COPY."""
    with Database(shop_url) as database:
        assert settings_of(database) == ("1min", "10s", "5min")
    none = dict.fromkeys(
        ("statement_timeout", "lock_timeout", "idle_in_transaction_timeout", "connect_timeout")
    )
    with Database(shop_url, **none) as database:
        assert settings_of(database) == ("0", "0", "0")
    own = {"options": "-c statement_timeout=7s"}
    with Database(shop_url, lock_timeout=0.25, connect=own) as database:
        assert settings_of(database) == ("7s", "250ms", "5min")
    with pytest.raises(UsageError, match="lock: a timeout takes more than 0 seconds"):
        Database(shop_url, lock_timeout=0)


def test_statement_that_takes_too_long(shop_url: str) -> None:
    """PostgreSQL ends it, and the connection lives on."""
    with Database(shop_url, max_size=1, statement_timeout=0.1) as database:
        shop = Shop(database)
        before = shop.orders.backend()
        with pytest.raises(QueryCanceled, match=r"shop\.sleep"):
            shop.orders.sleep(seconds=5)
        assert shop.orders.backend() == before


def test_silence(shop_url: str) -> None:
    """Where PostgreSQL does not end it, the connection is closed and replaced."""
    deaf = {"options": "-c statement_timeout=0"}
    with Database(shop_url, max_size=1, statement_timeout=0.1, connect=deaf) as database:
        shop = Shop(database)
        before = shop.orders.backend()
        with pytest.raises(ResponseTimeout, match=r"shop\.sleep: no answer .* for 0\.6 s"):
            shop.orders.sleep(seconds=5)
        assert shop.orders.backend() != before
        with pytest.raises(ResponseTimeout):
            with shop.transaction() as tx, tx.transaction() as savepoint:
                savepoint.orders.sleep(seconds=5)
        assert shop.products.count_products() == 0


def test_listening_takes_its_time(shop_url: str) -> None:
    """Who waits for a notification waits for no answer."""
    with Database(shop_url, statement_timeout=0.1) as database:
        with database.connection() as connection:
            connection.execute("LISTEN news")
            found = [notify for notify in connection.notifies(timeout=0.9)]
            assert found == []
            execute(shop_url, "NOTIFY news")
            found = [notify for notify in connection.notifies(stop_after=1)]
            assert len(found) == 1
        assert Shop(database).products.count_products() == 0


def test_lock_that_is_not_free(shop_url: str) -> None:
    """Waiting for a lock ends before the statement's time is over."""
    with Database(shop_url, lock_timeout=0.1) as database:
        shop = Shop(database)
        shop.products.create_product(sku="a", price=Decimal(1))
        with shop.transaction() as tx:
            tx.products.change_stock(sku="a", difference=1)
            with pytest.raises(LockNotAvailable):
                shop.products.change_stock(sku="a", difference=1)


def test_transaction_that_lies_idle(shop_url: str) -> None:
    """The server ends it; run() tries again, and what it does then is there once."""
    with Database(shop_url, idle_in_transaction_timeout=0.2) as database:
        shop = Shop(database)
        calls: list[None] = []

        def create(tx: Shop) -> None:
            calls.append(None)
            tx.products.create_product(sku="a", price=Decimal(1))
            sync_sleep(0.5 if len(calls) == 1 else 0)
            tx.products.count_products()

        shop.run(create)
        assert len(calls) >= 2  # on a busy machine a later one may lie idle, too
        assert shop.products.all_skus() == ["a"]


def test_behind_pgbouncer(shop_url: str, pgbouncer: PgBouncer) -> None:
    """PgBouncer takes no settings, so they are left to the role; the client's bound remains."""
    with Database(
        pgbouncer.url(shop_url), statement_timeout=0.1, connect={"prepare_threshold": None}
    ) as database:
        assert settings_of(database) == ("0", "0", "0")
        shop = Shop(database)
        with pytest.raises(ResponseTimeout):
            shop.orders.sleep(seconds=2)
        assert shop.products.count_products() == 0
