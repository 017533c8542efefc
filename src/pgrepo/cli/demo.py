"""`pgrepo demo`: a database from nothing, and typed calls on it, in half a minute."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.text import Text

from pgrepo import Database, embedded
from pgrepo.cli.common import DsnOption, console, reporting
from pgrepo.cli.demo_calls import run_calls
from pgrepo.cli.loading import load_with_progress
from pgrepo.domains.monumento import Monumento
from pgrepo.errors import ProjectError
from pgrepo.operate.load import load_sample
from pgrepo.operate.migrate import migrate
from pgrepo.project import DomainFiles, shipped_domain

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATABASE = "pgrepo_demo"
_MARK = "Made by pgrepo demo, which drops it when it runs again."
_EPILOG = """\
[dim]As it is:[/]              pgrepo demo\n
[dim]Two million messages:[/]  pgrepo demo --scale 5"""

ScaleOption = Annotated[
    float,
    typer.Option(min=0.0001, help="How much data; 1 is 100 people with 400,000 messages."),
]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command(epilog=_EPILOG)(demo)


def demo(scale: ScaleOption = 0.2, dsn: DsnOption = None) -> None:
    """See typed repositories at work on a real PostgreSQL.

    Makes a database pgrepo_demo, applies the schema monumento, fills it, and calls a few of its
    queries, with their Python signatures and how long they took.
    """
    with reporting():
        server = dsn or os.environ.get("DATABASE_URL")
        domain = shipped_domain("monumento")
        console.print(
            "\n[bold]pgrepo demo[/]  [dim]monumento: recorded life-story sessions[/]\n",
            highlight=False,
        )
        database = _prepare(server, domain, scale)
        with Database(database) as opened:
            run_calls(Monumento(opened))
    _say_goodbye(domain)


def _prepare(server: str | None, domain: DomainFiles, scale: float) -> str:
    """Makes the database, tells of each step, and returns its conninfo."""
    with _step("server") as told:
        url = server or embedded.dsn()
        told.append(_fresh_database(url) + ("" if server else ", embedded"))
    database = make_conninfo(url, dbname=_DATABASE)
    with _step("schema") as told:
        told.append(f"{len(migrate(database, domain))} DDL files applied")
    with _step("sample") as told:
        told.append(f"{load_sample(database, domain):,} rows, written by hand")
    with _step("load") as told:
        added = load_with_progress(database, domain, scale)
        told.append("{messages:,} messages in {sessions:,} sessions".format(**added))
    console.print()
    return database


@contextmanager
def _step(name: str) -> Iterator[list[str]]:
    """Tells what a step did, which its block appends, and how long it took."""
    told: list[str] = []
    began = time.perf_counter()
    yield told
    seconds = time.perf_counter() - began
    line = Text.assemble(
        (f"{name:<8}", "green"), f"{''.join(told):<48}", (f"{seconds:5.1f} s", "dim")
    )
    console.print(line, soft_wrap=True)


def _fresh_database(server: str) -> str:
    """Makes the database anew, and says what server it is on."""
    name = sql.Identifier(_DATABASE)
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database "
            "WHERE datname = %s",
            [_DATABASE],
        ).fetchone()
        if found is not None and found[0] != _MARK:
            raise ProjectError(
                f"there is a database {_DATABASE} that this demo did not make: rename or drop it, "
                "or name another server with --dsn"
            )
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, _MARK))
        version = connection.info.server_version
    return f"PostgreSQL {version // 10000}.{version % 10000}"


def _say_goodbye(domain: DomainFiles) -> None:
    for heading, text in (
        ("the schema", str(domain.sql)),
        ("the queries", str(domain.queries)),
        ("the database", f"{_DATABASE}, until the next demo"),
        ("your own", "pgrepo init shop && cd shop && pgrepo generate && pytest"),
    ):
        line = Text.assemble((f"{heading:<14}", "dim"), text)
        console.print(line, soft_wrap=True)
