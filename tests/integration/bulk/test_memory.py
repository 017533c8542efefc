"""Very many rows in one call, with a progress bar, and no more memory for them than for a few.

A process of its own makes the call and says how much its memory has grown meanwhile. If it held
the rows, that would be some 300 bytes for each.

`PGREPO_BULK_ROWS` says how many rows there are; 1,000,000 of them may take 50 MB.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = int(os.environ.get("PGREPO_BULK_ROWS", "40000"))
MOST = 50 if ROWS >= 1_000_000 else 6  # MB

LOAD = """
import asyncio, re, sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from rich.progress import track

from pgrepo import AsyncDatabase, Database
from pgrepo.domains.mindia import Mindia
from pgrepo.domains.mindia.request_logs import NewRequest
from pgrepo.domains.monumento import AsyncMonumento, Monumento
from pgrepo.domains.monumento.messages import AddMessage

url, way, owner, count = sys.argv[1], sys.argv[2], UUID(sys.argv[3]), int(sys.argv[4])
now = datetime.now(UTC)
text = "what I remember of it, " * 4


def rows(count: int) -> Iterator[AddMessage | NewRequest]:
    for number in range(count):
        if way == "staged":
            yield NewRequest(
                owner, "GET", f"/{number % 50}", 200, 5, None, None, None, f"{text}{number}", now
            )
        else:
            yield AddMessage(owner, "user", f"{text}{number}", 1_767_225_600_000, number, None)


def memory(name: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\\s*(\\d+) kB", status)[1]) / 1024


async def add_asynchronously(rows: Iterator[AddMessage]) -> int:
    async with AsyncDatabase(url) as database:
        return await AsyncMonumento(database).messages.add_messages(rows)


def add(rows: Iterator[AddMessage | NewRequest]) -> int:
    if way == "asynchronous":
        return asyncio.run(add_asynchronously(rows))
    with Database(url) as database:
        if way == "staged":
            return Mindia(database).request_logs.log_requests(rows)
        return Monumento(database).messages.add_messages(rows)


add(rows(2000))  # whatever is made once, is
start = memory("VmRSS")
added = add(track(rows(count), total=count))
print()
print(added, memory("VmHWM") - start, start)
"""
USER = (
    "INSERT INTO monumento.users (email, password_hash) VALUES ('a@example.org', 'h') RETURNING id"
)
SESSION = """
INSERT INTO monumento.sessions (user_id, vibe, mode, duration_minutes)
SELECT id, 'The Historian', 'Auto-Pilot', 10 FROM monumento.users RETURNING id
"""
TENANT = (
    "INSERT INTO mindia.tenants (name, s3_bucket, s3_region) VALUES ('t', 'b', 'r') RETURNING id"
)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("way", ["copy", "asynchronous", "staged"])
def test_constant_memory(
    way: str, request: pytest.FixtureRequest, record_property: Callable[[str, Any], None]
) -> None:
    """Memory does not grow with the rows, and the bar comes to its end."""
    domain, table = ("mindia", "request_logs") if way == "staged" else ("monumento", "messages")
    url: str = request.getfixturevalue(f"{domain}_url")
    with psycopg.connect(url) as connection:
        for statement in (TENANT,) if way == "staged" else (USER, SESSION):
            (owner,) = connection.execute(statement).fetchone() or (None,)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, url, way, str(owner), str(ROWS)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    *bar, figures = done.stdout.splitlines()
    added, grown, start = map(float, figures.split())
    record_property("figures", f"{added:,.0f} rows, {grown:.1f} MB above {start:.0f} MB")
    print(f"{way}: {added:,.0f} rows, {grown:.1f} MB above {start:.0f} MB")
    assert "100%" in "".join(bar)
    assert added == ROWS
    with psycopg.connect(url) as connection:
        count = connection.execute(f"SELECT count(*) FROM {domain}.{table}".encode())
        assert count.fetchone() == (ROWS + 2000,)
    assert grown < MOST
