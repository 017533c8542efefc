"""Tokens when many callers come at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.domains.littlemonster import Littlemonster
from tests.integration.littlemonster.tokens import MONTH, log_in, rotate, stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from pgrepo.domains.littlemonster.refresh_tokens import RefreshToken

CALLERS = 20
ROUNDS = 5

WAITING = """
SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""

FAMILY = """
SELECT
    count(*) FILTER (WHERE used_at IS NOT NULL),
    count(*) FILTER (WHERE revoked_at IS NOT NULL),
    count(*) FILTER (WHERE used_at IS NULL AND revoked_at IS NULL)
FROM littlemonster.refresh_tokens
WHERE family_id = %s
"""


def until_waiting(observer: psycopg.Connection[Any], count: int) -> None:
    """Returns once so many connections wait for a lock."""
    for _ in range(3000):
        row = observer.execute(WAITING).fetchone()
        assert row is not None
        if row[0] >= count:
            return
        time.sleep(0.01)
    pytest.fail(f"there never were {count} callers waiting for a lock")


def assert_one_won_and_the_family_is_revoked(
    littlemonster: Littlemonster,
    observer: psycopg.Connection[Any],
    answers: list[RefreshToken | None],
    names: list[str],
) -> None:
    """One new token was given out, and neither it nor any other can be exchanged."""
    (winner,) = [answer for answer in answers if answer is not None]
    won = names[answers.index(winner)]
    row = observer.execute(FAMILY, (winner.family_id,)).fetchone()
    assert row == (1, 1, 0), "one used, its successor revoked, none live"
    assert rotate(littlemonster, won, f"after {won}") is None
    reasons = observer.execute(
        "SELECT revoked_reason FROM littlemonster.refresh_tokens WHERE id = %s", (winner.id,)
    ).fetchone()
    assert reasons == ("reuse",)


def test_of_twenty_uses_at_once_one_wins_and_the_family_ends_revoked(
    littlemonster: Littlemonster, user_id: UUID, observer: psycopg.Connection[Any]
) -> None:
    """Twenty threads let go together, several times over."""
    for round_ in range(ROUNDS):
        log_in(littlemonster, user_id, f"token {round_}")
        names = [f"new {round_} {n}" for n in range(CALLERS)]
        barrier = Barrier(CALLERS)

        def use(name: str, barrier: Barrier = barrier, round_: int = round_) -> Any:
            barrier.wait()
            return rotate(littlemonster, f"token {round_}", name)

        with ThreadPoolExecutor(CALLERS) as threads:
            answers = list(threads.map(use, names))
        assert_one_won_and_the_family_is_revoked(littlemonster, observer, answers, names)


def test_losers_whose_snapshots_are_older_than_the_winners_commit(
    littlemonster: Littlemonster,
    littlemonster_url: str,
    user_id: UUID,
    observer: psycopg.Connection[Any],
) -> None:
    """All twenty have begun, and wait, before any of them can see what another does."""
    log_in(littlemonster, user_id, "token")
    names = [f"new {n}" for n in range(CALLERS)]
    with ThreadPoolExecutor(CALLERS) as threads, psycopg.connect(littlemonster_url) as holder:
        holder.execute(
            "SELECT id FROM littlemonster.users WHERE id = %s FOR NO KEY UPDATE", (user_id,)
        )
        calls = [threads.submit(rotate, littlemonster, "token", name) for name in names]
        until_waiting(observer, CALLERS)
        holder.rollback()
        answers = [call.result() for call in calls]
    assert_one_won_and_the_family_is_revoked(littlemonster, observer, answers, names)


def revoke_all(littlemonster: Littlemonster, user_id: UUID, _family_id: UUID) -> None:
    """Logs out everywhere."""
    littlemonster.refresh_tokens.revoke_user_tokens(user_id=user_id)


def revoke_login(littlemonster: Littlemonster, user_id: UUID, family_id: UUID) -> None:
    """Logs one device out."""
    littlemonster.refresh_tokens.revoke_login(user_id=user_id, family_id=family_id)


def log_out(littlemonster: Littlemonster, _user_id: UUID, _family_id: UUID) -> None:
    """Logs out with the token that is being exchanged."""
    littlemonster.refresh_tokens.revoke_refresh_token(token_hash=stored("2"))


def replay(littlemonster: Littlemonster, _user_id: UUID, _family_id: UUID) -> None:
    """Presents the copy of an earlier token of the family."""
    assert rotate(littlemonster, "1", "thief") is None


