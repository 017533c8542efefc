"""Progress bars: on standard error, and only where somebody sees them move."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from pgrepo.cli.common import err_console

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_watched() -> bool:
    """Whether standard error is a terminal that can redraw a line.

    FORCE_COLOR, which rich takes for a terminal, asks for colours and no more.
    """
    return err_console.is_interactive and sys.stderr is not None and sys.stderr.isatty()


def bars(*, refresh: bool = True) -> Progress:
    """Bars that vanish when the work is done.

    Args:
        refresh: whether a thread redraws them; without it, who moves them does.
    """
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(show_speed=False),
        TimeElapsedColumn(),
        console=err_console,
        transient=True,
        auto_refresh=refresh,
        # What is printed to a file or a pipe meanwhile goes there, and not above the bars.
        redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        disable=not is_watched(),
    )


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Shows that something of unknown length goes on, and since when."""
    with bars() as shown:
        shown.add_task(what, total=None)
        yield
