"""Sessions are ended, servers restarted, and locks taken in the wrong order, under those who write.

The short form ends sessions for 2 seconds and restarts the server twice. PGREPO_FAULT_SECONDS=60
is the long one, with five restarts.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.servers import primary

from .crowd import Crowd, repeat

if TYPE_CHECKING:
    from pathlib import Path

    from .table import Record

SECONDS = float(os.environ.get("PGREPO_FAULT_SECONDS", "2"))
RESTARTS = 5 if SECONDS >= 10 else 2
WRITERS = 16
END_ONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend'
ORDER BY random() LIMIT 1
"""
SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend'
"""


@pytest.mark.fault(1)
def test_sessions_ended(database_url: str, tmp_path: Path, record: Record) -> None:
    """Ten a second: nearly all operations take three tries at most, and no connection leaks."""
    crowd = Crowd(database_url, tmp_path / "oracle", writers=WRITERS, accounts=2000, work="write")
    with psycopg.connect(database_url, autocommit=True) as connection:
        with crowd.at_work():
            crowd.first_success_after(0)
            ended = repeat(crowd, SECONDS, 0.1, lambda: connection.execute(END_ONE))
        assert ended >= 5 * SECONDS
        deadline = time.monotonic() + 5
        while connection.execute(SESSIONS).fetchone() != (0,):
            assert time.monotonic() < deadline
    found = crowd.found()
    record(**found._asdict(), stall=crowd.stall)
    late = sum(count for tries, count in crowd.tries.items() if tries > 3)
    assert found.operations > WRITERS
    assert late <= found.operations / 1000, crowd.tries
    assert_versions_add_up(database_url, 1)


@pytest.mark.fault(2)
def test_server_restarted(tmp_path: Path, record: Record) -> None:
    """After each restart somebody succeeds within five seconds, and nothing is lost."""
    with primary() as server:
        crowd = Crowd(
            server.url(), tmp_path / "oracle", writers=WRITERS, accounts=2000, work="write"
        )
        stalls = []
        with crowd.at_work():
            crowd.first_success_after(0)
            for _ in range(RESTARTS):
                crowd.go_on(0.3)
                server.stop("immediate")
                server.start()
                stalls.append(crowd.first_success_after(time.monotonic()))
            crowd.go_on(0.3)
        found = crowd.found()
        record(**found._asdict(), stall=max(stalls))
        assert max(stalls) <= 5, stalls
        assert_versions_add_up(server.url(), 1)


@pytest.mark.fault("deadlocks, all wanting the same locks")
def test_deadlocks(database_url: str, tmp_path: Path, record: Record) -> None:
    """Whoever is the victim of a deadlock is run again, until all is done once."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '20ms'".encode())
        crowd = Crowd(database_url, tmp_path / "oracle", writers=8, accounts=6, work="transfer")
        with crowd.at_work():
            crowd.go_on(min(SECONDS, 20) / 2)
    found = crowd.found()
    record(**found._asdict(), stall=crowd.stall)
    assert sum(count for tries, count in crowd.tries.items() if tries > 1) > 0
    assert_versions_add_up(database_url, 2)


def assert_versions_add_up(url: str, each: int) -> None:
    """Every effect goes with its changes: transactions were whole."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT (SELECT sum(version) FROM ledger.accounts), "
            "(SELECT count(*) FROM ledger.effects)"
        ).fetchone()
    assert row is not None
    assert row[0] == each * row[1]
