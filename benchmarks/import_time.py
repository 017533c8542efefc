"""How long does `import pgrepo` with one domain take, above psycopg and its pool?

Each import happens in a fresh process, which tells how long it took; the processes of the
contestants take turns, all on one core, with the compiled files in place, as an installation has
them, and the disk's cache warm. Target: the slowest domain takes at most 60 ms more than
`import psycopg, psycopg_pool`, which it contains.

Peers that are installed are shown for comparison: `pip install 'pgrepo[bench]'`.

    python benchmarks/import_time.py [--rounds 40] [--check] [--json FILE] [--profile]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec

import harness
import psycopg
from results import Target, Work

ABOVE_AT_MOST = 60.0  # ms
BASE = "psycopg, psycopg_pool"
DOMAINS = ("audiotricks", "littlemonster", "mindia", "monumento", "storyverse")
PEERS = {
    "asyncpg": ("asyncpg", "asyncpg"),
    "sqlalchemy": ("SQLAlchemy ORM, psycopg", "psycopg, sqlalchemy.orm"),
    "django": ("Django ORM, psycopg", "psycopg, django.db.models"),
    "tortoise": ("Tortoise ORM, asyncpg", "asyncpg, tortoise.models"),
}
TIMED = """
from time import perf_counter
started = perf_counter()
import {modules}
print((perf_counter() - started) * 1000)
"""


def contestants() -> dict[str, str]:
    """What is imported, by what it is called."""
    found = {BASE: BASE}
    found |= {f"pgrepo, {name}": f"pgrepo, pgrepo.domains.{name}" for name in DOMAINS}
    return found | {name: modules for peer, (name, modules) in PEERS.items() if find_spec(peer)}


def keep_compiled(directory: str) -> None:
    """Has the processes keep what they compile, also where the environment forbids it."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = directory


def importing(modules: str) -> float:
    """Imports modules in a fresh process; ms."""
    ran = subprocess.run(
        [sys.executable, "-c", TIMED.format(modules=modules)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(ran.stdout)


def measure(imports: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """The times of each, ms; the first round fills the caches."""
    taken: dict[str, list[float]] = {name: [] for name in imports}
    for number in range(rounds + 1):
        for name, modules in imports.items():
            took = importing(modules)
            if number:
                taken[name].append(took)
    return taken


def work(taken: dict[str, list[float]]) -> Work:
    """The medians, and what the slowest domain adds."""
    medians = {name: statistics.median(times) for name, times in taken.items()}
    domains = [f"pgrepo, {name}" for name in DOMAINS]
    above = max(medians[name] for name in domains) - medians[BASE]
    order = [*domains, BASE, *(name for name in medians if name not in {*domains, BASE})]
    return Work(
        "import pgrepo and one domain",
        "ms",
        {name: medians[name] for name in order},
        [Target(f"above {BASE}", above, at_most=ABOVE_AT_MOST, unit="ms")],
    )


def profile() -> None:
    """Prints the modules that take the longest."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import pgrepo, pgrepo.domains.monumento"],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [line.removeprefix("import time:").split("|") for line in ran.stderr.splitlines()[1:]]
    own = sorted(((int(line[0]), line[2].strip()) for line in lines), reverse=True)
    for microseconds, module in own[:25]:
        print(f"{microseconds:>8} µs  {module}")


def main() -> int:
    """Measures and reports."""
    parser = harness.command_line(__doc__, of="fresh processes of each")
    parser.add_argument("--profile", action="store_true", help="show which modules take long")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the processes inherit it
    imports = contestants()
    with tempfile.TemporaryDirectory(prefix="pgrepo-bench-") as compiled:
        keep_compiled(compiled)
        taken = measure(imports, options.rounds)
        if options.profile:
            profile()
    least = {name: min(times) for name, times in taken.items()}
    packages = harness.installed("psycopg", "psycopg-pool", "asyncpg", "sqlalchemy", "django")
    return harness.finish(
        options, None, [work(taken)], least_ms=least, packages=packages, libpq=psycopg.pq.version()
    )


if __name__ == "__main__":
    sys.exit(main())
