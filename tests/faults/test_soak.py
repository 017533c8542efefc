"""Many threads and tasks at the same time, for a while: no error, no wrong answer, no leak.

`PGREPO_SOAK_SECONDS` says for how long on each way; the long form is 60 and takes all ways. How
much they get done is another matter, which benchmarks/soak.py measures.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from .conftest import Way

_SHORT = 3.0
SECONDS = float(os.environ.get("PGREPO_SOAK_SECONDS", _SHORT))
WAYS = ["fast", "cursors", "pgbouncer"] if SECONDS > _SHORT else ["fast"]
_ROOT = Path(__file__).parents[2]
_CONNECTED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
AND pid <> pg_backend_pid()
"""


@pytest.mark.parametrize("way", WAYS, indirect=True)
def test_soak(way: Way) -> None:
    """24 threads and 200 tasks: each answer its own, memory flat, all connections back."""
    told = _run(way)
    assert told["errors"] == []
    done: dict[str, int] = told["done"]
    assert len(done) == 9
    with psycopg.connect(way.direct) as connection:
        assert connection.execute("SELECT count(*) FROM marks").fetchone() == (told["written"],)
        if way.name != "pgbouncer":
            assert connection.execute(_CONNECTED).fetchone() == (0,)
    way.assert_quiet()
    early, late = _after_warming_up(told["memory"])
    print(f"{way.name}: {sum(done.values()):,} answers, {early:,.0f} then {late:,.0f} bytes")
    assert late <= 1.02 * early


def _run(way: Way) -> dict[str, Any]:
    script = Path(__file__).with_name("soak.py")
    path = [str(_ROOT), *filter(None, sys.path)]
    ran = subprocess.run(
        [sys.executable, str(script), way.url, way.name, str(SECONDS)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def _after_warming_up(samples: list[int]) -> tuple[float, float]:
    """How much memory was taken in the second third of the time, and in the last."""
    third = len(samples) // 3
    return statistics.median(samples[third : 2 * third]), statistics.median(samples[-third:])
