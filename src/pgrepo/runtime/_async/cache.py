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


class AsyncCache(ABC):
    """Keeps answers by the rules of `caching.leases`. What goes wrong in it, no caller sees.

    Attributes:
        statistics: what it has done so far.
    """

    def __init__(self) -> None:
        self.statistics = CacheStatistics()

    @abstractmethod
    async def look_up(self, slot: str, way: str, seconds: float) -> Found:
        """Finds an answer, or else takes a lease where nobody has one."""

    @abstractmethod
    async def hand_in(self, slot: str, way: str, lease: str, answer: bytes) -> bool:
        """Keeps an answer if its lease still holds; tells whether it did."""

    @abstractmethod
    async def clear(self, slots: Sequence[str]) -> None:
        """Drops slots, with their answers and leases."""

    async def close(self) -> None:  # noqa: B027 - there may be nothing
        """Lets go of what it holds."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class AsyncMemoryCache(AsyncCache):
    """Keeps answers in this process.

    Other processes' writes do not clear it: with several, they are seen when an answer's time is
    over. Use a Redis cache where that is too late.

    Args:
        max_slots: for how many entities there is room; those that were not used for longest go.
    """

    def __init__(self, max_slots: int = 10_000) -> None:
        super().__init__()
        self._slots = Slots(max_slots)

    async def look_up(self, slot: str, way: str, seconds: float) -> Found:
        """See the base."""
        return self._slots.look_up(slot, way, seconds)

    async def hand_in(self, slot: str, way: str, lease: str, answer: bytes) -> bool:
        """See the base."""
        return self._slots.hand_in(slot, way, lease, answer)

    async def clear(self, slots: Sequence[str]) -> None:
        """See the base."""
        self.statistics.cleared += len(slots)
        self._slots.clear(slots)


class AsyncRedisCache(AsyncCache):
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
        from pgrepo.runtime.caching.clients import ERRORS, async_redis  # noqa: PLC0415 - an extra

        self._errors = ERRORS
        self._redis = async_redis(url, timeout)
        self._look_up = self._redis.register_script(LOOK_UP)
        self._hand_in = self._redis.register_script(HAND_IN)
        self._prefix = prefix
        self._debts = Debts()
        self._rests_until = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # the URL may hold a password

    async def look_up(self, slot: str, way: str, seconds: float) -> Found:
        """See the base."""
        times = [int(1000 * seconds), int(1000 * LEASE_SECONDS)]
        arguments = [way, *times, secrets.token_hex(8)]
        found = await self._paid(lambda: self._look_up([self._prefix + slot], arguments))
        if found is None:
            return NOTHING
        answer, lease = found
        return Found(answer, None if lease is None else lease.decode())

    async def hand_in(self, slot: str, way: str, lease: str, answer: bytes) -> bool:
        """See the base."""
        arguments = [way, lease, answer]
        return bool(await self._paid(lambda: self._hand_in([self._prefix + slot], arguments)))

    async def clear(self, slots: Sequence[str]) -> None:
        """See the base."""
        self.statistics.cleared += len(slots)
        # Whatever happens from here on, they are not forgotten.
        self._debts.add(self._prefix + slot for slot in slots)
        self._rests_until = 0.0  # a write is worth another try
        await self._try(self._pay)

    async def close(self) -> None:
        """Closes the connections to Redis."""
        await self._redis.aclose()

    async def _paid(self, step: Callable[[], Any]) -> Any:
        """Does a step after paying what is owed."""

        async def steps() -> Any:
            await self._pay()
            return await step()

        return await self._try(steps)

    async def _try(self, step: Callable[[], Any]) -> Any:
        """Does a step; None where Redis is away."""
        if monotonic() < self._rests_until:
            return None
        try:
            return await step()
        except self._errors:
            self.statistics.errors += 1
            self._rests_until = monotonic() + _REST_SECONDS
            return None

    async def _pay(self) -> None:
        owed, everything = due = self._debts.due()
        if everything is not None:
            async for key in self._redis.scan_iter(match=self._prefix + "*", count=1000):
                await self._redis.delete(key)
        if owed:
            await self._redis.delete(*owed)
        self._debts.paid(due)
