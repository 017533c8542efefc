"""Something that is done again and again in the background, in either flavour."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

Check: TypeAlias = Callable[[], None]
AsyncCheck: TypeAlias = Callable[[], Awaitable[None]]

_STOP_SECONDS = 5.0
"""So long whoever stops it waits for what is being done."""


class Ticker:
    """A thread that does something, waits, and does it again.

    Args:
        work: what is done; it raises nothing.
        seconds: how long to wait between.
    """

    def __init__(self, work: Check, seconds: float) -> None:
        self._work = work
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pgrepo-replicas", daemon=True)

    def start(self) -> None:
        """Begins, after the first wait."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._over.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            self._work()


class AsyncTicker:
    """A task that does the same."""

    def __init__(self, work: AsyncCheck, seconds: float) -> None:
        self._work = work
        self._seconds = seconds
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins, after the first wait."""
        self._task = asyncio.create_task(self._run(), name="pgrepo-replicas")

    async def stop(self) -> None:
        """Ends it."""
        self._over.set()
        if self._task is not None:
            # What is being done is not cut off: it may be opening a pool.
            await asyncio.wait([self._task], timeout=_STOP_SECONDS)
            self._task.cancel()

    async def _run(self) -> None:
        while not self._over.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._over.wait(), self._seconds)
                return
            await self._work()
