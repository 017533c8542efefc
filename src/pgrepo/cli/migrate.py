"""`pgrepo migrate`, `status`, `verify`, `dump` and `baseline`: the schema and its files."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict
from rich.table import Table

from pgrepo.cli.common import (
    DomainArgument,
    DomainsArgument,
    DsnOption,
    JsonOption,
    console,
    err_console,
    print_json,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.cli.progress import is_watched, working
from pgrepo.operate import migrate as operate
from pgrepo.operate.migrate.plan import FileStatus, Plan, State, format_version
from pgrepo.project import DomainFiles, select_domains

if TYPE_CHECKING:
    from pgrepo.operate.migrate import AppliedFile, Verification

_STYLES = {
    State.APPLIED: "green",
    State.PENDING: "yellow",
    State.STARTED: "yellow",
    State.EDITED: "red",
    State.MISSING: "red",
    State.LATE: "red",
}

WaitOption = Annotated[
    float, typer.Option(help="Seconds to wait for another migrator, and for a file's table locks.")
]

OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write there, not to the terminal."),
]


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command()(migrate)
    app.command()(status)
    app.command()(verify)
    app.command()(dump)
    app.command()(baseline)


def migrate(
    domains: DomainsArgument = None,
    *,
    wait: WaitOption = 60.0,
    as_json: JsonOption = False,
    dsn: DsnOption = None,
) -> None:
    """Apply the DDL files that the database has not seen.

    Each file is applied whole or not at all. Interrupted, or after a file that PostgreSQL refuses,
    it goes on where it stopped when it is run again. `pgrepo status` shows what it would apply.
    """
    applied: list[dict[str, object]] = []

    def tell(domain: DomainFiles, file: AppliedFile) -> None:
        applied.append(
            {
                "domain": domain.name,
                "version": format_version(file.version),
                "file": file.name,
                "milliseconds": file.milliseconds,
            }
        )
        if not as_json:
            say(f"applied {file.name} in {file.milliseconds} ms")

    with reporting():
        selected = select_domains(domains or [])
        url = resolve_dsn(dsn)
        _tell_database(url, is_named=bool(dsn or os.environ.get("DATABASE_URL")))
        try:
            for domain in selected:
                with working(f"migrating {domain.name}"):
                    done = operate.migrate(url, domain, wait=wait, on_applied=partial(tell, domain))
                if not done and not as_json:
                    say(f"{domain.name} is up to date")
        finally:  # where a file is refused, those before it stay applied
            if as_json:
                print_json(applied)


def _tell_database(url: str, *, is_named: bool) -> None:
    """Says where the files are applied: to people, and to all who have not said it themselves."""
    if not is_named:
        say(
            "on the embedded server, database postgres (DATABASE_URL is not set)",
            to=err_console,
            style="dim",
        )
    elif is_watched():
        with contextlib.suppress(psycopg.ProgrammingError):  # told when it is connected to
            meant = conninfo_to_dict(url)
            name, host = meant.get("dbname", "the default database"), meant.get("host")
            say(f"on {name}" + (f" at {host}" if host else ""), to=err_console, style="dim")


def status(
    domains: DomainsArgument = None, *, as_json: JsonOption = False, dsn: DsnOption = None
) -> None:
    """Show which files are applied, pending, edited or missing."""
    with reporting():
        selected = select_domains(domains or [])
        url = resolve_dsn(dsn)
        plans = [operate.status(url, domain) for domain in selected]
    if as_json:
        print_json([_as_json(plan, file) for plan in plans for file in plan.files])
        return
    for plan in plans:
        console.print(_table(plan))


def verify(
    domains: DomainsArgument = None, *, as_json: JsonOption = False, dsn: DsnOption = None
) -> None:
    """Compare the schema with what its files make of an empty database.

    The exit status is 1 when they differ.
    """
    with reporting():
        selected = select_domains(domains or [])
        url = resolve_dsn(dsn)
        results = {}
        for domain in selected:
            with working(f"verifying {domain.name}"):
                results[domain.name] = operate.verify(url, domain)
            if not as_json:
                _tell_verified(domain.name, results[domain.name])
    if as_json:
        print_json([_verified(name, result) for name, result in results.items()])
    if not all(result.is_equal for result in results.values()):
        raise typer.Exit(1)


def _tell_verified(name: str, result: Verification) -> None:
    if result.is_equal:
        say(f"{name} is what its files make")
    else:
        say(f"{name} is not what its files make:\n{result.render()}")
    for file in result.pending:
        say(f"left out, because it is not applied yet: {file}", to=err_console)


def dump(
    domains: DomainsArgument = None, *, output: OutputOption = None, dsn: DsnOption = None
) -> None:
    """Write the schema as one SQL file, from the live database."""
    with reporting():
        selected = select_domains(domains or [])
        url = resolve_dsn(dsn)
        text = "\n\n".join(operate.dump(url, domain) for domain in selected)
        if output is None:
            typer.echo(text, nl=False)
        else:
            output.write_text(text, encoding="utf-8")


def baseline(
    domain: DomainArgument,
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="The last version that the database has.")
    ],
    *,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Refuse when the schema is not what the files up to VERSION make."
        ),
    ] = False,
    dsn: DsnOption = None,
) -> None:
    """Adopt a database: take the files up to a version as applied without running them."""
    with reporting():
        [files] = select_domains([domain])
        adopted = operate.baseline(resolve_dsn(dsn), files, version=version, verify=verify)
    for file in adopted:
        say(f"taken as applied: {file.name}")
    if not adopted:
        say(f"{domain} had them in its ledger already")


def _table(plan: Plan) -> Table:
    table = Table(title=plan.domain, title_justify="left", box=None, pad_edge=False)
    for heading in ("version", "file", "state", "applied"):
        table.add_column(heading, overflow="fold")
    for file in plan.files:
        applied_at = None if file.row is None else file.row.applied_at
        table.add_row(
            format_version(file.version),
            file.name,
            f"[{_STYLES[file.state]}]{file.state}[/]",
            "" if applied_at is None else f"{applied_at:%Y-%m-%d %H:%M:%S %Z}",
        )
    return table


def _verified(name: str, result: Verification) -> dict[str, object]:
    return {
        "domain": name,
        "is_equal": result.is_equal,
        "differences": [asdict(difference) for difference in result.differences],
        "pending": result.pending,
    }


def _as_json(plan: Plan, file: FileStatus) -> dict[str, str | None]:
    row = file.row
    return {
        "domain": plan.domain,
        "version": format_version(file.version),
        "file": file.name,
        "state": file.state.value,
        "checksum": file.file.checksum if file.file is not None else None,
        "applied_checksum": row.checksum if row is not None else None,
        "applied_at": row.applied_at.isoformat() if row is not None and row.applied_at else None,
    }
