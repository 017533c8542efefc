"""Looks at a page in Chromium as its readers do, and lets axe-core judge how accessible it is.

```python
from tests.axe import DARK, LIGHT, browser, look

def test_page(tmp_path: Path) -> None:
    with browser() as chromium:
        for width in (1280, 390):
            for scheme in (LIGHT, DARK):
                assert look(chromium, page.as_uri(), width, scheme).faults == []
```

A test that uses it skips, with the reason, where there is no Chromium, or neither Playwright nor
axe-core (`axe-playwright-python`, of the extra `dev`). Playwright drives the Chromium that is
installed and downloads none. Keep the browser inside one test: while it is open, its thread can
run no other event loop.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

Scheme = Literal["light", "dark"]
LIGHT: Final[Scheme] = "light"
DARK: Final[Scheme] = "dark"

_HEIGHT = 900
_OVERFLOW = """(page => Math.ceil(page.scrollWidth - page.getBoundingClientRect().width))(
    document.documentElement)"""
_GRAVE = frozenset({"serious", "critical"})


@dataclass(frozen=True)
class Seen:
    """What there was to see.

    Attributes:
        violations: of axe-core's rules, the serious and critical ones: rule, place, why.
        console: warnings and errors in the console, exceptions, and requests that failed.
        elsewhere: addresses of other hosts, which the page asked for.
        overflow: by how many pixels the page is wider than the window.
        background: the colour of the body, as CSS has it, such as "rgb(255, 255, 255)".
    """

    violations: list[str]
    console: list[str]
    elsewhere: list[str]
    overflow: int
    background: str

    @property
    def faults(self) -> list[str]:
        """All that should not be, a line each."""
        wide = [f"{self.overflow} px wider than the window"] if self.overflow > 0 else []
        return [
            *self.violations,
            *self.console,
            *(f"asks another host: {url}" for url in self.elsewhere),
            *wide,
        ]


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium, closed at the end."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    pytest.importorskip("axe_playwright_python", reason="pip install axe-playwright-python")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - there only with the extra

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program)
        yield chromium
        chromium.close()


def look(
    chromium: Browser,
    url: str,
    width: int,
    scheme: Scheme,
    *,
    screenshot: Path | None = None,
    act: Callable[[Page], None] | None = None,
) -> Seen:
    """Opens a page in a window of its own, and says what is to be seen there.

    Args:
        chromium: the browser.
        url: of the page, `file:` or `http:`.
        width: of the window, in pixels; 390 is a phone.
        scheme: which colours the reader prefers.
        screenshot: where to write the whole page as a PNG, if at all.
        act: what the reader does with the page before it is looked at.
    """
    console: list[str] = []
    asked: list[str] = []
    with chromium.new_context(
        viewport={"width": width, "height": _HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        page.on("console", lambda told: _note(console, told.type, told.text))
        page.on("pageerror", lambda error: console.append(f"exception: {error}"))
        page.on("requestfailed", lambda request: console.append(f"not loaded: {request.url}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url, wait_until="load")
        if act is not None:
            act(page)
        page.wait_for_load_state("networkidle")
        if screenshot is not None:
            page.screenshot(path=screenshot, full_page=True)
        return Seen(
            violations=_violations(page),
            console=console,
            elsewhere=[other for other in asked if _is_elsewhere(other, url)],
            overflow=page.evaluate(_OVERFLOW),
            background=page.evaluate("getComputedStyle(document.body).backgroundColor"),
        )


def _note(console: list[str], kind: str, text: str) -> None:
    if kind in {"warning", "error"}:
        console.append(f"{kind}: {text}")


def _is_elsewhere(asked: str, url: str) -> bool:
    inside = asked.startswith(("data:", "blob:"))
    return not inside and urlsplit(asked)[:2] != urlsplit(url)[:2]


def _violations(page: Page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - as above

    found: dict[str, Any] = Axe().run(page).response
    return [
        f"{rule['id']} ({rule['impact']}) at {node['target']}: {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in _GRAVE
        for node in rule["nodes"]
    ]
