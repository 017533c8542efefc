"""The queue of segments to be made: claims, leases, steps, retries."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import CheckViolation, ForeignKeyViolation, StaleVersion
from pgrepo.domains.storyverse import Storyverse
from tests.integration.storyverse.world import at_once, empty_bible, key_of

if TYPE_CHECKING:
    from pgrepo.domains.storyverse.jobs import ClaimedJob
    from tests.integration.storyverse.world import World

MINUTE = timedelta(minutes=1)
RESULT = {
    "expanded_script": "They open the door.",
    "video_url": "https://media.example.com/1.mp4",
    "duration": 12,
}


def enqueue(world: World, scene_id: uuid.UUID | None = None, **options: Any) -> uuid.UUID:
    """Adds a job and returns its id."""
    scene_id = scene_id or world.scene()
    user_id = world.value("SELECT user_id FROM storyverse.scenes WHERE id = %s", scene_id)
    return world.storyverse.jobs.enqueue_job(
        scene_id=scene_id, user_id=user_id, input_text="And then?", **options
    ).id


def claim(world: World, lease_for: timedelta = MINUTE) -> ClaimedJob:
    """Claims the one job that is ready."""
    (job,) = world.storyverse.jobs.claim_jobs(worker="w", lease_for=lease_for)
    return job


def status(world: World, job_id: uuid.UUID) -> str:
    """A job's status."""
    found: str = world.value("SELECT status FROM storyverse.jobs WHERE id = %s", job_id)
    return found


def test_from_enqueued_to_completed(world: World) -> None:
    """A job goes its way, and leaves a segment, a bible and counters behind."""
    jobs = world.storyverse.jobs
    scene_id = world.scene()
    job_id = enqueue(world, scene_id, context_data={"recent": []})
    job = claim(world)
    assert (job.id, job.lease, job.scene_id) == (job_id, 1, scene_id)
    assert (job.bible_version, job.context_data) == (1, {"recent": []})
    for stage, step, progress in [
        ("continuity_validation", "script_ready", 20),
        ("video_generation", "continuity_checked", 40),
        ("upload", "preview_ready", 80),
    ]:
        assert jobs.advance_job(
            **key_of(job), status=step, stage=stage, progress=progress, message="Working"
        )
    # Progress never goes back, and what is not given stays.
    assert jobs.advance_job(**key_of(job), stage="finalization", progress=70) == 1
    found = jobs.job_by_id(job_id=job_id)
    assert found is not None
    assert (found.status, found.progress, found.message) == ("preview_ready", 80, "Working")

    bible = empty_bible()
    bible.setting.primary_location = "A lighthouse"
    done = jobs.complete_job(
        **key_of(job), expected_version=1, bible=bible, result_data={"cost": 3}, **RESULT
    )
    assert done is not None
    assert (done.scene_id, done.sequence, done.bible_version) == (scene_id, 1, 2)

    found = jobs.job_by_id(job_id=job_id, created_at=job.created_at)
    assert found is not None
    assert (found.status, found.stage, found.progress) == ("final_ready", "completed", 100)
    assert (found.result_data, found.lease_expires_at) == ({"cost": 3}, None)
    assert found.completed_at is not None
    (segment,) = world.storyverse.segments.scene_playlist(scene_id=scene_id)
    assert (segment.id, segment.job_id, segment.user_id) == (done.segment_id, job_id, job.user_id)
    assert (segment.input_text, segment.bible_version) == ("And then?", 2)
    latest = world.storyverse.scene_bibles.latest_bible(scene_id=scene_id)
    assert latest is not None
    assert (latest.version, latest.data.version) == (2, 2)
    assert latest.created_by_segment_id == done.segment_id
    assert latest.data.setting.primary_location == "A lighthouse"
    assert world.counters(scene_id) == (1, 12, 1)
    assert jobs.complete_job(**key_of(job), expected_version=2, bible=bible, **RESULT) is None
    assert world.counters(scene_id) == (1, 12, 1)


