"""Flags: what can be reported, who takes which, and what becomes of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pgrepo import ForeignKeyViolation
from tests.integration.storyverse.world import at_once

if TYPE_CHECKING:
    from pgrepo.domains.storyverse.tables import ModerationFlagTargetType
    from tests.integration.storyverse.world import World


def flag(world: World, count: int = 1) -> list[uuid.UUID]:
    """Adds flags on a new user; returns their ids, oldest first."""
    target_id = world.user()
    flags = world.storyverse.moderation_flags
    return [
        flags.create_flag(target_type="user", target_id=target_id, reason="spam").id
        for _ in range(count)
    ]


@pytest.mark.parametrize("kind", ["idea", "scene", "segment", "user", "topic"])
def test_the_target_must_exist(world: World, kind: ModerationFlagTargetType) -> None:
    """Whatever it is: the flag is on it, and pending_moderation says what it is."""
    user_id = world.user()
    scene_id = world.scene(user_id)
    targets = {
        "idea": (world.value("SELECT id FROM storyverse.ideas"), "An idea", user_id),
        "scene": (scene_id, "A scene", user_id),
        "segment": (world.segment(scene_id, user_id).id, "And then?", user_id),
        "user": (user_id, world.value("SELECT username FROM storyverse.users"), user_id),
        "topic": (*world.query("SELECT id, name FROM storyverse.topics")[0], None),
    }
    target_id, text, maker = targets[kind]
    flags = world.storyverse.moderation_flags
    reporter_id = world.user()
    made = flags.create_flag(
        target_type=kind, target_id=target_id, reporter_id=reporter_id, reason="spam"
    )
    assert (made.status, made.reporter_id) == ("pending", reporter_id)
    (pending,) = flags.pending_moderation()
    assert (pending.target_type, pending.target_id) == (kind, target_id)
    assert (pending.target_text, pending.target_user_id) == (text, maker)
    assert pending.reporter_username is not None

    # An id of another kind is no target.
    other = next(found[0] for name, found in targets.items() if name != kind)
    for nothing in (uuid.uuid4(), other):
        with pytest.raises(ForeignKeyViolation) as caught:
            flags.create_flag(target_type=kind, target_id=nothing, reason="spam")
        assert caught.value.constraint == "moderation_flags_target_id_fkey"
        assert str(nothing) not in str(caught.value)


def test_pages_oldest_first(world: World) -> None:
    """Pending flags alone, in the order of their reporting, without a gap or overlap."""
    wanted = flag(world, 5)
    flags = world.storyverse.moderation_flags
    moderator = world.user()
    assert flags.dismiss_flag(flag_id=wanted.pop(2), reviewer_id=moderator) is not None
    first = flags.pending_moderation(limit=3)
    rest = flags.pending_moderation(after_created_at=first[-1].created_at, after_id=first[-1].id)
    assert [entry.id for entry in first + rest] == wanted


def test_a_flag_outlives_its_target(world: World) -> None:
    """It stays as a record, without what it was about."""
    scene_id = world.scene()
    flags = world.storyverse.moderation_flags
    made = flags.create_flag(target_type="scene", target_id=scene_id, reason="spam")
    world.connection.execute("DELETE FROM storyverse.scenes WHERE id = %s", (scene_id,))
    (pending,) = flags.pending_moderation()
    assert (pending.id, pending.target_text, pending.target_user_id) == (made.id, None, None)


def test_two_moderators_never_take_the_same(world: World) -> None:
    """Eight at once take everything, and nothing twice."""
    wanted = set(flag(world, 40))
    moderators = [world.user() for _ in range(8)]
    flags = world.storyverse.moderation_flags

    def work(number: int) -> list[uuid.UUID]:
        found: list[uuid.UUID] = []
        while batch := flags.claim_moderation(reviewer_id=moderators[number], batch_size=3):
            assert {entry.reviewed_by for entry in batch} == {moderators[number]}
            assert {entry.status for entry in batch} == {"reviewing"}
            found += [entry.id for entry in batch]
        return found

    shares = at_once(8, work)
    taken = [entry for share in shares for entry in share]
    assert len(taken) == 40
    assert set(taken) == wanted
    for moderator, share in zip(moderators, shares, strict=True):
        assert {f.id for f in flags.flags_under_review(reviewer_id=moderator)} == set(share)


def test_the_oldest_is_taken_first(world: World) -> None:
    """One a call, unless more are asked for."""
    wanted = flag(world, 3)
    flags = world.storyverse.moderation_flags
    moderator = world.user()
    (first,) = flags.claim_moderation(reviewer_id=moderator)
    assert first.id == wanted[0]
    assert {f.id for f in flags.claim_moderation(reviewer_id=moderator, batch_size=5)} == {
        *wanted[1:]
    }


def test_only_who_has_it_decides(world: World) -> None:
    """A flag under review is another moderator's until they release it."""
    (flag_id,) = flag(world)
    flags = world.storyverse.moderation_flags
    ada, bob = world.user(), world.user()
    flags.claim_moderation(reviewer_id=ada)
    assert flags.resolve_flag(flag_id=flag_id, reviewer_id=bob, action_taken="hidden") is None
    assert flags.dismiss_flag(flag_id=flag_id, reviewer_id=bob) is None
    assert flags.release_flag(flag_id=flag_id, reviewer_id=bob) == 0
    assert flags.release_flag(flag_id=flag_id, reviewer_id=ada) == 1
    done = flags.resolve_flag(
        flag_id=flag_id, reviewer_id=bob, action_taken="hidden", notes="Second time."
    )
    assert done is not None
    assert (done.status, done.reviewed_by, done.action_taken, done.notes) == (
        "resolved",
        bob,
        "hidden",
        "Second time.",
    )
    # What is decided stays decided.
    assert flags.dismiss_flag(flag_id=flag_id, reviewer_id=bob) is None
    assert flags.claim_moderation(reviewer_id=ada) == []
    assert flags.flag_by_id(flag_id=flag_id) == done


