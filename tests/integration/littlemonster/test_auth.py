"""Accounts, logins, refresh tokens and password resets, one caller at a time."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import errors

from pgrepo import CheckViolation, UniqueViolation
from tests.integration.littlemonster.tokens import MONTH, log_in, rotate, stored

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg

    from pgrepo.domains.littlemonster import Littlemonster

HOUR = timedelta(hours=1)


def reset_with(littlemonster: Littlemonster, token: str) -> Any:
    """Uses a password reset token."""
    return littlemonster.password_reset_tokens.consume_password_reset(
        token_hash=stored(token), password_hash="new"
    )


def make_old(observer: psycopg.Connection[Any], table: str) -> None:
    """Lets every token of a table expire an hour ago."""
    observer.execute(
        f"UPDATE littlemonster.{table} SET created_at = now() - interval '2 days',"
        " expires_at = now() - interval '1 hour'"
    )


@pytest.fixture
def with_tokens(littlemonster: Littlemonster, user_id: UUID) -> None:
    """A user with a token of each kind."""
    log_in(littlemonster, user_id, "1")
    littlemonster.password_reset_tokens.issue_password_reset(
        user_id=user_id, token_hash=stored("link"), valid_for=HOUR
    )


def test_an_email_is_taken_whatever_its_case(littlemonster: Littlemonster, user_id: UUID) -> None:
    """Registering Ada twice is refused by name, and both spellings find her."""
    with pytest.raises(UniqueViolation) as caught:
        littlemonster.users.register_user(email="ADA@Example.org")
    assert caught.value.constraint == "users_email_key"
    found = littlemonster.users.user_by_email(email="ADA@EXAMPLE.ORG")
    assert found is not None
    assert (found.id, found.role, found.status) == (user_id, "student", "active")


def test_a_rotated_token_works_once(
    littlemonster: Littlemonster, user_id: UUID, observer: psycopg.Connection[Any]
) -> None:
    """Each exchange gives the next token of one family; the old one says where it went."""
    first = log_in(littlemonster, user_id, "1")
    second = rotate(littlemonster, "1", "2")
    assert second is not None
    third = rotate(littlemonster, "2", "3")
    assert third is not None
    assert (second.family_id, third.family_id) == (first.family_id, first.family_id)
    chain = observer.execute(
        "SELECT id, replaced_by, used_at IS NOT NULL FROM littlemonster.refresh_tokens"
        " ORDER BY created_at"
    ).fetchall()
    assert chain == [
        (first.id, second.id, True),
        (second.id, third.id, True),
        (third.id, None, False),
    ]
    logins = littlemonster.refresh_tokens.logins_of_user(user_id=user_id)
    assert [login.id for login in logins] == [third.id]


def test_a_login_says_where_it_is(littlemonster: Littlemonster, user_id: UUID) -> None:
    """By browser and address, however long the browser's name; renewing keeps the name."""
    tokens = littlemonster.refresh_tokens
    tokens.issue_refresh_token(
        user_id=user_id,
        token_hash=stored("1"),
        valid_for=MONTH,
        user_agent="Browser " * 100,
        ip_address=ip_address("192.0.2.7"),
    )
    assert rotate(littlemonster, "1", "2") is not None
    (login,) = tokens.logins_of_user(user_id=user_id)
    assert login.user_agent == ("Browser " * 100)[:255]
    assert login.ip_address is None


def test_a_used_token_that_comes_again_ends_its_family_only(
    littlemonster: Littlemonster, user_id: UUID
) -> None:
    """The copy ends the login that it was made of; the other login goes on."""
    stolen = log_in(littlemonster, user_id, "stolen 1")
    other = log_in(littlemonster, user_id, "other 1")
    assert rotate(littlemonster, "stolen 1", "stolen 2") is not None
    assert rotate(littlemonster, "stolen 2", "stolen 3") is not None
    assert rotate(littlemonster, "stolen 1", "thief") is None
    assert rotate(littlemonster, "stolen 3", "stolen 4") is None
    assert rotate(littlemonster, "thief", "thief 2") is None
    (reused,) = littlemonster.refresh_tokens.reused_refresh_tokens()
    assert (reused.id, reused.family_id) == (stolen.id, stolen.family_id)
    renewed = rotate(littlemonster, "other 1", "other 2")
    assert renewed is not None
    assert renewed.family_id == other.family_id


