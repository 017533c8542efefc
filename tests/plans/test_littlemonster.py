"""What littlemonster's reads touch: the page that is asked for, or one user's own, never more.

The plans are generic ones, those that a prepared statement ends up with. They are executed, so
that it is rows that are counted and not guesses: 10,000 conversations of 100 users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import pytest

from tests.plans.explained import (
    executed_query,
    filled_database,
    indexes,
    kinds,
    most_rows,
    queries_of,
    scanned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from pytest_postgresql.executors import NoopExecutor

    from tests.plans.explained import Plan

MATERIALS = 25  # of a user

FILL: tuple[LiteralString, ...] = (
    # Neither foreign keys nor counting: the rows are what triggers would make them.
    "SET session_replication_role = replica",
    """
    INSERT INTO littlemonster.users (id, email)
    SELECT md5('user ' || n)::uuid, n || '@example.org' FROM generate_series(1, 100) AS n
    """,
    """
    INSERT INTO littlemonster.conversations (
        id, user_id, status, message_count, last_position, last_message, last_message_role,
        last_message_at, last_activity_at
    )
    SELECT
        md5(n || ' ' || c)::uuid, md5('user ' || n)::uuid,
        CASE WHEN c % 10 = 0 THEN 'archived' ELSE 'active' END, 4, 4,
        'What is a cell?', 'user', talked.at, talked.at
    FROM generate_series(1, 100) AS n
    CROSS JOIN generate_series(1, 100) AS c
    CROSS JOIN LATERAL (
        SELECT
            timestamptz '2026-01-01 00:00:00+00' - c * interval '1 day' + n * interval '1 minute'
            AS at
    ) AS talked
    """,
    """
    INSERT INTO littlemonster.messages (conversation_id, position, role, content)
    SELECT id, position, 'user', 'What is a cell?'
    FROM littlemonster.conversations CROSS JOIN generate_series(1, 4) AS position
    """,
    # Every text has the same words, as if all studied for one exam.
    """
    INSERT INTO littlemonster.study_materials (
        user_id, kind, title, content, embedding, embedding_model, embedded_at, created_at
    )
    SELECT
        md5('user ' || n)::uuid, (ARRAY['note', 'summary'])[1 + m % 2],
        'Cells ' || m, 'A cell has a membrane. ' || md5(n || ' ' || m),
        CASE WHEN m > 1 THEN directions.vector END,
        CASE WHEN m > 1 THEN 'model' END,
        CASE WHEN m > 1 THEN now() END,
        timestamptz '2026-01-01 00:00:00+00' - m * interval '1 day'
    FROM generate_series(1, 100) AS n
    CROSS JOIN generate_series(1, 25) AS m
    INNER JOIN (
        SELECT
            number,
            (
                SELECT array_agg(cos(number * axis)) FROM generate_series(1, 768) AS axis
            )::real[]::vector AS vector
        FROM generate_series(1, 25) AS number
    ) AS directions ON directions.number = m
    """,
    """
    INSERT INTO littlemonster.tts_audio_files (
        user_id, text, voice, storage_url, created_at, last_used_at
    )
    SELECT
        md5('user ' || n)::uuid, 'text ' || t, 'nova', 's3://', used.at, used.at
    FROM generate_series(1, 100) AS n
    CROSS JOIN generate_series(1, 25) AS t
    CROSS JOIN LATERAL (
        SELECT timestamptz '2026-01-01 00:00:00+00' - (n * 25 + t) * interval '1 minute' AS at
    ) AS used
    """,
    """
    INSERT INTO littlemonster.recordings (user_id, title, status, storage_url, created_at)
    SELECT
        md5('user ' || n)::uuid, 'Lecture', CASE WHEN r > 1 THEN 'ready' ELSE 'uploading' END,
        's3://', timestamptz '2026-01-01 00:00:00+00' - (n * 25 + r) * interval '1 minute'
    FROM generate_series(1, 100) AS n CROSS JOIN generate_series(1, 25) AS r
    """,
    "SET session_replication_role = origin",
    """
    VACUUM (ANALYZE)
        littlemonster.users, littlemonster.conversations, littlemonster.messages,
        littlemonster.study_materials, littlemonster.tts_audio_files, littlemonster.recordings
    """,
    "SET plan_cache_mode = force_generic_plan",
)
ARGUMENTS = {
    "user_id": "md5('user 7')::uuid",
    "conversation_id": "md5('7 7')::uuid",
    "text_hash": "littlemonster.speech_hash('text 3', 'nova', '{}')",
    "text": "'text 3'",
    "voice": "'nova'",
    "status": "'active'",
    "kind": "'note'",
    "words": "'cell membranes'",
    "embedding": "array_fill(1, ARRAY[768])::vector",
    "language": "'english'",
    "candidates": "50",
    "limit": "10",
    "batch_size": "10",
    "after_position": "0",
    "started_before": "now()",
    "unused_since": "now()",
}
LARGE = {"conversations", "messages", "study_materials", "tts_audio_files", "recordings"}


@pytest.fixture(scope="module")
def connection(
    server_url: str, littlemonster_noproc: NoopExecutor
) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the platform, filled once for all tests: they only read."""
    yield from filled_database(server_url, littlemonster_noproc, FILL)


