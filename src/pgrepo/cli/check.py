"""`pgrepo check`: are the SQL files right, and the repositories what they describe?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from pgrepo.cli.generate import generated
from pgrepo.cli.watch import watch_files
from pgrepo.compiler.checks.check import Report, check_domain
from pgrepo.errors import UsageError
from pgrepo.project import select_domains

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.cli.side_by_side import Tell
    from pgrepo.errors import SourceError
    from pgrepo.project import DomainFiles

_EPILOG = """\
[dim]Before a commit:[/]        pgrepo check\n
[dim]While you write:[/]        pgrepo check --watch\n
[dim]In a GitHub workflow:[/]   pgrepo check --format github\n
[dim]What a code means:[/]      docs/reference/check-codes.md"""


class Format(StrEnum):
    """How errors are printed."""

    TEXT = "text"
    GITHUB = "github"
    JSON = "json"
    """As --json does; what it was called before that was there."""


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        metavar="[text|github]",
        help="github prints annotations for a GitHub workflow.",
    ),
]
WatchOption = Annotated[
    bool,
    typer.Option("--watch", help="Check again whenever a file changes, until Ctrl-C."),
]


@dataclass(frozen=True, slots=True)
class Checked:
    """The domains, and what was found in each; errors name files relative to their project."""

    domains: Sequence[DomainFiles]
    reports: Sequence[Report]

    @property
    def errors(self) -> list[SourceError]:
        """All errors."""
        return [error for report in self.reports for error in report.errors]

    @property
    def notes(self) -> list[str]:
        """All notes."""
        return [note for report in self.reports for note in report.notes]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(check)


def check(
    domains: DomainsArgument = None,
    *,
    as_json: JsonOption = False,
    output: FormatOption = Format.TEXT,
    watch: WatchOption = False,
    no_cache: NoCacheOption = False,
    dsn: ServerOption = None,
) -> None:
    """Check the SQL, the schema, and that the repositories are current.

    Does all that `generate` does, and writes nothing. Besides, it looks for queries that can fail
    or surprise when they are called, for missing and superfluous indexes, and for plans that do
    not suit tables named hot in pyproject.toml. A finding can be allowed where it is, with a
    reason. The exit status is 1 when there is an error.
    """
    look = partial(_check, domains or [], dsn, cached=not no_cache)
    with reporting():
        if as_json + watch + (output is not Format.TEXT) > 1:
            raise UsageError("--json, --watch and --format exclude each other: give one of them")
        if watch:
            watch_files(domains or [], lambda: _print_text(look()))
        checked = look()
    match Format.JSON if as_json else output:
        case Format.TEXT:
            _print_text(checked)
        case Format.JSON:
            print_json([error_data(error) for error in checked.errors])
        case Format.GITHUB:
            _print_github(checked)
    if checked.errors:
        raise typer.Exit(1)


def _check(names: Sequence[str], dsn: str | None, *, cached: bool) -> Checked:
    selected = [generated(domain)[0] for domain in select_domains(names)]
    work = partial(_look, server=resolve_dsn(dsn), cached=cached)
    outcomes = compiling("checking", work, selected)
    return Checked(selected, [outcome.result() for outcome in outcomes])


def _look(domain: DomainFiles, tell: Tell, *, server: str, cached: bool) -> Report:
    report = check_domain(domain, server, cached=cached, on_progress=tell)
    if cached and not report.errors:
        remember(domain)
    return report


def _print_text(checked: Checked) -> None:
    for note in checked.notes:
        say(f"note: {note}", style="dim", to=err_console)
    errors = checked.errors
    if not errors:
        names = ", ".join(domain.name for domain in checked.domains)
        say(f"all clear: {names}", style="green")
        return
    say("\n\n".join(str(error) for error in errors), to=err_console)
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    say(f"\n{count}", style="bold red", to=err_console)


def _print_github(checked: Checked) -> None:
    for domain, report in zip(checked.domains, checked.reports, strict=True):
        for error in report.errors:
            typer.echo(workflow_command(error, domain.root))
    for note in checked.notes:
        typer.echo(f"::notice title=pgrepo check::{_escaped(note)}")


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
