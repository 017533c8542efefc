"""The ways to the server, and a database that they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgrepo.runtime import fast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bouncer import PgBouncer

DATABASE = "pgrepo_test_paths"


@pytest.fixture(scope="session")
def paths_url(server_url: str) -> Iterator[str]:
    """Leads to a database whose schema public the tests may do with as they like."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
        yield make_conninfo(server_url, dbname=DATABASE)
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.fixture
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Takes one of the ways."""
    name: str = request.param
    monkeypatch.setattr(fast, "enabled", name != "cursors")
    return name


@pytest.fixture
def where(path: str, paths_url: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What to connect with on that way."""
    if path in {"fast", "cursors"}:
        return {"conninfo": paths_url}
    pgbouncer: PgBouncer = request.getfixturevalue("pgbouncer")
    prepares = path == "prepared"
    if prepares and not pgbouncer.prepares:
        pytest.skip("this PgBouncer lets no prepared statements through; 1.22 is the first")
    if prepares:
        pgbouncer.ask("RECONNECT")  # what it has prepared is of tables that are there no more
    url = pgbouncer.url(paths_url)
    use_all_servers(url)
    return {"conninfo": url, "prepare_threshold": 5 if prepares else None}


def use_all_servers(url: str) -> None:
    """Makes PgBouncer open both of its server connections, which it then takes in turns."""
    with psycopg.connect(url) as one, psycopg.connect(url) as other:
        pids = [
            connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
            for connection in (one, other)
        ]
        assert pids[0] != pids[1]
