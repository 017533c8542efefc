"""32 threads like, unlike, view, continue, hide, move and delete: every counter stays right.

PGREPO_STORM_SECONDS says how long; the long form is 20.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.domains.storyverse import Storyverse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from .table import Record

pytestmark = pytest.mark.fault("counters in a storm of writes")

SECONDS = float(os.environ.get("PGREPO_STORM_SECONDS", "3"))
THREADS = 32
USERS, TOPICS, IDEAS, SCENES = 40, 3, 6, 12

# Each counter, and the rows it counts: written here once more, so that the triggers and the
# recounts are not merely compared with each other.
COUNTS = {
    "scenes": """
        SELECT scene.id, segment_count, total_duration, contributor_count, last_segment_at,
            like_count, view_count,
            (SELECT count(*) FROM storyverse.segments AS s
             WHERE s.scene_id = scene.id AND s.status = 'active'),
            (SELECT COALESCE(sum(s.duration), 0) FROM storyverse.segments AS s
             WHERE s.scene_id = scene.id AND s.status = 'active'),
            (SELECT count(DISTINCT s.user_id) FROM storyverse.segments AS s
             WHERE s.scene_id = scene.id AND s.status = 'active'),
            (SELECT max(s.created_at) FROM storyverse.segments AS s
             WHERE s.scene_id = scene.id AND s.status = 'active'),
            (SELECT count(*) FROM storyverse.likes AS l
             WHERE l.target_type = 'scene' AND l.target_id = scene.id),
            (SELECT count(*) FROM storyverse.scene_views AS v WHERE v.scene_id = scene.id)
        FROM storyverse.scenes AS scene
    """,
    "ideas": """
        SELECT idea.id, scene_count, view_count, like_count,
            (SELECT count(*) FROM storyverse.scenes AS s
             WHERE s.idea_id = idea.id AND s.status IN ('active', 'locked')),
            (SELECT count(*) FROM storyverse.scene_views AS v
             INNER JOIN storyverse.scenes AS s ON s.id = v.scene_id
             WHERE s.idea_id = idea.id),
            (SELECT count(*) FROM storyverse.likes AS l
             WHERE l.target_type = 'idea' AND l.target_id = idea.id)
        FROM storyverse.ideas AS idea
    """,
    "topics": """
        SELECT topic.id, scene_count,
            (SELECT count(*) FROM storyverse.scenes AS s
             INNER JOIN storyverse.ideas AS i ON i.id = s.idea_id
             WHERE i.topic_id = topic.id AND s.status IN ('active', 'locked'))
        FROM storyverse.topics AS topic
    """,
}


class Stories:
    """What the storm rages over: few rows, so that everybody wants the same ones."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        storyverse = Storyverse(connection)
        self.users = [
            storyverse.users.create_user(email=f"u{n}@example.org", username=f"u{n}").id
            for n in range(USERS)
        ]
        self.topics = [
            storyverse.topics.create_topic(name=f"Topic {n}", slug=f"topic-{n}").id
            for n in range(TOPICS)
        ]
        self.ideas = [
            storyverse.ideas.create_idea(
                user_id=self.users[n],
                topic_id=self.topics[n % TOPICS],
                title=f"Idea {n}",
                prompt="Go on.",
                moderation_status="approved",
            ).id
            for n in range(IDEAS)
        ]
        self.scenes: list[UUID] = []
        for n in range(SCENES):
            scene = storyverse.scenes.create_scene(
                idea_id=self.ideas[n % IDEAS], user_id=self.users[n], title=f"Scene {n}"
            )
            assert scene is not None
            self.scenes.append(scene.id)