def executed(connection: psycopg.Connection[Any], name: str, *given: str, **arguments: str) -> Plan:
    """The plan of a variant as it ran, the one with these optional parameters."""
    query = queries_of("littlemonster")[name]
    return executed_query(connection, query, given, ARGUMENTS | arguments)


def test_recent_conversations(connection: psycopg.Connection[Any]) -> None:
    """Ten index entries and ten rows for ten conversations, in the order of the index."""
    found = executed(connection, "recent_conversations")
    assert found[0]["Actual Rows"] == 10
    assert "Sort" not in kinds(found)
    assert indexes(found) == {"conversations_user_id_status_last_activity_at_idx"}
    assert not scanned(found)
    assert most_rows(found) == 10


@pytest.mark.parametrize(
    ("name", "index", "rows"),
    [
        ("conversation_by_id", "conversations_pkey", 1),
        ("conversation_with_messages", "messages_conversation_id_position_key", 4),
        ("messages_of_conversation", "messages_conversation_id_position_key", 4),
        ("latest_messages", "messages_conversation_id_position_key", 4),
        ("materials_of_user", "study_materials_user_id_created_at_idx", 10),
        ("materials_without_embedding", "study_materials_created_at_idx", 10),
        ("audio_by_text_hash", "tts_audio_files_user_id_text_hash_key", 1),
        ("audio_of_text", "tts_audio_files_user_id_text_hash_key", 1),
        ("audio_of_user", "tts_audio_files_user_id_created_at_idx", 10),
        ("recordings_of_user", "recordings_user_id_created_at_idx", 10),
        ("abandoned_uploads", "recordings_created_at_idx", 10),
    ],
)
def test_other_reads(connection: psycopg.Connection[Any], name: str, index: str, rows: int) -> None:
    """Each has its index, and reads no more than it returns."""
    found = executed(connection, name)
    assert index in indexes(found)
    assert not scanned(found) & LARGE
    assert most_rows(found) == rows


def test_purging_speech(connection: psycopg.Connection[Any]) -> None:
    """The longest unused are found without looking at the others."""
    with connection.transaction(force_rollback=True):
        found = executed(connection, "purge_unused_audio")
    assert "tts_audio_files_last_used_at_idx" in indexes(found)
    assert not scanned(found) & LARGE
    assert most_rows(found) == 10


@pytest.mark.parametrize("given", [(), ("kind",)])
def test_search(connection: psycopg.Connection[Any], given: tuple[str, ...]) -> None:
    """What sorts and compares sees this user's materials; 2,500 have the same words.

    A search cannot stop at a page: the best ten are known when all of one user's are ranked.
    """
    found = executed(connection, "search_materials", *given)
    assert found[0]["Actual Rows"] == 10
    assert {"study_materials_words_idx", "study_materials_user_id_created_at_idx"} <= indexes(found)
    assert not scanned(found)
    assert most_rows(found) == MATERIALS


def test_search_by_one(connection: psycopg.Connection[Any]) -> None:
    """What is not asked for is not looked for."""
    found = executed(connection, "search_materials", embedding="NULL")
    compared = [node for node in found if node.get("Alias") == "material_1"]
    assert compared
    assert all(node["Actual Loops"] == 0 for node in compared)


def test_similar_materials(connection: psycopg.Connection[Any]) -> None:
    """Those of the same user are compared."""
    row = connection.execute(
        "SELECT id FROM littlemonster.study_materials WHERE embedding IS NOT NULL LIMIT 1"
    ).fetchone()
    assert row is not None
    found = executed(connection, "similar_materials", material_id=f"'{row[0]}'")
    assert not scanned(found)
    assert most_rows(found) <= MATERIALS
