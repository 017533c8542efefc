"""Deleting takes along what belongs to it, and orphans nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from psycopg import sql

from pgrepo.operate.load import load_sample
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    import psycopg

    from pgrepo.domains.littlemonster import Littlemonster

AMINA = UUID("00000000-0000-4000-8000-000000000001")
HER_JOB = UUID("00000000-0000-4000-8000-000000000201")
HER_CONVERSATION = UUID("00000000-0000-4000-8000-000000000501")

FOREIGN_KEYS = """
SELECT
    foreign_key.conname,
    child.relname,
    attribute.attname,
    parent.relname,
    foreign_key.confdeltype = 'c'
FROM pg_constraint AS foreign_key
INNER JOIN pg_class AS child ON child.oid = foreign_key.conrelid
INNER JOIN pg_class AS parent ON parent.oid = foreign_key.confrelid
INNER JOIN pg_attribute AS attribute
    ON attribute.attrelid = child.oid AND attribute.attnum = foreign_key.conkey[1]
WHERE
    foreign_key.contype = 'f'
    AND foreign_key.connamespace = 'littlemonster'::regnamespace
ORDER BY foreign_key.conname
"""

# What the sample leaves open, so that every foreign key has a row to be walked through.
CONNECT = """
UPDATE littlemonster.recordings AS recording
SET
    transcription_job_id = transcription.job_id,
    transcription_id = transcription.id
FROM littlemonster.transcriptions AS transcription
WHERE recording.user_id = transcription.user_id;

UPDATE littlemonster.study_materials AS material
SET transcription_id = transcription.id
FROM littlemonster.transcriptions AS transcription
WHERE material.user_id = transcription.user_id;

UPDATE littlemonster.messages AS message
SET
    recording_id = recording.id,
    tts_audio_file_id = audio.id
FROM littlemonster.conversations AS conversation
INNER JOIN littlemonster.recordings AS recording ON recording.user_id = conversation.user_id
INNER JOIN littlemonster.tts_audio_files AS audio ON audio.user_id = conversation.user_id
WHERE conversation.id = message.conversation_id
"""


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key of the schema, of one column."""

    name: str
    child: str
    column: str
    parent: str
    cascades: bool


@pytest.fixture
def foreign_keys(littlemonster_url: str, observer: psycopg.Connection[Any]) -> list[ForeignKey]:
    """All of them, with rows that refer to something in each."""
    load_sample(littlemonster_url, shipped_domain("littlemonster"))
    observer.execute(CONNECT)
    keys = [ForeignKey(*row) for row in observer.execute(FOREIGN_KEYS).fetchall()]
    assert len(keys) >= 15
    for key in keys:
        assert children(observer, key, ids(observer, key.parent)), f"nothing to see in {key.name}"
    return keys


def ids(observer: psycopg.Connection[Any], table: str) -> set[UUID]:
    """The key of every row of a table."""
    query = sql.SQL("SELECT id FROM {}").format(sql.Identifier("littlemonster", table))
    return {row[0] for row in observer.execute(query).fetchall()}


def children(observer: psycopg.Connection[Any], key: ForeignKey, parents: set[UUID]) -> set[UUID]:
    """The rows that refer to any of the parents."""
    query = sql.SQL("SELECT id FROM {} WHERE {} = ANY (%s)").format(
        sql.Identifier("littlemonster", key.child), sql.Identifier(key.column)
    )
    return {row[0] for row in observer.execute(query, (list(parents),)).fetchall()}


def orphans(observer: psycopg.Connection[Any], key: ForeignKey) -> int:
    """How many rows refer to what does not exist."""
    query = sql.SQL(
        "SELECT count(*) FROM {child} AS child WHERE child.{column} IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.id = child.{column})"
    ).format(
        child=sql.Identifier("littlemonster", key.child),
        parent=sql.Identifier("littlemonster", key.parent),
        column=sql.Identifier(key.column),
    )
    row = observer.execute(query).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def owned(
    observer: psycopg.Connection[Any], keys: list[ForeignKey], table: str, row_id: UUID
) -> dict[str, set[UUID]]:
    """What hangs off a row by foreign keys that cascade, however far away, table by table."""
    found: dict[str, set[UUID]] = defaultdict(set)
    found[table] = {row_id}
    size = 0
    while size != (size := sum(map(len, found.values()))):
        for key in keys:
            if key.cascades and found[key.parent]:
                found[key.child] |= children(observer, key, found[key.parent])
    return found


