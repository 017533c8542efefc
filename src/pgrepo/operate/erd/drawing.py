"""A diagram as a picture: SVG, with the tables' keys in boxes and lines for foreign keys. Pure.

Boxes stand in layers, a table after all that it refers to. Of the two ways to lay them, downwards
and to the right, the one is taken that needs less of a page.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from pgrepo.operate.erd.layers import layered
from pgrepo.operate.erd.places import placed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pgrepo.operate.erd.diagram import Diagram, Field, Relation
    from pgrepo.operate.erd.places import Point

_PAGE = 920.0  # the width that a page has for it
_EDGE = 16.0
_CHARACTER = 7.3  # the width of one, 12 px high, in any common font of equal widths
_HEAD, _ROW, _PADDING = 26.0, 18.0, 10.0
_SPREAD = 11.0  # between the lines of one box
_SHELF = 22.0
_LOOP = 18.0

STYLE = """\
.erd-ground { fill: #ffffff; } .erd-box { fill: #ffffff; stroke: #b6bec7; }
.erd-head { fill: #e3effb; } .erd-name { fill: #1d2125; font-weight: 600; }
.erd-column { fill: #1d2125; } .erd-key { fill: #5b646e; }
.erd-line { fill: none; stroke: #5b646e; } .erd-end { fill: #ffffff; stroke: #5b646e; }
.erd text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media (prefers-color-scheme: dark) {
.erd-ground { fill: #14171a; } .erd-box { fill: #1c2024; stroke: #4b545d; }
.erd-head { fill: #24384d; } .erd-name, .erd-column { fill: #e8eaed; } .erd-key { fill: #a4adb6; }
.erd-line { stroke: #a4adb6; } .erd-end { fill: #14171a; stroke: #a4adb6; }
}
"""
"""Colours of a picture that stands alone, for light and dark."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A table as it is drawn; `fields` is None of a table of another schema."""

    name: str
    fields: tuple[Field, ...] | None
    size: Point


def picture(diagram: Diagram, title: str) -> str:
    """A file of its own, with its colours in it."""
    return draw(diagram, title, style=STYLE) + "\n"


def draw(
    diagram: Diagram,
    title: str,
    *,
    link: Callable[[str], str | None] = lambda _: None,
    style: str = "",
) -> str:
    """An SVG element; equal diagrams give equal text.

    Args:
        diagram: the tables, and the foreign keys between them.
        title: what it shows, for those who do not see it.
        link: where the box of a table leads to.
        style: CSS to put into it; without any, the page around it has to have it.
    """
    lines = sorted(diagram.relations, key=lambda line: (line.parent, line.child, line.columns))
    loops = [line for line in lines if line.parent == line.child]
    lines = [line for line in lines if line.parent != line.child]
    boxes = _boxes(diagram)
    joined = {name for line in lines for name in (line.parent, line.child)}
    sheet = min(
        (_sheet({n: b for n, b in boxes.items() if n in joined}, lines, t) for t in (False, True)),
        key=lambda sheet: (max(sheet.size[0] - _PAGE, 0.0), sheet.size[1]),
    )
    alone = [box for name, box in boxes.items() if name not in joined]
    at, (width, height) = _on_shelves(alone, sheet)
    parts = [
        *(_line(*pair, turned=sheet.turned) for pair in zip(lines, sheet.lines, strict=True)),
        *(_loop(loop, at[loop.child], (sheet.boxes | boxes)[loop.child]) for loop in loops),
        *(_drawn(sheet.boxes.get(name, box), at[name], link(name)) for name, box in boxes.items()),
    ]
    return _svg(title, (width + (_LOOP if loops else 0.0), height), parts, style)


def _boxes(diagram: Diagram) -> dict[str, _Box]:
    """The tables by name, with the columns of their keys; those of other schemas are bare."""
    found = {
        line.parent: _Box(line.parent, None, _size(line.parent, ())) for line in diagram.relations
    }
    for entity in diagram.entities:
        fields = tuple(field for field in entity.fields if field.primary or field.foreign)
        found[entity.name] = _Box(entity.name, fields, _size(entity.name, fields))
    return dict(sorted(found.items()))


def _size(name: str, fields: Sequence[Field]) -> Point:
    longest = max([len(name), *(len(field.name) + len(_marks(field)) + 2 for field in fields)])
    height = _HEAD + (_ROW * len(fields) + 6 if fields else 0)
    return max(90.0, longest * _CHARACTER + 2 * _PADDING), height


# Places -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Boxes and lines in their places; `turned` where layers lie beside each other."""

    boxes: dict[str, _Box]
    at: dict[str, Point]
    lines: list[list[Point]]
    size: Point
    turned: bool


def _sheet(boxes: Mapping[str, _Box], lines: Sequence[Relation], turned: bool) -> _Sheet:
    ends = Counter(line.parent for line in lines), Counter(line.child for line in lines)
    boxes = {
        name: replace(box, size=_roomy(box.size, max(c[name] for c in ends), turned))
        for name, box in boxes.items()
    }
    layers = layered(list(boxes), [(line.parent, line.child) for line in lines])
    found = placed(layers, {name: _xy(box.size, turned) for name, box in boxes.items()})
    return _Sheet(
        boxes,
        {name: _xy(point, turned) for name, point in found.boxes.items()},
        [[_xy(point, turned) for point in points] for points in found.lines],
        _xy(found.size, turned),
        turned,
    )


def _roomy(size: Point, lines: int, turned: bool) -> Point:
    """A box's size with a side so long that its lines can be told apart."""
    width, height = size
    side = _SPREAD * (lines + 1)
    return (width, max(height, side)) if turned else (max(width, side), height)


def _xy(point: Point, turned: bool) -> Point:
    """A point across and along the layers, on the sheet; and the other way round."""
    return (point[1], point[0]) if turned else point


def _on_shelves(boxes: Sequence[_Box], sheet: _Sheet) -> tuple[dict[str, Point], Point]:
    """Puts boxes that no line leads to below the others; returns all places, and the size."""
    width, bottom = sheet.size
    at = dict(sheet.at)
    x, top = 0.0, bottom + (_SHELF if at else 0.0)
    for box in boxes:
        if x and x + box.size[0] > max(sheet.size[0], _PAGE / 2):
            x, top = 0.0, bottom + _SHELF
        at[box.name] = x, top
        width, bottom = max(width, x + box.size[0]), max(bottom, top + box.size[1])
        x += box.size[0] + _SHELF
    return at, (width, bottom)


# SVG --------------------------------------------------------------------------------------------


def _svg(title: str, inner: Point, parts: Sequence[str], style: str) -> str:
    width, height = inner[0] + 2 * _EDGE, inner[1] + 2 * _EDGE
    size = f'width="{width:.0f}" height="{height:.0f}"'
    own = [f"<title>{escape(title)}</title>", f"<style>\n{style}</style>"]
    lines = [
        # Not a picture to a screen reader: the links in it are to be reached.
        f'<svg xmlns="http://www.w3.org/2000/svg" class="erd" role="group" {size}',
        f' viewBox="0 0 {width:.0f} {height:.0f}" aria-label="{escape(title)}">',
        *([*own, f'<rect class="erd-ground" {size}/>'] if style else []),
        f'<g transform="translate({_EDGE:.0f} {_EDGE:.0f})">',
        *parts,
        "</g></svg>",
    ]
    return "\n".join(lines)


def _marks(field: Field) -> str:
    return " ".join(["PK"] * field.primary + ["FK"] * field.foreign)


def _drawn(box: _Box, at: Point, link: str | None) -> str:
    (x, y), (width, height) = at, box.size
    dashed = ' stroke-dasharray="4 3"' if box.fields is None else ""
    parts = [
        f'<rect class="erd-box" width="{width:.1f}" height="{height:.1f}" rx="5"{dashed}/>',
        f'<path class="erd-head" d="{_head(width, height)}"/>',
        f'<text class="erd-name" x="{_PADDING:.0f}" y="17">{escape(box.name)}</text>',
    ]
    for number, row in enumerate(box.fields or ()):
        y_row = _HEAD + 15 + _ROW * number
        parts.append(
            f'<text class="erd-column" x="{_PADDING:.0f}" y="{y_row:.0f}">{escape(row.name)}</text>'
        )
        parts.append(
            f'<text class="erd-key" x="{width - _PADDING:.1f}" y="{y_row:.0f}" '
            f'text-anchor="end">{_marks(row)}</text>'
        )
    inner = "".join(parts)
    if link is not None:
        inner = f'<a href="{escape(link)}">{inner}</a>'
    return f'<g transform="translate({x:.1f} {y:.1f})">{inner}</g>'


def _head(width: float, height: float) -> str:
    """The upper part of a box, inside of its frame; all of it where it has no more."""
    right, bottom = width - 0.5, (_HEAD if height > _HEAD else height - 0.5)
    if height > _HEAD:
        foot = f"V{bottom:.1f}H0.5"
    else:
        foot = f"V{bottom - 4.5:.1f}a4.5 4.5 0 0 1 -4.5 4.5H5a4.5 4.5 0 0 1 -4.5 -4.5"
    return f"M0.5 5a4.5 4.5 0 0 1 4.5 -4.5H{right - 4.5:.1f}a4.5 4.5 0 0 1 4.5 4.5{foot}z"


def _line(relation: Relation, points: Sequence[Point], *, turned: bool) -> str:
    """A line from the table that is referred to, with a sign at either end."""
    path = [f"M{_pair(points[0])}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        if (y == to_y) if turned else (x == to_x):
            path.append(f"L{_pair((to_x, to_y))}")
            continue
        middle = (x + to_x) / 2 if turned else (y + to_y) / 2
        one, other = ((middle, y), (middle, to_y)) if turned else ((x, middle), (to_x, middle))
        path.append(f"C{_pair(one)} {_pair(other)} {_pair((to_x, to_y))}")
    signs = _parent_sign(relation, points[0], points[1], turned) + _child_sign(
        relation, points[-1], points[-2], turned
    )
    return (
        f'<g><title>{escape(_told(relation))}</title><path class="erd-line" d="{"".join(path)}"/>'
        f"{signs}</g>"
    )


def _told(relation: Relation) -> str:
    optional = ", or NULL" if relation.optional else ""
    many = "at most one row each" if relation.unique else "any number of rows each"
    columns = ", ".join(relation.columns)
    return f"{relation.child} ({columns}) refers to {relation.parent}{optional}; {many}"


def _parent_sign(relation: Relation, at: Point, to: Point, turned: bool) -> str:
    """A bar for one, a circle where there may be none."""
    step = 1 if (to > at if turned else to[1] >= at[1]) else -1
    if relation.optional:
        x, y = _moved(at, 9 * step, 0, turned)
        return f'<circle class="erd-end" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
    return _bar(at, 7 * step, turned)


def _child_sign(relation: Relation, at: Point, come: Point, turned: bool) -> str:
    """A crow's foot for any number, a bar for one at most."""
    step = -1 if (come < at if turned else come[1] <= at[1]) else 1
    if relation.unique:
        return _bar(at, 7 * step, turned)
    toes = [_moved(at, 0, -5, turned), _moved(at, 10 * step, 0, turned), _moved(at, 0, 5, turned)]
    return f'<path class="erd-line" d="M{_pair(toes[0])}L{_pair(toes[1])}L{_pair(toes[2])}"/>'


def _bar(at: Point, along: float, turned: bool) -> str:
    one, other = _moved(at, along, -4, turned), _moved(at, along, 4, turned)
    return f'<path class="erd-line" d="M{_pair(one)}L{_pair(other)}"/>'


def _moved(at: Point, along: float, across: float, turned: bool) -> Point:
    x, y = at
    return (x + along, y + across) if turned else (x + across, y + along)


def _loop(relation: Relation, at: Point, box: _Box) -> str:
    """The line of a table that refers to itself, at its right side."""
    x, y = at[0] + box.size[0], at[1] + _HEAD / 2
    down = min(_HEAD, box.size[1] - _HEAD / 2 - 4)
    path = f"M{_pair((x, y))}h{_LOOP - 6:.0f}q6 0 6 6v{down - 12:.1f}q0 6 -6 6h-{_LOOP - 6:.0f}"
    return (
        f'<g><title>{escape(_told(relation))}</title><path class="erd-line" d="{path}"/>'
        f"{_child_sign(relation, (x, y + down), (x + 1, y + down), turned=True)}</g>"
    )


def _pair(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
