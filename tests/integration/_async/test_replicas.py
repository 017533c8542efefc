"""Reads on a real standby: which calls go there, and that nobody misses what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo import AsyncDatabase, AsyncMemoryCache, UsageError
from pgrepo.runtime.replicas.token import parse
from pgrepo.runtime.retries import async_sleep
from tests.faults.ledger._async.domain import AsyncLedger, NewNote
from tests.faults.oracle import make_ledger
from tests.servers import Server, paused, primary, standby, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ACCOUNT = 1


@pytest.fixture(scope="module")
def leader() -> Iterator[Server]:
    """A primary."""
    with primary() as server:
        make_ledger(server.url(), 20)
        yield server


@pytest.fixture(scope="module")
def follower(leader: Server) -> Iterator[Server]:
    """Its standby."""
    with standby(leader) as server:
        yield server


@pytest.fixture
async def database(leader: Server, follower: Server) -> AsyncIterator[AsyncDatabase]:
    """Both."""
    async with AsyncDatabase(leader.url(), max_size=4, replicas=[follower.url()]) as database:
        await wait_until_healthy(database)
        yield database


@pytest.fixture
def ledger(database: AsyncDatabase) -> AsyncLedger:
    """The domain on them."""
    return AsyncLedger(database)


def catch_up(leader: Server, follower: Server) -> None:
    """Waits until the standby has replayed all there is."""
    [(place,)] = leader.execute("SELECT pg_current_wal_insert_lsn()::text")
    until(lambda: follower.execute(f"SELECT pg_last_wal_replay_lsn() >= '{place}'") == [(True,)])


async def reads(database: AsyncDatabase) -> int | None:
    """How many reads the replica has answered."""
    return (await database.status()).replicas[0].reads


async def wait_until_healthy(database: AsyncDatabase) -> None:
    """Waits until its replica may answer."""
    for _ in range(200):
        if (await database.status()).healthy:
            return
        await async_sleep(0.1)
    raise AssertionError(await database.status())


async def change(ledger: AsyncLedger) -> int:
    """Changes the account; returns the version it has now."""
    version = await ledger.accounts.sure_version_of(account=ACCOUNT)
    assert await ledger.accounts.change(account=ACCOUNT, version=version) == 1
    return version + 1


async def test_reads_go_to_the_replica(database: AsyncDatabase, ledger: AsyncLedger) -> None:
    """Single ones, those of a scope, and a batch of nothing else."""
    await ledger.accounts.version_of(account=ACCOUNT)
    assert await reads(database) == 1
    await ledger.for_caller(caller="ada").accounts.version_of(account=ACCOUNT)
    assert await reads(database) == 2
    async with ledger.batch() as batch:
        one = batch.add(ledger.accounts.version_of, account=1)
        two = batch.add(ledger.accounts.version_of, account=2)
    assert one.result() >= 0
    assert two.result() >= 0
    assert await reads(database) == 4


async def test_all_else_goes_to_the_primary(database: AsyncDatabase, ledger: AsyncLedger) -> None:
    """Writes, whatever a transaction does, a batch with a write, locks, streams, `@primary`."""
    version = await change(ledger)
    async with ledger.transaction() as bound:
        assert await bound.accounts.version_of(account=ACCOUNT) == version
    async with ledger.batch() as batch:
        batch.add(ledger.accounts.note, operation="a")
        seen = batch.add(ledger.accounts.version_of, account=ACCOUNT)
    assert seen.result() == version
    assert await ledger.accounts.lock_account(account=ACCOUNT) == version
    async with ledger.accounts.stream_all_accounts() as accounts:
        assert len([account async for account in accounts]) == 20
    assert await reads(database) == 0


async def test_what_was_written_is_read(
    database: AsyncDatabase, ledger: AsyncLedger, follower: Server
) -> None:
    """On every way of writing, while the replica has nothing of it."""
    with paused(follower):
        for _ in range(5):
            version = await change(ledger)
            assert await ledger.accounts.version_of(account=ACCOUNT) == version
        async with ledger.transaction() as bound:
            version = await change(bound)
        assert await ledger.accounts.version_of(account=ACCOUNT) == version
        with database.after():
            async with database.connection() as connection:
                await connection.execute("UPDATE ledger.accounts SET version = version + 1")
            assert await ledger.accounts.version_of(account=ACCOUNT) == version + 1
        with database.after():
            await ledger.accounts.add_notes([NewNote("bulk")])
            assert await ledger.accounts.count_of(operation="bulk") == 1
        with database.after():
            await ledger.for_caller(caller="ada").accounts.note(operation="scoped")
            assert await ledger.accounts.count_of(operation="scoped") == 1
        assert await reads(database) == 0


async def test_a_token_is_handed_on(
    leader: Server, ledger: AsyncLedger, database: AsyncDatabase, follower: Server
) -> None:
    """Who has it reads what was written elsewhere; who has not may be told something older."""
    other = AsyncDatabase(leader.url(), replicas=[follower.url()])
    async with other:
        elsewhere = AsyncLedger(other)
        catch_up(leader, follower)
        before = await ledger.accounts.sure_version_of(account=ACCOUNT)
        with other.after(await _token_of_now(leader)):
            assert await elsewhere.accounts.version_of(account=ACCOUNT) == before
        with paused(follower):
            version = await change(ledger)
            token = await database.token()
            assert await elsewhere.accounts.version_of(account=ACCOUNT) == version - 1
            with other.after(token):
                assert await elsewhere.accounts.version_of(account=ACCOUNT) == version
            assert await elsewhere.accounts.version_of(account=ACCOUNT) == version - 1
        with other.after(token):
            assert await elsewhere.accounts.version_of(account=ACCOUNT) == version


async def _token_of_now(leader: Server) -> str | None:
    async with AsyncDatabase(leader.url()) as alone:
        return await alone.token()


async def test_tokens_say_where_the_log_is(database: AsyncDatabase, ledger: AsyncLedger) -> None:
    """A token moves on with every write, and there is none before the first."""
    with database.after():
        assert await database.token() is None
        await change(ledger)
        first = parse(await database.token() or "")
        await change(ledger)
        second = parse(await database.token() or "")
    assert first.is_in(second)
    assert not second.is_in(first)
    with pytest.raises(UsageError, match="no token"):
        database.after("0/16B3748")


async def test_a_cache_is_filled_from_the_primary(leader: Server, follower: Server) -> None:
    """Else another reader's old answer might be kept, past the write that made it old."""
    cache = AsyncMemoryCache()
    replicas = [follower.url()]
    async with AsyncDatabase(leader.url(), cache=cache, replicas=replicas) as database:
        await wait_until_healthy(database)
        ledger = AsyncLedger(database)
        await ledger.accounts.kept_version_of(account=ACCOUNT)
        assert await reads(database) == 0
        await ledger.accounts.version_of(account=ACCOUNT)
        assert await reads(database) == 1
    assert cache.statistics.kept == 1


