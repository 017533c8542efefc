"""Hashes of passwords and tokens are where they belong, and nowhere else."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo import DatabaseError
from pgrepo.domains import littlemonster as package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    import psycopg

    from pgrepo.domains.littlemonster import Littlemonster

PASSWORD = "$2b$12$a.password.hash.that.nobody.should.ever.see"
TOKEN = sha256(b"a token").digest()
HOUR = timedelta(hours=1)


def row_classes() -> Iterator[type[Any]]:
    """Every row class of the generated package."""
    for module in pkgutil.iter_modules(package.__path__):
        found = importlib.import_module(f"{package.__name__}.{module.name}")
        for value in vars(found).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value):
                yield value


def test_one_row_holds_a_password_hash_and_none_a_token_hash() -> None:
    """A login with a password has to compare the hash; nothing else has to see any."""
    holding = {
        (row.__name__, field.name)
        for row in row_classes()
        for field in dataclasses.fields(row)
        if field.name in {"password_hash", "token_hash"}
    }
    assert holding == {("UserCredentials", "password_hash")}


def answers(littlemonster: Littlemonster, user_id: UUID) -> Iterator[Any]:
    """What every statement returns that is given a secret, or reads near one."""
    users, tokens = littlemonster.users, littlemonster.refresh_tokens
    resets, oauth = littlemonster.password_reset_tokens, littlemonster.oauth_connections
    yield users.user_by_id(user_id=user_id)
    yield users.user_by_email(email="ada@example.org")
    yield users.users_page()
    yield users.update_user(user_id=user_id, full_name="Ada")
    yield users.set_role(user_id=user_id, role="teacher")
    yield users.set_email(user_id=user_id, email="ada@example.org")
    yield users.set_password_hash(user_id=user_id, password_hash=PASSWORD)
    yield tokens.issue_refresh_token(user_id=user_id, token_hash=TOKEN, valid_for=HOUR)
    yield tokens.logins_of_user(user_id=user_id)
    yield tokens.rotate_refresh_token(
        token_hash=TOKEN, new_token_hash=sha256(TOKEN).digest(), valid_for=HOUR
    )
    yield tokens.rotate_refresh_token(
        token_hash=TOKEN, new_token_hash=sha256(b"copy").digest(), valid_for=HOUR
    )
    yield tokens.reused_refresh_tokens()
    yield resets.issue_password_reset(user_id=user_id, token_hash=TOKEN, valid_for=HOUR)
    yield resets.password_reset_owner(token_hash=TOKEN)
    yield resets.consume_password_reset(token_hash=TOKEN, password_hash=PASSWORD)
    yield resets.password_resets_of_user(user_id=user_id)
    yield oauth.link_oauth(user_id=user_id, provider="google", provider_user_id="g1")
    yield oauth.user_by_oauth(provider="google", provider_user_id="g1")
    yield oauth.connections_of_user(user_id=user_id)


def spellings(secret: bytes) -> set[str]:
    """How a hash could be printed."""
    return {repr(secret)[2:-1], secret.hex()}


def test_no_answer_shows_a_hash(littlemonster: Littlemonster) -> None:
    """The text of no row has one in it."""
    user_id = littlemonster.users.register_user(email="ada@example.org", password_hash=PASSWORD).id
    secrets = {PASSWORD} | spellings(TOKEN) | spellings(sha256(TOKEN).digest())
    count = 0
    for answer in answers(littlemonster, user_id):
        count += 1
        assert answer not in (None, []) or count == 11, "only the copied token gets no answer"
        assert not any(secret in repr(answer) for secret in secrets)
    assert count == 19


def test_no_error_shows_a_hash(littlemonster: Littlemonster, user_id: UUID) -> None:
    """Neither the message nor psycopg's behind it, though PostgreSQL quotes the row."""
    issue = littlemonster.refresh_tokens.issue_refresh_token
    issue(user_id=user_id, token_hash=TOKEN, valid_for=HOUR)
    for token_hash, valid_for in ((TOKEN, HOUR), (TOKEN[1:], HOUR), (TOKEN, -HOUR)):
        with pytest.raises(DatabaseError) as caught:
            issue(user_id=user_id, token_hash=token_hash, valid_for=valid_for)
        texts = f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
        assert not any(secret[8:] in texts for secret in spellings(TOKEN))
    with pytest.raises(DatabaseError) as refused:
        littlemonster.users.register_user(email="no address", password_hash=PASSWORD)
    assert PASSWORD not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_the_tables_know_hashes_only(
    littlemonster: Littlemonster, user_id: UUID, observer: psycopg.Connection[Any]
) -> None:
    """What is stored of a token is its SHA-256; the column takes nothing else."""
    littlemonster.refresh_tokens.issue_refresh_token(
        user_id=user_id, token_hash=TOKEN, valid_for=HOUR
    )
    row = observer.execute(
        "SELECT token_hash = sha256('a token'), token::text LIKE '%a token%'"
        " FROM littlemonster.refresh_tokens AS token"
    ).fetchone()
    assert row == (True, False)
    for token in (b"a token", TOKEN + b"0"):
        with pytest.raises(DatabaseError) as caught:
            littlemonster.password_reset_tokens.issue_password_reset(
                user_id=user_id, token_hash=token, valid_for=HOUR
            )
        assert caught.value.constraint == "password_reset_tokens_token_hash_check"