def test_a_bible_that_moved_on(world: World) -> None:
    """Nothing is stored, the error tells the version, and the worker may try again."""
    jobs = world.storyverse.jobs
    scene_id = world.scene()
    enqueue(world, scene_id)
    job = claim(world)
    for version in (1, 2):
        world.storyverse.scene_bibles.append_bible(
            scene_id=scene_id, expected_version=version, data=empty_bible()
        )
    with pytest.raises(StaleVersion) as caught:
        jobs.complete_job(
            **key_of(job), expected_version=job.bible_version, bible=empty_bible(), **RESULT
        )
    assert caught.value.current_version == 3
    assert status(world, job.id) == "processing"
    assert world.counters(scene_id) == (0, 0, 0)
    done = jobs.complete_job(**key_of(job), expected_version=3, bible=empty_bible(), **RESULT)
    assert done is not None
    assert done.bible_version == 4


def test_claims_are_in_order_and_not_before_time(world: World) -> None:
    """The longest waiting first, those for later not at all, never one twice."""
    now = datetime.now(UTC)
    jobs = [enqueue(world, run_at=now - timedelta(seconds=n)) for n in (1, 3, 2)]
    enqueue(world, run_at=now + timedelta(hours=1))
    claimed = [claim(world).id for _ in range(3)]
    assert claimed == [jobs[1], jobs[2], jobs[0]]
    assert world.storyverse.jobs.claim_jobs(worker="w", lease_for=MINUTE, batch_size=9) == []


def test_concurrent_claims_share_out_the_jobs(world: World) -> None:
    """Eight workers claim everything, and nothing twice."""
    scene_id = world.scene()
    wanted = {enqueue(world, scene_id) for _ in range(60)}

    def work(number: int) -> list[uuid.UUID]:
        found: list[uuid.UUID] = []
        while batch := world.storyverse.jobs.claim_jobs(
            worker=f"w{number}", lease_for=MINUTE, batch_size=4
        ):
            assert len(batch) <= 4
            found += [job.id for job in batch]
        return found

    claimed = [job for found in at_once(8, work) for job in found]
    assert len(claimed) == 60
    assert set(claimed) == wanted


def test_a_lost_lease_changes_nothing(world: World) -> None:
    """Whoever presents an older lease number is told, by 0 rows or none."""
    jobs = world.storyverse.jobs
    enqueue(world)
    stale = claim(world, lease_for=timedelta(0))
    (rescued,) = jobs.rescue_jobs()
    assert (rescued.id, rescued.status, rescued.retry_count) == (stale.id, "queued", 1)
    assert rescued.claimed_by == "w"
    held = claim(world)
    assert (held.id, held.lease) == (stale.id, 2)

    assert jobs.heartbeat_job(**key_of(stale), lease_for=MINUTE) == 0
    assert jobs.advance_job(**key_of(stale), stage="upload", progress=1) == 0
    assert jobs.fail_job(**key_of(stale), error_code="crash") is None
    assert (
        jobs.complete_job(**key_of(stale), expected_version=1, bible=empty_bible(), **RESULT)
        is None
    )
    assert world.counters(held.scene_id) == (0, 0, 0)
    assert jobs.heartbeat_job(**key_of(held), lease_for=MINUTE) == 1


def test_a_heartbeat_keeps_the_claim_and_touches_no_index(world: World) -> None:
    """An extended lease is not rescued, and extending it is a HOT update."""
    jobs = world.storyverse.jobs
    enqueue(world)
    job = claim(world, lease_for=timedelta(0))
    with world.connection.transaction():
        held = Storyverse(world.connection).jobs
        for _ in range(5):
            assert held.heartbeat_job(**key_of(job), lease_for=MINUTE) == 1
        updates = world.query(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = %s",
            world.month("jobs", 0),
        )
    assert updates == [(5, 5)]
    assert jobs.rescue_jobs() == []
    found = jobs.job_by_id(job_id=job.id)
    assert found is not None
    assert found.lease_expires_at is not None
    assert found.lease_expires_at > job.lease_expires_at + timedelta(seconds=50)


