"""What littlemonster's reads touch: the page that is asked for, or one user's own, never more.

The plans are generic ones, those that a prepared statement ends up with. They are executed, so
that it is rows that are counted and not guesses: 10,000 conversations of 100 users.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from psycopg import ClientCursor, sql

from pgrepo.sqlfiles.library import load_queries
from pgrepo.sqlfiles.variants import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

    from pgrepo.sqlfiles.library import LoadedQuery

QUERIES = Path(__file__).parents[2] / "queries" / "littlemonster"
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
    name = f"{littlemonster_noproc.dbname}_plans"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(str(littlemonster_noproc.template_dbname))
    )
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(clone)
        with psycopg.connect(server_url, dbname=name, autocommit=True) as connection:
            for statement in FILL:
                connection.execute(statement)
            yield connection
        admin.execute(drop)


@cache
def loaded() -> dict[str, LoadedQuery]:
    """The query files, read once."""
    return load_queries(QUERIES)


def executed(
    connection: psycopg.Connection[Any], name: str, *given: str, **arguments: str
) -> list[dict[str, Any]]:
    """The nodes of the plan of a variant, the one with these optional parameters, as it ran."""
    query = loaded()[name]
    absent = frozenset(
        number
        for number, option in enumerate(query.variants.options)
        if not set(option.parameters) & set(given)
    )
    order = query.variants.ordering.default if query.variants.ordering else None
    variant = query.variants.variant(query.sql, query.positions, Choice(absent, order))
    known = ARGUMENTS | arguments
    values = [known.get(query.positions[number], "NULL") for number in variant.kept]
    with ClientCursor(connection) as cursor:
        cursor.execute(f"PREPARE asked AS {variant.sql}".encode())
        explain = f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) EXECUTE asked({', '.join(values)})"
        cursor.execute(explain.encode())
        row = cursor.fetchone()
        cursor.execute("DEALLOCATE asked")
    assert row is not None
    return nodes(row[0][0]["Plan"])


def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    """A node of a plan and all below it."""
    return [node, *(inner for child in node.get("Plans", []) for inner in nodes(child))]


def indexes(found: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in found if "Index Name" in node}


def scanned(found: list[dict[str, Any]]) -> set[str]:
    """The tables that are read from end to end."""
    return {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}


def most_rows(found: list[dict[str, Any]]) -> float:
    """Of all nodes together, the most rows that one of them has read or passed on."""
    return max(
        float((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in found
    )


def kinds(found: list[dict[str, Any]]) -> set[str]:
    return {node["Node Type"] for node in found}


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
