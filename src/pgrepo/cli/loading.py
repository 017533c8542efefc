"""A progress bar for loading, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pgrepo.cli.common import err_console
from pgrepo.operate.load import load, read_steps

if TYPE_CHECKING:
    from pgrepo.project import DomainFiles


def load_with_progress(database: str, domain: DomainFiles, scale: float) -> dict[str, int]:
    """Loads synthetic data under a progress bar; returns the rows added by each step."""
    parts = sum(step.parts for step in read_steps(domain))
    added: dict[str, int] = {}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err_console,
        transient=True,
        disable=not err_console.is_terminal,
    ) as progress:
        task = progress.add_task("loading", total=parts)
        for done in load(database, domain, scale):
            added[done.step.name] = added.get(done.step.name, 0) + done.rows
            progress.update(task, advance=1, description=f"loading {done.step.name}")
    return added
