"""Tables on a terminal, and as plain text where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pgrepo.cli.common import console

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import RenderableType


def plain_table(*columns: str, right: Collection[str] = (), wide: str | None = None) -> Table:
    """A table with a quiet heading.

    Args:
        columns: the headings.
        right: those that hold numbers.
        wide: the column whose text may wrap; the others are cut where there is no room.
    """
    table = Table(box=SIMPLE_HEAD, header_style="dim", border_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=column != wide,
            overflow="ellipsis" if column != wide else "fold",
        )
    return table


def show(shown: RenderableType) -> None:
    """Prints a table or text; where there is no terminal, without the blanks that end lines."""
    if console.is_terminal:
        console.print(shown)
        return
    with console.capture() as captured:
        console.print(shown)
    lines = (line.rstrip() for line in captured.get().splitlines())
    console.out("\n".join(lines), highlight=False)
