"""What the verbs share: where output goes, which database is meant, how errors are told."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
from rich.console import Console

from pgrepo import embedded
from pgrepo.cli.completion import complete_domain
from pgrepo.errors import PgrepoError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

console = Console()
err_console = Console(stderr=True)

EXPECTED = (PgrepoError, psycopg.Error, OSError)
"""What is told without a traceback: files, databases and command lines that somebody can mend."""

DsnOption = Annotated[
    str | None,
    typer.Option(
        "--dsn",
        metavar="URL",
        help="The database, as postgresql://user@host/name. Without it, the environment's "
        "DATABASE_URL; without that, the embedded server.",
    ),
]
"""The option that names the database."""

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--dsn",
        metavar="URL",
        help="The server, as postgresql://user@host/name: scratch databases are made on it, and "
        "no other is touched. Without it, the environment's DATABASE_URL; without that, the "
        "embedded server.",
    ),
]
"""The option that names a server for scratch databases."""

DomainsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DOMAIN",
        help="Without one, all domains of the project.",
        autocompletion=complete_domain,
    ),
]
"""The domains that a verb is about."""

DomainArgument = Annotated[
    str,
    typer.Argument(
        metavar="DOMAIN", help="Of the project, or of pgrepo.", autocompletion=complete_domain
    ),
]
"""The one domain that a verb is about."""

NoCacheOption = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        help="Analyse everything anew. Without this, what is found out is kept in .pgrepo_cache/ "
        "beside pyproject.toml, and only what changed is analysed again.",
    ),
]
"""The option that does without the cache."""

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON, for programs, and nothing else.")
]
"""The option that prints for programs."""


def resolve_dsn(dsn: str | None) -> str:
    """Returns the database that is meant: --dsn, DATABASE_URL, or the embedded server."""
    return dsn or os.environ.get("DATABASE_URL") or embedded.dsn()


def tell(error: Exception) -> int:
    """Tells the user what is wrong; returns the exit status."""
    if isinstance(error, psycopg.Error) and not isinstance(error, PgrepoError):
        said = _database_error(error)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        said = f"{place}{error.strerror or error}"
    else:
        said = str(error)
    say(said, to=err_console)
    return 2 if isinstance(error, UsageError) else 1


def _database_error(error: psycopg.Error) -> str:
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


@contextlib.contextmanager
def reporting() -> Iterator[None]:
    """Turns what a user can mend into a message and a status; use it around a verb's work."""
    try:
        yield
    except BrokenPipeError:
        raise
    except EXPECTED as error:
        raise typer.Exit(tell(error)) from None


def say(text: str, *, style: str | None = None, to: Console = console) -> None:
    """Prints text as it is: brackets are not markup, and lines are not broken."""
    to.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def print_json(data: object) -> None:
    """Prints data for a program, which reads it whatever the terminal can show."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    typer.echo(json.dumps(data, indent=2, ensure_ascii=not is_utf8))
