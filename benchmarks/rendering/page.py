"""docs/benchmarks.md: the text around the tables and charts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from results import TIMES, shown

from rendering import charts, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results import Results, Work

HEAD = """\
<!-- Written by benchmarks/summary.py. Run `make bench` instead of editing this page. -->

# Benchmarks

pgrepo beside other ways to reach PostgreSQL from Python: the same data, the same server. The
contestants of a table ran side by side; the newest table is of {date}: {machine}.

Read the ratios. The times belong to that machine. The ratios of two contestants that ran side by
side change much less from one machine to the next. Run it on your own with `make bench`.

## The targets

What the project sets out to reach. "{sign}" is a ratio of two medians of the same run.

{main}
"""
METHOD = """\
## How it is measured

- Server and client share one processor core. So a call never waits for another core to wake up,
  and the figures show the work that is done for a call. Over a network the time on the wire comes
  on top, for all alike.
- The contestants take turns: A B C, A B C, and so on. A disturbance strikes all of them. The
  first turns do not count. The figures are medians of the {turns} turns of each.
- Before anything is measured, all contestants must find the same rows, or have stored them.
- All connections are autocommit. Nobody pays for BEGIN and COMMIT that a read does not need.
- The server is the one that pgrepo brings, with its default settings. Only for queues and
  conversations commits do not wait for the disk.
- The rows to insert are tuples at first. What a contestant makes of them counts as its time.
- "pgbench" is PostgreSQL's own client in C. It decodes nothing and makes no objects, so no Python
  library can reach it.
- `generate`, `check` and the calls with 1 ms of delay are not bound to one core.

Each peer is used as its own documentation recommends:

- **psycopg**: `ConnectionPool` with `class_row`, which is what its documentation shows for typed
  rows. Also one bare connection, with and without `class_row`. COPY with `write_row`.
- **aiosql**: on psycopg, one bare connection, with a record class.
- **asyncpg**: `create_pool`, `fetch` and `fetchrow`, with its records as they are and made into
  dataclasses. `copy_records_to_table`.
- **SQLAlchemy**: mapped classes with `Mapped[...]`, a new session for each call, as for each
  request of a web application. `selectinload` for the messages, `insert(Message)` with a list of
  dictionaries. On psycopg, and on asyncpg for asyncio.
- **Django**: one connection that stays open, `prefetch_related` for the messages, `bulk_create`.
  It has no asynchronous driver: its `a…` methods hand the query to a thread, so they take no part.
- **Tortoise ORM**: on asyncpg, `prefetch_related` for the messages, `bulk_create`.

{packages}

The code is in `benchmarks/peers`.
"""
FLAT = """\
## Does the cost stay flat?

A list query should cost what its page costs, however long the history is. These are the medians of
the shipped queries, with once, ten times and a hundred times the data. Target: at a hundred times
the data, at most 1.5 times the time.

{table}
"""
OTHERS = """\
## Other targets

{table}
"""
NOTES = {
    "session_messages": (
        "pgrepo's query builds the messages as JSON in the database and decodes them straight "
        "into dataclasses: one round trip, one snapshot. More than half of its time PostgreSQL "
        "builds JSON, as it does for the same query by hand. Two queries save that, but make two "
        "round trips, which count where the server is not next door."
    ),
    "bulk_insert": (
        "The first rates are close together because PostgreSQL's part is the same for all who "
        "COPY: indexes, checks, the foreign key. It is what ready-made bytes take."
    ),
    "batches": (
        "A batch saves round trips, and on one core the work around each. In the pipeline by hand "
        "the same is done without a repository."
    ),
    "queue_claims": (
        "Each queue is driven by the calls of its own worker. procrastinate claims one job at a "
        "time, whatever the batch. More in [Queues](explanation/queues.md)."
    ),
    "import_time": "Each import in a fresh process, with the compiled files in place.",
}
DRAWN = (*tables.MAIN, "queue_claims")
"""The benchmarks whose works are drawn."""
UNDRAWN = ("generate_domains",)


def slug(name: str) -> str:
    """A name for a file."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def drawn(found: Mapping[str, Results]) -> dict[str, list[Work]]:
    """The works that have a chart, by their benchmarks."""
    return {
        name: [work for work in found[name].works if len(work.medians) > 1]
        for name in DRAWN
        if name in found and name not in UNDRAWN
    }


def pictures(found: Mapping[str, Results]) -> dict[str, str]:
    """The charts, by the names of their files."""
    works = (work for drawn_works in drawn(found).values() for work in drawn_works)
    return {f"{slug(work.name)}.svg": charts.chart(work) for work in works}


def page(found: Mapping[str, Results]) -> str:
    """The whole page."""
    main = tables.markdown(tables.rows(found, tables.MAIN))
    parts = [
        HEAD.format(
            date=max(results.about["date"] for results in found.values()),
            machine=machine(found),
            sign=TIMES,
            main=main,
        ),
        "## Beside others\n",
    ]
    for name, works in drawn(found).items():
        parts += [_figure(work) for work in works]
        if name in NOTES:
            parts.append(NOTES[name] + "\n")
    if growing := [name for name in tables.GROWING if name in found]:
        parts.append(FLAT.format(table=_growth([found[name] for name in growing])))
    if others := tables.others(found):
        parts.append(OTHERS.format(table=tables.markdown(tables.rows(found, others))))
    parts.append(METHOD.format(turns=_turns(found), packages=_packages(found)))
    return "\n".join(parts)


def machine(found: Mapping[str, Results]) -> str:
    """Processor and versions, as far as the benchmarks agree on them."""
    abouts = [results.about for results in found.values()]
    processors = sorted({about["processor"] for about in abouts})
    servers = sorted({about["postgresql"] for about in abouts if about["postgresql"]})
    pythons = sorted({about["python"] for about in abouts})
    return (
        f"{' and '.join(processors)}, PostgreSQL {' and '.join(servers)}, "
        f"Python {' and '.join(pythons)}"
    )


def _turns(found: Mapping[str, Results]) -> str:
    rounds = {results.about["rounds"] for results in found.values()}
    return " to ".join(map(str, sorted({min(rounds), max(rounds)})))


def _figure(work: Work) -> str:
    words = charts.words(work).replace("[", "(").replace("]", ")")
    return f"![{words}](benchmarks/{slug(work.name)}.svg)\n"


def _growth(results: list[Results]) -> str:
    lines = ["| query | least data | | most data | most / least |", "|---|---|---|---|---|"]
    for work in (work for entry in results for work in entry.works):
        medians = list(work.medians.values())
        target = next((target for target in work.targets if target.at_most), None)
        if target is None:
            continue
        middle = " ".join(f"{shown(median)} µs" for median in medians[1:-1])
        verdict = "" if target.met else ", **missed**"
        lines.append(
            f"| {work.name} | {shown(medians[0])} µs | {middle} | {shown(medians[-1])} µs "
            f"| {target.reached}{verdict} |"
        )
    return "\n".join(lines)


def _packages(found: Mapping[str, Results]) -> str:
    versions: dict[str, str] = {}
    for results in found.values():
        versions |= results.details.get("packages", {})
    if not versions:
        return "No peer was installed."
    listed = ", ".join(f"{name} {versions[name]}" for name in sorted(versions, key=str.lower))
    return f"Versions: {listed}."
