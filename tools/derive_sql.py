"""Derives SQL that several schemas have alike from that of one of them.

    python tools/derive_sql.py            writes the derived files
    python tools/derive_sql.py --check    writes nothing, names those that differ, exits 1

Every schema has its own, so that a domain can be deployed alone; none of them does it differently:

- The making of monthly partitions. `sql/storyverse/V005.2__partitions.sql` is written by hand, and
  every other DDL file with that description is the same text with its own schema's name. What
  tables differ in, their schemas say themselves, in a function `partition_storage()`.
- `retry_delay()`, how long queues wait between attempts. In every DDL file that makes one it is
  storyverse's, with its own schema's name and the longest wait that is told below.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "sql"
SOURCE_SCHEMA = "storyverse"
PARTITIONS = SQL / SOURCE_SCHEMA / "V005.2__partitions.sql"
RETRY_DELAY = SQL / SOURCE_SCHEMA / "V005__segments_jobs.sql"

# In seconds. The receiver of a webhook may be out of order for longer than a worker.
LONGEST_WAIT = 600
LONGEST_WAITS = {"mindia": 3600}


def main() -> int:
    """Derives, or checks, every file; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check

    derived = derived_files()
    differing = [file for file, text in derived.items() if file.read_text() != text]
    for file in differing:
        print(f"{'differs' if check else 'written'}: {file.relative_to(ROOT).as_posix()}")
    if check:
        return 1 if differing else 0
    for file in differing:
        file.write_text(derived[file])
    return 0


def derived_files() -> dict[Path, str]:
    """Returns the files of which all or a part is derived, with the text that they should have.

    An empty file for partitions, or a function without a body, is enough to begin with.
    """
    partitions = [file for file in SQL.glob("*/V*__partitions.sql") if file != PARTITIONS]
    queues = [
        file for file in SQL.glob("*/V*.sql") if file != RETRY_DELAY and has_retry_delay(file)
    ]
    return {file: partitions_of(file.parent.name) for file in sorted(partitions)} | {
        file: with_retry_delay(file.read_text(), file.parent.name) for file in sorted(queues)
    }


def partitions_of(schema: str) -> str:
    """Returns the text that makes a schema's monthly partitions."""
    return renamed(PARTITIONS.read_text(), schema)


def has_retry_delay(file: Path) -> bool:
    """Tells whether a DDL file makes its schema's `retry_delay()`."""
    return retry_delay_in(file.read_text(), file.parent.name) is not None


def with_retry_delay(text: str, schema: str) -> str:
    """Returns the text of a DDL file with the function as it is derived.

    Raises:
        ValueError: the source has no such function, or its longest wait does not stand in it once.
    """
    source = retry_delay_in(RETRY_DELAY.read_text(), SOURCE_SCHEMA)
    usual = f"LEAST({LONGEST_WAIT}, "
    if source is None or source[0].count(usual) != 1:
        raise ValueError(f"{RETRY_DELAY} has no retry_delay() that waits up to {LONGEST_WAIT} s")
    longest = LONGEST_WAITS.get(schema, LONGEST_WAIT)
    derived = renamed(source[0], schema).replace(usual, f"LEAST({longest}, ")
    found = retry_delay_in(text, schema)
    return text if found is None else text[: found.start()] + derived + text[found.end() :]


def retry_delay_in(text: str, schema: str) -> re.Match[str] | None:
    """Finds the statement that makes a schema's `retry_delay()`."""
    return re.search(rf"^CREATE FUNCTION {schema}\.retry_delay\([^;]*;", text, re.MULTILINE)


def renamed(text: str, schema: str) -> str:
    """Returns text about the source's schema as one about another."""
    return re.sub(rf"\b{SOURCE_SCHEMA}\b", schema, text)


if __name__ == "__main__":
    sys.exit(main())
