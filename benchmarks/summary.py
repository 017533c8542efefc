"""Prints the targets and what was measured, and writes docs/benchmarks.md with its charts.

Reads what the benchmarks have written into build/benchmarks; `make bench` runs all of them and then
this.

    python benchmarks/summary.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import results
from rendering import page, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from results import Results

ROOT = Path(__file__).resolve().parents[1]


def render(found: Mapping[str, Results], docs: Path) -> None:
    """Writes the page and its charts; charts that are drawn no more are removed."""
    pictures = page.pictures(found)
    directory = docs / "benchmarks"
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.svg"):
        if old.name not in pictures:
            old.unlink()
    for name, picture in pictures.items():
        (directory / name).write_text(picture, encoding="utf-8")
    (docs / "benchmarks.md").write_text(page.page(found), encoding="utf-8")


def main() -> int:
    """Reads, prints, writes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where to write")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    options = parser.parse_args()
    found = results.read_all(options.results)
    if not found:
        print(f"{options.results} has no results: run `make bench`, or a benchmark with --json")
        return 1
    others = [*(name for name in tables.GROWING if name in found), *tables.others(found)]
    print(page.machine(found), end="\n\n")
    print(tables.text(tables.rows(found, tables.MAIN)), end="\n\n")
    print(tables.text(tables.rows(found, others)))
    render(found, options.docs)
    return 1 if options.check and not all(entry.met for entry in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
