"""The two queues: claims, leases, retries, rescue and completion."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo.domains.littlemonster import Littlemonster

if TYPE_CHECKING:
    import uuid

    import psycopg

MINUTE = timedelta(minutes=1)
RETRIES = 3


class Queue(ABC):
    """What both queues can do, under one name each.

    Attributes:
        table: the table, with its schema.
        channel: what is notified of new jobs.
    """

    table: str
    channel: str

    def __init__(
        self, littlemonster: Littlemonster, observer: psycopg.Connection[Any], user_id: uuid.UUID
    ) -> None:
        self.littlemonster = littlemonster
        self.observer = observer
        self.user_id = user_id

    @abstractmethod
    def enqueue(self, **options: Any) -> Any:
        """Adds a job."""

    @abstractmethod
    def claim(self, worker: str = "worker", batch_size: int = 1) -> list[Any]:
        """Claims jobs for a minute."""

    @abstractmethod
    def complete(self, job: Any) -> bool:
        """Completes one."""

    @abstractmethod
    def complete_many(self, jobs: list[Any], leases: list[int]) -> list[uuid.UUID]:
        """Completes several, and returns the ids of those that were completed."""

    @abstractmethod
    def call(self, name: str, **arguments: Any) -> Any:
        """Calls a query that both queues have."""

    def job(self, job_id: uuid.UUID) -> Any:
        """A job as it is."""
        return self.call("{}_by_id", job_id=job_id)

    def expire(self) -> None:
        """Lets every claim run out."""
        self.observer.execute(
            f"UPDATE {self.table} SET lease_expires_at = now() - interval '1 second'"
            " WHERE status = 'running'"
        )

    def hurry(self) -> None:
        """Makes every waiting job due."""
        self.observer.execute(f"UPDATE {self.table} SET run_at = now() WHERE status = 'pending'")


class Transcriptions(Queue):
    """transcription_jobs."""

    table = "littlemonster.transcription_jobs"
    channel = "littlemonster_transcription_jobs"

    def enqueue(self, **options: Any) -> Any:
        """Adds a recording to be transcribed."""
        return self.littlemonster.transcription_jobs.enqueue_transcription_job(
            user_id=self.user_id, storage_url="s3://sound", **options
        )

    def claim(self, worker: str = "worker", batch_size: int = 1) -> list[Any]:
        """Claims jobs for a minute."""
        return list(
            self.littlemonster.transcription_jobs.claim_transcription_jobs(
                worker=worker, lease_for=MINUTE, batch_size=batch_size
            )
        )

    def complete(self, job: Any) -> bool:
        """Completes one."""
        done = self.littlemonster.transcription_jobs.complete_transcription(
            job_id=job.id, lease=job.lease, text="heard"
        )
        return done is not None

    def complete_many(self, jobs: list[Any], leases: list[int]) -> list[uuid.UUID]:
        """Completes several."""
        done = self.littlemonster.transcription_jobs.complete_transcriptions(
            job_ids=[job.id for job in jobs], leases=leases, texts=["heard"] * len(jobs)
        )
        return [row.job_id for row in done]

    def call(self, name: str, **arguments: Any) -> Any:
        """Calls a query that both queues have."""
        singular, plural = "transcription_job", "transcription_jobs"
        query = name.format(plural if name.startswith("rescue") else singular)
        return getattr(self.littlemonster.transcription_jobs, query)(**arguments)


class Jobs(Queue):
    """jobs."""

    table = "littlemonster.jobs"
    channel = "littlemonster_jobs"

    def enqueue(self, **options: Any) -> Any:
        """Adds a job to the queue mail."""
        given = {"queue": "mail", "job_type": "send", "payload": {}} | options
        return self.littlemonster.jobs.enqueue_job(**given)

    def claim(self, worker: str = "worker", batch_size: int = 1) -> list[Any]:
        """Claims jobs of the queue mail for a minute."""
        return list(
            self.littlemonster.jobs.claim_jobs(
                queue="mail", worker=worker, lease_for=MINUTE, batch_size=batch_size
            )
        )

    def complete(self, job: Any) -> bool:
        """Completes one."""
        done = self.littlemonster.jobs.complete_job(
            job_id=job.id, lease=job.lease, result={"sent": True}
        )
        return done == 1

    def complete_many(self, jobs: list[Any], leases: list[int]) -> list[uuid.UUID]:
        """Completes several."""
        done = self.littlemonster.jobs.complete_jobs(
            job_ids=[job.id for job in jobs],
            leases=leases,
            results=[{"number": n} for n, _ in enumerate(jobs)],
        )
        return [row.id for row in done]

    def call(self, name: str, **arguments: Any) -> Any:
        """Calls a query that both queues have."""
        query = name.format("jobs" if name.startswith("rescue") else "job")
        return getattr(self.littlemonster.jobs, query)(**arguments)


@pytest.fixture(params=[Transcriptions, Jobs], ids=["transcription_jobs", "jobs"])
def queue(
    request: pytest.FixtureRequest,
    littlemonster: Littlemonster,
    observer: psycopg.Connection[Any],
    user_id: uuid.UUID,
) -> Queue:
    """Each of the queues, empty."""
    kind: type[Queue] = request.param
    return kind(littlemonster, observer, user_id)


def test_the_life_of_a_job(queue: Queue) -> None:
    """Enqueued, claimed, kept alive, completed, and never claimed again."""
    added = queue.enqueue()
    assert added.status == "pending"
    (job,) = queue.claim("first")
    assert (job.id, job.lease, job.retry_count) == (added.id, 1, 0)
    assert queue.claim("second") == []
    beat = queue.call(
        "heartbeat_{}", job_id=job.id, lease=job.lease, lease_for=5 * MINUTE, progress=40
    )
    assert beat == 1
    running = queue.job(job.id)
    assert (running.status, running.claimed_by, running.progress) == ("running", "first", 40)
    assert running.lease_expires_at > job.lease_expires_at
    assert queue.complete(job)
    done = queue.job(job.id)
    assert (done.status, done.progress, done.lease_expires_at) == ("completed", 100, None)
    assert done.finished_at is not None
    assert not queue.complete(job)
    assert queue.call("cancel_{}", job_id=job.id) == 0
    assert queue.claim() == []


def test_the_oldest_due_jobs_are_claimed_first(queue: Queue) -> None:
    """In the order of run_at; what is not due stays."""
    now = queue.enqueue().created_at
    later = queue.enqueue(run_at=now + timedelta(hours=1))
    early = [queue.enqueue(run_at=now - n * MINUTE).id for n in (1, 3, 2)]
    claimed = [job.id for job in queue.claim(batch_size=3)]
    assert claimed == [early[1], early[2], early[0]]
    assert later.id not in {job.id for job in queue.claim(batch_size=10)}
    assert queue.job(later.id).status == "pending"


def test_a_lost_lease_changes_nothing(queue: Queue) -> None:
    """A worker that was away finishes nobody else's attempt, one by one or in a batch."""
    queue.enqueue()
    (stale,) = queue.claim("asleep")
    queue.expire()
    (rescued,) = queue.call("rescue_{}")
    assert (rescued.id, rescued.status, rescued.claimed_by) == (stale.id, "pending", "asleep")
    (job,) = queue.claim("awake")
    assert (job.id, job.lease, job.retry_count) == (stale.id, stale.lease + 1, 1)
    before = queue.job(job.id)
    assert not queue.complete(stale)
    assert queue.complete_many([stale], [stale.lease]) == []
    attempt = {"job_id": stale.id, "lease": stale.lease}
    assert queue.call("heartbeat_{}", **attempt, lease_for=MINUTE) == 0
    assert queue.call("fail_{}", **attempt, error_code="late") is None
    assert queue.job(job.id) == before
    assert queue.complete(job)


