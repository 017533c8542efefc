"""A worker of one of the shipped queues, as test_queue_workers.py starts it in a process.

    python queue_worker.py QUEUE URL enqueue JOBS
    python queue_worker.py QUEUE URL work NAME ORACLE LEASE THINK
    python queue_worker.py QUEUE URL drain NAME ORACLE
    python queue_worker.py QUEUE URL stall before|inside|take-over LEASE

Everything that it does to the queue goes through the generated repository. What a job does is a
row in the test's own table queue_effects, in the transaction that completes the job; a completion
that was acknowledged is written to the oracle, a file, and fsynced.
"""

# ruff: noqa: D102 - Queue says what its methods do

from __future__ import annotations

import json
import os
import random
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from pgrepo import Database, StaleVersion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection

BATCH = 10
MAX_RETRIES = 100  # no job may end because its workers were killed too often
RESCUE_EVERY = 0.2


@dataclass(frozen=True)
class Claim:
    """A job that this worker has claimed; `row` is what the claim returned."""

    id: UUID
    lease: int
    row: Any


class Queue(ABC):
    """A queue's repository on a database or on a connection, all queues called alike."""

    completes_batches: ClassVar[bool] = False

    @abstractmethod
    def __init__(self, source: Any) -> None: ...

    @abstractmethod
    def enqueue(self, connection: Connection[Any], jobs: int) -> None:
        """Adds jobs, and before them what they refer to."""

    @abstractmethod
    def claim(self, worker: str, lease_for: timedelta, batch: int) -> list[Claim]:
        """Claims a batch."""

    @abstractmethod
    def heartbeat(self, claim: Claim, lease_for: timedelta) -> int:
        """Extends a claim; how many rows that changed."""

    @abstractmethod
    def complete(self, claims: Sequence[Claim]) -> list[Claim]:
        """Completes them; those that it did complete."""

    @abstractmethod
    def fail(self, claim: Claim) -> int:
        """Fails an attempt; how many rows that changed."""

    @abstractmethod
    def rescue(self) -> int:
        """Takes expired claims away; how many there were."""


