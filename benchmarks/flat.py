"""What the benchmarks share: a server on one core, shipped statements, medians, their files.

Calls are what a driver sends: a prepared statement, binary results, over libpq, nothing decoded.
Contestants take turns of ten calls, so that a disturbance strikes all alike, and none is mostly
measured on processor caches that another one has just filled.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus

from pgrepo import embedded
from pgrepo.operate.migrate import migrate
from pgrepo.project import shipped_domain
from pgrepo.sqlfiles.variants import Choice

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pgrepo.sqlfiles.library import LoadedQuery

FLAT_AT_MOST = 1.5


@dataclass(frozen=True)
class Contestant:
    """A statement prepared on a connection of its own, and the arguments of its calls in turn."""

    name: str
    connection: psycopg.Connection[Any]
    arguments: Iterator[Sequence[bytes]]
    rows: int

    def run(self) -> float:
        """One call, µs."""
        arguments = next(self.arguments)
        started = time.perf_counter()
        result = self.connection.pgconn.exec_prepared(b"contestant", arguments, None, 1)
        taken = time.perf_counter() - started
        assert result.status == ExecStatus.TUPLES_OK, result.error_message
        assert result.ntuples == self.rows, (self.name, result.ntuples)
        return taken * 1e6


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A fresh embedded server on the core of this process; its URL."""
    with tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as directory:
        data_dir = Path(directory, "pg")
        try:
            url = embedded.dsn(data_dir)
            postmaster = embedded.status(data_dir).pid
            assert postmaster is not None
            pin(postmaster)
            yield url
        finally:
            embedded.stop(data_dir)


def pin(postmaster: int) -> int:
    """Puts this process and the server, new backends included, on one core."""
    core = max(os.sched_getaffinity(0))
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (postmaster, *map(int, children), 0):
        os.sched_setaffinity(pid, {core})
    return core


def database(url: str, name: str, domain: str) -> str:
    """A new database with the schema of a domain; its URL."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    built = make_conninfo(url, dbname=name)
    migrate(built, shipped_domain(domain))
    return built


def load(connection: psycopg.Connection[Any], domain: str, scale: float, files: str) -> None:
    """Runs the load files whose names match a pattern."""
    settings = {"pgrepo.scale": str(scale), "pgrepo.part": "1", "pgrepo.parts": "1"}
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    for file in sorted(shipped_domain(domain).load.glob(files)):
        connection.execute(file.read_bytes())


def variant(
    query: LoadedQuery, given: Collection[str] = (), order: str | None = None
) -> tuple[str, list[str]]:
    """The variant with these optional parameters and no others, and the name of each $n."""
    absent = frozenset(
        number
        for number, option in enumerate(query.variants.options)
        if not set(option.parameters) & set(given)
    )
    chosen = query.variants.variant(query.sql, query.positions, Choice(absent, order))
    return chosen.sql, [query.positions[number] for number in chosen.kept]


def enter(
    name: str, url: str, query: LoadedQuery, order: str | None, rows: int, **given: Sequence[object]
) -> Contestant:
    """Connects and prepares; each parameter takes its values in turn, all at the same pace."""
    text, names = variant(query, given, order)
    connection = psycopg.connect(url, autocommit=True)
    result = connection.pgconn.prepare(b"contestant", text.encode())
    assert result.status == ExecStatus.COMMAND_OK, result.error_message
    columns = [
        [None if value is None else str(value).encode() for value in given[parameter]]
        for parameter in names
    ]
    calls = itertools.cycle(zip(*columns, strict=True))
    return Contestant(name, connection, calls, rows)


def rows(url: str, query: LiteralString, *arguments: object) -> list[tuple[Any, ...]]:
    """What calls are made with."""
    with psycopg.connect(url) as connection:
        return connection.execute(query, arguments).fetchall()


def measure(entrants: Sequence[Contestant], rounds: int) -> list[float]:
    """The median time of each, µs."""
    times: list[list[float]] = [[] for _ in entrants]
    for round_number in range(rounds + 5):
        for entrant, kept in zip(entrants, times, strict=True):
            turn = [entrant.run() for _ in range(10)]
            if round_number >= 5:  # the first five warm up
                kept.extend(turn)
    return [statistics.median(taken) for taken in times]


def report(heats: dict[str, list[Contestant]], rounds: int) -> dict[str, Any]:
    """Measures, prints a line for each heat, and returns the figures."""
    print(f"{'µs per call':<32}{'1x':>10}{'10x':>10}{'100x':>10}{'100x / 1x':>12}")
    figures: dict[str, Any] = {}
    for call, entrants in heats.items():
        medians = measure(entrants, rounds)
        ratio = medians[-1] / medians[0]
        figures[call] = {
            "median_us": {entrant.name: us for entrant, us in zip(entrants, medians, strict=True)},
            "ratio": ratio,
            "at_most": FLAT_AT_MOST,
            "met": ratio <= FLAT_AT_MOST,
        }
        print(f"{call:<32}{''.join(f'{median:>10.0f}' for median in medians)}{ratio:>12.2f}")
    print(f"\ntarget: at most {FLAT_AT_MOST}")
    return figures


def options(summary: str) -> argparse.Namespace:
    """The command line of every such benchmark."""
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--rounds", type=int, default=40, help="turns of ten calls each")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    return parser.parse_args()


def save(file: Path, version: int, rounds: int, **figures: Any) -> None:
    """Writes figures to a file, and where they come from."""
    document = {
        "benchmark": Path(sys.argv[0]).stem,
        "postgresql": version,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "rounds": rounds,
        **figures,
    }
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