def test_unusable_refresh_tokens_change_nothing(
    littlemonster: Littlemonster, user_id: UUID, observer: psycopg.Connection[Any]
) -> None:
    """Unknown, expired and revoked: no new token, and none is taken for a copy."""
    tokens = littlemonster.refresh_tokens
    assert rotate(littlemonster, "never issued", "x") is None
    revoked = log_in(littlemonster, user_id, "revoked")
    assert tokens.revoke_refresh_token(token_hash=stored("revoked")) == 1
    assert tokens.revoke_refresh_token(token_hash=stored("revoked")) == 0
    assert tokens.revoke_refresh_token(token_hash=stored("never issued")) is None
    assert tokens.revoke_login(user_id=user_id, family_id=revoked.family_id) == 0
    assert rotate(littlemonster, "revoked", "x") is None
    log_in(littlemonster, user_id, "expired")
    make_old(observer, "refresh_tokens")
    assert rotate(littlemonster, "expired", "x") is None
    assert tokens.reused_refresh_tokens() == []
    assert observer.execute("SELECT count(*) FROM littlemonster.refresh_tokens").fetchone() == (2,)


def test_revoking_every_login(littlemonster: Littlemonster, user_id: UUID) -> None:
    """revoke_user_tokens ends all logins of one user, and of nobody else."""
    other = littlemonster.users.register_user(email="bea@example.org").id
    log_in(littlemonster, other, "bea")
    for n in range(3):
        log_in(littlemonster, user_id, f"login {n}")
    revoke = littlemonster.refresh_tokens.revoke_user_tokens
    assert revoke(user_id=user_id, reason="administrator") == 3
    assert revoke(user_id=user_id) == 0
    assert littlemonster.refresh_tokens.logins_of_user(user_id=user_id) == []
    assert rotate(littlemonster, "bea", "bea 2") is not None


def test_a_new_password_ends_logins_and_reset_links(
    littlemonster: Littlemonster, user_id: UUID
) -> None:
    """Whoever sets a password; even where the hash is the same as before."""
    log_in(littlemonster, user_id, "1")
    littlemonster.password_reset_tokens.issue_password_reset(
        user_id=user_id, token_hash=stored("link"), valid_for=HOUR
    )
    credentials = littlemonster.users.user_credentials(email="ada@example.org")
    assert credentials is not None
    assert credentials.password_changed_at is None
    assert littlemonster.users.set_password_hash(user_id=user_id, password_hash="hash") == 1
    assert rotate(littlemonster, "1", "2") is None
    assert reset_with(littlemonster, "link") is None
    late = littlemonster.refresh_tokens.issue_refresh_token(
        user_id=user_id,
        token_hash=stored("late"),
        valid_for=MONTH,
        password_changed_at=credentials.password_changed_at,
    )
    assert late is None, "the password was checked before it was changed"


def test_a_suspended_account_cannot_do_anything(
    littlemonster: Littlemonster, user_id: UUID
) -> None:
    """Its logins end, and no way in is left until it is active again."""
    resets = littlemonster.password_reset_tokens
    log_in(littlemonster, user_id, "1")
    resets.issue_password_reset(user_id=user_id, token_hash=stored("link"), valid_for=HOUR)
    assert littlemonster.users.suspend_user(user_id=user_id) == 1
    assert littlemonster.users.suspend_user(user_id=user_id) == 0
    assert littlemonster.users.user_credentials(email="ada@example.org") is None
    assert rotate(littlemonster, "1", "2") is None
    assert reset_with(littlemonster, "link") is None
    for issue in (
        littlemonster.refresh_tokens.issue_refresh_token,
        resets.issue_password_reset,
    ):
        assert issue(user_id=user_id, token_hash=stored("new"), valid_for=HOUR) is None
    assert littlemonster.users.reactivate_user(user_id=user_id) == 1
    assert rotate(littlemonster, "1", "2") is None
    log_in(littlemonster, user_id, "again")


