"""How often, when and for how long a transaction is run again."""

from __future__ import annotations

import random
from asyncio import sleep as async_sleep
from collections.abc import Awaitable, Callable
from time import monotonic
from time import sleep as sync_sleep
from typing import TypeAlias, TypeVar

from pgrepo.errors import UsageError

__all__ = ["AsyncWork", "Tries", "Work", "async_sleep", "sync_sleep"]

C = TypeVar("C")
T = TypeVar("T")

Work: TypeAlias = Callable[[C], T]
"""What is run in a transaction, which it is given."""

AsyncWork: TypeAlias = Callable[[C], Awaitable[T]]
"""The same for asyncio."""

_FIRST, _LONGEST = 0.01, 1.0
"""How long to wait at most before the second try, and before any, in seconds."""


class Tries:
    """The tries that are left.

    Args:
        retries: how many more there may be after the first.
        within: for how many seconds new ones may begin.

    Raises:
        UsageError: these are no such numbers.
    """

    def __init__(self, retries: int, within: float) -> None:
        if retries < 0 or within <= 0:
            raise UsageError("run() takes retries of 0 or more, within more than 0 seconds")
        self._retries = retries
        self._deadline = monotonic() + within
        self.done = 0

    def pause(self) -> float | None:
        """Counts a try that failed; says how many seconds to wait, or None to give up.

        The time is drawn from all that is allowed ("full jitter"), so that those who got in each
        other's way do not meet again.
        """
        self.done += 1
        if self.done > self._retries:
            return None
        longest: float = min(_LONGEST, _FIRST * 2.0 ** (self.done - 1))
        seconds = random.uniform(0, longest)  # noqa: S311 - no secret
        return seconds if monotonic() + seconds < self._deadline else None
