"""How long does a test wait for a database of its own, with all of storyverse's DDL?

That is the time from asking for a database to the answer of a first query in it, and from giving
it back to being let go: all that is added to a test. Tests follow each other at once, or take a
while themselves, in which the server prepares the next database. It is the server of the plugin
`pgrepo.pytest`, on the disk or in memory as there. Beside it, on the same server, what
pytest-postgresql's own fixtures do. Target: at most 30 ms for tests that follow each other at once.

    python benchmarks/databases_for_tests.py [--rounds 40] [--check] [--json FILE]
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import harness
import psycopg
from psycopg.conninfo import make_conninfo
from pytest_postgresql.janitor import DatabaseJanitor
from results import Target, Work

from pgrepo.project import shipped_domain
from pgrepo.pytest import server
from pgrepo.pytest.templates import Databases, template

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_postgresql.executors import NoopExecutor

AT_MOST = 30.0  # ms
OURS, THEIRS = "pgrepo.pytest", "pytest-postgresql"
LENGTHS = {"at once": 0.0, "tests of 50 ms": 0.05}  # s
PEERS_NAME = "pgrepo_bench_peer"


def use(url: str, length: float) -> float:
    """What a test does; returns how long it took until it had a first answer, s."""
    started = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT count(*) FROM storyverse.users")
        waited = time.perf_counter() - started
        time.sleep(length)
    return waited


def with_ours(databases: Databases, length: float) -> float:
    """One test with the plugin; returns what it waited, s."""
    started = time.perf_counter()
    name = databases.take()
    waited = time.perf_counter() - started + use(databases.url(name), length)
    started = time.perf_counter()
    databases.give_back(name)
    return waited + time.perf_counter() - started


def with_theirs(url: str, executor: NoopExecutor, length: float) -> float:
    """One test with what pytest-postgresql's fixtures call; returns what it waited, s."""
    janitor = DatabaseJanitor(
        user=executor.user,
        host=executor.host,
        port=executor.port,
        password=executor.password,
        dbname=PEERS_NAME,
        template_dbname=executor.template_dbname,
        maintenance_dbname=executor.maintenance_dbname,
    )
    started = time.perf_counter()
    janitor.init()
    waited = time.perf_counter() - started + use(make_conninfo(url, dbname=PEERS_NAME), length)
    started = time.perf_counter()
    janitor.drop()
    return waited + time.perf_counter() - started


def median_ms(test: Callable[[], float], rounds: int) -> float:
    """The median of so many tests; the first three warm up."""
    return statistics.median([test() for _ in range(rounds + 3)][3:]) * 1000


def main() -> int:
    """Measures and reports."""
    options = harness.command_line(__doc__, of="tests of each contestant").parse_args()
    url = server.start()
    with psycopg.connect(url) as connection:
        version = connection.info.server_version
    works = []
    with template(url, [shipped_domain("storyverse")]) as executor:
        for about, length in LENGTHS.items():
            with closing(Databases(url, executor.template_dbname)) as databases:
                ours = median_ms(partial(with_ours, databases, length), options.rounds)
            theirs = median_ms(partial(with_theirs, url, executor, length), options.rounds)
            work = Work(f"a database for a test, {about}", "ms", {OURS: ours, THEIRS: theirs})
            if not length:
                work.targets.append(Target("", ours, at_most=AT_MOST, unit="ms"))
            works.append(work)
    packages = harness.installed("psycopg", "pytest-postgresql")
    return harness.finish(options, version, works, packages=packages)


if __name__ == "__main__":
    sys.exit(main())
