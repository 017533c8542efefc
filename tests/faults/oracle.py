"""What was acknowledged, kept on disk, and what of it is there."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, NamedTuple

import psycopg

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = """
CREATE SCHEMA ledger;
CREATE TABLE ledger.accounts (id integer PRIMARY KEY, version integer NOT NULL DEFAULT 0)
WITH (fillfactor = 50);
CREATE TABLE ledger.effects (operation text NOT NULL);
CREATE INDEX effects_operation_idx ON ledger.effects (operation);
INSERT INTO ledger.accounts (id) SELECT generate_series(1, %d);
"""
_EFFECTS = "SELECT operation, count(*) FROM ledger.effects GROUP BY operation"


class Found(NamedTuple):
    """What came of the operations.

    Attributes:
        operations: how many were acknowledged.
        lost: how many of them are not there.
        doubled: how many are there more than once, acknowledged or not.
    """

    operations: int
    lost: int
    doubled: int


class Oracle:
    """Keeps the operations that were acknowledged, each on disk before anybody goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._lock = threading.Lock()

    def acknowledge(self, operation: str) -> None:
        """Keeps an operation; every one has a name of its own."""
        with self._lock:
            os.write(self._file, f"{operation}\n".encode())
            os.fsync(self._file)

    def compare(self, url: str) -> Found:
        """Compares with the tables of a ledger."""
        os.close(self._file)
        acknowledged = self._path.read_text().split()
        with psycopg.connect(url) as connection:
            effects: dict[str, int] = dict(connection.execute(_EFFECTS).fetchall())
        return Found(
            len(acknowledged),
            len(set(acknowledged) - effects.keys()),
            sum(count > 1 for count in effects.values()),
        )


def make_ledger(url: str, accounts: int) -> None:
    """Makes the tables."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((SCHEMA % accounts).encode())
