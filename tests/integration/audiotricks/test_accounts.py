"""Registering, logging in and out: what a password must be, and what an answer tells."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo import AsyncDatabase, CheckViolation, UniqueViolation, UsageError
from pgrepo.domains.audiotricks import AsyncAudiotricks, passwords
from pgrepo.domains.audiotricks.accounts import Accounts, AsyncAccounts, PasswordError
from pgrepo.domains.audiotricks.keyring import KeyRing
from pgrepo.domains.audiotricks.passwords import Passwords

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg

    from pgrepo.domains.audiotricks import Audiotricks

PASSWORD = "Correct7horse"

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def accounts(audiotricks: Audiotricks) -> Accounts:
    """The layer that is tested."""
    return Accounts(audiotricks)


def register(accounts: Accounts, name: str = "ada") -> UUID:
    """Somebody with the password."""
    return accounts.register(email=f"{name}@example.org", username=name, password=PASSWORD).id


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Short7x", "8 characters"),
        ("alllower7", "an upper-case letter"),
        ("ALLUPPER7", "a lower-case letter"),
        ("NoDigitsHere", "a digit"),
        ("!!!!!!!!", "a lower-case letter and an upper-case letter and a digit"),
        ("Aa1" + "ä" * 35, "73 bytes"),
        ("Aa1\0aaaaa", "NUL"),
        ("Aa1\ud800aaaa", "no text"),
    ],
)
def test_weak_passwords_are_refused(password: str, says: str) -> None:
    """Each by the rule that it breaks, and without a word of what it was."""
    with pytest.raises(PasswordError, match=says) as caught:
        Passwords.hash(password)
    assert password not in f"{caught.value!r} {caught.value.__context__!r}"


def test_the_hash_is_of_twelve_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the longest password there is, to the last byte; the decoy costs the same."""
    monkeypatch.undo()
    assert passwords.ROUNDS == 12
    longest = "Aa1" + "x" * 69
    hashed = Passwords.hash(longest)
    assert hashed.startswith("$2b$12$")
    assert passwords._DECOY[:7] == hashed[:7]
    assert Passwords.match(longest, hashed)
    assert not Passwords.match(longest[:-1] + "y", hashed)
    assert not Passwords.match(longest + "x", hashed)


