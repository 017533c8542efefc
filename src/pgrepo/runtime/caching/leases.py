"""The lease protocol, which lets no reader bring an old value back.

A query's answers are kept in a slot for each entity they are about, such as one user, and in it
under a field for each way of asking. A reader who finds nothing takes a lease on the field, asks
PostgreSQL, and hands the answer in with the lease. A writer clears the slot after its commit and
before its caller hears of it: values and leases go. So an answer that was read before the commit
comes with a lease that is gone, and is dropped.

One reader at a time has the lease of a field; the others ask PostgreSQL and hand nothing in. A
lease of which nothing comes is void after LEASE_SECONDS. A slot is dropped when its time is over,
counted from its first lease, whatever was added since: nothing is ever older than that.

The scheme follows the leases of "Scaling Memcache at Facebook" (NSDI 2013), section 3.2.1.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cachetools import TLRUCache

LEASE_SECONDS = 10.0
"""So long a reader may take to hand an answer in."""


class Found(NamedTuple):
    """What a lookup brings: an answer, or a lease to hand one in, or neither.

    Attributes:
        answer: what was kept.
        lease: the right to hand an answer in.
    """

    answer: bytes | None = None
    lease: str | None = None


NOTHING = Found()


@dataclass(slots=True)
class _Lease:
    token: str
    until: float


@dataclass(slots=True)
class _Slot:
    ends: float
    answers: dict[str, bytes] = field(default_factory=dict)
    leases: dict[str, _Lease] = field(default_factory=dict)


class Slots:
    """Slots in memory, for all threads of a process.

    Args:
        max_slots: how many there may be; those that were not used for longest go.
        clock: seconds that only grow.

    Raises:
        UsageError: the package cachetools is not installed.
    """

    def __init__(self, max_slots: int, clock: Callable[[], float] = monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._number = 0
        self._slots = _kept(max_slots, clock)

    def __len__(self) -> int:
        with self._lock:
            self._slots.expire()
            return len(self._slots)

    def look_up(self, slot: str, way: str, seconds: float) -> Found:
        """Finds an answer, or else takes a lease where nobody has one.

        Args:
            slot: what it is about.
            way: how it is asked.
            seconds: how long the slot may last, if this is its first use.
        """
        with self._lock:
            now = self._clock()
            kept = self._slots.get(slot)
            if kept is None:
                kept = self._slots[slot] = _Slot(now + seconds)
            if (answer := kept.answers.get(way)) is not None:
                return Found(answer)
            if (lease := kept.leases.get(way)) is not None and lease.until > now:
                return NOTHING
            self._number += 1
            token = str(self._number)
            kept.leases[way] = _Lease(token, now + LEASE_SECONDS)
            return Found(lease=token)

    def hand_in(self, slot: str, way: str, lease: str, answer: bytes) -> bool:
        """Keeps an answer if its lease still holds; tells whether it did."""
        with self._lock:
            kept = self._slots.get(slot)
            if kept is None or (held := kept.leases.get(way)) is None or held.token != lease:
                return False
            del kept.leases[way]
            kept.answers[way] = answer
            return True

    def clear(self, slots: Iterable[str]) -> None:
        """Drops slots, with their answers and leases."""
        with self._lock:
            for slot in slots:
                self._slots.pop(slot, None)


def _kept(max_slots: int, clock: Callable[[], float]) -> TLRUCache[str, _Slot]:
    try:
        from cachetools import TLRUCache  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(
            "a cache in memory needs the package cachetools: pip install 'pgrepo[cache]'"
        ) from error
    return TLRUCache(max_slots, _ends, timer=clock)


def _ends(_: str, slot: _Slot, __: float) -> float:
    return slot.ends
