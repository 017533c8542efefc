"""`pgrepo describe`: what PostgreSQL itself knows of queries, for people and for programs."""

from __future__ import annotations

import contextlib
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer

from pgrepo.cli.common import (
    JsonOption,
    NoCacheOption,
    ServerOption,
    err_console,
    print_json,
    reporting,
    resolve_dsn,
    say,
)
from pgrepo.cli.description_table import print_description
from pgrepo.compiler.analysis.scratch import apply_directory, apply_script, scratch_database
from pgrepo.compiler.cache.store import open_cache
from pgrepo.compiler.compile import Session, tools_on
from pgrepo.compiler.description import QueryDescriber, describe_error
from pgrepo.errors import ProjectError, SourceError
from pgrepo.project import find_project
from pgrepo.sqlfiles.queries import is_plain, query_paths, read_plain_query, read_query_file
from pgrepo.sqlfiles.source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.compiler.compile import AnalysisTools
    from pgrepo.compiler.description import QueryDescription
    from pgrepo.compiler.model import Query
    from pgrepo.project import DomainFiles
    from pgrepo.sqlfiles.queries import NamedQuery, QueryFile

_EPILOG = """\
[dim]A project's queries:[/]   pgrepo describe\n
[dim]For a program:[/]         pgrepo describe --schema dump.sql queries/ --json\n
[dim]A quick question:[/]      pgrepo describe --sql 'SELECT now() - $1::timestamptz AS age'"""


class Format(StrEnum):
    """What --json was called before: still understood, and not offered any more."""

    JSON = "json"
    TABLE = "table"


FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE",
        exists=True,
        help="A file of named queries, or with one plain query with $1, $2, or a directory of "
        "such files. Without any, the project's queries.",
    ),
]
QueriesOption = Annotated[
    list[Path] | None,
    typer.Option("--queries", metavar="FILE", exists=True, help="Another way to name a FILE."),
]
SchemaOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--schema",
        metavar="FILE",
        exists=True,
        help="The DDL that the queries need: one file, or a directory of V…__….sql files. Without "
        "it, that of the project's domains. Can be given several times.",
    ),
]
SqlOption = Annotated[
    list[str] | None,
    typer.Option("--sql", metavar="SQL", help="A query, with $1, $2. Can be given several times."),
]
FormatOption = Annotated[Format, typer.Option("--format", hidden=True)]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(describe)


def describe(
    *,
    files: FilesArgument = None,
    schema: SchemaOption = None,
    queries: QueriesOption = None,
    sql: SqlOption = None,
    as_json: JsonOption = False,
    output: FormatOption = Format.TABLE,
    no_cache: NoCacheOption = False,
    dsn: ServerOption = None,
) -> None:
    """Show the types, nullability and cardinality of queries.

    PostgreSQL is asked about every query in a scratch database; nothing is executed. One broken
    query does not stop the rest: its description holds the error. The exit status is 1 when there
    was one.

    The JSON is a list. Each query has name, file, columns (name, pg_type, python_type, nullable),
    params (name, n, pg_type, python_type, nullable, optional, default), order_by, null or an
    object (choices, default), cardinality (one, zero_or_one, many, exec), read_only, and error,
    null or an object (code, message, file, line, column, help).
    """
    with reporting():
        sources = [*_read(_paths([*(files or []), *(queries or [])], sql)), *_read_sql(sql or [])]
        with _session(schema or [], resolve_dsn(dsn), cached=not no_cache) as session:
            found = [item for source in sources for item in _describe_file(source, session)]
    if as_json or output is Format.JSON:
        print_json([description for description, _ in found])
    else:
        for description, error in found:
            if error is None:
                print_description(description)
            else:
                say(f"{error}\n", to=err_console)
    if any(error is not None for _, error in found):
        raise typer.Exit(1)


# What to describe


def _paths(given: Sequence[Path], sql: Sequence[str] | None) -> list[Path]:
    if not given and not sql:
        project = find_project()
        if project is None:
            raise typer.BadParameter(
                "name a file of queries, or give one with --sql; without them, this needs a "
                "pyproject.toml with [tool.pgrepo.domains]",
                param_hint="FILE",
            )
        # Relative to where the user is, so that an editor can open what errors name.
        given = [_shown(domain.queries) for domain in project.domains]
    return [path for entry in given for path in (query_paths(entry) if entry.is_dir() else [entry])]


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _read(paths: Sequence[Path]) -> list[QueryFile]:
    return [_read_file(path) for path in paths]


def _read_file(path: Path) -> QueryFile:
    try:
        plain = is_plain(read_source(path))
    except SourceError:  # not text; reading it below tells so
        plain = False
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}") from error
    return read_plain_query(path) if plain else read_query_file(path)


def _read_sql(statements: Sequence[str]) -> list[QueryFile]:
    """Reads queries of the command line; they are called sql, or sql1, sql2 and so on."""
    read = []
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for number, statement in enumerate(statements, start=1):
            path = root / ("sql" if len(statements) == 1 else f"sql{number}")
            path.write_text(statement, encoding="utf-8")
            read.append(read_plain_query(path, root))
    return read


# Describing


def _session(schemas: Sequence[Path], url: str, *, cached: bool) -> Session:
    """What answers about every schema, or about those of the project without any."""
    project = find_project()
    domains = project.domains if project is not None and not schemas else ()
    ddl = [*(domain.sql for domain in domains), *schemas]
    return Session(
        lambda: _tools(domains, schemas, url),
        open_cache(project.root, url, ddl) if cached and project is not None else None,
    )


@contextlib.contextmanager
def _tools(
    domains: Sequence[DomainFiles], schemas: Sequence[Path], url: str
) -> Iterator[AnalysisTools]:
    """A scratch database with every schema applied."""
    with scratch_database(url) as connection:
        for domain in domains:
            apply_directory(connection, domain.sql, domain.root)
        for path in schemas:
            if path.is_dir():
                apply_directory(connection, path)
            else:
                apply_script(connection, path)
        yield tools_on(connection)


def _describe_file(
    file: QueryFile, session: Session
) -> list[tuple[QueryDescription, SourceError | None]]:
    """Describes the queries of a file, each broken one by its first error, in their order."""
    describer = QueryDescriber(session.tables())
    found: list[tuple[int, QueryDescription, SourceError | None]] = []
    errors = list(file.errors)
    for query in file.queries:
        try:
            described = describer.describe(_analyse(query, session))
        except SourceError as error:
            errors.append(error)
        else:
            found.append((query.line, described, None))
    told: set[str] = set()
    for problem in errors:
        if problem.query is None or problem.query not in told:
            found.append((problem.line, describe_error(problem, file.name), problem))
        told.add(problem.query or "")
    return [item[1:] for item in sorted(found, key=lambda item: item[0])]


def _analyse(query: NamedQuery, session: Session) -> Query:
    try:
        return session.analyse(query)
    except (SourceError, psycopg.OperationalError):
        raise
    except Exception as error:
        # A statement that pgrepo itself stumbles over must not take the others down.
        raise query.error(
            "PGR299",
            f"pgrepo failed on this statement: {type(error).__name__}: {error}",
            0,
            help="this is a mistake of pgrepo's; please report it with the statement",
        ) from error
