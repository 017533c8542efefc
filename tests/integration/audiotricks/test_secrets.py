"""API keys: bound to their place, under a ring of keys that can be changed at any time."""

from __future__ import annotations

import base64
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgrepo import AsyncDatabase, CheckViolation, Database, UsageError
from pgrepo.domains.audiotricks import AsyncAudiotricks, Audiotricks
from pgrepo.domains.audiotricks.secrets import (
    PROVIDERS,
    ApiKeys,
    AsyncApiKeys,
    KeyRing,
    SecretError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from pgrepo.domains.audiotricks.user_settings import KeyId
OLD, NEW = KeyRing.new_key(), KeyRing.new_key()
SECRET = "sk-a-secret-that-opens-a-door"
BEFORE = KeyRing({"old": OLD}, current="old")
BOTH = KeyRing({"old": OLD, "new": NEW}, current="new")
AFTER = KeyRing({"new": NEW}, current="new")
WORKER = "pgrepo_test_reencrypt"

MANY = """
INSERT INTO audiotricks.users (id, email, username, password_hash)
SELECT md5('many ' || n)::uuid, n || '@many.example.org', 'many-' || n,
    '$2b$12$' || repeat('a', 53)
FROM generate_series(1, %s) AS n
RETURNING id
"""


@pytest.fixture
def old_keys(audiotricks: Audiotricks) -> ApiKeys:
    """Before the key was changed."""
    return ApiKeys(audiotricks, BEFORE)


@pytest.fixture
def keys(audiotricks: Audiotricks) -> ApiKeys:
    """While it is being changed."""
    return ApiKeys(audiotricks, BOTH)


@pytest.fixture
def people(observer: psycopg.Connection[Any], old_keys: ApiKeys) -> dict[UUID, dict[Any, str]]:
    """25 people with both keys, under the old key of the ring."""
    found = [row[0] for row in observer.execute(MANY, (25,)).fetchall()]
    wanted: dict[UUID, dict[Any, str]] = {}
    for user_id in found:
        for provider in PROVIDERS:
            secret = f"{provider} {user_id}"
            old_keys.set_api_key(user_id=user_id, provider=provider, api_key=secret)
            wanted.setdefault(user_id, {})[provider] = secret
    return wanted


def read(keys: ApiKeys, people: dict[UUID, dict[Any, str]]) -> dict[UUID, dict[Any, str | None]]:
    """What people's keys are."""
    return {
        user_id: {name: keys.api_key(user_id=user_id, provider=name) for name in PROVIDERS}
        for user_id in people
    }


def test_set_read_and_removed(keys: ApiKeys, audiotricks: Audiotricks, user_id: UUID) -> None:
    """One a service; the settings tell which there are."""
    assert keys.api_key(user_id=user_id, provider="openai") is None
    keys.set_api_key(user_id=user_id, provider="openai", api_key="first")
    keys.set_api_key(user_id=user_id, provider="openai", api_key="schlüssel 🔑")
    assert keys.api_key(user_id=user_id, provider="openai") == "schlüssel 🔑"
    assert keys.api_key(user_id=user_id, provider="elevenlabs") is None
    settings = audiotricks.user_settings.settings_of(user_id=user_id)
    assert settings is not None
    assert (settings.has_openai_api_key, settings.has_elevenlabs_api_key) == (True, False)
    keys.remove_api_key(user_id=user_id, provider="openai")
    assert keys.api_key(user_id=user_id, provider="openai") is None
    with pytest.raises(UsageError, match="not empty"):
        keys.set_api_key(user_id=user_id, provider="openai", api_key="")
    with pytest.raises(UsageError, match="openai, elevenlabs"):
        keys.set_api_key(user_id=user_id, provider="other", api_key="x")  # type: ignore[arg-type]


def test_moved_ciphertexts_do_not_decrypt(
    keys: ApiKeys, observer: psycopg.Connection[Any], user_id: UUID, other_id: UUID
) -> None:
    """Between two rows, and between the two columns of one."""
    for owner in (user_id, other_id):
        for provider in PROVIDERS:
            keys.set_api_key(user_id=owner, provider=provider, api_key=SECRET)
    columns = [f"{provider}_api_key_encrypted" for provider in PROVIDERS]
    columns_swapped = (
        f"UPDATE audiotricks.user_settings SET {columns[0]} = {columns[1]}, "
        f"{columns[1]} = {columns[0]}"
    )
    rows_swapped = (
        f"UPDATE audiotricks.user_settings AS one SET {columns[0]} = other.{columns[0]}, "
        f"{columns[1]} = other.{columns[1]} FROM audiotricks.user_settings AS other "
        "WHERE one.user_id <> other.user_id"
    )
    for moved in (columns_swapped, rows_swapped):
        observer.execute(moved.encode())
        for owner in (user_id, other_id):
            for provider in PROVIDERS:
                with pytest.raises(SecretError, match="another place") as caught:
                    keys.api_key(user_id=owner, provider=provider)
                assert SECRET not in f"{caught.value!r} {caught.value.__context__!r}"
        observer.execute(moved.encode())
    assert keys.api_key(user_id=user_id, provider="openai") == SECRET


def test_tampering_shows(observer: psycopg.Connection[Any], user_id: UUID) -> None:
    """Whichever byte was changed, or cut off."""
    place = f"user_settings|openai_api_key_encrypted|{user_id}"
    ciphertext = BOTH.encrypt(SECRET, place)
    head, _, body = ciphertext.rpartition(".")
    data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    for number in range(len(data)):
        changed = bytearray(data)
        changed[number] ^= 1
        text = base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
        with pytest.raises(SecretError):
            BOTH.decrypt(f"{head}.{text}", place)
    for broken in (f"{head}.{body[:20]}", f"{head}.", f"v1.old.{body}", "plain", f"v2.new.{body}"):
        with pytest.raises(SecretError):
            BOTH.decrypt(broken, place)
    with pytest.raises(psycopg.errors.CheckViolation):
        observer.execute(
            "INSERT INTO audiotricks.user_settings (user_id, openai_api_key_encrypted) "
            "VALUES (%s, %s)",
            (user_id, SECRET),
        )


def test_the_database_takes_no_key_as_it_is(audiotricks: Audiotricks, user_id: UUID) -> None:
    """Even if somebody passes the encryption by; the error does not repeat it."""
    for store in (
        audiotricks.user_settings.set_openai_ciphertext,
        audiotricks.user_settings.set_elevenlabs_ciphertext,
    ):
        with pytest.raises(CheckViolation) as caught:
            store(user_id=user_id, ciphertext=SECRET)
        assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_rotated_ring_reads_old_and_writes_new(
    old_keys: ApiKeys, keys: ApiKeys, audiotricks: Audiotricks, user_id: UUID
) -> None:
    """And the old ring cannot read what the new key wrote."""
    old_keys.set_api_key(user_id=user_id, provider="openai", api_key="written before")
    assert keys.api_key(user_id=user_id, provider="openai") == "written before"
    keys.set_api_key(user_id=user_id, provider="elevenlabs", api_key="written after")
    with pytest.raises(SecretError, match="the key new, which is not on this ring"):
        old_keys.api_key(user_id=user_id, provider="elevenlabs")
    found = audiotricks.user_settings.key_ids()
    assert [(row.key_id, row.ciphertexts) for row in found] == [("new", 1), ("old", 1)]
    other = KeyRing({"old": NEW, "new": OLD}, current="new")
    for provider in PROVIDERS:
        with pytest.raises(SecretError, match="another key of the name"):
            ApiKeys(audiotricks, other).api_key(user_id=user_id, provider=provider)


class Killed(BaseException):
    """What a process does not live to see."""


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_reencryption_goes_on_after_any_kill(
    audiotricks_url: str,
    audiotricks: Audiotricks,
    people: dict[UUID, dict[Any, str]],
    batch_size: int,
) -> None:
    """Whether a worker dies before it writes, while it does, or before it knows that it has."""
    keys = ApiKeys(audiotricks, BOTH)
    for point in (Point.BEFORE, Point.WHILE, Point.AFTER) * 2:
        left = sum(row.ciphertexts for row in retired(audiotricks))
        with Database(make_conninfo(audiotricks_url, application_name=WORKER)) as database:
            worker = ApiKeys(Audiotricks(database), BOTH)
            worker._settings = Dying(worker._settings, audiotricks_url, point)  # type: ignore[assignment]
            if left:
                with pytest.raises((psycopg.OperationalError, Killed)):
                    worker.reencrypt_api_keys(batch_size=batch_size)
        written = min(batch_size, left, 25) if point is Point.AFTER else 0
        if left:
            assert sum(row.ciphertexts for row in retired(audiotricks)) == left - written
        assert read(keys, people) == people
    while keys.reencrypt_api_keys(batch_size=batch_size):
        pass
    assert retired(audiotricks) == []
    assert read(ApiKeys(audiotricks, AFTER), people) == people


def retired(audiotricks: Audiotricks) -> list[KeyId]:
    """What is yet to be encrypted anew."""
    return [row for row in audiotricks.user_settings.key_ids() if row.key_id == "old"]


class Point(Enum):
    """When a worker dies, seen from its write."""

    BEFORE = auto()
    WHILE = auto()
    AFTER = auto()


class Dying:
    """A repository whose worker dies with its next write."""

    def __init__(self, settings: Any, url: str, point: Point) -> None:
        self._settings = settings
        self._url = url
        self._point = point

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._settings, name)
        if not name.startswith("replace_"):
            return real

        def write(**parameters: Any) -> int:
            if self._point is Point.BEFORE:
                raise Killed
            if self._point is Point.WHILE:
                return self._blocked(real, parameters)
            raise Killed(real(**parameters))

        return write

    def _blocked(self, real: Callable[..., int], parameters: dict[str, Any]) -> int:
        with psycopg.connect(self._url) as blocker, ThreadPoolExecutor(1) as pool:
            blocker.execute("LOCK TABLE audiotricks.user_settings IN SHARE MODE")
            running = pool.submit(real, **parameters)
            kill(self._url)
            return running.result()


