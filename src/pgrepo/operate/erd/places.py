"""Where the boxes of layers stand, and how the lines between them run. Pure.

Reckoned across the layers and along the way from one to the next; a drawing may turn that.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrepo.operate.erd.layers import Layers, Place

Point: TypeAlias = tuple[float, float]
"""Across, and along."""

_ROUNDS = 60
_STRAIGHT = 3.0  # how much a line wants to pass a layer straight, as joined boxes go
_IDLE = 0.01
_LANE = 14.0  # room between two lines, or a line and a box
_APART = 22.0  # between two boxes
_GAP = 50.0  # between two layers, with few lines between them
_CROWD = 2.5  # more of it for each line
_CROWDED = 16
_STUB = 12.0  # how far a line is straight at a box, for the sign there


@dataclass(frozen=True, slots=True)
class Placed:
    """Boxes and lines in their places.

    Attributes:
        boxes: of each box where it begins.
        lines: of each line the points that it runs through.
        size: how much room all of it needs.
    """

    boxes: Mapping[str, Point]
    lines: Sequence[Sequence[Point]]
    size: Point


def placed(layers: Layers, sizes: Mapping[str, Point]) -> Placed:
    """Finds the places.

    Args:
        layers: the boxes and lines.
        sizes: how much room each box needs.
    """
    return _Placing(layers, sizes).found()


class _Placing:
    """The work of `placed`; places are known by their identity."""

    def __init__(self, layers: Layers, sizes: Mapping[str, Point]) -> None:
        self._layers = layers
        self._sizes = sizes
        self._ranks = {id(place): n for n, row in enumerate(layers.rows) for place in row}
        self._path_of = {id(place): path for path in layers.paths for place in path[1:-1]}
        self._middles: dict[int, float] = {}

    def found(self) -> Placed:
        self._settle()
        spans = self._spans()
        ports = self._ports()
        rows = self._layers.rows
        boxes = {
            place.box: (self._middles[id(place)] - self._half(place), begin)
            for row, (begin, _) in zip(rows, spans, strict=True)
            for place in row
            if place.box is not None
        }
        lines = [self._line(number, path, spans, ports) for number, path in enumerate(self._paths)]
        right = (self._middles[id(place)] + self._half(place) for row in rows for place in row)
        return Placed(boxes, lines, (max(right, default=0.0), spans[-1][1] if spans else 0.0))

    @property
    def _paths(self) -> list[list[Place]]:
        return self._layers.paths

    def _half(self, place: Place) -> float:
        return 0.0 if place.box is None else self._sizes[place.box][0] / 2

    # Across

    def _settle(self) -> None:
        """Brings each place as near to those it is joined to as the others let it."""
        rows = self._layers.rows
        for row in rows:
            self._middles |= self._apart(row, [0.0] * len(row), [1.0] * len(row))
        for number in range(_ROUNDS):
            for row in rows if number % 2 == 0 else rows[::-1]:
                wishes = [self._wish(place) for place in row]
                self._middles |= self._apart(row, *map(list, zip(*wishes, strict=True)))
        left = min((self._middles[id(p)] - self._half(p) for row in rows for p in row), default=0.0)
        self._middles = {key: middle - left for key, middle in self._middles.items()}

    def _wish(self, place: Place) -> tuple[float, float]:
        """Where a place wants to be, and how much.

        A box wants to be amid those it is joined to. A line that passes layers wants to pass them
        straight, anywhere between its ends.
        """
        if place.box is None:
            first, *passed, last = (self._middles[id(other)] for other in self._path_of[id(place)])
            low, high = sorted((first, last))
            return min(max(fmean(passed), low), high), _STRAIGHT
        joined = [self._middles[id(other)] for other in (*place.before, *place.after)]
        if not joined:
            return self._middles[id(place)], _IDLE
        return fmean(joined), len(joined)

    def _apart(
        self, row: Sequence[Place], wanted: Sequence[float], weights: Sequence[float]
    ) -> dict[int, float]:
        """The middles that are nearest to the wanted ones while no place touches the next.

        That is a regression under an order: neighbours that would touch move as one, to where the
        mean of them wants to be.
        """
        offsets = [0.0]
        for one, other in pairwise(row):
            room = _APART if one.box is not None and other.box is not None else _LANE
            offsets.append(offsets[-1] + self._half(one) + self._half(other) + room)
        groups: list[tuple[float, float, int]] = []  # the mean, its weight, how many
        for want, offset, weight in zip(wanted, offsets, weights, strict=True):
            group = (want - offset, weight, 1)
            while groups and groups[-1][0] > group[0]:
                group = _merged(groups.pop(), group)
            groups.append(group)
        means = [mean for mean, _, count in groups for _ in range(count)]
        moved = zip(row, means, offsets, strict=True)
        return {id(place): mean + offset for place, mean, offset in moved}

    # Along

    def _spans(self) -> list[Point]:
        """Where each layer begins and ends."""
        spans: list[Point] = []
        begin = 0.0
        for row in self._layers.rows:
            boxes = [self._sizes[place.box][1] for place in row if place.box is not None]
            spans.append((begin, begin + max(boxes)))
            lines = sum(len(place.after) for place in row)
            begin = spans[-1][1] + _GAP + _CROWD * min(lines, _CROWDED)
        return spans

    def _ports(self) -> dict[tuple[int, bool], float]:
        """Where each line meets its boxes, at its beginning and its end.

        The lines of a side of a box are spread over it, in the order of where they lead.
        """
        sides: dict[tuple[int, bool], list[tuple[float, int, bool]]] = defaultdict(list)
        boxes: dict[int, Place] = {}
        for number, path in enumerate(self._paths):
            for is_end, box, next_ in ((False, path[0], path[1]), (True, path[-1], path[-2])):
                boxes[id(box)] = box
                is_after = self._ranks[id(next_)] > self._ranks[id(box)]
                sides[id(box), is_after].append((self._middles[id(next_)], number, is_end))
        ports = {}
        for (key, _), ends in sides.items():
            half = self._half(boxes[key])
            for index, (_, number, is_end) in enumerate(sorted(ends), start=1):
                share = 2 * index / (len(ends) + 1) - 1
                ports[number, is_end] = self._middles[key] + half * share
        return ports

    def _line(
        self,
        number: int,
        path: Sequence[Place],
        spans: Sequence[Point],
        ports: Mapping[tuple[int, bool], float],
    ) -> list[Point]:
        """The points of a line: straight through a layer, and in the gap on to the next one."""
        is_forward = self._ranks[id(path[0])] < self._ranks[id(path[-1])]
        way = path if is_forward else path[::-1]
        points: list[Point] = []
        for index, place in enumerate(way):
            begin, end = spans[self._ranks[id(place)]]
            if place.box is None:
                across = self._middles[id(place)]
                points += [(across, begin), (across, end)]
            elif index == 0:  # a box may be shorter than its layer
                across = ports[number, not is_forward]
                points += [(across, begin + self._sizes[place.box][1]), (across, end + _STUB)]
            else:
                across = ports[number, is_forward]
                points += [(across, begin - _STUB), (across, begin)]
        return points if is_forward else points[::-1]


def _merged(
    one: tuple[float, float, int], other: tuple[float, float, int]
) -> tuple[float, float, int]:
    (mean, weight, count), (mean_, weight_, count_) = one, other
    both = weight + weight_
    return (mean * weight + mean_ * weight_) / both, both, count + count_
