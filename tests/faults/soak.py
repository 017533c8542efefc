"""A process in which many threads and many tasks ask at the same time, for test_soak.py.

    python soak.py URL fast|cursors|pgbouncer SECONDS

Each answer is compared with its question. In the end it looks whether all connections are back,
and tells what was done. From time to time all of them rest, and it looks how much memory the
process takes: while they are at work, that depends on what happens to coincide.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import resource
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from pgrepo import AsyncDatabase, Database
from pgrepo.runtime import fast
from tests.faults.echo._async.asker import AsyncAsker
from tests.faults.echo._async.asker import assert_whole as assert_all_whole
from tests.faults.echo._async.domain import AsyncEcho
from tests.faults.echo._sync.asker import Asker, assert_whole
from tests.faults.echo._sync.domain import Echo

THREADS, TASKS = 24, 200
CONNECTIONS, ASYNC_CONNECTIONS = 8, 16
ROUNDS = 6
_LIBC = ctypes.CDLL(None)


class Round:
    """What all of them share until they rest.

    Attributes:
        going: whether they go on.
        done: how often what was done.
        written: how many rows were written and acknowledged.
        errors: whatever went wrong.
    """

    def __init__(self) -> None:
        self.going = True
        self.done: Counter[str] = Counter()
        self.written = 0
        self.errors: list[str] = []
        self._lock = threading.Lock()

    def note(self, asker: Any) -> None:
        """Adds up what one of them has done."""
        with self._lock:
            self.done.update(asker.done)
            self.written += sum(1 + question.startswith("pair") for question in asker.written)
        asker.done.clear()
        asker.written.clear()

    def fail(self, error: BaseException) -> None:
        """Notes an error, and ends it all."""
        self.errors.append(repr(error))
        self.going = False

    def start_threads(self, database: Database, name: str) -> list[threading.Thread]:
        """Sets the threads to work."""

        def work(number: int) -> None:
            asker = Asker(Echo(database), f"thread-{number}-{name}", nap=0)
            try:
                while self.going:
                    asker.ask()
                    self.note(asker)
            except BaseException as error:  # noqa: BLE001 - the test shows it
                self.fail(error)

        started = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        for thread in started:
            thread.start()
        return started

    async def run_tasks(self, database: AsyncDatabase, name: str) -> None:
        """Lets the tasks work."""

        async def work(number: int) -> None:
            asker = AsyncAsker(AsyncEcho(database), f"task-{number}-{name}", nap=0)
            try:
                while self.going:
                    await asker.ask()
                    self.note(asker)
            except BaseException as error:  # noqa: BLE001 - the test shows it
                self.fail(error)

        await asyncio.gather(*map(work, range(TASKS)))

    async def rest(self, seconds: float) -> None:
        """Ends it after some time."""
        await asyncio.sleep(seconds)
        self.going = False


def memory() -> int:
    """How much memory the process takes, when what is free is given back; in bytes."""
    gc.collect()
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def both(url: str, connect: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Lets threads and tasks work and rest."""
    told: dict[str, Any] = {"done": Counter(), "written": 0, "errors": [], "memory": []}
    options: dict[str, Any] = {"timeout": 30, "connect": connect}
    async with AsyncDatabase(url, max_size=ASYNC_CONNECTIONS, **options) as async_database:
        with Database(url, max_size=CONNECTIONS, **options) as database:
            for name in map(str, range(ROUNDS)):
                now = Round()
                threads = now.start_threads(database, name)
                await asyncio.gather(
                    now.run_tasks(async_database, name), now.rest(seconds / ROUNDS)
                )
                for thread in threads:
                    await asyncio.to_thread(thread.join)
                told["done"] += now.done
                told["written"] += now.written
                told["errors"] += now.errors
                told["memory"].append(memory())
            assert_whole(database)
        await assert_all_whole(async_database)
    return told


def main() -> None:
    url, way, seconds = sys.argv[1:]
    fast.enabled = way != "cursors"
    connect = {"prepare_threshold": None} if way == "pgbouncer" else {}
    print(json.dumps(asyncio.run(both(url, connect, float(seconds)))))


if __name__ == "__main__":
    main()
