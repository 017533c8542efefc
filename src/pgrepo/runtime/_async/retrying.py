"""Running a function in a transaction, again where that is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import psycopg

from pgrepo.runtime.lost import is_repeatable
from pgrepo.runtime.retries import Tries, async_sleep
from pgrepo.runtime.translate import CommitOutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from pgrepo.runtime.retries import AsyncWork

C = TypeVar("C")
T = TypeVar("T")


async def run(
    begin: Callable[[], AbstractAsyncContextManager[C]],
    function: AsyncWork[C, T],
    tries: Tries,
    committed: AsyncWork[C, bool] | None,
) -> T:
    """Runs a function in a transaction until it is committed; see `AsyncDatabase.run`."""
    while True:
        values: list[T] = []
        try:
            async with begin() as bound:
                values.append(await function(bound))
        except CommitOutcomeUnknown as unknown:
            # With no value, it is about another transaction, which the function made.
            if committed is None or not values:
                raise
            if await _is_committed(begin, committed, tries, unknown):
                return values[0]
        except psycopg.Error as error:
            if not is_repeatable(error):
                raise
            await _wait(tries, error)
        else:
            return values[0]


async def _is_committed(
    begin: Callable[[], AbstractAsyncContextManager[C]],
    committed: AsyncWork[C, bool],
    tries: Tries,
    unknown: CommitOutcomeUnknown,
) -> bool:
    """Asks whether a transaction was committed, until there is an answer."""
    while True:
        await _wait(tries, unknown)
        try:
            async with begin() as bound:
                return await committed(bound)
        except psycopg.Error as error:
            # Asking changes nothing, so its own COMMIT does not matter.
            if not is_repeatable(error):
                raise


async def _wait(tries: Tries, error: psycopg.Error) -> None:
    """Waits before the next try, or raises the error if there is none."""
    pause = tries.pause()
    if pause is None:
        error.add_note(f"run() gave up after {tries.done} tries")
        raise error
    await async_sleep(pause)
