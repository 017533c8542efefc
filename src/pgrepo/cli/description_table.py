"""A query's description as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pgrepo.cli.common import console
from pgrepo.cli.tables import show

if TYPE_CHECKING:
    from pgrepo.compiler.description import (
        ColumnDescription,
        OrderDescription,
        ParameterDescription,
        QueryDescription,
    )

_CARDINALITY = {
    "one": "exactly one row",
    "zero_or_one": "at most one row",
    "many": "any number of rows",
    "exec": "no rows",
}


def print_description(description: QueryDescription) -> None:
    """Prints a heading, the parameters and the columns."""
    effect = "reads only" if description["read_only"] else "may write"
    rows = _CARDINALITY[description["cardinality"] or "exec"]
    heading = Text.assemble((description["name"], "bold cyan"), f"  {rows}, {effect}")
    console.print(heading, Text(description["file"], style="dim"), sep="\n", soft_wrap=True)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for _ in range(4):
        table.add_column(overflow="fold")
    order_by = description["order_by"]
    if description["params"] or order_by is not None:
        _add_heading(table, "parameter")
    for parameter in description["params"]:
        table.add_row(Text(f"${parameter['n']}", style="dim"), *_parameter(parameter))
    if order_by is not None:
        table.add_row("", "order_by", "", _choices(order_by))
    if description["columns"]:
        _add_heading(table, "column")
    for column in description["columns"]:
        table.add_row("", *_row(column))
    show(table)
    console.print()


def _add_heading(table: Table, first: str) -> None:
    table.add_row()
    table.add_row("", first, "PostgreSQL", "Python", style="dim")


def _parameter(entry: ParameterDescription) -> tuple[Text, Text, Text]:
    """A parameter as the generated signature has it, its default included."""
    name, pg_type, python = _row(entry)
    if entry["optional"]:
        python.append(" | Unset = UNSET")
    elif entry["default"] is not None:
        python.append(f" = {entry['default']}")
    return name, pg_type, python


def _choices(order_by: OrderDescription) -> Text:
    return Text(f"Literal[{', '.join(map(repr, order_by['choices']))}] = {order_by['default']!r}")


def _row(entry: ColumnDescription | ParameterDescription) -> tuple[Text, Text, Text]:
    python = entry["python_type"]
    if python is None:
        written = Text("no mapping", style="yellow")
    else:
        optional = entry["nullable"] and python not in {"JSON", "JSONInput"}
        written = Text(f"{python} | None" if optional else python)
    return Text(entry["name"]), Text(entry["pg_type"]), written
