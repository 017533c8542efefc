"""The text of the catalog's page: what is on it, where its links lead, and that text stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from pgrepo.catalog.highlight import highlighted_python, highlighted_sql
from pgrepo.catalog.page import page

if TYPE_CHECKING:
    from pgrepo.catalog.model import Domain

_VOID = {"meta", "link", "input", "wbr", "rect", "path", "circle"}


class Reader(HTMLParser):
    """Reads a page: its ids, where its links lead, its text, and what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remembers what the tag says."""
        found = dict(attrs)
        self.ids += [found["id"]] if found.get("id") else []
        if tag == "a":
            self.links.add(found["href"] or "")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself, as SVG's do."""

    def handle_endtag(self, tag: str) -> None:
        """Closes what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collects text; that of scripts and styles aside."""
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text += data


def test_links_and_names(shop: Domain) -> None:
    """Every link leads somewhere, no place is there twice, and all that is opened is closed."""
    read = Reader(page([shop]))
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    assert {"shop/orders", "shop/glad", "shop.recent_orders"} <= set(read.ids)


def test_what_the_page_says(shop: Domain) -> None:
    """Text is text, whatever is in it: comments, defaults, SQL."""
    text = Reader(page([shop])).text
    for said in (
        "Who buys; <b>all</b> of them & more.",
        'note: str = "<none>"',
        "-- </code><script>alert(1)</script>",
        "Returns *the* newest orders of `customers`.",
        "customer_id refers to customers(id) ON DELETE CASCADE",
        "currency refers to other.currencies(code)",
        "Reads customers, orders, other.currencies. queries/orders.sql:3",
        "Writes or locks orders.",
        "Index Scan orders_pkey id > :note",
        "Plans are guesses. Parameters are left open.",
        "3 tables, 2 queries",
    ):
        assert said in text, said


def test_nothing_is_fetched(shop: Domain) -> None:
    """No address but those of places on the page, and of the namespace of SVG."""
    text = page([shop]).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"\b(?:https?:|src=|@import|url\()", text) == []


def test_two_domains(shop: Domain) -> None:
    """Tables and queries of the same name are told apart by their domain."""
    read = Reader(page([shop, replace(shop, name="store")]))
    assert len(read.ids) == len(set(read.ids))
    assert {"shop/orders", "store/orders"} <= set(read.ids)


@pytest.mark.parametrize(
    ("sql", "html"),
    [
        ("SELECT a.from, 1", "<b>SELECT</b> a.from, 1"),
        ("select 'it''s'", "<b>select</b> <s>&#x27;it&#x27;&#x27;s&#x27;</s>"),
        ("true -- <why>", "<b>true</b> <i>-- &lt;why&gt;</i>"),
        ("x > :low AND y < $2", "x &gt; <u>:low</u> <b>AND</b> y &lt; <u>$2</u>"),
        ("x::text[]", "x::text[]"),
        ("", ""),
    ],
)
def test_sql(sql: str, html: str) -> None:
    """Keywords, literals, parameters and comments stand out; names do not."""
    assert highlighted_sql(sql) == html


def test_python() -> None:
    """Keywords and texts stand out."""
    assert highlighted_python('def f(self, a: str = "<x>") -> None:') == (
        "<b>def</b> f(self, a: str = <s>&quot;&lt;x&gt;&quot;</s>) -&gt; <b>None</b>:"
    )
