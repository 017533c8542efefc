"""A web service is under load, its database restarts: errors meanwhile, and none after it.

The service is examples/fastapi_monumento with a real uvicorn, the server one of the test's own. The
short form ends when a second has passed without an error; PGREPO_FAULT_SECONDS=30 or more is the
long one, of 30 seconds.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
import psycopg
import pytest

from tests.servers import Server, primary, until
from tests.service import POOL, Load, Service, fill, serving

if TYPE_CHECKING:
    from .table import Record

SECONDS = min(float(os.environ.get("PGREPO_FAULT_SECONDS", "2")), 30)
IS_LONG = SECONDS >= 10
RECOVERY = 5.0
"""So many seconds after the restart nothing may fail any more."""
_SESSIONS = """
SELECT count(*), count(*) FILTER (WHERE state LIKE 'idle in transaction%')
FROM pg_stat_activity WHERE application_name = 'service'
"""
_WRITTEN = "SELECT text FROM monumento.messages WHERE text LIKE 'client %'"


@dataclass(frozen=True)
class Restart:
    """When the server was gone, as of time.monotonic()."""

    began: float
    ended: float


def restart(server: Server) -> Restart:
    """Restarts the server; in the long form it is gone for longer than a request may wait."""
    began = time.monotonic()
    server.stop()
    time.sleep(4 if IS_LONG else 1)
    server.start()
    return Restart(began, time.monotonic())


@pytest.mark.fault(2)
def test_service(record: Record) -> None:
    """Clients get 503 while the database is away, soon nothing but answers, and lose nothing."""
    with primary() as server:
        fill(server.url())
        with serving(server.url()) as service:
            load = Load(service.url)
            with load.at_work():
                time.sleep(SECONDS / 3)
                gap = restart(server)
                if IS_LONG:
                    time.sleep(SECONDS * 2 / 3)
                until(lambda: is_calm(load, gap), RECOVERY + 1)
            assert_none_lent(service)
            connections, in_transaction = sessions(server)
            assert 1 <= connections <= POOL
            assert in_transaction == 0
            service.stop()
        until(lambda: sessions(server) == (0, 0), 5)
        with psycopg.connect(server.url()) as connection:
            rows = Counter(text for (text,) in connection.execute(_WRITTEN))
    errors = load.errors()
    first = next(each for each in load.answers if each.came > gap.ended and not each.is_error)
    record(
        operations=len(load.written),
        lost=len(set(load.written) - set(rows)),
        doubled=sum(times - 1 for times in rows.values()),
        stall=first.came - gap.ended,
    )
    print(figures(load, gap))
    assert {(error.status, error.retry_after) for error in errors} <= {(503, "1")}
    assert all(gap.began <= error.came <= gap.ended + RECOVERY for error in errors)
    assert errors or not IS_LONG, "nobody has noticed"


def is_calm(load: Load, gap: Restart) -> bool:
    """Whether for a second after the restart there were answers, and no error among them."""
    since = time.monotonic() - 1
    latest = [answer for answer in load.answers if answer.came > since]
    return since > gap.ended and bool(latest) and not any(each.is_error for each in latest)


def assert_none_lent(service: Service) -> None:
    """Whatever the service's pool has lent has come back."""
    pool = httpx2.get(f"{service.url}/health").json()["primary"]
    assert pool["pool_available"] == pool["pool_size"] <= POOL
    assert pool["waiting"] == 0


def sessions(server: Server) -> tuple[int, ...]:
    """How many sessions the service has, and how many of them are idle in a transaction."""
    [row] = server.execute(_SESSIONS)
    return tuple(int(str(number)) for number in row)


def figures(load: Load, gap: Restart) -> str:
    """What was seen, in a line for each part of the time."""
    parts = {
        "before": (0.0, gap.began),
        "restart": (gap.began, gap.ended),
        "1 s after": (gap.ended, gap.ended + 1),
        "later": (gap.ended + 1, float("inf")),
    }
    lines = [f"the server was gone for {gap.ended - gap.began:.2f} s"]
    for name, (begin, end) in parts.items():
        part = [answer for answer in load.answers if begin <= answer.came < end]
        errors = sum(answer.is_error for answer in part)
        longest = max((answer.seconds for answer in part), default=0)
        lines.append(f"{name}: {len(part)} requests, {errors} errors, longest {longest:.2f} s")
    if errors_at := [error.came - gap.ended for error in load.errors()]:
        lines.append(f"last error {max(errors_at):+.2f} s after the restart")
    return "\n".join(lines)
