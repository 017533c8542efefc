"""`pgrepo explain`: what PostgreSQL will do for a query, in plain words and in its own."""

from __future__ import annotations

import ast
import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from psycopg.raw_cursor import RawCursor
from rich.table import Table
from rich.text import Text

from pgrepo import embedded
from pgrepo.cli.common import JsonOption, console, print_json, reporting, say
from pgrepo.cli.completion import complete_query
from pgrepo.cli.description_table import print_description
from pgrepo.cli.plan_words import steps
from pgrepo.cli.tables import show
from pgrepo.compiler.checks.findings import read_statement
from pgrepo.compiler.checks.plans import read_plan, with_limits
from pgrepo.compiler.checks.schema import read_schema
from pgrepo.compiler.checks.statistics import OLDEST, ROWS, enlarge, large_tables
from pgrepo.compiler.compile import analysis_tools, tools_on
from pgrepo.compiler.description import QueryDescriber
from pgrepo.compiler.server import require_version
from pgrepo.errors import CompilationError, ProjectError, UsageError
from pgrepo.project import SHIPPED, find_project, select_domains
from pgrepo.sqlfiles.header import nearest
from pgrepo.sqlfiles.queries import read_query_directory
from pgrepo.sqlfiles.variants import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pgrepo.compiler.checks.findings import Statement
    from pgrepo.compiler.compile import AnalysisTools
    from pgrepo.compiler.description import QueryDescription
    from pgrepo.compiler.model import Query
    from pgrepo.project import DomainFiles
    from pgrepo.sqlfiles.queries import NamedQuery

_EPILOG = """\
[dim]With statistics as of large tables:[/]   pgrepo explain recent_sessions\n
[dim]What it really does and takes:[/]        pgrepo explain recent_sessions --analyze \\
    --dsn postgresql://localhost/app --param user_id=0198c0de-… --param limit=10"""
_ORDER = "order_by"

