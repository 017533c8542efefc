"""What the benchmarks share: a server on one core, contestants that take turns, and their end.

Server and client are pinned to one core, where a call and its answer follow each other without
one processor waking another. Contestants take turns (A B C A B C), so that a disturbance strikes
all alike; what is reported are medians and, above all, their ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import os
import platform
import pstats
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, TypeAlias

import psycopg
import results
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrepo import embedded
from pgrepo.operate.migrate import migrate
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from results import Work

Turn: TypeAlias = "Callable[[int], float]"
"""A contestant: makes so many calls, and returns how long one took, µs."""

WARM_UP = 3
"""How many turns of each contestant do not count."""


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A fresh embedded server on the core of this process; its URL."""
    with unpinned_server() as (url, postmaster):
        pin(postmaster)
        yield url


@contextlib.contextmanager
def unpinned_server() -> Iterator[tuple[str, int]]:
    """A fresh embedded server; its URL and the number of its process."""
    with tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as directory:
        data_dir = Path(directory, "pg")
        try:
            url = embedded.dsn(data_dir)
            postmaster = embedded.status(data_dir).pid
            assert postmaster is not None
            yield url, postmaster
        finally:
            embedded.stop(data_dir)


def pin(postmaster: int) -> int:
    """Puts this process and the server, new backends included, on one core."""
    core = max(os.sched_getaffinity(0))
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (postmaster, *map(int, children), 0):
        with contextlib.suppress(ProcessLookupError):  # a worker that has just ended
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


def rows(url: str, query: LiteralString, *arguments: object) -> list[tuple[Any, ...]]:
    """What calls are made with."""
    with psycopg.connect(url) as connection:
        return connection.execute(query, arguments).fetchall()


def repeated(run: Callable[[], object]) -> Turn:
    """A contestant that makes a call again and again."""

    def turn(calls: int) -> float:
        started = time.perf_counter()
        for _ in range(calls):
            run()
        return (time.perf_counter() - started) / calls * 1e6

    return turn


def tasks(
    loop: asyncio.AbstractEventLoop, run: Callable[[], Awaitable[object]], count: int = 1
) -> Turn:
    """A contestant of so many tasks, which make that many calls each."""

    async def one(calls: int) -> None:
        for _ in range(calls):
            await run()

    async def all_of_them(calls: int) -> None:
        await asyncio.gather(*(one(calls) for _ in range(count)))

    def turn(calls: int) -> float:
        started = time.perf_counter()
        # Tasks cost something too, but one of them shares it among its calls.
        loop.run_until_complete(one(calls) if count == 1 else all_of_them(calls))
        return (time.perf_counter() - started) / (calls * count) * 1e6

    return turn


def interleaved(
    contestants: Mapping[str, Turn], rounds: int, calls: int, warm_up: int = WARM_UP
) -> dict[str, float]:
    """The median of each contestant's turns, µs a call; the first turns warm up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + warm_up):
        for name, turn in contestants.items():
            taken = turn(calls)
            if number >= warm_up:
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def profiled(turn: Turn, calls: int) -> None:
    """Prints where the time of a contestant goes."""
    profile = cProfile.Profile()
    profile.enable()
    turn(calls)
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def command_line(
    document: str | None, rounds: int = 40, *, of: str = "turns of each contestant"
) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=(document or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=rounds, help=of)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    return parser


def finish(
    options: argparse.Namespace, server_version: int | None, works: Sequence[Work], **details: Any
) -> int:
    """Prints what was found and writes it where it is wanted; returns the exit status."""
    for work in works:
        print(f"\n{work.table()}")
    found = results.Results(
        Path(sys.argv[0]).stem, about(server_version, options.rounds), list(works), details
    )
    if options.json:
        results.write(options.json, found)
    return 1 if options.check and not found.met else 0


def about(server_version: int | None, rounds: int) -> dict[str, Any]:
    """Where figures come from; the version of the server is None where none takes part."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "postgresql": server_version and f"{server_version // 10000}.{server_version % 10000}",
        "python": platform.python_version(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "rounds": rounds,
    }


def processor() -> str:
    """The model of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def installed(*packages: str) -> dict[str, str]:
    """The versions of packages, by the names under which they are installed."""
    found: dict[str, str] = {}
    for package in packages:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def present(*modules: str) -> bool:
    """Tells whether modules can be imported, and says so if they cannot."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}; run: pip install 'pgrepo[bench]'")
    return not missing
