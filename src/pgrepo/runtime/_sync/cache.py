# Derived from src/pgrepo/runtime/_async/cache.py by tools/async_to_sync.py: do not edit.
"""Where answers are kept: in this process, or in Redis for all that share it."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from pgrepo.runtime.caching.debts import Debts
from pgrepo.runtime.caching.leases import LEASE_SECONDS, NOTHING, Found, Slots
from pgrepo.runtime.caching.scripts import HAND_IN, LOOK_UP
from pgrepo.runtime.caching.statistics import CacheStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

_PREFIX = "pgrepo:"
_REST_SECONDS = 1.0
"""So long Redis is left alone after it did not answer."""


class Cache(ABC):
    """Keeps answers by the rules of `caching.leases`. What goes wrong in it, no caller sees.

    Attributes:
        statistics: what it has done so far.
    """

    def __init__(self) -> None:
        self.statistics = CacheStatistics()

    @abstractmethod
    def look_up(self, slot: str, way: str, seconds: float) -> Found:
        """Finds an answer, or else takes a lease where nobody has one."""

    @abstractmethod
    def hand_in(self, slot: str, way: str, lease: str, answer: bytes) -> bool:
        """Keeps an answer if its lease still holds; tells whether it did."""

    @abstractmethod
    def clear(self, slots: Sequence[str]) -> None:
        """Drops slots, with their answers and leases."""

    def close(self) -> None:  # noqa: B027 - there may be nothing
        """Lets go of what it holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class MemoryCache(Cache):
    """Keeps answers in this process.

    Other processes' writes do not clear it: with several, they are seen when an answer's time is
    over. Use a Redis cache where that is too late.

    Args:
        max_slots: for how many entities there is room; those that were not used for longest go.
    """

    def __init__(self, max_slots: int = 10_000) -> None:
        super().__init__()
        self._slots = Slots(max_slots)

    def look_up(self, slot: str, way: str, seconds: float) -> Found:
        """See the base."""
        return self._slots.look_up(slot, way, seconds)

    def hand_in(self, slot: str, way: str, lease: str, answer: bytes) -> bool:
        """See the base."""
        return self._slots.hand_in(slot, way, lease, answer)

    def clear(self, slots: Sequence[str]) -> None:
        """See the base."""
        self.statistics.cleared += len(slots)
        self._slots.clear(slots)


class RedisCache(Cache):
    """Keeps answers in Redis, for all processes that share it.

    While Redis cannot be reached, queries are asked of PostgreSQL and writes succeed. The slots
    that could not be cleared are cleared before Redis is asked about anything again by this
    process; others may find answers there that are too old by at most the time of `@cache`.

    Args:
        url: such as `redis://localhost:6379/0`.
        timeout: how many seconds Redis has to answer, before it counts as away.
        prefix: begins the names of all keys.

    Raises:
        UsageError: the package redis is not installed.
    """

    def __init__(self, url: str, *, timeout: float = 0.2, prefix: str = _PREFIX) -> None:
        super().__init__()
        from pgrepo.runtime.caching.clients import ERRORS, sync_redis  # noqa: PLC0415 - an extra

        self._errors = ERRORS
        self._redis = sync_redis(url, timeout)
        self._look_up = self._redis.register_script(LOOK_UP)
        self._hand_in = self._redis.register_script(HAND_IN)
        self._prefix = prefix
        self._debts = Debts()
        self._rests_until = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # the URL may hold a password

    def look_up(self, slot: str, way: str, seconds: float) -> Found:
        """See the base."""
        times = [int(1000 * seconds), int(1000 * LEASE_SECONDS)]
        arguments = [way, *times, secrets.token_hex(8)]
        found = self._paid(lambda: self._look_up([self._prefix + slot], arguments))
        if found is None:
            return NOTHING
        answer, lease = found
        return Found(answer, None if lease is None else lease.decode())

    def hand_in(self, slot: str, way: str, lease: str, answer: bytes) -> bool:
        """See the base."""
        arguments = [way, lease, answer]
        return bool(self._paid(lambda: self._hand_in([self._prefix + slot], arguments)))

    def clear(self, slots: Sequence[str]) -> None:
        """See the base."""
        self.statistics.cleared += len(slots)
        # Whatever happens from here on, they are not forgotten.
        self._debts.add(self._prefix + slot for slot in slots)
        self._rests_until = 0.0  # a write is worth another try
        self._try(self._pay)

    def close(self) -> None:
        """Closes the connections to Redis."""
        self._redis.close()

    def _paid(self, step: Callable[[], Any]) -> Any:
        """Does a step after paying what is owed."""

        def steps() -> Any:
            self._pay()
            return step()

        return self._try(steps)

    def _try(self, step: Callable[[], Any]) -> Any:
        """Does a step; None where Redis is away."""
        if monotonic() < self._rests_until:
            return None
        try:
            return step()
        except self._errors:
            self.statistics.errors += 1
            self._rests_until = monotonic() + _REST_SECONDS
            return None

    def _pay(self) -> None:
        owed, everything = due = self._debts.due()
        if everything is not None:
            for key in self._redis.scan_iter(match=self._prefix + "*", count=1000):
                self._redis.delete(key)
        if owed:
            self._redis.delete(*owed)
        self._debts.paid(due)
