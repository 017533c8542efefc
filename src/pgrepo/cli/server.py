"""`pgrepo server`: the embedded PostgreSQL."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pgrepo import embedded
from pgrepo.cli.common import DomainsArgument, JsonOption, print_json, reporting, say
from pgrepo.errors import UsageError
from pgrepo.operate import migrate
from pgrepo.project import select_domains
from pgrepo.sqlfiles.ddl import read_ddl_directory

if TYPE_CHECKING:
    from pgrepo.sqlfiles.ddl import DdlFile

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", metavar="DIRECTORY", help="Where its data is, if not at the usual place."
    ),
]


def register(app: typer.Typer) -> None:
    """Adds `server` with its verbs."""
    server = typer.Typer(
        help="The embedded PostgreSQL, for when no server is at hand.", no_args_is_help=True
    )
    server.command()(start)
    server.command()(stop)
    server.command()(status)
    server.command()(url)
    server.command()(reset)
    app.add_typer(server, name="server")


def start(data_dir: DataDirOption = None, *, as_json: JsonOption = False) -> None:
    """Start it, to run until `pgrepo server stop`."""
    with reporting():
        was_running = embedded.status(data_dir).running
        _show(embedded.start(data_dir), as_json=as_json, was_running=was_running)


def stop(data_dir: DataDirOption = None, *, as_json: JsonOption = False) -> None:
    """Stop it; its data stays."""
    with reporting():
        _show(embedded.stop(data_dir), as_json=as_json)


def status(data_dir: DataDirOption = None, *, as_json: JsonOption = False) -> None:
    """Show whether it runs and where its data is."""
    with reporting():
        _show(embedded.status(data_dir), as_json=as_json)


def url(data_dir: DataDirOption = None) -> None:
    """Print its URL, for psql or DATABASE_URL; start it when it does not run."""
    with reporting():
        found = embedded.status(data_dir)
        # A URL is no use once this process has ended, unless the server is kept.
        say((found if found.running and found.keep else embedded.start(data_dir)).url or "")


def reset(
    domains: DomainsArgument = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Start over in development: drop the schemas of domains with all data, to migrate anew.

    Works on the embedded server alone.
    """
    with reporting():
        files = {
            domain.name: read_ddl_directory(domain.sql, domain.root)
            for domain in select_domains(domains or [])
        }
        dropped = _schemas_of(files)
        url = _embedded_url(data_dir)
        what = f"{', '.join(dropped)} with all data in {'it' if len(dropped) == 1 else 'them'}"
        if not yes:
            _confirm(f"drop {what}")
        migrate.drop_schemas(url, files)
    say(f"dropped {what}; `pgrepo migrate` makes what the files say")


def _embedded_url(data_dir: Path | None) -> str:
    """The embedded server's database that is meant; refuses any other server's."""
    named = os.environ.get("DATABASE_URL")
    if not named:
        return embedded.dsn(data_dir)
    if not migrate.on_embedded_server(named, data_dir):
        raise UsageError(
            "DATABASE_URL names another server, and `pgrepo server reset` drops nothing but on "
            "the embedded one: unset it if that one is meant"
        )
    return named


def _schemas_of(files: dict[str, list[DdlFile]]) -> list[str]:
    found: list[str] = []
    for domain, of_domain in files.items():
        names = migrate.created_schemas(of_domain)
        if not names:
            raise UsageError(
                f"it cannot be told from the files of {domain} which schemas are theirs: drop by "
                "hand what they made, and its rows in pgrepo.migrations"
            )
        found += names
    return found


def _confirm(deed: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is here to ask: say --yes to {deed}")
    typer.confirm(f"{deed}, on the embedded server?", abort=True)


def _show(status: embedded.EmbeddedStatus, *, as_json: bool, was_running: bool = False) -> None:
    if as_json:
        print_json({**asdict(status), "data_dir": str(status.data_dir)})
        return
    if status.running:
        kept = "runs until `pgrepo server stop`" if status.keep else "stops with its last user"
        is_running = "was running already" if was_running else "is running"
        say(f"PostgreSQL {status.version} {is_running} (process {status.pid}); it {kept}")
        say(f"url:  {status.url}")
    else:
        say(f"PostgreSQL {status.version} is not running")
    say(f"data: {status.data_dir}")
