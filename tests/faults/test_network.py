"""A network that swallows everything, and one that loses the answer to a COMMIT.

The short form swallows for 3 seconds. PGREPO_HOLE_SECONDS=30 is the long one.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo import AsyncDatabase, Database
from pgrepo.runtime.translate import CommitOutcomeUnknown
from tests.proxy import Proxy

from .ledger._async.caller import AsyncCaller
from .ledger._async.domain import AsyncLedger
from .ledger._sync.caller import KINDS, RUN_SECONDS, Caller
from .ledger._sync.domain import Ledger
from .oracle import Oracle, make_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from .table import Record

SECONDS = float(os.environ.get("PGREPO_HOLE_SECONDS", "3"))
ACQUIRE, STATEMENT = 1.0, 0.5
LIMIT = dict.fromkeys(KINDS, ACQUIRE + STATEMENT + 1) | {
    # Its last try may begin as late as that.
    "run": RUN_SECONDS + ACQUIRE + STATEMENT + 1
}
SETTINGS: dict[str, Any] = {
    "min_size": 5,
    "max_size": 5,
    "timeout": ACQUIRE,
    "statement_timeout": STATEMENT,
    "connect_timeout": 1.0,
}


class Callers:
    """One caller of each kind in a thread, and one in a task."""

    def __init__(self, url: str, oracle: Oracle) -> None:
        self._url = url
        self._oracle = oracle
        self._going = True
        self._threads = [threading.Thread(target=self._run_tasks)]
        self._database = Database(url, **SETTINGS)
        self.callers: list[Caller | AsyncCaller] = []
        self.failures: list[BaseException] = []

    def start(self) -> None:
        """Lets all of them call."""
        self._database.open()
        for kind in KINDS:
            caller = Caller(self._database, kind, f"thread-{kind}", self._oracle)
            self.callers.append(caller)
            self._threads.append(threading.Thread(target=self._run_thread, args=(caller,)))
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Ends them, and looks whether all have come so far."""
        self._going = False
        for thread in self._threads:
            thread.join()
        self._database.close()
        if self.failures:
            raise self.failures[0]

    def succeeded_since(self, moment: float, seconds: float = 10) -> float:
        """Waits until each has succeeded after a moment; returns how many seconds it took."""
        while min(caller.last for caller in self.callers) <= moment or len(self.callers) < 14:
            assert not self.failures, self.failures
            assert time.monotonic() < moment + seconds, "not all have succeeded"
            time.sleep(0.02)
        return time.monotonic() - moment

    def _is_going(self) -> bool:
        return self._going and not self.failures

    def _run_thread(self, caller: Caller) -> None:
        try:
            caller.call_while(self._is_going)
        except BaseException as error:  # noqa: BLE001 - it is shown at the end
            self.failures.append(error)

    def _run_tasks(self) -> None:
        try:
            asyncio.run(self._gather())
        except BaseException as error:  # noqa: BLE001
            self.failures.append(error)

    async def _gather(self) -> None:
        async with AsyncDatabase(self._url, **SETTINGS) as database, asyncio.TaskGroup() as group:
            for kind in KINDS:
                caller = AsyncCaller(database, kind, f"task-{kind}", self._oracle)
                self.callers.append(caller)
                group.create_task(caller.call_while(self._is_going))


@pytest.mark.fault(9)
def test_black_hole(database_url: str, tmp_path: Path, record: Record) -> None:
    """Every call ends a second after its time at the latest, and all go on when it is over."""
    make_ledger(database_url, 600)
    oracle = Oracle(tmp_path / "oracle")
    with Proxy(database_url) as proxy:
        callers = Callers(proxy.url, oracle)
        callers.start()
        try:
            callers.succeeded_since(time.monotonic())
            time.sleep(0.3)
            proxy.swallow()
            time.sleep(SECONDS)
            proxy.restore()
            stall = callers.succeeded_since(time.monotonic())
        finally:
            callers.end()
    record(**oracle.compare(database_url)._asdict(), stall=SECONDS + stall)
    assert all(caller.broken > 0 for caller in callers.callers)
    longest = {kind: max(c.longest for c in callers.callers if c.kind == kind) for kind in KINDS}
    print(longest)
    assert all(longest[kind] <= LIMIT[kind] for kind in KINDS), longest


@pytest.mark.fault("answer to a COMMIT lost")
def test_lost_answer(database_url: str, record: Record) -> None:
    """What was committed is not done again: it is asked, or else said that it is not known."""
    make_ledger(database_url, 1)
    calls: list[str] = []

    def note(tx: Ledger, operation: str) -> str:
        calls.append(operation)
        tx.accounts.note(operation=operation)
        return operation

    with Proxy(database_url) as proxy, Database(proxy.url) as database:
        ledger = Ledger(database)
        proxy.lose_answer_to(b"COMMIT")
        with pytest.raises(CommitOutcomeUnknown):
            ledger.run(lambda tx: note(tx, "a"))
        proxy.lose_answer_to(b"COMMIT")
        assert (
            ledger.run(
                lambda tx: note(tx, "b"),
                committed=lambda tx: tx.accounts.count_of(operation="b") == 1,
            )
            == "b"
        )
        assert calls == ["a", "b"]
        counts = [ledger.accounts.count_of(operation=operation) for operation in calls]
    record(operations=2, lost=counts.count(0), doubled=sum(count > 1 for count in counts))


@pytest.mark.fault("answer to a COMMIT lost")
async def test_lost_answer_async(database_url: str, record: Record) -> None:
    """The same for asyncio."""
    make_ledger(database_url, 1)
    calls: list[str] = []

    async def note(tx: AsyncLedger, operation: str) -> str:
        calls.append(operation)
        await tx.accounts.note(operation=operation)
        return operation

    async def is_there(tx: AsyncLedger) -> bool:
        return await tx.accounts.count_of(operation="b") == 1

    with Proxy(database_url) as proxy:
        async with AsyncDatabase(proxy.url) as database:
            ledger = AsyncLedger(database)
            proxy.lose_answer_to(b"COMMIT")
            with pytest.raises(CommitOutcomeUnknown):
                await ledger.run(lambda tx: note(tx, "a"))
            proxy.lose_answer_to(b"COMMIT")
            assert await ledger.run(lambda tx: note(tx, "b"), committed=is_there) == "b"
            assert calls == ["a", "b"]
            counts = [await ledger.accounts.count_of(operation=each) for each in calls]
    record(operations=2, lost=counts.count(0), doubled=sum(count > 1 for count in counts))