def test_a_reset_token_sets_a_password_once(littlemonster: Littlemonster, user_id: UUID) -> None:
    """It ends every login, and then it is an unknown token like any other."""
    resets = littlemonster.password_reset_tokens
    log_in(littlemonster, user_id, "1")
    resets.issue_password_reset(user_id=user_id, token_hash=stored("first"), valid_for=HOUR)
    resets.issue_password_reset(user_id=user_id, token_hash=stored("second"), valid_for=HOUR)
    owner = resets.password_reset_owner(token_hash=stored("second"))
    assert owner is not None
    assert owner.user_id == user_id
    done = reset_with(littlemonster, "second")
    assert (done.user_id, done.email) == (user_id, "ada@example.org")
    credentials = littlemonster.users.user_credentials(email="ada@example.org")
    assert credentials is not None
    assert credentials.password_hash == "new"
    assert rotate(littlemonster, "1", "2") is None
    (reset,) = resets.password_resets_of_user(user_id=user_id)
    assert reset.used_at is not None


def test_reset_tokens_that_do_not_work_look_alike(
    littlemonster: Littlemonster, user_id: UUID, observer: psycopg.Connection[Any]
) -> None:
    """Used, expired, replaced and unknown: the same answer, and the password stays."""
    resets = littlemonster.password_reset_tokens
    resets.issue_password_reset(user_id=user_id, token_hash=stored("used"), valid_for=HOUR)
    assert reset_with(littlemonster, "used") is not None
    resets.issue_password_reset(user_id=user_id, token_hash=stored("replaced"), valid_for=HOUR)
    resets.issue_password_reset(user_id=user_id, token_hash=stored("expired"), valid_for=HOUR)
    observer.execute(
        "UPDATE littlemonster.password_reset_tokens SET expires_at = now(),"
        " created_at = now() - interval '1 hour' WHERE used_at IS NULL"
    )
    littlemonster.users.record_login(user_id=user_id)
    before = littlemonster.users.user_by_id(user_id=user_id)
    for token in ("used", "replaced", "expired", "unknown"):
        assert reset_with(littlemonster, token) is None
        assert resets.password_reset_owner(token_hash=stored(token)) is None
    assert littlemonster.users.user_by_id(user_id=user_id) == before


def test_a_reset_link_belongs_to_the_address_it_was_sent_to(
    littlemonster: Littlemonster, user_id: UUID
) -> None:
    """A changed email voids the link, and has to be verified anew; logins go on."""
    log_in(littlemonster, user_id, "1")
    assert littlemonster.users.verify_email(user_id=user_id, email="Ada@example.org") == 1
    littlemonster.password_reset_tokens.issue_password_reset(
        user_id=user_id, token_hash=stored("link"), valid_for=HOUR
    )
    changed = littlemonster.users.set_email(user_id=user_id, email="a.l@example.org")
    assert changed is not None
    assert changed.email_verified_at is None
    assert littlemonster.users.verify_email(user_id=user_id, email="ada@example.org") == 0
    assert reset_with(littlemonster, "link") is None
    assert rotate(littlemonster, "1", "2") is not None


def test_purging_takes_expired_tokens_of_both_kinds(
    littlemonster: Littlemonster, user_id: UUID, observer: psycopg.Connection[Any]
) -> None:
    """A batch of either kind at a time, until none are left; live tokens stay."""
    other = littlemonster.users.register_user(email="bea@example.org").id
    for n in range(5):
        log_in(littlemonster, user_id, f"old {n}")
    for owner in (user_id, other):
        littlemonster.password_reset_tokens.issue_password_reset(
            user_id=owner, token_hash=stored(f"link of {owner}"), valid_for=HOUR
        )
    make_old(observer, "refresh_tokens")
    make_old(observer, "password_reset_tokens")
    live = log_in(littlemonster, user_id, "live")
    purge = littlemonster.refresh_tokens.purge_expired_tokens
    assert [purge(batch_size=3) for _ in range(3)] == [5, 2, 0]
    logins = littlemonster.refresh_tokens.logins_of_user(user_id=user_id)
    assert [login.id for login in logins] == [live.id]


