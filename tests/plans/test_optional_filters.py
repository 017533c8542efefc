"""Each variant of a query with optional filters gets the plan that its own filters deserve.

The plans are generic ones, those that a prepared statement ends up with: PostgreSQL does not know
the values. 200,000 rows, EXPLAIN only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import RawCursor

from pgrepo.sqlfiles.library import load_queries
from pgrepo.sqlfiles.queries import read_queries
from pgrepo.sqlfiles.source import Source
from pgrepo.sqlfiles.variants import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from pgrepo.sqlfiles.named_query import NamedQuery

QUERIES = Path(__file__).parents[2] / "queries" / "monumento"

SCHEMA = """
CREATE SCHEMA plan;
CREATE TABLE plan.events AS
SELECT n AS id, n % 2000 AS owner, n % 997 AS place, n % 5003 AS level, n / 50 AS starts
FROM generate_series(1, 200000) AS n;
CREATE TABLE plan.labels AS SELECT id AS event, id % 1009 AS label FROM plan.events;
ALTER TABLE plan.events ADD PRIMARY KEY (id);
CREATE INDEX by_owner ON plan.events (owner);
CREATE INDEX by_place ON plan.events (place);
CREATE INDEX by_level ON plan.events (level);
CREATE INDEX by_starts ON plan.events (starts, id);
CREATE INDEX by_label ON plan.labels (label);
ANALYZE plan.events, plan.labels;
"""
SEARCH = """\
-- name: search(owner, place, low, high, label, since, until)
-- @order_by soonest: event.starts, event.id
-- @order_by highest: event.level DESC, event.id
SELECT event.id
FROM plan.events AS event
WHERE
    event.owner = :owner  -- @optional
    AND event.place = :place  -- @optional
    AND event.level BETWEEN :low
        AND :high  -- @optional
    AND event.id IN (
        SELECT label.event
        FROM plan.labels AS label
        WHERE label.label = :label
    )  -- @optional
    AND event.starts >= :since  -- @optional
    AND event.starts < :until  -- @optional
ORDER BY event.starts, event.id;
"""


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection[Any]]:
    """A connection to the events."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(SCHEMA)
        yield connection


def plan(connection: Connection[Any], sql: str) -> list[dict[str, Any]]:
    """The nodes of a statement's generic plan."""
    cursor = RawCursor(connection)
    cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT json) {sql}")
    row = cursor.fetchone()
    assert row is not None
    found = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return nodes(found[0]["Plan"])


def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    """A node of a plan and all below it."""
    return [node, *(inner for child in node.get("Plans", []) for inner in nodes(child))]


def indexes(found: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in found if "Index Name" in node}


def scanned(found: list[dict[str, Any]]) -> set[str]:
    """The tables that are read from end to end."""
    return {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}


def only(query: NamedQuery, *given: str, order: str | None) -> str:
    """The variant with these optional parameters and no others."""
    absent = frozenset(
        number
        for number, option in enumerate(query.variants.options)
        if not set(option.parameters) & set(given)
    )
    return query.variants.variant(query.sql, query.positions, Choice(absent, order)).sql


def read(text: str) -> NamedQuery:
    file = read_queries(Source(text, Path("search.sql"), "search.sql"))
    assert not file.errors
    return file.queries[0]


@pytest.mark.parametrize("order", ["soonest", "highest"])
def test_each_filter_uses_its_index(connection: Connection[Any], order: str) -> None:
    """Alone or together with others, in any order."""
    query = read(SEARCH)
    filters = {
        ("owner",): "by_owner",
        ("place",): "by_place",
        ("low", "high"): "by_level",
        ("label",): "by_label",
        ("owner", "since"): "by_owner",
        ("place", "until"): "by_place",
    }
    for given, index in filters.items():
        found = plan(connection, only(query, *given, order=order))
        assert index in indexes(found), given
        assert not scanned(found), given


def test_ranges_and_no_filter_at_all(connection: Connection[Any]) -> None:
    """With a LIMIT, the order's own index ends the search early."""
    query = read(SEARCH.removesuffix(";\n") + "\nLIMIT 20;\n")
    for given in (("since",), ("until",), ("since", "until"), ()):
        found = plan(connection, only(query, *given, order="soonest"))
        assert indexes(found) == {"by_starts"}, given
        assert "Sort" not in {node["Node Type"] for node in found}


def test_what_one_statement_for_all_would_cost(connection: Connection[Any]) -> None:
    """Why variants: a generic plan cannot leave out what it knows only at run time."""
    usual = "SELECT id FROM plan.events WHERE ($1::int IS NULL OR owner = $1) ORDER BY level, id"
    assert scanned(plan(connection, usual)) == {"events"}


def monumento_filler(connection: Connection[Any]) -> None:
    """400 accounts with 500 sessions each."""
    connection.execute(
        """
        INSERT INTO monumento.users (email, password_hash)
        SELECT n || '@example.org', '' FROM generate_series(1, 400) AS n
        """
    )
    connection.execute(
        """
        INSERT INTO monumento.sessions (
            user_id, vibe, mode, duration_minutes, metadata, status, created_at
        )
        SELECT
            account.id,
            'vibe ' || n % 7,
            'mode',
            n % 60,
            jsonb_build_object('topic', md5(account.id::text || n)),
            (ARRAY['draft', 'recording', 'processing', 'completed'])[n % 4 + 1],
            now() - n * interval '1 hour'
        FROM monumento.users AS account CROSS JOIN generate_series(1, 500) AS n
        """
    )
    connection.execute("ANALYZE monumento.users, monumento.sessions")


def test_monumento(monumento_url: str) -> None:
    """search_sessions and sessions_by_metadata never read all sessions, whatever is given."""
    loaded = load_queries(QUERIES)
    with psycopg.connect(monumento_url, autocommit=True) as connection:
        monumento_filler(connection)
        for name in ("search_sessions", "sessions_by_metadata"):
            query = loaded[name]
            for choice in query.variants.choices():
                sql = query.variants.variant(query.sql, query.positions, choice).sql
                found = plan(connection, sql)
                assert "sessions" not in scanned(found), choice
                mine = ("sessions_user_id", "sessions_metadata_idx")
                assert any(index.startswith(mine) for index in indexes(found)), choice
        query = loaded["search_sessions"]
        nothing = frozenset(range(len(query.variants.options)))
        newest = query.variants.variant(query.sql, query.positions, Choice(nothing, "newest"))
        kinds = {node["Node Type"] for node in plan(connection, newest.sql)}
        assert "Sort" not in kinds