def reset(littlemonster: Littlemonster, _user_id: UUID, _family_id: UUID) -> None:
    """Sets a new password by mail."""
    done = littlemonster.password_reset_tokens.consume_password_reset(
        token_hash=stored("link"), password_hash="new"
    )
    assert done is not None


def suspend(littlemonster: Littlemonster, user_id: UUID, _family_id: UUID) -> None:
    """Shuts the account."""
    assert littlemonster.users.suspend_user(user_id=user_id) == 1


@pytest.mark.parametrize("end", [revoke_all, revoke_login, log_out, replay, reset, suspend])
def test_a_token_made_while_its_login_is_ended_does_not_survive(
    littlemonster: Littlemonster,
    littlemonster_url: str,
    user_id: UUID,
    observer: psycopg.Connection[Any],
    end: Callable[[Littlemonster, UUID, UUID], None],
) -> None:
    """What ends a login waits for an exchange under way, and ends its result as well."""
    first = log_in(littlemonster, user_id, "1")
    assert rotate(littlemonster, "1", "2") is not None
    littlemonster.password_reset_tokens.issue_password_reset(
        user_id=user_id, token_hash=stored("link"), valid_for=MONTH
    )
    with ThreadPoolExecutor(1) as threads, psycopg.connect(littlemonster_url) as exchanging:
        assert rotate(Littlemonster(exchanging), "2", "3") is not None
        ending = threads.submit(end, littlemonster, user_id, first.family_id)
        until_waiting(observer, 1)
        exchanging.commit()
        ending.result()
    assert observer.execute(FAMILY, (first.family_id,)).fetchone() == (2, 1, 0)
    assert rotate(littlemonster, "3", "4") is None


def test_a_login_does_not_outlive_the_password_it_was_made_with(
    littlemonster: Littlemonster,
    littlemonster_url: str,
    user_id: UUID,
    observer: psycopg.Connection[Any],
) -> None:
    """The password is reset after it was checked and before the token is issued."""
    credentials = littlemonster.users.user_credentials(email="ada@example.org")
    assert credentials is not None
    with ThreadPoolExecutor(1) as threads, psycopg.connect(littlemonster_url) as changing:
        users = Littlemonster(changing).users
        users.set_password_hash(user_id=user_id, password_hash="new")
        issuing = threads.submit(
            littlemonster.refresh_tokens.issue_refresh_token,
            user_id=user_id,
            token_hash=stored("late"),
            valid_for=MONTH,
            password_changed_at=credentials.password_changed_at,
        )
        until_waiting(observer, 1)
        changing.commit()
        assert issuing.result() is None
    assert littlemonster.refresh_tokens.logins_of_user(user_id=user_id) == []


def test_of_twenty_uses_of_a_reset_token_one_sets_the_password(
    littlemonster: Littlemonster, user_id: UUID
) -> None:
    """The others get the answer that an unknown token gets."""
    littlemonster.password_reset_tokens.issue_password_reset(
        user_id=user_id, token_hash=stored("link"), valid_for=MONTH
    )
    barrier = Barrier(CALLERS)

    def use(n: int) -> Any:
        barrier.wait()
        return littlemonster.password_reset_tokens.consume_password_reset(
            token_hash=stored("link"), password_hash=f"hash {n}"
        )

    with ThreadPoolExecutor(CALLERS) as threads:
        answers = list(threads.map(use, range(CALLERS)))
    (won,) = [n for n, answer in enumerate(answers) if answer is not None]
    credentials = littlemonster.users.user_credentials(email="ada@example.org")
    assert credentials is not None
    assert credentials.password_hash == f"hash {won}"


def test_of_two_last_ways_into_an_account_one_stays(
    littlemonster: Littlemonster,
    littlemonster_url: str,
    observer: psycopg.Connection[Any],
) -> None:
    """Two connections are taken away at once; the second is the last and stays."""
    oauth = littlemonster.oauth_connections
    user = oauth.register_oauth_user(
        email="bea@example.org", provider="github", provider_user_id="h1"
    )
    oauth.link_oauth(user_id=user.id, provider="google", provider_user_id="g1")
    with ThreadPoolExecutor(1) as threads, psycopg.connect(littlemonster_url) as unlinking:
        first = Littlemonster(unlinking).oauth_connections
        assert first.unlink_oauth(user_id=user.id, provider="github") == 1
        second = threads.submit(oauth.unlink_oauth, user_id=user.id, provider="google")
        until_waiting(observer, 1)
        unlinking.commit()
        assert second.result() == 0
    assert [way.provider for way in oauth.connections_of_user(user_id=user.id)] == ["google"]
