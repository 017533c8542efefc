"""Bulk calls that are cut off between two rows, and rows that come from a query meanwhile.

Each call goes one of the three ways: COPY, one INSERT for all (few rows, many rows), batches.
"""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from pgrepo import AsyncDatabase, Database, UsageError
from pgrepo.runtime.staged import FEW

from .._async.dynamic import generated  # noqa: TID252 - tests are no installed package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

HERE = Path(__file__).parent
NOW = datetime(2026, 5, 4, tzinfo=UTC)
# Where the call is cut off; in a COPY, which sends 64 KB at a time, something is on its way then.
FIRST, LATER, LATE = 1, FEW - 1, 4 * FEW

_CLASSES = {
    "add_plain_items": "AddPlainItem",
    "save_items": "SaveItem",
    "save_items_with_note": "SaveItemsWithNote",
}

cut = pytest.mark.parametrize("at", [FIRST, LATER, LATE])
ways = pytest.mark.parametrize(
    ("call", "row"),
    [
        ("add_plain_items", lambda n: (f"c{n}", "n", Decimal(1), "new", ["t" * 90], "", NOW)),
        ("save_items", lambda n: (f"c{n}", "n", Decimal(1), "new", ["t" * 90], None, None)),
        ("save_items_with_note", lambda n: (f"c{n}", "n", "x" * 90)),
    ],
    ids=["copy", "insert", "batches"],
)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, server_url: str) -> ModuleType:
    """The generated package."""
    return generated(tmp_path_factory.mktemp("depot"), server_url, "depot", HERE)


@pytest.fixture
def depot_url(database_url: str) -> str:
    """The URL of a database with the depot's tables."""
    with psycopg.connect(database_url) as connection:
        connection.execute((HERE / "schema.sql").read_bytes())
    return database_url


def rows_of(
    call: str,
    row: Callable[[int], tuple[Any, ...]],
    count: int,
    before: Callable[[int], object] = lambda _: None,
) -> Iterator[Any]:
    """Yields rows for a call, after something was done before each of them."""
    row_class = getattr(import_module("depot.items"), _CLASSES[call])
    for number in range(count):
        before(number)
        yield row_class(*row(number))


@ways
@cut
def test_interrupted(
    package: ModuleType, depot_url: str, call: str, row: Callable[[int], tuple[Any, ...]], at: int
) -> None:
    """After Ctrl-C between two rows no row stays, and the connection goes on."""

    def interrupt(number: int) -> None:
        if number == at:
            signal.raise_signal(signal.SIGINT)

    with psycopg.connect(depot_url, autocommit=True) as connection:
        depot = package.Depot(connection)
        with pytest.raises(KeyboardInterrupt):
            getattr(depot.items, call)(rows_of(call, row, at + 100, interrupt))
        assert connection.info.transaction_status == TransactionStatus.IDLE
        with connection.transaction():
            depot.items.save_items(rows_of("save_items", _one, 1))
            with pytest.raises(KeyboardInterrupt):
                getattr(depot.items, call)(rows_of(call, row, at + 100, interrupt))
            assert [item.code for item in depot.items.all_items()] == ["one"]
        assert getattr(depot.items, call)(rows_of(call, row, at + 100)) == at + 100
        assert len(depot.items.all_items()) == at + 101


@ways
@cut
async def test_cancelled(
    package: ModuleType, depot_url: str, call: str, row: Callable[[int], tuple[Any, ...]], at: int
) -> None:
    """A task that is cancelled between two rows leaves no part, and its connection goes on."""

    def cancel(number: int) -> None:
        if number == at:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

    async with AsyncDatabase(depot_url, max_size=1, timeout=10) as database:
        depot = package.AsyncDepot(database)

        async def inside() -> None:
            async with depot.transaction() as tx:
                await getattr(tx.items, call)(rows_of(call, row, at + 100, cancel))

        async def outside() -> None:
            await getattr(depot.items, call)(rows_of(call, row, at + 100, cancel))

        with pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(inside())
        assert await depot.items.all_items() == []
        with pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(outside())
        # Once the last row is sent, PostgreSQL may be done before it is asked to stop.
        assert len(await depot.items.all_items()) in {0, at + 100}
        async with database.connection() as connection:
            await connection.execute("TRUNCATE depot.items")
        assert await getattr(depot.items, call)(rows_of(call, row, at + 100)) == at + 100


@pytest.mark.parametrize("fails", [False, True], ids=["few", "many"])
def test_rows_from_the_same_connection(package: ModuleType, depot_url: str, *, fails: bool) -> None:
    """Rows may ask the connection something before it takes them, and are refused it after."""
    count = LATE if fails else 3
    with Database(depot_url, max_size=1) as database:
        depot = package.Depot(database)
        with depot.transaction() as tx:

            def ask(number: int) -> None:
                if number == count - 1:
                    assert tx.items.all_items() == []

            rows = rows_of("save_items", lambda n: _one(n, f"c{n}"), count, ask)
            if fails:
                with pytest.raises(UsageError, match="collect them in a list first"):
                    tx.items.save_items(rows)
            else:
                assert tx.items.save_items(rows) == count
        assert len(depot.items.all_items()) == (0 if fails else count)


def _one(_: int, code: str = "one") -> tuple[Any, ...]:
    return (code, "n", None, "new", [], None, None)