def test_rescue_leaves_living_claims_alone(queue: Queue) -> None:
    """Only claims that have run out are taken away; at the end the job has failed."""
    queue.enqueue(max_retries=1)
    (job,) = queue.claim()
    assert queue.call("rescue_{}") == []
    for status in ("pending", "failed"):
        queue.expire()
        (rescued,) = queue.call("rescue_{}")
        assert (rescued.id, rescued.status) == (job.id, status)
        queue.claim()
    failed = queue.job(job.id)
    assert (failed.status, failed.error_code) == ("failed", "lease_expired")
    assert failed.finished_at is not None


def test_a_failed_attempt_waits_longer_each_time(queue: Queue) -> None:
    """The waits double, within the spread, until the retries are used up."""
    added = queue.enqueue(max_retries=RETRIES)
    waits = []
    for _ in range(RETRIES):
        (job,) = queue.claim()
        after = queue.call("fail_{}", job_id=job.id, lease=job.lease, error_code="busy")
        assert after.status == "pending"
        assert queue.claim() == []
        row = queue.observer.execute(
            f"SELECT run_at - now() FROM {queue.table} WHERE id = %s", (job.id,)
        ).fetchone()
        assert row is not None
        waits.append(row[0])
        queue.hurry()
    for n, wait in enumerate(waits):
        # The spread is a quarter to either side; the test itself may take its time.
        assert wait < timedelta(seconds=5 * 2**n * 1.25)
    (job,) = queue.claim()
    last = queue.call(
        "fail_{}", job_id=job.id, lease=job.lease, error_code="busy", error_message="Try later."
    )
    assert (last.status, last.retry_count) == ("failed", RETRIES + 1)
    failed = queue.job(added.id)
    assert (failed.error_code, failed.error_message) == ("busy", "Try later.")
    assert queue.call("retry_{}", job_id=added.id) == 1
    (job,) = queue.claim()
    assert (job.id, job.retry_count) == (added.id, 0)


