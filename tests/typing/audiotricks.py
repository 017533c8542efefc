"""What type checkers must make of audiotricks' accounts, keys and documents; never run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, assert_type

from pgrepo.domains.audiotricks.accounts import Accounts, AsyncAccounts, OpenedSession
from pgrepo.domains.audiotricks.audio_history import FoundEntry, HistoryEntry, ListedEntry
from pgrepo.domains.audiotricks.documents import (
    KeyMoment,
    KeyMoments,
    ProcessingOptions,
    UserSettings,
)
from pgrepo.domains.audiotricks.secrets import ApiKeys, KeyRing
from pgrepo.domains.audiotricks.sessions import SessionUser
from pgrepo.domains.audiotricks.user_settings import Settings
from pgrepo.domains.audiotricks.users import User

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.audiotricks import AsyncAudiotricks, Audiotricks


def accounts(audiotricks: Audiotricks) -> None:
    """Registering always gives a user; logging in may not."""
    accounts = Accounts(audiotricks.for_login())
    user = accounts.register(email="ada@example.org", username="ada", password="x")
    assert_type(user, User)
    assert_type(user.last_login_at, datetime | None)
    assert_type(accounts.authenticate(login="ada", password="x"), User | None)
    assert_type(accounts.log_in(login="ada", password="x"), OpenedSession | None)
    assert_type(accounts.session_user(token="x"), SessionUser | None)
    assert_type(accounts.close_session(token="x"), bool)
    user.password_hash  # type: ignore[attr-defined]  # noqa: B018


async def awaited(audiotricks: AsyncAudiotricks, user_id: UUID) -> None:
    """The asynchronous flavour returns the same."""
    accounts = AsyncAccounts(audiotricks.for_login())
    assert_type(await accounts.open_session(user_id=user_id), OpenedSession | None)
    assert_type(await accounts.set_password(user_id=user_id, password="x"), bool)


def keys(audiotricks: Audiotricks, user_id: UUID, ring: KeyRing) -> None:
    """Only services that there is a place for."""
    keys = ApiKeys(audiotricks.for_user(user_id), ring)
    assert_type(keys.api_key(user_id=user_id, provider="openai"), str | None)
    assert_type(keys.reencrypt_api_keys(batch_size=10), int)
    keys.set_api_key(user_id=user_id, provider="other", api_key="x")  # type: ignore[arg-type]


def documents(audiotricks: Audiotricks, user_id: UUID) -> None:
    """Documents have types, in and out."""
    mine = audiotricks.for_user(user_id)
    entry = mine.audio_history.add_history(
        user_id=user_id, key_moments=KeyMoments([KeyMoment(timestamp="00:00:01", description="A")])
    )
    assert_type(entry, HistoryEntry)
    assert_type(entry.key_moments, KeyMoments | None)
    assert_type(entry.processing_options, ProcessingOptions | None)
    assert_type(mine.audio_history.history_page(user_id=user_id), list[ListedEntry])
    assert_type(mine.audio_history.search_history(user_id=user_id, words="x"), list[FoundEntry])
    settings = mine.user_settings.merge_settings(user_id=user_id, changes=UserSettings())
    assert_type(settings, Settings)
    assert_type(settings.settings_json, UserSettings)
    mine.user_settings.merge_settings(user_id=user_id, changes={})  # type: ignore[arg-type]
    mine.audio_history.add_history(user_id=user_id, key_moments=[])  # type: ignore[arg-type]
