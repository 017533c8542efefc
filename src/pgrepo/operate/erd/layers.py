"""Boxes in layers, so that lines run one way and cross each other rarely. Pure.

A line from a box leads to one in a later layer. Where it passes layers, it has a place in each of
them like a box, so that it leads around the boxes there. What leads backwards, in a cycle, is
turned around for the time being.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SWEEPS = 24


@dataclass(slots=True)
class Place:
    """A box in its layer, or where a line passes it.

    Attributes:
        box: the box's name; None of a line.
        before: the places in the layer before that it is joined to.
        after: those in the layer after.
    """

    box: str | None
    before: list[Place] = field(default_factory=list)
    after: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layers:
    """Boxes and lines in layers.

    Attributes:
        rows: the places of each layer in order.
        paths: of each line the places that it runs through, from its beginning to its end.
    """

    rows: list[list[Place]]
    paths: list[list[Place]]


def layered(boxes: Sequence[str], lines: Sequence[tuple[str, str]]) -> Layers:
    """Puts boxes into layers, and the layers in order.

    Args:
        boxes: their names; equal input gives equal output.
        lines: pairs of different boxes, as often as they are joined.
    """
    forward = _forward(boxes, lines)
    ranks = _ranks(boxes, forward)
    places = {name: Place(name) for name in boxes}
    rows: list[list[Place]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for name in boxes:
        rows[ranks[name]].append(places[name])
    paths = []
    for line, (start, end) in zip(lines, forward, strict=True):
        path = [places[start]]
        for rank in range(ranks[start] + 1, ranks[end]):
            path.append(Place(None))
            rows[rank].append(path[-1])
        path.append(places[end])
        for one, other in pairwise(path):
            one.after.append(other)
            other.before.append(one)
        paths.append(path if line == (start, end) else path[::-1])
    return Layers(_in_order(rows), paths)


def _forward(boxes: Sequence[str], lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The lines, turned around where they would close a cycle."""
    ends: dict[str, list[str]] = defaultdict(list)
    for start, end in lines:
        ends[start].append(end)
    done: dict[str, int] = {}
    for name in boxes:
        _visit(name, ends, done, set())
    # A box is done before all that lead to it, those of a cycle aside.
    return [(a, b) if done[a] > done[b] else (b, a) for a, b in lines]


def _visit(
    name: str, ends: Mapping[str, Sequence[str]], done: dict[str, int], open_: set[str]
) -> None:
    if name in done or name in open_:
        return
    open_.add(name)
    for end in ends.get(name, ()):
        _visit(end, ends, done, open_)
    done[name] = len(done)


def _ranks(boxes: Sequence[str], lines: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each box: after all that lead to it, and no farther from those it leads to."""
    before: dict[str, set[str]] = defaultdict(set)
    after: dict[str, set[str]] = defaultdict(set)
    for start, end in lines:
        before[end].add(start)
        after[start].add(end)
    ranks: dict[str, int] = {}

    def rank(name: str) -> int:
        if name not in ranks:
            ranks[name] = max((rank(other) + 1 for other in before[name]), default=0)
        return ranks[name]

    for name in sorted(boxes, key=rank, reverse=True):
        if after[name] and not before[name]:
            ranks[name] = min(ranks[other] for other in after[name]) - 1
    return ranks


def _in_order(rows: list[list[Place]]) -> list[list[Place]]:
    """The layers with their places in the order that makes the fewest lines cross."""
    best, least = rows, _crossings(rows)
    for sweep in range(_SWEEPS):
        rows = _swept(rows, downwards=sweep % 2 == 0)
        found = _crossings(rows)
        if found < least:
            best, least = rows, found
    return best


def _swept(rows: list[list[Place]], *, downwards: bool) -> list[list[Place]]:
    """The layers, each place as near as can be to the mean of those it is joined to."""
    at: dict[int, float] = {}
    found = []
    for row in rows if downwards else rows[::-1]:
        middle = {}
        for index, place in enumerate(row):
            joined = [at[id(other)] for other in (place.before if downwards else place.after)]
            middle[id(place)] = fmean(joined) if joined else _relative(index, row)
        ordered = sorted(row, key=lambda place: middle[id(place)])
        at |= {id(place): _relative(index, row) for index, place in enumerate(ordered)}
        found.append(ordered)
    return found if downwards else found[::-1]


def _relative(index: int, row: Sequence[Place]) -> float:
    return (index + 0.5) / len(row)


def _crossings(rows: Sequence[Sequence[Place]]) -> int:
    count = 0
    for row, following in pairwise(rows):
        at = {id(place): index for index, place in enumerate(following)}
        ends = [sorted(at[id(other)] for other in place.after) for place in row]
        seen: list[int] = []
        for group in ends:
            count += sum(1 for end in group for other in seen if other > end)
            seen += group
    return count