class Thread:
    """One of those who write."""

    def __init__(self, url: str, stories: Stories, seed: int, *, rough: bool) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.storyverse = Storyverse(self.connection)
        self.stories = stories
        self.random = random.Random(seed)  # noqa: S311
        self.rough = rough
        self.done: Counter[str] = Counter()

    def run(self, until: float) -> Counter[str]:
        """Does whatever comes, until it is time; returns how often what was done."""
        works: list[tuple[int, Callable[[], Any]]] = [
            (25, self.like),
            (20, self.unlike),
            (15, self.view),
            (12, self.add_segments),
            (6, self.change_segment),
            (6, self.change_scene),
            (1, self.recount),
        ]
        if self.rough:
            works += [(1, self.move_idea), (1, self.replace_scene)]
        weights = [weight for weight, _ in works]
        try:
            while time.monotonic() < until:
                [(_, work)] = self.random.choices(works, weights)
                try:
                    work()
                    self.done[work.__name__] += 1
                except (
                    psycopg.errors.ForeignKeyViolation,  # the scene was deleted meanwhile
                    psycopg.errors.DeadlockDetected,
                ):
                    if not self.rough:
                        raise
        finally:
            self.connection.close()
        return self.done

    def user(self) -> UUID:
        """Somebody."""
        return self.random.choice(self.stories.users)

    def scene(self) -> UUID:
        """One of the scenes there are, or were a moment ago."""
        return self.random.choice(self.stories.scenes)

    def target(self) -> dict[str, Any]:
        """Something to like."""
        if self.random.random() < 0.5:
            return {"target_type": "idea", "target_id": self.random.choice(self.stories.ideas)}
        return {"target_type": "scene", "target_id": self.scene()}

    def like(self) -> None:
        """Perhaps again."""
        self.storyverse.likes.like(user_id=self.user(), **self.target())

    def unlike(self) -> None:
        """Perhaps in vain."""
        self.storyverse.likes.unlike(user_id=self.user(), **self.target())

    def view(self) -> None:
        """Up to eight at once, of any scenes."""
        number = self.random.randint(1, 8)
        self.storyverse.scene_views.record_views(
            scene_ids=[self.scene() for _ in range(number)],
            user_ids=[self.random.choice([None, self.user()]) for _ in range(number)],
            ip_hashes=[None] * number,
        )

    def add_segments(self) -> None:
        """One each to up to three scenes, in one statement."""
        scenes = self.random.sample(self.stories.scenes, self.random.randint(1, 3))
        self.connection.execute(
            """
            INSERT INTO storyverse.segments (
                scene_id, user_id, job_id, sequence, input_text, expanded_script, video_url,
                duration, bible_version, status
            )
            SELECT
                scene.id, %s, gen_random_uuid(), storyverse.next_sequence(scene.id), '', '', '',
                %s, 1, %s
            FROM (
                SELECT id FROM storyverse.scenes WHERE id = ANY (%s) ORDER BY id OFFSET 0
            ) AS scene
            """,
            (
                self.user(),
                self.random.randint(1, 60),
                self.random.choice(["active", "active", "hidden"]),
                scenes,
            ),
        )

    def change_segment(self) -> None:
        """Hides, shows, changes or deletes, where there is one."""
        change = self.random.choice(
            [
                "UPDATE storyverse.segments SET status = 'hidden'",
                "UPDATE storyverse.segments SET status = 'active'",
                "UPDATE storyverse.segments SET duration = duration + 1",
                "DELETE FROM storyverse.segments",
            ]
        )
        self.connection.execute(
            change + " WHERE scene_id = %s AND sequence = %s",  # type: ignore[arg-type]
            (self.scene(), self.random.randint(1, 20)),
        )

    def change_scene(self) -> None:
        """Shows it, or takes it out of the lists."""
        status = self.random.choice(["active", "active", "locked", "hidden", "removed"])
        self.storyverse.scenes.set_scene_status(scene_id=self.scene(), status=status)

    def move_idea(self) -> None:
        """Its scenes go with it."""
        self.storyverse.ideas.move_idea(
            idea_id=self.random.choice(self.stories.ideas),
            topic_id=self.random.choice(self.stories.topics),
        )

    def replace_scene(self) -> None:
        """Deletes one with all that belongs to it."""
        place = self.random.randrange(SCENES)
        made = self.storyverse.scenes.create_scene(
            idea_id=self.random.choice(self.stories.ideas), user_id=self.user(), title="New"
        )
        assert made is not None
        old, self.stories.scenes[place] = self.stories.scenes[place], made.id
        self.storyverse.scenes.set_scene_status(scene_id=old, status="removed")
        self.storyverse.scenes.delete_scene(scene_id=old)

    def recount(self) -> None:
        """Finds nothing wrong, in the midst of it."""
        assert self.storyverse.scenes.recount_scenes().repaired == 0
        assert self.storyverse.ideas.recount_ideas().repaired == 0
        assert self.storyverse.topics.recount_topics().repaired == 0


