"""Fewer round trips: what do batch() and a BEGIN that rides along save?

Two works, each on loopback, where server and client share one core, and through a proxy that makes
every round trip 1 ms longer:

1. point reads by primary key, twenty at a time: in a batch, one by one, and by hand in psycopg's
   `connection.pipeline()`, which is what the batch stands for. Target: at most 0.8 times the time
   of single calls on loopback, 0.12 times behind the delay.
2. a transaction of three updates: as `transaction()` sends it, with BEGIN in the first round trip;
   with the last statement in a `batch(commit=True)`; all in one `batch()`; and by hand in psycopg's
   `connection.transaction()`, in five round trips.

    python benchmarks/batches.py [--rounds 40] [--check] [--json FILE]
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import harness
import psycopg
from delay import delayed
from harness import interleaved, repeated
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool
from results import Work

from pgrepo import Database
from pgrepo.runtime import Domain, QueryLibrary, Repository, Source, Statement
from pgrepo.sqlfiles.library import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAR_AT_MOST, FAR_AT_MOST = 0.8, 0.12
CALLS = 20
ITEMS = 1000

SCHEMA: tuple[LiteralString, ...] = (
    "CREATE SCHEMA stock",
    """
    CREATE TABLE stock.items (
        id bigint CONSTRAINT items_pkey PRIMARY KEY,
        name text NOT NULL,
        amount bigint NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "INSERT INTO stock.items SELECT n, 'item ' || n, n FROM generate_series(1, 1000) AS n",
    "VACUUM ANALYZE stock.items",
)
READ: LiteralString = "SELECT id, name, amount, changed_at FROM stock.items WHERE id = %s"
WRITE: LiteralString = "UPDATE stock.items SET amount = amount + 1 WHERE id = %s"


@dataclass(slots=True)
class Item:
    """A row of stock.items."""

    id: int
    name: str
    amount: int
    changed_at: Any


class Items(Repository):
    """What `pgrepo generate` writes for the two queries."""

    by_id: Statement[Item]
    add_one: Statement[Any]

    def item_by_id(self, *, id: int) -> Item | None:
        """Returns an item."""
        return self._first(self.by_id, id)

    def add_one_to(self, *, id: int) -> int:
        """Counts an item."""
        return self._affected(self.add_one, id)


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
    read, write = READ.replace("%s", ":id"), WRITE.replace("%s", ":id")
    text = f"-- name: item_by_id(id)^\n{read};\n\n-- name: add_one_to(id)!\n{write};\n"
    (queries / "items.sql").write_text(text)
    loaded = load_queries(queries)
    prints = {name: query.fingerprint for name, query in loaded.items()}
    Items.by_id = Statement("item_by_id", prints["item_by_id"], types=(20,), row=Item)
    Items.add_one = Statement("add_one_to", prints["add_one_to"], types=(20,))
    Stock.queries = QueryLibrary("stock", str(directory / "stock.py"), "queries")


class Contest:
    """The works, at the end of one way to the server."""

    def __init__(self, stock: Stock, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._stock = stock
        self._pool = pool
        self._ids = cycle(range(1, ITEMS + 1))

    def reads(self, where: str, rounds: int) -> Work:
        """Work 1."""
        contestants = {
            "pgrepo, batch()": repeated(self._in_a_batch),
            "pgrepo, one by one": repeated(self._one_by_one),
            "psycopg by hand, pipeline()": repeated(self._by_hand),
        }
        for read in (self._in_a_batch, self._one_by_one, self._by_hand):
            assert [item.name for item in read() if item] == [f"item {n}" for n in self._read]
        medians = interleaved(contestants, rounds, 5)
        return Work(f"{CALLS} point reads, {where}", "µs for all", medians)

    def writes(self, where: str, rounds: int) -> Work:
        """Work 2."""
        contestants = {
            "pgrepo, transaction()": repeated(self._transaction),
            "pgrepo, and batch(commit=True)": repeated(self._transaction_with_commit),
            "pgrepo, batch()": repeated(self._batch_of_writes),
            "psycopg by hand, transaction()": repeated(self._transaction_by_hand),
        }
        medians = interleaved(contestants, rounds, 5)
        return Work(f"a transaction of 3 updates, {where}", "µs for all", medians)

    def _next(self) -> list[int]:
        self._read = [next(self._ids) for _ in range(CALLS)]
        return self._read

    def _in_a_batch(self) -> list[Item | None]:
        read = self._stock.items.item_by_id
        with self._stock.batch() as batch:
            found = [batch.add(read, id=number) for number in self._next()]
        return [item.result() for item in found]

    def _one_by_one(self) -> list[Item | None]:
        return [self._stock.items.item_by_id(id=number) for number in self._next()]

    def _by_hand(self) -> list[Item | None]:
        with self._pool.connection() as connection, connection.pipeline():
            found = [
                connection.cursor(row_factory=class_row(Item)).execute(READ, (number,))
                for number in self._next()
            ]
            return [cursor.fetchone() for cursor in found]

    def _transaction(self) -> None:
        with self._stock.transaction() as tx:
            for _ in range(3):
                tx.items.add_one_to(id=next(self._ids))

    def _transaction_with_commit(self) -> None:
        with self._stock.transaction() as tx:
            tx.items.add_one_to(id=next(self._ids))
            tx.items.add_one_to(id=next(self._ids))
            with tx.batch(commit=True) as batch:
                batch.add(tx.items.add_one_to, id=next(self._ids))

    def _batch_of_writes(self) -> None:
        with self._stock.batch() as batch:
            for _ in range(3):
                batch.add(self._stock.items.add_one_to, id=next(self._ids))

    def _transaction_by_hand(self) -> None:
        with self._pool.connection() as connection, connection.transaction():
            for _ in range(3):
                connection.execute(WRITE, (next(self._ids),))


@contextlib.contextmanager
def contest(url: str) -> Iterator[Contest]:
    """Everything that takes part."""
    options = {"autocommit": True}
    with (
        Database(url, max_size=1) as database,
        ConnectionPool(url, min_size=1, max_size=1, kwargs=options, open=True) as pool,
    ):
        yield Contest(Stock(database), pool)


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__).parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as directory,
        harness.unpinned_server() as (url, postmaster),
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            for step in SCHEMA:
                connection.execute(step)
            version = connection.info.server_version
        declare(Path(directory))
        # The proxy has a core of its own.
        with delayed(url) as way, contest(way) as far:
            works = [
                far.reads("1 ms of delay", options.rounds),
                far.writes("1 ms of delay", options.rounds),
            ]
        harness.pin(postmaster)
        with contest(url) as near:
            works = [
                near.reads("loopback", options.rounds),
                near.writes("loopback", options.rounds),
                *works,
            ]
    works[0].aim("pgrepo, batch()", {"pgrepo, one by one": NEAR_AT_MOST})
    works[2].aim("pgrepo, batch()", {"pgrepo, one by one": FAR_AT_MOST})
    return harness.finish(options, version, works)


if __name__ == "__main__":
    sys.exit(main())
