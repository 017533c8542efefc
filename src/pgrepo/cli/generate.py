"""`pgrepo generate`: hand-written SQL in, typed repositories out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import typer

from pgrepo.cli.common import (
    DomainsArgument,
    JsonOption,
    NoCacheOption,
    ServerOption,
    err_console,
    print_json,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.cli.compiling import compiling, error_data
from pgrepo.cli.freshness import remember
from pgrepo.compiler import compile as compiler
from pgrepo.compiler.codegen.writer import Changes
from pgrepo.errors import CompilationError, ProjectError
from pgrepo.project import DomainFiles, select_domains

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pgrepo.cli.side_by_side import Outcome, Tell
    from pgrepo.errors import SourceError

_EPILOG = """\
[dim]All domains of the project:[/]   pgrepo generate\n
[dim]One, on a server of yours:[/]    pgrepo generate shop --dsn postgresql://localhost/postgres"""


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(generate)


def generate(
    domains: DomainsArgument = None,
    *,
    as_json: JsonOption = False,
    no_cache: NoCacheOption = False,
    dsn: ServerOption = None,
) -> None:
    """Write the repositories that the SQL files describe.

    A scratch database is made on the server, the DDL files are applied to it, and PostgreSQL is
    asked about every query. Nothing is executed, and your own databases are not touched. A domain
    with a mistake in it is left as it was.
    """
    with reporting():
        selected = [generated(domain) for domain in select_domains(domains or [])]
        write = partial(_write, server=resolve_dsn(dsn), cached=not no_cache)
        outcomes = compiling("generating", write, [domain for domain, _ in selected])
        told = []
        broken = False
        for (domain, output), outcome in zip(selected, outcomes, strict=True):
            changes, errors = _result(domain, outcome)
            broken = broken or bool(errors)
            if as_json:
                told.append(_as_json(domain, output, changes, errors))
            elif errors:
                say(str(CompilationError(errors)), to=err_console)
            else:
                _tell(domain, output, changes)
    if as_json:
        print_json(told)
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


def _write(domain: DomainFiles, tell: Tell, *, server: str, cached: bool) -> Changes:
    changes = compiler.generate(domain, server, cached=cached, on_progress=tell)
    if cached:
        remember(domain)
    return changes


def _result(domain: DomainFiles, outcome: Outcome[Changes]) -> tuple[Changes, list[SourceError]]:
    try:
        return outcome.result(), []
    except CompilationError as error:
        return Changes(), list(error.errors)
    except OSError as error:
        raise ProjectError(f"{domain.name} cannot be written: {error}") from error


def _tell(domain: DomainFiles, output: Path, changes: Changes) -> None:
    if not changes:
        say(f"{domain.name} is up to date")
        return
    say(f"{domain.name}, in {_place(domain, output)}:")
    for word, name in _changed(changes):
        say(f"  {word:<8} {name}")


def _changed(changes: Changes) -> Iterator[tuple[str, str]]:
    yield from (("new", name) for name in changes.added)
    yield from (("changed", name) for name in changes.changed)
    yield from (("removed", name) for name in changes.removed)


def _place(domain: DomainFiles, output: Path) -> str:
    is_inside = output.is_relative_to(domain.root)
    return output.relative_to(domain.root).as_posix() if is_inside else str(output)


def _as_json(
    domain: DomainFiles, output: Path, changes: Changes, errors: list[SourceError]
) -> dict[str, object]:
    return {
        "domain": domain.name,
        "output": _place(domain, output),
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
        "errors": [error_data(error) for error in errors],
    }
