"""What is counted, and what OpenTelemetry is told of a statement, a server and an error."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pgrepo import Observer, UsageError
from pgrepo.runtime.observing.statistics import Tally
from pgrepo.runtime.observing.telemetry import operation_of, server_of


def test_counts() -> None:
    """Calls, errors, rows and times are added up."""
    tally = Tally()
    tally.add(0.5, 3, failed=False)
    tally.add(1.5, 0, failed=True)
    read = tally.read()
    assert (read.calls, read.errors, read.rows, read.seconds, read.slowest) == (2, 1, 3, 2.0, 1.5)


@pytest.mark.parametrize("seed", range(5))
def test_quantiles(seed: int) -> None:
    """They are never too low, and at most 19 % too high."""
    drawn = random.Random(seed)  # noqa: S311 - not for secrets
    times = sorted(10 ** drawn.uniform(-5, 2) for _ in range(drawn.randint(1, 1000)))
    tally = Tally()
    for seconds in times:
        tally.add(seconds, 0, failed=False)
    read = tally.read()
    for part, told in ((0.5, read.p50), (0.95, read.p95), (0.99, read.p99)):
        real = next(time for at, time in enumerate(times, start=1) if at >= part * len(times))
        assert real <= told * 1.000001
        assert told <= real * 1.19


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 1e-5, 1e6])
def test_extreme_times(seconds: float) -> None:
    """What is too short or too long for a slot is counted in the first or the last."""
    tally = Tally()
    tally.add(seconds, 0, failed=False)
    assert tally.read().p99 <= seconds
    assert tally.read().slowest == seconds


def test_no_call_is_lost_between_threads() -> None:
    """Threads that count at the same time do not overwrite each other."""
    observer = Observer()

    def count(number: int) -> None:
        for _ in range(500):
            observer.count(f"shop.q{number % 2}", 0.001, 1, failed=False)

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(count, range(8)))
    assert [query.calls for query in observer.read().values()] == [2000, 2000]


@pytest.mark.parametrize(
    ("sql", "operation", "table"),
    [
        ("/* shop.q */ SELECT a FROM shop.orders", "SELECT", None),
        (
            "/* shop.q */ -- why\n/* so */ insert into shop.orders (a) VALUES (1)",
            "INSERT",
            "shop.orders",
        ),
        ("UPDATE ONLY shop.orders AS o SET a = 1", "UPDATE", "shop.orders"),
        ("DELETE\nFROM shop.orders", "DELETE", "shop.orders"),
        ("MERGE INTO shop.orders USING x", "MERGE", "shop.orders"),
        ('INSERT INTO "Shop".orders DEFAULT VALUES', "INSERT", None),
        ("WITH x AS (DELETE FROM y RETURNING *) SELECT * FROM x", None, None),
        ("(SELECT 1) UNION SELECT 2", None, None),
    ],
)
def test_operations(sql: str, operation: str | None, table: str | None) -> None:
    """The first word names the operation; the table is named only where it is certain."""
    found = operation_of(sql)
    assert found.get("db.operation.name") == operation
    assert found.get("db.collection.name") == table


@pytest.mark.parametrize(
    ("conninfo", "arguments", "expected"),
    [
        (
            "postgresql://ada:secret@db.example:6000/shop",
            {},
            {"server.address": "db.example", "server.port": 6000, "db.namespace": "shop"},
        ),
        (
            "host=db.example user=ada",
            {"autocommit": True, "prepare_threshold": None},
            {"server.address": "db.example", "server.port": 5432, "db.namespace": "ada"},
        ),
        (
            "host=/run/postgresql dbname=shop",
            {},
            {"server.address": "/run/postgresql", "db.namespace": "shop"},
        ),
        ("host=a,b dbname=shop", {}, {"db.namespace": "shop"}),
        ("", {"dbname": "other"}, {"db.namespace": "other"}),
    ],
)
def test_servers(conninfo: str, arguments: dict[str, Any], expected: dict[str, str | int]) -> None:
    """The server's name and port and the database's name are told, and nothing else."""
    assert server_of(conninfo, arguments) == expected


@pytest.mark.parametrize("slow", [-1, float("nan")])
def test_slow_is_a_time(slow: float) -> None:
    """Nothing takes less than no time."""
    with pytest.raises(UsageError, match="number of seconds"):
        Observer(slow=slow)


def test_opentelemetry_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the error says what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "pgrepo.runtime.observing.telemetry")
    with pytest.raises(UsageError, match=r"pgrepo\[otel\]"):
        Observer(telemetry=True)
