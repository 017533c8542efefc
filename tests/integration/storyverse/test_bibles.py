"""Versions of scene bibles: one at a time, and none skipped."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest

from pgrepo import AsyncDatabase, StaleVersion
from pgrepo.domains.storyverse import AsyncStoryverse
from pgrepo.domains.storyverse.scene_bibles import BibleVersion
from tests.integration.storyverse.world import at_once, empty_bible

if TYPE_CHECKING:
    from tests.integration.storyverse.world import World

WRITERS = 64


def assert_one_winner(found: list[BibleVersion | StaleVersion | None]) -> None:
    """One version, and everybody else told of it."""
    (won,) = (item for item in found if isinstance(item, BibleVersion))
    assert (won.version, won.data.version) == (2, 2)
    lost = [item for item in found if isinstance(item, StaleVersion)]
    assert len(lost) == WRITERS - 1
    assert {error.current_version for error in lost} == {2}


def assert_history(world: World, scene_id: uuid.UUID) -> None:
    """Versions from 1 to 65, in the table, in the documents and in the pages."""
    versions = list(range(1, WRITERS + 2))
    assert world.query(
        "SELECT version, (data ->> 'version')::int FROM storyverse.scene_bibles "
        "WHERE scene_id = %s ORDER BY version",
        scene_id,
    ) == [(version, version) for version in versions]
    assert world.value("SELECT bible_version FROM storyverse.scenes WHERE id = %s", scene_id) == 65
    told: list[int] = []
    while page := world.storyverse.scene_bibles.bible_history(
        scene_id=scene_id, before_version=told[-1] if told else None, limit=20
    ):
        told += [entry.version for entry in page]
    assert told == versions[::-1]


def test_one_of_64_threads_wins(world: World) -> None:
    """Of 64 that expect the same version one adds the next, and the others learn which it is."""
    scene_id = world.scene()
    bibles = world.storyverse.scene_bibles

    def append(_: int) -> BibleVersion | StaleVersion | None:
        try:
            return bibles.append_bible(scene_id=scene_id, expected_version=1, data=empty_bible())
        except StaleVersion as stale:
            return stale

    assert_one_winner(at_once(WRITERS, append))


def test_64_threads_that_try_again(world: World) -> None:
    """Each gets a version of its own in the end, from the version that the error told."""
    scene_id = world.scene()
    bibles = world.storyverse.scene_bibles
    told: list[tuple[int, int]] = []

    def append(_: int) -> int:
        expected = 1
        while True:
            try:
                added = bibles.append_bible(
                    scene_id=scene_id, expected_version=expected, data=empty_bible()
                )
            except StaleVersion as stale:
                told.append((expected, stale.current_version or 0))
                expected = stale.current_version or 0
            else:
                assert added is not None
                return added.version

    assert sorted(at_once(WRITERS, append)) == list(range(2, WRITERS + 2))
    assert all(current > expected for expected, current in told)
    assert_history(world, scene_id)


async def test_one_of_64_tasks_wins(world: World) -> None:
    """The same in asyncio."""
    scene_id = world.scene()
    async with AsyncDatabase(world.url, max_size=16, timeout=60) as database:
        bibles = AsyncStoryverse(database).scene_bibles

        async def append() -> BibleVersion | StaleVersion | None:
            try:
                return await bibles.append_bible(
                    scene_id=scene_id, expected_version=1, data=empty_bible()
                )
            except StaleVersion as stale:
                return stale

        assert_one_winner(list(await asyncio.gather(*(append() for _ in range(WRITERS)))))


async def test_64_tasks_that_try_again(world: World) -> None:
    """The same in asyncio."""
    scene_id = world.scene()
    async with AsyncDatabase(world.url, max_size=16, timeout=60) as database:
        bibles = AsyncStoryverse(database).scene_bibles

        async def append() -> int:
            expected: int | None = 1
            while True:
                assert expected is not None
                try:
                    added = await bibles.append_bible(
                        scene_id=scene_id, expected_version=expected, data=empty_bible()
                    )
                except StaleVersion as stale:
                    expected = stale.current_version
                else:
                    assert added is not None
                    return added.version

        added = await asyncio.gather(*(append() for _ in range(WRITERS)))
    assert sorted(added) == list(range(2, WRITERS + 2))
    assert_history(world, scene_id)


def test_a_new_scene_has_a_first_version(world: World) -> None:
    """Nothing is established in it."""
    scene_id = world.scene()
    found = world.storyverse.scene_bibles.latest_bible(scene_id=scene_id)
    assert found is not None
    assert (found.version, found.data, found.created_by_segment_id) == (1, empty_bible(), None)
    assert world.storyverse.scene_bibles.bible_version(scene_id=scene_id, version=1) == found
    assert world.storyverse.scene_bibles.bible_version(scene_id=scene_id, version=2) is None


def test_no_such_scene(world: World) -> None:
    """There is nothing to append to, and nothing to read."""
    bibles = world.storyverse.scene_bibles
    nobody = uuid.uuid4()
    assert bibles.append_bible(scene_id=nobody, expected_version=1, data=empty_bible()) is None
    assert bibles.latest_bible(scene_id=nobody) is None


def test_a_version_that_is_not_there_yet(world: World) -> None:
    """Expecting too much is as stale as expecting too little."""
    scene_id = world.scene()
    with pytest.raises(StaleVersion) as caught:
        world.storyverse.scene_bibles.append_bible(
            scene_id=scene_id, expected_version=7, data=empty_bible()
        )
    assert caught.value.current_version == 1


def test_summaries(world: World) -> None:
    """They are added, changed in part, paged and deleted; they cover at least one segment."""
    scene_id = world.scene()
    summaries = world.storyverse.scene_summaries
    made = [
        summaries.add_summary(scene_id=scene_id, summary=f"Part {n}", segments_covered=[n, n + 1])
        for n in (1, 3, 5)
    ]
    changed = summaries.update_summary(summary_id=made[1].id, segments_covered=[3])
    assert changed is not None
    assert (changed.summary, changed.segments_covered) == ("Part 3", [3])
    assert changed.updated_at > made[1].updated_at
    assert summaries.summary_by_id(summary_id=made[1].id) == changed
    page = summaries.summaries_of_scene(scene_id=scene_id, limit=2)
    rest = summaries.summaries_of_scene(
        scene_id=scene_id, before_created_at=page[-1].created_at, before_id=page[-1].id
    )
    assert [entry.summary for entry in page + rest] == ["Part 5", "Part 3", "Part 1"]
    assert summaries.delete_summary(summary_id=made[0].id) == 1
    assert summaries.delete_summary(summary_id=made[0].id) == 0
