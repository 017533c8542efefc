"""The catalog of the domains that come with pgrepo: true, current in docs/, and good to look at."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.catalog import write_page
from pgrepo.catalog.markdown import markdown_files
from pgrepo.compiler.checks.statistics import OLDEST
from tests.axe import DARK, LIGHT, browser, look
from tests.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from pgrepo.catalog import Domain

DOCS = ROOT / "docs" / "catalog"
WIDTHS = (1280, 390)
_PLAN = re.compile(r"^```text\n.*?^```\n\n", re.MULTILINE | re.DOTALL)
_ASSUMPTION = re.compile(r"(?<=queries\. )Plans .*(?= Parameters are left open\.)")


def without_plans(page: str) -> str:
    """A page of which only what every server says alike is left."""
    bare = _ASSUMPTION.sub("", _PLAN.sub("", page))
    return bare.replace("<summary>SQL and plan</summary>", "<summary>SQL</summary>")


def test_docs_are_current(domains: list[Domain], server_url: str) -> None:
    """docs/catalog has what `pgrepo catalog --markdown docs/catalog` makes, and nothing else."""
    with psycopg.connect(server_url) as connection:
        has_plans = connection.info.server_version >= OLDEST
    made = {name: text for domain in domains for name, text in markdown_files(domain).items()}
    assert {path.name for path in DOCS.iterdir()} == made.keys()
    outdated = [
        name
        for name, text in made.items()
        for kept in [(DOCS / name).read_text("utf-8")]
        if (kept != text if has_plans else without_plans(kept) != without_plans(text))
    ]
    assert outdated == [], "run `pgrepo catalog --markdown docs/catalog`"


def test_signatures_are_those_of_the_code(domains: list[Domain]) -> None:
    """Each stands in its module as the catalog has it, a level deeper."""
    for domain in domains:
        for repository in domain.repositories:
            path = ROOT / "src/pgrepo/domains" / domain.name / f"{repository.name}.py"
            module = path.read_text("utf-8")
            for query in repository.queries:
                lines = "\n".join(f"    {line}" for line in query.signature.splitlines())
                assert f"\n{lines}\n" in module, query.name


def test_what_is_told(domains: list[Domain]) -> None:
    """Columns, keys, indexes, and what a query returns and touches."""
    monumento = domains[0]
    tables = {table.name: table for table in monumento.tables}
    columns = {column.name: column for column in tables["sessions"].columns}
    assert (columns["id"].type, columns["id"].primary, columns["id"].nullable) == (
        "uuid", True, False,
    )  # fmt: skip
    assert (columns["vibe"].type, columns["deleted_at"].nullable) == ("varchar(50)", True)
    assert columns["status"].choices == ("draft", "recording", "processing", "completed")
    [key] = tables["sessions"].foreign_keys
    assert (key.columns, key.table) == (("user_id",), "users")
    assert key.definition == "REFERENCES users(id) ON DELETE CASCADE"
    indexes = {index.name: index for index in tables["sessions"].indexes}
    assert indexes["sessions_pkey"].primary
    assert indexes["sessions_user_id_created_at_idx"].definition.startswith("btree (user_id, ")
    recent = next(query for query in monumento.queries if query.name == "recent_sessions")
    assert recent.row == "RecentSession"
    assert recent.tables == ("sessions", "users")
    assert recent.sql.startswith("WITH page AS (")
    assert recent.sql.endswith(";")
    assert recent.doc[0].startswith("Returns the newest conversations of a live account")
    assert recent.plan


def test_plans_of_partitions(domains: list[Domain], server_url: str) -> None:
    """A plan names the table and its index, and no month; nor does it read the system's tables."""
    with psycopg.connect(server_url) as connection:
        if connection.info.server_version < OLDEST:
            pytest.skip("PostgreSQL 18 can be told statistics")
    told = "\n".join(
        f"{step.words} {step.detail}"
        for domain in domains
        for query in domain.queries
        for step in query.plan
    )
    assert "Index Scan jobs_pkey" in told
    assert re.findall(r"_\d{4}_\d{2}|_y\d{4}|pg_class|'\d+'::oid", told) == []


