"""What the verbs share: where output goes, which database is meant, how errors are told."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from pgrepo import embedded
from pgrepo.errors import PgrepoError

if TYPE_CHECKING:
    from collections.abc import Iterator

console = Console()
err_console = Console(stderr=True)

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

DomainsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="DOMAIN", help="Without one, all domains of the project."),
]
"""The domains that a verb is about."""


NoCacheOption = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        help="Analyse everything anew. Without this, what is found out is kept in .pgrepo_cache/ "
        "beside pyproject.toml, and only what changed is analysed again.",
    ),
]
"""The option that does without the cache."""


def resolve_dsn(dsn: str | None) -> str:
    """Returns the database that is meant: --dsn, DATABASE_URL, or the embedded server."""
    return dsn or os.environ.get("DATABASE_URL") or embedded.dsn()


def fail(error: PgrepoError) -> NoReturn:
    """Tells the user what is wrong and ends with status 1."""
    say(str(error), to=err_console)
    raise typer.Exit(1)


@contextlib.contextmanager
def reporting() -> Iterator[None]:
    """Turns pgrepo's errors into a message and status 1; use it around a verb's work."""
    try:
        yield
    except PgrepoError as error:
        fail(error)


def say(text: str, *, style: str | None = None, to: Console = console) -> None:
    """Prints text as it is: brackets are not markup, and lines are not broken."""
    to.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
