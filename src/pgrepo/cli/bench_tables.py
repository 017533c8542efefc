"""What `pgrepo bench` prints: a table for each domain, and what a comparison found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.bench.growth import growth_of
from pgrepo.bench.words import amount, duration, per_second, size
from pgrepo.cli.common import console, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.bench.compare import Change, Comparison
    from pgrepo.bench.results import DomainRun, Measured, Results, ScaleRun

_HEADINGS = ("query", "p50", "p95", "p99", "calls/s", "rows", "blocks")


def tell_results(results: Results) -> None:
    """Prints the tables: of several scales the largest, with the growth up to it."""
    settings = results.settings
    threads = "1 thread" if settings.concurrency == 1 else f"{settings.concurrency} threads"
    say(
        f"PostgreSQL {results.server}, {threads}, {settings.seconds:g} s a query in "
        f"{settings.rounds} rounds",
        style="dim",
    )
    for domain in results.domains:
        _tell_domain(domain)


def _tell_domain(domain: DomainRun) -> None:
    last = domain.scales[-1]
    say(f"\n{domain.name}: {_data(domain.scales)}", style="bold")
    rows = [_cells(query, domain) for query in last.queries]
    if rows:
        headings = (*_HEADINGS, "growth" if len(domain.scales) > 1 else "")
        widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
        say(_line(headings, widths), style="dim")
        for query, row in zip(last.queries, rows, strict=True):
            say(_line(row, widths))
            for told in _below(query):
                say(f"    {told}", style="dim")
    _tell_skipped(last)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """A line of a table: names and growth on the left of their columns, numbers on the right."""
    pairs = list(zip(cells, widths, strict=True))
    name, *numbers, grown = pairs
    middle = (f"{cell:>{width}}" for cell, width in numbers)
    return "  ".join([f"{name[0]:<{name[1]}}", *middle, grown[0]]).rstrip()


def _below(query: Measured) -> list[str]:
    """What is told of a query below its numbers."""
    scope = f"in scope {query.scope}: " if query.scope else ""
    others = f", and {len(query.plans) - 1} more" if len(query.plans) > 1 else ""
    plan = [f"{scope}{query.shape}{others}"] if query.plans else []
    return [*plan, *query.notes]


def _data(scales: Sequence[ScaleRun]) -> str:
    """What the data was."""
    last = scales[-1]
    if last.scale is None:
        return f"the data that is there, {size(last.size)}"
    told = ", ".join(f"{run.scale:g}" for run in scales)
    words = ("scale", "") if len(scales) == 1 else ("scales", "; figures of the last")
    return f"{words[0]} {told}; {last.rows or 0:,} rows, {size(last.size)}{words[1]}"


def _cells(query: Measured, domain: DomainRun) -> list[str]:
    latency = query.latency
    found = growth_of(domain, query.name)
    return [
        query.name,
        *map(duration, (latency.p50, latency.p95, latency.p99)),
        per_second(query.rate),
        amount(query.rows),
        amount(query.buffers.total) if query.buffers else "",
        str(found) if found else "",
    ]


def _tell_skipped(run: ScaleRun) -> None:
    """Those that were left out for the same reason, together."""
    together: dict[tuple[str, str], list[str]] = {}
    for skipped in run.skipped:
        together.setdefault((skipped.reason, skipped.help), []).append(skipped.name)
    if together:
        say("\nnot measured", style="dim")
    for (reason, advice), names in together.items():
        say(f"  {', '.join(names)}: {reason}")
        say(f"    {advice}", style="dim")


# A comparison -----------------------------------------------------------------------------------


def tell_comparison(comparison: Comparison) -> None:
    """Prints what became slower and faster, and whose plans changed."""
    console.print()
    for note in comparison.notes:
        say(f"note: {note}", style="yellow")
    for changes, word, style in (
        (comparison.slower, "slower", "bold red"),
        (comparison.faster, "faster", "green"),
    ):
        for change in changes:
            say(_sentence(change, word), style=style)
            for plan in change.plans:
                say(f"  {plan}")
    told = {id(change) for change in (*comparison.slower, *comparison.faster)}
    for change in comparison.replanned:
        if id(change) not in told:
            say(f"{change.label}{_where(change)}: another plan, about as fast", style="yellow")
            for plan in change.plans:
                say(f"  {plan}")
    _tell_rest(comparison)


def _sentence(change: Change, word: str) -> str:
    before, after = change.before.latency.p50, change.after.latency.p50
    times = change.ratio if word == "slower" else 1 / change.ratio
    return (
        f"{change.label}{_where(change)}: {word} by {times:.3g}x, "
        f"{duration(before)} → {duration(after)} (p = {change.p:.2g})"
    )


def _where(change: Change) -> str:
    return "" if change.scale is None else f" at scale {change.scale:g}"


def _tell_rest(comparison: Comparison) -> None:
    for label in comparison.removed:
        say(f"{label}: not measured this time", style="dim")
    for label in comparison.added:
        say(f"{label}: not in the baseline", style="dim")
    count = len(comparison.changes)
    slower, faster = len(comparison.slower), len(comparison.faster)
    same = count - slower - faster
    say(
        f"{count} compared: {slower} slower, {faster} faster, {same} as before; SELECT 1 took "
        f"{comparison.floor:.2f}x its time"
    )
