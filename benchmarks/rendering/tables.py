"""The targets and what was measured, as rows; the same rows for the terminal and the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from results import Results

MAIN = {
    "point_reads": "point reads and pages",
    "session_messages": "a session with 1,000 messages",
    "bulk_insert": "insert 100,000 rows",
    "batches": "20 point reads in one batch()",
    "scoped_calls": "a call in a scope",
    "import_time": "import pgrepo and one domain",
    "generate_domains": "generate and check",
}
"""The benchmarks of the project's main targets, and what stands for those that did not run."""
GROWING = (
    "monumento_recent_sessions",
    "storyverse_feeds",
    "littlemonster_conversations",
    "mindia_media",
    "audiotricks_history",
)
"""Those that ask whether the cost of a query is flat as the data grows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A target: of which work, what is wanted, what was reached."""

    work: str
    wanted: str
    reached: str
    verdict: str


def rows(found: Mapping[str, Results], benchmarks: Iterable[str]) -> list[Row]:
    """The targets of some benchmarks, in their order; those that did not run are named."""
    made: list[Row] = []
    for name in benchmarks:
        if name not in found:
            made.append(Row(MAIN.get(name, name), "", "", "not measured"))
            continue
        made += [
            Row(work.name, target.wanted, target.reached, "met" if target.met else "missed")
            for work in found[name].works
            for target in work.targets
        ]
    return made


def others(found: Mapping[str, Results]) -> list[str]:
    """The benchmarks that are neither main ones nor about growing data."""
    return [name for name in found if name not in MAIN and name not in GROWING]


def text(table: Sequence[Row]) -> str:
    """Rows for the terminal."""
    lines = [Row("work", "target", "measured", ""), *table]
    widths = [max(len(getattr(row, column)) for row in lines) for column in Row.__slots__]
    return "\n".join(
        "  ".join(
            getattr(row, column).ljust(width)
            for column, width in zip(Row.__slots__, widths, strict=True)
        ).rstrip()
        for row in lines
    )


def markdown(table: Sequence[Row]) -> str:
    """Rows for the page."""
    lines = ["| work | target | measured | |", "|---|---|---|---|"]
    for row in table:
        verdict = f"**{row.verdict}**" if row.verdict == "missed" else row.verdict
        lines.append(f"| {row.work} | {row.wanted} | {row.reached} | {verdict} |")
    return "\n".join(lines)
