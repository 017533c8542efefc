"""Segments: their numbers, their playlists, and the counters of their scenes."""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo import ForeignKeyViolation
from tests.integration.storyverse.world import at_once

if TYPE_CHECKING:
    from tests.integration.storyverse.world import World

COUNTED = """
SELECT
    count(segment.id), COALESCE(sum(segment.duration), 0), count(DISTINCT segment.user_id),
    max(segment.created_at)
FROM storyverse.segments AS segment
WHERE segment.scene_id = %s AND segment.status = 'active'
"""
TOLD = """
SELECT segment_count, total_duration, contributor_count, last_segment_at
FROM storyverse.scenes WHERE id = %s
"""


def assert_exact(world: World, *scenes: uuid.UUID) -> None:
    """Every counter is what counting gives."""
    for scene_id in scenes:
        assert world.query(TOLD, scene_id) == world.query(COUNTED, scene_id)


def test_numbers_without_a_gap(world: World) -> None:
    """Sixteen threads add to one scene: numbers from 1 on, and exact counters."""
    scene_id = world.scene()
    users = [world.user() for _ in range(4)]

    def add(number: int) -> list[int]:
        return [
            world.segment(scene_id, users[number % 4], duration=number + 1).sequence
            for _ in range(4)
        ]

    numbers = [number for found in at_once(16, add) for number in found]
    assert sorted(numbers) == list(range(1, 65))
    assert world.counters(scene_id) == (64, 4 * sum(range(1, 17)), 4)
    assert_exact(world, scene_id)