class StoryverseJobs(Queue):
    """storyverse.jobs: completing one adds a segment to its scene, and a bible.

    `versions` is how far this worker knows the bible of each scene to be.
    """

    versions: ClassVar[dict[UUID, int]] = {}

    def __init__(self, source: Any) -> None:
        from pgrepo.domains.storyverse import Storyverse  # noqa: PLC0415

        self._jobs = Storyverse(source).jobs

    def enqueue(self, connection: Connection[Any], jobs: int) -> None:
        """Twenty jobs a scene, so that now and then two of them are completed at once."""
        row = connection.execute(
            """
            WITH author AS (
                INSERT INTO storyverse.users (email, username)
                VALUES ('author@example.com', 'author') RETURNING id
            ),
            topic AS (
                INSERT INTO storyverse.topics (name, slug) VALUES ('t', 't') RETURNING id
            ),
            idea AS (
                INSERT INTO storyverse.ideas (user_id, topic_id, title, prompt)
                SELECT author.id, topic.id, 't', 'p' FROM author, topic RETURNING id
            ),
            scenes AS (
                INSERT INTO storyverse.scenes (idea_id, user_id, topic_id, title)
                SELECT idea.id, author.id, topic.id, 't'
                FROM idea, author, topic, generate_series(1, %s) RETURNING id
            )
            SELECT array_agg(scenes.id), min(author.id::text)::uuid FROM scenes, author
            """,
            [max(8, jobs // 20)],
        ).fetchone()
        assert row is not None
        scenes, author = row
        for number in range(jobs):
            self._jobs.enqueue_job(
                scene_id=scenes[number % len(scenes)],
                user_id=author,
                input_text=f"What happens next? {number}",
                idempotency_key=f"job {number}",
                max_retries=MAX_RETRIES,
            )

    def claim(self, worker: str, lease_for: timedelta, batch: int) -> list[Claim]:
        rows = self._jobs.claim_jobs(worker=worker, lease_for=lease_for, batch_size=batch)
        return [Claim(row.id, row.lease, row) for row in rows]

    def heartbeat(self, claim: Claim, lease_for: timedelta) -> int:
        return self._jobs.heartbeat_job(**self._key(claim), lease_for=lease_for)

    def complete(self, claims: Sequence[Claim]) -> list[Claim]:
        from pgrepo.domains.storyverse import documents as doc  # noqa: PLC0415

        [claim] = claims
        bible = doc.SceneBible(1, [], doc.Setting(), doc.Timeline())
        done = self._jobs.complete_job(
            **self._key(claim),
            expected_version=self.versions.get(claim.row.scene_id, 1),
            bible=bible,
            expanded_script="It goes on.",
            video_url="https://example.com/video",
            duration=8,
        )
        return [] if done is None else [claim]

    def fail(self, claim: Claim) -> int:
        return int(self._jobs.fail_job(**self._key(claim), error_code="test") is not None)

    def rescue(self) -> int:
        return len(self._jobs.rescue_jobs())

    @staticmethod
    def _key(claim: Claim) -> dict[str, Any]:
        return {"job_id": claim.id, "created_at": claim.row.created_at, "lease": claim.lease}


class TranscriptionJobs(Queue):
    """littlemonster.transcription_jobs: completing one writes its transcription."""

    def __init__(self, source: Any) -> None:
        from pgrepo.domains.littlemonster import Littlemonster  # noqa: PLC0415

        self._jobs = Littlemonster(source).transcription_jobs

    def enqueue(self, connection: Connection[Any], jobs: int) -> None:
        row = connection.execute(
            "INSERT INTO littlemonster.users (email) VALUES ('a@example.com') RETURNING id"
        ).fetchone()
        assert row is not None
        for number in range(jobs):
            self._jobs.enqueue_transcription_job(
                user_id=row[0],
                storage_url=f"https://example.com/{number}",
                idempotency_key=str(number),
                max_retries=MAX_RETRIES,
            )

    def claim(self, worker: str, lease_for: timedelta, batch: int) -> list[Claim]:
        rows = self._jobs.claim_transcription_jobs(
            worker=worker, lease_for=lease_for, batch_size=batch
        )
        return [Claim(row.id, row.lease, row) for row in rows]

    def heartbeat(self, claim: Claim, lease_for: timedelta) -> int:
        return self._jobs.heartbeat_transcription_job(
            job_id=claim.id, lease=claim.lease, lease_for=lease_for
        )

    def complete(self, claims: Sequence[Claim]) -> list[Claim]:
        [claim] = claims
        done = self._jobs.complete_transcription(
            job_id=claim.id, lease=claim.lease, text="What was said."
        )
        return [] if done is None else [claim]

    def fail(self, claim: Claim) -> int:
        failed = self._jobs.fail_transcription_job(
            job_id=claim.id, lease=claim.lease, error_code="test"
        )
        return int(failed is not None)

    def rescue(self) -> int:
        return len(self._jobs.rescue_transcription_jobs())


class LittlemonsterJobs(Queue):
    """littlemonster.jobs: what was claimed together is completed together."""

    completes_batches = True

    def __init__(self, source: Any) -> None:
        from pgrepo.domains.littlemonster import Littlemonster  # noqa: PLC0415

        self._jobs = Littlemonster(source).jobs

    def enqueue(self, connection: Connection[Any], jobs: int) -> None:
        for number in range(jobs):
            self._jobs.enqueue_job(
                queue="test",
                job_type="nothing",
                payload={"number": number},
                idempotency_key=str(number),
                priority=number % 10,
                max_retries=MAX_RETRIES,
            )

    def claim(self, worker: str, lease_for: timedelta, batch: int) -> list[Claim]:
        rows = self._jobs.claim_jobs(
            queue="test", worker=worker, lease_for=lease_for, batch_size=batch
        )
        return [Claim(row.id, row.lease, row) for row in rows]

    def heartbeat(self, claim: Claim, lease_for: timedelta) -> int:
        return self._jobs.heartbeat_job(job_id=claim.id, lease=claim.lease, lease_for=lease_for)

    def complete(self, claims: Sequence[Claim]) -> list[Claim]:
        done = self._jobs.complete_jobs(
            job_ids=[claim.id for claim in claims],
            leases=[claim.lease for claim in claims],
            results=[claim.row.payload for claim in claims],
        )
        ids = {row.id for row in done}
        return [claim for claim in claims if claim.id in ids]

    def fail(self, claim: Claim) -> int:
        end = self._jobs.fail_job(job_id=claim.id, lease=claim.lease, error_code="test")
        return int(end is not None)

    def rescue(self) -> int:
        return len(self._jobs.rescue_jobs())


QUEUES: dict[str, type[Queue]] = {
    "storyverse.jobs": StoryverseJobs,
    "littlemonster.transcription_jobs": TranscriptionJobs,
    "littlemonster.jobs": LittlemonsterJobs,
}


@dataclass
class Worker:
    """Claims, does and completes jobs, and rescues those of others."""

    name: str
    database: Database
    make: type[Queue]
    oracle: int
    lease_for: timedelta
    think: float

    def __post_init__(self) -> None:
        self.queue = self.make(self.database)
        self.random = random.Random(self.name)  # noqa: S311 - not a secret
        self.next_rescue = 0.0

    def turn(self) -> bool:
        """Does one batch; whether there was any."""
        if time.monotonic() >= self.next_rescue:
            self.queue.rescue()
            self.next_rescue = time.monotonic() + RESCUE_EVERY
        claims = self.queue.claim(self.name, self.lease_for, BATCH)
        if self.queue.completes_batches:
            if done := [claim for claim in claims if self._attempt(claim)]:
                self.finish(done)
        else:
            for claim in claims:
                if self._attempt(claim):
                    self.finish([claim])
        return bool(claims)

    def _attempt(self, claim: Claim) -> bool:
        """Works on a job; whether it is done."""
        if self.queue.heartbeat(claim, self.lease_for) == 0:
            return False  # the batch took longer than the lease
        time.sleep(self.think * self.random.uniform(0.5, 1.5))
        if self.think and self.random.random() < 0.01:  # without a heartbeat: the lease is lost
            time.sleep(1.5 * self.lease_for.total_seconds())
        if self.think and self.random.random() < 0.02:
            self.queue.fail(claim)
            return False
        return True

    def finish(self, claims: Sequence[Claim]) -> None:
        """Completes jobs together with their effects, and then tells the oracle."""
        while True:
            try:
                with self.database.transaction() as connection:
                    done = completed(self.make(connection), connection, claims, self.name)
                break
            except StaleVersion as error:
                StoryverseJobs.versions[claims[0].row.scene_id] = error.current_version or 1
        lines = "".join(f"{claim.id} {claim.lease}\n" for claim in done)
        os.write(self.oracle, lines.encode())
        os.fsync(self.oracle)


def completed(
    queue: Queue, connection: Connection[Any], claims: Sequence[Claim], worker: str
) -> list[Claim]:
    """Completes jobs on a connection in a transaction, and stores the effects of those it did."""
    done = queue.complete(claims)
    for claim in done:
        connection.execute(
            "INSERT INTO queue_effects (job_id, lease, worker) VALUES (%s, %s, %s)",
            [claim.id, claim.lease, worker],
        )
    return done


def work(database: Database, make: type[Queue], arguments: list[str], *, until_empty: bool) -> None:
    """Works until killed or, as `drain`, until nothing is left to claim."""
    name, path, *rest = arguments
    lease, think = (float(item) for item in rest) if rest else (60.0, 0.0)
    oracle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    worker = Worker(name, database, make, oracle, timedelta(seconds=lease), think)
    parent = os.getppid()
    while os.getppid() == parent:  # nobody is left behind when the tests are killed
        if not worker.turn():
            if until_empty:
                return
            time.sleep(0.02)


def stall(database: Database, make: type[Queue], arguments: list[str]) -> None:
    """Claims a job and waits, as long as it takes; then does all that a claim entitles to.

    Prints how many rows each changed. It waits before its transaction, or inside, where the job
    is completed already and not committed. It adds the job itself, unless it is to take over one
    from a worker whose lease has expired.
    """
    where, lease = arguments[0], timedelta(seconds=float(arguments[1]))
    if where == "take-over":
        make(database).rescue()
    else:
        with database.connection() as connection:
            make(connection).enqueue(connection, 1)
    [claim] = make(database).claim("stalled", lease, 1)
    changed: dict[str, int] = {}

    def wait() -> None:
        print(f"{claim.id} {claim.lease}", flush=True)
        sys.stdin.readline()

    if where != "inside":
        wait()
        queue = make(database)
        changed["heartbeat"] = queue.heartbeat(claim, timedelta(minutes=1))
    with database.transaction() as connection:
        done = completed(make(connection), connection, [claim], "stalled")
        if where == "inside":
            wait()
    changed["complete"] = len(done)
    changed["fail"] = make(database).fail(claim)
    print(json.dumps(changed), flush=True)


def main() -> None:
    """Runs a verb."""
    queue, url, verb, *arguments = sys.argv[1:]
    make = QUEUES[queue]
    with Database(url, max_size=1 if verb == "stall" else 2) as database:
        if verb == "enqueue":
            with database.connection() as connection:
                make(connection).enqueue(connection, int(arguments[0]))
        elif verb == "stall":
            stall(database, make, arguments)
        else:
            work(database, make, arguments, until_empty=verb == "drain")


if __name__ == "__main__":
    main()
