"""The statistics of a benchmark, on plain numbers."""

from __future__ import annotations

import math
import random
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_EXACT = 60
"""Up to how many values, both sides together, the probability is counted out."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that a share of the values does not exceed, between two of them by proportion.

    Args:
        ordered: at least one value, in rising order.
        share: between 0 and 1.
    """
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median(values: Iterable[float]) -> float:
    """The median of at least one value."""
    return percentile(sorted(values), 0.5)


class Reservoir:
    """Keeps a bounded number of values, each seen value with the same chance.

    Args:
        size: how many are kept.
        seed: what the choice depends on, beside the values' number.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        self._size = size
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self.values: list[int] = []
        self.seen = 0

    def add(self, values: Iterable[int]) -> None:
        """Sees values, and keeps some."""
        for value in values:
            self.seen += 1
            if len(self.values) < self._size:
                self.values.append(value)
            elif (place := self._random.randrange(self.seen)) < self._size:
                self.values[place] = value


def greater(after: Sequence[float], before: Sequence[float]) -> float:
    """How likely values as much greater as these are by chance: one-sided Mann-Whitney U.

    Counted out over all ways to share the values out, where they are few and all different;
    otherwise by the normal approximation with corrections for ties and continuity.

    Args:
        after: the values that may be greater.
        before: those that they may be greater than.

    Returns:
        The probability p that U is at least what it is if both come from one distribution; 1.0
        where a side is empty.
    """
    n, m = len(after), len(before)
    if not n or not m:
        return 1.0
    u = sum((a > b) + 0.5 * (a == b) for a in after for b in before)
    counts: dict[float, int] = {}
    for value in (*after, *before):
        counts[value] = counts.get(value, 0) + 1
    ties = [count for count in counts.values() if count > 1]
    if not ties and n + m <= _EXACT:
        ways = _ways(n, m)
        return sum(ways[int(u) :]) / math.comb(n + m, n)
    total = n + m
    shrink = sum(count**3 - count for count in ties) / (total * (total - 1))
    deviation = math.sqrt(n * m / 12 * (total + 1 - shrink))
    if deviation == 0:
        return 1.0
    z = (u - n * m / 2 - 0.5) / deviation
    return min(1.0, 0.5 * math.erfc(z / math.sqrt(2)))


def smallest(n: int, m: int) -> float:
    """The smallest p that `greater` can give with so many values on each side."""
    return 1 / math.comb(n + m, n) if n and m else 1.0


@lru_cache(maxsize=64)
def _ways(n: int, m: int) -> tuple[int, ...]:
    """In how many ways `n` values among `n + m` can have each U, 0 to n * m.

    These are the coefficients of the Gaussian binomial: the product of (1 - q^(m+i)) / (1 - q^i).
    """
    size = n * m + 1
    ways = [1] + [0] * (size - 1)
    for i in range(1, n + 1):
        for place in range(size - 1, m + i - 1, -1):
            ways[place] -= ways[place - m - i]
        for place in range(i, size):
            ways[place] += ways[place - i]
    return tuple(ways)


def holm(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Probabilities of several tests, corrected for how many there are (Holm 1979).

    One that stays below 0.05 is so by chance, in any of them, in one run of twenty.
    """
    corrected: dict[str, float] = {}
    highest = 0.0
    ordered = sorted(probabilities.items(), key=lambda item: item[1])
    for place, (name, p) in enumerate(ordered):
        highest = max(highest, min(1.0, p * (len(ordered) - place)))
        corrected[name] = highest
    return corrected
