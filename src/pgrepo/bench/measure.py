"""Measures calls: rounds that take turns, with warm-up, by any number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier, Event
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Self

import psycopg

from pgrepo.bench.statistics import Reservoir, median
from pgrepo.errors import PgrepoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

KEPT = 2_000
"""How many single times of a query are kept."""
_WARM = 0.1
"""The part of a query's time that it is called for before it is timed."""


@dataclass(slots=True)
class Subject:
    """What is measured.

    Attributes:
        label: what it is called.
        calls: functions that make a call and return its nanoseconds; they take turns.
        rounds: of each round the median, ns.
        samples: single times, ns.
        seconds: how long the rounds took.
        failure: what a call raised; then it is measured no further.
    """

    label: str
    calls: Sequence[Callable[[], int]]
    rounds: list[float] = field(default_factory=list)
    samples: Reservoir = field(default_factory=lambda: Reservoir(KEPT))
    seconds: float = 0.0
    failure: Exception | None = None

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.samples.seen / self.seconds if self.seconds else 0.0


class Stopwatch:
    """Threads that make calls for a time.

    Args:
        concurrency: how many threads.
        cancel: ends the calls that are under way.
    """

    def __init__(self, concurrency: int, cancel: Callable[[], object]) -> None:
        self._concurrency = concurrency
        self._cancel = cancel
        self._stopped = Event()
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="pgrepo-bench")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def measure(
        self, subjects: Sequence[Subject], seconds: float, rounds: int
    ) -> Iterator[tuple[int, Subject]]:
        """Measures subjects in rounds: A B C A B C, so that what disturbs, disturbs all.

        Args:
            subjects: what to measure; the results are put there.
            seconds: how long for each, all rounds together.
            rounds: how many.

        Yields:
            After each turn the round, 0 for the warm-up, and the subject.
        """
        turn = seconds / rounds
        for number in range(rounds + 1):
            for subject in subjects:
                if subject.failure is None:
                    self._turn(subject, turn if number else _WARM * seconds, timed=number > 0)
                yield number, subject

    def _turn(self, subject: Subject, seconds: float, *, timed: bool) -> None:
        barrier = Barrier(self._concurrency)
        began = perf_counter()
        try:
            workers = [
                self._pool.submit(self._work, subject.calls, seconds, place, barrier)
                for place in range(self._concurrency)
            ]
            # All are waited for, so that no turn overlaps the next.
            done = [worker.exception() for worker in workers]
        except BaseException:  # such as Ctrl-C; those who wait for each other would wait for ever
            self._stopped.set()
            barrier.abort()
            self._cancel()
            raise
        failed = next((error for error in done if error is not None), None)
        if failed is not None:
            if not isinstance(failed, PgrepoError | psycopg.Error):
                raise failed
            subject.failure = failed
            return
        if timed:
            times = [time for worker in workers for time in worker.result()]
            subject.seconds += perf_counter() - began
            subject.rounds.append(median(times))
            subject.samples.add(times)

    def _work(
        self, calls: Sequence[Callable[[], int]], seconds: float, place: int, barrier: Barrier
    ) -> list[int]:
        """Makes calls until the time is over, one at least; each thread begins with another."""
        times = []
        # Far from each other, so that threads do not run side by side on the same rows.
        at = place * 7919
        barrier.wait()
        end = perf_counter_ns() + int(seconds * 1e9)
        while True:
            times.append(calls[at % len(calls)]())
            at += 1
            if perf_counter_ns() >= end or self._stopped.is_set():
                return times
