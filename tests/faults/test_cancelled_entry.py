"""Tasks that are cancelled on their way in: they end, and others can use the connection."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from pgrepo import AsyncDatabase
from tests.faults.scoped_calls import login
from tests.integration._async.tenancy import AsyncTenancy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SCHEMA = Path(__file__).parents[1] / "integration" / "runtime" / "tenancy.sql"
APP, OWNER = "pgrepo_test_app", "pgrepo_test_login"
ADA = UUID(int=0xADA)


@pytest.fixture
def tenancy_url(database_url: str) -> Iterator[str]:
    """A database with notes of tenants, for a role that owns nothing."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(SCHEMA.read_bytes())
        try:
            with login(database_url, "pgrepo_test_cancelled", (APP,), inherit=True) as url:
                yield url
        finally:
            owner.execute(f"DROP OWNED BY {APP}, {OWNER} CASCADE")
            owner.execute(f"DROP ROLE {OWNER}, {APP}")


@pytest.fixture(params=["pgrepo's pool", "the host's pool"])
async def tenancy(request: pytest.FixtureRequest, tenancy_url: str) -> AsyncIterator[AsyncTenancy]:
    """The domain on one connection, on which whatever stays behind would be found."""
    if request.param == "pgrepo's pool":
        async with AsyncDatabase(tenancy_url, max_size=1, timeout=20) as database:
            yield AsyncTenancy(database)
    else:
        pool: AsyncConnectionPool[AsyncConnection]
        async with AsyncConnectionPool(tenancy_url, min_size=1, max_size=1, open=False) as pool:
            yield AsyncTenancy(pool)


async def cancelled(tenancy: AsyncTenancy) -> None:
    """Enters a transaction of a scope, and is cancelled where psycopg first lets others run."""
    current = asyncio.current_task()
    assert current is not None
    current.cancel()
    # It does so although it has nothing to wait for, once nobody else has had a turn for a while.
    time.sleep(0.02)  # noqa: ASYNC251
    async with tenancy.for_tenant(ADA).transaction():
        pass


async def test_transaction_of_a_scope(tenancy: AsyncTenancy) -> None:
    """The next one is entered, and what is asked outside of it is in no scope."""
    for _ in range(3):
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(cancelled(tenancy))
        async with tenancy.for_tenant(ADA).transaction() as tx:
            assert (await tx.notes.who()).role == APP
        assert (await tenancy.notes.who()).role == "pgrepo_test_cancelled"


@pytest.mark.parametrize("tenancy", ["pgrepo's pool"], indirect=True)
async def test_all_are_cancelled(tenancy: AsyncTenancy) -> None:
    """One has the connection, the others wait for it; all end, as psycopg_pool alone would not.

    In a pool of the host's own some may go on: that is between the host and psycopg_pool.
    """

    async def ask() -> None:
        while True:
            await tenancy.notes.who()

    for _ in range(10):
        tasks = [asyncio.create_task(ask()) for _ in range(8)]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        ended, going = await asyncio.wait(tasks, timeout=20)
        for task in going:
            task.cancel()
        assert not going
        assert all(task.cancelled() for task in ended)
        assert (await tenancy.notes.who()).role == "pgrepo_test_cancelled"


async def test_opened_by_two_at_once(database_url: str) -> None:
    """Both may ask as soon as they are through, and there is one pool."""
    database = AsyncDatabase(database_url, min_size=1, max_size=1)
    await asyncio.gather(*(database.open() for _ in range(5)))
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    async with database.connection() as connection:
        row = await (await connection.execute(sessions)).fetchone()
    await database.close()
    assert row == (1,)
