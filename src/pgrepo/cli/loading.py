"""Loading synthetic data under a progress bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.cli.progress import bars
from pgrepo.operate.load import load, read_steps

if TYPE_CHECKING:
    from pgrepo.project import DomainFiles


def load_with_progress(database: str, domain: DomainFiles, scale: float) -> dict[str, int]:
    """Loads synthetic data; returns the rows added by each step."""
    parts = sum(step.parts for step in read_steps(domain))
    added: dict[str, int] = {}
    with bars() as shown:
        task = shown.add_task("loading", total=parts)
        for done in load(database, domain, scale):
            added[done.step.name] = added.get(done.step.name, 0) + done.rows
            shown.update(task, advance=1, description=f"loading {done.step.name}")
    return added
