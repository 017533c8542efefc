"""Archivers for test_archiver_killed.py: each line of input is one, in a process of its own.

    python archiver.py URL

A line is JSON: {"place": …, "dies_at": N, "file_bytes": N}. The archiver kills itself at its Nth
step, a call that changes something or goes to the server or the disk; files cannot grow beyond
`file_bytes`. For each line it says how the archiver ended, as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileOpener, LocalFileSystem

from pgrepo.errors import PgrepoError
from pgrepo.operate.partitions.archives import archive

STEPS = [
    (psycopg.Connection, "execute"),
    (psycopg.Copy, "write_row"),
    (pq.ParquetWriter, "write_table"),
    (LocalFileOpener, "write"),
    (LocalFileSystem, "mv"),
    (Path, "mkdir"),
    (os, "fsync"),
]
WRITTEN_ROWS = 40
"""Of so many rows that are read back, one is a step."""


class Steps:
    """Counts steps, and dies at one of them."""

    def __init__(self, dies_at: int) -> None:
        self.dies_at = dies_at
        self.count = 0
        self.rows = 0
        for owner, name in STEPS:
            setattr(owner, name, self.deadly(getattr(owner, name), is_row=name == "write_row"))

    def deadly(self, method: Any, *, is_row: bool) -> Any:
        """A method that counts, and dies when it has done its work."""

        def call(*arguments: Any, **options: Any) -> Any:
            result = method(*arguments, **options)
            self.rows += is_row
            if not is_row or self.rows % WRITTEN_ROWS == 1:
                self.count += 1
                if self.count == self.dies_at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


def run(url: str, place: str, dies_at: int, file_bytes: int) -> dict[str, Any]:
    """Archives; returns how many steps that took, and what went wrong."""
    steps = Steps(dies_at)
    if file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    try:
        archive(url, "shop.orders", keep_months=6, to=place)
    except PgrepoError as error:
        return {"error": str(error), "steps": steps.count}
    return {"error": None, "steps": steps.count}


def main() -> None:
    """Forks for each line, so that what is imported is imported once."""
    for line in sys.stdin:
        order = json.loads(line)
        reader, writer = os.pipe()
        if (pid := os.fork()) == 0:
            found = run(sys.argv[1], order["place"], order["dies_at"], order["file_bytes"])
            os.write(writer, json.dumps(found).encode())
            os._exit(0)
        os.close(writer)
        with open(reader, encoding="utf-8") as pipe:  # noqa: PTH123 - a descriptor
            said = pipe.read()
        _, status = os.waitpid(pid, 0)
        is_killed = os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        found = json.loads(said) if said else {"error": None, "steps": 0}
        print(json.dumps({**found, "is_killed": is_killed}), flush=True)


if __name__ == "__main__":
    main()
