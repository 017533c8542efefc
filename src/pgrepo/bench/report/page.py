"""One self-contained HTML page of a benchmark's results: no script, no font, no other file."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from pgrepo.bench.growth import growth_of
from pgrepo.bench.report.changes import changes_section
from pgrepo.bench.report.charts import before_after, distribution, growth_curve
from pgrepo.bench.words import amount, duration, per_second, size
from pgrepo.page import breakable, document, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pgrepo.bench.compare import Change, Comparison
    from pgrepo.bench.growth import Growth
    from pgrepo.bench.results import DomainRun, Measured, Results, ScaleRun


def write_page(results: Results, comparison: Comparison | None, path: Path) -> None:
    """Writes one self-contained HTML page, with tables and plots.

    Args:
        results: what was measured.
        comparison: what `compare` made of it and an earlier run; None for none.
        path: the file.

    Raises:
        ProjectError: it cannot be written.
    """
    write(path, page(results, comparison))


def page(results: Results, comparison: Comparison | None = None) -> str:
    """The text of the page.

    Args:
        results: what was measured.
        comparison: what an earlier run is compared with.
    """
    style = resources.files("pgrepo.bench.report").joinpath("style.css").read_text("utf-8")
    changes = {
        (change.domain, change.scale, change.after.name): change
        for change in (comparison.changes if comparison is not None else ())
    }
    title = "pgrepo bench"
    body = [
        f"<header><h1>{title}</h1>{_about(results)}{_contents(results)}</header>",
        "<main>",
        changes_section(comparison) if comparison is not None else "",
        *(_domain(domain, changes) for domain in results.domains),
        "</main>",
    ]
    return document(f"{title} {results.made[:10]}", "\n".join(body), style=style)


def _about(results: Results) -> str:
    settings = results.settings
    threads = "one thread" if settings.concurrency == 1 else f"{settings.concurrency} threads"
    return (
        f'<p class="quiet">{_when(results.made)}. PostgreSQL {escape(results.server)}, '
        f"Python {escape(results.python)}, pgrepo {escape(results.pgrepo)}. "
        f"{threads.capitalize()}, {settings.seconds:g} s for each "
        f"query in {settings.rounds} rounds. Times are those of calls of the generated methods, "
        "rows made and all.</p>"
        + ('<p class="replanned">Interrupted: not all was measured.</p>' * results.interrupted)
    )


def _when(made: str) -> str:
    """Such as "2026-01-31 at 14:05 UTC"; the time is all digits and signs, or it is not shown."""
    return escape(f"{made[:10]} at {made[11:16]} UTC")


def _contents(results: Results) -> str:
    if len(results.domains) < 2:
        return ""
    items = "".join(
        f'<li><a href="#{escape(domain.name)}">{escape(domain.name)}</a></li>'
        for domain in results.domains
    )
    return f'<nav aria-label="Domains"><ul>{items}</ul></nav>'


# A domain ---------------------------------------------------------------------------------------


def _domain(domain: DomainRun, changes: Mapping[tuple[str, float | None, str], Change]) -> str:
    last = domain.scales[-1]
    return "\n".join(
        [
            f'<section aria-labelledby="{escape(domain.name)}">',
            f'<h2 id="{escape(domain.name)}">{escape(domain.name)}</h2>',
            f'<p class="quiet">{_data(domain)}</p>',
            _table(domain, last) if last.queries else "<p>No query was measured.</p>",
            *(
                _query(domain, query, changes.get((domain.name, last.scale, query.name)))
                for query in last.queries
            ),
            _skipped(last),
            "</section>",
        ]
    )


def _data(domain: DomainRun) -> str:
    last = domain.scales[-1]
    if last.scale is None:
        return f"The data that is there, {size(last.size)}."
    scales = ", ".join(f"{run.scale:g}" for run in domain.scales)
    if len(domain.scales) == 1:
        return f"Data at scale {scales}: {last.rows or 0:,} rows, {size(last.size)}."
    return (
        f"Data at scales {scales}. Figures are those of the last, {last.rows or 0:,} rows, "
        f"{size(last.size)}; growth is over all of them."
    )


def _table(domain: DomainRun, run: ScaleRun) -> str:
    several = len(domain.scales) > 1
    heads = [
        '<th scope="col">query</th><th scope="col">p50</th><th scope="col">p95</th>',
        '<th scope="col" class="wide">p99</th><th scope="col" class="wide">calls/s</th>',
        '<th scope="col" class="wide">rows</th><th scope="col" class="wide">blocks</th>',
        '<th scope="col" class="left">growth</th>' if several else "",
    ]
    rows = "\n".join(_row(domain, query, several=several) for query in run.queries)
    return (
        f"<table><caption>Times of {escape(domain.name)}'s queries, rows and 8 kB blocks a call"
        f"</caption><thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
    )


def _row(domain: DomainRun, query: Measured, *, several: bool) -> str:
    latency = query.latency
    name = f'<a href="#{_anchor(domain, query)}">{breakable(query.name)}</a>'
    cells = [
        f"<td>{duration(latency.p50)}</td><td>{duration(latency.p95)}</td>",
        f'<td class="wide">{duration(latency.p99)}</td>',
        f'<td class="wide">{per_second(query.rate)}</td>',
        f'<td class="wide">{amount(query.rows)}</td>',
        f'<td class="wide">{amount(query.buffers.total) if query.buffers else ""}</td>',
    ]
    if several:
        found = growth_of(domain, query.name)
        cells.append(f'<td class="left">{_grown(found)}</td>')
    return f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>'


def _grown(found: Growth | None) -> str:
    """How it grows; by how much, where there is room."""
    if found is None:
        return ""
    more = "" if found.words == "flat" else f'<span class="wide">: {found.sentence}</span>'
    return f"{found.words}{more}"


def _anchor(domain: DomainRun, query: Measured) -> str:
    return escape(f"{domain.name}.{query.name}")


def _skipped(run: ScaleRun) -> str:
    if not run.skipped:
        return ""
    together: dict[tuple[str, str], list[str]] = {}
    for item in run.skipped:
        together.setdefault((item.reason, item.help), []).append(item.name)
    items = "".join(
        f"<li><code>{escape(', '.join(names))}</code>: {escape(reason)}. "
        f'<span class="quiet">{escape(advice)}</span></li>'
        for (reason, advice), names in together.items()
    )
    return (
        f'<details class="entry"><summary><h3>Not measured: {len(run.skipped)}</h3></summary>'
        f'<div class="inside"><ul class="skipped">{items}</ul></div></details>'
    )


# A query ----------------------------------------------------------------------------------------


def _query(domain: DomainRun, query: Measured, change: Change | None) -> str:
    told = f'<span class="quiet">{duration(query.latency.p50)}</span>'
    if change is not None and change.verdict != "same":
        told += f' <span class="{change.verdict}">{change.verdict}</span>'
    notes = "".join(f"<p>{escape(note.capitalize())}.</p>" for note in query.notes)
    # A browser opens the details around what a link leads to: so the anchor is inside them.
    return (
        '<details class="entry">'
        f"<summary><h3>{escape(query.name)}</h3> {told}</summary>\n"
        f'<div class="inside" id="{_anchor(domain, query)}">'
        f'<p class="quiet">{escape(query.file)}{_scope(query)}</p>'
        f"{_figures(query)}{_plans(query)}{notes}"
        f'<div class="plots">{"".join(_plots(domain, query, change))}</div></div></details>'
    )


def _scope(query: Measured) -> str:
    scope = f", in scope {escape(query.scope)}" if query.scope else ""
    return scope + (", each call rolled back" if query.writes else "")


def _figures(query: Measured) -> str:
    latency = query.latency
    pairs = [
        ("p50", duration(latency.p50)),
        ("p95", duration(latency.p95)),
        ("p99", duration(latency.p99)),
        ("calls/s", per_second(query.rate)),
        ("calls timed", f"{query.calls:,}"),
        ("rows a call", amount(query.rows)),
    ]
    if query.buffers is not None:
        pairs += [
            ("blocks hit", amount(query.buffers.hit)),
            ("blocks read", amount(query.buffers.read)),
        ]
    return f"<dl>{''.join(f'<div><dt>{a}</dt><dd>{b}</dd></div>' for a, b in pairs)}</dl>"


def _plans(query: Measured) -> str:
    if not query.plans:
        return ""
    items = "".join(
        f"<p><code>{escape(plan.shape)}</code>"
        + (f' <span class="quiet">{plan.calls} of the explained calls</span>' if several else "")
        + "</p>"
        for several in [len(query.plans) > 1]
        for plan in query.plans
    )
    return f"<h4>Plan</h4>{items}"


def _plots(domain: DomainRun, query: Measured, change: Change | None) -> Iterable[str]:
    before = change.before if change is not None else None
    key = '<span class="key bars"></span>now <span class="key line"></span>baseline. '
    caption = f"{key if before is not None else ''}Share of calls by time."
    yield _figure("Latency", distribution(query, before), caption)
    points = [
        (run.scale, found)
        for run in domain.scales
        if run.scale is not None and (found := run.query(query.name)) is not None
    ]
    grown = growth_of(domain, query.name)
    if grown is not None:
        told = f"{grown.words}: {grown.sentence}"
        yield _figure("Growth", growth_curve(query.name, points, told), f"{told.capitalize()}.")
    if before is not None:
        yield _figure(
            "Before and after",
            before_after(query.name, before, query),
            "Each dot is the median of a round; the line is their median.",
        )


def _figure(heading: str, svg: str, caption: str) -> str:
    return f"<figure><h4>{heading}</h4>{svg}<figcaption>{caption}</figcaption></figure>"
