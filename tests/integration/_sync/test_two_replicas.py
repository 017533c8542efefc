# Derived from tests/integration/_async/test_two_replicas.py by tools/async_to_sync.py: do not edit.
"""Two standbys: who answers, also when one is dead or hangs, and for a role that may do little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo import Database, ResponseTimeout
from pgrepo.runtime.retries import sync_sleep
from tests.faults.ledger._sync.domain import Ledger
from tests.faults.oracle import make_ledger
from tests.servers import Server, paused, primary, standby

if TYPE_CHECKING:
    from collections.abc import Iterator

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
def database(leader: Server, followers: list[Server]) -> Iterator[Database]:
    """All of them, for that role."""
    urls = [server.url().replace("postgres@", "app@") for server in (leader, *followers)]
    with Database(urls[0], max_size=4, replicas=urls[1:], statement_timeout=1) as database:
        wait_until(database, healthy=2)
        yield database


def wait_until(database: Database, *, healthy: int) -> None:
    """Waits until so many replicas may answer."""
    for _ in range(200):
        status = database.status()
        if sum(replica.healthy for replica in status.replicas) == healthy:
            return
        sync_sleep(0.1)
    raise AssertionError(database.status())


def answers(database: Database, reads: int = READS) -> list[int]:
    """Makes reads; returns how many of them each replica has answered."""
    ledger = Ledger(database)
    before = [replica.reads or 0 for replica in (database.status()).replicas]
    for _ in range(reads):
        assert ledger.accounts.version_of(account=ACCOUNT) >= 0
    after = [replica.reads or 0 for replica in (database.status()).replicas]
    return [now - then for now, then in zip(after, before, strict=True)]


def test_load_is_spread(database: Database) -> None:
    """Both answer, and the primary does not."""
    shares = answers(database)
    assert sum(shares) == READS
    assert min(shares) >= READS // 5


def test_one_lags(database: Database, followers: list[Server]) -> None:
    """Who has written reads it from the other one; nobody reads what is older."""
    ledger = Ledger(database)
    with paused(followers[0]):
        version = ledger.accounts.sure_version_of(account=ACCOUNT)
        for number in range(1, 20):
            ledger.accounts.change(account=ACCOUNT, version=version + number - 1)
            assert ledger.accounts.version_of(account=ACCOUNT) == version + number


def test_one_is_dead(database: Database, followers: list[Server]) -> None:
    """No error is seen; the other one answers, and both do when it is back."""
    followers[0].stop("immediate")
    try:
        assert (answers(database))[1] >= READS // 2
        wait_until(database, healthy=1)
        assert answers(database) == [0, READS]
    finally:
        followers[0].start()
    wait_until(database, healthy=2)
    assert min(answers(database)) > 0


def test_one_hangs(database: Database, followers: list[Server]) -> None:
    """The first who asks it waits for as long as a statement may take; then it is left out."""
    ledger = Ledger(database)
    with followers[0].frozen():
        unanswered = 0
        for _ in range(20):
            try:
                ledger.accounts.version_of(account=ACCOUNT)
            except ResponseTimeout:
                unanswered += 1
        assert unanswered <= 1
        wait_until(database, healthy=1)
        assert answers(database) == [0, READS]
    wait_until(database, healthy=2)
    assert min(answers(database)) > 0
