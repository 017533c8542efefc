"""The monumento query files run in plain aiosql with psycopg, without pgrepo."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiosql
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
QUERIES = ROOT / "queries" / "monumento"
START = 1_767_225_600_000  # 2026-01-01 00:00 UTC, Unix time in ms
NO_CURSOR: dict[str, Any] = {"before_created_at": None, "before_id": None}


class Plain:
    """One query file in plain aiosql, bound to a connection."""

    def __init__(self, name: str, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._queries = aiosql.from_path(QUERIES / f"{name}.sql", "psycopg")

    def __getattr__(self, query: str) -> Any:
        def call(*rows: Any, **arguments: Any) -> Any:
            result = getattr(self._queries, query)(self._connection, *rows, **arguments)
            return list(result) if hasattr(result, "__next__") else result

        return call

    def names(self) -> set[str]:
        """Every query of the file, aiosql's *_cursor twins excepted."""
        queries = self._queries.available_queries
        return {name for name in queries if not name.endswith("_cursor")}


class Files:
    """All query files of the domain."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.users = Plain("users", connection)
        self.sessions = Plain("sessions", connection)
        self.messages = Plain("messages", connection)
        self.subscriptions = Plain("subscriptions", connection)
        self.media_files = Plain("media_files", connection)

    def user(self, email: str = "ada@example.org") -> uuid.UUID:
        """A new account's id."""
        row = self.users.create_user(
            email=email,
            password_hash="hash",
            full_name="Ada",
            avatar_url=None,
            subscription_tier="free",
        )
        return row[0]

    def session(self, user_id: uuid.UUID, **changes: Any) -> uuid.UUID:
        """A new session's id."""
        fields: dict[str, Any] = {
            "vibe": "The Historian",
            "mode": "Auto-Pilot",
            "duration_minutes": 20,
            "status": "draft",
            "metadata": None,
        }
        return self.sessions.create_session(user_id=user_id, **(fields | changes))[0]

    def message(self, session_id: uuid.UUID, offset: int, text: str = "Hello.") -> uuid.UUID:
        """A new message's id."""
        row = self.messages.add_message(
            session_id=session_id,
            role="ai",
            text=text,
            timestamp=START + offset,
            relative_offset=offset,
            audio_url=None,
        )
        return row[0]

    def media(self, session_id: uuid.UUID, file_type: str, size: int | None) -> uuid.UUID:
        """A new media file's id."""
        row = self.media_files.add_media_file(
            session_id=session_id,
            file_type=file_type,
            storage_url=f"s3://test/{file_type}",
            cdn_url=None,
            file_size_bytes=size,
            duration_seconds=None,
            mime_type=None,
            metadata=None,
        )
        return row[0]

    def backdate(self, session_id: uuid.UUID, created_at: datetime) -> None:
        """Makes a session old."""
        self.connection.execute(
            "UPDATE monumento.sessions SET created_at = %s WHERE id = %s",
            (created_at, session_id),
        )


@pytest.fixture
def files(monumento_url: str) -> Iterator[Files]:
    """The query files on one connection whose transaction is rolled back."""
    with psycopg.connect(monumento_url) as connection:
        yield Files(connection)
        connection.rollback()


def test_users(files: Files) -> None:
    """Every query of users.sql does what its doc comment says."""
    users = files.users
    user_id = files.user("Ada@Example.org")
    assert users.user_by_id(user_id=user_id)[1] == "Ada@Example.org"
    assert users.user_by_email(email="ADA@example.ORG")[0] == user_id
    assert users.user_credentials(email="ada@example.org") == (user_id, "hash")
    assert users.user_profile(user_id=user_id)[0] == user_id
    changed = users.update_user(
        user_id=user_id, email="a.l@example.org", full_name="A. L.", avatar_url=None
    )
    assert changed[1:4] == ("a.l@example.org", "A. L.", None)
    assert users.set_password_hash(user_id=user_id, password_hash="new") == 1
    assert users.set_subscription_tier(user_id=user_id, subscription_tier="legacy")[4] == "legacy"
    assert (
        users.set_stripe_customer(user_id=user_id, stripe_customer_id="cus_test")[5] == "cus_test"
    )
    assert users.user_by_stripe_customer(stripe_customer_id="cus_test")[0] == user_id
    tier = users.users_by_tier(subscription_tier="legacy", limit=1000, **NO_CURSOR)
    assert user_id in [row[0] for row in tier]
    assert users.soft_delete_user(user_id=user_id) == 1
    assert users.soft_delete_user(user_id=user_id) == 0
    assert users.user_by_id(user_id=user_id) is None
    assert users.restore_user(user_id=user_id) == 1
    assert users.restore_user(user_id=user_id) == 0
    assert users.purge_user(user_id=user_id) == 0
    users.soft_delete_user(user_id=user_id)
    assert users.purge_user(user_id=user_id) == 1
    assert users.restore_user(user_id=user_id) == 0


