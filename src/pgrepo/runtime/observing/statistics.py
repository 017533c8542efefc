"""Counts and times of calls, a fixed amount of memory a query."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from itertools import accumulate
from math import log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pgrepo.runtime.caching.statistics import CacheStatistics
    from pgrepo.runtime.observing.observer import Observer

_SHORTEST = 1e-5  # s
_PER_DOUBLING = 4
_SLOTS = 27 * _PER_DOUBLING
"""The last slot holds all that takes 1,100 s or more."""


@dataclass(frozen=True, slots=True)
class QueryStatistics:
    """What the calls of one query were like, since the observer was made.

    Attributes:
        calls: how many there were.
        errors: how many of them have failed.
        rows: how many rows they have returned or affected.
        seconds: how long all of them took together.
        slowest: how long the slowest one took, s.
        p50: half of them took no longer, s; up to 19 % too much, as the next two.
        p95: 95 % of them took no longer.
        p99: 99 % of them took no longer.
    """

    calls: int
    errors: int
    rows: int
    seconds: float
    slowest: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """The connections of a pool, now.

    Attributes:
        min_size: how many are kept open.
        max_size: how many may be open.
        size: how many are open.
        idle: how many of them nobody uses.
        waiting: how many calls wait for one.
    """

    min_size: int
    max_size: int
    size: int
    idle: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What `stats()` of a database returns.

    Attributes:
        queries: by "domain.query" what its calls were like; "BATCH" and "TRANSACTION" are those
            of all batches and transactions. Empty without an observer.
        pool: the pool's connections; None if the database is not open.
        cache: what the cache has done; None if there is none.
    """

    queries: Mapping[str, QueryStatistics]
    pool: PoolStatistics | None
    cache: CacheStatistics | None


class Tally:
    """Counts the calls of one query, from many threads."""

    __slots__ = ("_calls", "_errors", "_lock", "_rows", "_seconds", "_slots", "_slowest")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = self._errors = self._rows = 0
        self._seconds = self._slowest = 0.0
        self._slots = [0] * _SLOTS

    def add(self, seconds: float, rows: int, *, failed: bool) -> None:
        """Counts a call.

        Args:
            seconds: how long it took.
            rows: how many it has returned or affected.
            failed: whether it has raised an error.
        """
        slot = int(log2(max(seconds / _SHORTEST, 1)) * _PER_DOUBLING)
        with self._lock:
            self._calls += 1
            self._errors += failed
            self._rows += rows
            self._seconds += seconds
            self._slowest = max(self._slowest, seconds)
            self._slots[min(slot, _SLOTS - 1)] += 1

    def read(self) -> QueryStatistics:
        """Returns what was counted."""
        with self._lock:
            return QueryStatistics(
                self._calls,
                self._errors,
                self._rows,
                self._seconds,
                self._slowest,
                *map(self._quantile, (0.5, 0.95, 0.99)),
            )

    def _quantile(self, part: float) -> float:
        """Returns what this part of the calls took no longer than: the end of a slot."""
        reached = enumerate(accumulate(self._slots), start=1)
        slot = next(number for number, calls in reached if calls >= part * self._calls)
        return min(_SHORTEST * 2 ** (slot / _PER_DOUBLING), self._slowest)


def pool_statistics(pool: Any) -> PoolStatistics:
    """Counts the connections of a pool of either flavour."""
    now = pool.get_stats()
    return PoolStatistics(
        min_size=now["pool_min"],
        max_size=now["pool_max"],
        size=now["pool_size"],
        idle=now["pool_available"],
        waiting=now["requests_waiting"],
    )


def statistics_of(pool: Any, cache: Any, observer: Observer | None) -> Statistics:
    """Puts together what is known of a database of either flavour, each where it has one."""
    return Statistics(
        queries={} if observer is None else observer.read(),
        pool=None if pool is None else pool_statistics(pool),
        cache=None if cache is None else replace(cache.statistics),
    )