def test_every_failure_compares_once_and_answers_the_same(
    accounts: Accounts, audiotricks: Audiotricks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, closed, wrong, empty, too long: None, after one bcrypt of as many rounds."""
    user_id = register(accounts)
    closed = register(accounts, "closed")
    audiotricks.users.deactivate_user(user_id=closed)
    monkeypatch.setattr(passwords, "_DECOY", passwords._DECOY.replace("$12$", "$04$"))
    compared: list[bytes] = []
    module = passwords._bcrypt()
    real = module.checkpw

    def counting(password: bytes, against: bytes) -> bool:
        compared.append(against[:7])
        return bool(real(password, against))

    monkeypatch.setattr(module, "checkpw", counting)
    failing = [
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("closed", PASSWORD),
        ("ada", PASSWORD + "x"),
        ("ada", ""),
        ("ada", "Aa1" + "x" * 100),
        ("nobody", "Aa1\0" + "x" * 100),
    ]
    assert [accounts.authenticate(login=a, password=b) for a, b in failing] == [None] * 7
    assert compared == [b"$2b$04$"] * 7
    found = accounts.authenticate(login="Ada@EXAMPLE.org", password=PASSWORD)
    assert found is not None
    assert (found.id, found.last_login_at is not None) == (user_id, True)
    assert accounts.authenticate(login="ADA", password=PASSWORD) is not None


def test_names_have_a_shape_and_are_taken_once(accounts: Accounts) -> None:
    """In the database too, whatever the case."""
    register(accounts)
    for email, username, constraint in (
        ("no address", "grace", "users_email_check"),
        ("grace@example.org", "grace hopper", "users_username_check"),
        ("grace@example.org", "grace@", "users_username_check"),
    ):
        with pytest.raises(CheckViolation) as refused:
            accounts.register(email=email, username=username, password=PASSWORD)
        assert refused.value.constraint == constraint
    for email, username, constraint in (
        ("ADA@example.org", "grace", "users_email_key"),
        ("grace@example.org", "ADA", "users_username_key"),
    ):
        with pytest.raises(UniqueViolation) as taken:
            accounts.register(email=email, username=username, password=PASSWORD)
        assert taken.value.constraint == constraint


def test_no_password_is_stored_as_typed(audiotricks: Audiotricks) -> None:
    """Even if somebody passes the hash by."""
    with pytest.raises(CheckViolation) as caught:
        audiotricks.users.register(email="a@b", username="a", password_hash=PASSWORD)
    assert caught.value.constraint == "users_password_hash_check"
    assert PASSWORD not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_session_is_known_by_its_token_alone(
    accounts: Accounts, audiotricks: Audiotricks, observer: psycopg.Connection[Any]
) -> None:
    """256 bits, shown once; the database has their SHA-256."""
    user_id = register(accounts)
    opened = accounts.log_in(login="ada", password=PASSWORD)
    again = accounts.open_session(user_id=user_id)
    assert opened is not None
    assert again is not None
    assert opened.token != again.token
    assert len(opened.token) == 43
    assert opened.token not in repr(opened)
    found = accounts.session_user(token=opened.token)
    assert found is not None
    assert (found.user_id, found.session_id) == (user_id, opened.session_id)
    row = observer.execute(
        "SELECT token_hash, session::text LIKE %s FROM audiotricks.sessions AS session "
        "WHERE id = %s",
        (f"%{opened.token}%", opened.session_id),
    ).fetchone()
    assert row == (sha256(opened.token.encode()).hexdigest(), False)
    with pytest.raises(CheckViolation):
        audiotricks.sessions.open_session(
            user_id=user_id, token_hash=opened.token, valid_for=timedelta(hours=1)
        )


def test_expired_closed_inactive_and_unknown_tokens_are_the_same(
    accounts: Accounts, audiotricks: Audiotricks, observer: psycopg.Connection[Any]
) -> None:
    """None, whatever the reason; and an account that opens again has no old session."""
    ada, grace = register(accounts), register(accounts, "grace")
    tokens = []
    for user in (ada, ada, grace):
        opened = accounts.open_session(user_id=user)
        assert opened is not None
        tokens.append(opened.token)
    expired, closed, inactive = tokens
    observer.execute(
        "UPDATE audiotricks.sessions SET created_at = '2000-01-01', expires_at = now() "
        "WHERE token_hash = %s",
        (sha256(expired.encode()).hexdigest(),),
    )
    assert accounts.close_session(token=closed)
    assert not accounts.close_session(token=closed)
    audiotricks.users.deactivate_user(user_id=grace)
    asked = [expired, closed, inactive, "unknown", "", "\ud800"]
    assert [accounts.session_user(token=token) for token in asked] == [None] * 6
    assert accounts.open_session(user_id=grace) is None
    audiotricks.users.reactivate_user(user_id=grace)
    assert accounts.session_user(token=inactive) is None
    assert audiotricks.sessions.purge_expired_sessions() == 1
    assert audiotricks.sessions.purge_expired_sessions() == 0


def test_another_password_closes_every_session(
    accounts: Accounts, audiotricks: Audiotricks
) -> None:
    """By its owner, who knows the old one, or by whoever resets it."""
    user_id = register(accounts)
    opened = [accounts.open_session(user_id=user_id) for _ in range(3)]
    assert not accounts.change_password(
        user_id=user_id, password="Wrong0000", new_password="Another7horse"
    )
    assert len(audiotricks.sessions.sessions_of_user(user_id=user_id)) == 3
    with pytest.raises(PasswordError):
        accounts.change_password(user_id=user_id, password=PASSWORD, new_password="weak")
    assert accounts.change_password(
        user_id=user_id, password=PASSWORD, new_password="Another7horse"
    )
    assert audiotricks.sessions.sessions_of_user(user_id=user_id) == []
    assert all(one and accounts.session_user(token=one.token) is None for one in opened)
    assert accounts.authenticate(login="ada", password=PASSWORD) is None
    assert accounts.set_password(user_id=user_id, password=PASSWORD)
    assert accounts.authenticate(login="ada", password=PASSWORD) is not None
    audiotricks.users.deactivate_user(user_id=user_id)
    assert not accounts.set_password(user_id=user_id, password=PASSWORD)


def test_a_password_that_changes_during_the_login_opens_nothing(
    accounts: Accounts, audiotricks: Audiotricks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comparing takes long enough for that."""
    user_id = register(accounts)
    real = Passwords.match

    def meanwhile(password: str, password_hash: str | None) -> bool:
        matches = real(password, password_hash)
        accounts.set_password(user_id=user_id, password="Another7horse")
        return matches

    monkeypatch.setattr(Passwords, "match", staticmethod(meanwhile))
    assert accounts.log_in(login="ada", password=PASSWORD) is None
    assert accounts.authenticate(login="ada", password="Another7horse") is None
    assert audiotricks.sessions.sessions_of_user(user_id=user_id) == []


@pytest.mark.parametrize("change", ["password", "is_active"])
def test_a_session_that_is_being_opened_does_not_outlive_a_change(
    accounts: Accounts, audiotricks: Audiotricks, observer: psycopg.Connection[Any], change: str
) -> None:
    """The change waits for it, and closes it though it began first."""
    user_id = register(accounts)

    def apply() -> object:
        if change == "password":
            return accounts.set_password(user_id=user_id, password="Another7horse")
        return audiotricks.users.deactivate_user(user_id=user_id)

    with ThreadPoolExecutor(1) as pool:
        with audiotricks.transaction() as tx:
            opened = Accounts(tx).open_session(user_id=user_id)
            assert opened is not None
            running = pool.submit(apply)
            wait_for_lock(observer)
        assert running.result()
    assert accounts.session_user(token=opened.token) is None


@pytest.mark.parametrize("change", ["password", "is_active"])
def test_a_session_is_not_opened_behind_a_change(
    accounts: Accounts, audiotricks: Audiotricks, observer: psycopg.Connection[Any], change: str
) -> None:
    """Opening waits for the change, and sees it."""
    user_id = register(accounts)
    with ThreadPoolExecutor(1) as pool:
        with audiotricks.transaction() as tx:
            if change == "password":
                Accounts(tx).set_password(user_id=user_id, password="Another7horse")
            else:
                tx.users.deactivate_user(user_id=user_id)
            running = pool.submit(accounts.log_in, login="ada", password=PASSWORD)
            wait_for_lock(observer)
        assert running.result() is None
    assert audiotricks.sessions.sessions_of_user(user_id=user_id) == []


def wait_for_lock(observer: psycopg.Connection[Any]) -> None:
    """Returns once somebody waits for a row."""
    for _ in range(1000):
        row = observer.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
        assert row is not None
        if row[0]:
            return
        observer.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")


def test_sessions_of_a_user(accounts: Accounts, audiotricks: Audiotricks, other_id: UUID) -> None:
    """They are listed, extended and closed, and nobody closes another's."""
    user_id = register(accounts)
    opened = accounts.open_session(user_id=user_id, valid_for=timedelta(minutes=1))
    kept = accounts.open_session(user_id=user_id)
    assert opened is not None
    assert kept is not None
    sessions = audiotricks.sessions
    hashed = sha256(opened.token.encode()).hexdigest()
    longer = sessions.extend_session(token_hash=hashed, valid_for=timedelta(days=1))
    assert longer is not None
    assert longer.expires_at > opened.expires_at
    found = sessions.sessions_of_user(user_id=user_id, limit=1)
    rest = sessions.sessions_of_user(
        user_id=user_id, before_created_at=found[0].created_at, before_id=found[0].id
    )
    assert [row.id for row in found + rest] == [kept.session_id, opened.session_id]
    assert sessions.close_session_of_user(user_id=other_id, session_id=kept.session_id) == 0
    assert sessions.close_all_sessions(user_id=user_id, except_session_id=kept.session_id) == 1
    assert sessions.close_all_sessions(user_id=user_id) == 1


async def test_the_asynchronous_flavour(audiotricks_url: str) -> None:
    """The same from registering to logging out."""
    async with AsyncDatabase(audiotricks_url) as database:
        accounts = AsyncAccounts(AsyncAudiotricks(database))
        user = await accounts.register(email="a@example.org", username="ada", password=PASSWORD)
        assert await accounts.authenticate(login="ada", password="Wrong0000") is None
        opened = await accounts.log_in(login="a@example.org", password=PASSWORD)
        assert opened is not None
        found = await accounts.session_user(token=opened.token)
        assert found is not None
        assert found.user_id == user.id
        assert await accounts.change_password(
            user_id=user.id, password=PASSWORD, new_password="Another7horse"
        )
        assert not await accounts.close_session(token=opened.token)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither importing nor a weak password needs it; hashing and encrypting do."""
    for module in ("bcrypt", "cryptography.hazmat.primitives.ciphers.aead"):
        monkeypatch.setitem(sys.modules, module, None)
    for needs in (
        lambda: Passwords.hash(PASSWORD),
        lambda: Passwords.match(PASSWORD, None),
        lambda: KeyRing({"k": KeyRing.new_key()}, current="k"),
    ):
        with pytest.raises(UsageError, match=r"pip install 'pgrepo\[security\]'"):
            needs()
