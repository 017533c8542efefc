"""No password, token, API key or key of a ring is in anything that can be read elsewhere.

One life of an account, with each of its secrets marked; then all that was printed, raised, logged,
audited, or is shown by pg_stat_activity is searched.
"""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import DatabaseError, PgrepoError
from pgrepo.domains.audiotricks.accounts import Accounts
from pgrepo.domains.audiotricks.secrets import ApiKeys, KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.domains.audiotricks import Audiotricks

PASSWORDS = ("Marked7password", "Second7password")
API_KEY = "sk-marked-api-key"
RING_KEY = b"MarkedKeyOfTheRing" + bytes(14)


class Life:
    """All that is printed and raised while an account lives."""

    def __init__(self, audiotricks: Audiotricks) -> None:
        self.accounts = Accounts(audiotricks)
        self.keys = ApiKeys(audiotricks, KeyRing({"k": RING_KEY}, current="k"))
        self.domain = audiotricks
        self.texts: list[str] = []
        self.secrets: list[str] = [*PASSWORDS, API_KEY, RING_KEY[:18].decode(), RING_KEY.hex()]
        self.hashes: list[str] = []

    def shows(self, value: Any) -> None:
        """Prints a value as a log line would."""
        self.texts += [repr(value), str(value)]

    def fails(self, call: Callable[[], Any], kind: type[Exception]) -> None:
        """Keeps the whole traceback of a call that fails."""
        with pytest.raises(kind) as caught:
            call()
        self.texts += [*traceback.format_exception(caught.value), repr(caught.value)]

    def live(self) -> None:
        """From registering to erasing."""
        accounts, keys, domain = self.accounts, self.keys, self.domain
        first, second = PASSWORDS
        for thing in (accounts, keys, keys._ring, domain):
            self.shows(thing)
        user = accounts.register(email="ada@example.org", username="ada", password=first)
        self.shows(user)
        self.fails(
            lambda: accounts.register(email="ada@example.org", username="ada", password=first),
            DatabaseError,
        )
        self.fails(
            lambda: accounts.register(email="none", username="x", password=first), DatabaseError
        )
        self.fails(
            lambda: accounts.register(email="a@b", username="b", password=first * 9), PgrepoError
        )
        self.shows(accounts.authenticate(login="ada", password=first))
        opened = accounts.log_in(login="ada", password=first)
        assert opened is not None
        self.secrets.append(opened.token)
        self.hashes.append(sha256(opened.token.encode()).hexdigest())
        self.shows(opened)
        self.shows(accounts.session_user(token=opened.token))
        self.shows(domain.sessions.sessions_of_user(user_id=user.id))
        for wrong in (opened.token, self.hashes[0]):
            self.fails(
                lambda wrong=wrong: domain.sessions.open_session(
                    user_id=user.id, token_hash=wrong, valid_for=timedelta(days=1)
                ),
                DatabaseError,
            )
        for provider in ("openai", "elevenlabs"):
            keys.set_api_key(user_id=user.id, provider=provider, api_key=API_KEY)  # type: ignore[arg-type]
        self.shows(domain.user_settings.settings_of(user_id=user.id))
        self.fails(
            lambda: domain.user_settings.set_openai_ciphertext(user_id=user.id, ciphertext=API_KEY),
            DatabaseError,
        )
        credentials = domain.users.credentials_of(user_id=user.id)
        assert credentials is not None
        self.hashes.append(credentials.password_hash)
        accounts.change_password(user_id=user.id, password=first, new_password=second)
        keys.remove_api_key(user_id=user.id, provider="openai")
        domain.users.deactivate_user(user_id=user.id)


@pytest.mark.usefixtures("quick")
def test_no_secret_shows(
    audiotricks: Audiotricks,
    observer: psycopg.Connection[Any],
    audiotricks_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither in what pgrepo says nor in what PostgreSQL keeps of it."""
    caplog.set_level(logging.DEBUG)
    with psycopg.connect(audiotricks_url) as watcher:
        life = Life(audiotricks)
        life.live()
        activity = watcher.execute(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchall()
        prepared = watcher.execute("SELECT statement FROM pg_prepared_statements").fetchall()
    audited = observer.execute("SELECT entry::text FROM audiotricks.audit_log AS entry").fetchall()
    assert len(audited) >= 10
    assert any("audiotricks." in query for (query,) in activity)
    stored = observer.execute(
        "SELECT t::text FROM audiotricks.users AS t UNION ALL "
        "SELECT t::text FROM audiotricks.sessions AS t UNION ALL "
        "SELECT t::text FROM audiotricks.user_settings AS t"
    ).fetchall()
    assert len(stored) >= 2
    logged = [f"{record.getMessage()} {record.exc_text}" for record in caplog.records]
    rows = [text for (text,) in (*activity, *prepared, *audited)]
    for secret in life.secrets:
        assert not any(secret in text for text in (*life.texts, *logged, *rows)), secret[:6]
        assert not any(secret in text for (text,) in stored), secret[:6]
    for hashed in life.hashes:
        assert not any(hashed in text for text in (*life.texts, *logged, *rows)), hashed[:6]
    ciphertext = life.domain.user_settings.elevenlabs_ciphertext(
        user_id=life.domain.audit_log.audit_page()[0].user_id
    )
    assert ciphertext is not None
    assert not any(ciphertext in text for text in (*life.texts, *logged, *rows))
    assert any('"changed"' in text for (text,) in audited)
