"""`pgrepo erd`: an entity-relationship diagram of a schema, in Mermaid."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer

from pgrepo.cli.common import DomainsArgument, reporting, resolve_dsn, say
from pgrepo.compiler.analysis.scratch import apply_directory, scratch_database
from pgrepo.errors import PgrepoError, ProjectError
from pgrepo.operate.erd import read_diagram, render, replace_diagram
from pgrepo.project import select_domains

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.project import DomainFiles

_EPILOG = """\
[dim]What the files make:[/]      pgrepo erd shop\n
[dim]What a database has:[/]      pgrepo erd shop --dsn postgresql://localhost/shop\n
[dim]Into a page, in place:[/]    pgrepo erd shop --write docs/schema.md"""

ErdDsnOption = Annotated[
    str | None,
    typer.Option(
        "--dsn",
        metavar="URL",
        help="A database with the schema in it. Without it, the schema is what the DDL files make "
        "of a scratch database, on the server of DATABASE_URL or the embedded one.",
    ),
]
WriteOption = Annotated[
    Path | None,
    typer.Option(
        "--write",
        metavar="FILE",
        help="Put the diagram into this page, between the lines <!-- pgrepo erd: DOMAIN --> and "
        "<!-- pgrepo erd: end -->.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(erd)


def erd(
    domains: DomainsArgument = None, *, write: WriteOption = None, dsn: ErdDsnOption = None
) -> None:
    """Draw tables, columns and foreign keys as a Mermaid diagram.

    It is read off the live catalog of a database. Partitions are left out. Equal schemas give
    equal text.
    """
    with reporting():
        diagrams = {domain.name: draw(domain, dsn) for domain in select_domains(domains or [])}
        if write is None:
            typer.echo("\n".join(diagrams.values()), nl=False)
        else:
            _write(write, diagrams)


def draw(domain: DomainFiles, dsn: str | None = None) -> str:
    """Returns a domain's diagram: of a database, or of what its files make."""
    with _database(domain, dsn) as connection:
        return render(read_diagram(connection, domain.name))


@contextlib.contextmanager
def _database(domain: DomainFiles, dsn: str | None) -> Iterator[psycopg.Connection[Any]]:
    if dsn is not None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield connection
        return
    with scratch_database(resolve_dsn(None)) as connection:
        apply_directory(connection, domain.sql, domain.root)
        yield connection


def _write(path: Path, diagrams: dict[str, str]) -> None:
    try:
        before = path.read_text(encoding="utf-8")
        text = before
        for name, diagram in diagrams.items():
            text = replace_diagram(text, name, diagram)
        if text != before:
            path.write_text(text, encoding="utf-8")
    except PgrepoError as error:
        raise PgrepoError(f"{path}: {error}") from error
    except FileNotFoundError as error:
        raise ProjectError(
            f"{path}: {error.strerror}; write the page first, with the two lines in it between "
            "which the diagram is to stand (see --help)"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ProjectError(f"{path}: {said}") from error
    say(f"{path} is up to date" if text == before else f"{path}: drawn {', '.join(diagrams)}")