def kill(url: str) -> None:
    """Ends the worker's connection once it waits for a lock."""
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(1000):
            row = connection.execute(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                "WHERE application_name = %s AND wait_event_type = 'Lock'",
                (WORKER,),
            ).fetchone()
            assert row is not None
            if row[0]:
                return
            connection.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("there was nothing to kill")


def test_several_may_reencrypt_at_once(
    audiotricks: Audiotricks, people: dict[UUID, dict[Any, str]]
) -> None:
    """Each key is encrypted anew once, whoever does it."""
    keys = ApiKeys(audiotricks, BOTH)

    def work(_: int) -> int:
        total = 0
        while done := keys.reencrypt_api_keys(batch_size=3):
            total += done
        return total

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 50
    assert read(ApiKeys(audiotricks, AFTER), people) == people


def test_what_a_user_sets_meanwhile_stays(
    audiotricks: Audiotricks, keys: ApiKeys, old_keys: ApiKeys, user_id: UUID
) -> None:
    """Even between reading the old ciphertext and writing the new one."""
    old_keys.set_api_key(user_id=user_id, provider="openai", api_key="old")
    (found,) = audiotricks.user_settings.openai_ciphertexts(key_ids=["old"], batch_size=10)
    keys.set_api_key(user_id=user_id, provider="openai", api_key="newer")
    stale = BOTH.encrypt("old", f"user_settings|openai_api_key_encrypted|{user_id}")
    replaced = audiotricks.user_settings.replace_openai_ciphertexts(
        user_ids=[user_id], old_ciphertexts=[found.ciphertext], new_ciphertexts=[stale]
    )
    assert replaced == 0
    assert keys.api_key(user_id=user_id, provider="openai") == "newer"


