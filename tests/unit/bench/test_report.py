"""The page: complete in itself, well-formed, accessible, and safe against what it shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.bench.compare import compare
from pgrepo.bench.report.axis import log_axis
from pgrepo.bench.report.charts import before_after, distribution, growth_curve
from pgrepo.bench.report.page import page

if TYPE_CHECKING:
    from pgrepo.bench.results import Plan
    from tests.unit.bench.conftest import MakeQuery, MakeResults

_VOID = {"meta", "link", "br", "wbr"}


class Reader(HTMLParser):
    """Reads a page, and notes what is wrong with it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what begins."""
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in _VOID:
            self.open.append(tag)
        if (name := found.get("id")) is not None:
            self.ids.append(name)
        if tag == "a":
            self.links.append(found["href"] or "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what is empty."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """What ends has to be what began last."""
        assert self.open.pop() == tag, tag


@pytest.fixture(scope="module")
def whole(make_results: MakeResults, make_query: MakeQuery) -> str:
    """A page with everything in it."""
    odd = "<script>alert('x')</script>"
    before = make_results(
        (0.1, [make_query("a", 100), make_query("b", 50)]),
        (1, [make_query("a", 100), make_query("b", 50), make_query("gone", 9)]),
    )
    now = make_results(
        (0.1, [make_query("a", 100, seed=1), make_query("b", 50, seed=1)]),
        (
            1,
            [
                make_query("a", 900, seed=1, scope="tenant", notes=(f"odd {odd}",)),
                make_query("b", 20, seed=1, file=odd, writes=True, buffers=None, plans=()),
            ],
        ),
    )
    return page(now, compare(before, now))


def test_well_formed(whole: str) -> None:
    """Every element ends; names are unique, and every link leads somewhere."""
    reader = Reader(whole)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)


def test_self_contained(whole: str) -> None:
    """It loads nothing, and runs nothing."""
    reader = Reader(whole)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "base"}
    assert [found["href"] for tag, found in reader.tags if tag == "link"] == ["data:,"]
    assert "url(" not in whole
    assert "@import" not in whole
    assert "http" not in whole.replace("http-equiv", "")


def test_nothing_is_injected(whole: str) -> None:
    """What comes out of files is text."""
    assert "<script" not in whole
    assert "&lt;script&gt;" in whole
    assert "it &lt;b&gt;writes" in whole


def test_accessible(whole: str) -> None:
    """Headings skip no level, tables say what is a heading, and pictures what they show."""
    reader = Reader(whole)
    assert reader.headings[0] == 1
    assert reader.headings.count(1) == 1
    pairs = zip(reader.headings, reader.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in pairs)
    assert all("scope" in found for tag, found in reader.tags if tag == "th")
    pictures = [found for tag, found in reader.tags if tag == "svg"]
    assert pictures
    assert all(found["role"] == "img" and found["aria-label"] for found in pictures)
    assert 'lang="en"' in whole
    assert "prefers-color-scheme: dark" in whole
    assert "width=device-width" in whole


def test_contents(whole: str) -> None:
    """What became slower and faster, growth, scopes and what was left out are there."""
    assert re.search(r'shop\.a at scale 1: <span class="slower">slower by \d', whole)
    assert re.search(r'shop\.b at scale 1: <span class="faster">faster by \d', whole)
    assert "Only in the baseline: <code>shop.gone at scale 1</code>" in whole
    assert "in scope tenant" in whole
    assert "each call rolled back" in whole
    assert "x for 10x the data" in whole
    assert "Not measured: 1" in whole


def test_without_a_baseline(
    make_results: MakeResults, make_query: MakeQuery, by_scan: Plan
) -> None:
    """A first run, at one scale, with a query that has two plans."""
    query = make_query("a", 5)
    text = page(make_results((1, [make_query("b", 7, plans=(*query.plans, by_scan))])))
    Reader(text)
    assert "Before and after" not in text
    assert "Seq Scan orders" in text


@given(st.lists(st.floats(0.1, 1e8), min_size=1, max_size=30), st.integers(2, 6))
def test_axis(values: list[float], most: int) -> None:
    """Values lie between the ends in their order, and there are not too many ticks."""
    axis = log_axis(values, 10, 350)
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert 10 <= places[0] <= places[-1] <= 350
    ticks = axis.ticks(most)
    assert 1 <= len(ticks) <= most
    assert all(9.9 <= axis.at(tick) <= 350.1 for tick in ticks)


@given(st.lists(st.floats(0.1, 1e7), min_size=1, max_size=40), st.floats(0.1, 1e7))
def test_charts(make_query: MakeQuery, times: list[float], typical: float) -> None:
    """Whatever the times are, the plots are well-formed and have no number that is none."""
    ordered = tuple(sorted(times))
    query = make_query("a", typical, samples=ordered, rounds=tuple(times))
    other = make_query("a", typical)
    for text in (
        distribution(query),
        distribution(query, other),
        before_after("a", other, query),
        growth_curve("a", [(0.1, other), (1, query)], "flat"),
    ):
        assert Reader(text).open == []
        assert "nan" not in text
        assert "inf" not in text.replace("info", "")
