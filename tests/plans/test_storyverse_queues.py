"""Generic plans of storyverse's two queues: what they read does not grow with what is done.

Flags: 1,000 pending among 100,000, or among as many as PGREPO_FLAGS says. Jobs: a year of months,
each full of ended jobs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.plans.explained import (
    executed_plan,
    filled_database,
    generic_plan,
    indexes,
    indexes_of_any_month,
    kinds,
    queries_of,
    scanned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection
    from pytest_postgresql.executors import NoopExecutor

FLAGS = int(os.environ.get("PGREPO_FLAGS", "100000"))
PENDING = 1_000
FILL = f"""
-- Neither foreign keys nor counters are looked at.
SET session_replication_role = replica;
INSERT INTO storyverse.users (id, email, username)
SELECT md5(n::text)::uuid, n || '@example.org', 'user' || n FROM generate_series(1, 100) AS n;
INSERT INTO storyverse.moderation_flags (target_type, target_id, reason, status, created_at)
SELECT 'user', md5((n % 100)::text)::uuid, 'spam',
    CASE WHEN n % ({FLAGS} / {PENDING}) = 7 THEN 'pending' ELSE 'dismissed' END,
    timestamptz '2026-01-01Z' + n * interval '1 second'
FROM generate_series(1, {FLAGS}) AS n;
SELECT storyverse.create_monthly_partition(
    'jobs', extract(year FROM month)::int, extract(month FROM month)::int
)
FROM generate_series(now() - interval '12 months', now(), interval '1 month') AS month;
INSERT INTO storyverse.jobs (scene_id, user_id, input_text, bible_version, status, stage,
    created_at, run_at, started_at, lease, claimed_by)
SELECT md5((n % 100)::text)::uuid, md5((n % 100)::text)::uuid, 'And then?', 1,
    'final_ready', 'completed', at, at, at, 1, 'w'
FROM generate_series(1, 30000) AS n,
    LATERAL (SELECT now() + (n - 24000) * interval '22 minutes') AS moment (at)
WHERE at >= now() - interval '12 months' AND at < date_trunc('month', now() + interval '4 months');
INSERT INTO storyverse.jobs (scene_id, user_id, input_text, bible_version)
SELECT md5((n % 100)::text)::uuid, md5((n % 100)::text)::uuid, 'And then?', 1
FROM generate_series(1, 5000) AS n;
INSERT INTO storyverse.jobs (scene_id, user_id, input_text, bible_version, status, stage,
    started_at, lease, lease_expires_at, claimed_by)
SELECT md5((n % 100)::text)::uuid, md5((n % 100)::text)::uuid, 'And then?', 1,
    'processing', 'upload', now(), 1, now(), 'w'
FROM generate_series(1, 20) AS n;
RESET session_replication_role;
"""


@pytest.fixture(scope="module")
def full(server_url: str, storyverse_noproc: NoopExecutor) -> Iterator[Connection[Any]]:
    """A database with these rows."""
    yield from filled_database(server_url, storyverse_noproc, (FILL, "ANALYZE"))


def statement(name: str) -> str:
    """A query as it is sent when nothing optional is left out."""
    return queries_of("storyverse")[name].sql


@pytest.mark.parametrize("name", ["pending_moderation", "claim_moderation"])
def test_only_the_index_of_pending_flags_is_read(full: Connection[Any], name: str) -> None:
    """Of the flags, and in its order; then rows by their ids."""
    found = generic_plan(full, statement(name))
    of_flags = {index for index in indexes(found) if index.startswith("moderation_flags")}
    assert "moderation_flags_created_at_idx" in of_flags
    assert of_flags <= {"moderation_flags_created_at_idx", "moderation_flags_pkey"}
    assert "moderation_flags" not in scanned(found)
    assert not kinds(found) & {"Sort", "Incremental Sort"}


def test_a_page_reads_no_more_flags_than_it_returns(full: Connection[Any]) -> None:
    """However many have been decided."""
    found = executed_plan(full, statement("pending_moderation"), [None, None, 50])
    (read,) = [node for node in found if node.get("Relation Name") == "moderation_flags"]
    assert read["Index Name"] == "moderation_flags_created_at_idx"
    assert read["Actual Rows"] == 50
    assert read.get("Rows Removed by Filter", 0) == 0


def test_counts_read_the_open_flags(full: Connection[Any]) -> None:
    """By their indexes."""
    found = generic_plan(full, statement("moderation_counts"))
    assert indexes(found) == {
        "moderation_flags_created_at_idx",
        "moderation_flags_reviewed_at_idx",
    }
    assert not scanned(found)


@pytest.mark.parametrize(
    ("name", "index"),
    [("claim_jobs", "jobs_run_at_id_idx"), ("rescue_jobs", "jobs_started_at_id_idx")],
)
def test_claims_read_the_front_of_an_index_a_month(
    full: Connection[Any], name: str, index: str
) -> None:
    """Merged in its order; then jobs by their ids, in the months that they are in."""
    found = generic_plan(full, statement(name))
    assert indexes_of_any_month(found) == {index, "jobs_pkey"}
    assert not scanned(found)
    assert not kinds(found) & {"Sort", "Incremental Sort", "Hash Join", "Bitmap Heap Scan"}
    assert "Merge Append" in kinds(found)


def test_a_claim_touches_one_month(full: Connection[Any]) -> None:
    """Of the ended jobs none is read, and their months are left out of the update."""
    text = statement("claim_jobs")
    # batch_size, lease_for, worker: in the order of their first use
    text = text.replace("$1", "5").replace("$2", "'1 minute'").replace("$3", "'w'")
    with full.transaction(force_rollback=True):
        found = executed_plan(full, text)
    (merged,) = [node for node in found if node["Node Type"] == "Merge Append"]
    assert merged["Subplans Removed"] == 3  # the months to come
    ran = [node for node in found if node["Node Type"] == "Index Scan" and node["Actual Loops"] > 0]
    assert len({node["Relation Name"] for node in ran if "pkey" in node["Index Name"]}) == 1
    read = [node for node in ran if "pkey" not in node["Index Name"]]
    assert sum(node["Actual Rows"] for node in read) <= 6
    assert sum(node.get("Rows Removed by Filter", 0) for node in read) == 0


@pytest.mark.parametrize("name", ["heartbeat_job", "advance_job", "fail_job", "cancel_job"])
def test_the_holder_of_a_claim_finds_it_by_its_key(full: Connection[Any], name: str) -> None:
    """In one month, by the primary key."""
    found = generic_plan(full, statement(name))
    assert indexes_of_any_month(found) == {"jobs_pkey"}
    assert not scanned(found)
