"""The JSON document of a conversation, as `session_with_messages` returns it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pgrepo.domains.monumento.tables import MessageRole

__all__ = ["SpokenMessage"]


@dataclass(slots=True)
class SpokenMessage:
    """What was said in one turn of a session."""

    id: UUID
    role: MessageRole
    """Who spoke: the interviewer (ai) or the person recording (user)."""
    text: str
    timestamp: int
    """Unix time at which the message was spoken, ms."""
    offset: int
    """Time from the start of the session, ms."""
    audio_url: str | None
    """The recording of this message alone, where there is one."""
