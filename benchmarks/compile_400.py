"""generate and check on a large project: cold, with nothing changed, and with one query changed.

Writes a project of 400 queries over 80 tables into a temporary directory: 40 times the ten
queries that an aggregate usually has, joins, JSON documents, keyset pages and writes among them.
Then `pgrepo generate` and `pgrepo check` run on it as a user runs them, each a process of its
own, with the server up: without a cache, with one that knows everything, and with one that knows
all queries but one. Target: at most 5 s for each.

    python benchmarks/compile_400.py [--aggregates 40] [--rounds 5] [--check] [--json FILE]
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

import harness
import psycopg
from large_project import write_project
from verbs import VERBS, run, server, works

STATES = ("cold", "nothing changed", "one query changed")


def edit(root: Path, number: int) -> None:
    """Changes one query, another way each time."""
    path = root / "queries" / "thing_000.sql"
    text = path.read_text()
    before = "WHERE item.id = :thing_000_id AND item.deleted_at IS NULL;"
    after = f"WHERE item.id = :thing_000_id AND item.deleted_at IS NULL AND {number} = {number};"
    path.write_text(re.sub(r" AND \d+ = \d+;", ";", text).replace(before, after, 1))


def measure(aggregates: int, runs: int, url: str) -> dict[str, dict[str, list[float]]]:
    """The seconds of every run of every verb in every state; the first round, which warms up, not.

    Of each verb a run with nothing changed follows one that has filled the cache.
    """
    taken: dict[str, dict[str, list[float]]] = {
        verb: {state: [] for state in STATES} for verb in VERBS
    }
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write_project(root, aggregates)
        for number in range(runs + 1):
            for verb in VERBS:
                shutil.rmtree(root / ".pgrepo_cache", ignore_errors=True)
                for state in STATES:
                    if state == "one query changed":
                        edit(root, 2 * number + VERBS.index(verb))
                        if verb == "check":  # what is generated must be current
                            run("generate", root, url, "--no-cache")
                    seconds = run(verb, root, url)
                    if number:
                        taken[verb][state].append(seconds)
    return taken


def main() -> int:
    """Measures, prints a table, and writes JSON."""
    parser = harness.command_line(__doc__, 5, of="runs of each verb in each state")
    parser.add_argument("--aggregates", type=int, default=40, help="ten queries each")
    options = parser.parse_args()
    with server() as url:
        with psycopg.connect(url) as connection:
            version = connection.info.server_version
        taken = measure(options.aggregates, options.rounds, url)
    return harness.finish(
        options, version, works(taken, f"{options.aggregates * 10} queries"), seconds=taken
    )


if __name__ == "__main__":
    sys.exit(main())
