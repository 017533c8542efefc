"""Sample and synthetic data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrepo.operate.load import load, load_sample
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    import psycopg

TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'littlemonster' ORDER BY tablename
"""


def counts(observer: psycopg.Connection[Any]) -> dict[str, int]:
    """The number of rows of each table."""
    found: dict[str, int] = {}
    for (table,) in observer.execute(TABLES).fetchall():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("littlemonster", table))
        row = observer.execute(query).fetchone()
        assert row is not None
        found[table] = row[0]
    return found


def test_both_fill_every_table_and_can_be_repeated(
    littlemonster_url: str, observer: psycopg.Connection[Any]
) -> None:
    """One beside the other; what is there already is left alone."""
    domain = shipped_domain("littlemonster")
    added = load_sample(littlemonster_url, domain)
    sample = counts(observer)
    assert sum(sample.values()) == added
    assert [table for table, rows in sample.items() if not rows] == []
    assert load_sample(littlemonster_url, domain) == 0
    list(load(littlemonster_url, domain, scale=0.01))
    loaded = counts(observer)
    assert {table for table, rows in loaded.items() if rows == sample[table]} == {
        "oauth_connections",
        "password_reset_tokens",
    }, "one user does without these two"
    assert loaded["refresh_tokens"] == 100 + sample["refresh_tokens"]
    list(load(littlemonster_url, domain, scale=0.01))
    assert counts(observer) == loaded
