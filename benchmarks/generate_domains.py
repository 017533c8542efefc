"""generate and check over the five shipped domains, without a cache and with one.

`pgrepo generate` and `pgrepo check` run on a copy of the project as a user runs them, each a
process of its own, with the server up: without a cache, and with one that knows everything.
Target: at most 5 s for each.

    python benchmarks/generate_domains.py [--rounds 5] [--check] [--json FILE]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import harness
import psycopg
from verbs import VERBS, run, server, works

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("sql", "queries", "src/pgrepo/domains")
COLD, WARM = "cold", "nothing changed"


def copy(project: Path) -> None:
    """Copies what the verbs read and write."""
    shutil.copy(ROOT / "pyproject.toml", project)
    for part in PARTS:
        shutil.copytree(ROOT / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))


def measure(project: Path, rounds: int, url: str) -> dict[str, dict[str, list[float]]]:
    """The seconds of every run; the first round, which warms up, does not count."""
    taken: dict[str, dict[str, list[float]]] = {verb: {COLD: [], WARM: []} for verb in VERBS}
    for number in range(rounds + 1):
        for verb, states in taken.items():
            shutil.rmtree(project / ".pgrepo_cache", ignore_errors=True)
            for kept in states.values():
                seconds = run(verb, project, url)
                if number:
                    kept.append(seconds)
    return taken


def main() -> int:
    """Copies, measures, reports."""
    options = harness.command_line(__doc__, 5, of="runs of each verb in each state").parse_args()
    with tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as directory, server() as url:
        project = Path(directory)
        copy(project)
        with psycopg.connect(url) as connection:
            version = connection.info.server_version
        taken = measure(project, options.rounds, url)
    return harness.finish(options, version, works(taken, "all five domains"), seconds=taken)


if __name__ == "__main__":
    sys.exit(main())
