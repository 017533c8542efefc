"""Bar charts as SVG: small, for light and dark pages, wide screens and telephones.

Each contestant has a line of text and a bar below it, so that long names find room on a narrow
screen too. The chart paints its own background: a page may be dark where the reader's system is
not.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from results import TIMES, shown

if TYPE_CHECKING:
    from results import Work

WIDTH, MARGIN = 480, 16
HEAD, ROW, BAR = 56, 44, 12
STYLE = """\
.ground { fill: #ffffff; } .text { fill: #1f2328; } .soft { fill: #59636e; }
.track { fill: #eff2f5; } .bar { fill: #9aa4af; } .ours { fill: #1a7f64; }
text { font: 15px system-ui, sans-serif; } .title { font-weight: 600; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; } .text { fill: #e6edf3; } .soft { fill: #9198a1; }
.track { fill: #1c2128; } .bar { fill: #656c76; } .ours { fill: #3fb68b; }
}"""


def is_ours(contestant: str) -> bool:
    """Whether a contestant is pgrepo."""
    return contestant.split(",", maxsplit=1)[0] == "pgrepo"


def ranked(work: Work) -> list[tuple[str, float]]:
    """The contestants and their medians, the best first."""
    return sorted(work.medians.items(), key=lambda entry: entry[1], reverse=work.more_is_better)


def words(work: Work) -> str:
    """What the chart shows, for those who do not see it."""
    found = "; ".join(f"{name} {shown(median)}" for name, median in ranked(work))
    return f"{work.name}, {work.unit}: {found}"


def chart(work: Work) -> str:
    """A work as a picture.

    The best contestant stands on top. Behind each median is how many times that of pgrepo it is,
    or of the first of its ways to do it.
    """
    entries = ranked(work)
    height = HEAD + ROW * len(entries) + MARGIN // 2
    better = "more is better" if work.more_is_better else "less is better"
    reference = next((median for name, median in work.medians.items() if is_ours(name)), None)
    most = max(work.medians.values(), default=0.0)
    root = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {root} role="img" aria-labelledby="title words">',
        f'<title id="title">{escape(work.name)}</title>',
        f'<desc id="words">{escape(words(work))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
        f'<text class="text title" x="{MARGIN}" y="25">{escape(work.name)}</text>',
        f'<text class="soft" x="{MARGIN}" y="45">{escape(work.unit)}, {better}</text>',
    ]
    for number, (name, median) in enumerate(entries):
        parts += _row(HEAD + ROW * number, name, median, most, reference)
    return "\n".join([*parts, "</svg>", ""])


def _row(top: int, name: str, median: float, most: float, reference: float | None) -> list[str]:
    room = WIDTH - 2 * MARGIN
    length = max(2.0, room * median / most) if most else 2.0
    kind, weight = ("ours", " title") if is_ours(name) else ("bar", "")
    value = escape(shown(median))
    if reference:
        value += f'<tspan class="soft" dx="8">{median / reference:.2f} {TIMES}</tspan>'
    base, end, bar = top + 16, WIDTH - MARGIN, f'x="{MARGIN}" y="{top + 22}" height="{BAR}" rx="3"'
    return [
        f'<text class="text{weight}" x="{MARGIN}" y="{base}">{escape(name)}</text>',
        f'<text class="text{weight}" x="{end}" y="{base}" text-anchor="end">{value}</text>',
        f'<rect class="track" {bar} width="{room}"/>',
        f'<rect class="{kind}" {bar} width="{length:.1f}"/>',
    ]
