"""Point reads and pages of rows: a repository call beside the drivers used by hand.

Three questions, answered with ratios of medians from one run, server and client on one core:

1. one: a row of ten columns by its primary key, through the repository and pgrepo's pool, typed;
   beside psycopg's pool with class_row. Target: at most 0.55 times its time.
2. many: 500 such rows; beside psycopg's class_row. Target: at most 0.45 times.
3. tasks: the point read from 16 asyncio tasks on a pool of 16 connections; beside asyncpg's pool
   (its records made into the same dataclass or not: both are shown). Target: at most 0.55 times
   the one with records, which is the faster.

All connections are autocommit, so that nobody pays for BEGIN and COMMIT. The contestants take
turns. asyncpg is needed for the third question alone: `pip install asyncpg`; without it the
question is left out.

    python benchmarks/point_reads.py [--rounds 40] [--check] [--json FILE] [--profile]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from flat import pin, save
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgrepo import AsyncDatabase, Database, embedded
from pgrepo.runtime import (
    AsyncDomain,
    AsyncRepository,
    AsyncSource,
    Domain,
    QueryLibrary,
    Repository,
    Source,
    Statement,
)
from pgrepo.sqlfiles.library import load_queries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from uuid import UUID

TARGETS = {"one": 0.55, "many": 0.45, "tasks": 0.55}
ROWS = 20_000
PAGE = 500
TASKS = 16

SCHEMA: tuple[LiteralString, ...] = (
    "CREATE SCHEMA trade",
    """
    CREATE TABLE trade.orders (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        customer_id bigint NOT NULL,
        number text NOT NULL,
        status text NOT NULL,
        note text,
        quantity integer NOT NULL,
        weight double precision NOT NULL,
        paid boolean NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    """
    INSERT INTO trade.orders
        (customer_id, number, status, note, quantity, weight, paid, created_at, updated_at)
    SELECT
        n / 1000, 'N-' || n, 'open', nullif('note ' || n % 3, 'note 0'), n % 7, n * 0.25,
        n % 2 = 0, now() - n * interval '1 minute', now()
    FROM generate_series(0, 19999) AS n
    """,
    "CREATE INDEX ON trade.orders (customer_id, created_at, id)",
    "VACUUM ANALYZE trade.orders",
)

COLUMNS: LiteralString = (
    "id, customer_id, number, status, note, quantity, weight, paid, created_at, updated_at"
)
BY_ID: LiteralString = f"SELECT {COLUMNS} FROM trade.orders WHERE id = %s"
BY_CUSTOMER: LiteralString = (
    f"SELECT {COLUMNS} FROM trade.orders WHERE customer_id = %s ORDER BY created_at, id LIMIT %s"
)
QUERIES = f"""\
-- name: order_by_id(id)^
SELECT {COLUMNS} FROM trade.orders WHERE id = :id;

-- name: orders_of_customer(customer_id, limit)
SELECT {COLUMNS} FROM trade.orders
WHERE customer_id = :customer_id ORDER BY created_at, id LIMIT :limit;
"""


@dataclass(slots=True)
class Order:
    """A row of trade.orders."""

    id: UUID
    customer_id: int
    number: str
    status: str
    note: str | None
    quantity: int
    weight: float
    paid: bool
    created_at: datetime
    updated_at: datetime


class Orders(Repository):
    """What `pgrepo generate` writes for QUERIES."""

    by_id: Statement[Order]
    by_customer: Statement[Order]

    def order_by_id(self, *, id: UUID) -> Order | None:
        """Returns an order."""
        return self._first(self.by_id, id)

    def orders_of_customer(self, *, customer_id: int, limit: int) -> list[Order]:
        """Returns a page of a customer's orders."""
        return self._all(self.by_customer, customer_id, limit)


class AsyncOrders(AsyncRepository):
    """The same for asyncio."""

    async def order_by_id(self, *, id: UUID) -> Order | None:
        """Returns an order."""
        return await self._first(Orders.by_id, id)


class Trade(Domain):
    """The domain."""

    def __init__(self, source: Source, queries: QueryLibrary) -> None:
        super().__init__(source, queries)
        self.orders = Orders(self)


