"""Logins by refresh tokens, as tests go about them."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.littlemonster import Littlemonster
    from pgrepo.domains.littlemonster.refresh_tokens import RefreshToken

MONTH = timedelta(days=30)


def stored(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode()).digest()


def log_in(littlemonster: Littlemonster, user_id: UUID, token: str) -> RefreshToken:
    """The first refresh token of a new login."""
    issued = littlemonster.refresh_tokens.issue_refresh_token(
        user_id=user_id, token_hash=stored(token), valid_for=MONTH
    )
    assert issued is not None
    return issued


def rotate(littlemonster: Littlemonster, token: str, new_token: str) -> RefreshToken | None:
    """Exchanges a token."""
    return littlemonster.refresh_tokens.rotate_refresh_token(
        token_hash=stored(token), new_token_hash=stored(new_token), valid_for=MONTH
    )
