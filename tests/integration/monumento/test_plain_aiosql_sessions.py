"""Sessions, messages and files run in plain aiosql with psycopg, without pgrepo."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.monumento.plain_files import NO_CURSOR, START, Files, wait_until_blocked


def test_sessions(files: Files) -> None:
    """Creating, reading, changing, deleting and restoring a session."""
    sessions = files.sessions
    user_id = files.user()
    session_id = files.session(user_id, metadata=Jsonb({"topics": ["sea"]}))
    assert sessions.session_by_id(session_id=session_id)[9] == "draft"
    changed = sessions.update_session(
        session_id=session_id,
        vibe="The Listener",
        mode="Auto-Pilot",
        duration_minutes=30,
        metadata=Jsonb({"topics": ["sea"]}),
    )
    assert changed[2:5] == ("The Listener", "Auto-Pilot", 30)
    merged = sessions.merge_session_metadata(session_id=session_id, metadata=Jsonb({"photos": 3}))
    assert merged[8] == {"topics": ["sea"], "photos": 3}
    assert sessions.sessions_by_ids(session_ids=[session_id, user_id]) == [merged]
    assert sessions.session_metadata(session_id=session_id) == merged[8]
    attached = sessions.attach_recording(
        session_id=session_id, video_url="https://v", transcript_url=None, thumbnail_url=None
    )
    assert attached[5:8] == ("https://v", None, None)
    for owner, found in ((user_id, True), (uuid.uuid4(), False)):
        page = sessions.sessions_by_metadata(
            metadata=Jsonb({"photos": 3}), user_id=owner, limit=1000, **NO_CURSOR
        )
        assert (session_id in [row[0] for row in page]) is found
    filters: dict[str, Any] = {
        "status": "draft",
        "vibe": "The Listener",
        "metadata": Jsonb({"photos": 3}),
        "since": attached[10],
        "until": attached[10] + timedelta(seconds=1),
        "limit": 10,
    }
    assert [row[0] for row in sessions.search_sessions(user_id=user_id, **filters)] == [session_id]
    filters["until"] = attached[10]
    assert sessions.search_sessions(user_id=user_id, **filters) == []
    drafts = sessions.sessions_by_status(
        status="draft", after_created_at=None, after_id=None, limit=1000
    )
    assert session_id in [row[0] for row in drafts]
    assert sessions.purge_session(session_id=session_id) == 0
    assert sessions.soft_delete_session(session_id=session_id) == 1
    assert sessions.soft_delete_session(session_id=session_id) == 0
    assert sessions.session_by_id(session_id=session_id) is None
    assert sessions.restore_session(session_id=session_id) == 1
    assert sessions.restore_session(session_id=session_id) == 0
    sessions.soft_delete_session(session_id=session_id)
    assert sessions.purge_session(session_id=session_id) == 1


def test_recent_sessions(files: Files) -> None:
    """The newest come first, with counts, and stop at the limit."""
    user_id = files.user()
    ids = [files.session(user_id) for _ in range(3)]
    for day, session_id in enumerate(ids, start=1):
        files.backdate(session_id, datetime(2026, 1, day, tzinfo=UTC))
    files.message(ids[2], 9_000)
    files.message(ids[2], 2_000)
    recent = files.sessions.recent_sessions(user_id=user_id, limit=2)
    assert [row[0] for row in recent] == [ids[2], ids[1]]
    assert recent[0][12:] == (2, START + 2_000, START + 9_000)
    assert recent[1][12:] == (0, None, None)


def test_sessions_page_walks_every_session_once(files: Files) -> None:
    """Keyset pages have no gap and no repetition, even among equal times."""
    user_id = files.user()
    expected = {files.session(user_id) for _ in range(5)}
    seen: list[uuid.UUID] = []
    cursor = dict(NO_CURSOR)
    while page := files.sessions.sessions_page(user_id=user_id, limit=2, **cursor):
        seen += [row[0] for row in page]
        cursor = {"before_created_at": page[-1][10], "before_id": page[-1][0]}
    newest = files.sessions.sessions_by_user_ids(user_ids=[user_id, uuid.uuid4()], limit=3)
    assert [row[0] for row in newest] == seen[:3]
    assert len(seen) == len(set(seen))
    assert expected == set(seen)


def test_session_with_messages_is_in_spoken_order(files: Files) -> None:
    """Messages come by the time at which they were spoken; none is an empty list."""
    session_id = files.session(files.user())
    assert files.sessions.session_with_messages(session_id=session_id)[12] == []
    files.message(session_id, 5_000, "second")
    files.message(session_id, 0, "first")
    spoken = files.sessions.session_with_messages(session_id=session_id)[12]
    assert [message["text"] for message in spoken] == ["first", "second"]
    assert spoken[1]["offset"] == 5_000
    assert set(spoken[0]) == {"id", "role", "text", "timestamp", "offset", "audio_url"}


def test_status_steps(files: Files) -> None:
    """Each legal step is taken, and repeating it is no error."""
    session_id = files.session(files.user())
    for status in ("recording", "recording", "processing", "completed"):
        row = files.sessions.set_session_status(session_id=session_id, status=status)
        assert row[9] == status
    unknown = files.sessions.set_session_status(session_id=uuid.uuid4(), status="draft")
    assert unknown is None


@pytest.mark.parametrize(
    ("current", "wanted"),
    [
        ("draft", "processing"),
        ("draft", "completed"),
        ("recording", "draft"),
        ("completed", "draft"),
        ("completed", "recording"),
    ],
)
def test_illegal_status_step_raises_and_changes_nothing(
    files: Files, current: str, wanted: str
) -> None:
    """The error names both statuses and its own constraint."""
    session_id = files.session(files.user(), status=current)
    with (
        pytest.raises(psycopg.errors.CheckViolation) as caught,
        files.connection.transaction(),
    ):
        files.sessions.set_session_status(session_id=session_id, status=wanted)
    assert caught.value.diag.constraint_name == "sessions_status_step"
    assert f"from {current} to {wanted}" in str(caught.value)
    assert caught.value.diag.message_hint
    assert files.sessions.session_by_id(session_id=session_id)[9] == current


def test_unknown_status_is_refused(files: Files) -> None:
    """A status outside the list violates the ordinary check."""
    session_id = files.session(files.user())
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        files.sessions.set_session_status(session_id=session_id, status="lost")
    assert caught.value.diag.constraint_name == "sessions_status_check"


def test_concurrent_status_steps_are_judged_one_after_the_other(monumento_url: str) -> None:
    """Of two transactions that both go on from draft, the second sees the first one's status."""
    with psycopg.connect(monumento_url) as setup:
        user_id = Files(setup).user(f"{uuid.uuid4()}@example.org")
        session_id = Files(setup).session(user_id)
    try:
        with (
            psycopg.connect(monumento_url) as first,
            psycopg.connect(monumento_url) as second,
        ):
            for status in ("recording", "processing"):
                Files(first).sessions.set_session_status(session_id=session_id, status=status)
            second.pgconn.send_query(
                f"UPDATE monumento.sessions SET status = 'recording' "
                f"WHERE id = '{session_id}'".encode()
            )
            wait_until_blocked(monumento_url, second.info.backend_pid)
            first.commit()
            result = second.pgconn.get_result()
            assert result is not None
            assert b"from processing to recording" in result.error_message
            assert second.pgconn.get_result() is None
            second.rollback()
    finally:
        with psycopg.connect(monumento_url) as cleanup:
            cleanup.execute("DELETE FROM monumento.users WHERE id = %s", (user_id,))


