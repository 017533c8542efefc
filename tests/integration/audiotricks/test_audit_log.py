"""The audit log has every change, in order, and no secret."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pgrepo.domains.audiotricks.documents import KeyMoment, KeyMoments, UserSettings
from pgrepo.domains.audiotricks.secrets import ApiKeys, KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    import psycopg

    from pgrepo.domains.audiotricks import Audiotricks

SECRETS = {
    "users": {"password_hash"},
    "sessions": {"token_hash"},
    "user_settings": {"openai_api_key_encrypted", "elevenlabs_api_key_encrypted"},
    "audio_history": set[str](),
}
DERIVED = {"words"}
RING = KeyRing({"k": KeyRing.new_key()}, current="k")
State = dict[tuple[str, str], dict[str, Any]]


def current(observer: psycopg.Connection[Any]) -> State:
    """The rows of all tables, without secrets and what follows from others."""
    found: State = {}
    for table, secrets in SECRETS.items():
        key = "user_id" if table == "user_settings" else "id"
        for row in observer.execute(f"SELECT to_jsonb(t) FROM audiotricks.{table} AS t".encode()):
            kept = {name: row[0][name] for name in row[0].keys() - secrets - DERIVED}
            found[table, row[0][key]] = kept
    return found


def replayed(observer: psycopg.Connection[Any]) -> State:
    """What the log makes of nothing; whatever does not fit to what was before fails."""
    state: State = {}
    for table, row_id, operation, old, new in observer.execute(
        "SELECT table_name, row_id::text, operation, old_row, new_row "
        "FROM audiotricks.audit_log ORDER BY id"
    ):
        key, secrets = (table, row_id), SECRETS[table]
        told = {name: new[name] for name in (new or {}).keys() & secrets}
        assert set(told.values()) <= {"changed"}
        assert not (old or {}).keys() & secrets
        plain = {name: value for name, value in (new or {}).items() if name not in secrets}
        if operation == "insert":
            assert key not in state
            assert old is None
            state[key] = plain
        elif operation == "update":
            assert plain.keys() == old.keys()
            assert {name: state[key][name] for name in old} == old
            assert all(plain[name] != old[name] for name in old)
            assert plain or told
            state[key] |= plain
        else:
            assert state.pop(key) == old
    return state


class Workload:
    """Random changes of everything, by one of several workers."""

    def __init__(self, audiotricks: Audiotricks, seed: int) -> None:
        self.domain = audiotricks
        self.keys = ApiKeys(audiotricks, RING)
        self.random = random.Random(seed)  # noqa: S311 - the same changes every time
        self.seed = seed
        self.users: list[UUID] = []
        self.entries: list[Any] = []
        self.made = 0

    def run(self, steps: int) -> None:
        """Does so many changes; some of them change nothing."""
        self._register()
        actions: list[Callable[[], None]] = [
            self._register, self._rename, self._log_in, self._log_out, self._prefer, self._settings,
            self._key, self._add, self._add, self._edit, self._remove, self._close, self._password,
        ]  # fmt: skip
        for _ in range(steps):
            self.random.choice(actions)()

    def _user(self) -> UUID:
        return self.random.choice(self.users)

    def _name(self) -> str:
        self.made += 1
        return f"user-{self.seed}-{self.made}"

    def _hash(self) -> str:
        return f"$2b$12${self.random.randrange(10**52):053d}"

    def _register(self) -> None:
        name = self._name()
        made = self.domain.users.register(
            email=f"{name}@example.org", username=name, password_hash=self._hash()
        )
        self.users.append(made.id)

    def _rename(self) -> None:
        self.domain.users.update_user(user_id=self._user(), username=self._name())

    def _password(self) -> None:
        self.domain.users.set_password_hash(user_id=self._user(), password_hash=self._hash())

    def _log_in(self) -> None:
        user_id = self._user()
        self.domain.sessions.open_session(
            user_id=user_id,
            token_hash=sha256(self._name().encode()).hexdigest(),
            valid_for=timedelta(days=1),
        )
        self.domain.users.touch_last_login(user_id=user_id)

    def _log_out(self) -> None:
        self.domain.sessions.close_all_sessions(user_id=self._user())

    def _prefer(self) -> None:
        self.domain.user_settings.set_preferences(
            user_id=self._user(), summary_quality=self.random.choice(["low", "balanced"])
        )

    def _settings(self) -> None:
        self.domain.user_settings.merge_settings(
            user_id=self._user(), changes=UserSettings(theme=self.random.choice(["dark", "light"]))
        )

    def _key(self) -> None:
        provider = self.random.choice(["openai", "elevenlabs"])
        self.keys.set_api_key(user_id=self._user(), provider=provider, api_key=self._name())  # type: ignore[arg-type]

    def _add(self) -> None:
        entry = self.domain.audio_history.add_history(
            user_id=self._user(),
            title=self._name(),
            key_moments=KeyMoments([KeyMoment(timestamp="00:00:01", description="A word")]),
        )
        self.entries.append(entry)

    def _edit(self) -> None:
        if self.entries:
            entry = self.random.choice(self.entries)
            self.domain.audio_history.update_history(
                user_id=entry.user_id,
                history_id=entry.id,
                created_at=entry.created_at,
                summary=self.random.choice([None, "Short.", "Long."]),
            )

    def _remove(self) -> None:
        if self.entries:
            entry = self.entries.pop()
            self.domain.audio_history.delete_history(user_id=entry.user_id, history_id=entry.id)

    def _close(self) -> None:
        if len(self.users) > 3:
            user_id = self._user()
            self.domain.users.deactivate_user(user_id=user_id)
            if self.random.random() < 0.5:
                self.domain.users.delete_user(user_id=user_id)
                self.users.remove(user_id)
                self.entries = [entry for entry in self.entries if entry.user_id != user_id]
            else:
                self.domain.users.reactivate_user(user_id=user_id)


def test_replaying_gives_the_current_rows(
    audiotricks: Audiotricks, observer: psycopg.Connection[Any]
) -> None:
    """After random changes, by four at once: the log alone knows what there is."""
    loads = [Workload(audiotricks, seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda load: load.run(100), loads))
    state = replayed(observer)
    assert {table for table, _ in state} == set(SECRETS)
    assert state == current(observer)


def test_several_change_one_row(
    audiotricks: Audiotricks, observer: psycopg.Connection[Any], user_id: UUID
) -> None:
    """Each entry begins where the one before it ended, in the order of id and of time."""

    def rename(number: int) -> None:
        for step in range(20):
            audiotricks.users.update_user(user_id=user_id, username=f"name-{number}-{step}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(rename, range(4)))
    rows = observer.execute(
        "SELECT old_row ->> 'username', new_row ->> 'username' FROM audiotricks.audit_log "
        "WHERE row_id = %s ORDER BY created_at, id",
        (user_id,),
    ).fetchall()
    assert len(rows) == 81
    assert [old for old, _ in rows[1:]] == [new for _, new in rows[:-1]]
    assert state_of(observer, user_id) == rows[-1][1]
    replayed(observer)


def state_of(observer: psycopg.Connection[Any], user_id: UUID) -> str:
    """A user's name."""
    row = observer.execute(
        "SELECT username FROM audiotricks.users WHERE id = %s", (user_id,)
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_secrets_appear_only_as_changed(
    audiotricks: Audiotricks, observer: psycopg.Connection[Any], user_id: UUID, hashed: str
) -> None:
    """When they are set, replaced and taken away; and not when something else changes."""
    settings, users = audiotricks.user_settings, audiotricks.users
    keys = ApiKeys(audiotricks, RING)
    users.set_password_hash(user_id=user_id, password_hash=hashed[:-1] + "b")
    users.set_password_hash(user_id=user_id, password_hash=hashed[:-1] + "b")
    users.update_user(user_id=user_id, username="countess")
    keys.set_api_key(user_id=user_id, provider="openai", api_key="one")
    keys.set_api_key(user_id=user_id, provider="openai", api_key="one")
    settings.set_preferences(user_id=user_id, preferred_language="de")
    keys.remove_api_key(user_id=user_id, provider="openai")
    settings.delete_settings(user_id=user_id)
    told = [
        (row.table_name, row.operation, sorted(secrets_in(row.new_row)), row.old_row is None)
        for row in reversed(audiotricks.audit_log.audit_of_user(user_id=user_id))
    ]
    openai = ["openai_api_key_encrypted"]
    assert told == [
        ("users", "insert", ["password_hash"], True),
        ("users", "update", ["password_hash"], False),
        ("users", "update", [], False),
        ("user_settings", "insert", openai, True),
        ("user_settings", "update", openai, False),
        ("user_settings", "update", [], False),
        ("user_settings", "update", openai, False),
        ("user_settings", "delete", [], False),
    ]
    rows = observer.execute("SELECT t::text FROM audiotricks.audit_log AS t").fetchall()
    assert not any("$2b$" in text or "v1." in text for (text,) in rows)


def secrets_in(new_row: Any) -> list[str]:
    """The columns that are told as changed."""
    return [name for name, value in (new_row or {}).items() if value == "changed"]


def test_pages(audiotricks: Audiotricks, user_id: UUID, other_id: UUID) -> None:
    """Of everything, of a user, of a table and of a row: newest first, without a gap."""
    entry = audiotricks.audio_history.add_history(user_id=user_id, title="One")
    for title in ("Two", "Three", "Four"):
        audiotricks.audio_history.update_history(
            user_id=user_id, history_id=entry.id, created_at=entry.created_at, title=title
        )
    log = audiotricks.audit_log
    first = log.audit_of_row(row_id=entry.id, table_name="audio_history", limit=3)
    rest = log.audit_of_row(
        row_id=entry.id,
        table_name="audio_history",
        before_created_at=first[-1].created_at,
        before_id=first[-1].id,
    )
    assert [row.new_row for row in first] == [{"title": t} for t in ("Four", "Three", "Two")]
    assert [row.operation for row in rest] == ["insert"]
    assert json.dumps(first[0].old_row) == '{"title": "Three"}'
    assert len(log.audit_of_user(user_id=user_id)) == 5
    assert len(log.audit_of_user(user_id=user_id, table_name="users")) == 1
    assert {row.user_id for row in log.audit_page()} == {user_id, other_id}
    assert len(log.audit_page(limit=2)) == 2


def test_purging_and_erasing(audiotricks: Audiotricks, user_id: UUID, other_id: UUID) -> None:
    """In batches, until nothing is left of what was meant."""
    for _ in range(5):
        audiotricks.users.touch_last_login(user_id=user_id)
    log = audiotricks.audit_log
    erased = []
    while count := log.erase_audit_of_user(user_id=user_id, batch_size=4):
        erased.append(count)
    assert erased == [4, 2]
    assert [row.user_id for row in log.audit_page()] == [other_id]
    assert log.purge_audit_log(before=datetime(2000, 1, 1, tzinfo=UTC)) == 0
    assert log.purge_audit_log(before=datetime(2100, 1, 1, tzinfo=UTC)) == 1
    assert log.audit_page() == []
