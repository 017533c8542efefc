"""Sample and synthetic data of embeddings, requests, webhooks and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrepo.operate.load import load, load_sample
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    import psycopg

TABLES = ("embeddings", "request_logs", "webhooks", "webhook_events", "tasks")


def counts(observer: psycopg.Connection[Any]) -> dict[str, int]:
    """The number of rows of each table."""
    found: dict[str, int] = {}
    for table in TABLES:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("mindia", table))
        row = observer.execute(query).fetchone()
        assert row is not None
        found[table] = row[0]
    return found


def test_both_can_be_repeated(mindia_url: str, observer: psycopg.Connection[Any]) -> None:
    """One beside the other; what is there already is left alone."""
    domain = shipped_domain("mindia")
    load_sample(mindia_url, domain)
    sample = counts(observer)
    assert [table for table, rows in sample.items() if not rows] == []
    assert load_sample(mindia_url, domain) == 0
    list(load(mindia_url, domain, scale=0.001))
    loaded = counts(observer)
    assert {table: loaded[table] - sample[table] for table in TABLES[1:]} == {
        "request_logs": 400,
        "webhooks": 1000,
        "webhook_events": 1000,
        "tasks": 100,
    }
    assert 90 <= loaded["embeddings"] - sample["embeddings"] <= 100, "24 of 25 things"
    list(load(mindia_url, domain, scale=0.001))
    assert counts(observer) == loaded
    row = observer.execute(
        "SELECT count(DISTINCT embedding::text), count(DISTINCT description) > 50"
        " FROM mindia.embeddings"
    ).fetchone()
    assert row == (loaded["embeddings"], True), "in clusters, and none upon another"