class AsyncTrade(AsyncDomain):
    """The same for asyncio."""

    def __init__(self, source: AsyncSource, queries: QueryLibrary) -> None:
        super().__init__(source, queries)
        self.orders = AsyncOrders(self)


def library(directory: Path) -> QueryLibrary:
    """Writes the query file, and makes the two statements as the generator would."""
    queries = directory / "queries"
    queries.mkdir()
    (queries / "orders.sql").write_text(QUERIES)
    # The search for the query files starts where the project is.
    (directory / "pyproject.toml").write_text("[project]\n")
    loaded = load_queries(queries)
    of = {name: loaded[name].fingerprint for name in ("order_by_id", "orders_of_customer")}
    Orders.by_id = Statement(
        "order_by_id", of["order_by_id"], types=(2950,), row=Order, read_only=True
    )
    Orders.by_customer = Statement(
        "orders_of_customer",
        of["orders_of_customer"],
        types=(20, 20),
        row=Order,
        read_only=True,
    )
    return QueryLibrary("trade", str(directory / "trade.py"), "queries")


def timed(run: Callable[[], object], calls: int) -> float:
    """The time of a call, µs."""
    started = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - started) / calls * 1e6


def interleaved(
    contestants: dict[str, Callable[[], object]], rounds: int, calls: int
) -> dict[str, float]:
    """The median of each contestant's turns, µs a call; the first three warm up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + 3):
        for name, run in contestants.items():
            taken = timed(run, calls)
            if turn >= 3:
                times[name].append(taken)
    return {name: statistics.median(values) for name, values in times.items()}


def synchronous(url: str, queries: QueryLibrary, options: argparse.Namespace) -> dict[str, float]:
    """Questions 1 and 2."""
    with (
        Database(url, min_size=1, max_size=4) as database,
        ConnectionPool(url, min_size=1, max_size=4, kwargs={"autocommit": True}, open=True) as pool,
        psycopg.connect(url, autocommit=True) as bare,
    ):
        trade = Trade(database, queries)
        ids = cycle([row[0] for row in bare.execute("SELECT id FROM trade.orders LIMIT 5000")])
        customers = cycle(range(ROWS // 1000))

        def repository() -> Order | None:
            return trade.orders.order_by_id(id=next(ids))

        def pool_class_row() -> Order | None:
            with (
                pool.connection() as connection,
                connection.cursor(row_factory=class_row(Order)) as cursor,
            ):
                return cursor.execute(BY_ID, (next(ids),)).fetchone()

        def bare_class_row() -> Order | None:
            with bare.cursor(row_factory=class_row(Order)) as cursor:
                return cursor.execute(BY_ID, (next(ids),)).fetchone()

        def bare_tuple() -> Any:
            return bare.execute(BY_ID, (next(ids),)).fetchone()

        one: dict[str, Callable[[], object]] = {
            "one: pgrepo, pool": repository,
            "one: psycopg, pool, class_row": pool_class_row,
            "one: psycopg, class_row": bare_class_row,
            "one: psycopg, tuple": bare_tuple,
        }
        assert repository() is not None
        assert isinstance(pool_class_row(), Order)

        def repository_page() -> list[Order]:
            return trade.orders.orders_of_customer(customer_id=next(customers), limit=PAGE)

        def class_row_page() -> list[Order]:
            with (
                pool.connection() as connection,
                connection.cursor(row_factory=class_row(Order)) as cursor,
            ):
                return cursor.execute(BY_CUSTOMER, (next(customers), PAGE)).fetchall()

        def tuple_page() -> Any:
            with pool.connection() as connection:
                return connection.execute(BY_CUSTOMER, (next(customers), PAGE)).fetchall()

        assert len(repository_page()) == len(class_row_page()) == PAGE
        many: dict[str, Callable[[], object]] = {
            "many: pgrepo, pool": repository_page,
            "many: psycopg, pool, class_row": class_row_page,
            "many: psycopg, pool, tuple": tuple_page,
        }
        medians = interleaved(one, options.rounds, 200)
        medians |= interleaved(many, options.rounds, 5)
        if options.profile:
            profiled(repository, 20_000)
            profiled(repository_page, 300)
    return medians


def profiled(run: Callable[[], object], calls: int) -> None:
    """Prints where the time goes."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(calls):
        run()
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