def test_users_page_walks_every_account_once(files: Files) -> None:
    """Keyset pages have no gap and no repetition, even among equal times."""
    expected = {files.user(f"user{n}@example.org") for n in range(5)}
    seen: list[uuid.UUID] = []
    cursor = dict(NO_CURSOR)
    while page := files.users.users_page(limit=2, **cursor):
        seen += [row[0] for row in page]
        cursor = {"before_created_at": page[-1][6], "before_id": page[-1][0]}
    assert len(seen) == len(set(seen))
    assert expected <= set(seen)


def test_email_is_unique_whatever_its_case(files: Files) -> None:
    """A second account cannot take an email in another case."""
    files.user("ada@example.org")
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        files.user("ADA@example.org")
    assert caught.value.diag.constraint_name == "users_email_key"


def test_user_stats_without_sessions_is_zero(files: Files) -> None:
    """Totals are 0, not NULL; only the time of the last session is NULL."""
    user_id = files.user()
    assert files.users.user_stats(user_id=user_id)[3:] == (0, 0, None)


def test_user_stats_counts_archived_and_not_deleted_sessions(files: Files) -> None:
    """Archiving leaves the totals as they were, deleting does not."""
    user_id = files.user()
    kept = files.session(user_id, duration_minutes=7)
    old = files.session(user_id, duration_minutes=11)
    files.backdate(old, datetime(2001, 1, 1, tzinfo=UTC))
    gone = files.session(user_id, duration_minutes=13)
    files.sessions.soft_delete_session(session_id=gone)
    before = files.users.user_stats(user_id=user_id)
    assert before[3:5] == (2, 18)
    files.sessions.archive_sessions(before=datetime(2002, 1, 1, tzinfo=UTC), batch_size=10)
    assert files.sessions.session_by_id(session_id=old) is None
    assert files.users.user_stats(user_id=user_id) == before
    assert files.sessions.session_by_id(session_id=kept) is not None


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
            _wait_until_blocked(monumento_url, second.info.backend_pid)
            first.commit()
            result = second.pgconn.get_result()
            assert result is not None
            assert b"from processing to recording" in result.error_message
            assert second.pgconn.get_result() is None
            second.rollback()
    finally:
        with psycopg.connect(monumento_url) as cleanup:
            cleanup.execute("DELETE FROM monumento.users WHERE id = %s", (user_id,))


def _wait_until_blocked(url: str, pid: int) -> None:
    with psycopg.connect(url, autocommit=True) as watcher:
        for _ in range(1_000):
            row = watcher.execute("SELECT cardinality(pg_blocking_pids(%s))", (pid,)).fetchone()
            if row is not None and row[0]:
                return
            time.sleep(0.01)
    pytest.fail("the second transaction never waited for the first")


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


def test_deleted_account_hides_what_hangs_off_it(files: Files) -> None:
    """Sessions, messages and files of a deleted account are gone from ordinary reads."""
    user_id = files.user()
    session_id = files.session(user_id)
    message_id = files.message(session_id, 0)
    media_id = files.media(session_id, "video", 10)
    files.users.soft_delete_user(user_id=user_id)
    assert files.sessions.recent_sessions(user_id=user_id, limit=10) == []
    assert files.sessions.sessions_page(user_id=user_id, limit=10, **NO_CURSOR) == []
    assert files.sessions.session_by_id(session_id=session_id) is None
    assert files.sessions.session_with_messages(session_id=session_id) is None
    assert files.messages.message_by_id(message_id=message_id) is None
    assert files.media_files.media_file_by_id(media_file_id=media_id) is None
    assert files.media_files.storage_by_user(user_id=user_id) == []
    files.users.restore_user(user_id=user_id)
    assert len(files.sessions.recent_sessions(user_id=user_id, limit=10)) == 1


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
        message_id = files.message(first, 0, "as misheard")
    try:
        with (
            psycopg.connect(monumento_url) as corrector,
            psycopg.connect(patient, autocommit=True) as archiver,
        ):
            Files(corrector).messages.update_message(
                message_id=message_id, text="as said", audio_url=None
            )
            with ThreadPoolExecutor(1) as pool:
                cutoff = datetime(1999, 1, 3, tzinfo=UTC)
                archiving = pool.submit(
                    Files(archiver).sessions.archive_sessions, before=cutoff, batch_size=2
                )
                _wait_until_blocked(monumento_url, archiver.info.backend_pid)
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
    assert messages.message_by_id(message_id=first)[3] == "Hello."
    corrected = messages.update_message(message_id=first, text="Welcome.", audio_url=None)
    assert corrected[3] == "Welcome."
    assert messages.delete_message(message_id=first) == 1
    assert messages.delete_message(message_id=first) == 0


