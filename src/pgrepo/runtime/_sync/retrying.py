# Derived from src/pgrepo/runtime/_async/retrying.py by tools/async_to_sync.py: do not edit.
"""Running a function in a transaction, again where that is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import psycopg

from pgrepo.runtime.lost import is_repeatable
from pgrepo.runtime.retries import Tries, sync_sleep
from pgrepo.runtime.translate import CommitOutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pgrepo.runtime.retries import Work

C = TypeVar("C")
T = TypeVar("T")


def run(
    begin: Callable[[], AbstractContextManager[C]],
    function: Work[C, T],
    tries: Tries,
    committed: Work[C, bool] | None,
) -> T:
    """Runs a function in a transaction until it is committed; see `Database.run`."""
    while True:
        values: list[T] = []
        try:
            with begin() as bound:
                values.append(function(bound))
        except CommitOutcomeUnknown as unknown:
            # With no value, it is about another transaction, which the function made.
            if committed is None or not values:
                raise
            if _is_committed(begin, committed, tries, unknown):
                return values[0]
        except psycopg.Error as error:
            if not is_repeatable(error):
                raise
            _wait(tries, error)
        else:
            return values[0]


def _is_committed(
    begin: Callable[[], AbstractContextManager[C]],
    committed: Work[C, bool],
    tries: Tries,
    unknown: CommitOutcomeUnknown,
) -> bool:
    """Asks whether a transaction was committed, until there is an answer."""
    while True:
        _wait(tries, unknown)
        try:
            with begin() as bound:
                return committed(bound)
        except psycopg.Error as error:
            # Asking changes nothing, so its own COMMIT does not matter.
            if not is_repeatable(error):
                raise


def _wait(tries: Tries, error: psycopg.Error) -> None:
    """Waits before the next try, or raises the error if there is none."""
    pause = tries.pause()
    if pause is None:
        error.add_note(f"run() gave up after {tries.done} tries")
        raise error
    sync_sleep(pause)
