"""The plots of the page, as SVG that takes its colours from the page's style sheet.

Each has a title, which a screen reader reads, and as text what it shows: the figures beside it say
the same in numbers.
"""

from __future__ import annotations

import itertools
from html import escape
from typing import TYPE_CHECKING

from pgrepo.bench.report.axis import log_axis
from pgrepo.bench.statistics import median
from pgrepo.bench.words import duration, round_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.bench.report.axis import LogAxis
    from pgrepo.bench.results import Measured

_WIDTH = 360
_LEFT, _RIGHT = 12, 348
_BINS = 36
_TICKS = 5


def distribution(query: Measured, before: Measured | None = None) -> str:
    """How long the calls took: a histogram; the baseline's as a line over it."""
    samples = query.samples
    reference = before.samples if before is not None else ()
    # The slowest call of thousands would leave no room for the others.
    ends = [_inner(values) for values in (samples, reference) if values]
    axis = log_axis(itertools.chain.from_iterable(ends), _LEFT, _RIGHT)
    top, bottom = 30, 130
    shares = _histogram(samples, axis)
    others = _histogram(reference, axis) if reference else []
    highest = max([*shares, *others])
    width = (_RIGHT - _LEFT) / _BINS
    bars = [
        _rect(_LEFT + n * width + 0.5, bottom - h, width - 1, h, "bar")
        for n, share in enumerate(shares)
        if (h := share / highest * (bottom - top)) > 0
    ]
    line = ""
    if others:
        points = " ".join(
            f"{_LEFT + (n + 0.5) * width:.1f},{bottom - share / highest * (bottom - top):.1f}"
            for n, share in enumerate(others)
        )
        line = f'<polyline class="before-line" points="{points}"/>'
    marks = _percentile_marks(query, axis, top, bottom)
    told = f"{query.name}: half of the calls take {duration(query.latency.p50)} or less"
    return _svg(
        f"Latency of {query.name}",
        f"{told}, 95 % {duration(query.latency.p95)}, 99 % {duration(query.latency.p99)}.",
        160,
        [*bars, line, *marks, *_axis(axis, bottom)],
    )


def _inner(values: Sequence[float]) -> tuple[float, float]:
    """The values between which all but a few lie; they come in rising order."""
    return values[len(values) // 1000], values[-1 - len(values) // 200]


def _histogram(values: Sequence[float], axis: LogAxis) -> list[float]:
    counts = [0] * _BINS
    for value in values:
        place = (axis.at(value) - _LEFT) / (_RIGHT - _LEFT) * _BINS
        counts[min(_BINS - 1, int(place))] += 1
    return [count / len(values) for count in counts]


def _percentile_marks(query: Measured, axis: LogAxis, top: float, bottom: float) -> list[str]:
    """Lines at p50, p95 and p99; their names on two heights, as they may be near each other."""
    marks, ends = [], [0.0, 0.0]
    latency = query.latency
    for name, value in (("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99)):
        x = axis.at(value)
        level = 0 if x - 13 >= ends[0] else 1
        ends[level] = x + 13
        y = top - 6 - 11 * level
        marks.append(f'<line class="mark" x1="{x:.1f}" y1="{y + 2}" x2="{x:.1f}" y2="{bottom}"/>')
        anchor = "end" if x > _RIGHT - 14 else "start" if x < _LEFT + 14 else "middle"
        marks.append(_text(x, y, name, anchor))
    return marks


def growth_curve(name: str, points: Sequence[tuple[float, Measured]], words: str) -> str:
    """The median and the 95th percentile over the scale factors, both axes logarithmic."""
    across = log_axis([scale for scale, _ in points], 58, _RIGHT - 30)
    times = [t for _, q in points for t in (q.latency.p50, q.latency.p95)]
    bottom, top = 130, 14
    up = log_axis(times, bottom, top)
    parts = []
    for tick in up.ticks(4):
        y = up.at(tick)
        parts.append(f'<line class="grid" x1="58" y1="{y:.1f}" x2="{_RIGHT - 30}" y2="{y:.1f}"/>')
        parts.append(_text(54, y + 3.5, round_duration(tick), "end"))
    series = (
        ("p95", "second", [q.latency.p95 for _, q in points]),
        ("p50", "first", [q.latency.p50 for _, q in points]),
    )
    places = _apart([up.at(values[-1]) for _, _, values in series])
    for (label, kind, values), y_label in zip(series, places, strict=True):
        where = [(across.at(s), up.at(v)) for (s, _), v in zip(points, values, strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in where)
        parts.append(f'<polyline class="{kind}-line" points="{line}"/>')
        parts += [f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in where]
        parts.append(_text(where[-1][0] + 7, y_label + 3.5, label, "start"))
    for scale, _ in points:
        parts.append(_text(across.at(scale), bottom + 15, f"{scale:g}", "middle"))
    parts.append(_text(46, bottom + 15, "scale", "end"))
    return _svg(f"Growth of {name}", f"{name} over the scale factors: {words}.", 160, parts)


def _apart(places: Sequence[float]) -> list[float]:
    """Heights of two labels, moved apart where they would touch."""
    above, below = places
    gap = 11 - (below - above)
    return [above - gap / 2, below + gap / 2] if gap > 0 else [above, below]


def before_after(name: str, before: Measured, after: Measured) -> str:
    """The median of each round before and after: dots, and a line at their median."""
    axis = log_axis([*before.rounds, *after.rounds], 52, _RIGHT)
    parts = []
    bottom = 88
    for label, kind, query, y in (
        ("before", "second", before, 28),
        ("after", "first", after, 62),
    ):
        parts.append(_text(44, y + 3.5, label, "end"))
        parts.append(f'<line class="grid" x1="52" y1="{y}" x2="{_RIGHT}" y2="{y}"/>')
        parts += [
            f'<circle class="{kind} dot" cx="{axis.at(r):.1f}" cy="{y}" r="4"/>'
            for r in query.rounds
        ]
        x = axis.at(median(query.rounds))
        parts.append(
            f'<line class="{kind}-line" x1="{x:.1f}" y1="{y - 11}" x2="{x:.1f}" y2="{y + 11}"/>'
        )
    told = (
        f"{name}: the median of the rounds was {duration(median(before.rounds))} and is "
        f"{duration(median(after.rounds))}."
    )
    return _svg(f"{name} before and after", told, 116, [*parts, *_axis(axis, bottom, left=52)])


# Parts ------------------------------------------------------------------------------------------


def _axis(axis: LogAxis, y: float, left: float = _LEFT) -> list[str]:
    parts = [f'<line class="axis" x1="{left}" y1="{y}" x2="{_RIGHT}" y2="{y}"/>']
    for tick in axis.ticks(_TICKS):
        x = axis.at(tick)
        anchor = "end" if x > _RIGHT - 18 else "start" if x < left + 12 else "middle"
        parts.append(f'<line class="axis" x1="{x:.1f}" y1="{y}" x2="{x:.1f}" y2="{y + 4}"/>')
        parts.append(_text(x, y + 16, round_duration(tick), anchor))
    return parts


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, description: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" aria-label="{escape(description)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
