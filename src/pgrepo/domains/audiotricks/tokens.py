"""Login tokens: random, shown once, and stored as SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

__all__ = ["OpenedSession", "new_token", "token_hash"]

_BYTES = 32


@dataclass(slots=True)
class OpenedSession:
    """A new session with its token, which nothing can tell a second time.

    Attributes:
        token: 256 random bits as text. It is left out of the repr.
    """

    session_id: UUID
    user_id: UUID
    expires_at: datetime
    token: str = field(repr=False)


def new_token() -> str:
    """Returns 256 bits of the system's randomness, fit for a cookie or a header."""
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> str:
    """Returns what is stored of a token.

    A fast hash will do, because there are too many tokens to try them; and one without salt is
    found by an index.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