def assert_exact(connection: psycopg.Connection[Any]) -> None:
    """Every counter equals what it counts."""
    for table, statement in COUNTS.items():
        rows = connection.execute(statement).fetchall()  # type: ignore[call-overload]
        assert rows, table
        for _, *values in rows:
            half = len(values) // 2
            assert values[:half] == values[half:], table


def rage(url: str, seconds: float, *, rough: bool) -> Counter[str]:
    """Lets all of them loose on a fresh database, and looks at what is left."""
    with psycopg.connect(url, autocommit=True) as connection:
        stories = Stories(connection)
        threads = [Thread(url, stories, seed, rough=rough) for seed in range(THREADS)]
        until = time.monotonic() + seconds
        done: Counter[str] = Counter()
        with ThreadPoolExecutor(THREADS) as pool:
            for counted in pool.map(lambda thread: thread.run(until), threads):
                done += counted
        assert_exact(connection)
        storyverse = Storyverse(connection)
        assert storyverse.scenes.recount_scenes().repaired == 0
        assert storyverse.ideas.recount_ideas().repaired == 0
        assert storyverse.topics.recount_topics().repaired == 0
    return done


def test_counters_stay_exact(storyverse_url: str, record: Record) -> None:
    """Nothing is lost, nobody is deadlocked, and recounts find nothing, then or meanwhile."""
    done = rage(storyverse_url, SECONDS, rough=False)
    assert {"like", "unlike", "view", "add_segments", "change_scene"} <= set(done), done
    record(operations=done.total())


def test_moving_and_deleting(storyverse_url: str, record: Record) -> None:
    """Counters stay right where scenes are deleted and ideas moved under those who write.

    These may deadlock with the others, as their comments say: then one of them has changed
    nothing.
    """
    done = rage(storyverse_url, SECONDS, rough=True)
    assert {"move_idea", "replace_scene"} <= set(done), done
    record(operations=done.total())


BENT = {
    "scenes": ("segment_count", "total_duration", "contributor_count", "like_count", "view_count"),
    "ideas": ("scene_count", "like_count", "view_count"),
    "topics": ("scene_count",),
}


def test_recounts_repair(storyverse_url: str) -> None:
    """A counter that somebody has bent is found and put right, batch by batch."""
    with psycopg.connect(storyverse_url, autocommit=True) as connection:
        stories = Stories(connection)
        storyverse = Storyverse(connection)
        recounts: dict[str, Callable[..., Any]] = {
            "scenes": storyverse.scenes.recount_scenes,
            "ideas": storyverse.ideas.recount_ideas,
            "topics": storyverse.topics.recount_topics,
        }
        for table, counters in BENT.items():
            ids = sorted(getattr(stories, table))
            for counter in counters:
                connection.execute(
                    f"UPDATE storyverse.{table} SET {counter} = {counter} + 7 "  # type: ignore[call-overload]
                    "WHERE id = ANY (%s)",
                    ([ids[0], ids[-1]],),
                )
                batches = list(batches_of(recounts[table], 2))
                assert sum(batch.repaired for batch in batches) == 2, (table, counter)
                assert [batch.last_id for batch in batches] == [*ids[1::2], *ids[len(ids) & ~1 :]]
                assert_exact(connection)


def batches_of(recount: Callable[..., Any], batch_size: int) -> Iterator[Any]:
    """Every batch, until none is left."""
    after: UUID | None = None
    while (batch := recount(after_id=after, batch_size=batch_size)).last_id is not None:
        yield batch
        after = batch.last_id
