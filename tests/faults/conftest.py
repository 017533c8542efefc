"""The table of faults, and where those ask who are cut off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.runtime import fast

from .table import (
    pytest_configure,
    pytest_runtest_makereport,
    pytest_terminal_summary,
    record,
)

if TYPE_CHECKING:
    from tests.bouncer import PgBouncer

__all__ = [
    "pytest_configure",
    "pytest_runtest_makereport",
    "pytest_terminal_summary",
    "record",
    "way",
]

_MARKS = "CREATE TABLE marks (question text NOT NULL)"
_UNEVEN = """
SELECT question FROM marks GROUP BY question
HAVING count(*) <> CASE WHEN question LIKE 'pair-%' THEN 2 ELSE 1 END
"""
_BUSY = """
SELECT pid, state, wait_event, query FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend' AND state <> 'idle'
"""


@dataclass(frozen=True)
class Way:
    """A way to a database with the table of the domain in tests/faults/echo.

    Attributes:
        name: "fast", "cursors" or "pgbouncer".
        url: the database on that way.
        direct: the same database for a superuser.
        connect: further arguments of a connection on that way.
    """

    name: str
    url: str
    direct: str
    connect: dict[str, Any] = field(default_factory=dict)

    def assert_written(self, acknowledged: set[str]) -> None:
        """Whatever was acknowledged is there, once or as a pair, and nothing is half there."""
        with psycopg.connect(self.direct) as connection:
            found = {row[0] for row in connection.execute("SELECT question FROM marks")}
            uneven = connection.execute(_UNEVEN).fetchall()
        assert acknowledged <= found
        assert uneven == []

    def assert_quiet(self) -> None:
        """Nothing runs in the server any more, and no transaction is open."""
        busy: list[Any] = []
        with psycopg.connect(self.direct, autocommit=True) as connection:
            for _ in range(200):
                busy = connection.execute(_BUSY).fetchall()
                if not busy:
                    return
                # What was cancelled at the last moment needs a moment.
                connection.execute("SELECT pg_sleep(0.02)")
        raise AssertionError(busy)


@pytest.fixture(params=["fast", "cursors", "pgbouncer"])
def way(request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Way:
    """Takes one of the ways."""
    name: str = request.param
    monkeypatch.setattr(fast, "enabled", name != "cursors")
    with psycopg.connect(database_url) as connection:
        connection.execute(_MARKS)
    if name != "pgbouncer":
        return Way(name, database_url, database_url)
    pgbouncer: PgBouncer = request.getfixturevalue("pgbouncer")
    return Way(name, pgbouncer.url(database_url), database_url, {"prepare_threshold": None})
