"""The command `pgrepo`: its verbs, and how whatever goes wrong is told."""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
from typing import Annotated

import psycopg
import typer

import pgrepo
from pgrepo.cli import (
    bench,
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
    server,
)
from pgrepo.cli.common import err_console, say
from pgrepo.errors import PgrepoError

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
        server,
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
        context.get_help()
        raise typer.Exit


def main() -> None:
    """The console script: status 0, 1 for an error, 2 for wrong usage, 130 for Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        # An old terminal shows "?" for what it does not have; it is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        build_app()(prog_name="pgrepo")
    except PgrepoError as error:
        message = str(error)
    except psycopg.Error as error:
        message = _told(error)
    except KeyboardInterrupt:
        sys.exit(130)
    else:
        return
    with contextlib.suppress(BrokenPipeError):
        say(message, to=err_console)
    sys.exit(1)


def _told(error: psycopg.Error) -> str:
    """PostgreSQL's or libpq's words, with what can be done about it."""
    said = (error.diag.message_primary or str(error)).strip() or type(error).__name__
    if error.diag.sqlstate is not None:
        hint = f"\n{error.diag.message_hint}" if error.diag.message_hint else ""
        return f"PostgreSQL refused: {said} (SQLSTATE {error.diag.sqlstate}){hint}"
    if isinstance(error, psycopg.ProgrammingError):
        # libpq's words would show the string, and a password in it.
        return "the connection string cannot be read: write postgresql://user@host/database"
    return (
        f"the database cannot be reached: {said}\n"
        "name another one with --dsn or DATABASE_URL; without either, the embedded server is used"
    )
