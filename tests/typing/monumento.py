"""What type checkers must make of the generated monumento: checked by them, never run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, assert_type
from uuid import UUID

from pgrepo.domains.monumento import AsyncMonumento, Monumento
from pgrepo.domains.monumento.documents import SpokenMessage
from pgrepo.domains.monumento.sessions import RecentSession, Session, SessionWithMessages
from pgrepo.domains.monumento.tables import Message
from pgrepo.domains.monumento.users import User, UserStats
from pgrepo.runtime import JSON, AsyncStream, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

    from pgrepo import AsyncDatabase, Database
    from pgrepo.domains.monumento.messages import AddMessage


Status = Literal["draft", "recording", "processing", "completed"]
Tier = Literal["free", "express", "deep-dive", "legacy"]


def rows(monumento: Monumento, user_id: UUID) -> None:
    """A query of many rows returns a list; only what can be NULL is Optional."""
    sessions = monumento.sessions.recent_sessions(user_id=user_id)
    assert_type(sessions, list[RecentSession])
    newest = sessions[0]
    assert_type(newest.id, UUID)
    assert_type(newest.message_count, int)
    assert_type(newest.first_message_at, int | None)
    assert_type(newest.last_message_at, int | None)
    assert_type(newest.video_url, str | None)
    assert_type(newest.metadata, JSON)
    assert_type(newest.created_at, datetime)
    assert_type(newest.status, Status)


def one_row(monumento: Monumento, user_id: UUID) -> None:
    """A row that may be missing is Optional, and one that is always there is not."""
    stats = monumento.users.user_stats(user_id=user_id)
    assert_type(stats, UserStats | None)
    assert stats is not None
    assert_type(stats.id, UUID)
    assert_type(stats.email, str)
    assert_type(stats.subscription_tier, Tier)
    assert_type(stats.total_sessions, int)
    assert_type(stats.total_duration_minutes, int)
    assert_type(stats.last_session_at, datetime | None)
    created = monumento.users.create_user(email="a@example.org", password_hash="x", full_name=None)
    assert_type(created, User)
    assert_type(created.full_name, str | None)


def values(monumento: Monumento, session_id: UUID) -> None:
    """A query of one value returns it bare, a statement without rows how many it affected."""
    assert_type(monumento.sessions.session_metadata(session_id=session_id), JSON)
    assert_type(monumento.sessions.soft_delete_session(session_id=session_id), int)


def documents(monumento: Monumento, session_id: UUID) -> None:
    """JSON that the statement builds has a class of its own."""
    session = monumento.sessions.session_with_messages(session_id=session_id)
    assert_type(session, SessionWithMessages | None)
    assert session is not None
    assert_type(session.messages, list[SpokenMessage])
    assert_type(session.messages[0].id, UUID)
    assert_type(session.messages[0].role, Literal["ai", "user"])
    assert_type(session.messages[0].offset, int)
    assert_type(session.messages[0].audio_url, str | None)


def parameters(monumento: Monumento, user_id: UUID, status: Status) -> None:
    """A column with a CHECK takes its values alone, and a wrong one is an error."""
    monumento.sessions.create_session(
        user_id=user_id, vibe="x", mode="y", duration_minutes=1, status=status
    )
    monumento.sessions.create_session(
        user_id=user_id,
        vibe="x",
        mode="y",
        duration_minutes=1,
        status="finished",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    monumento.sessions.set_session_status(
        session_id=user_id,
        status=None,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )


def bulk(monumento: Monumento, message: AddMessage, wrong: list[Message]) -> None:
    """Rows go in as any iterable of their class."""

    def generated() -> Generator[AddMessage]:
        yield message

    assert_type(monumento.messages.add_messages([message]), int)
    assert_type(monumento.messages.add_messages(generated()), int)
    monumento.messages.add_messages(wrong)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def streams(monumento: Monumento, session_id: UUID) -> Iterator[Message]:
    """A stream is iterated, within a block or without."""
    stream = monumento.messages.stream_messages_of_session(session_id=session_id)
    assert_type(stream, Stream[Message])
    with stream as messages:
        for message in messages:
            assert_type(message, Message)
            yield message


def transactions(database: Database) -> None:
    """A transaction yields the same domain."""
    monumento = Monumento(database)
    with monumento.transaction() as tx:
        assert_type(tx, Monumento)
        with tx.transaction() as inner:
            assert_type(inner, Monumento)


async def asynchronous(
    database: AsyncDatabase, user_id: UUID, message: AddMessage
) -> AsyncIterator[Message]:
    """The async twins return the same, awaited."""
    monumento = AsyncMonumento(database)
    assert_type(await monumento.sessions.recent_sessions(user_id=user_id), list[RecentSession])
    assert_type(await monumento.users.user_stats(user_id=user_id), UserStats | None)
    assert_type(await monumento.sessions.session_by_id(session_id=user_id), Session | None)
    assert_type(await monumento.sessions.session_metadata(session_id=user_id), JSON)
    assert_type(await monumento.messages.add_messages([message]), int)
    async with monumento.transaction() as tx:
        assert_type(tx, AsyncMonumento)
    stream = monumento.messages.stream_messages_of_session(session_id=user_id)
    assert_type(stream, AsyncStream[Message])
    async with stream as messages:
        async for found in messages:
            assert_type(found, Message)
            yield found