# In a browser -----------------------------------------------------------------------------------


def part_of(domain: Domain, *repositories: str) -> Domain:
    """A domain with a few of its files: axe-core takes a minute for hundreds of queries."""
    kept = tuple(item for item in domain.repositories if item.name in repositories)
    return replace(domain, repositories=kept)


@pytest.fixture(scope="module")
def page(domains: list[Domain], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two domains, with a few of their queries."""
    path = tmp_path_factory.mktemp("catalog") / "catalog.html"
    monumento, *_, audiotricks = domains
    parts = [part_of(monumento, "sessions"), part_of(audiotricks, "audit_log")]
    write_page(parts, path)
    return path


def shown(page: Page) -> list[str]:
    """The names of the entries that are to be seen."""
    return page.locator(".entry:not([hidden]) > summary code").all_text_contents()


def focused(page: Page) -> str:
    """The text of what has the focus; of the search, what is typed into it."""
    script = "(document.activeElement.value ?? document.activeElement.innerText).trim()"
    return str(page.evaluate(script)).partition("\n")[0]


def search(page: Page) -> None:
    """Types into the search, and goes through what is found by keyboard."""
    everything = len(shown(page))
    page.keyboard.press("/")
    page.keyboard.type("recent session")
    found = shown(page)
    assert "recent_sessions" in found
    assert len(found) < everything
    assert page.locator("#found").inner_text() == f"{len(found)} found"
    page.locator("#more").click()
    assert len(shown(page)) > len(found)
    page.keyboard.press("Enter")
    first = focused(page)
    page.keyboard.press("Enter")
    assert page.locator(".entry[open]").count() == 1
    page.keyboard.press("ArrowDown")
    assert focused(page) != first
    page.keyboard.press("ArrowUp")
    assert focused(page).startswith(first.split()[0])
    page.keyboard.press("Escape")
    assert focused(page) == "recent session"
    page.keyboard.press("Escape")
    assert len(shown(page)) == everything
    page.keyboard.type("xyzzy")
    assert shown(page) == []
    assert page.locator("#none").is_visible()


def read(page: Page) -> None:
    """Skips to the entries by keyboard, and opens all of a domain."""
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the tables and queries"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.evaluate(
        "document.querySelectorAll('.domain:first-of-type .entry').forEach(e => e.open = true)"
    )


def follow(page: Page) -> None:
    """A link to a query opens it, and one in it the table, even one that a search has hidden."""
    assert page.locator("[id='monumento.recent_sessions'] pre").first.is_visible()
    page.locator("#words").fill("recent_sessions")
    page.locator("[id='monumento.recent_sessions'] a", has_text="users").first.click()
    assert page.locator("[id='monumento/users'] table").is_visible()
    assert page.locator("#words").input_value() == ""


def test_page_is_small(domains: list[Domain], tmp_path: Path) -> None:
    """All domains, with more than 400 queries, fit into 2 MB."""
    path = tmp_path / "catalog.html"
    write_page(domains, path)
    assert sum(len(domain.queries) for domain in domains) > 400
    assert path.stat().st_size < 2_000_000


def test_page_in_a_browser(page: Path) -> None:
    """Without a fault on a desk and a phone, in light and dark, while it is searched and read."""
    backgrounds = set()
    with browser() as chromium:
        for (width, scheme), act in zip(
            product(WIDTHS, (LIGHT, DARK)), (search, read, read, search), strict=True
        ):
            seen = look(chromium, page.as_uri(), width, scheme, act=act)
            assert seen.faults == []
            backgrounds.add(seen.background)
        followed = look(
            chromium, f"{page.as_uri()}#monumento.recent_sessions", 390, LIGHT, act=follow
        )
        assert followed.faults == []
    assert backgrounds == {"rgb(251, 251, 250)", "rgb(20, 23, 26)"}
