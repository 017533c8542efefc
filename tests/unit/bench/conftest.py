"""Results of benchmarks that nobody ran."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from pgrepo.bench.results import (
    Access,
    Buffers,
    DomainRun,
    Measured,
    Plan,
    Results,
    ScaleRun,
    Settings,
    Skipped,
    latency_of,
)

MakeQuery = Callable[..., Measured]
MakeResults = Callable[..., Results]

BY_INDEX = Plan(
    "Limit > Index Scan orders_email_idx",
    (Access("Index Scan", "orders", "orders_email_idx"),),
    5,
)
BY_SCAN = Plan("Limit > Sort > Seq Scan orders", (Access("Seq Scan", "orders"),), 5)


@pytest.fixture(scope="session")
def make_query() -> MakeQuery:
    """Makes a query that takes about so many microseconds."""

    def make(name: str, typical: float, *, seed: int = 0, **changes: Any) -> Measured:
        noise = random.Random(f"{name} {seed}")  # noqa: S311 - no secret
        count = changes.pop("count", 10)
        rounds = tuple(round(typical * noise.uniform(0.97, 1.03), 2) for _ in range(count))
        samples = tuple(sorted(typical * noise.lognormvariate(0, 0.3) for _ in range(200)))
        values: dict[str, Any] = {
            "name": name,
            "file": "queries/orders.sql",
            "scope": None,
            "writes": False,
            "calls": 5000,
            "rate": 1e6 / typical,
            "rows": 10.0,
            "empty": 0.0,
            "latency": latency_of(samples),
            "rounds": rounds,
            "samples": samples,
            "floor": (20.0,) * count,
            "buffers": Buffers(4, 1),
            "plans": (BY_INDEX,),
        }
        return Measured(**{**values, **changes})

    return make


@pytest.fixture(scope="session")
def make_results() -> MakeResults:
    """Makes results of one domain, shop, of queries at each scale."""

    def make(*scales: tuple[float, list[Measured]], **changes: Any) -> Results:
        runs = tuple(
            ScaleRun(scale, 1000, 9_000_000, tuple(queries), (Skipped("add", "it <b>writes", "x"),))
            for scale, queries in scales
        )
        values: dict[str, Any] = {
            "made": "2026-01-02T03:04:05+00:00",
            "pgrepo": "0.1.0",
            "python": "3.12.1",
            "server": "18.4",
            "settings": Settings(1, 1.0, 10),
            "domains": (DomainRun("shop", runs),),
        }
        return Results(**{**values, **changes})

    return make


@pytest.fixture
def by_index() -> Plan:
    """A plan that reads orders by an index."""
    return BY_INDEX


@pytest.fixture
def by_scan() -> Plan:
    """A plan that reads all orders."""
    return BY_SCAN
