"""The primary is killed under those who write, and its synchronous standby takes over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.servers import primary, standby, until

from .crowd import Crowd
from .test_sessions_ended import assert_versions_add_up

if TYPE_CHECKING:
    from pathlib import Path

    from .table import Record

WRITERS = 8
_IN_STEP = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"


@pytest.mark.fault(5)
def test_primary_killed(tmp_path: Path, record: Record) -> None:
    """Writes go on within ten seconds, and none that was acknowledged is lost."""
    with primary() as leader, standby(leader) as follower:
        leader.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        leader.execute("SELECT pg_reload_conf()")
        until(lambda: leader.execute(_IN_STEP) == [(1,)])
        hosts = f"127.0.0.1:{leader.port},127.0.0.1:{follower.port}"
        url = f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"
        crowd = Crowd(url, tmp_path / "oracle", writers=WRITERS, accounts=2000, work="write")
        with crowd.at_work():
            crowd.first_success_after(0)
            crowd.go_on(0.5)
            killed = time.monotonic()
            leader.kill()
            follower.promote()
            promoted = time.monotonic()
            stall = promoted - killed + crowd.first_success_after(promoted)
            crowd.go_on(0.5)
        found = crowd.found()
        record(**found._asdict(), stall=stall)
        assert stall <= 10
        assert found.operations > WRITERS
        assert_versions_add_up(url, 1)
