"""What hangs off many rows, loaded in one call: compared with a call for each of them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.storyverse.world import World


def test_loaders(world: World) -> None:
    """Each key has what a call for it alone returns; what has nothing is no key."""
    scenes, segments = world.storyverse.scenes, world.storyverse.segments
    author, made = world.user(), [world.scene() for _ in range(6)]
    for number, scene_id in enumerate(made):
        for _ in range(number):
            last = world.segment(scene_id, author)
        if number > 2:
            segments.set_segment_status(segment_id=last.id, status="hidden")
    scenes.set_scene_status(scene_id=made[4], status="hidden")
    ids = [*made, made[0], uuid.uuid4()]
    by_id = scenes.scenes_by_ids(scene_ids=ids)
    assert by_id == {key: scenes.scene_by_id(scene_id=key) for key in made}
    ideas = list({scene.idea_id for scene in by_id.values() if scene.idea_id is not None})
    for limit in (1, 2, 20):
        playlists = segments.segments_by_scene_ids(scene_ids=ids, limit=limit)
        assert playlists == {
            key: rows
            for key in made
            if (rows := segments.scene_playlist(scene_id=key, limit=limit))
        }
        assert max(map(len, playlists.values())) == min(limit, 4)
        assert scenes.scenes_by_idea_ids(idea_ids=[*ideas, *ideas], limit=limit) == {
            key: others
            for key in ideas
            if (others := scenes.scenes_of_idea(idea_id=key, limit=limit))
        }


def test_several_scenes_of_an_idea(world: World) -> None:
    """The newest of each idea, as many as are asked for."""
    scenes = world.storyverse.scenes
    first, second = (
        scene.idea_id
        for scene in scenes.scenes_by_ids(scene_ids=[world.scene(), world.scene()]).values()
    )
    assert first
    assert second
    for _ in range(2):
        world.value(
            "INSERT INTO storyverse.scenes (idea_id, user_id, topic_id, title) "
            "SELECT id, user_id, topic_id, 'Another' FROM storyverse.ideas WHERE id = %s "
            "RETURNING id",
            first,
        )
    found = scenes.scenes_by_idea_ids(idea_ids=[second, first], limit=2)
    assert {key: len(rows) for key, rows in found.items()} == {first: 2, second: 1}
    assert found[first] == scenes.scenes_of_idea(idea_id=first)[:2]
