"""`pgrepo` alone: what to do next in this folder, as far as that is known at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from rich.text import Text

import pgrepo
from pgrepo import embedded
from pgrepo.cli.common import console, say
from pgrepo.cli.freshness import Freshness, freshness
from pgrepo.errors import EmbeddedServerError, MigrationError, SourceError
from pgrepo.operate.migrate import status
from pgrepo.project import find_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.operate.migrate import Plan
    from pgrepo.project import Project

_SECONDS = 2
"""For how long the database may keep one waiting: libpq's least."""

_Steps = list[tuple[str, str]]
"""Commands, each with what it does."""

_WITHOUT_PROJECT: _Steps = [
    ("pgrepo demo", "typed repositories at work, in half a minute"),
    ("pgrepo init shop", "a new project that works: a table, queries, tests"),
    ("pgrepo init .", "the same in this folder"),
]
_DAILY: _Steps = [
    ("pgrepo check --watch", "checks the SQL whenever a file changes"),
    ("pgrepo describe", "types and cardinality of the queries"),
    ("pgrepo explain QUERY", "what PostgreSQL does for one"),
    ("pgrepo bench", "how fast they are"),
]
_HELP = ("pgrepo --help", "all there is")


@dataclass(frozen=True, slots=True)
class _Database:
    """The database that verbs would use, and where each domain stands in it."""

    name: str
    plans: tuple[Plan, ...] = ()
    problem: str = ""


def show_next_step() -> None:
    """Prints what is there and what comes next; starts nothing and changes nothing.

    Raises:
        ProjectError: pyproject.toml has a mistake in it.
    """
    project = find_project()
    say(f"pgrepo {pgrepo.__version__}", style="bold")
    if project is None:
        say("no project here: no pyproject.toml with [tool.pgrepo], in this folder or above\n")
        _print_steps("to begin", [*_WITHOUT_PROJECT, _HELP])
        return
    say(f"the project in {_shown(project.root)}\n")
    if not project.domains:
        say("no domain yet: add [tool.pgrepo.domains.<name>] with sql, queries and output")
        return
    found = {domain.name: freshness(domain) for domain in project.domains}
    database = _look_at_database(project)
    _print_domains(found, database)
    steps = _next_steps(found, database)
    if steps:
        _print_steps("next", steps)
        console.print()
    _print_steps("every day", [*_DAILY, _HELP])


def _next_steps(found: dict[str, Freshness], database: _Database | None) -> _Steps:
    """What to do, in the order in which to do it."""
    steps: _Steps = []
    stale = [n for n, state in found.items() if state in {Freshness.MISSING, Freshness.EDITED}]
    if stale:
        steps.append((_command("generate", stale, found), "writes the repositories"))
    elif Freshness.UNKNOWN in found.values():
        steps.append(("pgrepo check", "says whether the repositories are current"))
    plans = database.plans if database is not None else ()
    pending = [plan.domain for plan in plans if plan.pending]
    if pending:
        assert database is not None
        steps.append((_command("migrate", pending, found), f"applies files to {database.name}"))
    if any(_troubles(plan) for plan in plans):
        steps.append(("pgrepo status", "shows which files and database disagree"))
    return steps


def _command(verb: str, names: Sequence[str], known: dict[str, Freshness]) -> str:
    return f"pgrepo {verb}" if len(names) == len(known) else f"pgrepo {verb} {' '.join(names)}"


# The database -----------------------------------------------------------------------------------


def _look_at_database(project: Project) -> _Database | None:
    """Looks at DATABASE_URL, or at an embedded server that runs; None where neither is."""
    url, name = os.environ.get("DATABASE_URL"), "the database of DATABASE_URL"
    if not url:
        url, name = _running_server(), "the embedded server's database"
    if not url:
        return None
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=_SECONDS) as connection:
            plans = tuple(status(connection, domain) for domain in project.domains)
        return _Database(name, plans)
    except psycopg.OperationalError:
        return _Database(name, problem="does not answer")
    except (psycopg.Error, MigrationError, SourceError):
        return _Database(name, problem="cannot be asked; `pgrepo status` says why")


def _running_server() -> str | None:
    try:
        found = embedded.status()
    except EmbeddedServerError:  # the extra is not installed
        return None
    return found.url if found.running else None


def _troubles(plan: Plan) -> int:
    """How many files are neither applied nor to be applied."""
    applied = sum(1 for file in plan.files if file.state.value == "applied")
    return len(plan.files) - applied - len(plan.pending)


# Output -----------------------------------------------------------------------------------------


def _print_domains(found: dict[str, Freshness], database: _Database | None) -> None:
    plans = {} if database is None else {plan.domain: plan for plan in database.plans}
    width = max((len(name) for name in found), default=0)
    for name, state in found.items():
        style = "green" if state is Freshness.CURRENT else "yellow"
        told = "" if name not in plans else f"; {_standing(plans[name])}"
        line = Text.assemble(f"  {name:<{width}}  ", (state.value, style), told)
        console.print(line, soft_wrap=True)
    if database is not None and database.problem:
        say(f"  {database.name} {database.problem}", style="yellow")
    console.print()


def _standing(plan: Plan) -> str:
    troubles, pending = _troubles(plan), len(plan.pending)
    if troubles:
        return "files and database disagree"
    if not pending:
        return "database up to date"
    return "1 file to apply" if pending == 1 else f"{pending} files to apply"


def _print_steps(heading: str, steps: _Steps) -> None:
    say(heading, style="bold")
    width = max(len(command) for command, _ in steps)
    for command, meaning in steps:
        line = Text.assemble("  ", (f"{command:<{width}}", "cyan"), "  ", (meaning, "dim"))
        console.print(line, soft_wrap=True)


def _shown(path: Path) -> str:
    return "this folder" if path == Path.cwd() else str(path)