def test_forgotten_flags_come_back(world: World) -> None:
    """Those taken before a time, not those taken since."""
    wanted = flag(world, 2)
    flags = world.storyverse.moderation_flags
    moderator = world.user()
    flags.claim_moderation(reviewer_id=moderator)
    since = datetime.now(UTC)
    flags.claim_moderation(reviewer_id=moderator)
    assert flags.release_flags_taken_before(before=since - timedelta(hours=1)) == 0
    assert flags.release_flags_taken_before(before=since) == 1
    assert [entry.id for entry in flags.pending_moderation()] == wanted[:1]


def test_counts(world: World) -> None:
    """How many are open, by kind of target, and how old the oldest is."""
    flags = world.storyverse.moderation_flags
    assert flags.moderation_counts() == []
    ids = flag(world, 3)
    flags.create_flag(target_type="scene", target_id=world.scene(), reason="spam")
    moderator = world.user()
    flags.claim_moderation(reviewer_id=moderator)
    flags.dismiss_flag(flag_id=ids[1], reviewer_id=moderator)
    left = flags.flag_by_id(flag_id=ids[2])
    assert left is not None
    counts = {count.target_type: count for count in flags.moderation_counts()}
    assert counts.keys() == {"scene", "user"}
    assert (counts["user"].pending, counts["user"].reviewing) == (1, 1)
    assert counts["user"].oldest_pending_at == left.created_at
    assert (counts["scene"].pending, counts["scene"].reviewing) == (1, 0)


def test_flags_of_a_target_and_of_a_reporter(world: World) -> None:
    """Whatever became of them, newest first; only decided ones can be erased."""
    flags = world.storyverse.moderation_flags
    target_id, reporter_id, moderator = world.user(), world.user(), world.user()
    made = [
        flags.create_flag(
            target_type="user", target_id=target_id, reporter_id=reporter_id, reason=reason
        )
        for reason in ("spam", "abuse", "other")
    ]
    flags.dismiss_flag(flag_id=made[1].id, reviewer_id=moderator)
    page = flags.flags_of_target(target_type="user", target_id=target_id, limit=2)
    rest = flags.flags_of_target(
        target_type="user",
        target_id=target_id,
        before_created_at=page[-1].created_at,
        before_id=page[-1].id,
    )
    assert [entry.reason for entry in page + rest] == ["other", "abuse", "spam"]
    assert flags.flags_of_reporter(reporter_id=reporter_id) == page + rest
    assert flags.flags_of_target(target_type="user", target_id=reporter_id) == []
    assert [flags.delete_flag(flag_id=entry.id) for entry in made] == [0, 1, 0]