async def asynchronous(
    url: str, queries: QueryLibrary, options: argparse.Namespace
) -> dict[str, float]:
    """Question 3."""
    with psycopg.connect(url) as bare:
        ids = cycle([row[0] for row in bare.execute("SELECT id FROM trade.orders LIMIT 5000")])
    sql = BY_ID.replace("%s", "$1")
    asyncpg: Any = import_module("asyncpg") if find_spec("asyncpg") else None
    async with (
        AsyncDatabase(url, min_size=TASKS, max_size=TASKS) as database,
        AsyncConnectionPool(
            url, min_size=TASKS, max_size=TASKS, kwargs={"autocommit": True}, open=False
        ) as pool,
    ):
        await pool.wait()
        await database.pool.wait()
        trade = AsyncTrade(database, queries)

        async def repository() -> object:
            return await trade.orders.order_by_id(id=next(ids))

        async def pool_class_row() -> object:
            async with (
                pool.connection() as connection,
                connection.cursor(row_factory=class_row(Order)) as cursor,
            ):
                await cursor.execute(BY_ID, (next(ids),))
                return await cursor.fetchone()

        contestants: dict[str, Callable[[], Awaitable[object]]] = {
            "tasks: pgrepo, pool": repository,
            "tasks: psycopg, pool, class_row": pool_class_row,
        }
        other = None
        if asyncpg is not None:
            other = await asyncpg.create_pool(url, min_size=TASKS, max_size=TASKS)

            async def records() -> object:
                return await other.fetchrow(sql, next(ids))

            async def typed() -> object:
                return Order(*(await other.fetchrow(sql, next(ids))))

            contestants |= {"tasks: asyncpg, pool": records, "tasks: asyncpg, pool, typed": typed}
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for turn in range(options.rounds + 3):
            for name, run in contestants.items():
                taken = await crowd(run, 40)
                if turn >= 3:
                    times[name].append(taken)
        if options.profile:
            profile = cProfile.Profile()
            profile.enable()
            await crowd(repository, 1000)
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        if other is not None:
            await other.close()
    return {name: statistics.median(values) for name, values in times.items()}


async def crowd(run: Callable[[], Awaitable[object]], calls: int) -> float:
    """The time a call takes when 16 tasks make them, µs."""

    async def one() -> None:
        for _ in range(calls):
            await run()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(TASKS)))
    return (time.perf_counter() - started) / (calls * TASKS) * 1e6


def report(medians: dict[str, float]) -> dict[str, Any]:
    """Prints the table and the ratios; returns them."""
    print(f"{'contestant':<40}{'µs':>10}")
    for name, median in medians.items():
        print(f"{name:<40}{median:>10.1f}")
    print()
    rivals = {
        "one": "one: psycopg, pool, class_row",
        "many": "many: psycopg, pool, class_row",
        "tasks": "tasks: asyncpg, pool",
    }
    ratios = {}
    for question, rival in rivals.items():
        if rival in medians:
            ratio, at_most = (
                medians[f"{question}: pgrepo, pool"] / medians[rival],
                TARGETS[question],
            )
            print(f"{question:<6} pgrepo / {rival:<36}{ratio:.2f}  (target: at most {at_most})")
            ratios[question] = {"ratio": ratio, "at_most": at_most, "met": ratio <= at_most}
    return ratios


def main() -> int:
    """Builds, measures, reports."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="turns of each contestant")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as directory:
        data_dir = Path(directory, "pg")
        try:
            url = embedded.dsn(data_dir)
            postmaster = embedded.status(data_dir).pid
            assert postmaster is not None
            core = pin(postmaster)
            with psycopg.connect(url, autocommit=True) as connection:
                for step in SCHEMA:
                    connection.execute(step)
                version = connection.info.server_version
            queries = library(Path(directory))
            medians = synchronous(url, queries, options)
            medians |= asyncio.run(asynchronous(url, queries, options))
        finally:
            embedded.stop(data_dir)
    print(f"PostgreSQL {version // 10000}.{version % 10000}, core {core}\n")
    ratios = report(medians)
    if options.json:
        save(options.json, version, options.rounds, median_us=medians, ratios=ratios)
    met = all(ratio["met"] for ratio in ratios.values())
    return 1 if options.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())