def test_what_cannot_be_decrypted_is_named(
    audiotricks: Audiotricks, keys: ApiKeys, old_keys: ApiKeys, user_id: UUID, other_id: UUID
) -> None:
    """Re-encryption stops at it, changes nothing of the batch, and goes on once it is removed."""
    forged = ApiKeys(audiotricks, KeyRing({"old": KeyRing.new_key()}, current="old"))
    old_keys.set_api_key(user_id=user_id, provider="openai", api_key="good")
    forged.set_api_key(user_id=other_id, provider="openai", api_key="bad")
    with pytest.raises(SecretError, match=str(other_id)):
        keys.reencrypt_api_keys()
    assert old_keys.api_key(user_id=user_id, provider="openai") == "good"
    keys.remove_api_key(user_id=other_id, provider="openai")
    assert keys.reencrypt_api_keys() == 1
    assert keys.reencrypt_api_keys() == 0


def test_a_ring_keeps_its_keys_to_itself() -> None:
    """Printing, pickling and copying do not show them; what is wrong is said without them."""
    assert repr(BOTH) == "KeyRing(ids=['new', 'old'], current='new')"
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(UsageError, match="take the keys along"):
            attempt(BOTH)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"k": OLD[:16]}, "k"),
        ({"k": OLD.hex()}, "k"),
        ({"k k": OLD}, "k k"),
        ({"k": OLD}, "other"),
        ({}, "k"),
    ]
    for keys, current in wrong:
        with pytest.raises(UsageError) as caught:
            KeyRing(keys, current=current)
        assert OLD.hex() not in str(caught.value)
        assert repr(OLD)[2:10] not in str(caught.value)


async def test_the_asynchronous_flavour(audiotricks_url: str, user_id: UUID) -> None:
    """The same from setting to encrypting anew."""
    async with AsyncDatabase(audiotricks_url) as database:
        domain = AsyncAudiotricks(database)
        before, after = AsyncApiKeys(domain, BEFORE), AsyncApiKeys(domain, BOTH)
        for provider in PROVIDERS:
            await before.set_api_key(user_id=user_id, provider=provider, api_key=SECRET)
        assert [await after.reencrypt_api_keys() for _ in range(3)] == [1, 1, 0]
        only_new = AsyncApiKeys(domain, AFTER)
        for provider in PROVIDERS:
            assert await only_new.api_key(user_id=user_id, provider=provider) == SECRET
        await after.remove_api_key(user_id=user_id, provider="openai")
        assert await after.api_key(user_id=user_id, provider="openai") is None