@pytest.mark.parametrize(
    ("step", "stage"),
    [
        ("continuity_checked", "video_generation"),  # leaves one out
        ("processing", "pending"),  # back to the beginning
        (None, "completed"),
        ("queued", "pending"),
        ("final_ready", "completed"),
        ("failed", "error"),
        ("cancelled", "upload"),
        ("no such status", "upload"),
    ],
)
def test_illegal_steps(world: World, step: str | None, stage: str) -> None:
    """Only the next status, no earlier stage, and no end except through its own query."""
    enqueue(world)
    job = claim(world)
    given: dict[str, Any] = {} if step is None else {"status": step}
    with pytest.raises(CheckViolation) as caught:
        world.storyverse.jobs.advance_job(**key_of(job), stage=stage, progress=1, **given)
    assert caught.value.constraint in {
        "jobs_status_step",
        "jobs_status_check",
        "jobs_status_stage_check",
        "jobs_lease_expires_at_check",
    }
    assert status(world, job.id) == "processing"


def test_a_stage_never_goes_back(world: World) -> None:
    """Nor does a status."""
    enqueue(world)
    job = claim(world)
    jobs = world.storyverse.jobs
    jobs.advance_job(**key_of(job), status="script_ready", stage="upload", progress=50)
    for step, stage in [("script_ready", "script_expansion"), ("processing", "upload")]:
        with pytest.raises(CheckViolation) as caught:
            jobs.advance_job(**key_of(job), status=step, stage=stage, progress=60)
        assert caught.value.constraint == "jobs_status_step"


def test_retries_with_growing_delays(world: World) -> None:
    """A failed attempt waits, each time longer; after max_retries the job has failed."""
    jobs = world.storyverse.jobs
    job_id = enqueue(world, max_retries=2)
    delays = []
    for attempt in (1, 2):
        job = claim(world)
        ended = jobs.fail_job(**key_of(job), error_code="timeout", error_message="no answer")
        assert ended is not None
        assert (ended.status, ended.retry_count) == ("queued", attempt)
        assert jobs.claim_jobs(worker="w", lease_for=MINUTE) == []
        now = world.value("SELECT now()")
        delays.append(ended.run_at - now)
        world.query("UPDATE storyverse.jobs SET run_at = now() RETURNING id")
    assert timedelta(seconds=3) < delays[0] < timedelta(seconds=6.5) < delays[1]
    last = jobs.fail_job(**key_of(claim(world)), error_code="timeout")
    assert last is not None
    assert (last.status, last.retry_count) == ("failed", 3)
    assert jobs.claim_jobs(worker="w", lease_for=MINUTE) == []
    (failed,) = jobs.failed_jobs()
    assert (failed.id, failed.error_code, failed.error_message) == (job_id, "timeout", None)

    assert jobs.retry_job(job_id=job_id, created_at=failed.created_at) == 1
    assert jobs.retry_job(job_id=job_id, created_at=failed.created_at) == 0
    assert jobs.failed_jobs() == []
    assert claim(world).retry_count == 0


def test_delays_double_up_to_a_cap_and_spread(world: World) -> None:
    """From 5 s to 10 min, a quarter to either side, the same for the same job."""
    rows = world.query(
        """
        SELECT
            n,
            min(extract(epoch FROM delay))::float,
            max(extract(epoch FROM delay))::float,
            bool_and(delay = again)
        FROM generate_series(0, 40) AS n
        CROSS JOIN generate_series(1, 300) AS job
        CROSS JOIN LATERAL (
            SELECT
                storyverse.retry_delay(n, md5(job::text)::uuid) AS delay,
                storyverse.retry_delay(n, md5(job::text)::uuid) AS again
        ) AS delays
        GROUP BY n ORDER BY n
        """
    )
    for n, shortest, longest, is_stable in rows:
        middle = min(600, 5 * 2 ** max(0, n - 1))
        assert 0.75 * middle <= shortest < 0.8 * middle
        assert 1.2 * middle < longest <= 1.25 * middle
        assert is_stable


