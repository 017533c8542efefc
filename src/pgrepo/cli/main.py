"""The command `pgrepo`: its verbs, and how whatever goes wrong is told."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import pgrepo
from pgrepo.cli import (
    bench,
    catalog,
    check,
    demo,
    describe,
    erd,
    explain,
    generate,
    init,
    load,
    migrate,
    partitions,
    schema,
    server,
)
from pgrepo.cli.common import EXPECTED, reporting, tell
from pgrepo.cli.next_step import show_next_step

_EPILOG = """\
[dim]See it work:[/]      pgrepo demo\n
[dim]Begin a project:[/]  pgrepo init shop && cd shop && pgrepo generate && pytest\n
[dim]Ask of a verb:[/]    pgrepo describe --help"""

VersionOption = Annotated[
    bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)
]


def build_app() -> typer.Typer:
    """Puts the verbs together, in the order in which a newcomer meets them."""
    app = typer.Typer(
        name="pgrepo",
        help="Typed Python repositories from hand-written SQL.",
        epilog=_EPILOG,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(without_verb)
    verbs = (
        demo, init, generate, check, describe, explain, migrate, partitions, load, bench, erd,
        catalog, schema, server,
    )  # fmt: skip
    for module in verbs:
        module.register(app)
    _let_help_flow(app)
    return app


def _let_help_flow(app: typer.Typer) -> None:
    """Joins the lines of each paragraph: a terminal is rarely as wide as the source."""
    for command in app.registered_commands:
        paragraphs = (command.help or inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(" ".join(part.split()) for part in paragraphs)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            _let_help_flow(group.typer_instance)


def without_verb(context: typer.Context, version: VersionOption = False) -> None:
    """Typed Python repositories from hand-written SQL."""
    if version:
        typer.echo(f"pgrepo {pgrepo.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        with reporting():
            show_next_step()


def main() -> None:
    """The console script; docs/reference/cli.md has its exit statuses."""
    _prepare_streams()
    status = 1
    try:
        build_app()(prog_name="pgrepo")
    except KeyboardInterrupt:
        status = 130
    except EXPECTED as error:
        with contextlib.suppress(OSError):
            status = tell(error)
    _give_up_unwritten()
    sys.exit(status)


def _give_up_unwritten() -> None:
    """Forgets what cannot be written, about which Python would complain when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _prepare_streams() -> None:
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started this; what is written goes nowhere
            mode = "r" if name == "stdin" else "w"
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        # An old terminal shows "?" for what it does not have; it is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
