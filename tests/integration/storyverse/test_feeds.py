"""Ideas and scenes: what is listed, in which order, page by page; and what moves with what."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.domains.storyverse.ideas import Idea
    from pgrepo.domains.storyverse.scenes import Scene
    from tests.integration.storyverse.world import World

START = datetime(2026, 1, 1, tzinfo=UTC)


class Stories:
    """A topic with a category, and people to have ideas."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.storyverse = world.storyverse
        self.user = world.user()
        self.topic = self.storyverse.topics.create_topic(name="Heists", slug="heists").id
        self.category = self.storyverse.categories.create_category(
            topic_id=self.topic, name="Banks", slug="banks"
        ).id

    def idea(self, **fields: Any) -> Idea:
        """A new idea, approved unless said otherwise."""
        given: dict[str, Any] = {
            "user_id": self.user,
            "topic_id": self.topic,
            "title": "An idea",
            "prompt": "What if?",
            "moderation_status": "approved",
        }
        return self.storyverse.ideas.create_idea(**(given | fields))

    def scene(self, idea: Idea, title: str = "A scene") -> Scene:
        """A new scene."""
        scene = self.storyverse.scenes.create_scene(idea_id=idea.id, user_id=self.user, title=title)
        assert scene is not None
        return scene

    def backdate(self, table: str, row_id: uuid.UUID, hours: int) -> None:
        """Lets something have been made so many hours after the beginning."""
        self.world.query(
            f"UPDATE storyverse.{table} SET created_at = %s WHERE id = %s RETURNING 1",
            START + timedelta(hours=hours),
            row_id,
        )

    def like(self, target_type: str, target_id: uuid.UUID, times: int) -> None:
        """So many people like something."""
        for _ in range(times):
            self.world.storyverse.likes.like(
                user_id=self.world.user(),
                target_type=target_type,  # type: ignore[arg-type]
                target_id=target_id,
            )


@pytest.fixture
def stories(world: World) -> Stories:
    """A topic to fill."""
    return Stories(world)


def pages(call: Callable[..., list[Any]], after: Callable[[Any], dict[str, Any]]) -> list[Any]:
    """All rows, two at a time."""
    found: list[Any] = []
    page = call(limit=2)
    while page:
        found += page
        page = call(limit=2, **after(page[-1]))
    return found


def test_ideas_by_topic(stories: Stories) -> None:
    """Newest or most liked first, with ties, through pages; a category or tags alone."""
    made = []
    for number, (likes, hours) in enumerate([(0, 1), (2, 2), (2, 2), (1, 3), (2, 4)]):
        idea = stories.idea(
            title=f"Idea {number}",
            category_id=stories.category if number % 2 else None,
            tags=["sea", f"tag {number}"],
        )
        stories.backdate("ideas", idea.id, hours)
        stories.like("idea", idea.id, likes)
        made.append((idea.id, likes, hours))
    by_topic = stories.storyverse.ideas.ideas_by_topic

    def newest(**more: Any) -> list[Idea]:
        return by_topic(topic_id=stories.topic, **more)

    def popular(**more: Any) -> list[Idea]:
        return by_topic(topic_id=stories.topic, order_by="popular", **more)

    by_time = [i for i, *_ in sorted(made, key=lambda m: (m[2], m[0]), reverse=True)]
    by_likes = [i for i, *_ in sorted(made, key=lambda m: (m[1], m[0]), reverse=True)]
    assert [idea.id for idea in newest()] == by_time
    assert [idea.id for idea in popular()] == by_likes
    walked = pages(newest, lambda i: {"before_created_at": i.created_at, "before_id": i.id})
    assert [idea.id for idea in walked] == by_time
    walked = pages(popular, lambda i: {"below_like_count": i.like_count, "below_id": i.id})
    assert [idea.id for idea in walked] == by_likes
    banks = {made[1][0], made[3][0]}
    assert {idea.id for idea in newest(category_id=stories.category)} == banks
    assert {idea.id for idea in popular(tags=["sea"])} == set(by_likes)
    assert [idea.id for idea in newest(tags=["tag 3", "sea"])] == [made[3][0]]
    assert newest(tags=["tag 3", "tag 4"]) == []
    assert newest(category_id=stories.category, tags=["tag 2"]) == []
    assert by_topic(topic_id=uuid.uuid4()) == []


