"""The fragments of docs/reference/storyverse.md, and the one of errors.md about versions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from pgrepo import StaleVersion
from tests.integration.storyverse.world import empty_bible
from tests.pages import run_fragment

if TYPE_CHECKING:
    from pgrepo.domains.storyverse.documents import SceneBible
    from tests.integration.storyverse.world import World

PAGE = "docs/reference/storyverse.md"


def test_counters_are_counted_anew(world: World) -> None:
    """Batch by batch, and the wrong ones are told."""
    world.scene()
    world.query("UPDATE storyverse.scenes SET like_count = 7 RETURNING 1")
    found = run_fragment(PAGE, "after, repaired", storyverse=world.storyverse)
    assert found["repaired"] == 1


def test_next_page(world: World) -> None:
    """The last row of a page tells where the next one begins."""
    user = world.user()
    topic = world.value(
        "INSERT INTO storyverse.topics (name, slug) VALUES ('Seas', 'seas') RETURNING id"
    )
    world.query(
        "INSERT INTO storyverse.ideas"
        " (user_id, topic_id, title, prompt, like_count, moderation_status)"
        " SELECT %s, %s, 'Idea ' || n, 'A ship', n, 'approved'"
        " FROM generate_series(1, 25) AS n RETURNING id",
        user,
        topic,
    )
    found = run_fragment(PAGE, "page =", storyverse=world.storyverse, topic_id=topic)
    assert [idea.like_count for idea in found["page"]] == list(range(25, 5, -1))
    assert [idea.like_count for idea in found["more"]] == list(range(5, 0, -1))


def test_appending_to_a_bible_that_moves_on(world: World) -> None:
    """Whoever looked too early tries again with the newest version: both pages' ways."""
    scene = world.scene()
    bibles = world.storyverse.scene_bibles
    early = bibles.latest_bible(scene_id=scene)
    assert early is not None
    bibles.append_bible(scene_id=scene, expected_version=early.version, data=empty_bible())
    late = SimpleNamespace(
        latest_bible=lambda **_: early,
        append_bible=bibles.append_bible,
        bible_version=bibles.bible_version,
    )
    run_fragment(
        PAGE,
        "from pgrepo import StaleVersion",
        storyverse=SimpleNamespace(scene_bibles=late),
        scene_id=scene,
    )
    newest = bibles.latest_bible(scene_id=scene)
    assert newest is not None
    assert newest.version == early.version + 2
    assert newest.data.timeline.current_point == "The storm has passed"

    def change(bible: SceneBible) -> SceneBible:
        bible.timeline.current_point = "Land"
        return bible

    names = {"bibles": bibles, "change": change, "scene_id": scene, "StaleVersion": StaleVersion}
    version, bible = early.version, early.data
    run_fragment("docs/reference/errors.md", "while True:", version=version, bible=bible, **names)
    newest = bibles.latest_bible(scene_id=scene)
    assert newest is not None
    assert newest.version == early.version + 3
    assert newest.data.timeline.current_point == "Land"


def test_partitions(world: World) -> None:
    """The months to come have theirs."""
    run_fragment(PAGE, "storyverse.partitions", storyverse=world.storyverse)
    assert world.value("SELECT count(*) FROM storyverse.ensure_partitions()") == 0
