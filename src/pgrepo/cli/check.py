"""`pgrepo check`: are the repositories what the SQL files describe?"""

from __future__ import annotations

import typer

from pgrepo.cli.common import DomainsArgument, DsnOption, err_console, reporting, resolve_dsn, say
from pgrepo.cli.generate import generated
from pgrepo.compiler.compile import drift
from pgrepo.errors import CompilationError, SourceError
from pgrepo.project import DomainFiles, select_domains

_EPILOG = """\
[dim]Before a commit, or in CI:[/]  pgrepo check"""


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(check)


def check(domains: DomainsArgument = None, dsn: DsnOption = None) -> None:
    """Check that the SQL is right and the repositories are current.

    Does all that `generate` does, and writes nothing. The exit status is 1 when PostgreSQL
    refuses a query or a generated module differs from what its SQL makes.
    """
    with reporting():
        selected = [generated(domain)[0] for domain in select_domains(domains or [])]
        url = resolve_dsn(dsn)
        errors = [error for domain in selected for error in _errors(domain, url)]
    if errors:
        say("\n\n".join(str(error) for error in errors), to=err_console)
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        say(f"\n{count}", style="bold red", to=err_console)
        raise typer.Exit(1)
    names = ", ".join(domain.name for domain in selected)
    say(f"all clear: {names}", style="green")


def _errors(domain: DomainFiles, url: str) -> list[SourceError]:
    try:
        return drift(domain, url)
    except CompilationError as error:
        return list(error.errors)
