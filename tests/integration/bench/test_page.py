"""The page of `--html` in a real browser: on a desk and a phone, in light and in dark."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo.bench import Options, Settings, compare, run, write_page

if TYPE_CHECKING:
    from pathlib import Path

    from pgrepo.bench import Results
    from pgrepo.project import DomainFiles

_WIDTHS = (1280, 390)
# Opens all details, and looks at what a reader would notice.
_FRAMES = """<!DOCTYPE html><meta charset="utf-8"><title>frames</title>
<style>iframe {{ border: 0; height: 900px; }}</style>
{frames}
<pre id="found"></pre>
<script>
const channels = text => text.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b]
    .map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
const behind = node => {{
    for (; node; node = node.parentElement) {{
        const colour = channels(getComputedStyle(node).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour;
    }}
    return [255, 255, 255];
}};
const contrast = node => {{
    const style = getComputedStyle(node);
    const ink = channels(node instanceof SVGElement ? style.fill : style.color);
    const [low, high] = [luminance(ink), luminance(behind(node))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
}};
window.onload = () => {{
    const found = [...document.querySelectorAll("iframe")].map(frame => {{
        const page = frame.contentDocument;
        page.querySelectorAll("details").forEach(node => node.open = true);
        const texts = [...page.querySelectorAll("body *")].filter(node =>
            node.tagName !== "title" &&
            [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
        return {{
            width: frame.clientWidth,
            needed: page.documentElement.scrollWidth,
            page: getComputedStyle(page.body).backgroundColor,
            plots: [...page.querySelectorAll("svg")].map(svg => svg.clientWidth),
            faint: texts.filter(node => contrast(node) < 4.5).map(node => node.outerHTML),
        }};
    }});
    document.getElementById("found").textContent = JSON.stringify(found);
}};
</script>
"""


def look(page: Path, *arguments: str) -> list[dict[str, Any]]:
    """What a browser shows of a page, at each width; its console has to stay empty."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    frames = page.with_name("frames.html")
    frames.write_text(
        _FRAMES.format(
            frames="".join(f'<iframe src="{page.name}" width="{w}"></iframe>' for w in _WIDTHS)
        )
    )
    done = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--allow-file-access-from-files",
            "--enable-logging=stderr",
            f"--user-data-dir={page.parent / 'profile'}",
            *arguments,
            "--dump-dom",
            frames.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    told = re.search(r'<pre id="found">(.+?)</pre>', done.stdout)
    assert told is not None, done.stdout[-2000:]
    found: list[dict[str, Any]] = json.loads(html.unescape(told[1]))
    return found


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


def test_page_in_a_browser(bazaar: DomainFiles, server_url: str, tmp_path: Path) -> None:
    """Nothing is wider than the screen, all text stands out, and dark mode is dark."""
    results = run([bazaar], server_url, Options((0.02, 0.1), Settings(1, 0.05, 8)))
    comparison = compare(as_if_faster(results), results)
    assert comparison.slower
    page = tmp_path / "report.html"
    write_page(results, comparison, page)
    light = look(page)
    dark = look(page, "--blink-settings=preferredColorScheme=0")
    for found in (*light, *dark):
        assert found["width"] in _WIDTHS
        assert found["needed"] <= found["width"]
        assert found["faint"] == []
        assert len(found["plots"]) >= 3 * 4
        assert all(0 < width < found["width"] for width in found["plots"])
    assert {found["page"] for found in light} == {"rgb(251, 251, 250)"}
    assert {found["page"] for found in dark} == {"rgb(20, 23, 26)"}
