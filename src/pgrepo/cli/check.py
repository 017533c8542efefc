"""`pgrepo check`: are the SQL files right, and the repositories what they describe?"""

from __future__ import annotations

import json
import os
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from pgrepo.cli.generate import generated
from pgrepo.cli.side_by_side import side_by_side
from pgrepo.compiler.checks.check import check_domain
from pgrepo.project import select_domains

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.errors import SourceError

_EPILOG = """\
[dim]Before a commit:[/]        pgrepo check\n
[dim]In a GitHub workflow:[/]   pgrepo check --format github\n
[dim]What a code means:[/]      docs/reference/check-codes.md"""


class Format(StrEnum):
    """How errors are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="text for people; json for editors and other programs; github for annotations in a "
        "GitHub workflow.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(check)


def check(
    domains: DomainsArgument = None,
    output: FormatOption = Format.TEXT,
    dsn: DsnOption = None,
    *,
    no_cache: NoCacheOption = False,
) -> None:
    """Check the SQL, the schema, and that the repositories are current.

    Does all that `generate` does, and writes nothing. Besides, it looks for queries that can fail
    or surprise when they are called, for missing and superfluous indexes, and for plans that do
    not suit tables named hot in pyproject.toml. A finding can be allowed where it is, with a
    reason. The exit status is 1 when there is an error.
    """
    with reporting():
        selected = [generated(domain)[0] for domain in select_domains(domains or [])]
        url = resolve_dsn(dsn)
        look = partial(check_domain, server=url, cached=not no_cache)
        reports = [outcome.result() for outcome in side_by_side(look, selected)]
        # What a report names is relative to its project.
        found = [
            (error, domain.root)
            for domain, report in zip(selected, reports, strict=True)
            for error in report.errors
        ]
    errors = [error for error, _ in found]
    notes = [note for report in reports for note in report.notes]
    match output:
        case Format.TEXT:
            _print_text(errors, notes, [domain.name for domain in selected])
        case Format.JSON:
            described = [_described(error) for error in errors]
            typer.echo(json.dumps(described, indent=2, ensure_ascii=False))
        case Format.GITHUB:
            for error, root in found:
                typer.echo(workflow_command(error, root))
            for note in notes:
                typer.echo(f"::notice title=pgrepo check::{_escaped(note)}")
    if errors:
        raise typer.Exit(1)


def _print_text(errors: Sequence[SourceError], notes: Sequence[str], names: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}", style="dim", to=err_console)
    if not errors:
        say(f"all clear: {', '.join(names)}", style="green")
        return
    say("\n\n".join(str(error) for error in errors), to=err_console)
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    say(f"\n{count}", style="bold red", to=err_console)


def _described(error: SourceError) -> dict[str, object]:
    """An error as plain data: what `pgrepo describe` says of one, and how bad it is."""
    return {
        "code": error.code,
        "severity": error.severity,
        "message": error.message,
        "file": error.file,
        "line": error.line,
        "column": error.column,
        "help": error.help,
    }


def workflow_command(error: SourceError, root: Path) -> str:
    """An error as a workflow command, which GitHub shows beside the line.

    Args:
        error: the error; its file is relative to the project.
        root: the project, which need not be the top of the repository.
    """
    path = root / error.file
    workspace = Path(os.environ.get("GITHUB_WORKSPACE", root))
    file = path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else error.file
    properties = {"file": file, "line": error.line, "col": error.column, "title": error.code}
    written = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items())
    message = error.message if error.help is None else f"{error.message}\nhelp: {error.help}"
    return f"::{error.severity} {written}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    """Text in which nothing ends the line, the property or the command."""
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
