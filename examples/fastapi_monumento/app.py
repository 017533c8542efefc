"""A web service on the domain monumento: people, their sessions, and what was said in them.

    DATABASE_URL=postgresql://… uvicorn app:app

There is no login in it: put your own in front of every route that takes a user_id.
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, NotRequired, TypeVar
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import JsonValue, with_config
from typing_extensions import TypedDict

from pgrepo import (
    AsyncDatabase,
    CheckViolation,
    DatabaseError,
    DataError,
    ForeignKeyViolation,
    OperationalError,
    UniqueViolation,
)
from pgrepo.domains.monumento import AsyncMonumento
from pgrepo.domains.monumento.documents import SpokenMessage
from pgrepo.domains.monumento.sessions import Session, SessionWithMessages
from pgrepo.domains.monumento.tables import Message, MessageRole
from pgrepo.domains.monumento.users import User, UserProfile

T = TypeVar("T")
log = logging.getLogger(__name__)

# The rows are plain dataclasses. This shows the comments of their columns in the API's docs.
for row in (Session, SessionWithMessages, SpokenMessage, Message, User, UserProfile):
    with_config(use_attribute_docstrings=True)(row)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, AsyncDatabase]]:
    """Keeps the database open for as long as the service runs."""
    # Longer than a restart of the database takes, and no longer than a client likes to wait.
    async with AsyncDatabase(os.environ["DATABASE_URL"], max_size=10, timeout=3.0) as database:
        yield {"database": database}


app = FastAPI(title="monumento", lifespan=lifespan)


async def opened(request: Request) -> AsyncDatabase:
    """The database."""
    database: AsyncDatabase = request.state.database
    return database


OpenDatabase = Annotated[AsyncDatabase, Depends(opened)]


async def repositories(database: OpenDatabase) -> AsyncMonumento:
    """The repositories; each call takes a connection from the pool and gives it back."""
    return AsyncMonumento(database)


Repositories = Annotated[AsyncMonumento, Depends(repositories)]


# People -----------------------------------------------------------------------------------------


class UserChanges(TypedDict, total=False):
    """What to change; what is left out stays as it is."""

    email: str
    full_name: str | None
    avatar_url: str | None


@app.get("/users/{user_id}")
async def profile(user_id: UUID, monumento: Repositories) -> UserProfile:
    """What a user shows on every page."""
    return found(await monumento.users.user_profile(user_id=user_id))


@app.patch("/users/{user_id}")
async def change_user(user_id: UUID, changes: UserChanges, monumento: Repositories) -> User:
    """Changes a user. 409: somebody else has this email."""
    return found(await monumento.users.update_user(user_id=user_id, **changes))


# Sessions ---------------------------------------------------------------------------------------


class NewSession(TypedDict):
    """A session to be recorded."""

    vibe: str
    mode: str
    duration_minutes: int
    metadata: NotRequired[dict[str, JsonValue]]


@app.get("/users/{user_id}/sessions")
async def sessions(
    user_id: UUID,
    monumento: Repositories,
    before_created_at: datetime | None = None,
    before_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[Session]:
    """A page, newest first. The next one is before `created_at` and `id` of this one's last."""
    return await monumento.sessions.sessions_page(
        user_id=user_id, before_created_at=before_created_at, before_id=before_id, limit=limit
    )


@app.post("/users/{user_id}/sessions", status_code=201)
async def create_session(user_id: UUID, session: NewSession, monumento: Repositories) -> Session:
    """Creates a session."""
    return await monumento.sessions.create_session(user_id=user_id, **session)


@app.get("/sessions/{session_id}")
async def session_with_messages(session_id: UUID, monumento: Repositories) -> SessionWithMessages:
    """A session with everything said in it."""
    return found(await monumento.sessions.session_with_messages(session_id=session_id))


# Messages ---------------------------------------------------------------------------------------


class NewMessage(TypedDict):
    """Something said: when (Unix time, ms), and how far into the session (ms)."""

    role: MessageRole
    text: str
    timestamp: int
    relative_offset: int
    audio_url: NotRequired[str | None]


@app.post("/sessions/{session_id}/messages", status_code=201)
async def add_message(session_id: UUID, message: NewMessage, monumento: Repositories) -> Message:
    """Adds what was said."""
    return await monumento.messages.add_message(session_id=session_id, **message)


# How it is --------------------------------------------------------------------------------------


@app.get("/health")
async def health(database: OpenDatabase, response: Response) -> dict[str, Any]:
    """How the database is; 503 if it does not answer."""
    status = await database.status()
    response.status_code = 200 if status.healthy else 503
    return asdict(status)


# What can go wrong ------------------------------------------------------------------------------


def found(row: T | None) -> T:
    """Returns what was looked for; 404 if it is not there."""
    if row is None:
        raise HTTPException(404)
    return row


REFUSALS: tuple[tuple[type[DatabaseError], int, str], ...] = (
    (ForeignKeyViolation, 404, "Not Found"),  # the user or the session that it is to belong to
    (UniqueViolation, 409, "It is taken"),
    (CheckViolation, 422, "A value is not allowed"),
    (DataError, 422, "A value does not fit"),
    (OperationalError, 503, "The database is away; try again"),
)


@app.exception_handler(DatabaseError)
async def refuse(request: Request, error: DatabaseError) -> JSONResponse:
    """Says what a client may know of an error; what is not listed is a defect, and a 500."""
    for kind, status, detail in REFUSALS:
        if isinstance(error, kind):
            # It names the query and the constraint, and holds no value that a client has sent.
            log.warning("%s %s: %s", request.method, request.url.path, error)
            headers = {"Retry-After": "1"} if status == 503 else None
            return JSONResponse({"detail": detail}, status, headers)
    raise error