async def test_a_replica_that_is_away_is_left_out(leader: Server, follower: Server) -> None:
    """Also when it is not there at first; it is found when it comes back."""
    follower.stop("immediate")
    async with AsyncDatabase(leader.url(), replicas=[follower.url()]) as database:
        ledger = AsyncLedger(database)
        status = await database.status()
        assert status.primary.healthy
        assert not status.healthy
        assert "cannot be asked" in str(status)
        assert await ledger.accounts.version_of(account=ACCOUNT) >= 0
        follower.start()
        await wait_until_healthy(database)
        with database.after():
            await ledger.accounts.version_of(account=ACCOUNT)
        assert await reads(database) == 1
        follower.stop("immediate")
        try:
            for _ in range(20):
                assert await ledger.accounts.version_of(account=ACCOUNT) >= 0
        finally:
            follower.start()


async def test_status(database: AsyncDatabase, leader: Server, follower: Server) -> None:
    """For people a line each; for monitors numbers."""
    status = await database.status()
    assert status.healthy
    assert [server.role for server in (status.primary, *status.replicas)] == ["primary", "replica"]
    assert status.primary.timeline == status.replicas[0].timeline == 1
    assert str(leader.port) in status.primary.name
    assert "postgres@" not in str(status)
    assert str(status).startswith("primary 127.0.0.1:")
    async with AsyncDatabase(leader.url()) as alone:
        assert (await alone.status()).healthy
    async with AsyncDatabase(follower.url()) as wrong:
        assert (await wrong.status()).primary.problem == "it is a standby"


async def test_it_can_be_opened_again(leader: Server, follower: Server) -> None:
    """Closing ends what watches the servers, and opening begins anew."""
    database = AsyncDatabase(leader.url(), replicas=[follower.url()])
    for opened in (1, 2):
        async with database:
            await wait_until_healthy(database)
            await AsyncLedger(database).accounts.version_of(account=ACCOUNT)
            assert await reads(database) == opened
    with pytest.raises(UsageError, match="not open"):
        await AsyncLedger(database).accounts.version_of(account=ACCOUNT)


def test_replicas_are_named_one_by_one(leader: Server) -> None:
    """What one server has replayed says nothing of another one behind the same URL."""
    with pytest.raises(UsageError, match="a list"):
        AsyncDatabase(leader.url(), replicas=leader.url())
    with pytest.raises(UsageError, match="one server"):
        AsyncDatabase(leader.url(), replicas=["postgresql://one,two/postgres"])