@pytest.mark.parametrize("table", ["refresh_tokens", "password_reset_tokens"])
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("token_hash = 'abc'", "token_hash_check"),
        ("expires_at = created_at", "expires_at_check"),
    ],
)
@pytest.mark.usefixtures("with_tokens")
def test_the_tables_refuse_what_no_token_can_be(
    observer: psycopg.Connection[Any], table: str, change: str, constraint: str
) -> None:
    """A hash that is no SHA-256, and a token that has expired when it is made."""
    with pytest.raises(errors.CheckViolation) as caught:
        observer.execute(f"UPDATE littlemonster.{table} SET {change}")
    assert caught.value.diag.constraint_name == f"{table}_{constraint}"


def test_tokens_that_expire_at_once_are_refused(
    littlemonster: Littlemonster, user_id: UUID
) -> None:
    """A valid_for of nothing is a mistake of the caller's."""
    with pytest.raises(CheckViolation) as caught:
        littlemonster.refresh_tokens.issue_refresh_token(
            user_id=user_id, token_hash=stored("1"), valid_for=timedelta(0)
        )
    assert caught.value.constraint == "refresh_tokens_expires_at_check"


def test_connections(littlemonster: Littlemonster, user_id: UUID) -> None:
    """An account at a provider belongs to one user, and a user has one a provider."""
    oauth = littlemonster.oauth_connections
    linked = oauth.link_oauth(user_id=user_id, provider="google", provider_user_id="g1")
    assert linked is not None
    again = oauth.link_oauth(user_id=user_id, provider="google", provider_user_id="g1")
    assert again is not None
    assert again.id == linked.id
    found = oauth.user_by_oauth(provider="google", provider_user_id="g1")
    assert found is not None
    assert found.id == user_id
    bea = oauth.register_oauth_user(
        email="bea@example.org", provider="github", provider_user_id="h1", email_verified=True
    )
    assert bea.email_verified_at is not None
    assert oauth.link_oauth(user_id=bea.id, provider="google", provider_user_id="g1") is None
    with pytest.raises(UniqueViolation) as caught:
        oauth.link_oauth(user_id=user_id, provider="google", provider_user_id="g2")
    assert caught.value.constraint == "oauth_connections_user_id_provider_key"
    seen = oauth.record_oauth_login(
        provider="google", provider_user_id="g1", provider_email="ada@gmail.example"
    )
    assert seen is not None
    assert (seen.user_id, seen.provider_email) == (user_id, "ada@gmail.example")
    assert oauth.record_oauth_login(provider="google", provider_user_id="g9") is None


def test_the_last_way_into_an_account_stays(littlemonster: Littlemonster) -> None:
    """Without a password one connection has to remain."""
    oauth = littlemonster.oauth_connections
    user = oauth.register_oauth_user(
        email="bea@example.org", provider="github", provider_user_id="h1"
    )
    assert oauth.unlink_oauth(user_id=user.id, provider="github") == 0
    oauth.link_oauth(user_id=user.id, provider="google", provider_user_id="g1")
    assert oauth.unlink_oauth(user_id=user.id, provider="github") == 1
    assert oauth.unlink_oauth(user_id=user.id, provider="google") == 0
    littlemonster.users.set_password_hash(user_id=user.id, password_hash="hash")
    assert oauth.unlink_oauth(user_id=user.id, provider="google") == 1
    assert oauth.connections_of_user(user_id=user.id) == []


def test_patches(littlemonster: Littlemonster, user_id: UUID) -> None:
    """What is not given stays, None empties, and a login is no change."""
    users = littlemonster.users
    patched = users.update_user(user_id=user_id, full_name="Ada", avatar_url="https://a")
    assert patched is not None
    users.record_login(user_id=user_id)
    again = users.update_user(user_id=user_id, avatar_url=None)
    assert again is not None
    assert (again.full_name, again.avatar_url) == ("Ada", None)
    assert again.last_login_at is not None
    promoted = users.set_role(user_id=user_id, role="teacher")
    assert promoted is not None
    before = promoted.updated_at
    users.record_login(user_id=user_id)
    found = users.user_by_id(user_id=user_id)
    assert found is not None
    assert (found.role, found.updated_at) == ("teacher", before)
