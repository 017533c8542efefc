"""Each variant of a query with optional filters gets the plan that its own filters deserve.

The plans are generic ones, those that a prepared statement ends up with: PostgreSQL does not know
the values. 200,000 rows, EXPLAIN only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.sqlfiles.queries import read_queries
from pgrepo.sqlfiles.source import Source
from tests.plans.explained import generic_plan, indexes, kinds, only, queries_of, scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from pgrepo.sqlfiles.named_query import NamedQuery

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
        found = generic_plan(connection, only(query, given, order).sql)
        assert index in indexes(found), given
        assert not scanned(found), given


def test_ranges_and_no_filter_at_all(connection: Connection[Any]) -> None:
    """With a LIMIT, the order's own index ends the search early."""
    query = read(SEARCH.removesuffix(";\n") + "\nLIMIT 20;\n")
    for given in (("since",), ("until",), ("since", "until"), ()):
        found = generic_plan(connection, only(query, given, "soonest").sql)
        assert indexes(found) == {"by_starts"}, given
        assert "Sort" not in kinds(found)


def test_what_one_statement_for_all_would_cost(connection: Connection[Any]) -> None:
    """Why variants: a generic plan cannot leave out what it knows only at run time."""
    usual = "SELECT id FROM plan.events WHERE ($1::int IS NULL OR owner = $1) ORDER BY level, id"
    assert scanned(generic_plan(connection, usual)) == {"events"}


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
    loaded = queries_of("monumento")
    with psycopg.connect(monumento_url, autocommit=True) as connection:
        monumento_filler(connection)
        for name in ("search_sessions", "sessions_by_metadata"):
            query = loaded[name]
            for choice in query.variants.choices():
                sql = query.variants.variant(query.sql, query.positions, choice).sql
                found = generic_plan(connection, sql)
                assert "sessions" not in scanned(found), choice
                mine = ("sessions_user_id", "sessions_metadata_idx")
                assert any(index.startswith(mine) for index in indexes(found)), choice
        query = loaded["search_sessions"]
        newest = only(query, (), "newest")
        assert "Sort" not in kinds(generic_plan(connection, newest.sql))