def test_counters_are_exact_under_everything_at_once(world: World) -> None:
    """Adding to several scenes in one statement, hiding, showing and deleting, by 12 threads."""
    scenes = [world.scene() for _ in range(5)]
    users = [world.user() for _ in range(3)]

    def work(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - not a secret
        with psycopg.connect(world.url, autocommit=True) as connection:
            for _ in range(12):
                match chance.randrange(4):
                    case 0:
                        world.segment(chance.choice(scenes), chance.choice(users))
                    case 1:  # a statement that touches scenes in any order
                        connection.execute(
                            "INSERT INTO storyverse.segments (scene_id, user_id, job_id, sequence,"
                            " input_text, expanded_script, video_url, duration, bible_version) "
                            "SELECT id, %s, gen_random_uuid(), storyverse.next_sequence(id), 'a',"
                            " 'b', 'c', 5, 1 FROM unnest(%s) AS given (id) ORDER BY id",
                            (chance.choice(users), chance.sample(scenes, 3)),
                        )
                    case 2:
                        connection.execute(
                            "UPDATE storyverse.segments SET status = CASE status "
                            "WHEN 'active' THEN 'hidden' ELSE 'active' END "
                            "WHERE id IN (SELECT id FROM storyverse.segments WHERE scene_id = %s "
                            "ORDER BY sequence LIMIT 2 FOR UPDATE)",
                            (chance.choice(scenes),),
                        )
                    case 3:
                        connection.execute(
                            "DELETE FROM storyverse.segments WHERE id IN (SELECT id "
                            "FROM storyverse.segments WHERE scene_id = %s "
                            "ORDER BY sequence LIMIT 1 FOR UPDATE SKIP LOCKED)",
                            (chance.choice(scenes),),
                        )

    at_once(12, work)
    assert world.value("SELECT count(*) FROM storyverse.segments") > 20
    assert_exact(world, *scenes)


def test_hidden_segments_do_not_count(world: World) -> None:
    """Nor are they played; they keep their number, and count again when they are shown."""
    scene_id = world.scene()
    ada, bob = world.user(), world.user()
    made = [world.segment(scene_id, user, 10) for user in (ada, bob, bob)]
    segments = world.storyverse.segments
    assert world.counters(scene_id) == (3, 30, 2)
    hidden = segments.set_segment_status(segment_id=made[0].id, status="hidden")
    assert hidden is not None
    assert hidden.status == "hidden"
    assert world.counters(scene_id) == (2, 20, 1)
    assert [s.sequence for s in segments.scene_playlist(scene_id=scene_id)] == [2, 3]
    assert world.segment(scene_id, ada).sequence == 4
    segments.set_segment_status(
        segment_id=made[2].id, status="removed", created_at=made[2].created_at
    )
    segments.set_segment_status(segment_id=made[0].id, status="active")
    assert [s.sequence for s in segments.scene_playlist(scene_id=scene_id)] == [1, 2, 4]
    assert_exact(world, scene_id)
    nobody = segments.set_segment_status(segment_id=uuid.uuid4(), status="hidden")
    assert nobody is None


def test_playlists_and_recent_segments(world: World) -> None:
    """In sequence, all or a page; the last ones for the next job."""
    scene_id = world.scene()
    user_id = world.user()
    made = [world.segment(scene_id, user_id) for _ in range(7)]
    segments = world.storyverse.segments
    assert segments.scene_playlist(scene_id=scene_id) == made
    page = segments.scene_playlist(scene_id=scene_id, limit=3)
    rest = segments.scene_playlist(scene_id=scene_id, after_sequence=page[-1].sequence, limit=9)
    assert page + rest == made
    assert segments.recent_segments(scene_id=scene_id) == made[2:]
    assert segments.recent_segments(scene_id=scene_id, n=2) == made[5:]
    assert segments.segment_by_id(segment_id=made[0].id) == made[0]
    assert segments.segment_by_id(segment_id=made[0].id, created_at=made[0].created_at) == made[0]
    assert segments.segment_by_id(segment_id=made[0].id, created_at=made[1].created_at) is None


def test_a_number_is_given_once(world: World) -> None:
    """Whoever brings a number along cannot take one that is taken, in whatever month."""
    scene_id = world.scene()
    user_id = world.user()
    world.segment(scene_id, user_id)
    world.month("segments", 1)
    insert = (
        "INSERT INTO storyverse.segments (scene_id, user_id, job_id, sequence, input_text, "
        "expanded_script, video_url, duration, bible_version, created_at) "
        "SELECT %s, %s, gen_random_uuid(), n, 'a', 'b', 'c', 1, 1, now() + interval '1 month' "
        "FROM unnest(%s) AS n"
    )
    for numbers in ([1], [2, 2], [2, 1]):
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            world.connection.execute(insert, (scene_id, user_id, numbers))
        assert caught.value.diag.constraint_name == "segments_scene_id_sequence_key"
    world.connection.execute(insert, (scene_id, user_id, [2, 3]))
    assert world.segment(scene_id, user_id).sequence == 4
    assert_exact(world, scene_id)


def test_patches(world: World) -> None:
    """What is not given stays; another duration is counted."""
    scene_id = world.scene()
    made = world.segment(scene_id, world.user(), duration=10)
    patched = world.storyverse.segments.update_segment(
        segment_id=made.id, created_at=made.created_at, duration=25, resolution="720p"
    )
    assert patched is not None
    assert (patched.duration, patched.resolution, patched.video_url) == (25, "720p", made.video_url)
    assert world.counters(scene_id) == (1, 25, 1)


def test_a_scene_takes_its_segments_and_jobs_with_it(world: World) -> None:
    """Deleting it leaves nothing of it in any month."""
    scene_id = world.scene()
    user_id = world.user()
    world.segment(scene_id, user_id)
    world.storyverse.jobs.enqueue_job(scene_id=scene_id, user_id=user_id, input_text="?")
    world.connection.execute("DELETE FROM storyverse.scenes WHERE id = %s", (scene_id,))
    for table in ("segments", "jobs", "scene_bibles"):
        assert world.query(f"SELECT FROM storyverse.{table}") == []


def test_no_such_scene(world: World) -> None:
    """It is refused by name."""
    with pytest.raises(ForeignKeyViolation) as caught:
        world.segment(uuid.uuid4(), world.user())
    assert caught.value.constraint == "segments_scene_id_fkey"


def test_wrong_counters_are_mended(world: World) -> None:
    """recount_segments says how many scenes were wrong, and 0 when asked again."""
    scenes = [world.scene() for _ in range(3)]
    for scene_id in scenes:
        world.segment(scene_id, world.user())
    world.connection.execute(
        "UPDATE storyverse.scenes SET segment_count = 7, last_segment_at = NULL WHERE id <> %s",
        (scenes[0],),
    )
    recount = "SELECT storyverse.recount_segments(%s)"
    assert world.value(recount, scenes) == 2
    assert world.value(recount, scenes) == 0
    assert_exact(world, *scenes)
