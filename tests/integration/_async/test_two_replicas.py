"""Two standbys: who answers, also when one is dead or hangs, and for a role that may do little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo import AsyncDatabase, ResponseTimeout
from pgrepo.runtime.retries import async_sleep
from tests.faults.ledger._async.domain import AsyncLedger
from tests.faults.oracle import make_ledger
from tests.servers import Server, paused, primary, standby

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ACCOUNT = 1
READS = 100


@pytest.fixture(scope="module")
def leader() -> Iterator[Server]:
    """A primary, and a role that may only work with its tables."""
    with primary() as server:
        make_ledger(server.url(), 20)
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE app LOGIN")
            connection.execute("GRANT USAGE ON SCHEMA ledger TO app")
            connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA ledger TO app")
        yield server


@pytest.fixture(scope="module")
def followers(leader: Server) -> Iterator[list[Server]]:
    """Its standbys."""
    with standby(leader, "one") as one, standby(leader, "two") as two:
        yield [one, two]


@pytest.fixture
async def database(leader: Server, followers: list[Server]) -> AsyncIterator[AsyncDatabase]:
    """All of them, for that role."""
    urls = [server.url().replace("postgres@", "app@") for server in (leader, *followers)]
    async with AsyncDatabase(
        urls[0], max_size=4, replicas=urls[1:], statement_timeout=1
    ) as database:
        await wait_until(database, healthy=2)
        yield database


async def wait_until(database: AsyncDatabase, *, healthy: int) -> None:
    """Waits until so many replicas may answer."""
    for _ in range(200):
        status = await database.status()
        if sum(replica.healthy for replica in status.replicas) == healthy:
            return
        await async_sleep(0.1)
    raise AssertionError(await database.status())


async def answers(database: AsyncDatabase, reads: int = READS) -> list[int]:
    """Makes reads; returns how many of them each replica has answered."""
    ledger = AsyncLedger(database)
    before = [replica.reads or 0 for replica in (await database.status()).replicas]
    for _ in range(reads):
        assert await ledger.accounts.version_of(account=ACCOUNT) >= 0
    after = [replica.reads or 0 for replica in (await database.status()).replicas]
    return [now - then for now, then in zip(after, before, strict=True)]


async def test_load_is_spread(database: AsyncDatabase) -> None:
    """Both answer, and the primary does not."""
    shares = await answers(database)
    assert sum(shares) == READS
    assert min(shares) >= READS // 5


async def test_one_lags(database: AsyncDatabase, followers: list[Server]) -> None:
    """Who has written reads it from the other one; nobody reads what is older."""
    ledger = AsyncLedger(database)
    with paused(followers[0]):
        version = await ledger.accounts.sure_version_of(account=ACCOUNT)
        for number in range(1, 20):
            await ledger.accounts.change(account=ACCOUNT, version=version + number - 1)
            assert await ledger.accounts.version_of(account=ACCOUNT) == version + number


async def test_one_is_dead(database: AsyncDatabase, followers: list[Server]) -> None:
    """No error is seen; the other one answers, and both do when it is back."""
    followers[0].stop("immediate")
    try:
        assert (await answers(database))[1] >= READS // 2
        await wait_until(database, healthy=1)
        assert await answers(database) == [0, READS]
    finally:
        followers[0].start()
    await wait_until(database, healthy=2)
    assert min(await answers(database)) > 0


async def test_one_hangs(database: AsyncDatabase, followers: list[Server]) -> None:
    """The first who asks it waits for as long as a statement may take; then it is left out."""
    ledger = AsyncLedger(database)
    with followers[0].frozen():
        unanswered = 0
        for _ in range(20):
            try:
                await ledger.accounts.version_of(account=ACCOUNT)
            except ResponseTimeout:
                unanswered += 1
        assert unanswered <= 1
        await wait_until(database, healthy=1)
        assert await answers(database) == [0, READS]
    await wait_until(database, healthy=2)
    assert min(await answers(database)) > 0
