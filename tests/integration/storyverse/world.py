"""What the tests of segments, jobs, bibles and moderation begin with."""

from __future__ import annotations

import itertools
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pgrepo.domains.storyverse.documents import SceneBible, Setting, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from pgrepo.domains.storyverse import Storyverse
    from pgrepo.domains.storyverse.jobs import ClaimedJob
    from pgrepo.domains.storyverse.tables import Segment

Result = TypeVar("Result")


def empty_bible() -> SceneBible:
    """A bible in which nothing is established."""
    return SceneBible(version=1, characters=[], setting=Setting(), timeline=Timeline())


def at_once(count: int, call: Callable[[int], Result]) -> list[Result]:
    """Calls in so many threads, none of which begins before all are there."""
    barrier = threading.Barrier(count)

    def one(number: int) -> Result:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@dataclass
class World:
    """A database with the domain, and rows for others to refer to.

    Attributes:
        storyverse: the repositories, on a pool large enough for every thread of a test.
        connection: autocommit.
    """

    url: str
    storyverse: Storyverse
    connection: psycopg.Connection[Any]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def query(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Asks the database."""
        return self.connection.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, *parameters: object) -> Any:
        """Asks the database for one value."""
        return self.query(query, *parameters)[0][0]

    def user(self) -> uuid.UUID:
        """A new user."""
        name = f"user{next(self._numbers)}"
        found: uuid.UUID = self.value(
            "INSERT INTO storyverse.users (email, username) VALUES (%s, %s) RETURNING id",
            f"{name}@example.org",
            name,
        )
        return found

    def scene(self, user_id: uuid.UUID | None = None) -> uuid.UUID:
        """A new scene, of a new idea and topic."""
        number = next(self._numbers)
        user_id = user_id or self.user()
        found: uuid.UUID = self.value(
            """
            WITH topic AS (
                INSERT INTO storyverse.topics (name, slug) VALUES (%s, %s) RETURNING id
            ), idea AS (
                INSERT INTO storyverse.ideas (user_id, topic_id, title, prompt)
                SELECT %s, id, 'An idea', 'What if?' FROM topic
                RETURNING id, topic_id
            )
            INSERT INTO storyverse.scenes (idea_id, user_id, topic_id, title)
            SELECT id, %s, topic_id, 'A scene' FROM idea
            RETURNING id
            """,
            f"Topic {number}",
            f"topic-{number}",
            user_id,
            user_id,
        )
        return found

    def segment(self, scene_id: uuid.UUID, user_id: uuid.UUID, duration: int = 10) -> Segment:
        """A new segment."""
        return self.storyverse.segments.add_segment(
            scene_id=scene_id,
            user_id=user_id,
            job_id=uuid.uuid4(),
            input_text="And then?",
            expanded_script="Then …",
            video_url="https://media.example.com/1.mp4",
            duration=duration,
            bible_version=1,
        )

    def month(self, table: str, months: int) -> str:
        """Makes sure of a partition so many months from now; returns its name."""
        year, month = self.query(
            """
            SELECT extract(year FROM that)::int, extract(month FROM that)::int
            FROM (
                SELECT date_trunc('month', now() AT TIME ZONE 'UTC')
                    + %s * interval '1 month' AS that
            ) AS wanted
            """,
            months,
        )[0]
        self.value("SELECT storyverse.create_monthly_partition(%s, %s, %s)", table, year, month)
        return f"{table}_{year:04}_{month:02}"

    def counters(self, scene_id: uuid.UUID) -> tuple[int, int, int]:
        """What a scene says of its segments: how many, how long, by how many people."""
        segments, duration, contributors = self.query(
            "SELECT segment_count, total_duration, contributor_count "
            "FROM storyverse.scenes WHERE id = %s",
            scene_id,
        )[0]
        return segments, duration, contributors


def key_of(job: ClaimedJob) -> dict[str, Any]:
    """What the holder of a claim presents."""
    return {"job_id": job.id, "created_at": job.created_at, "lease": job.lease}