def assert_only_gone(
    observer: psycopg.Connection[Any],
    keys: list[ForeignKey],
    before: dict[str, set[UUID]],
    gone: dict[str, set[UUID]],
) -> None:
    """What belonged to the deleted row is gone, all else is there, and nothing is orphaned."""
    for table, rows in before.items():
        assert ids(observer, table) == rows - gone.get(table, set()), table
    assert {key.name: orphans(observer, key) for key in keys} == {key.name: 0 for key in keys}


def test_a_user_takes_everything_along(
    littlemonster: Littlemonster,
    observer: psycopg.Connection[Any],
    foreign_keys: list[ForeignKey],
) -> None:
    """Rows in every table go with her; nobody else loses any."""
    tables = {key.child for key in foreign_keys} | {key.parent for key in foreign_keys}
    observer.execute(
        "INSERT INTO littlemonster.oauth_connections (user_id, provider, provider_user_id)"
        " VALUES (%s, 'github', 'amina')",
        (AMINA,),
    )
    littlemonster.password_reset_tokens.issue_password_reset(
        user_id=AMINA, token_hash=bytes(32), valid_for=timedelta(hours=1)
    )
    before = {table: ids(observer, table) for table in tables}
    hers = owned(observer, foreign_keys, "users", AMINA)
    assert {table for table, rows in hers.items() if rows} == tables
    assert littlemonster.users.delete_user(user_id=AMINA) == 1
    assert_only_gone(observer, foreign_keys, before, hers)
    assert littlemonster.users.delete_user(user_id=AMINA) == 0


def test_a_conversation_takes_its_messages_along(
    observer: psycopg.Connection[Any], foreign_keys: list[ForeignKey]
) -> None:
    """And nothing besides: what the messages refer to stays."""
    tables = {key.child for key in foreign_keys} | {key.parent for key in foreign_keys}
    before = {table: ids(observer, table) for table in tables}
    gone = owned(observer, foreign_keys, "conversations", HER_CONVERSATION)
    assert {table for table, rows in gone.items() if rows} == {"conversations", "messages"}
    observer.execute("DELETE FROM littlemonster.conversations WHERE id = %s", (HER_CONVERSATION,))
    assert_only_gone(observer, foreign_keys, before, gone)


def test_a_purged_job_leaves_what_it_made(
    littlemonster: Littlemonster,
    observer: psycopg.Connection[Any],
    foreign_keys: list[ForeignKey],
) -> None:
    """The transcription and the recording forget the job, and are not changed otherwise."""
    tables = {key.child for key in foreign_keys} | {key.parent for key in foreign_keys}
    before = {table: ids(observer, table) for table in tables}
    made = littlemonster.transcriptions.transcription_of_job(job_id=HER_JOB)
    assert made is not None
    assert littlemonster.transcription_jobs.delete_transcription_job(job_id=HER_JOB) == 1
    assert_only_gone(observer, foreign_keys, before, {"transcription_jobs": {HER_JOB}})
    kept = littlemonster.transcriptions.transcription_by_id(transcription_id=made.id)
    assert kept is not None
    assert (kept.job_id, kept.text, kept.updated_at) == (None, made.text, made.updated_at)


@pytest.mark.usefixtures("foreign_keys")
def test_a_worker_whose_user_is_deleted_changes_nothing(littlemonster: Littlemonster) -> None:
    """Its job is gone: the heartbeat says so, and completing stores nothing."""
    queue = littlemonster.transcription_jobs
    (job,) = queue.claim_transcription_jobs(worker="w", lease_for=timedelta(minutes=1))
    littlemonster.users.delete_user(user_id=job.user_id)
    attempt: dict[str, Any] = {"job_id": job.id, "lease": job.lease}
    assert queue.heartbeat_transcription_job(**attempt, lease_for=timedelta(minutes=1)) == 0
    assert queue.complete_transcription(**attempt, text="Too late.") is None
    assert queue.fail_transcription_job(**attempt, error_code="late") is None
