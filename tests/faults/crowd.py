"""Writers in threads and in tasks, all at once on one server."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from pgrepo import AsyncDatabase, Database

from .ledger._async.writer import AsyncWriter
from .ledger._sync.writer import Writer
from .oracle import Oracle, make_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .oracle import Found

_TICK = 0.02


class Crowd:
    """Writers, half of them threads on a database, half tasks on another one.

    Attributes:
        failures: what has ended a writer before its time.
    """

    def __init__(self, url: str, path: Path, *, writers: int, accounts: int, work: str) -> None:
        self._url = url
        self._accounts = accounts
        self._half = writers // 2
        self._work = work
        self._oracle = Oracle(path)
        self._going = True
        self._settings: dict[str, Any] = {"min_size": self._half, "max_size": self._half}
        self._database = Database(url, **self._settings)
        self._writers: list[Writer | AsyncWriter] = []
        self._pools: list[Any] = []
        self.failures: list[BaseException] = []

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Lets them write for as long as the block lasts; then looks whether all did."""
        make_ledger(self._url, self._accounts)
        threads = [threading.Thread(target=self._run_tasks)]
        with self._database as database:
            self._pools.append(database.pool)
            for number in range(self._half):
                writer = Writer(database, f"thread{number}", self._oracle, self._accounts)
                self._writers.append(writer)
                threads.append(threading.Thread(target=self._run_thread, args=(writer,)))
            for thread in threads:
                thread.start()
            try:
                yield
                self.until_pools_are_full()
            finally:
                self._going = False
                for thread in threads:
                    thread.join()
        if self.failures:
            raise self.failures[0]

    def go_on(self, seconds: float) -> None:
        """Waits, as long as nothing fails."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.failures:
            time.sleep(_TICK)

    def first_success_after(self, moment: float) -> float:
        """Returns how many seconds after a moment an operation was acknowledged."""
        deadline = time.monotonic() + 20
        while not self.failures and time.monotonic() < deadline:
            if (last := max(writer.last for writer in self._writers)) > moment:
                return last - moment
            time.sleep(_TICK)
        raise AssertionError("no operation has succeeded") from (
            self.failures[0] if self.failures else None
        )

    def until_pools_are_full(self, seconds: float = 5) -> None:
        """Waits until every pool has all its connections; they must come in time."""
        deadline = time.monotonic() + seconds
        while any(pool.get_stats()["pool_size"] < self._half for pool in self._pools):
            assert time.monotonic() < deadline, [pool.get_stats() for pool in self._pools]
            time.sleep(_TICK)

    @property
    def tries(self) -> Counter[int]:
        """How many operations took how many tries."""
        return sum((writer.tries for writer in self._writers), Counter())

    @property
    def stall(self) -> float:
        """How long the longest operation took, in s."""
        return max(writer.stall for writer in self._writers)

    def found(self) -> Found:
        """What came of it all."""
        return self._oracle.compare(self._url)

    def _is_going(self) -> bool:
        return self._going and not self.failures

    def _run_thread(self, writer: Writer) -> None:
        try:
            if self._work == "write":
                writer.write_while(self._is_going)
            while self._is_going():
                writer.transfer()
        except BaseException as error:  # noqa: BLE001 - it is shown at the end
            self.failures.append(error)

    def _run_tasks(self) -> None:
        try:
            asyncio.run(self._gather())
        except BaseException as error:  # noqa: BLE001
            self.failures.append(error)

    async def _gather(self) -> None:
        async with AsyncDatabase(self._url, **self._settings) as database:
            self._pools.append(database.pool)
            writers = [
                AsyncWriter(database, f"task{number}", self._oracle, self._accounts)
                for number in range(self._half)
            ]
            self._writers += writers
            async with asyncio.TaskGroup() as group:
                for writer in writers:
                    group.create_task(self._run_task(writer))

    async def _run_task(self, writer: AsyncWriter) -> None:
        if self._work == "write":
            await writer.write_while(self._is_going)
        while self._is_going():
            await writer.transfer()


def repeat(crowd: Crowd, seconds: float, every: float, what: Callable[[], object]) -> int:
    """Does something again and again while a crowd works; returns how often."""
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until and not crowd.failures:
        what()
        count += 1
        time.sleep(every)
    return count