NOW = datetime.now(UTC).replace(microsecond=0)
MONTH = timedelta(days=30)


def _event(user_id: uuid.UUID, **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "user_id": user_id,
        "stripe_subscription_id": "sub_test",
        "tier": "express",
        "status": "active",
        "current_period_start": NOW - timedelta(days=1),
        "current_period_end": NOW + MONTH,
        "event_at": NOW - timedelta(hours=1),
    }
    return event | changes


def test_subscriptions(files: Files) -> None:
    """Creating, reading, changing, canceling and deleting a subscription."""
    subscriptions = files.subscriptions
    user_id = files.user()
    assert subscriptions.active_subscription(user_id=user_id) is None
    subscription_id = subscriptions.upsert_subscription(**_event(user_id))[0]
    granted = subscriptions.create_subscription(
        user_id=user_id,
        tier="legacy",
        current_period_start=NOW,
        current_period_end=NOW + 2 * MONTH,
    )
    assert subscriptions.active_subscription(user_id=user_id)[0] == granted[0]
    assert subscriptions.delete_subscription(subscription_id=granted[0]) == 1
    assert subscriptions.active_subscription(user_id=user_id)[0] == subscription_id
    assert subscriptions.subscription_by_id(subscription_id=subscription_id)[4] == "active"
    assert (
        subscriptions.subscription_by_stripe_id(stripe_subscription_id="sub_test")[0]
        == subscription_id
    )
    cursor: dict[str, Any] = {"after_period_end": None, "after_id": None, "limit": 1000}
    soon = subscriptions.subscriptions_expiring(within=MONTH + timedelta(days=1), **cursor)
    assert subscription_id in [row[0] for row in soon]
    sooner = subscriptions.subscriptions_expiring(within=timedelta(days=1), **cursor)
    assert subscription_id not in [row[0] for row in sooner]
    changed = subscriptions.update_subscription(
        subscription_id=subscription_id,
        tier="express",
        status="past_due",
        current_period_start=NOW - timedelta(days=1),
        current_period_end=NOW + MONTH,
    )
    assert changed[3:5] == ("express", "past_due")
    assert subscription_id in [row[0] for row in subscriptions.past_due_subscriptions(**cursor)]
    assert subscriptions.cancel_subscription(subscription_id=subscription_id) == 1
    assert subscriptions.cancel_subscription(subscription_id=subscription_id) == 0
    page = subscriptions.subscriptions_of_user(
        user_id=user_id, before_period_end=None, before_id=None, limit=10
    )
    assert [row[4] for row in page] == ["canceled"]
    assert subscriptions.upsert_subscription(**_event(user_id)) is None


def test_replayed_and_late_events_change_nothing(files: Files) -> None:
    """An older event is ignored; the same event again leaves the row as it is."""
    upsert = files.subscriptions.upsert_subscription
    user_id = files.user()
    newest = _event(user_id, status="canceled")
    first = upsert(**newest)
    assert upsert(**_event(user_id, event_at=NOW - timedelta(hours=2))) is None
    assert upsert(**newest) == first


def test_events_of_the_same_second_have_an_order(files: Files) -> None:
    """The later period end wins, then the cancellation, whichever comes first."""
    upsert = files.subscriptions.upsert_subscription
    user_id = files.user()
    canceled = _event(user_id, status="canceled")
    assert upsert(**canceled)[4] == "canceled"
    assert upsert(**_event(user_id)) is None
    renewed = _event(user_id, current_period_end=NOW + 2 * MONTH)
    assert upsert(**renewed)[4] == "active"
    assert upsert(**canceled) is None


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
    assert media_files.delete_media_file(media_file_id=video) == 1
    assert media_files.delete_media_file(media_file_id=video) == 0


def test_every_query_is_called_here(files: Files) -> None:
    """A query added to a file needs a call in this module."""
    source = Path(__file__).read_text(encoding="utf-8")
    names: set[str] = set()
    for name in ("users", "sessions", "messages", "subscriptions", "media_files"):
        names |= getattr(files, name).names()
    assert "recent_sessions" in names
    assert {name for name in names if f".{name}(" not in source} == set()
