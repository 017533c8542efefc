"""The documentation's site: it builds strictly, has every page, and can be used by everybody."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import pgrepo
import pgrepo.bench
import pgrepo.embedded
import pgrepo.pytest
from tests.axe import DARK, LIGHT, browser, look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# One page of each kind, each in one of the views; all in all where PGREPO_EVERY_PAGE is set.
_VIEWED = [
    "index",
    "how-to/cache-answers",
    "reference/api/embedded",
    "reference/monumento",
    "benchmarks",
]
_VIEWS = [(width, scheme) for width in (1280, 390) for scheme in (LIGHT, DARK)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the site, built as `make docs` builds it."""
    for extra in ("zensical", "mkdocstrings"):
        pytest.importorskip(extra, reason="the site needs the extra docs: pip install '.[docs]'")
    place = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "mkdocs.yml", place)
    shutil.copytree(DOCS, place / "docs")
    (place / "src").symlink_to(ROOT / "src")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "build" / "site"


@pytest.fixture
def url(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=site)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Does not."""


def pages_of(navigation: Any) -> list[str]:
    """The pages below an entry of the navigation."""
    if isinstance(navigation, str):
        return [navigation]
    inner = navigation.values() if isinstance(navigation, dict) else navigation
    return [page for entry in inner for page in pages_of(entry)]


def test_every_page_is_in_the_navigation() -> None:
    """Once each, and no page that is not there."""
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    there = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    assert sorted(pages_of(settings["nav"])) == there


def test_site_has_every_page_and_every_public_name(site: Path) -> None:
    """Every page is built, and every name that users import has a place in the API reference."""
    built = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    written = {path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.md")}
    assert built == written | {Path("404")}
    pages = "".join(path.read_text("utf-8") for path in (site / "reference/api").glob("*.html"))
    shown = set(re.findall(r'id="(pgrepo[\w.]*)"', pages))
    public = {
        f"{module.__name__}.{name}"
        for module in (pgrepo, pgrepo.bench, pgrepo.embedded, pgrepo.pytest)
        for name in module.__all__
    } - {"pgrepo.__version__"}
    errors = {f"pgrepo.errors.{name}" for name in vars(pgrepo.errors) if name.endswith("Error")}
    homes = {name.rpartition(".")[2] for name in shown}
    assert {name for name in public | errors if name.rpartition(".")[2] not in homes} == set()


def test_pages_in_a_browser(site: Path, url: str) -> None:
    """No fault that axe-core calls serious, nothing in the console, no other host, no overflow."""
    if os.environ.get("PGREPO_EVERY_PAGE"):
        built = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html"))]
        looks = list(product(built, _VIEWS))
    else:
        looks = list(zip((f"{page}.html" for page in _VIEWED), cycle(_VIEWS)))
    faults = []
    with browser() as chromium:
        for page, (width, scheme) in looks:
            seen = look(chromium, f"{url}/{page}", width, scheme)
            faults += [f"{page}, {width} px, {scheme}: {fault}" for fault in seen.faults]
            assert (seen.background == "rgb(255, 255, 255)") is (scheme == LIGHT)
    assert faults == []


def test_search(url: str) -> None:
    """Whoever types a word finds the page about it, without a mouse."""
    found = []

    def search(page: Page) -> None:
        page.keyboard.press("Control+k")
        page.locator("input:focus").wait_for()
        page.keyboard.type("pgbouncer")
        page.wait_for_selector("a[href*='use-pgbouncer']:visible", timeout=20_000)
        found.append(page.inner_text("body"))

    with browser() as chromium:
        seen = look(chromium, url, 1280, LIGHT, act=search)
    assert seen.console == []
    assert "Use PgBouncer" in found[0]