QueryArgument = Annotated[
    str,
    typer.Argument(
        metavar="QUERY", help="A query's name, or domain.name.", autocompletion=complete_query
    ),
]
AnalyzeOption = Annotated[
    bool,
    typer.Option(
        "--analyze",
        help="Run it, in a transaction that is rolled back, and say what it did. Needs a database "
        "and a value for each parameter.",
    ),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="A parameter's value, as PostgreSQL writes it; NAME alone is NULL. Can be given "
        "several times.",
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--dsn",
        metavar="URL",
        help="A database with the schema in it, as postgresql://user@host/name. Without it, the "
        "environment's DATABASE_URL; without that, an empty scratch database on the embedded "
        "server.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(explain)


def explain(
    query: QueryArgument,
    *,
    analyze: AnalyzeOption = False,
    param: ParamOption = None,
    as_json: JsonOption = False,
    dsn: DatabaseOption = None,
) -> None:
    """Show what PostgreSQL does for a query, the most expensive step first.

    Without a database, the plan is that of an empty scratch database with statistics as if its
    tables held ten million rows each (PostgreSQL 18). Parameters without a value are left open; in
    LIMIT they stand for a page.
    """
    with reporting():
        domain, named = find_query(query)
        url = dsn or os.environ.get("DATABASE_URL")
        if analyze and url is None:
            raise UsageError(
                "--analyze needs a database with data in it: name one with --dsn or DATABASE_URL"
            )
        values = read_values(named, param or [])
        with _database(domain, url) as (tools, about):
            analysed = tools.analyser.analyse(named)
            if values is None and analyze:
                values = {}
            explained = _explain(tools, analysed, values, analyze=analyze)
            description = QueryDescriber(tools.catalog.tables()).describe(analysed)
    if as_json:
        print_json(_as_json(description, explained, about))
    else:
        print_description(description)
        _print(explained, about)


# The query --------------------------------------------------------------------------------------


def find_query(wanted: str) -> tuple[DomainFiles, NamedQuery]:
    """Finds a query by its name, or by domain.name.

    Raises:
        ProjectError: there is none, or there are several.
        CompilationError: its file has a mistake in it.
    """
    prefix, _, name = wanted.rpartition(".")
    own = find_project() is not None
    domains = select_domains([prefix] if prefix else [] if own else SHIPPED)
    known: dict[str, list[tuple[DomainFiles, NamedQuery]]] = {}
    for domain in domains:
        for file in read_query_directory(domain.queries, domain.root):
            broken = [error for error in file.errors if error.query == name]
            if broken:
                raise CompilationError(broken)
            for query in file.queries:
                known.setdefault(query.name, []).append((domain, query))
    found = known.get(name, [])
    if not found:
        meant = nearest(name, list(known))
        where = ", ".join(domain.name for domain in domains)
        advice = f"did you mean {meant}?" if meant else "`pgrepo describe` lists them"
        raise ProjectError(f"there is no query {name!r} in {where}; {advice}")
    if len(found) > 1:
        names = " or ".join(f"{domain.name}.{name}" for domain, _ in found)
        raise ProjectError(f"there are several queries {name!r}: say which, as {names}")
    return found[0]


def read_values(query: NamedQuery, given: Sequence[str]) -> dict[str, str | None] | None:
    """Reads the --param options; None where there is none.

    Raises:
        UsageError: the query has no such parameter.
    """
    known = [*query.parameters, *([_ORDER] if query.variants.ordering is not None else [])]
    values: dict[str, str | None] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if name not in known:
            meant = nearest(name, known)
            takes = ", ".join(known) or "no parameters"
            advice = f"did you mean {meant}?" if meant else f"it takes {takes}"
            raise UsageError(f"{query.name} has no parameter {name!r}; {advice}")
        values[name] = value if equals else None
    return values if given else None


# The database -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _database(domain: DomainFiles, url: str | None) -> Iterator[tuple[AnalysisTools, str]]:
    """What to ask, and a sentence about it."""
    if url is None:
        with analysis_tools(domain.sql, embedded.dsn(), domain.root) as tools:
            yield tools, _enlarged(domain, tools)
        return
    with psycopg.connect(url, autocommit=True) as connection:
        require_version(connection, "explaining")
        yield tools_on(connection), f"In the database {connection.info.dbname}."


def _enlarged(domain: DomainFiles, tools: AnalysisTools) -> str:
    """Makes the hot tables large, or all of them where none is named hot."""
    version = tools.connection.info.server_version
    if version < OLDEST:
        return "In an empty database, so that the plan says little: name a real one with --dsn."
    tables = large_tables(domain, tools.catalog)
    enlarge(tools.connection, tables, read_schema(tools.connection))
    names = ", ".join(sorted(table.name for table in tables))
    return f"In a scratch database, as if there were {ROWS:,} rows in each of {names}."


# Explaining -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explained:
    """A plan as data, as PostgreSQL's JSON, and as it prints it for people."""

    plan: Any
    raw: Any
    text: str


def _explain(
    tools: AnalysisTools, query: Query, values: dict[str, str | None] | None, *, analyze: bool
) -> Explained:
    """Explains the whole statement, or the variant and the values that are meant.

    Raises:
        UsageError: a value is missing.
    """
    choice = query.source.variants.whole if values is None else _meant(query.source, values)
    statement = _statement(query, tools, choice)
    connection = tools.connection
    connection.execute("SET debug_print_rewritten = off; SET client_min_messages = warning")
    if values is None:
        return _ask(connection, with_limits(statement), [], "GENERIC_PLAN", read_only=False)
    parameters = _arguments(query, statement, values)
    options = "ANALYZE" if analyze else "COSTS"
    return _ask(connection, statement.sql, parameters, options, read_only=query.read_only)


def _ask(
    connection: psycopg.Connection[Any],
    sql: str,
    parameters: Sequence[str | None],
    options: str,
    *,
    read_only: bool,
) -> Explained:
    """Asks for the plan twice, so that a statement that writes is run once at most."""
    cursor = RawCursor(connection)
    shape = options.replace("ANALYZE", "COSTS")
    with connection.transaction(force_rollback=True):
        if read_only:
            connection.execute("SET TRANSACTION READ ONLY")
        asked = f"EXPLAIN ({shape}, VERBOSE, FORMAT JSON) {sql}".encode()
        row = cursor.execute(asked, parameters or None).fetchone()
        assert row is not None
        plan = read_plan(row[0])
        lines = cursor.execute(f"EXPLAIN ({options}) {sql}".encode(), parameters or None)
        return Explained(plan, row[0], "\n".join(line for (line,) in lines))


def _meant(query: NamedQuery, values: Mapping[str, str | None]) -> Choice:
    """The variant that a call with these values executes."""
    absent = frozenset(
        number
        for number, option in enumerate(query.variants.options)
        if not any(name in values for name in option.parameters)
    )
    return Choice(absent, values.get(_ORDER) or query.variants.whole.order)


def _statement(query: Query, tools: AnalysisTools, choice: Choice) -> Statement:
    source = query.source
    orders = source.variants.ordering.orders if source.variants.ordering is not None else ()
    if orders and choice.order not in {order.name for order in orders}:
        raise UsageError(
            f"there is no order {choice.order!r}; there is "
            + ", ".join(order.name for order in orders)
        )
    variant = None
    sql = source.sql
    if source.variants:
        variant = source.variants.variant(sql, source.positions, choice)
        sql = variant.sql
    return read_statement(query, sql, variant, tools.describer)


def _arguments(
    query: Query, statement: Statement, values: Mapping[str, str | None]
) -> list[str | None]:
    """The values in the order of `$n`: those that are given, and defaults."""
    positions = query.source.positions
    if statement.variant is not None:
        positions = tuple(positions[number] for number in statement.variant.kept)
    defaults = {
        parameter.name: _text(ast.literal_eval(parameter.default))
        for parameter in query.parameters
        if parameter.default is not None
    }
    known = {**defaults, **values}
    missing = [name for name in positions if name not in known]
    if missing:
        raise UsageError(
            f"{query.name} needs a value for {', '.join(dict.fromkeys(missing))}: "
            + " ".join(f"--param {name}=…" for name in dict.fromkeys(missing))
        )
    return [known[name] for name in positions]


def _text(value: object) -> str | None:
    """A Python literal as PostgreSQL reads it."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# Output -----------------------------------------------------------------------------------------


def _as_json(description: QueryDescription, explained: Explained, about: str) -> dict[str, object]:
    return {
        "query": description,
        "about": about,
        "steps": [
            {"share": round(step.share, 4), "words": step.words, "numbers": step.numbers}
            for step in steps(explained.plan, explained.text)
        ],
        "plan": explained.raw,
        "text": explained.text,
    }


def _print(explained: Explained, about: str) -> None:
    say(about, style="dim")
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    for step in steps(explained.plan, explained.text):
        share = f"{step.share:.0%}" if step.share >= 0.005 else "<1%"
        table.add_row(share, Text.assemble(step.words, (f"; {step.numbers}", "dim")))
    show(table)
    console.print()
    say("PostgreSQL's EXPLAIN", style="dim")
    say(explained.text)
