"""The archive runs in plain aiosql with psycopg, without pgrepo: it loses nothing."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from tests.integration.monumento.plain_files import NO_CURSOR, Files, wait_until_blocked


def test_archive_moves_everything_and_unarchive_brings_it_back(files: Files) -> None:
    """An archived session keeps every message and file, and returns as it was."""
    sessions = files.sessions
    user_id = files.user()
    session_id = files.session(user_id, metadata=Jsonb({"topics": ["sea"]}))
    files.backdate(session_id, datetime(2001, 1, 1, tzinfo=UTC))
    for offset in (4_000, 0):
        files.message(session_id, offset)
    files.media(session_id, "video", 1_000)
    young = files.session(user_id)
    before = _everything(files, session_id)

    cutoff = datetime(2002, 1, 1, tzinfo=UTC)
    assert sessions.archive_sessions(before=cutoff, batch_size=10) == 1
    assert sessions.archive_sessions(before=cutoff, batch_size=10) == 0
    assert sessions.session_by_id(session_id=session_id) is None
    assert sessions.session_by_id(session_id=young) is not None
    archived = sessions.archived_session(session_id=session_id)
    assert [message["relative_offset"] for message in archived[12]] == [0, 4_000]
    assert [media["file_size_bytes"] for media in archived[13]] == [1_000]
    page = sessions.archived_sessions_page(user_id=user_id, limit=10, **NO_CURSOR)
    assert [row[0] for row in page] == [session_id]
    assert files.media_files.storage_by_user(user_id=user_id) == [("video", 1, 1_000)]

    assert sessions.unarchive_session(session_id=session_id) == 1
    assert sessions.unarchive_session(session_id=session_id) == 0
    assert sessions.archived_session(session_id=session_id) is None
    assert _everything(files, session_id) == before


def _everything(files: Files, session_id: uuid.UUID) -> list[Any]:
    tables = {"sessions": "id", "messages": "session_id", "media_files": "session_id"}
    return [
        files.connection.execute(
            f"SELECT to_jsonb(t) FROM monumento.{table} AS t WHERE {key} = %s ORDER BY t.id",
            (session_id,),
        ).fetchall()
        for table, key in tables.items()
    ]


def test_archive_takes_the_oldest_first_and_leaves_deleted_ones(files: Files) -> None:
    """A batch is the oldest live sessions, no more than were asked for."""
    user_id = files.user()
    ids = [files.session(user_id) for _ in range(3)]
    for day, session_id in enumerate(ids, start=1):
        files.backdate(session_id, datetime(2001, 1, day, tzinfo=UTC))
    files.sessions.soft_delete_session(session_id=ids[0])
    cutoff = datetime(2002, 1, 1, tzinfo=UTC)
    assert files.sessions.archive_sessions(before=cutoff, batch_size=1) == 1
    assert files.sessions.archived_session(session_id=ids[0]) is None
    assert files.sessions.archived_session(session_id=ids[1]) is not None
    assert files.sessions.archived_session(session_id=ids[2]) is None
    assert files.sessions.restore_session(session_id=ids[0]) == 1


def test_archive_waits_for_writers_and_loses_no_message(monumento_url: str) -> None:
    """What is committed while the statement runs is archived, not lost to the cascade.

    The statement is held up in the first session by an uncommitted correction. Meanwhile
    a message is added to the second session, which its snapshot cannot see.
    """
    patient = make_conninfo(monumento_url, options="-c lock_timeout=10s")  # and not for ever
    with psycopg.connect(monumento_url) as setup:
        files = Files(setup)
        user_id = files.user(f"{uuid.uuid4()}@example.org")
        first, second = (files.session(user_id) for _ in range(2))
        for day, session_id in enumerate((first, second), start=1):
            files.backdate(session_id, datetime(1999, 1, day, tzinfo=UTC))
        misheard = {"message_id": files.message(first, 0, "as misheard"), "created_at": files.now()}
    try:
        with (
            psycopg.connect(monumento_url) as corrector,
            psycopg.connect(patient, autocommit=True) as archiver,
        ):
            correction = {"text": "as said", "audio_url": None}
            Files(corrector).messages.update_message(**misheard, **correction)
            with ThreadPoolExecutor(1) as pool:
                cutoff = datetime(1999, 1, 3, tzinfo=UTC)
                archiving = pool.submit(
                    Files(archiver).sessions.archive_sessions, before=cutoff, batch_size=2
                )
                wait_until_blocked(monumento_url, archiver.info.backend_pid)
                with psycopg.connect(patient) as speaker:
                    Files(speaker).message(second, 0, "added late")
                corrector.commit()
                assert archiving.result() == 2
            sessions = Files(archiver).sessions
            texts = [
                [message["text"] for message in sessions.archived_session(session_id=key)[12]]
                for key in (first, second)
            ]
            assert texts == [["as said"], ["added late"]]
    finally:
        with psycopg.connect(monumento_url) as cleanup:
            cleanup.execute("DELETE FROM monumento.users WHERE id = %s", (user_id,))
