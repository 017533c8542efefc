"""Loads a domain's data: the sample, and synthetic data by a scale factor.

`sql/<domain>/sample/*.sql` are plain SQL. `sql/<domain>/load/*.sql` are steps, run in the order of
their names; the README there says what a step may rely on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.errors import PgrepoError, ProjectError
from pgrepo.runtime.timeouts import of_commands
from pgrepo.sqlfiles.source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pgrepo.project import DomainFiles
    from pgrepo.sqlfiles.source import Source

_HEADER = re.compile(r"-- step: (?P<name>[^,\n]*[^,\s])(?:, repeat (?P<parts>[1-9][0-9]*))?[ \t]*")
_UNDEFINED = {"42P01", "3F000"}  # undefined_table, invalid_schema_name


@dataclass(frozen=True, slots=True)
class Step:
    """A file of synthetic data.

    Attributes:
        name: what it loads.
        parts: how often it runs; each run loads an equal part.
        source: the file.
    """

    name: str
    parts: int
    source: Source


@dataclass(frozen=True, slots=True)
class Progress:
    """A part of a step that is done: `rows` is how many rows it added."""

    step: Step
    part: int
    rows: int


def sample_files(domain: DomainFiles) -> list[Source]:
    """Returns the files of the sample in their order; none if there is no sample."""
    return [read_source(path, domain.root) for path in _sql_files(domain.sample)]


def read_steps(domain: DomainFiles) -> list[Step]:
    """Returns the steps of the synthetic data in their order; none if there is no such data.

    Raises:
        SourceError: a file does not begin as a step does.
    """
    return [_read_step(read_source(path, domain.root)) for path in _sql_files(domain.load)]


def load_sample(database: str, domain: DomainFiles) -> int:
    """Loads the sample, all of it or nothing; rows that are there already are left alone.

    Args:
        database: a libpq URL or conninfo string.
        domain: where the files are.

    Returns:
        How many rows were added.

    Raises:
        SourceError: PostgreSQL refused a file.
        ProjectError: the domain has no sample.
    """
    sources = sample_files(domain)
    if not sources:
        raise ProjectError(f"{domain.name} has no sample: there is no file in {domain.sample}")
    with _connect(database) as connection, connection.transaction():
        return sum(_run(connection, source, domain) for source in sources)


def load(database: str, domain: DomainFiles, scale: float = 1.0) -> Iterator[Progress]:
    """Loads the synthetic data, and yields after each part, which is committed by then.

    The same scale always gives the same rows, and rows that are there already are left alone.

    Args:
        database: a libpq URL or conninfo string.
        domain: where the files are.
        scale: how much; what 1 is, the domain's own README says.

    Raises:
        SourceError: a file is no step, or PostgreSQL refused it; the parts before it stay.
        ProjectError: the domain has no synthetic data.
    """
    steps = read_steps(domain)
    if not steps:
        raise ProjectError(f"{domain.name} has no synthetic data: no file in {domain.load}")
    with _connect(database) as connection:
        _set(connection, "pgrepo.scale", f"{scale:f}")
        for step in steps:
            _set(connection, "pgrepo.parts", str(step.parts))
            for part in range(1, step.parts + 1):
                _set(connection, "pgrepo.part", str(part))
                yield Progress(step, part, _run(connection, step.source, domain))


def _sql_files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.iterdir() if path.suffix == ".sql" and path.is_file())


def _read_step(source: Source) -> Step:
    found = _HEADER.fullmatch(source.line(1))
    if found is None:
        raise source.error(
            "PGR411",
            "the file does not begin with the line of a step",
            0,
            len(source.line(1)),
            help="such as -- step: users, or -- step: messages, repeat 20",
        )
    return Step(found["name"], int(found["parts"] or 1), source)


def _connect(database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        database, autocommit=True, application_name="pgrepo load", **of_commands(database)
    )


def _set(connection: psycopg.Connection[tuple[object, ...]], name: str, value: str) -> None:
    connection.execute("SELECT set_config(%s, %s, false)", [name, value])


def _run(
    connection: psycopg.Connection[tuple[object, ...]], source: Source, domain: DomainFiles
) -> int:
    """Runs a file and returns how many rows it added."""
    try:
        cursor = connection.execute(source.text.encode())
    except psycopg.Error as error:
        raise _refused(source, error, domain) from error
    rows = _written(cursor)
    while cursor.nextset():
        rows += _written(cursor)
    return rows


def _written(cursor: psycopg.Cursor[Any]) -> int:
    """How many rows a statement has written; what a SELECT returns is none of them."""
    is_query = (cursor.statusmessage or "").startswith("SELECT")
    return 0 if is_query else max(cursor.rowcount, 0)


def _refused(source: Source, error: psycopg.Error, domain: DomainFiles) -> PgrepoError:
    said = error.diag.message_primary or str(error).strip()
    if error.diag.sqlstate is None:  # libpq's own: the connection is gone
        return PgrepoError(f"{source.name}: the connection was lost ({said}); load again")
    position = int(error.diag.statement_position or 1) - 1
    help_text = error.diag.message_hint
    if error.diag.sqlstate in _UNDEFINED:
        help_text = f"run `pgrepo migrate {domain.name}` on this database first"
    return source.error("PGR410", said, position, help=help_text)