def test_rescued_too_often(world: World) -> None:
    """A job that takes every worker down with it is given up."""
    job_id = enqueue(world, max_retries=1)
    for expected in ("queued", "failed"):
        claim(world, lease_for=timedelta(0))
        (rescued,) = world.storyverse.jobs.rescue_jobs()
        assert rescued.status == expected
    found = world.storyverse.jobs.job_by_id(job_id=job_id)
    assert found is not None
    assert (found.status, found.error_code) == ("failed", "lease_expired")
    assert found.completed_at is not None


def test_cancelling(world: World) -> None:
    """A queued or claimed job is cancelled once; its worker learns of it."""
    jobs = world.storyverse.jobs
    queued = enqueue(world, run_at=datetime.now(UTC) + timedelta(hours=1))
    found = jobs.job_by_id(job_id=queued)
    assert found is not None
    assert jobs.cancel_job(job_id=queued, created_at=found.created_at) == 1
    assert jobs.cancel_job(job_id=queued, created_at=found.created_at) == 0

    enqueue(world)
    job = claim(world)
    assert jobs.cancel_job(job_id=job.id, created_at=job.created_at) == 1
    assert jobs.heartbeat_job(**key_of(job), lease_for=MINUTE) == 0
    assert jobs.rescue_jobs() == []
    assert jobs.retry_job(job_id=job.id, created_at=job.created_at) == 0
    assert status(world, job.id) == "cancelled"


def test_pages(world: World) -> None:
    """Pages of a scene's and of a user's jobs, newest first, without a gap or overlap."""
    jobs = world.storyverse.jobs
    scene_id = world.scene()
    user_id = world.value("SELECT user_id FROM storyverse.scenes")
    wanted = {enqueue(world, scene_id) for _ in range(5)}
    enqueue(world)
    first = jobs.jobs_of_scene(scene_id=scene_id, limit=3)
    rest = jobs.jobs_of_scene(
        scene_id=scene_id, before_created_at=first[-1].created_at, before_id=first[-1].id
    )
    assert len(first) == 3
    assert {job.id for job in first + rest} == wanted
    ordered = [(job.created_at, job.id) for job in first + rest]
    assert ordered == sorted(ordered, reverse=True)
    assert [job.id for job in jobs.jobs_of_user(user_id=user_id)] == [key for _, key in ordered]


def test_a_job_for_a_scene_that_is_not_there(world: World) -> None:
    """It is refused by name, and leaves no key behind."""
    with pytest.raises(ForeignKeyViolation) as caught:
        world.storyverse.jobs.enqueue_job(
            scene_id=uuid.uuid4(), user_id=world.user(), input_text="?", idempotency_key="k"
        )
    assert caught.value.constraint == "jobs_scene_id_fkey"
    assert world.query("SELECT FROM storyverse.job_idempotency_keys") == []


def test_sleeping_workers_are_woken_once_a_statement(world: World) -> None:
    """A listener hears of new jobs, however many a statement adds."""
    scene_id = world.scene()
    with psycopg.connect(world.url, autocommit=True) as listener:
        listener.execute("LISTEN storyverse_jobs")
        enqueue(world, scene_id)
        world.connection.execute(
            "INSERT INTO storyverse.jobs (scene_id, user_id, input_text, bible_version) "
            "SELECT scene_id, user_id, input_text, 1 FROM storyverse.jobs, generate_series(1, 9)"
        )
        heard = list(listener.notifies(timeout=10, stop_after=2))
        assert [(note.channel, note.payload) for note in heard] == [("storyverse_jobs", "")] * 2
        assert list(listener.notifies(timeout=0.2)) == []