def test_updated_at_moves_with_changes_only(files: Files) -> None:
    """The trigger stamps a change, and leaves a row alone that did not change."""
    session_id = files.session(files.user())
    files.connection.execute("ALTER TABLE monumento.sessions DISABLE TRIGGER USER")
    files.connection.execute("UPDATE monumento.sessions SET updated_at = '2001-01-01+00'")
    files.connection.execute("ALTER TABLE monumento.sessions ENABLE TRIGGER USER")
    patch: dict[str, Any] = {
        "vibe": "The Historian",
        "mode": "Auto-Pilot",
        "duration_minutes": 20,
        "metadata": Jsonb({}),
    }
    unchanged = files.sessions.update_session(session_id=session_id, **patch)
    assert unchanged[11].year == 2001
    changed = files.sessions.update_session(session_id=session_id, **(patch | {"vibe": "X"}))
    assert changed[11].year > 2001


def test_messages(files: Files) -> None:
    """Adding one and many, paging in spoken order, correcting and deleting."""
    messages = files.messages
    session_id = files.session(files.user())
    first = files.message(session_id, 0)
    rows = [
        {
            "session_id": session_id,
            "role": "user",
            "text": f"Message {n}",
            "timestamp": START + n // 2,
            "relative_offset": n // 2,
            "audio_url": None,
        }
        for n in range(1, 6)
    ]
    assert messages.add_messages(rows) == len(rows)
    seen: list[Any] = []
    cursor: dict[str, Any] = {"after_timestamp": None, "after_id": None}
    while page := messages.messages_of_session(session_id=session_id, limit=2, **cursor):
        seen += [(row[4], row[0]) for row in page]
        cursor = {"after_timestamp": page[-1][4], "after_id": page[-1][0]}
    assert seen == sorted(seen)
    assert len(set(seen)) == len(rows) + 1
    loaded = messages.messages_by_session_ids(session_ids=[session_id], limit=4)
    assert [(row[4], row[0]) for row in loaded] == seen[:4]
    key = {"message_id": first, "created_at": files.now()}
    assert messages.message_by_id(**key)[3] == "Hello."
    corrected = messages.update_message(text="Welcome.", audio_url=None, **key)
    assert corrected[3] == "Welcome."
    assert messages.delete_message(**key) == 1
    assert messages.delete_message(**key) == 0


def test_media_files(files: Files) -> None:
    """Recording, paging, changing, summing and forgetting files."""
    media_files = files.media_files
    user_id = files.user()
    session_id = files.session(user_id)
    video = files.media(session_id, "video", 1_000)
    files.media(session_id, "video", 500)
    unknown = files.media(session_id, "audio", None)
    gone = files.session(user_id)
    files.media(gone, "video", 9_000)
    files.sessions.soft_delete_session(session_id=gone)
    assert media_files.storage_by_user(user_id=user_id) == [("audio", 1, 0), ("video", 2, 1_500)]
    changed = media_files.update_media_file(
        media_file_id=unknown,
        storage_url="s3://test/speech",
        cdn_url=None,
        file_size_bytes=7,
        duration_seconds=None,
        mime_type=None,
        metadata=Jsonb({}),
    )
    assert changed[3:6] == ("s3://test/speech", None, 7)
    assert media_files.media_file_by_id(media_file_id=video)[5] == 1_000
    page = media_files.media_of_session(
        session_id=session_id, after_created_at=None, after_id=None, limit=2
    )
    rest = media_files.media_of_session(
        session_id=session_id, after_created_at=page[-1][9], after_id=page[-1][0], limit=2
    )
    assert (len(page), len(rest)) == (2, 1)
    loaded = media_files.media_by_session_ids(session_ids=[session_id, gone], limit=3)
    assert loaded == [*page, *rest]
    assert media_files.delete_media_file(media_file_id=video) == 1
    assert media_files.delete_media_file(media_file_id=video) == 0