def test_only_listed_ideas_are_listed(stories: Stories) -> None:
    """Not before they are approved, not when hidden, removed or rejected."""
    ideas = stories.storyverse.ideas

    def listed() -> list[uuid.UUID]:
        return [idea.id for idea in ideas.ideas_by_topic(topic_id=stories.topic)]

    idea = stories.idea(moderation_status="pending")
    assert listed() == []
    assert [found.id for found in ideas.pending_ideas()] == [idea.id]
    assert stories.storyverse.scenes.create_scene(
        idea_id=idea.id, user_id=stories.user, title="Too early"
    ) is None  # fmt: skip
    reviewed = ideas.review_idea(idea_id=idea.id, moderation_status="approved")
    assert reviewed is not None
    assert listed() == [idea.id]
    assert ideas.pending_ideas() == []
    for change, change_back in (("hidden", "active"), ("removed", "active")):
        ideas.set_idea_status(idea_id=idea.id, status=change)  # type: ignore[arg-type]
        assert listed() == []
        ideas.set_idea_status(idea_id=idea.id, status=change_back)  # type: ignore[arg-type]
        assert listed() == [idea.id]
    ideas.review_idea(idea_id=idea.id, moderation_status="rejected")
    assert listed() == []
    ideas.set_idea_status(idea_id=idea.id, status="hidden")
    everything = ideas.ideas_of_user(user_id=stories.user)
    assert [(found.id, found.status) for found in everything] == [(idea.id, "hidden")]
    assert ideas.ideas_of_user(user_id=stories.user, statuses=["active", "removed"]) == []


def test_ideas_are_patched_moved_and_deleted(stories: Stories) -> None:
    """Counters are no news; a category is one of the topic; scenes follow their idea."""
    storyverse = stories.storyverse
    idea = stories.idea(category_id=stories.category, tags=["sea"])
    changed = storyverse.ideas.update_idea(idea_id=idea.id, title="A better one")
    assert changed is not None
    assert (changed.title, changed.prompt, changed.tags) == ("A better one", "What if?", ["sea"])
    assert changed.updated_at > idea.updated_at
    scene = stories.scene(idea)
    stories.like("idea", idea.id, 1)
    seen = storyverse.ideas.idea_by_id(idea_id=idea.id)
    assert seen is not None
    assert (seen.like_count, seen.scene_count) == (1, 1)
    assert seen.updated_at == changed.updated_at
    other = storyverse.topics.create_topic(name="Seas", slug="seas").id
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as caught:
        storyverse.ideas.move_idea(idea_id=idea.id, topic_id=other, category_id=stories.category)
    assert caught.value.diag.constraint_name == "ideas_topic_id_category_id_fkey"
    moved = storyverse.ideas.move_idea(idea_id=idea.id, topic_id=other)
    assert moved is not None
    assert (moved.topic_id, moved.category_id) == (other, None)
    assert [s.id for s in storyverse.scenes.scenes_by_topic(topic_id=other)] == [scene.id]
    counts = [storyverse.topics.topic_by_id(topic_id=t) for t in (stories.topic, other)]
    assert [topic and topic.scene_count for topic in counts] == [0, 1]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        storyverse.ideas.delete_idea(idea_id=idea.id)
    lonely = stories.idea(category_id=stories.category)
    assert storyverse.categories.delete_category(category_id=stories.category) == 1
    left = storyverse.ideas.idea_by_id(idea_id=lonely.id)
    assert left is not None
    assert (left.topic_id, left.category_id) == (stories.topic, None)
    assert storyverse.ideas.delete_idea(idea_id=lonely.id) == 1


