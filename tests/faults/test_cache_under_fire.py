"""Cached profiles while their readers, their writers and Redis are killed again and again.

The run is short; the long one has 16 readers and 4 writers for a minute:

    PGREPO_CACHE_SECONDS=60 pytest tests/faults/test_cache_under_fire.py
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.servers import until

from .cache_users import READERS, Told, user_id

if TYPE_CHECKING:
    from tests.redis_server import RedisServer

    from .table import Record

SECONDS = float(os.environ.get("PGREPO_CACHE_SECONDS", "4"))
LONG = SECONDS >= 60
WRITERS, READING = (4, 16 // READERS) if LONG else (2, 1)
_ROOT = Path(__file__).parents[2]
_ACCOUNT = "INSERT INTO monumento.users (id, email, password_hash) VALUES (%s, %s, %s)"


@dataclass
class Crowd:
    """The processes, of which any one may be killed and replaced."""

    url: str
    redis: str
    told: Path
    kills: int = 0
    processes: dict[tuple[str, int], subprocess.Popen[str]] = field(default_factory=dict)

    def start(self, role: str, number: int) -> None:
        """Starts one."""
        numbers = [number] if role == "writer" else [WRITERS, number]
        command = [sys.executable, "-m", "tests.faults.cache_users", role]
        self.processes[role, number] = subprocess.Popen(
            [*command, self.url, self.redis, str(self.told), *map(str, numbers)],
            stderr=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )

    def replace(self, role: str, number: int) -> None:
        """Kills one, and starts it again."""
        self._end(self.processes[role, number], signal.SIGKILL)
        self.kills += 1
        self.start(role, number)

    def stop(self) -> None:
        """Ends all."""
        while self.processes:
            (role, _), process = self.processes.popitem()
            self._end(process, signal.SIGKILL if role == "writer" else signal.SIGTERM)

    def _end(self, process: subprocess.Popen[str], last: signal.Signals) -> None:
        process.send_signal(last)
        _, err = process.communicate(timeout=60)
        assert process.returncode in {0, -last}, err


@pytest.mark.fault(12)
def test_cache_under_fire(
    monumento_url: str, redis_server: RedisServer, tmp_path: Path, record: Record
) -> None:
    """Nobody reads what is older than a writer was told, and nobody sees an error."""
    with psycopg.connect(monumento_url) as connection:
        for number in range(WRITERS):
            connection.execute(_ACCOUNT, [user_id(number), f"{number}@example.org", "x" * 60])
    path = tmp_path / "told"
    told = Told.make(path, WRITERS + 2 * READING)
    crowd = Crowd(monumento_url, redis_server.url, path)
    numbers = range(WRITERS + 2 * READING)
    chance = random.Random(12)  # noqa: S311
    restarts = 0
    with ExitStack() as stack:
        stack.callback(crowd.stop)
        for number in range(WRITERS):
            crowd.start("writer", number)
        for number in range(READING):
            crowd.start("reader", number)
        # They are all at work.
        until(lambda: all(map(told.__getitem__, numbers)), 60)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.2, 0.6))
            victim = chance.choice(["writer", "reader", "redis"])
            if victim == "redis":
                redis_server.kill()
                time.sleep(chance.uniform(0, 0.3))
                redis_server.start()
                restarts += 1
            else:
                crowd.replace(victim, chance.randrange(WRITERS if victim == "writer" else READING))
        crowd.stop()
    writes = sum(map(told.__getitem__, range(WRITERS)))
    reads = sum(map(told.__getitem__, numbers[WRITERS::2]))
    hits = sum(map(told.__getitem__, numbers[WRITERS + 1 :: 2]))
    print(f"{writes} writes, {reads} reads, {hits} from Redis, {crowd.kills} kills")
    assert restarts
    record(operations=writes + reads)