def test_a_hopeless_failure_is_not_tried_again(queue: Queue) -> None:
    """Without retry the job has failed at once."""
    queue.enqueue()
    (job,) = queue.claim()
    after = queue.call(
        "fail_{}", job_id=job.id, lease=job.lease, error_code="unreadable", retry=False
    )
    assert after.status == "failed"
    assert queue.call("retry_{}", job_id=job.id) == 1
    assert queue.call("retry_{}", job_id=job.id) == 0


def test_a_batch_completes_what_is_still_held(queue: Queue) -> None:
    """Of five jobs, one with a wrong lease is left, and the answer says which."""
    for _ in range(5):
        queue.enqueue()
    jobs = queue.claim(batch_size=5)
    leases = [job.lease for job in jobs]
    leases[2] += 1
    done = queue.complete_many(jobs, leases)
    assert set(done) == {job.id for n, job in enumerate(jobs) if n != 2}
    assert queue.job(jobs[2].id).status == "running"
    assert queue.complete(jobs[2])


def test_a_cancelled_job_is_over(queue: Queue) -> None:
    """Its worker learns of it by the heartbeat, and can store nothing."""
    for claim in (False, True):
        added = queue.enqueue()
        job = queue.claim()[0] if claim else None
        assert queue.call("cancel_{}", job_id=added.id) == 1
        assert queue.job(added.id).status == "cancelled"
        assert queue.claim() == []
        if job is not None:
            attempt = {"job_id": job.id, "lease": job.lease}
            assert queue.call("heartbeat_{}", **attempt, lease_for=MINUTE) == 0
            assert not queue.complete(job)


def test_one_key_makes_one_job(queue: Queue) -> None:
    """Twenty threads with one key get one job, also after it has ended."""
    barrier = Barrier(20)

    def enqueue(_: int) -> uuid.UUID:
        barrier.wait()
        added: uuid.UUID = queue.enqueue(idempotency_key="upload 7").id
        return added

    with ThreadPoolExecutor(20) as threads:
        ids = set(threads.map(enqueue, range(20)))
    assert len(ids) == 1
    (job,) = queue.claim(batch_size=20)
    assert queue.complete(job)
    again = queue.enqueue(idempotency_key="upload 7")
    assert ({again.id}, again.status) == (ids, "completed")
    assert queue.enqueue(idempotency_key="upload 8").id not in ids


def test_workers_share_the_jobs_between_them(queue: Queue) -> None:
    """Eight threads claim and complete 200 jobs; each job is done once."""
    jobs = 200
    for _ in range(jobs):
        queue.enqueue()

    def work(n: int) -> list[uuid.UUID]:
        done: list[uuid.UUID] = []
        while claimed := queue.claim(f"worker {n}", batch_size=7):
            done += queue.complete_many(claimed, [job.lease for job in claimed])
        return done

    with ThreadPoolExecutor(8) as threads:
        done = [job_id for part in threads.map(work, range(8)) for job_id in part]
    assert len(done) == len(set(done)) == jobs
    row = queue.observer.execute(
        f"SELECT count(*) FROM {queue.table} WHERE status = 'completed' AND lease = 1"
    ).fetchone()
    assert row == (jobs,)


def test_new_jobs_wake_the_workers(queue: Queue) -> None:
    """One notification for each statement that adds jobs."""
    queue.observer.execute(f"LISTEN {queue.channel}")
    queue.enqueue()
    (note,) = queue.observer.notifies(timeout=10, stop_after=1)
    assert (note.channel, note.payload) == (queue.channel, "")


def test_a_heartbeat_writes_no_index(queue: Queue) -> None:
    """It is a HOT update: a claim can be kept alive for as long as it takes."""
    queue.enqueue()
    (job,) = queue.claim()
    hot = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relid = %s::regclass"
    with queue.observer.transaction():
        queue.littlemonster = Littlemonster(queue.observer)
        attempt = {"job_id": job.id, "lease": job.lease}
        assert queue.call("heartbeat_{}", **attempt, lease_for=MINUTE, progress=50) == 1
        assert queue.observer.execute(hot, (queue.table,)).fetchone() == (1, 1)


def test_purging_takes_what_ended_long_ago(queue: Queue) -> None:
    """In batches, the longest ended first; waiting and running jobs stay."""
    for _ in range(5):
        queue.enqueue()
    jobs = queue.claim(batch_size=4)
    queue.complete_many(jobs[:3], [job.lease for job in jobs[:3]])
    row = queue.observer.execute("SELECT now() + interval '1 hour'").fetchone()
    assert row is not None
    purge = getattr(
        queue.littlemonster.jobs
        if isinstance(queue, Jobs)
        else queue.littlemonster.transcription_jobs,
        f"purge_{queue.table.partition('.')[2]}",
    )
    assert purge(before=row[0] - timedelta(hours=2)) == 0
    assert [purge(before=row[0], batch_size=2) for _ in range(3)] == [2, 1, 0]
    count = queue.observer.execute(f"SELECT count(*) FROM {queue.table}").fetchone()
    assert count == (2,)
    assert queue.call("delete_{}", job_id=jobs[3].id) == 0, "it is being worked on"
