"""What only one of the two queues does: priorities, results, and transcriptions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiosql
import pytest

from pgrepo import CheckViolation
from pgrepo.domains.littlemonster.jobs import NewJob

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg

    from pgrepo.domains.littlemonster import Littlemonster

QUERIES = Path(__file__).resolve().parents[3] / "queries" / "littlemonster"
MINUTE = timedelta(minutes=1)


def enqueue(littlemonster: Littlemonster, **options: Any) -> UUID:
    """Adds a job to the queue mail."""
    given = {"queue": "mail", "job_type": "send", "payload": {}} | options
    return littlemonster.jobs.enqueue_job(**given).id


def scans(plan: dict[str, Any], index: str) -> list[dict[str, Any]]:
    """The nodes of a plan that read an index."""
    found = [plan] if plan.get("Index Name") == index else []
    return found + [scan for child in plan.get("Plans", ()) for scan in scans(child, index)]


def test_urgent_jobs_go_first(littlemonster: Littlemonster) -> None:
    """Of equally urgent jobs the older one; other queues are left alone."""
    made = {
        name: enqueue(littlemonster, priority=priority)
        for name, priority in (("b", 0), ("a", 9), ("c", 0), ("a2", 9))
    }
    other = enqueue(littlemonster, queue="reports", priority=9)
    claim = littlemonster.jobs.claim_jobs
    order = [claim(queue="mail", worker="w", lease_for=MINUTE)[0].id for _ in range(3)]
    assert order == [made["a"], made["a2"], made["b"]]
    (last,) = claim(queue="mail", worker="w", lease_for=MINUTE, batch_size=10)
    assert last.id == made["c"]
    (report,) = claim(queue="reports", worker="w", lease_for=MINUTE, batch_size=10)
    assert report.id == other
    batch = [enqueue(littlemonster, priority=n % 10) for n in range(20)]
    claimed = claim(queue="mail", worker="w", lease_for=MINUTE, batch_size=15)
    assert [job.priority for job in claimed] == [9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2]
    assert [job.id for job in claimed[:2]] == [batch[9], batch[19]]


def test_a_claim_reads_no_job_that_is_not_due(
    littlemonster: Littlemonster, observer: psycopg.Connection[Any]
) -> None:
    """Twenty thousand urgent jobs of tomorrow stand in front of nothing."""
    row = observer.execute("SELECT now() + interval '1 day'").fetchone()
    assert row is not None
    tomorrow = row[0]
    littlemonster.jobs.enqueue_jobs(
        NewJob(
            queue="mail",
            job_type="send",
            payload={},
            user_id=None,
            priority=n % 10,
            run_at=tomorrow,
            max_retries=3,
        )
        for n in range(20_000)
    )
    due = enqueue(littlemonster, priority=0)
    observer.execute("VACUUM ANALYZE littlemonster.jobs")
    claim = aiosql.from_path(QUERIES / "jobs.sql", "psycopg").claim_jobs.sql
    with observer.transaction(force_rollback=True):
        row = observer.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {claim}",
            {"queue": "mail", "worker": "w", "lease_for": MINUTE, "batch_size": 10},
        ).fetchone()
    assert row is not None
    (scan,) = scans(row[0][0]["Plan"], "jobs_queue_priority_run_at_idx")
    assert scan["Actual Loops"] == 10
    # Ten probes of an index a few pages deep, and one row of the table.
    assert scan["Shared Hit Blocks"] + scan["Shared Read Blocks"] < 60
    (job,) = littlemonster.jobs.claim_jobs(
        queue="mail", worker="w", lease_for=MINUTE, batch_size=10
    )
    assert job.id == due


def test_results_belong_to_their_jobs(littlemonster: Littlemonster) -> None:
    """A batch stores item by item; without results nothing is stored."""
    for n in range(4):
        enqueue(littlemonster, payload={"n": n})
    jobs = littlemonster.jobs.claim_jobs(queue="mail", worker="w", lease_for=MINUTE, batch_size=4)
    littlemonster.jobs.complete_jobs(
        job_ids=[job.id for job in jobs[:2]],
        leases=[job.lease for job in jobs[:2]],
        results=[job.payload for job in jobs[:2]],
    )
    littlemonster.jobs.complete_jobs(
        job_ids=[job.id for job in jobs[2:]], leases=[job.lease for job in jobs[2:]]
    )
    found = [littlemonster.jobs.job_by_id(job_id=job.id) for job in jobs]
    results = [job.result if job else "gone" for job in found]
    assert results == [jobs[0].payload, jobs[1].payload, None, None]


def test_operators_see_what_is_going_on(littlemonster: Littlemonster, user_id: UUID) -> None:
    """Depths of the queues, running and failed jobs, and the jobs of a user."""
    first = enqueue(littlemonster, user_id=user_id)
    enqueue(littlemonster)
    for name in ("failed", "running"):
        enqueue(littlemonster, queue="reports", priority=9, payload={"name": name})
    (job,) = littlemonster.jobs.claim_jobs(queue="reports", worker="w", lease_for=MINUTE)
    littlemonster.jobs.fail_job(job_id=job.id, lease=job.lease, error_code="x", retry=False)
    (busy,) = littlemonster.jobs.claim_jobs(queue="reports", worker="w", lease_for=MINUTE)
    enqueue(littlemonster, run_at=busy.created_at + timedelta(days=1))
    depths = {
        depth.queue: (depth.due, depth.later, depth.running)
        for depth in littlemonster.jobs.queue_depths()
    }
    assert depths == {"mail": (2, 1, 0), "reports": (0, 0, 1)}
    assert [row.id for row in littlemonster.jobs.running_jobs(queue="reports")] == [busy.id]
    assert [row.id for row in littlemonster.jobs.failed_jobs(queue="reports")] == [job.id]
    assert [row.id for row in littlemonster.jobs.jobs_of_user(user_id=user_id)] == [first]
    assert littlemonster.jobs.jobs_of_user(user_id=user_id, status="running") == []


def test_only_waiting_jobs_can_be_changed(littlemonster: Littlemonster) -> None:
    """What is not given stays; a claimed job is its worker's."""
    job_id = enqueue(littlemonster, payload={"to": "ada"})
    changed = littlemonster.jobs.update_job(job_id=job_id, priority=7)
    assert changed is not None
    assert (changed.priority, changed.payload, changed.max_retries) == (7, {"to": "ada"}, 3)
    with pytest.raises(CheckViolation) as caught:
        littlemonster.jobs.update_job(job_id=job_id, priority=10)
    assert caught.value.constraint == "jobs_priority_check"
    littlemonster.jobs.claim_jobs(queue="mail", worker="w", lease_for=MINUTE)
    assert littlemonster.jobs.update_job(job_id=job_id, priority=1) is None


