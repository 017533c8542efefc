"""The shipped domain's promises, kept by a user who has recorded nothing."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from pgrepo import Database
from pgrepo.domains.monumento import Monumento

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def monumento(monumento_url: str) -> Iterator[Monumento]:
    """The domain on an empty database."""
    with Database(monumento_url) as database:
        yield Monumento(database)


def test_user_without_sessions(monumento: Monumento) -> None:
    """Of the statistics only the time of the last session is None; there are no sessions."""
    user = monumento.users.create_user(email="a@example.org", password_hash="x", full_name=None)
    stats = monumento.users.user_stats(user_id=user.id)
    assert stats is not None
    empty = [item.name for item in fields(stats) if getattr(stats, item.name) is None]
    assert empty == ["last_session_at"]
    assert (stats.total_sessions, stats.total_duration_minutes) == (0, 0)
    assert monumento.sessions.recent_sessions(user_id=user.id) == []


def test_session_without_messages(monumento: Monumento) -> None:
    """It counts 0 messages, has no first and no last one, and holds an empty list of them."""
    user = monumento.users.create_user(email="a@example.org", password_hash="x", full_name=None)
    session = monumento.sessions.create_session(
        user_id=user.id, vibe="The Historian", mode="Auto-Pilot", duration_minutes=0
    )
    [recent] = monumento.sessions.recent_sessions(user_id=user.id)
    assert recent.id == session.id
    assert (recent.message_count, recent.first_message_at, recent.last_message_at) == (
        0,
        None,
        None,
    )
    whole = monumento.sessions.session_with_messages(session_id=session.id)
    assert whole is not None
    assert whole.messages == []
    stats = monumento.users.user_stats(user_id=user.id)
    assert stats is not None
    assert stats.last_session_at == session.created_at
