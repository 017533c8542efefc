"""The pages of a topic are read in order from an index, whatever is asked for.

The plans are generic ones, those that a prepared statement ends up with. 5,000 ideas and 10,000
scenes in ten topics, as the load files make them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.project import shipped_domain
from tests.plans.explained import generic_plan, indexes, kinds, only, queries_of, scanned

if TYPE_CHECKING:
    from psycopg import Connection

DOMAIN = shipped_domain("storyverse")
SCALE = 5
# Of each order, the parameters that go on after a row, and the index that has its rows in order.
IDEAS = {
    "newest": (("before_created_at", "before_id"), "ideas_{}_created_at_idx"),
    "popular": (("below_like_count", "below_id"), "ideas_{}_like_count_idx"),
}
SCENES = {
    "active": (("before_active_at", "before_active_id"), "scenes_topic_id_active_at_idx"),
    "newest": (("before_created_at", "before_id"), "scenes_topic_id_created_at_idx"),
    "popular": (("below_like_count", "below_id"), "scenes_topic_id_like_count_idx"),
}


def fill(connection: Connection[Any]) -> None:
    """Loads ideas and scenes; what the triggers would count is put in."""
    connection.execute("SET session_replication_role = replica")
    settings = {"pgrepo.scale": str(SCALE), "pgrepo.part": "1", "pgrepo.parts": "1"}
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    for file in sorted(DOMAIN.load.glob("0[1-4]_*.sql")):
        connection.execute(file.read_bytes())
    connection.execute("UPDATE storyverse.ideas SET like_count = abs(hashtext(title) % 40)")
    connection.execute("UPDATE storyverse.scenes SET like_count = abs(hashtext(title) % 40)")
    connection.execute("ANALYZE storyverse.ideas, storyverse.scenes")


def test_pages_of_a_topic(storyverse_url: str) -> None:
    """In every order, from the first row or from another, and of a category alone."""
    queries = queries_of("storyverse")
    ideas, scenes = queries["ideas_by_topic"], queries["scenes_by_topic"]
    with psycopg.connect(storyverse_url, autocommit=True) as connection:
        fill(connection)
        wanted = {
            only(ideas, (*group, *page), order).sql: index.format(group[0] if group else "topic_id")
            for order, (after, index) in IDEAS.items()
            for page in ((), after)
            for group in ((), ("category_id",))
        } | {
            only(scenes, page, order).sql: index
            for order, (after, index) in SCENES.items()
            for page in ((), after)
        }
        assert len(wanted) == 14
        for sql, index in wanted.items():
            assert_read_in_order(connection, sql, index)
        for order in IDEAS:
            assert_searched_by_tags(connection, only(ideas, ("tags",), order).sql)
        assert_planned_once(connection, only(ideas, (), "popular").sql)


def assert_read_in_order(connection: Connection[Any], sql: str, index: str) -> None:
    """One index scan below a limit: nothing is sorted, nothing is read from end to end."""
    found = generic_plan(connection, sql)
    # Result is a sub-query that hands a parameter on.
    assert kinds(found) == {"Limit", "Index Scan", "Result"}, sql
    assert [node["Index Name"] for node in found if "Index Name" in node] == [index], sql


def assert_searched_by_tags(connection: Connection[Any], sql: str) -> None:
    """The ideas that have the tags are found by an index, and only those are sorted."""
    found = generic_plan(connection, sql)
    assert "ideas_tags_idx" in indexes(found), sql
    assert not scanned(found), sql


def assert_planned_once(connection: Connection[Any], sql: str) -> None:
    """PostgreSQL settles on the generic plan, instead of planning every call anew."""
    topic = connection.execute("SELECT id::text FROM storyverse.topics LIMIT 1").fetchone()
    assert topic is not None
    connection.pgconn.prepare(b"page", sql.encode())
    for _ in range(12):
        result = connection.pgconn.exec_prepared(b"page", [topic[0].encode(), b"10"])
        assert result.ntuples == 10
    plans = connection.execute(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = 'page'"
    ).fetchone()
    assert plans == (7, 5)
