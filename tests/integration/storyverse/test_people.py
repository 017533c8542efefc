"""Accounts, logins at other providers, topics, their categories and proposals."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.domains.storyverse.addresses import address_hash
from pgrepo.errors import UsageError
from tests.integration.storyverse.world import at_once

if TYPE_CHECKING:
    from pgrepo.domains.storyverse.user_topics import UserTopic
    from tests.integration.storyverse.world import World


def test_accounts(world: World) -> None:
    """Made, found, changed, closed, opened and erased."""
    users = world.storyverse.users
    ada = users.create_user(email="Ada@Example.org", username="Ada", password_hash="hash")
    assert users.user_by_id(user_id=ada.id) == ada
    assert users.user_by_email(email="aDA@example.org") == ada
    assert users.user_by_username(username="ADA") == ada
    assert not hasattr(ada, "password_hash")
    credentials = users.user_credentials(email="ada@example.org")
    assert credentials is not None
    assert (credentials.id, credentials.password_hash) == (ada.id, "hash")
    changed = users.update_user(user_id=ada.id, display_name="Ada L.", bio=None)
    assert changed is not None
    assert (changed.username, changed.display_name) == ("Ada", "Ada L.")
    assert changed.updated_at > ada.updated_at
    assert users.touch_last_login(user_id=ada.id) == 1
    seen = users.user_by_id(user_id=ada.id)
    assert seen is not None
    assert seen.last_login_at is not None
    assert seen.updated_at == changed.updated_at
    assert users.deactivate_user(user_id=ada.id) == 1
    assert users.deactivate_user(user_id=ada.id) == 0
    assert users.user_by_email(email="ada@example.org") is None
    assert users.user_credentials(email="ada@example.org") is None
    assert users.touch_last_login(user_id=ada.id) == 0
    assert users.users_by_ids(user_ids=[ada.id, uuid.uuid4()])[ada.id].is_active is False
    assert users.reactivate_user(user_id=ada.id) == 1
    assert users.delete_user(user_id=ada.id) == 0
    users.deactivate_user(user_id=ada.id)
    assert users.delete_user(user_id=ada.id) == 1


def test_emails_and_usernames_are_unique_whatever_their_case(world: World) -> None:
    """Ada and ada are one person."""
    users = world.storyverse.users
    users.create_user(email="ada@example.org", username="ada")
    for email, username, name in (
        ("ADA@example.org", "other", "users_email_key"),
        ("other@example.org", "ADA", "users_username_key"),
    ):
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            users.create_user(email=email, username=username)
        assert caught.value.diag.constraint_name == name


def test_a_new_email_is_yet_to_be_verified(world: World) -> None:
    """Another spelling of the old one is not new, and only the present one can be verified."""
    users = world.storyverse.users
    ada = users.create_user(email="ada@example.org", username="ada")
    assert users.verify_email(user_id=ada.id, email="ADA@example.org") == 1
    spelt = users.change_email(user_id=ada.id, email="Ada@Example.org")
    assert spelt is not None
    assert (spelt.email, spelt.email_verified) == ("Ada@Example.org", True)
    moved = users.change_email(user_id=ada.id, email="countess@example.org")
    assert moved is not None
    assert moved.email_verified is False
    assert users.verify_email(user_id=ada.id, email="ada@example.org") == 0


def test_pages_of_accounts(world: World) -> None:
    """Every open account once, though all were made at the same time; staff apart."""
    users = world.storyverse.users
    made = [users.create_user(email=f"{n}@example.org", username=f"u{n}") for n in range(5)]
    world.connection.execute("UPDATE storyverse.users SET created_at = '2026-01-01'")
    users.deactivate_user(user_id=made[0].id)
    users.set_role(user_id=made[1].id, role="moderator")
    seen: list[uuid.UUID] = []
    page = users.users_page(limit=2)
    while page:
        seen += [user.id for user in page]
        page = users.users_page(
            before_created_at=page[-1].created_at, before_id=page[-1].id, limit=2
        )
    assert seen == sorted((user.id for user in made[1:]), reverse=True)
    assert [user.id for user in users.staff_page(role="moderator")] == [made[1].id]
    assert users.staff_page(role="user") == []


def test_logins_elsewhere(world: World) -> None:
    """Linked once, renewed after, never taken from somebody else; the tokens stay apart."""
    storyverse = world.storyverse
    ada, bob = world.user(), world.user()
    link = storyverse.oauth_accounts.link_oauth_account(
        user_id=ada, provider="google", provider_id="1", access_token="a1", refresh_token="r1"
    )
    assert link is not None
    assert not hasattr(link, "access_token")
    again = storyverse.oauth_accounts.link_oauth_account(
        user_id=ada, provider="google", provider_id="1", access_token="a2"
    )
    assert again is not None
    assert again.id == link.id
    tokens = storyverse.oauth_accounts.oauth_tokens(oauth_account_id=link.id)
    assert tokens is not None
    assert (tokens.access_token, tokens.refresh_token) == ("a2", "r1")
    stolen = storyverse.oauth_accounts.link_oauth_account(
        user_id=bob, provider="google", provider_id="1", access_token="a3"
    )
    assert stolen is None
    assert storyverse.oauth_accounts.oauth_tokens(oauth_account_id=link.id) == tokens
    found = storyverse.users.user_by_oauth(provider="google", provider_id="1")
    assert found is not None
    assert found.id == ada
    assert storyverse.users.user_by_oauth(provider="github", provider_id="1") is None
    accounts = storyverse.oauth_accounts
    assert accounts.set_oauth_tokens(oauth_account_id=link.id, refresh_token=None) == 1
    tokens = accounts.oauth_tokens(oauth_account_id=link.id)
    assert tokens is not None
    assert (tokens.access_token, tokens.refresh_token) == ("a2", None)
    assert accounts.oauth_accounts_of_user(user_id=ada) == [
        accounts.oauth_account_by_id(oauth_account_id=link.id)
    ]
    storyverse.users.deactivate_user(user_id=ada)
    assert accounts.oauth_tokens(oauth_account_id=link.id) is None
    assert storyverse.users.user_by_oauth(provider="google", provider_id="1") is None
    assert accounts.unlink_oauth_account(user_id=bob, oauth_account_id=link.id) == 0
    assert accounts.unlink_oauth_account(user_id=ada, oauth_account_id=link.id) == 1


def test_topics_and_categories(world: World) -> None:
    """In the order to show them, open and closed apart, with pages; deleted with their topic."""
    topics, categories = world.storyverse.topics, world.storyverse.categories
    made = [
        topics.create_topic(name=f"T{n}", slug=f"t{n}", display_order=3 - n // 2) for n in range(4)
    ]
    first = topics.topics_page(limit=3)
    rest = topics.topics_page(
        after_display_order=first[-1].display_order, after_id=first[-1].id, limit=3
    )
    assert [t.id for t in [*first, *rest]] == [
        t.id for t in sorted(made, key=lambda t: (t.display_order, t.id))
    ]
    closed = topics.update_topic(topic_id=made[0].id, is_active=False)
    assert closed is not None
    assert topics.topic_by_slug(slug="t0") is None
    assert topics.topic_by_id(topic_id=made[0].id) == closed
    assert topics.topics_page(is_active=False) == [closed]
    category = categories.create_category(topic_id=made[1].id, name="C", slug="c")
    other = categories.create_category(topic_id=made[1].id, name="D", slug="d", is_active=False)
    assert categories.categories_of_topic(topic_id=made[1].id) == [category]
    assert categories.categories_of_topic(topic_id=made[1].id, is_active=False) == [other]
    assert categories.category_by_slug(topic_id=made[1].id, slug="c") == category
    assert categories.category_by_slug(topic_id=made[1].id, slug="d") is None
    renamed = categories.update_category(category_id=other.id, name="E", description=None)
    assert renamed is not None
    assert (renamed.name, renamed.slug) == ("E", "d")
    with pytest.raises(psycopg.errors.UniqueViolation):
        categories.create_category(topic_id=made[1].id, name="C2", slug="c")
    assert categories.delete_category(category_id=other.id) == 1
    assert topics.delete_topic(topic_id=made[1].id) == 1
    assert categories.category_by_id(category_id=category.id) is None


def test_proposals(world: World) -> None:
    """Oldest first for the reviewers; approved ones become topics, rejected ones get a reason."""
    proposals = world.storyverse.user_topics
    ada, judge = world.user(), world.user()
    one, two, three = (
        proposals.propose_topic(user_id=ada, name=f"Topic {n}", description="Please.")
        for n in range(3)
    )
    assert [p.id for p in proposals.pending_topics()] == [one.id, two.id, three.id]
    later = proposals.pending_topics(after_created_at=one.created_at, after_id=one.id, limit=1)
    assert [p.id for p in later] == [two.id]
    changed = proposals.update_user_topic(user_topic_id=one.id, name="Heists")
    assert changed is not None
    approved = proposals.approve_topic(user_topic_id=one.id, reviewed_by=judge, slug="heists")
    assert approved is not None
    assert (approved.status, approved.reviewed_by) == ("approved", judge)
    topic = world.storyverse.topics.topic_by_slug(slug="heists")
    assert topic is not None
    assert (topic.id, topic.name) == (approved.promoted_to_topic_id, "Heists")
    assert (topic.description, topic.is_curated) == ("Please.", False)
    rejected = proposals.reject_topic(
        user_topic_id=two.id, reviewed_by=judge, rejection_reason="There is one."
    )
    assert rejected is not None
    assert rejected.rejection_reason == "There is one."
    assert proposals.approve_topic(user_topic_id=two.id, reviewed_by=judge, slug="two") is None
    assert proposals.reject_topic(user_topic_id=one.id, reviewed_by=judge) is None
    assert proposals.update_user_topic(user_topic_id=one.id, name="Other") is None
    assert world.storyverse.topics.topic_by_slug(slug="two") is None
    with pytest.raises(psycopg.errors.UniqueViolation):
        proposals.approve_topic(user_topic_id=three.id, reviewed_by=judge, slug="heists")
    assert [p.id for p in proposals.pending_topics()] == [three.id]
    assert [p.id for p in proposals.user_topics_of_user(user_id=ada)] == [
        three.id, two.id, one.id
    ]  # fmt: skip
    world.storyverse.topics.delete_topic(topic_id=topic.id)
    kept = proposals.user_topic_by_id(user_topic_id=one.id)
    assert kept is not None
    assert (kept.status, kept.promoted_to_topic_id) == ("approved", None)
    assert proposals.delete_user_topic(user_topic_id=one.id) == 1


def test_a_proposal_is_approved_once(world: World) -> None:
    """Ten reviewers at once: one decides, one topic comes of it."""
    proposals = world.storyverse.user_topics
    ada = world.user()
    judges = [world.user() for _ in range(10)]
    proposal = proposals.propose_topic(user_id=ada, name="Heists")

    def approve(number: int) -> UserTopic | None:
        return proposals.approve_topic(
            user_topic_id=proposal.id, reviewed_by=judges[number], slug=f"heists-{number}"
        )

    decided = [found for found in at_once(10, approve) if found is not None]
    assert len(decided) == 1
    assert world.value("SELECT count(*) FROM storyverse.topics") == 1


def test_address_hashes() -> None:
    """Keyed, the same for one address however it is written, and fit for the column."""
    key = b"k" * 32
    hashed = address_hash("192.0.2.1", key)
    assert hashed == address_hash("::ffff:192.0.2.1", key)
    assert hashed != address_hash("192.0.2.2", key)
    assert hashed != address_hash("192.0.2.1", b"l" * 32)
    assert len(hashed) == 64
    with pytest.raises(UsageError, match="16"):
        address_hash("192.0.2.1", b"short")
    with pytest.raises(UsageError) as caught:
        address_hash("192.0.2.1:80", key)
    assert "192" not in str(caught.value)
