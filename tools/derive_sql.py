"""Derives the making of monthly partitions for one schema from that of another.

    python tools/derive_sql.py            writes the derived files
    python tools/derive_sql.py --check    writes nothing, names those that differ, exits 1

`sql/storyverse/V005.2__partitions.sql` is written by hand. Every other DDL file with that
description is the same text with its own schema's name, so that a domain can be deployed alone and
no two of them make partitions differently. What tables differ in, their schemas say themselves, in
a function `partition_storage()`.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "sql/storyverse/V005.2__partitions.sql"


def main() -> int:
    """Derives, or checks, every file; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check

    derived = {file: derive(file.parent.name) for file in targets()}
    differing = [file for file, text in derived.items() if file.read_text() != text]
    for file in differing:
        print(f"{'differs' if check else 'written'}: {file.relative_to(ROOT).as_posix()}")
    if check:
        return 1 if differing else 0
    for file in differing:
        file.write_text(derived[file])
    return 0


def targets() -> list[Path]:
    """Returns the files that are derived; an empty one is enough to begin with."""
    return sorted(file for file in ROOT.glob("sql/*/V*__partitions.sql") if file != SOURCE)


def derive(schema: str) -> str:
    """Returns the source's text for another schema."""
    return re.sub(rf"\b{SOURCE.parent.name}\b", schema, SOURCE.read_text())


if __name__ == "__main__":
    sys.exit(main())
