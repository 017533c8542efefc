"""What `generate` and `check` share: domains worked on under progress bars, and what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pgrepo.cli.progress import bars, is_watched
from pgrepo.cli.side_by_side import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrepo.cli.side_by_side import Outcome, Tell
    from pgrepo.errors import SourceError
    from pgrepo.project import DomainFiles

T = TypeVar("T")


def compiling(
    what: str, work: Callable[[DomainFiles, Tell], T], domains: Sequence[DomainFiles]
) -> list[Outcome[T]]:
    """Works on domains side by side, with a bar for each; returns the outcomes in their order."""
    # Beside a thread that draws, new processes would have to begin from nothing.
    with bars(refresh=len(domains) == 1) as shown:
        tasks = [shown.add_task(f"{what} {domain.name}", total=None) for domain in domains]

        def watch(at: int, done: int, total: int) -> None:
            shown.update(tasks[at], completed=done, total=total, refresh=True)

        return side_by_side(work, domains, watch if is_watched() else None)


def error_data(error: SourceError) -> dict[str, object]:
    """A mistake in a file as plain data."""
    return {
        "code": error.code,
        "severity": error.severity,
        "message": error.message,
        "file": error.file,
        "line": error.line,
        "column": error.column,
        "help": error.help,
    }
