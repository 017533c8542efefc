"""`pgrepo partitions`: months made ahead, looked at, archived to Parquet, and brought back."""

from __future__ import annotations

import importlib
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from pgrepo.cli.common import (
    DsnOption,
    JsonOption,
    console,
    err_console,
    print_json,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.cli.completion import complete_domain
from pgrepo.cli.progress import working
from pgrepo.errors import PartitionError
from pgrepo.operate import partitions as operate
from pgrepo.project import select_domains

if TYPE_CHECKING:
    from types import ModuleType

    from pgrepo.operate.partitions import PartitionedTable
    from pgrepo.operate.partitions.archive import Archived

SchemasArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCHEMA",
        help="Without one, those of the project's domains.",
        autocompletion=complete_domain,
    ),
]
TableArgument = Annotated[str, typer.Argument(metavar="TABLE", help="As schema.table.")]
WaitOption = Annotated[
    float, typer.Option(help="Seconds to wait for another such process, and for table locks.")
]


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    group = typer.Typer(
        help="Partitions of time: make, look at, archive and restore them.", no_args_is_help=True
    )
    group.command()(ensure)
    group.command()(status)
    group.command()(archive)
    group.command()(restore)
    app.add_typer(group, name="partitions")


def ensure(
    schemas: SchemasArgument = None,
    *,
    months_ahead: Annotated[
        int, typer.Option(min=0, help="How many months after this one.")
    ] = operate.MONTHS_AHEAD,
    wait: WaitOption = 60.0,
    as_json: JsonOption = False,
    dsn: DsnOption = None,
) -> None:
    """Make the partitions of this month and of those ahead that are missing.

    Safe to repeat, and from many processes at once.
    """
    with reporting():
        url = resolve_dsn(dsn)
        made = {
            schema: operate.ensure(url, schema, months_ahead=months_ahead, wait=wait)
            for schema in _schemas(schemas)
        }
    if as_json:
        print_json([{"schema": schema, "made": names} for schema, names in made.items()])
        return
    for schema, names in made.items():
        for name in names:
            say(f"made {name}")
        if not names:
            say(f"{schema} has them all")


def status(
    schemas: SchemasArgument = None,
    *,
    as_json: JsonOption = False,
    dsn: DsnOption = None,
) -> None:
    """Show how far ahead each table has partitions.

    Ends with status 1 where less than a month is ahead.
    """
    now = datetime.now(UTC)
    with reporting():
        url = resolve_dsn(dsn)
        tables = [table for name in _schemas(schemas) for table in operate.status(url, name)]
    if as_json:
        print_json([_as_json(table, now) for table in tables])
    else:
        console.print(_table(tables, now))
    short = [table for table in tables if table.is_short(now)]
    for table in short:
        say(
            f"{table.qualified} refuses rows from {table.horizon(now):%Y-%m-%d %H:%M} UTC on: run "
            f"`pgrepo partitions ensure {table.schema}`",
            to=err_console,
        )
    if short:
        raise typer.Exit(1)


def archive(
    table: TableArgument,
    keep_months: Annotated[
        int,
        typer.Option(min=0, help="Partitions whose last moment is more months ago are archived."),
    ],
    to: Annotated[str, typer.Option(metavar="PLACE", help="A folder, or a URL of fsspec's.")],
    *,
    wait: WaitOption = 60.0,
    as_json: JsonOption = False,
    dsn: DsnOption = None,
) -> None:
    """Move old partitions to Parquet files, and drop them when their files are read back.

    Interrupted at any point, it goes on where it stopped when it is run again.
    """
    with reporting():
        operate = _archives()
        done: list[Archived] = []

        def tell(archived: Archived) -> None:
            done.append(archived)
            if not as_json:
                say(f"archived {archived.partition}, {archived.rows} rows, in {archived.file}")

        url = resolve_dsn(dsn)
        try:
            with working(f"archiving {table}"):
                operate.archive(
                    url, table, keep_months=keep_months, to=to, wait=wait, on_archived=tell
                )
        finally:  # a failure leaves archived what was
            if as_json:
                print_json([asdict(archived) for archived in done])
        if not done and not as_json:
            say(f"{table} has nothing that old")


def restore(
    table: TableArgument,
    partition: Annotated[str, typer.Argument(metavar="PARTITION", help="Its name.")],
    source: Annotated[
        str, typer.Option("--from", metavar="PLACE", help="Where it was archived to.")
    ],
    *,
    wait: WaitOption = 60.0,
    as_json: JsonOption = False,
    dsn: DsnOption = None,
) -> None:
    """Bring an archived partition back, equal row for row, or not at all."""
    with reporting():
        operate = _archives()
        url = resolve_dsn(dsn)
        with working(f"restoring {partition}"):
            found = operate.restore(url, table, partition, source=source, wait=wait)
    if as_json:
        print_json(asdict(found))
    else:
        say(f"restored {found.partition}, {found.rows} rows")


def _archives() -> ModuleType:
    """Returns the module for archives, which needs what not everybody installs."""
    try:
        return importlib.import_module("pgrepo.operate.partitions.archives")
    except ImportError as error:
        raise PartitionError(
            "archives need pyarrow and fsspec: pip install 'pgrepo[archive]'"
        ) from error


def _schemas(names: list[str] | None) -> list[str]:
    return names or [domain.name for domain in select_domains([])]


def _table(tables: list[PartitionedTable], now: datetime) -> Table:
    shown = Table(box=None, pad_edge=False)
    for heading in ("table", "partitions", "from", "until", "rows", "size"):
        is_number = heading in {"partitions", "rows", "size"}
        shown.add_column(heading, overflow="fold", justify="right" if is_number else "left")
    for table in tables:
        first = min((p.starts_at for p in table.partitions if p.starts_at), default=None)
        horizon = table.horizon(now)
        style = "red" if table.is_short(now) else "green"
        shown.add_row(
            table.qualified,
            str(len(table.partitions)),
            f"{first:%Y-%m-%d}" if first else "",
            f"[{style}]{horizon:%Y-%m-%d}[/]" if horizon else "no end",
            f"{sum(p.rows or 0 for p in table.partitions):,}",
            f"{sum(p.size for p in table.partitions) / 1e6:,.1f} MB",
        )
    return shown


def _as_json(table: PartitionedTable, now: datetime) -> dict[str, Any]:
    horizon = table.horizon(now)
    return {
        "table": table.qualified,
        "is_short": table.is_short(now),
        "horizon": None if horizon is None else horizon.isoformat(),
        "partitions": [
            {
                "name": partition.qualified,
                "starts_at": partition.starts_at and partition.starts_at.isoformat(),
                "ends_at": partition.ends_at and partition.ends_at.isoformat(),
                "detach_pending": partition.is_leaving,
                "rows": partition.rows,
                "bytes": partition.size,
            }
            for partition in table.partitions
        ],
    }