def test_scenes_by_topic(stories: Stories) -> None:
    """Recently active, newest or most liked first, with ties, through pages."""
    idea = stories.idea()
    made = []
    for number, (likes, hours, active) in enumerate(
        [(0, 1, 9), (2, 2, None), (2, 2, 9), (1, 3, 5), (2, 4, None)]
    ):
        scene = stories.scene(idea, f"Scene {number}")
        stories.backdate("scenes", scene.id, hours)
        if active is not None:
            stories.world.query(
                "UPDATE storyverse.scenes SET last_segment_at = %s WHERE id = %s RETURNING 1",
                START + timedelta(hours=active),
                scene.id,
            )
        stories.like("scene", scene.id, likes)
        made.append((scene.id, likes, hours, active or hours))
    by_topic = stories.storyverse.scenes.scenes_by_topic
    orders: dict[Any, tuple[int, Callable[[Scene], dict[str, Any]]]] = {
        "active": (3, lambda s: {"before_active_at": s.active_at, "before_active_id": s.id}),
        "newest": (2, lambda s: {"before_created_at": s.created_at, "before_id": s.id}),
        "popular": (1, lambda s: {"below_like_count": s.like_count, "below_id": s.id}),
    }
    for order, (place, after) in orders.items():

        def call(order: Any = order, **more: Any) -> list[Scene]:
            return by_topic(topic_id=stories.topic, order_by=order, **more)

        wanted = [row[0] for row in sorted(made, key=lambda m: (m[place], m[0]), reverse=True)]
        assert [scene.id for scene in call()] == wanted, order
        assert [scene.id for scene in pages(call, after)] == wanted, order
    recently = by_topic(topic_id=stories.topic)
    assert recently == by_topic(topic_id=stories.topic, order_by="active")


def test_scenes_are_listed_while_active_or_locked(stories: Stories) -> None:
    """By topic, by idea; their owner sees all of them."""
    scenes = stories.storyverse.scenes
    idea = stories.idea()
    scene = stories.scene(idea)
    assert scene.bible_version == 1
    for status, listed in (("locked", 1), ("hidden", 0), ("removed", 0), ("active", 1)):
        changed = scenes.set_scene_status(scene_id=scene.id, status=status)  # type: ignore[arg-type]
        assert changed is not None
        assert len(scenes.scenes_by_topic(topic_id=stories.topic)) == listed
        assert len(scenes.scenes_of_idea(idea_id=idea.id)) == listed
        assert [s.id for s in scenes.scenes_of_user(user_id=stories.user)] == [scene.id]
        found = stories.storyverse.ideas.idea_by_id(idea_id=idea.id)
        assert found is not None
        assert found.scene_count == listed
    assert scenes.scenes_of_user(user_id=stories.user, statuses=["hidden"]) == []
    patched = scenes.update_scene(scene_id=scene.id, description="Dark.", thumbnail_url=None)
    assert patched is not None
    assert (patched.title, patched.description) == (scene.title, "Dark.")
    assert scenes.delete_scene(scene_id=scene.id) == 0
    scenes.set_scene_status(scene_id=scene.id, status="removed")
    assert scenes.update_scene(scene_id=scene.id, title="No more") is None
    assert scenes.delete_scene(scene_id=scene.id) == 1
    assert scenes.scene_by_id(scene_id=scene.id) is None


def test_trending(stories: Stories) -> None:
    """Most viewed since a time first; hidden scenes and old views do not count."""
    storyverse = stories.storyverse
    idea = stories.idea()
    quiet, loud, hidden, old = (stories.scene(idea, title) for title in "abcd")
    for scene, views in ((quiet, 1), (loud, 3), (hidden, 5), (old, 7)):
        storyverse.scene_views.record_views(
            scene_ids=[scene.id] * views, user_ids=[None] * views, ip_hashes=[None] * views
        )
    storyverse.scenes.set_scene_status(scene_id=hidden.id, status="hidden")
    stories.world.query(
        "UPDATE storyverse.scene_views SET created_at = %s WHERE scene_id = %s RETURNING 1",
        START,
        old.id,
    )
    since = START + timedelta(days=1)
    trending = storyverse.scenes.trending_scenes(since=since)
    assert [(s.id, s.recent_views) for s in trending] == [(loud.id, 3), (quiet.id, 1)]
    assert [s.id for s in storyverse.scenes.trending_scenes(since=START, limit=1)] == [old.id]
    assert storyverse.scenes.trending_scenes(since=since, topic_id=uuid.uuid4()) == []
    days = storyverse.scene_views.daily_views(scene_id=old.id, since=START, until=since)
    assert [(day.day, day.views, day.viewers) for day in days] == [(START, 7, 0)]
