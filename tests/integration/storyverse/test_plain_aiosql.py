"""The storyverse query files run in plain aiosql with psycopg, without pgrepo.

What the queries do is tested through the generated package. Here each is called once, with all its
parameters, on rows that it is about: it must find or change something.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from tests.integration.plain_aiosql import EveryQuery

if TYPE_CHECKING:
    from tests.integration.storyverse.world import World

LAST = uuid.UUID(int=2**128 - 1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_OFF = datetime(2100, 1, 1, tzinfo=UTC)
BIBLE = {"version": 1, "characters": [], "setting": {}, "timeline": {}}

# What a parameter is given wherever nothing else is said.
USUAL: dict[str, Any] = {
    "access_token": "a", "action_taken": "hidden", "after_created_at": None,
    "after_display_order": None, "after_id": None, "after_sequence": 0, "avatar_url": None,
    "batch_size": 5, "before": FAR_OFF, "before_active_at": FAR_OFF, "before_active_id": LAST,
    "before_created_at": FAR_OFF, "before_id": LAST, "before_version": None, "below_id": LAST,
    "below_like_count": 1000, "bible": Jsonb(BIBLE), "bible_version": 1, "bio": None,
    "context_data": None, "data": Jsonb(BIBLE), "description": None, "display_name": None,
    "display_order": 0, "duration": 8, "email": "new@example.org", "email_verified": False,
    "error_code": "E", "error_message": "It broke.", "expanded_script": "Then",
    "expected_version": 1, "expires_at": None, "file_size": None, "hls_playlist_url": None,
    "icon_url": None,
    "idempotency_key": "another", "input_text": "And then?", "ip_hashes": ["0" * 64],
    "is_active": True, "is_curated": True, "lease": 1, "lease_for": timedelta(minutes=1),
    "limit": 5, "max_retries": 3, "message": None, "moderation_status": "approved", "n": 5,
    "name": "New", "notes": None, "password_hash": "hash", "progress": 50, "prompt": "What if?",
    "provider": "google", "provider_id": "1", "reason": "spam", "refresh_token": None,
    "rejection_reason": None, "resolution": None, "result_data": None, "role": "moderator",
    "run_at": None, "segments_covered": [1], "since": LONG_AGO, "slug": "new",
    "stage": "continuity_validation", "status": "hidden", "statuses": ["active"],
    "summary": "So far.", "tags": ["sea"], "target_type": "scene", "thumbnail_url": None,
    "title": "New",
    "type": "continuation", "until": FAR_OFF, "username": "new", "version": 1, "video_url": "v",
    "worker": "w",
    "months_ahead": 9, "table_name": "jobs", "year": 2031, "month": 5,
}  # fmt: skip


def settle(world: World) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Makes rows; returns what parameters are given everywhere, and what in one query."""
    user, judge, closed = world.user(), world.user(), world.user()
    scene, spare = world.scene(user), world.scene(user)
    world.connection.execute("UPDATE storyverse.ideas SET moderation_status = 'approved'")
    world.connection.execute("UPDATE storyverse.ideas SET tags = '{sea,salt}'")
    world.connection.execute(
        "UPDATE storyverse.users SET role = 'moderator' WHERE id = %s", [judge]
    )
    idea, topic = world.query(
        "SELECT idea_id, topic_id FROM storyverse.scenes WHERE id = %s", scene
    )[0]
    storyverse = world.storyverse
    category = storyverse.categories.create_category(topic_id=topic, name="C", slug="c").id
    lonely = storyverse.topics.create_topic(name="Lonely", slug="lonely").id
    waiting = storyverse.ideas.create_idea(
        user_id=user, topic_id=topic, title="Waiting", prompt="What if?"
    ).id
    storyverse.ideas.move_idea(idea_id=idea, topic_id=topic, category_id=category)
    storyverse.users.deactivate_user(user_id=closed)
    storyverse.scenes.set_scene_status(scene_id=spare, status="removed")
    storyverse.likes.like(user_id=user, target_type="scene", target_id=scene)
    storyverse.likes.like(user_id=user, target_type="idea", target_id=idea)
    storyverse.scene_views.record_views(scene_ids=[scene], user_ids=[user], ip_hashes=[None])
    linked = storyverse.oauth_accounts.link_oauth_account(
        user_id=user, provider="google", provider_id="1"
    )
    assert linked is not None
    proposal = storyverse.user_topics.propose_topic(user_id=user, name="Proposal")
    segment = world.segment(scene, user)
    summary = storyverse.scene_summaries.add_summary(
        scene_id=scene, summary="So far.", segments_covered=[1]
    )
    everywhere = {
        "user_id": user, "user_ids": [user], "scene_id": scene, "scene_ids": [scene],
        "idea_id": idea, "idea_ids": [idea], "topic_id": topic, "category_id": category,
        "target_id": scene, "target_ids": [scene],
        "reporter_id": user, "reviewed_by": judge, "reviewer_id": judge,
        "oauth_account_id": linked.id, "user_topic_id": proposal.id, "segment_id": segment.id,
        "summary_id": summary.id, "created_at": segment.created_at, "job_id": uuid.uuid4(),
        "like_id": world.value("SELECT id FROM storyverse.likes WHERE scene_id IS NOT NULL"),
    }  # fmt: skip
    email = world.value("SELECT email FROM storyverse.users WHERE id = %s", user)
    slug = world.value("SELECT slug FROM storyverse.topics WHERE id = %s", topic)
    queries: dict[str, dict[str, Any]] = {
        "user_by_email": {"email": email},
        "user_credentials": {"email": email},
        "verify_email": {"email": email},
        "user_by_username": {"username": email.partition("@")[0]},
        "reactivate_user": {"user_id": closed},
        "delete_user": {"user_id": closed},
        "topic_by_slug": {"slug": slug},
        "category_by_slug": {"slug": "c"},
        "delete_topic": {"topic_id": lonely},
        "delete_idea": {"idea_id": waiting},
        "delete_scene": {"scene_id": spare},
        "like": {"user_id": judge},
    }
    return everywhere, queries | jobs(world, scene, user) | flags(world, scene, user, judge)


