"""`pgrepo catalog`: what tables and queries there are, on a page to search or in the docs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pgrepo.catalog import Domain, read_domain, write_markdown, write_page
from pgrepo.cli.common import (
    DomainsArgument,
    JsonOption,
    NoCacheOption,
    ServerOption,
    console,
    err_console,
    print_json,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.cli.compiling import compiling
from pgrepo.errors import CompilationError, UsageError
from pgrepo.project import select_domains

if TYPE_CHECKING:
    from rich.console import Console

    from pgrepo.cli.side_by_side import Tell
    from pgrepo.project import DomainFiles

_EPILOG = """\
[dim]A page to open in a browser:[/]   pgrepo catalog --html catalog.html\n
[dim]Pages for the docs:[/]            pgrepo catalog --markdown docs/catalog\n
[dim]For a program:[/]                 pgrepo catalog shop --json"""

HtmlOption = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        dir_okay=False,
        help="Write one page with everything on it, which needs no other file and no network.",
    ),
]
MarkdownOption = Annotated[
    Path | None,
    typer.Option(
        "--markdown",
        metavar="DIR",
        file_okay=False,
        help="Write DOMAIN.md and the picture DOMAIN.svg for each domain into this directory. "
        "What is right already is not touched.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(catalog)


def catalog(
    domains: DomainsArgument = None,
    *,
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    as_json: JsonOption = False,
    no_cache: NoCacheOption = False,
    dsn: ServerOption = None,
) -> None:
    """Show the tables and queries of the project on a page, or in Markdown.

    Of each table: its columns, indexes and foreign keys, and a drawing of how tables refer to
    each other. Of each query: its Python signature, what its comment says, the tables that it
    touches, its SQL and its plan. All of it is read off the SQL files and a scratch database.

    Plans are as if the tables named hot, or all where none is, held ten million rows each
    (PostgreSQL 18). The JSON is an object: domains, a list.
    """
    with reporting():
        if html is None and markdown is None and not as_json:
            raise UsageError(
                "say what to make: --html catalog.html, --markdown docs/catalog, or --json"
            )
        selected = select_domains(domains or [])
        read = partial(_read, server=resolve_dsn(dsn), cached=not no_cache)
        outcomes = compiling("reading", read, selected)
        try:
            found = [outcome.result() for outcome in outcomes]
        except CompilationError as error:
            say(str(error), to=err_console)
            raise typer.Exit(1) from None
        # Beside JSON, what is for people is told where programs do not read.
        _write(found, html, markdown, err_console if as_json else console)
    if as_json:
        print_json(msgspec.to_builtins({"domains": found}))


def _read(domain: DomainFiles, tell: Tell, *, server: str, cached: bool) -> Domain:
    # Beside the files of an installed pgrepo nothing is kept.
    is_own = domain.output is not None
    return read_domain(domain, server, cached=cached and is_own, on_progress=tell)


def _write(domains: list[Domain], html: Path | None, markdown: Path | None, to: Console) -> None:
    """Writes what is asked for, and tells so."""
    if html is not None:
        write_page(domains, html)
        say(f"{html}: {', '.join(domain.name for domain in domains)}", to=to)
    if markdown is not None:
        changed = write_markdown(domains, markdown)
        told = "\n".join(f"{path}: written" for path in changed) or f"{markdown}: up to date"
        say(told, to=to)
