"""Likes and views: idempotent, of what exists, and counted whatever happens to the targets."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.domains.storyverse.addresses import address_hash

if TYPE_CHECKING:
    from tests.integration.storyverse.world import World


def idea_of(world: World, scene_id: uuid.UUID) -> uuid.UUID:
    """The idea that a scene began from."""
    found: uuid.UUID = world.value("SELECT idea_id FROM storyverse.scenes WHERE id = %s", scene_id)
    return found


def test_likes_can_be_repeated(world: World) -> None:
    """Liking twice is liking once, and so is taking it back."""
    likes = world.storyverse.likes
    user, scene = world.user(), world.scene()
    idea = idea_of(world, scene)
    for kind, target in (("idea", idea), ("scene", scene)):
        like = {"user_id": user, "target_type": kind, "target_id": target}
        table = f"storyverse.{kind}s"
        assert [likes.like(**like) for _ in range(3)] == [1, 0, 0]  # type: ignore[arg-type]
        assert world.value(f"SELECT like_count FROM {table} WHERE id = %s", target) == 1
        assert [likes.unlike(**like) for _ in range(2)] == [1, 0]  # type: ignore[arg-type]
        assert world.value(f"SELECT like_count FROM {table} WHERE id = %s", target) == 0


def test_likes_are_of_what_exists(world: World) -> None:
    """An unknown target is refused, and so is an idea that is called a scene."""
    scene = world.scene()
    for kind, target in (("idea", uuid.uuid4()), ("scene", uuid.uuid4()), ("idea", scene)):
        with pytest.raises(psycopg.errors.ForeignKeyViolation) as caught:
            world.storyverse.likes.like(
                user_id=world.user(),
                target_type=kind,  # type: ignore[arg-type]
                target_id=target,
            )
        assert caught.value.diag.constraint_name == f"likes_{kind}_id_fkey"


def test_pages_of_likes(world: World) -> None:
    """What somebody likes, who likes something, and which of a page's rows they like."""
    likes = world.storyverse.likes
    user, other = world.user(), world.user()
    scenes = [world.scene() for _ in range(3)]
    for scene in scenes:
        likes.like(user_id=user, target_type="scene", target_id=scene)
    likes.like(user_id=other, target_type="scene", target_id=scenes[0])
    likes.like(user_id=user, target_type="idea", target_id=idea_of(world, scenes[0]))
    first = likes.likes_of_user(user_id=user, target_type="scene", limit=2)
    rest = likes.likes_of_user(
        user_id=user,
        target_type="scene",
        before_created_at=first[-1].created_at,
        before_id=first[-1].id,
    )
    assert [like.target_id for like in [*first, *rest]] == scenes[::-1]
    assert likes.like_by_id(like_id=rest[0].id) == rest[0]
    assert [like.user_id for like in likes.likes_of_scene(scene_id=scenes[0])] == [other, user]
    of_idea = likes.likes_of_idea(idea_id=idea_of(world, scenes[0]))
    assert [like.user_id for like in of_idea] == [user]
    among = likes.liked_among(user_id=other, target_type="scene", target_ids=scenes)
    assert [row.target_id for row in among] == [scenes[0]]


def test_views_of_what_is_gone_are_left_out(world: World) -> None:
    """One of them does not hold up the others; views by who is gone are anonymous."""
    user, scene, other = world.user(), world.scene(), world.scene()
    hashed = address_hash("192.0.2.1", b"k" * 32)
    recorded = world.storyverse.scene_views.record_views(
        scene_ids=[scene, uuid.uuid4(), scene, other, scene],
        user_ids=[user, user, None, uuid.uuid4(), None],
        ip_hashes=[None, None, hashed, None, None],
    )
    assert recorded == 4
    stored = world.query(
        "SELECT scene_id, user_id, ip_hash FROM storyverse.scene_views ORDER BY 1, 2, 3"
    )
    wanted = [(scene, user, None), (scene, None, hashed), (scene, None, None), (other, None, None)]
    assert sorted(stored, key=str) == sorted(wanted, key=str)
    counts = "SELECT view_count FROM storyverse.scenes WHERE id = %s"
    assert (world.value(counts, scene), world.value(counts, other)) == (3, 1)
    ideas = "SELECT view_count FROM storyverse.ideas WHERE id = %s"
    assert world.value(ideas, idea_of(world, scene)) == 3
    with pytest.raises(psycopg.errors.CheckViolation):
        world.storyverse.scene_views.record_views(
            scene_ids=[scene], user_ids=[None], ip_hashes=["192.0.2.1"]
        )


def test_an_erased_account_takes_its_likes_and_leaves_its_views(world: World) -> None:
    """Both counters are right after it."""
    user, scene = world.user(), world.scene()
    world.storyverse.likes.like(user_id=user, target_type="scene", target_id=scene)
    world.storyverse.scene_views.record_views(scene_ids=[scene], user_ids=[user], ip_hashes=[None])
    world.storyverse.users.deactivate_user(user_id=user)
    assert world.storyverse.users.delete_user(user_id=user) == 1
    assert world.query(
        "SELECT like_count, view_count FROM storyverse.scenes WHERE id = %s", scene
    ) == [(0, 1)]
    assert world.query("SELECT user_id FROM storyverse.scene_views") == [(None,)]
    assert world.storyverse.scenes.recount_scenes().repaired == 0


def test_whatever_is_written_directly_is_counted(world: World) -> None:
    """Moved likes and views, bulk deletions, and scenes deleted with all they have."""
    users = [world.user() for _ in range(3)]
    scenes = [world.scene() for _ in range(2)]
    for user in users:
        world.storyverse.likes.like(user_id=user, target_type="scene", target_id=scenes[0])
        world.storyverse.scene_views.record_views(
            scene_ids=scenes, user_ids=[user] * 2, ip_hashes=[None] * 2
        )
    counts = "SELECT like_count, view_count FROM storyverse.scenes WHERE id = %s"
    world.connection.execute(
        "UPDATE storyverse.likes SET target_id = %s WHERE user_id = %s", (scenes[1], users[0])
    )
    world.connection.execute(
        "UPDATE storyverse.scene_views SET scene_id = %s WHERE user_id = %s", (scenes[1], users[0])
    )
    assert [world.query(counts, scene) for scene in scenes] == [[(2, 2)], [(1, 4)]]
    world.connection.execute("DELETE FROM storyverse.scene_views WHERE user_id = %s", (users[1],))
    assert [world.query(counts, scene) for scene in scenes] == [[(2, 1)], [(1, 3)]]
    idea = idea_of(world, scenes[1])
    world.connection.execute("DELETE FROM storyverse.scenes WHERE id = %s", (scenes[1],))
    assert world.query(
        "SELECT scene_count, view_count FROM storyverse.ideas WHERE id = %s", idea
    ) == [(0, 0)]
    assert world.storyverse.scenes.recount_scenes().repaired == 0
    assert world.storyverse.ideas.recount_ideas().repaired == 0
    assert world.storyverse.topics.recount_topics().repaired == 0
