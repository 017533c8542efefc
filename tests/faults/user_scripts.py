"""What users of audiotricks do under fire, and what they try to do with what belongs to others.

Users up to ACTIVE act; the others have rows and do nothing. Who logs people in and who works for
all of them have scopes too, on the same connections, and more rights.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from pgrepo.domains.audiotricks.documents import UserSettings
from tests.faults.scoped_calls import Call, Script, Turn, each, owner_id

if TYPE_CHECKING:
    import random

USERS, ACTIVE = 50, 40
DAY = timedelta(days=1)


def thing(user: UUID, what: str) -> UUID:
    """The id of what users.sql has made."""
    return UUID(md5(f"{user} {what}".encode(), usedforsecurity=False).hexdigest())


def of(user: UUID, **more: Any) -> dict[str, Any]:
    """Arguments that name the user."""
    return {"user_id": user, **more}


def history(chance: random.Random, user: UUID) -> Script:
    """Adds an entry, changes, finds and deletes it, or leaves it there."""
    words = {"title": f"Of {user}", "transcript": "A river moves."}
    entry = yield Call("audio_history", "add_history", of(user, **words))
    one = of(user, history_id=entry.id, created_at=entry.created_at)
    yield Call("audio_history", "update_history", one | {"summary": f"Of {user}."})
    yield Call("audio_history", "history_entry", one)
    if chance.random() < 0.7:
        yield Call("audio_history", "delete_history", one)


def settings(chance: random.Random, user: UUID) -> Script:
    """Changes them."""
    theme = chance.choice(["dark", "light"])
    yield Call("user_settings", "merge_settings", of(user, changes=UserSettings(theme=theme)))
    yield Call("user_settings", "set_preferences", of(user, summary_quality="low"))
    yield Call("user_settings", "settings_of", of(user))


def reading(chance: random.Random, user: UUID) -> Script:
    """Pages and a search; some of them name no user."""
    calls = [
        Call("audio_history", "history_page", of(user)),
        Call("audio_history", "history_at_offset", of(user)),
        Call("audio_history", "search_history", of(user, words="glacier")),
        Call("users", "user_by_id", of(user)),
        Call("users", "users_page"),
        Call("sessions", "sessions_of_user", of(user)),
        Call("audit_log", "audit_of_user", of(user, limit=10)),
        Call("audit_log", "audit_page", {"limit": 10}),
    ]
    yield from each(chance.sample(calls, 4))


def theft(chance: random.Random, user: UUID) -> Script:
    """Names somebody else and what is theirs: reads find nothing, writes change nothing."""
    other = owner_id(1 + int(user.hex[-12:]) % USERS)
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    entry = {"history_id": thing(other, "entry 1"), "created_at": first}
    calls = [
        Call("audio_history", "history_page"),
        Call("audio_history", "search_history", {"words": "glacier"}),
        Call("audio_history", "delete_history", entry),
        Call("audio_history", "update_history", entry | {"title": "stolen"}),
        Call("user_settings", "settings_of"),
        Call("user_settings", "openai_ciphertext"),
        Call("user_settings", "delete_settings"),
        Call("sessions", "sessions_of_user"),
        Call("sessions", "close_all_sessions"),
        Call("audit_log", "audit_of_user"),
        Call("users", "user_by_id"),
        Call("users", "update_user", {"username": "stolen"}),
    ]
    for call in chance.sample(calls, 4):
        yield Call(call.repository, call.query, of(other) | call.arguments, finds=False)


def intrusion(chance: random.Random, user: UUID) -> Script:
    """Adds rows to somebody else, and does what no user may."""
    other = owner_id(1 + int(user.hex[-12:]) % USERS)
    calls = [
        Call("audio_history", "add_history", of(other, title="forged")),
        Call("user_settings", "merge_settings", of(other, changes=UserSettings(theme="dark"))),
        Call("users", "credentials_of", of(other)),
        Call("users", "deactivate_user", of(user)),
        Call("sessions", "purge_expired_sessions"),
        Call("audit_log", "purge_audit_log", {"before": datetime.now(UTC)}),
    ]
    yield from each(chance.sample(calls, 3), refused=True)


def nobody(chance: random.Random) -> Script:
    """Without a scope the role has no right at all."""
    user = owner_id(chance.randrange(1, USERS + 1))
    yield from each([*reading(chance, user), *intrusion(chance, user)], refused=True)


def logging_in(user: UUID) -> Script:
    """Who does not know yet who somebody is, sees accounts, and nothing that they made."""
    token_hash = sha256(uuid4().bytes).hexdigest()
    yield Call("users", "credentials", {"login": f"a@{user}"})
    opened = of(user, token_hash=token_hash, valid_for=DAY)
    yield Call("sessions", "open_session", opened)
    yield Call("sessions", "session_user", {"token_hash": token_hash})
    yield Call("sessions", "close_session", {"token_hash": token_hash})
    yield Call("audio_history", "history_page", of(user), refused=True)


def operating(user: UUID) -> Script:
    """Who works for all sees what anybody has, hashes excepted."""
    yield Call("audit_log", "audit_of_user", of(user, limit=5))
    yield Call("user_settings", "key_ids")
    yield Call("users", "credentials_of", of(user), refused=True)


def turn(chance: random.Random) -> Turn:
    """The next thing that somebody does."""
    dice, user = chance.random(), owner_id(chance.randrange(1, ACTIVE + 1))

    def scope(audiotricks: Any) -> Any:
        return audiotricks.for_user(user)

    if dice < 0.15:
        return Turn(nobody(chance), None, None)
    if dice < 0.25:
        return Turn(logging_in(user), lambda audiotricks: audiotricks.for_login(), user)
    if dice < 0.3:
        return Turn(operating(user), lambda audiotricks: audiotricks.for_operator(), user)
    if dice < 0.45:
        return Turn(chance.choice([theft, intrusion])(chance, user), scope, user)
    own = chance.choice([history, settings, reading, reading])
    return Turn(own(chance, user), scope, user, chance.random() < 0.3)
