"""Reads while the primary is busy: with a replica and without.

Two works, with the primary on one core, where two sessions keep it busy, and the replica and the
client on another one:

1. reads of four threads, each of which adds up a few thousand rows. Target: at least twice as many
   with a replica.
2. a write and a read of what was written, in turn, with nothing else to do for the servers: what
   it costs to prove that the replica has replayed the write.

    python benchmarks/replicas.py [--rounds 10] [--check] [--json FILE]
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import harness
import psycopg
from results import Target, Work

from pgrepo import Database
from pgrepo.runtime import Domain, QueryLibrary, Repository, Source, Statement
from pgrepo.sqlfiles.library import load_queries

sys.path.append(str(Path(__file__).parent.parent))
from tests.servers import Server, primary, standby, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness import Turn

THREADS, CALLS, PAIRS = 4, 10, 20
AT_LEAST = 2.0
ALONE, WITH = "primary alone", "with a replica"

SCHEMA: tuple[LiteralString, ...] = (
    "CREATE SCHEMA stock",
    "CREATE TABLE stock.items (id bigint PRIMARY KEY, amount bigint NOT NULL)",
    "INSERT INTO stock.items SELECT n, n FROM generate_series(1, 10000) AS n",
    "VACUUM ANALYZE stock.items",
)
BUSY: LiteralString = "SELECT count(*) FROM generate_series(1, 200000)"
QUERIES = """-- name: total(below)$
SELECT sum(amount)::bigint FROM stock.items WHERE id < :below;

-- name: amount_of(id)$
SELECT amount FROM stock.items WHERE id = :id;

-- name: add_one(id)$
UPDATE stock.items SET amount = amount + 1 WHERE id = :id RETURNING amount;
"""


class Items(Repository):
    """What `pgrepo generate` writes for the queries."""

    statements: dict[str, Statement[int]]

    def total(self, *, below: int) -> int:
        """Adds up many rows."""
        return self._value(self.statements["total"], below)

    def amount_of(self, *, id: int) -> int:
        """Reads a row."""
        return self._value(self.statements["amount_of"], id)

    def add_one(self, *, id: int) -> int:
        """Changes a row."""
        return self._value(self.statements["add_one"], id)


class Stock(Domain):
    """The domain."""

    queries: QueryLibrary

    def __init__(self, source: Source) -> None:
        super().__init__(source, self.queries)
        self.items = Items(self)


def declare(directory: Path) -> None:
    """Writes the query file, and makes the statements as the generator would."""
    queries = directory / "queries"
    queries.mkdir()
    (queries / "items.sql").write_text(QUERIES)
    Items.statements = {
        name: Statement(name, query.fingerprint, types=(20,), read_only=name != "add_one")
        for name, query in load_queries(queries).items()
    }
    Stock.queries = QueryLibrary("stock", str(directory / "stock.py"), "queries")


def pin(server: Server, core: int) -> None:
    """Puts a server, and what it starts later, on a core."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    for pid in (server.pid, *map(int, children)):
        os.sched_setaffinity(pid, {core})


@contextlib.contextmanager
def servers() -> Iterator[tuple[Server, Server]]:
    """A primary on the first core, its standby with this process on the last."""
    cores = sorted(os.sched_getaffinity(0))
    with primary() as leader, standby(leader) as follower:
        pin(leader, cores[0])
        pin(follower, cores[-1])
        os.sched_setaffinity(0, {cores[-1]})
        with psycopg.connect(leader.url(), autocommit=True) as connection:
            for statement in SCHEMA:
                connection.execute(statement)
        until(lambda: follower.execute("SELECT 1 FROM pg_class WHERE relname = 'items'"))
        yield leader, follower


@contextlib.contextmanager
def busy(url: str, sessions: int) -> Iterator[None]:
    """Sessions that keep a server's core busy."""
    over = threading.Event()

    def work() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.is_set():
                connection.execute(BUSY)

    threads = [threading.Thread(target=work) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def crowd(executor: ThreadPoolExecutor, read: Callable[[], Any]) -> Turn:
    """A contestant of four threads."""

    def turn(calls: int) -> float:
        def work(_: int) -> None:
            for _ in range(calls):
                read()

        started = time.perf_counter()
        for _ in executor.map(work, range(THREADS)):
            pass
        return (time.perf_counter() - started) / (calls * THREADS) * 1e6

    return turn


def pair(stock: Stock) -> Callable[[], None]:
    """A write, and a read that has to see it."""

    def run() -> None:
        written = stock.items.add_one(id=1)
        assert stock.items.amount_of(id=1) >= written

    return run


def measure(leader: Server, alone: Stock, replicated: Stock, rounds: int) -> list[Work]:
    """Both works."""
    with busy(leader.url(), 2), ThreadPoolExecutor(THREADS) as executor:
        turns = {
            WITH: crowd(executor, lambda: replicated.items.total(below=5000)),
            ALONE: crowd(executor, lambda: alone.items.total(below=5000)),
        }
        times = harness.interleaved(turns, rounds, CALLS)
    rates = {name: 1e6 / taken for name, taken in times.items()}
    reads = Work("reads while the primary is busy", "reads a second", rates, more_is_better=True)
    reads.targets.append(Target(ALONE, rates[WITH] / rates[ALONE], at_least=AT_LEAST))
    turns = {WITH: harness.repeated(pair(replicated)), ALONE: harness.repeated(pair(alone))}
    pairs = Work("a write, and a read of it", "µs", harness.interleaved(turns, rounds, PAIRS))
    return [reads, pairs]


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__, rounds=10).parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as directory,
        servers() as (leader, follower),
        Database(leader.url(), max_size=THREADS) as alone,
        Database(leader.url(), max_size=THREADS, replicas=[follower.url()]) as replicated,
    ):
        declare(Path(directory))
        works = measure(leader, Stock(alone), Stock(replicated), options.rounds)
        reads = replicated.status().replicas[0].reads
        with alone.connection() as connection:
            found = connection.info.server_version
    return harness.finish(options, found, works, answered_by_the_replica=reads)


if __name__ == "__main__":
    sys.exit(main())
