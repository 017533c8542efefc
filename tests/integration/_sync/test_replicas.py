# Derived from tests/integration/_async/test_replicas.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: C416
"""Reads on a real standby: which calls go there, and that nobody misses what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo import Database, MemoryCache, UsageError
from pgrepo.runtime.replicas.token import parse
from pgrepo.runtime.retries import sync_sleep
from tests.faults.ledger._sync.domain import Ledger, NewNote
from tests.faults.oracle import make_ledger
from tests.servers import Server, paused, primary, standby, until

if TYPE_CHECKING:
    from collections.abc import Iterator

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
def database(leader: Server, follower: Server) -> Iterator[Database]:
    """Both."""
    with Database(leader.url(), max_size=4, replicas=[follower.url()]) as database:
        wait_until_healthy(database)
        yield database


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """The domain on them."""
    return Ledger(database)


def catch_up(leader: Server, follower: Server) -> None:
    """Waits until the standby has replayed all there is."""
    [(place,)] = leader.execute("SELECT pg_current_wal_insert_lsn()::text")
    until(lambda: follower.execute(f"SELECT pg_last_wal_replay_lsn() >= '{place}'") == [(True,)])


def reads(database: Database) -> int | None:
    """How many reads the replica has answered."""
    return (database.status()).replicas[0].reads


def wait_until_healthy(database: Database) -> None:
    """Waits until its replica may answer."""
    for _ in range(200):
        if (database.status()).healthy:
            return
        sync_sleep(0.1)
    raise AssertionError(database.status())


def change(ledger: Ledger) -> int:
    """Changes the account; returns the version it has now."""
    version = ledger.accounts.sure_version_of(account=ACCOUNT)
    assert ledger.accounts.change(account=ACCOUNT, version=version) == 1
    return version + 1


def test_reads_go_to_the_replica(database: Database, ledger: Ledger) -> None:
    """Single ones, those of a scope, and a batch of nothing else."""
    ledger.accounts.version_of(account=ACCOUNT)
    assert reads(database) == 1
    ledger.for_caller(caller="ada").accounts.version_of(account=ACCOUNT)
    assert reads(database) == 2
    with ledger.batch() as batch:
        one = batch.add(ledger.accounts.version_of, account=1)
        two = batch.add(ledger.accounts.version_of, account=2)
    assert one.result() >= 0
    assert two.result() >= 0
    assert reads(database) == 4


def test_all_else_goes_to_the_primary(database: Database, ledger: Ledger) -> None:
    """Writes, whatever a transaction does, a batch with a write, locks, streams, `@primary`."""
    version = change(ledger)
    with ledger.transaction() as bound:
        assert bound.accounts.version_of(account=ACCOUNT) == version
    with ledger.batch() as batch:
        batch.add(ledger.accounts.note, operation="a")
        seen = batch.add(ledger.accounts.version_of, account=ACCOUNT)
    assert seen.result() == version
    assert ledger.accounts.lock_account(account=ACCOUNT) == version
    with ledger.accounts.stream_all_accounts() as accounts:
        assert len([account for account in accounts]) == 20
    assert reads(database) == 0


def test_what_was_written_is_read(database: Database, ledger: Ledger, follower: Server) -> None:
    """On every way of writing, while the replica has nothing of it."""
    with paused(follower):
        for _ in range(5):
            version = change(ledger)
            assert ledger.accounts.version_of(account=ACCOUNT) == version
        with ledger.transaction() as bound:
            version = change(bound)
        assert ledger.accounts.version_of(account=ACCOUNT) == version
        with database.after():
            with database.connection() as connection:
                connection.execute("UPDATE ledger.accounts SET version = version + 1")
            assert ledger.accounts.version_of(account=ACCOUNT) == version + 1
        with database.after():
            ledger.accounts.add_notes([NewNote("bulk")])
            assert ledger.accounts.count_of(operation="bulk") == 1
        with database.after():
            ledger.for_caller(caller="ada").accounts.note(operation="scoped")
            assert ledger.accounts.count_of(operation="scoped") == 1
        assert reads(database) == 0


def test_a_token_is_handed_on(
    leader: Server, ledger: Ledger, database: Database, follower: Server
) -> None:
    """Who has it reads what was written elsewhere; who has not may be told something older."""
    other = Database(leader.url(), replicas=[follower.url()])
    with other:
        elsewhere = Ledger(other)
        catch_up(leader, follower)
        before = ledger.accounts.sure_version_of(account=ACCOUNT)
        with other.after(_token_of_now(leader)):
            assert elsewhere.accounts.version_of(account=ACCOUNT) == before
        with paused(follower):
            version = change(ledger)
            token = database.token()
            assert elsewhere.accounts.version_of(account=ACCOUNT) == version - 1
            with other.after(token):
                assert elsewhere.accounts.version_of(account=ACCOUNT) == version
            assert elsewhere.accounts.version_of(account=ACCOUNT) == version - 1
        with other.after(token):
            assert elsewhere.accounts.version_of(account=ACCOUNT) == version


def _token_of_now(leader: Server) -> str | None:
    with Database(leader.url()) as alone:
        return alone.token()


def test_tokens_say_where_the_log_is(database: Database, ledger: Ledger) -> None:
    """A token moves on with every write, and there is none before the first."""
    with database.after():
        assert database.token() is None
        change(ledger)
        first = parse(database.token() or "")
        change(ledger)
        second = parse(database.token() or "")
    assert first.is_in(second)
    assert not second.is_in(first)
    with pytest.raises(UsageError, match="no token"):
        database.after("0/16B3748")


def test_a_cache_is_filled_from_the_primary(leader: Server, follower: Server) -> None:
    """Else another reader's old answer might be kept, past the write that made it old."""
    cache = MemoryCache()
    replicas = [follower.url()]
    with Database(leader.url(), cache=cache, replicas=replicas) as database:
        wait_until_healthy(database)
        ledger = Ledger(database)
        ledger.accounts.kept_version_of(account=ACCOUNT)
        assert reads(database) == 0
        ledger.accounts.version_of(account=ACCOUNT)
        assert reads(database) == 1
    assert cache.statistics.kept == 1


