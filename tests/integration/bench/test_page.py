"""The page of `--html` in a real browser: on a desk and a phone, in light and in dark."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from pgrepo.bench import Options, Settings, compare, run, write_page
from tests.axe import DARK, LIGHT, browser, look

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from pgrepo.bench import Results
    from pgrepo.project import DomainFiles

# Opens all details, and says what a reader would notice of plots and pale text; axe-core says
# nothing of the contrast inside an SVG.
_READ = """() => {
const channels = text => text.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b]
    .map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
const behind = node => {
    for (; node; node = node.parentElement) {
        const colour = channels(getComputedStyle(node).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
};
const contrast = node => {
    const style = getComputedStyle(node);
    const ink = channels(node instanceof SVGElement ? style.fill : style.color);
    const [low, high] = [luminance(ink), luminance(behind(node))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
};
document.querySelectorAll("details").forEach(node => node.open = true);
const texts = [...document.querySelectorAll("body *")].filter(node =>
    node.tagName !== "title" &&
    [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
return {
    plots: [...document.querySelectorAll("svg")].map(svg => svg.clientWidth),
    faint: texts.filter(node => contrast(node) < 4.5).map(node => node.outerHTML),
};
}"""


def as_if_faster(results: Results) -> Results:
    """Results of a machine on which all was a thousand times faster, and another index was used."""

    def faster(query: Any) -> Any:
        plan = replace(
            query.plans[0],
            shape="Index Scan orders_gone_idx",
            accesses=(replace(query.plans[0].accesses[0], index="orders_gone_idx"),),
        )
        rounds = tuple(time / 1000 for time in query.rounds)
        return replace(query, rounds=rounds, plans=(plan,))

    return replace(
        results,
        domains=tuple(
            replace(
                domain,
                scales=tuple(
                    replace(scale, queries=tuple(map(faster, scale.queries)))
                    for scale in domain.scales
                ),
            )
            for domain in results.domains
        ),
    )


def read_plots(read: dict[str, Any], page: Page) -> None:
    """Notes what is to be seen of plots and pale text."""
    read |= page.evaluate(_READ)


def test_page_in_a_browser(bazaar: DomainFiles, server_url: str, tmp_path: Path) -> None:
    """Nothing is wider than the screen, all text stands out, and dark mode is dark."""
    results = run([bazaar], server_url, Options((0.02, 0.1), Settings(1, 0.05, 8)))
    comparison = compare(as_if_faster(results), results)
    assert comparison.slower
    page = tmp_path / "report.html"
    write_page(results, comparison, page)
    backgrounds = set()
    with browser() as chromium:
        for width, scheme in product((1280, 390), (LIGHT, DARK)):
            read: dict[str, Any] = {}
            seen = look(
                chromium,
                page.as_uri(),
                width,
                scheme,
                act=partial(read_plots, read),
            )
            assert seen.faults == []
            assert read["faint"] == []
            assert len(read["plots"]) >= 3 * 4
            assert all(0 < plot < width for plot in read["plots"])
            backgrounds.add(seen.background)
    assert backgrounds == {"rgb(251, 251, 250)", "rgb(20, 23, 26)"}
