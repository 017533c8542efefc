"""Many at the same time: 24 threads and 200 tasks read rows through few connections.

Two works, and ratios of medians from one run, server and client on one core: a row of ten columns
by its primary key, typed, read by 24 threads that share 4 connections, and by 200 asyncio tasks
that share 16. Target: not slower than psycopg's own pool with class_row.

That no answer is lost or mixed up meanwhile, and that nothing leaks, tests/faults/test_soak.py
tests.

    python benchmarks/soak.py [--rounds 40] [--check] [--json FILE] [--alone]
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import TYPE_CHECKING, Any

import harness
from peers.entrance import PACKAGES, Contest, command_line, contest
from peers.stage import contestants
from results import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness import Turn

THREADS, TASKS = 24, 200
CALLS = 20
OURS, OURS_ASYNC = "pgrepo", "pgrepo, asyncio"
PSYCOPG, PSYCOPG_ASYNC = "psycopg, pool, class_row", "psycopg, asyncio, pool, class_row"
AT_MOST = 1.0


def crowd(executor: ThreadPoolExecutor, read: Callable[[Any], Any], keys: Sequence[Any]) -> Turn:
    """A contestant of 24 threads, which make that many calls each."""
    following = cycle(keys)

    def turn(calls: int) -> float:
        def work(_: int) -> None:
            for _ in range(calls):
                read(next(following))

        started = time.perf_counter()
        for _ in executor.map(work, range(THREADS)):
            pass
        return (time.perf_counter() - started) / (calls * THREADS) * 1e6

    return turn


def measure(entered: Contest, rounds: int, executor: ThreadPoolExecutor) -> list[Work]:
    """Both works."""
    stage, entrants = entered.stage, entered.entrants
    turns = {
        entrant.name: crowd(executor, entrant.order, stage.orders)
        for entrant in entrants
        if entrant.name in {OURS, PSYCOPG} and entrant.order is not None
    }
    threads = Work(
        f"point read, {THREADS} threads", "µs a call", harness.interleaved(turns, rounds, CALLS)
    )
    threads.aim(OURS, {PSYCOPG: AT_MOST})
    pooled = [entrant for entrant in entrants if entrant.name in {OURS_ASYNC, PSYCOPG_ASYNC}]
    turns = contestants(stage, pooled, "order", TASKS)
    tasks = Work(
        f"point read, {TASKS} tasks", "µs a call", harness.interleaved(turns, rounds, CALLS)
    )
    tasks.aim(OURS_ASYNC, {PSYCOPG_ASYNC: AT_MOST})
    return [threads, tasks]


def main() -> int:
    """Builds, measures, reports."""
    options = command_line(__doc__)
    with contest(alone=options.alone) as entered, ThreadPoolExecutor(THREADS) as executor:
        works = measure(entered, options.rounds, executor)
    return harness.finish(options, entered.version, works, packages=harness.installed(*PACKAGES))


if __name__ == "__main__":
    sys.exit(main())