def test_transcribing(littlemonster: Littlemonster, user_id: UUID) -> None:
    """The transcription has what the worker tells, and for the rest what was asked for."""
    queue = littlemonster.transcription_jobs
    job_id = queue.enqueue_transcription_job(
        user_id=user_id,
        storage_url="s3://sound",
        file_name="lecture 1.wav",
        language="en",
        model="large",
        duration_ms=90_000,
    ).id
    (job,) = queue.claim_transcription_jobs(worker="w", lease_for=MINUTE)
    made = queue.complete_transcription(
        job_id=job.id,
        lease=job.lease,
        text="Good morning.",
        language="en-GB",
        segments=[{"start": 0, "end": 900, "text": "Good morning."}],
        confidence=0.5,
    )
    assert made is not None
    found = littlemonster.transcriptions.transcription_of_job(job_id=job_id)
    assert found is not None
    assert (found.id, found.user_id, found.title) == (made.id, user_id, "lecture 1.wav")
    assert (found.language, found.model, found.duration_ms) == ("en-GB", "large", 90_000)
    assert found.segments == [{"start": 0, "end": 900, "text": "Good morning."}]
    again = queue.complete_transcription(job_id=job.id, lease=job.lease, text="Twice.")
    assert again is None
    mine = littlemonster.transcriptions.transcriptions_of_user(user_id=user_id)
    assert [(row.id, row.preview) for row in mine] == [(made.id, "Good morning.")]


def test_a_batch_of_transcriptions(littlemonster: Littlemonster, user_id: UUID) -> None:
    """Each text goes to its own job, and what is not given comes from the job."""
    queue = littlemonster.transcription_jobs
    for language in ("en", "sw"):
        queue.enqueue_transcription_job(
            user_id=user_id, storage_url="s3://sound", language=language, file_name=language
        )
    jobs = queue.claim_transcription_jobs(worker="w", lease_for=MINUTE, batch_size=2)
    done = queue.complete_transcriptions(
        job_ids=[job.id for job in jobs],
        leases=[job.lease for job in jobs],
        texts=[f"spoken {job.language}" for job in jobs],
        confidences=[0.25, 0.75],
    )
    assert {row.job_id for row in done} == {job.id for job in jobs}
    for job, confidence in zip(jobs, (0.25, 0.75), strict=True):
        made = littlemonster.transcriptions.transcription_of_job(job_id=job.id)
        assert made is not None
        assert (made.text, made.title) == (f"spoken {job.language}", job.language)
        assert (made.language, made.confidence, made.segments) == (job.language, confidence, [])


def test_transcriptions_in_pages(littlemonster: Littlemonster, user_id: UUID) -> None:
    """Every transcription once, newest first, also where times are equal."""
    with littlemonster.transaction() as together:
        create = together.transcriptions.create_transcription
        made = [create(user_id=user_id, text=f"text {n}", language="en").id for n in range(5)]
    create = littlemonster.transcriptions.create_transcription
    made += [create(user_id=user_id, text="last", language="sw").id]
    seen = []
    cursor: dict[str, Any] = {}
    pages = littlemonster.transcriptions.transcriptions_of_user
    while page := pages(user_id=user_id, limit=2, **cursor):
        seen += [row.id for row in page]
        cursor = {"before_created_at": page[-1].created_at, "before_id": page[-1].id}
    assert seen == [made[-1], *sorted(made[:-1], reverse=True)]
    assert [row.id for row in pages(user_id=user_id, language="sw")] == [made[-1]]
