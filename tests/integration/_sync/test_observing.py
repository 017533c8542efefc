# Derived from tests/integration/_async/test_observing.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: C416, SIM117
"""What an observer counts, logs and tells OpenTelemetry of; never a value."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from pgrepo import (
    Database,
    DatabaseError,
    MemoryCache,
    Observer,
    QueryCanceled,
    UniqueViolation,
    UsageError,
)
from pgrepo.domains.monumento import Monumento
from tests.telemetry import told

from .conftest import rebuild
from .shop import NewProduct, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan

SECRET = "hunter2-hunter2"


@pytest.fixture
def shop_url(module_url: str) -> str:
    """The URL of a database with the shop's tables."""
    return rebuild(module_url)


@pytest.fixture
def database(shop_url: str) -> Iterator[Database]:
    """A database that is watched in all ways; every call is slow enough to be logged."""
    told().forget()
    observer = Observer(slow=0, telemetry=True)
    with Database(shop_url, max_size=4, observer=observer) as database:
        yield database


@pytest.fixture
def shop(database: Database) -> Shop:
    """The shop, with nothing in it."""
    return Shop(database)


def spans() -> list[ReadableSpan]:
    """The spans that have ended."""
    return list(told().spans())


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """What a span says, but for the server."""
    found = dict(span.attributes or {})
    where = {"db.system.name", "db.namespace", "server.address", "server.port"}
    return {name: value for name, value in found.items() if name not in where}


def test_spans_of_calls(shop: Shop, shop_url: str) -> None:
    """A call is a span with the query's name, what it does, and how many rows it has returned."""
    shop.products.create_product(sku="a", price=Decimal(1))
    shop.products.change_stock(sku="a", difference=1)
    shop.products.all_skus()
    created, changed, listed = spans()
    assert [span.name for span in spans()] == [
        "shop.create_product",
        "shop.change_stock",
        "shop.all_skus",
    ]
    assert attributes(created) == {
        "db.query.summary": "shop.create_product",
        "db.operation.name": "INSERT",
        "db.collection.name": "shop.products",
        "db.response.returned_rows": 1,
    }
    assert "db.response.returned_rows" not in attributes(changed)
    assert attributes(listed)["db.operation.name"] == "SELECT"
    where = conninfo_to_dict(shop_url)
    assert created.attributes is not None
    assert created.attributes["db.system.name"] == "postgresql"
    assert created.attributes["db.namespace"] == where["dbname"]
    assert created.attributes["server.address"] == where["host"]
    assert created.kind.name == "CLIENT"


def test_spans_of_errors(shop: Shop) -> None:
    """A span that has failed names the SQLSTATE, and says nothing of the message."""
    shop.products.create_product(sku=SECRET, price=Decimal(1))
    told().forget()
    with pytest.raises(UniqueViolation):
        shop.products.create_product(sku=SECRET, price=Decimal(1))
    (span,) = spans()
    assert attributes(span)["error.type"] == "23505"
    assert attributes(span)["db.response.status_code"] == "23505"
    assert span.status.status_code.name == "ERROR"
    assert span.status.description is None
    assert not span.events


def test_spans_in_transactions(shop: Shop, database: Database) -> None:
    """A transaction is a span, its calls are its children, and a savepoint is none."""
    with shop.transaction() as tx:
        tx.products.create_product(sku="a", price=Decimal(1))
        with tx.transaction() as inner:
            inner.products.all_skus()
    shop.products.count_products()
    created, listed, transaction, counted = spans()
    assert transaction.name == "TRANSACTION"
    assert transaction.context is not None
    for child in (created, listed):
        assert child.parent is not None
        assert child.parent.span_id == transaction.context.span_id
    assert counted.parent is None
    assert database.stats().queries["TRANSACTION"].calls == 1


def test_a_transaction_that_fails(shop: Shop) -> None:
    """What is raised in a transaction is the error of its span."""
    with pytest.raises(ZeroDivisionError):
        with shop.transaction():
            raise ZeroDivisionError(SECRET)
    (span,) = spans()
    assert attributes(span)["error.type"] == "ZeroDivisionError"
    assert SECRET not in span.to_json()


def test_spans_of_batches(shop: Shop, database: Database) -> None:
    """A batch is one span, which says how many calls there are in it."""
    with shop.batch() as batch:
        batch.add(shop.products.create_product, sku="a", price=Decimal(1))
        batch.add(shop.products.count_products)
    (span,) = spans()
    assert span.name == "BATCH"
    assert attributes(span)["db.operation.batch.size"] == 2
    assert database.stats().queries["BATCH"].calls == 1


def test_bulk_and_streams(shop: Shop, database: Database) -> None:
    """Rows that are sent, or read page by page, are counted; leaving a stream is no error."""
    rows = [NewProduct(str(number), Decimal(1), 0) for number in range(7)]
    assert shop.products.add_products(rows) == 7
    with shop.orders.stream_numbers(count=1200) as numbers:
        assert len([number for number in numbers]) == 1200
    with shop.orders.stream_numbers(count=1200) as numbers:
        for _ in numbers:
            break
    bulk, whole, left = spans()
    assert bulk.name == "shop.add_products"
    assert attributes(whole)["db.response.returned_rows"] == 1200
    assert attributes(left)["db.response.returned_rows"] == 500
    queries = database.stats().queries
    assert queries["shop.add_products"].rows == 7
    assert (queries["shop.numbers"].calls, queries["shop.numbers"].errors) == (2, 0)


