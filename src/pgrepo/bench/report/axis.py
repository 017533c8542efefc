"""Logarithmic axes: where values lie, and which of them are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class LogAxis:
    """A logarithmic axis.

    Attributes:
        low: the value at its beginning, above 0.
        high: the value at its end, above `low`.
        start: where it begins, in pixels.
        end: where it ends.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value is; one beyond an end is at that end."""
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.start + (self.end - self.start) * min(1.0, share)

    def ticks(self, most: int) -> list[float]:
        """Round values on it: 1, 2, 5, 10 … or fewer of them where those are too many."""
        first = math.floor(math.log10(self.low))
        last = math.ceil(math.log10(self.high))
        for steps in (_STEPS, (1.0,)):
            found = [
                step * 10.0**power
                for power in range(first, last + 1)
                for step in steps
                if self.low * 0.999 <= step * 10.0**power <= self.high * 1.001
            ]
            if len(found) <= most:
                return found
        return found[:: math.ceil(len(found) / most)]


def log_axis(values: Iterable[float], start: float, end: float) -> LogAxis:
    """An axis that has room for all values, of which those above 0 count."""
    usable = [value for value in values if value > 0] or [1.0]
    low, high = min(usable), max(usable)
    # Room on both sides, and for two ticks at least.
    room = max(1.05, (2.6 / (high / low)) ** 0.5)
    return LogAxis(low / room, high * room, start, end)
