"""What type checkers see of optional parameters and orders; checked by mypy and pyright, not run.

mypy --strict refuses a `type: ignore` that is not needed, so each of them is a mistake that is
found.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, assert_type

from pgrepo import UNSET, Unset
from pgrepo.domains.monumento.sessions import Session
from pgrepo.domains.monumento.users import User
from pgrepo.runtime import AsyncStream, Stream

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.monumento import AsyncMonumento, Monumento


def filters(monumento: Monumento, user_id: UUID, vibe: str | Unset) -> None:
    """Any of the filters may be left out, or be UNSET."""
    sessions = monumento.sessions
    assert_type(sessions.search_sessions(user_id=user_id), list[Session])
    sessions.search_sessions(user_id=user_id, status="draft", vibe=vibe, since=datetime.now(UTC))
    sessions.search_sessions(user_id=user_id, status=UNSET, metadata={"topics": ["sea"]})
    sessions.search_sessions(user_id=user_id, vibe=None)  # type: ignore[arg-type]
    sessions.search_sessions(user_id=user_id, status="drafts")  # type: ignore[arg-type]
    sessions.search_sessions(user_id=UNSET)  # type: ignore[arg-type]
    sessions.search_sessions()  # type: ignore[call-arg]
    sessions.search_sessions(user_id=user_id, limit=UNSET)  # type: ignore[arg-type]


def orders(monumento: Monumento, user_id: UUID, text: str) -> None:
    """An order is one of the names."""
    sessions = monumento.sessions
    order: Literal["newest", "oldest", "longest"] = "longest"
    stream = sessions.stream_search_sessions(user_id=user_id, order_by=order)
    assert_type(stream, Stream[Session])
    sessions.search_sessions(user_id=user_id, order_by="oldest")
    sessions.search_sessions(user_id=user_id, order_by="shortest")  # type: ignore[arg-type]
    sessions.search_sessions(user_id=user_id, order_by=text)  # type: ignore[arg-type]
    sessions.search_sessions(user_id=user_id, order_by=UNSET)  # type: ignore[arg-type]


def patches(monumento: Monumento, user_id: UUID) -> None:
    """None is for columns that may be NULL."""
    users = monumento.users
    assert_type(users.update_user(user_id=user_id), User | None)
    users.update_user(user_id=user_id, full_name=None, avatar_url=UNSET, email="ada@example.com")
    users.update_user(user_id=user_id, email=None)  # type: ignore[arg-type]


async def asynchronous(monumento: AsyncMonumento, user_id: UUID) -> None:
    """The same with await."""
    sessions = monumento.sessions
    found = await sessions.search_sessions(user_id=user_id, order_by="newest")
    assert_type(found, list[Session])
    assert_type(sessions.stream_search_sessions(user_id=user_id), AsyncStream[Session])
    await sessions.search_sessions(user_id=user_id, order_by="no")  # type: ignore[arg-type]
