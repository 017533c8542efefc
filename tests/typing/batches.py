"""What type checkers must make of batches: checked by them, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from pgrepo.domains.monumento.sessions import RecentSession
from pgrepo.domains.monumento.users import User, UserStats
from pgrepo.runtime.batches import Pending

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.monumento import AsyncMonumento, Monumento


def collected(monumento: Monumento, user_id: UUID) -> None:
    """Each call has the result of its method, and takes that method's arguments."""
    with monumento.batch() as batch:
        sessions = batch.add(monumento.sessions.recent_sessions, user_id=user_id, limit=3)
        stats = batch.add(monumento.users.user_stats, user_id=user_id)
        user = batch.add(
            monumento.users.create_user, email="a@example.org", password_hash="x", full_name=None
        )
        batch.add(monumento.users.user_stats, user_id="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        batch.add(monumento.users.user_stats)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert_type(sessions, Pending[list[RecentSession]])
    assert_type(sessions.result(), list[RecentSession])
    assert_type(stats.result(), UserStats | None)
    assert_type(user.result(), User)


async def collected_async(monumento: AsyncMonumento, user_id: UUID) -> None:
    """The same for asyncio; result() is not awaited."""
    async with monumento.transaction() as tx, tx.batch(commit=True) as batch:
        sessions = batch.add(tx.sessions.recent_sessions, user_id=user_id)
        stats = batch.add(tx.users.user_stats, user_id=user_id)
        batch.add(tx.users.user_stats, user=user_id)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        batch.add(tx.sessions.stream_recent_sessions, user_id=user_id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(sessions.result(), list[RecentSession])
    assert_type(stats.result(), UserStats | None)
