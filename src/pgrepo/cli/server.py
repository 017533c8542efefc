"""`pgrepo server`: the embedded PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pgrepo import embedded
from pgrepo.cli.common import JsonOption, print_json, reporting, say

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
    app.add_typer(server, name="server")


def start(data_dir: DataDirOption = None, *, as_json: JsonOption = False) -> None:
    """Start it, to run until `pgrepo server stop`."""
    with reporting():
        _show(embedded.start(data_dir), as_json=as_json)


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


def _show(status: embedded.EmbeddedStatus, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(status), "data_dir": str(status.data_dir)})
        return
    if status.running:
        kept = "runs until `pgrepo server stop`" if status.keep else "stops with its last user"
        say(f"PostgreSQL {status.version} is running (process {status.pid}); it {kept}")
        say(f"url:  {status.url}")
    else:
        say(f"PostgreSQL {status.version} is not running")
    say(f"data: {status.data_dir}")