def jobs(world: World, scene: uuid.UUID, user: uuid.UUID) -> dict[str, dict[str, Any]]:
    """A job in each state, and which queries are about which."""

    def job(key: str, change: str = "") -> dict[str, Any]:
        made = world.storyverse.jobs.enqueue_job(
            scene_id=scene, user_id=user, input_text="And then?", idempotency_key=key
        )
        assert made is not None
        if change:
            world.connection.execute(
                f"UPDATE storyverse.jobs SET {change} WHERE id = %s".encode(), [made.id]
            )
        return {"job_id": made.id, "created_at": made.created_at}

    claimed = (
        "status = 'processing', stage = 'script_expansion', lease = 1, claimed_by = 'w', "
        "started_at = now(), lease_expires_at = now() + interval '{}'"
    )
    queued, held = job("queued"), job("held", claimed.format("1 hour"))
    job("lost", claimed.format("-1 hour"))
    failed = job("failed", "status = 'cancelled'")
    world.connection.execute("SET session_replication_role = replica")
    world.connection.execute(
        "UPDATE storyverse.jobs SET status = 'failed', stage = 'error', completed_at = now() "
        "WHERE id = %s",
        [failed["job_id"]],
    )
    world.connection.execute("SET session_replication_role = origin")
    return {
        "cancel_job": queued,
        "job_by_id": queued,
        "heartbeat_job": held,
        "advance_job": held | {"status": "script_ready"},
        "complete_job": held,
        "fail_job": held,
        "retry_job": failed,
    }


def flags(
    world: World, scene: uuid.UUID, user: uuid.UUID, judge: uuid.UUID
) -> dict[str, dict[str, Any]]:
    """A flag that waits and one that is being reviewed."""
    moderation = world.storyverse.moderation_flags
    for reason in ("spam", "violence"):
        moderation.create_flag(
            target_type="scene", target_id=scene, reporter_id=user, reason=reason
        )
    taken = moderation.claim_moderation(reviewer_id=judge, batch_size=1)[0].id
    decided = moderation.create_flag(
        target_type="user", target_id=user, reporter_id=None, reason="spam"
    )
    world.connection.execute(
        "UPDATE storyverse.moderation_flags "
        "SET status = 'dismissed', reviewed_by = %s, reviewed_at = now() WHERE id = %s",
        [judge, decided.id],
    )
    names = ("flag_by_id", "resolve_flag", "dismiss_flag", "release_flag")
    return {name: {"flag_id": taken} for name in names} | {
        "create_flag": {"reporter_id": judge, "reason": "other"},
        "delete_flag": {"flag_id": decided.id},
    }


def test_every_query(world: World) -> None:
    """All of them, each on the same rows: its changes are rolled back."""
    everywhere, special = settle(world)
    queries = EveryQuery("storyverse")
    assert len(queries.names) > 100
    assert set(special) <= set(queries.names)
    assert queries.called_in_vain(world.url, USUAL | everywhere, special) == set()
