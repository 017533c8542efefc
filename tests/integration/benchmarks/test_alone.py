"""The benchmarks beside peers, as far as they need no other package.

Each runs in a process of its own, as it binds itself to one core.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def run(benchmark: str, directory: Path, *options: str) -> list[Mapping[str, Any]]:
    """Runs a benchmark with one round; the works that it has written down."""
    file = directory / f"{benchmark}.json"
    ran = subprocess.run(
        [
            sys.executable, BENCHMARKS / f"{benchmark}.py", "--alone", "--rounds=1",
            f"--json={file}", *options,
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    works: list[Mapping[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["works"]
    for work in works:
        assert min(work["medians"].values()) > 0
        assert f"{work['name']} ({work['unit']})" in ran.stdout
    return works


def test_point_reads(tmp_path: Path) -> None:
    """A repository is generated; all contestants read the same, and pgrepo has its targets."""
    point, crowd, page = run("point_reads", tmp_path)
    assert {"pgrepo", "psycopg, pool, class_row", "pgbench -M prepared"} <= {*point["medians"]}
    assert {*crowd["medians"]} == {"pgrepo, asyncio"}
    assert {"pgrepo", "psycopg, pool, class_row", "pgrepo, asyncio"} <= {*page["medians"]}
    assert [target["at_most"] for target in point["targets"]] == [0.55, 2.0]
    assert [target["at_most"] for target in page["targets"]] == [0.45]


def test_bulk_insert(tmp_path: Path) -> None:
    """All contestants store the same rows; rates are compared."""
    [insert] = run("bulk_insert", tmp_path, "--rows=100")
    assert {"pgrepo", "psycopg, COPY, write_row", "COPY of ready-made bytes"} <= {
        *insert["medians"]
    }
    assert insert["more_is_better"]
    assert [target["at_least"] for target in insert["targets"]] == [0.9]
