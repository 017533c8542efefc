"""`pgrepo demo`: from nothing to typed calls, and nobody else's database is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.cli.conftest import Run


@pytest.fixture(autouse=True)
def _no_demo_database(server_url: str) -> Iterator[None]:
    """No database pgrepo_demo before and after."""
    drop = "DROP DATABASE IF EXISTS pgrepo_demo WITH (FORCE)"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(drop)
        yield
        connection.execute(drop)


def test_demo(pgrepo: Run) -> None:
    """It runs, twice, and as text it holds signatures, rows, and no escape codes."""
    pgrepo("demo", "--scale", "0.01")
    result = pgrepo("demo", "--scale", "0.01")
    assert result.stderr == ""
    text = result.stdout
    assert "4,000 messages in 100 sessions" in text
    for signature in (
        "recent_sessions(*, user_id: UUID, limit: int = 10) -> list[RecentSession]",
        "session_with_messages(*, session_id: UUID) -> SessionWithMessages | None",
        "user_stats(*, user_id: UUID) -> UserStats | None",
        "update_session(*, session_id: UUID, ..., mode: str | Unset = UNSET, ...)",
    ):
        assert signature in text
    assert "I grew up in New York" in text
    assert text.count("first call ") == 4
    assert "\x1b" not in text


@pytest.mark.parametrize("columns", [80, 120])
def test_width(pgrepo: Run, environment: dict[str, str], columns: int) -> None:
    """No line is wider than the terminal, but those that name a path."""
    environment["COLUMNS"] = str(columns)
    lines = pgrepo("demo", "--scale", "0.01").stdout.splitlines()
    assert all(len(line) <= columns for line in lines if "/" not in line)
    assert not any("…" in line for line in lines)


def test_database_of_others(pgrepo: Run, server_url: str) -> None:
    """A database of that name which the demo did not make is left alone."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE pgrepo_demo")
        assert "did not make" in pgrepo("demo", "--scale", "0.01", status=1).stderr
        found = connection.execute("SELECT FROM pg_database WHERE datname = 'pgrepo_demo'")
        assert found.fetchone() is not None
