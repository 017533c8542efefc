"""What audiotricks' reads touch: one session, the page that is asked for, one user's own.

The plans are generic ones, those that a prepared statement ends up with. They are executed, so
that it is rows that are counted and not guesses: 400 users with 20 entries each over two years,
and one with 2,000. As a superuser, and in the scope of a user, where PostgreSQL asks policies
before it lets a word search an index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import pytest

from tests.plans.explained import (
    executed_query,
    filled_database,
    indexes_of_any_month,
    kinds,
    queries_of,
    rows_read,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from pytest_postgresql.executors import NoopExecutor

    from tests.plans.explained import Plan

FILL: tuple[LiteralString, ...] = (
    "SET session_replication_role = replica",
    # VACUUM takes rows for visible to all only once their commit is on the disk.
    "SET synchronous_commit = on",
    """
    INSERT INTO audiotricks.users (id, email, username, password_hash)
    SELECT md5('user ' || n)::uuid, n || '@example.org', 'user-' || n, '$2b$12$' || repeat('a', 53)
    FROM generate_series(0, 400) AS n
    """,
    """
    INSERT INTO audiotricks.sessions (user_id, token_hash, expires_at)
    SELECT md5('user ' || n % 401)::uuid, encode(sha256(n::text::bytea), 'hex'),
        now() + interval '1 day'
    FROM generate_series(1, 20000) AS n
    """,
    """
    SELECT audiotricks.create_monthly_partition(
        'audio_history', extract(year FROM month)::int, extract(month FROM month)::int
    )
    FROM generate_series(timestamp '2023-12-01', '2025-12-01', interval '1 month') AS month
    """,
    """
    INSERT INTO audiotricks.audio_history (user_id, title, transcript, created_at)
    SELECT md5('user ' || n)::uuid, 'Entry ' || e,
        CASE e % 20 WHEN 7 THEN 'A glacier. ' ELSE 'A river. ' END || repeat('It moves. ', 50),
        timestamptz '2026-01-01Z' - e * interval '720 days' / CASE n WHEN 0 THEN 2000 ELSE 20 END
    FROM generate_series(0, 400) AS n
    CROSS JOIN generate_series(1, CASE n WHEN 0 THEN 2000 ELSE 20 END) AS e
    """,
    "RESET session_replication_role",
    "VACUUM ANALYZE audiotricks.users, audiotricks.sessions, audiotricks.audio_history",
    "SET plan_cache_mode = force_generic_plan",
)
USER, LONG = "md5('user 7')::uuid", "md5('user 0')::uuid"
TOKEN = "encode(sha256('7'), 'hex')"


@pytest.fixture(scope="module")
def full(server_url: str, audiotricks_noproc: NoopExecutor) -> Iterator[psycopg.Connection[Any]]:
    """A database with these rows."""
    yield from filled_database(server_url, audiotricks_noproc, FILL)


def ran(connection: psycopg.Connection[Any], name: str, role: str | None, **arguments: str) -> Plan:
    """The nodes of a query's generic plan that were executed, as they ran for a role."""
    query = queries_of("audiotricks")[name]
    with connection.transaction(force_rollback=True):
        if role is not None:
            user = arguments.get("user_id", "NULL")
            connection.execute(
                f"SELECT set_config('audiotricks.user_id', ({user})::text, true)".encode()
            )
            connection.execute(f"SET LOCAL ROLE {role}".encode())
        plan = executed_query(connection, query, arguments, arguments)
    return [node for node in plan if node["Actual Loops"]]


def busy_kinds(plan: Plan) -> set[str]:
    """The kinds of a plan's nodes, the reading of empty partitions left out."""
    return kinds([n for n in plan if n["Actual Rows"] or n.get("Rows Removed by Filter", 0)])


@pytest.mark.parametrize("role", [None, "audiotricks_auth"])
def test_session_user_is_one_probe_of_one_index(
    full: psycopg.Connection[Any], role: str | None
) -> None:
    """The index has all that is asked for: no table is looked at, and no other index."""
    for token, count in ((TOKEN, 1), ("'unknown'", 0)):
        (only,) = ran(full, "session_user", role, token_hash=token)
        assert only["Node Type"] == "Index Only Scan"
        assert only["Index Name"] == "sessions_token_hash_key"
        assert (only["Actual Rows"], only["Heap Fetches"]) == (count, 0)


@pytest.mark.parametrize("role", [None, "audiotricks_app"])
def test_a_page_reads_its_own_rows(full: psycopg.Connection[Any], role: str | None) -> None:
    """In order, from the months that it is in, however long the history is."""
    middle = {
        "before_created_at": "timestamptz '2025-03-05Z'",
        "before_id": "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid",
    }
    for user in (USER, LONG):
        for page in ({}, middle):
            found = ran(full, "history_page", role, user_id=user, limit="10", **page)
            assert indexes_of_any_month(found) == {"audio_history_user_id_created_at_id_idx"}
            assert not busy_kinds(found) & {"Sort", "Incremental Sort", "Seq Scan", "Merge Append"}
            assert rows_read(found) == 10


def test_a_page_by_its_number_reads_all_before_it(full: psycopg.Connection[Any]) -> None:
    """In order too: it is the offset that costs."""
    found = ran(full, "history_at_offset", None, user_id=LONG, limit="10", offset="1000")
    assert indexes_of_any_month(found) == {"audio_history_user_id_created_at_id_idx"}
    assert not busy_kinds(found) & {"Sort", "Incremental Sort", "Seq Scan"}
    assert rows_read(found) == 1010


def test_a_search_reads_what_fits_of_one_user(full: psycopg.Connection[Any]) -> None:
    """From the index on words, in which the owner is one."""
    # A month of these few rows is read as fast.
    full.execute("SET enable_seqscan = off")
    for user, limit, fitting in ((USER, "1", 1), (LONG, "10", 100)):
        found = ran(full, "search_history", None, user_id=user, words="'glacier'", limit=limit)
        assert "audio_history_words_idx" in indexes_of_any_month(found)
        assert "Seq Scan" not in busy_kinds(found)
        assert rows_read(found) <= fitting
    full.execute("RESET enable_seqscan")


def test_a_search_in_scope_reads_what_one_user_has(full: psycopg.Connection[Any]) -> None:
    """The policy comes first, as the operator of words could tell what it was asked."""
    found = ran(
        full, "search_history", "audiotricks_app", user_id=USER, words="'glacier'", limit="10"
    )
    assert indexes_of_any_month(found) <= {
        "audio_history_user_id_created_at_id_idx",
    }
    assert "Seq Scan" not in busy_kinds(found)
    assert rows_read(found) <= 20


def test_a_search_since_a_time_leaves_months_out(full: psycopg.Connection[Any]) -> None:
    """Those before it are not looked into."""
    found = ran(
        full,
        "search_history",
        None,
        user_id=USER,
        words="'river'",
        since="timestamptz '2025-11-01Z'",
        limit="10",
    )
    searched = {node["Index Name"] for node in found if "words" in node.get("Index Name", "")}
    assert len(searched) <= 2 + 4, "the last two months of 2025, and those made ahead"
