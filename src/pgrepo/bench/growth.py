"""How the cost of a query grows with the data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.bench.statistics import greater, median

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.bench.results import DomainRun

_CHANCE = 0.01
"""What p must be below for a growth to be more than noise."""
_LEAST = 1.15
"""What the last cost divided by the first must be for a growth to be told."""
_WORDS = ((0.25, "grows slowly"), (0.75, "grows"), (1.25, "grows as the data"))


@dataclass(frozen=True, slots=True)
class Point:
    """The cost at a scale factor.

    Attributes:
        scale: the scale factor.
        rounds: one median for each round, µs.
        floor: what `SELECT 1` took in the same rounds, µs; empty where that is not known.
    """

    scale: float
    rounds: tuple[float, ...]
    floor: tuple[float, ...] = ()

    def relative(self) -> tuple[float, ...]:
        """The rounds as multiples of the floor."""
        return tuple(t / (f or 1.0) for t, f in zip(self.rounds, self.floor, strict=False))


@dataclass(frozen=True, slots=True)
class Growth:
    """How a cost grew.

    Attributes:
        exponent: e where the cost goes as scale^e: 0 is flat, 1 as the data.
        ratio: the cost at the largest scale divided by that at the smallest.
        factor: the largest scale divided by the smallest.
        words: its name.
    """

    exponent: float
    ratio: float
    factor: float
    words: str

    def __str__(self) -> str:
        return self.words if self.words == "flat" else f"{self.words}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """Such as "4.1x for 10x the data"."""
        return f"{self.ratio:.3g}x for {self.factor:g}x the data"


def growth(points: Sequence[Point]) -> Growth | None:
    """Fits a power of the scale factor to medians, by least squares of the logarithms.

    A growth is only told where the rounds at the largest scale are slower than those at the
    smallest beyond chance (Mann-Whitney, p < 0.01), and by 15 % at least: both as they are and as
    multiples of the floor, as the scales were not measured at the same time. "flat" is all else,
    also what becomes faster.

    Args:
        points: of each scale factor, in any order.

    Returns:
        None where there are fewer than two scale factors to compare. Of the two kinds of cost, the
        one that grew less.
    """
    usable = sorted((p for p in points if p.scale > 0 and p.rounds), key=lambda p: p.scale)
    usable = [p for p in usable if median(p.rounds) > 0]
    if len(usable) < 2 or usable[0].scale == usable[-1].scale:
        return None
    scales = [p.scale for p in usable]
    kinds = [[p.rounds for p in usable]]
    if all(p.floor for p in usable):
        kinds.append([p.relative() for p in usable])
    return min((_fit(scales, costs) for costs in kinds), key=lambda found: found.ratio)


def _fit(scales: Sequence[float], costs: Sequence[Sequence[float]]) -> Growth:
    x = [math.log(scale) for scale in scales]
    y = [math.log(median(cost)) for cost in costs]
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    exponent = math.fsum(
        (a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)
    ) / math.fsum((a - mean_x) ** 2 for a in x)
    ratio = median(costs[-1]) / median(costs[0])
    grows = ratio >= _LEAST and greater(costs[-1], costs[0]) < _CHANCE
    words = _words(exponent) if grows else "flat"
    return Growth(exponent, ratio, scales[-1] / scales[0], words)


def growth_of(domain: DomainRun, name: str) -> Growth | None:
    """How the time of a query grows over the scales that it was measured at.

    Args:
        domain: what was measured of its domain.
        name: the query's name.

    Returns:
        None where there are too few scales to tell.
    """
    return growth(
        [
            Point(run.scale, query.rounds, query.floor)
            for run in domain.scales
            if run.scale is not None and (query := run.query(name)) is not None
        ]
    )


def _words(exponent: float) -> str:
    for most, words in _WORDS:
        if exponent < most:
            return words
    return "grows faster than the data"
