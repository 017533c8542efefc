"""`pgrepo migrate`, `status`, `verify`, `dump` and `baseline`: the schema and its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pgrepo.cli.common import (
    DomainsArgument,
    DsnOption,
    console,
    err_console,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.operate import migrate as operate
from pgrepo.operate.migrate.plan import FileStatus, Plan, State, format_version
from pgrepo.project import DomainFiles, select_domains

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
    domains: DomainsArgument = None, dsn: DsnOption = None, wait: WaitOption = 60.0
) -> None:
    """Apply the DDL files that the database has not seen."""
    with reporting():
        selected = select_domains(domains or [])
        url = resolve_dsn(dsn)
        for domain in selected:
            applied = operate.migrate(
                url,
                domain,
                wait=wait,
                on_applied=lambda file: say(f"applied {file.name} in {file.milliseconds} ms"),
            )
            if not applied:
                say(f"{domain.name} is up to date")


def status(
    domains: DomainsArgument = None,
    dsn: DsnOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show which files are applied, pending, edited or missing."""
    with reporting():
        selected = select_domains(domains or [])
        url = resolve_dsn(dsn)
        plans = [operate.status(url, domain) for domain in selected]
    if as_json:
        typer.echo(json.dumps([_as_json(plan, file) for plan in plans for file in plan.files]))
        return
    for plan in plans:
        console.print(_table(plan))


def verify(domains: DomainsArgument = None, dsn: DsnOption = None) -> None:
    """Compare the schema with what its files make of an empty database."""
    different = False
    with reporting():
        selected = select_domains(domains or [])
        url = resolve_dsn(dsn)
        for domain in selected:
            result = operate.verify(url, domain)
            different = different or not result.is_equal
            if result.is_equal:
                say(f"{domain.name} is what its files make")
            else:
                say(f"{domain.name} is not what its files make:\n{result.render()}")
            for name in result.pending:
                say(f"left out, because it is not applied yet: {name}", to=err_console)
    if different:
        raise typer.Exit(1)


def dump(
    domains: DomainsArgument = None,
    dsn: DsnOption = None,
    output: OutputOption = None,
) -> None:
    """Write the schema as one SQL file, from the live database."""
    with reporting():
        selected = select_domains(domains or [])
        url = resolve_dsn(dsn)
        text = "\n\n".join(operate.dump(url, domain) for domain in selected)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{output}: {error.strerror}", param_hint="--output") from error


def baseline(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN")],
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="The last version that the database has.")
    ],
    dsn: DsnOption = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Refuse when the schema is not what the files up to VERSION make."
        ),
    ] = False,
) -> None:
    """Adopt a database: take the files up to a version as applied without running them."""
    with reporting():
        files = _one(domain)
        adopted = operate.baseline(resolve_dsn(dsn), files, version=version, verify=verify)
        for file in adopted:
            say(f"taken as applied: {file.name}")
        if not adopted:
            say(f"{domain} had them in its ledger already")


def _one(name: str) -> DomainFiles:
    return select_domains([name])[0]


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
