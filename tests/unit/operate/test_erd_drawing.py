"""Diagrams as pictures: boxes that do not touch, lines that keep away from them, equal text."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.operate.erd import Diagram, Entity, Field, Relation, draw, picture
from pgrepo.operate.erd.layers import layered
from pgrepo.operate.erd.places import placed

NAMES = [f"t{number}" for number in range(9)]
LINES = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))
GRAPHS = st.lists(LINES.filter(lambda line: line[0] != line[1]), max_size=24)
SIZES = {name: (60.0 + 13 * number, 40.0 + 7 * number) for number, name in enumerate(NAMES)}
SVG = "{http://www.w3.org/2000/svg}"


def shop(*more: Relation) -> Diagram:
    """Four tables, one of them without any relation."""
    key = Field("id", "bigint", primary=True)
    reference = Field("customer_id", "bigint", foreign=True)
    return Diagram(
        (
            Entity("customers", (key, Field("email", "text", unique=True))),
            Entity("orders", (key, reference)),
            Entity("lines", (Field("order_id", "bigint", primary=True, foreign=True),)),
            Entity("audit", (key,)),
        ),
        (
            Relation("customers", "orders", ("customer_id",), optional=True),
            Relation("orders", "lines", ("order_id",), unique=True),
            *more,
        ),
    )


@given(GRAPHS)
def test_layers(lines: list[tuple[str, str]]) -> None:
    """A line has a place in each layer on its way, one after the other, whatever the cycles."""
    layers = layered(NAMES, lines)
    ranks = {id(place): rank for rank, row in enumerate(layers.rows) for place in row}
    assert sorted(p.box for row in layers.rows for p in row if p.box is not None) == NAMES
    for (start, end), path in zip(lines, layers.paths, strict=True):
        assert (path[0].box, path[-1].box) == (start, end)
        assert all(place.box is None for place in path[1:-1])
        steps = {ranks[id(b)] - ranks[id(a)] for a, b in itertools.pairwise(path)}
        assert steps in ({1}, {-1})


def test_a_table_stands_behind_what_it_refers_to() -> None:
    """Without a cycle every line leads forward, and no table is farther than it must be."""
    lines = [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]
    rows = layered(["a", "b", "c", "d"], lines).rows
    assert [[p.box for p in row if p.box] for row in rows] == [["a"], ["b", "d"], ["c"]]


def test_order_avoids_crossings() -> None:
    """Pairs that are joined stand opposite of each other."""
    lines = [("a", "z"), ("b", "y"), ("c", "x")]
    first, second = layered(["a", "b", "c", "x", "y", "z"], lines).rows
    partner = dict(lines)
    assert [partner[p.box or ""] for p in first] == [p.box for p in second]


@given(GRAPHS)
def test_nothing_touches(lines: list[tuple[str, str]]) -> None:
    """Boxes stand apart, and a line meets no box but those at its ends."""
    found = placed(layered(NAMES, lines), SIZES)
    frames = {
        name: (x, y, x + SIZES[name][0], y + SIZES[name][1]) for name, (x, y) in found.boxes.items()
    }
    for (_, one), (_, other) in itertools.combinations(frames.items(), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for frame in frames.values():
        assert min(frame) >= -1e-6
        assert frame[2] <= found.size[0] + 1e-6
        assert frame[3] <= found.size[1] + 1e-6
    for (start, end), points in zip(lines, found.lines, strict=True):
        assert _is_at(points[0], frames[start])
        assert _is_at(points[-1], frames[end])
        for one, other in itertools.pairwise(points):
            if one[0] == other[0]:  # a straight part; the others are in the gap between layers
                inside = [
                    name
                    for name, (x, y, right, bottom) in frames.items()
                    if x < one[0] < right
                    and max(one[1], other[1]) > y + 1e-6
                    and min(one[1], other[1]) < bottom - 1e-6
                ]
                assert not inside


def _is_at(point: tuple[float, float], frame: tuple[float, float, float, float]) -> bool:
    """Whether a line meets the upper or lower side of a box, between its corners."""
    x, y, right, bottom = frame
    return x < point[0] < right and (abs(point[1] - y) < 1e-6 or abs(point[1] - bottom) < 1e-6)


def test_equal_diagrams_are_drawn_alike() -> None:
    """The order in which tables and keys are read does not matter."""
    diagram = shop(Relation("customers", "lines", ("order_id",)))
    mixed = Diagram(diagram.entities[2:] + diagram.entities[:2], diagram.relations[::-1])
    assert picture(mixed, "shop") == picture(diagram, "shop")


def test_what_is_drawn() -> None:
    """The tables with the columns of their keys, a line for each key, and what it means."""
    root = ET.fromstring(draw(shop(), "Tables of shop", link=lambda name: f"#{name}"))  # noqa: S314
    assert root.get("aria-label") == "Tables of shop"
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert texts.count("id") == 3
    assert "email" not in texts
    assert "PK FK" in texts
    assert {node.get("href") for node in root.iter(f"{SVG}a")} == {
        "#customers", "#orders", "#lines", "#audit",
    }  # fmt: skip
    assert [node.text for node in root.iter(f"{SVG}title")] == [
        "orders (customer_id) refers to customers, or NULL; any number of rows each",
        "lines (order_id) refers to orders; at most one row each",
    ]
    assert len(list(root.iter(f"{SVG}circle"))) == 1  # of the key that may be NULL


@pytest.mark.parametrize(
    "relation",
    [
        Relation("orders", "orders", ("customer_id",)),  # to itself
        Relation("lines", "customers", ("id",)),  # a cycle
        Relation("other.currencies", "orders", ("customer_id",)),  # of another schema
        Relation("customers", "orders", ("id",)),  # a second one
    ],
)
def test_special_relations(relation: Relation) -> None:
    """Each is drawn, within the picture."""
    root = ET.fromstring(picture(shop(relation), "shop"))  # noqa: S314
    titles = [node.text or "" for node in root.iter(f"{SVG}title")]
    assert len([title for title in titles if "refers to" in title]) == 3
    assert any(title.startswith(f"{relation.child} (") for title in titles)


def test_hostile_names() -> None:
    """A name is text, whatever it looks like, and the file is well-formed."""
    name = '<script>alert("&")</script>'
    text = picture(Diagram((Entity(name, (Field(name, "text", primary=True),)),), ()), name)
    assert "<script>" not in text
    texts = [node.text for node in ET.fromstring(text).iter(f"{SVG}text")]  # noqa: S314
    assert texts.count(name) == 2


def test_nothing_to_draw() -> None:
    """A schema without tables is an empty picture."""
    assert len(list(ET.fromstring(picture(Diagram((), ()), "empty")).iter(f"{SVG}rect"))) == 1  # noqa: S314