def test_a_replica_that_is_away_is_left_out(leader: Server, follower: Server) -> None:
    """Also when it is not there at first; it is found when it comes back."""
    follower.stop("immediate")
    with Database(leader.url(), replicas=[follower.url()]) as database:
        ledger = Ledger(database)
        status = database.status()
        assert status.primary.healthy
        assert not status.healthy
        assert "cannot be asked" in str(status)
        assert ledger.accounts.version_of(account=ACCOUNT) >= 0
        follower.start()
        wait_until_healthy(database)
        with database.after():
            ledger.accounts.version_of(account=ACCOUNT)
        assert reads(database) == 1
        follower.stop("immediate")
        try:
            for _ in range(20):
                assert ledger.accounts.version_of(account=ACCOUNT) >= 0
        finally:
            follower.start()


def test_status(database: Database, leader: Server, follower: Server) -> None:
    """For people a line each; for monitors numbers."""
    status = database.status()
    assert status.healthy
    assert [server.role for server in (status.primary, *status.replicas)] == ["primary", "replica"]
    assert status.primary.timeline == status.replicas[0].timeline == 1
    assert str(leader.port) in status.primary.name
    assert "postgres@" not in str(status)
    assert str(status).startswith("primary 127.0.0.1:")
    with Database(leader.url()) as alone:
        assert (alone.status()).healthy
    with Database(follower.url()) as wrong:
        assert (wrong.status()).primary.problem == "it is a standby"


def test_it_can_be_opened_again(leader: Server, follower: Server) -> None:
    """Closing ends what watches the servers, and opening begins anew."""
    database = Database(leader.url(), replicas=[follower.url()])
    for opened in (1, 2):
        with database:
            wait_until_healthy(database)
            Ledger(database).accounts.version_of(account=ACCOUNT)
            assert reads(database) == opened
    with pytest.raises(UsageError, match="not open"):
        Ledger(database).accounts.version_of(account=ACCOUNT)


def test_replicas_are_named_one_by_one(leader: Server) -> None:
    """What one server has replayed says nothing of another one behind the same URL."""
    with pytest.raises(UsageError, match="a list"):
        Database(leader.url(), replicas=leader.url())
    with pytest.raises(UsageError, match="one server"):
        Database(leader.url(), replicas=["postgresql://one,two/postgres"])
