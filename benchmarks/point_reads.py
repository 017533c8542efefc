"""Point reads and pages of rows: a repository call beside drivers, query libraries and ORMs.

Three works, and ratios of medians from one run, server and client on one core:

1. a row of ten columns by its primary key, through the repository and pgrepo's pool, typed.
   Targets: at most 0.55 times what psycopg's pool with class_row takes, 0.12 times SQLAlchemy's
   ORM, 2 times `pgbench -M prepared`, which is the floor: C, and nothing decoded.
2. the same from 16 asyncio tasks on a pool of 16 connections. Target: at most 0.55 times what
   asyncpg's pool takes, which makes records and no objects.
3. 500 such rows. Targets: at most 0.45 times psycopg with class_row, 0.75 times asyncpg with its
   records made into dataclasses, 0.25 times SQLAlchemy's ORM.

How each peer is used is in benchmarks/peers. They are needed: `pip install 'pgrepo[bench]'`;
with `--alone` only psycopg and aiosql stand beside pgrepo.

    python benchmarks/point_reads.py [--rounds 40] [--check] [--json FILE] [--profile] [--alone]
"""

from __future__ import annotations

import sys

import harness
from peers.entrance import PACKAGES, Contest, command_line, contest
from peers.floor import pgbench
from peers.stage import TASKS, contestants
from results import Work

OURS, OURS_ASYNC, FLOOR = "pgrepo", "pgrepo, asyncio", "pgbench -M prepared"
POINT = {"psycopg, pool, class_row": 0.55, "SQLAlchemy ORM": 0.12, FLOOR: 2.0}
CROWD = {"asyncpg, pool, records": 0.55}
PAGES = {"psycopg, pool, class_row": 0.45, "asyncpg, pool, dataclass": 0.75, "SQLAlchemy ORM": 0.25}
POINT_CALLS, CROWD_CALLS, PAGE_CALLS = 200, 40, 5


def measure(entered: Contest, rounds: int) -> list[Work]:
    """The three works."""
    stage, entrants = entered.stage, entered.entrants
    synchronous = [entrant for entrant in entrants if not entrant.asynchronous]
    turns = contestants(stage, synchronous, "order")
    turns[FLOOR] = pgbench(stage, entered.directory)
    point = Work(
        "point read, sync, typed", "µs a call", harness.interleaved(turns, rounds, POINT_CALLS)
    )
    point.aim(OURS, POINT)
    turns = contestants(stage, entrants, "order", TASKS)
    crowd = Work(
        f"point read, async, {TASKS} tasks",
        "µs a call",
        harness.interleaved(turns, rounds, CROWD_CALLS),
    )
    crowd.aim(OURS_ASYNC, CROWD)
    turns = contestants(stage, entrants, "page")
    pages = Work("500 typed rows", "µs a call", harness.interleaved(turns, rounds, PAGE_CALLS))
    pages.aim(OURS, PAGES)
    return [point, crowd, pages]


def profile(entered: Contest) -> None:
    """Where pgrepo's time goes in each of the works."""
    stage, entrants = entered.stage, entered.entrants
    harness.profiled(contestants(stage, entrants, "order")[OURS], 20_000)
    harness.profiled(contestants(stage, entrants, "order", TASKS)[OURS_ASYNC], 1_000)
    harness.profiled(contestants(stage, entrants, "page")[OURS], 300)


def main() -> int:
    """Builds, measures, reports."""
    options = command_line(__doc__)
    with contest(alone=options.alone) as entered:
        works = measure(entered, options.rounds)
        if options.profile:
            profile(entered)
    return harness.finish(options, entered.version, works, packages=harness.installed(*PACKAGES))


if __name__ == "__main__":
    sys.exit(main())
