"""`pgrepo generate`: hand-written SQL in, typed repositories out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import typer

from pgrepo.cli.common import (
    DomainsArgument,
    DsnOption,
    NoCacheOption,
    err_console,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.cli.side_by_side import side_by_side
from pgrepo.compiler import compile as compiler
from pgrepo.errors import CompilationError, ProjectError
from pgrepo.project import DomainFiles, select_domains

if TYPE_CHECKING:
    from pathlib import Path

    from pgrepo.compiler.codegen.writer import Changes

_EPILOG = """\
[dim]All domains of the project:[/]   pgrepo generate\n
[dim]One, on a server of yours:[/]    pgrepo generate shop --dsn postgresql://localhost/postgres"""


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(generate)


def generate(
    domains: DomainsArgument = None, dsn: DsnOption = None, *, no_cache: NoCacheOption = False
) -> None:
    """Write the repositories that the SQL files describe.

    A scratch database is made on the server, the DDL files are applied to it, and PostgreSQL is
    asked about every query. Nothing is executed, and your own databases are not touched. A domain
    with a mistake in it is left as it was.
    """
    broken = False
    with reporting():
        selected = [generated(domain) for domain in select_domains(domains or [])]
        url = resolve_dsn(dsn)
        write = partial(compiler.generate, server=url, cached=not no_cache)
        outcomes = side_by_side(write, [domain for domain, _ in selected])
        for (domain, output), outcome in zip(selected, outcomes, strict=True):
            try:
                changes = outcome.result()
            except CompilationError as error:
                broken = True
                say(str(error), to=err_console)
            except OSError as error:
                raise ProjectError(f"{domain.name} cannot be written: {error}") from error
            else:
                _tell(domain, output, changes)
    if broken:
        raise typer.Exit(1)


def generated(domain: DomainFiles) -> tuple[DomainFiles, Path]:
    """Returns a domain with the directory of its package.

    Raises:
        ProjectError: it has none of its own.
    """
    if domain.output is None:
        raise ProjectError(
            f"{domain.name} came with pgrepo, its package with it: there is nothing to generate"
        )
    return domain, domain.output


def _tell(domain: DomainFiles, output: Path, changes: Changes) -> None:
    if not changes:
        say(f"{domain.name} is up to date")
        return
    place = (
        output.relative_to(domain.root).as_posix() if output.is_relative_to(domain.root) else output
    )
    say(f"{domain.name}, in {place}:")
    for word, names in (
        ("new", changes.added),
        ("changed", changes.changed),
        ("removed", changes.removed),
    ):
        for name in names:
            say(f"  {word:<8} {name}")
