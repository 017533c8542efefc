"""The audiotricks query files run in plain aiosql with psycopg, without pgrepo.

What the queries do is tested through the generated package. Here each is called once, with all its
parameters, on rows that it is about: it must find or change something.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.types.json import Jsonb

from pgrepo.domains.audiotricks.secrets import ApiKeys, KeyRing
from tests.integration.audiotricks.conftest import new_user
from tests.integration.plain_aiosql import EveryQuery

if TYPE_CHECKING:
    from pgrepo.domains.audiotricks import Audiotricks

RING = KeyRing({"k": KeyRing.new_key()}, current="k")
LAST = UUID(int=2**128 - 1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_OFF = datetime(2100, 1, 1, tzinfo=UTC)
NOBODY = UUID(int=0)

# No session has expired yet.
EMPTY_IS_RIGHT = {"purge_expired_sessions"}

# What a parameter is given wherever nothing else is said.
USUAL: dict[str, Any] = {
    "audio_url": None, "batch_size": 5, "before": FAR_OFF, "before_created_at": FAR_OFF,
    "changes": Jsonb({"theme": "dark"}), "document": Jsonb({"theme": "dark"}),
    "duration_seconds": 1, "email": "new@example.org", "except_session_id": NOBODY,
    "file_size_bytes": 1, "key_ids": ["k"], "key_moments": None, "limit": 5, "login": "ada",
    "month": 5, "months_ahead": 9, "offset": 0, "preferred_language": "en",
    "processing_options": None, "since": LONG_AGO, "summary": None, "summary_quality": None,
    "table_name": "users", "title": "New", "transcript": None, "until": FAR_OFF,
    "username": "new", "valid_for": timedelta(days=1), "words": "lecture", "year": 2031,
}  # fmt: skip


def settle(audiotricks: Audiotricks, hashed: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Makes rows; returns what parameters are given everywhere, and what in one query."""
    user, closed = (new_user(audiotricks, name, hashed) for name in ("ada", "closed"))
    audiotricks.users.deactivate_user(user_id=closed)
    session = audiotricks.sessions.open_session(
        user_id=user, token_hash="0" * 64, valid_for=timedelta(days=1)
    )
    assert session is not None
    entry = audiotricks.audio_history.add_history(user_id=user, title="A lecture")
    keys = ApiKeys(audiotricks, RING)
    keys.set_api_key(user_id=user, provider="openai", api_key="one")
    keys.set_api_key(user_id=user, provider="elevenlabs", api_key="two")
    stored = {
        name: getattr(audiotricks.user_settings, f"{name}_ciphertext")(user_id=user)
        for name in ("openai", "elevenlabs")
    }
    everywhere = {
        "user_id": user, "row_id": user, "session_id": session.id, "history_id": entry.id,
        "created_at": entry.created_at, "token_hash": "0" * 64, "password_hash": hashed,
        "current_hash": hashed, "ciphertext": stored["openai"], "user_ids": [user],
        "before_id": LAST,
    }  # fmt: skip
    special: dict[str, Any] = {
        "user_by_email": {"email": "ada@example.org"},
        "user_by_username": {"username": "ada"},
        "reactivate_user": {"user_id": closed},
        "delete_user": {"user_id": closed},
        "open_session": {"token_hash": "1" * 64},
        "create_monthly_partition": {"table_name": "audio_history"},
    }
    special |= {name: {"before_id": 2**62} for name in ("audit_page", "audit_of_user")}
    special["audit_of_row"] = {"before_id": 2**62}
    for name, ciphertext in stored.items():
        given = {"old_ciphertexts": [ciphertext], "new_ciphertexts": [ciphertext]}
        special[f"replace_{name}_ciphertexts"] = given
    return everywhere, special


def test_every_query(audiotricks: Audiotricks, audiotricks_url: str, hashed: str) -> None:
    """All of them, each on the same rows: its changes are rolled back."""
    everywhere, special = settle(audiotricks, hashed)
    queries = EveryQuery("audiotricks")
    assert len(queries.names) > 50
    assert set(special) | EMPTY_IS_RIGHT <= set(queries.names)
    in_vain = queries.called_in_vain(audiotricks_url, USUAL | everywhere, special)
    assert in_vain == EMPTY_IS_RIGHT
