"""The query files of monumento in plain aiosql, and rows to call them on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.plain_aiosql import QueryFiles

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

START = 1_767_225_600_000  # 2026-01-01 00:00 UTC, Unix time in ms
NO_CURSOR: dict[str, Any] = {"before_created_at": None, "before_id": None}


class Files(QueryFiles):
    """All query files of the domain, each an attribute."""

    domain = "monumento"

    def user(self, email: str = "ada@example.org") -> uuid.UUID:
        """A new account's id."""
        row = self.users.create_user(
            email=email,
            password_hash="hash",
            full_name="Ada",
            avatar_url=None,
            subscription_tier="free",
        )
        user_id: uuid.UUID = row[0]
        return user_id

    def session(self, user_id: uuid.UUID, **changes: Any) -> uuid.UUID:
        """A new session's id."""
        fields: dict[str, Any] = {
            "vibe": "The Historian",
            "mode": "Auto-Pilot",
            "duration_minutes": 20,
            "status": "draft",
            "metadata": None,
        }
        row = self.sessions.create_session(user_id=user_id, **(fields | changes))
        session_id: uuid.UUID = row[0]
        return session_id

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
        message_id: uuid.UUID = row[0]
        return message_id

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
        media_file_id: uuid.UUID = row[0]
        return media_file_id

    def now(self) -> datetime:
        """When the rows of this transaction are created."""
        row = self.connection.execute("SELECT now()").fetchone()
        assert row is not None
        now: datetime = row[0]
        return now

    def backdate(self, session_id: uuid.UUID, created_at: datetime) -> None:
        """Makes a session old."""
        self.connection.execute(
            "UPDATE monumento.sessions SET created_at = %s WHERE id = %s",
            (created_at, session_id),
        )


def wait_until_blocked(url: str, pid: int) -> None:
    """Returns once a connection waits for another one."""
    with psycopg.connect(url, autocommit=True) as watcher:
        for _ in range(1_000):
            row = watcher.execute("SELECT cardinality(pg_blocking_pids(%s))", (pid,)).fetchone()
            if row is not None and row[0]:
                return
            time.sleep(0.01)
    pytest.fail("the second transaction never waited for the first")