def test_metrics(shop: Shop) -> None:
    """How long calls take, how many rows they return, and the pool's connections are metrics."""
    shop.products.all_skus()
    shop.products.all_skus()
    points = told().points()
    ((about, point),) = points["db.client.operation.duration"]
    assert (about["db.query.summary"], point.count) == ("shop.all_skus", 2)
    ((_, point),) = points["db.client.response.returned_rows"]
    assert (point.count, point.sum) == (2, 0)
    states = {
        about["db.client.connection.state"]: point.value
        for about, point in points["db.client.connection.count"]
    }
    # The pool may make a second one while the first is on its way.
    assert states.keys() == {"idle", "used"}
    assert 1 <= sum(states.values()) <= 2
    assert [point.value for _, point in points["db.client.connection.max"]] == [4]
    assert [point.value for _, point in points["db.client.connection.pending_requests"]] == [0]


def test_no_pool_is_counted_when_it_is_closed(shop_url: str) -> None:
    """A database that is closed, or gone, has no connections to count."""
    told().forget()
    with Database(shop_url, observer=Observer(telemetry=True)):
        assert told().points()["db.client.connection.max"]
    assert not told().points().get("db.client.connection.max")


def test_slow_calls_are_logged(shop_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Calls from the threshold on are logged, with name, time and rows; quick ones are not."""
    for slow in (60, 0.1):
        with Database(shop_url, observer=Observer(slow=slow)) as database:
            Shop(database).orders.sleep(seconds=0.11)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("pgrepo.slow", logging.WARNING)
    assert record.getMessage().startswith("shop.sleep took ")
    assert record.getMessage().endswith(" s; rows: 1")
    assert record.__dict__["query"] == "shop.sleep"
    assert record.__dict__["seconds"] >= 0.1


def test_slow_calls_that_fail_are_logged(shop_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A call that timed out is slow, and the log says how it ended."""
    observer = Observer(slow=0.1)
    with Database(shop_url, statement_timeout=0.2, observer=observer) as database:
        with pytest.raises(QueryCanceled):
            Shop(database).orders.sleep(seconds=20)
    (record,) = caplog.records
    assert record.getMessage().endswith("; QueryCanceled")


def test_statistics(shop: Shop, database: Database) -> None:
    """Calls, errors, rows and times are counted for each query, and the pool's connections."""
    shop.products.create_product(sku="a", price=Decimal(1))
    with pytest.raises(UniqueViolation):
        shop.products.create_product(sku="a", price=Decimal(1))
    for _ in range(20):
        shop.products.all_skus()
    statistics = database.stats()
    assert set(statistics.queries) == {"shop.all_skus", "shop.create_product"}
    created, listed = (
        statistics.queries["shop.create_product"],
        statistics.queries["shop.all_skus"],
    )
    assert (created.calls, created.errors, created.rows) == (2, 1, 1)
    assert (listed.calls, listed.errors, listed.rows) == (20, 0, 20)
    assert 0 < listed.p50 <= listed.p95 <= listed.p99 <= listed.slowest <= listed.seconds
    assert statistics.pool is not None
    assert statistics.pool.max_size == 4
    assert 1 <= statistics.pool.idle <= statistics.pool.size <= 2
    assert statistics.cache is None


def test_statistics_without_an_observer(shop_url: str) -> None:
    """The pool's connections are known without one, as long as there is a pool."""
    database = Database(shop_url, max_size=3)
    assert database.stats().pool is None
    with database:
        Shop(database).products.all_skus()
        statistics = database.stats()
    assert not statistics.queries
    assert statistics.pool is not None
    assert statistics.pool.max_size == 3


def test_statistics_of_a_cache(monumento_url: str) -> None:
    """What a cache answers is counted there, and not as a call of the query."""
    cache, observer = MemoryCache(), Observer()
    with Database(monumento_url, cache=cache, observer=observer) as database:
        users = Monumento(database).users
        user = users.create_user(email="ada@example.org", password_hash="x" * 60)
        assert user is not None
        for _ in range(3):
            users.user_profile(user_id=user.id)
        statistics = database.stats()
    assert statistics.cache is not None
    assert (statistics.cache.hits, statistics.cache.misses) == (2, 1)
    assert statistics.queries["monumento.user_profile"].calls == 1


def test_an_observer_watches_one_database(database: Database, shop_url: str) -> None:
    """Two databases would be mixed up."""
    with pytest.raises(UsageError, match="make another one"):
        Database(shop_url, observer=database.observer)


def test_no_value_gets_out(
    shop: Shop, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither spans, nor metrics, nor the log, nor statistics hold a value, errors included."""
    shop.products.create_product(sku=SECRET, price=Decimal(1), tags=[SECRET])
    assert shop.products.all_skus() == [SECRET]
    with pytest.raises(DatabaseError):
        shop.orders.refuse(reason=SECRET)
    with pytest.raises(DatabaseError):
        shop.orders.to_uuid(word=SECRET)
    with pytest.raises(DatabaseError):
        with shop.batch() as batch:
            batch.add(shop.orders.refuse, reason=SECRET)
    with pytest.raises(DatabaseError):
        with shop.transaction() as tx:
            tx.orders.refuse(reason=SECRET)
    metrics = told().reader.get_metrics_data()
    assert metrics is not None
    texts = [span.to_json() for span in spans()]
    texts += [str(record.__dict__) for record in caplog.records]
    texts += [metrics.to_json(), caplog.text, repr(database.stats()), repr(database.observer)]
    assert len(texts) > 12
    assert not [text for text in texts if SECRET in text]
