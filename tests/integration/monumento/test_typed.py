"""Optional filters, orders and patches of monumento, through its generated package."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.domains.monumento import Monumento

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def monumento(monumento_url: str) -> Iterator[Monumento]:
    """The domain on a connection whose transaction is rolled back."""
    with psycopg.connect(monumento_url) as connection:
        yield Monumento(connection)
        connection.rollback()


def test_search_sessions(monumento: Monumento) -> None:
    """Any filter, any order."""
    user = monumento.users.create_user(email="ada@example.org", password_hash="hash")
    lengths = (20, 60, 40)
    made = [
        monumento.sessions.create_session(
            user_id=user.id,
            vibe="The Historian" if minutes > 30 else "The Listener",
            mode="Auto-Pilot",
            duration_minutes=minutes,
            metadata={"topics": ["sea", minutes]},
        )
        for minutes in lengths
    ]
    search = monumento.sessions.search_sessions
    longest = search(user_id=user.id, order_by="longest")
    assert [session.duration_minutes for session in longest] == [60, 40, 20]
    long_ones = search(user_id=user.id, vibe="The Historian", status="draft", order_by="longest")
    assert [session.id for session in long_ones] == [made[1].id, made[2].id]
    assert [s.id for s in search(user_id=user.id, metadata={"topics": [20]})] == [made[0].id]
    now = made[0].created_at
    assert len(search(user_id=user.id, since=now)) == 3
    assert search(user_id=user.id, until=now) == []
    assert search(user_id=user.id, since=now + timedelta(seconds=1), status="draft") == []
    everywhere = monumento.sessions.sessions_by_metadata(metadata={"topics": ["sea"]})
    assert {session.id for session in everywhere} == {session.id for session in made}


def test_patches(monumento: Monumento) -> None:
    """What is not given stays, and None empties what may be empty."""
    user = monumento.users.create_user(
        email="ada@example.org", password_hash="hash", full_name="Ada", avatar_url="https://a"
    )
    patched = monumento.users.update_user(user_id=user.id, avatar_url=None)
    assert patched is not None
    assert (patched.email, patched.full_name, patched.avatar_url) == (user.email, "Ada", None)
    assert monumento.users.update_user(user_id=user.id) == patched
    session = monumento.sessions.create_session(
        user_id=user.id, vibe="v", mode="m", duration_minutes=1
    )
    monumento.sessions.attach_recording(session_id=session.id, video_url="v", thumbnail_url="t")
    attached = monumento.sessions.attach_recording(session_id=session.id, video_url=None)
    assert attached is not None
    assert (attached.video_url, attached.thumbnail_url) == (None, "t")
