"""Accounts and subscriptions run in plain aiosql with psycopg, without pgrepo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.monumento.plain_files import NO_CURSOR
from tests.integration.plain_aiosql import not_called

if TYPE_CHECKING:
    import uuid

    from tests.integration.monumento.plain_files import Files

NAMES = ("users", "sessions", "messages", "subscriptions", "media_files", "partitions")
NOW = datetime.now(UTC).replace(microsecond=0)
MONTH = timedelta(days=30)


def test_users(files: Files) -> None:
    """Every query of users.sql does what its doc comment says."""
    users = files.users
    user_id = files.user("Ada@Example.org")
    assert users.user_by_id(user_id=user_id)[1] == "Ada@Example.org"
    assert users.user_by_email(email="ADA@example.ORG")[0] == user_id
    assert users.user_credentials(email="ada@example.org") == (user_id, "hash")
    assert users.user_profile(user_id=user_id)[0] == user_id
    changed = users.update_user(
        user_id=user_id, email="a.l@example.org", full_name="A. L.", avatar_url=None
    )
    assert changed[1:4] == ("a.l@example.org", "A. L.", None)
    assert users.set_password_hash(user_id=user_id, password_hash="new") == 1
    assert users.set_subscription_tier(user_id=user_id, subscription_tier="legacy")[4] == "legacy"
    assert (
        users.set_stripe_customer(user_id=user_id, stripe_customer_id="cus_test")[5] == "cus_test"
    )
    assert users.user_by_stripe_customer(stripe_customer_id="cus_test")[0] == user_id
    tier = users.users_by_tier(subscription_tier="legacy", limit=1000, **NO_CURSOR)
    assert user_id in [row[0] for row in tier]
    assert users.soft_delete_user(user_id=user_id) == 1
    assert users.soft_delete_user(user_id=user_id) == 0
    assert users.user_by_id(user_id=user_id) is None
    assert users.restore_user(user_id=user_id) == 1
    assert users.restore_user(user_id=user_id) == 0
    assert users.purge_user(user_id=user_id) == 0
    users.soft_delete_user(user_id=user_id)
    assert users.purge_user(user_id=user_id) == 1
    assert users.restore_user(user_id=user_id) == 0


def test_users_page_walks_every_account_once(files: Files) -> None:
    """Keyset pages have no gap and no repetition, even among equal times."""
    expected = {files.user(f"user{n}@example.org") for n in range(5)}
    seen: list[uuid.UUID] = []
    cursor = dict(NO_CURSOR)
    while page := files.users.users_page(limit=2, **cursor):
        seen += [row[0] for row in page]
        cursor = {"before_created_at": page[-1][6], "before_id": page[-1][0]}
    assert len(seen) == len(set(seen))
    assert expected <= set(seen)


def test_email_is_unique_whatever_its_case(files: Files) -> None:
    """A second account cannot take an email in another case."""
    files.user("ada@example.org")
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        files.user("ADA@example.org")
    assert caught.value.diag.constraint_name == "users_email_key"


def test_user_stats_without_sessions_is_zero(files: Files) -> None:
    """Totals are 0, not NULL; only the time of the last session is NULL."""
    user_id = files.user()
    assert files.users.user_stats(user_id=user_id)[3:] == (0, 0, None)


def test_user_stats_counts_archived_and_not_deleted_sessions(files: Files) -> None:
    """Archiving leaves the totals as they were, deleting does not."""
    user_id = files.user()
    kept = files.session(user_id, duration_minutes=7)
    old = files.session(user_id, duration_minutes=11)
    files.backdate(old, datetime(2001, 1, 1, tzinfo=UTC))
    gone = files.session(user_id, duration_minutes=13)
    files.sessions.soft_delete_session(session_id=gone)
    before = files.users.user_stats(user_id=user_id)
    assert before[3:5] == (2, 18)
    files.sessions.archive_sessions(before=datetime(2002, 1, 1, tzinfo=UTC), batch_size=10)
    assert files.sessions.session_by_id(session_id=old) is None
    assert files.users.user_stats(user_id=user_id) == before
    assert files.sessions.session_by_id(session_id=kept) is not None


def test_deleted_account_hides_what_hangs_off_it(files: Files) -> None:
    """Sessions, messages and files of a deleted account are gone from ordinary reads."""
    user_id = files.user()
    session_id = files.session(user_id)
    message_id = files.message(session_id, 0)
    media_id = files.media(session_id, "video", 10)
    files.users.soft_delete_user(user_id=user_id)
    assert files.sessions.recent_sessions(user_id=user_id, limit=10) == []
    assert files.sessions.sessions_page(user_id=user_id, limit=10, **NO_CURSOR) == []
    assert files.sessions.session_by_id(session_id=session_id) is None
    assert files.sessions.session_with_messages(session_id=session_id) is None
    assert files.messages.message_by_id(message_id=message_id, created_at=files.now()) is None
    assert files.media_files.media_file_by_id(media_file_id=media_id) is None
    assert files.media_files.storage_by_user(user_id=user_id) == []
    files.users.restore_user(user_id=user_id)
    assert len(files.sessions.recent_sessions(user_id=user_id, limit=10)) == 1


def _event(user_id: uuid.UUID, **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "user_id": user_id,
        "stripe_subscription_id": "sub_test",
        "tier": "express",
        "status": "active",
        "current_period_start": NOW - timedelta(days=1),
        "current_period_end": NOW + MONTH,
        "event_at": NOW - timedelta(hours=1),
    }
    return event | changes


def test_subscriptions(files: Files) -> None:
    """Creating, reading, changing, canceling and deleting a subscription."""
    subscriptions = files.subscriptions
    user_id = files.user()
    assert subscriptions.active_subscription(user_id=user_id) is None
    subscription_id = subscriptions.upsert_subscription(**_event(user_id))[0]
    granted = subscriptions.create_subscription(
        user_id=user_id,
        tier="legacy",
        current_period_start=NOW,
        current_period_end=NOW + 2 * MONTH,
    )
    assert subscriptions.active_subscription(user_id=user_id)[0] == granted[0]
    assert subscriptions.delete_subscription(subscription_id=granted[0]) == 1
    assert subscriptions.active_subscription(user_id=user_id)[0] == subscription_id
    assert subscriptions.subscription_by_id(subscription_id=subscription_id)[4] == "active"
    assert (
        subscriptions.subscription_by_stripe_id(stripe_subscription_id="sub_test")[0]
        == subscription_id
    )
    cursor: dict[str, Any] = {"after_period_end": None, "after_id": None, "limit": 1000}
    soon = subscriptions.subscriptions_expiring(within=MONTH + timedelta(days=1), **cursor)
    assert subscription_id in [row[0] for row in soon]
    sooner = subscriptions.subscriptions_expiring(within=timedelta(days=1), **cursor)
    assert subscription_id not in [row[0] for row in sooner]
    changed = subscriptions.update_subscription(
        subscription_id=subscription_id,
        tier="express",
        status="past_due",
        current_period_start=NOW - timedelta(days=1),
        current_period_end=NOW + MONTH,
    )
    assert changed[3:5] == ("express", "past_due")
    assert subscription_id in [row[0] for row in subscriptions.past_due_subscriptions(**cursor)]
    assert subscriptions.cancel_subscription(subscription_id=subscription_id) == 1
    assert subscriptions.cancel_subscription(subscription_id=subscription_id) == 0
    page = subscriptions.subscriptions_of_user(
        user_id=user_id, before_period_end=None, before_id=None, limit=10
    )
    assert [row[4] for row in page] == ["canceled"]
    assert subscriptions.upsert_subscription(**_event(user_id)) is None


def test_replayed_and_late_events_change_nothing(files: Files) -> None:
    """An older event is ignored; the same event again leaves the row as it is."""
    upsert = files.subscriptions.upsert_subscription
    user_id = files.user()
    newest = _event(user_id, status="canceled")
    first = upsert(**newest)
    assert upsert(**_event(user_id, event_at=NOW - timedelta(hours=2))) is None
    assert upsert(**newest) == first


def test_events_of_the_same_second_have_an_order(files: Files) -> None:
    """The later period end wins, then the cancellation, whichever comes first."""
    upsert = files.subscriptions.upsert_subscription
    user_id = files.user()
    canceled = _event(user_id, status="canceled")
    assert upsert(**canceled)[4] == "canceled"
    assert upsert(**_event(user_id)) is None
    renewed = _event(user_id, current_period_end=NOW + 2 * MONTH)
    assert upsert(**renewed)[4] == "active"
    assert upsert(**canceled) is None


def test_every_query_is_called_here(files: Files) -> None:
    """A query added to a file needs a call in one of the modules on plain aiosql."""
    here = Path(__file__).parent
    others = (here / "plain_files.py", here / "test_monthly_messages.py")
    modules = (*others, *here.glob("test_plain_aiosql*.py"))
    names = files.names(NAMES)
    assert "recent_sessions" in names
    assert not_called(names, *modules) == set()
