"""The part of the page that says what became slower, faster, or has another plan."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pgrepo.bench.report.charts import before_after
from pgrepo.bench.statistics import median
from pgrepo.bench.words import duration

if TYPE_CHECKING:
    from pgrepo.bench.compare import Change, Comparison


def changes_section(comparison: Comparison) -> str:
    """The section: a sentence, and a card for each query that changed."""
    slower, faster = comparison.slower, comparison.faster
    told = {id(change) for change in (*slower, *faster)}
    others = [change for change in comparison.replanned if id(change) not in told]
    cards = [
        *(_card(change, "slower") for change in slower),
        *(_card(change, "replanned") for change in others),
        *(_card(change, "faster") for change in faster),
    ]
    notes = "".join(
        f'<p class="replanned">{escape(note.capitalize())}.</p>' for note in comparison.notes
    )
    return (
        '<section aria-labelledby="changes"><h2 id="changes">Before and after</h2>'
        f"<p>{len(comparison.changes)} queries compared: {len(slower)} slower, {len(faster)} "
        f"faster, {len(others)} with another plan and about as fast. "
        f'<span class="quiet">SELECT 1 took {comparison.floor:.2f} times as long as then.</span>'
        f"</p>{notes}{''.join(cards)}{_unmatched(comparison)}</section>"
    )


def _card(change: Change, kind: str) -> str:
    where = "" if change.scale is None else f" at scale {change.scale:g}"
    plans = "".join(f"<p><code>{escape(plan)}</code></p>" for plan in change.plans)
    return (
        f'<div class="change"><h3>{escape(change.label)}{where}: '
        f'<span class="{kind}">{_verdict(change, kind)}</span></h3>'
        f"<p>{duration(median(change.before.rounds))} before, "
        f'{duration(median(change.after.rounds))} now <span class="quiet">(p = {change.p:.2g})'
        f"</span></p>{plans}"
        f"<figure>{before_after(change.label, change.before, change.after)}</figure></div>"
    )


def _verdict(change: Change, kind: str) -> str:
    if kind == "replanned":
        return "another plan"
    times = change.ratio if kind == "slower" else 1 / change.ratio
    return f"{kind} by {times:.3g}x"


def _unmatched(comparison: Comparison) -> str:
    parts = []
    for labels, told in (
        (comparison.removed, "Only in the baseline"),
        (comparison.added, "Not in the baseline"),
    ):
        if labels:
            names = escape(", ".join(labels))
            parts.append(f'<p class="quiet">{told}: <code>{names}</code></p>')
    return "".join(parts)
