"""Slots that must be cleared before a cache is believed again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX = 10_000
"""Beyond so many, all slots are cleared instead."""


class Debts:
    """Keeps what could not be cleared yet, for all threads of a process.

    A debt that is made again while it is being paid stays: the payment may have come before the
    write that made it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._owed: dict[str, int] = {}
        self._everything: int | None = None

    def add(self, keys: Iterable[str]) -> None:
        """Adds keys that must be cleared."""
        with self._lock:
            self._number += 1
            self._owed.update(dict.fromkeys(keys, self._number))
            if len(self._owed) > _MAX:
                self._owed.clear()
                self._everything = self._number

    def due(self) -> tuple[dict[str, int], int | None]:
        """What is owed: keys, and a number where it is all of them; to be given to `paid`."""
        with self._lock:
            return self._owed.copy(), self._everything

    def paid(self, due: tuple[dict[str, int], int | None]) -> None:
        """Strikes out what was owed then and has not been added since."""
        owed, everything = due
        with self._lock:
            for key, number in owed.items():
                if self._owed.get(key) == number:
                    del self._owed[key]
            if self._everything == everything:
                self._everything = None
