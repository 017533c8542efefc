"""examples/worker_storyverse does its jobs, stops in order, and takes over from the dead."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

import pgrepo
from pgrepo import Database
from pgrepo.domains.storyverse import Storyverse
from pgrepo.operate.load import load_sample
from pgrepo.project import shipped_domain
from tests.servers import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.domains.storyverse.jobs import EnqueueJob
    from pgrepo.domains.storyverse.tables import Job

EXAMPLE = Path(__file__).parents[2] / "examples" / "worker_storyverse" / "worker.py"
SCENE = UUID("00000000-0000-4000-8000-000000000301")
USER = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture
def storyverse(storyverse_url: str) -> Iterator[Storyverse]:
    """The repositories, on a database with the sample; nothing of it waits in the queue."""
    load_sample(storyverse_url, shipped_domain("storyverse"))
    with Database(storyverse_url) as database:
        with database.connection() as connection:
            connection.execute("UPDATE storyverse.jobs SET status = 'cancelled' WHERE lease = 0")
        yield Storyverse(database)


@contextlib.contextmanager
def working(url: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process; it is killed if the block leaves it running."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(pgrepo.__file__).parents[1]),
        "DATABASE_URL": url,
    }
    # Nothing but a call wakes it, unless it is told to look.
    command = [sys.executable, EXAMPLE, "--look", "3600", "--seconds", "0.01", *options]
    process = subprocess.Popen(command, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def enqueue(storyverse: Storyverse, text: str) -> EnqueueJob:
    """Asks for a segment."""
    return storyverse.jobs.enqueue_job(scene_id=SCENE, user_id=USER, input_text=text)


def job(storyverse: Storyverse, enqueued: EnqueueJob) -> Job:
    """How a job is."""
    found = storyverse.jobs.job_by_id(job_id=enqueued.id, created_at=enqueued.created_at)
    assert found is not None
    return found


def until_status(storyverse: Storyverse, enqueued: EnqueueJob, status: str) -> Job:
    """Waits until a job is so far."""
    until(lambda: job(storyverse, enqueued).status == status, 30)
    return job(storyverse, enqueued)


def ended(process: subprocess.Popen[bytes]) -> int:
    """Sends SIGTERM; returns the status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def test_jobs_are_done(storyverse: Storyverse, storyverse_url: str) -> None:
    """Waiting jobs are done, and new ones as soon as they come; all of them are in the bible."""
    texts = [f"Wave {number} comes." for number in range(6)]
    waiting = [enqueue(storyverse, text) for text in texts[:4]]
    broken = enqueue(storyverse, " ")
    before = storyverse.scene_bibles.latest_bible(scene_id=SCENE)
    assert before is not None
    with working(storyverse_url) as process:
        for each in waiting:
            until_status(storyverse, each, "final_ready")
        until(lambda: job(storyverse, broken).error_code == "ValueError")
        for text in texts[4:]:
            until_status(storyverse, enqueue(storyverse, text), "final_ready")
        assert ended(process) == 0
    after = storyverse.scene_bibles.latest_bible(scene_id=SCENE)
    assert after is not None
    assert after.version == before.version + len(texts)
    events = [event.event for event in after.data.timeline.major_events]
    assert sorted(map(str, events[-6:])) == texts
    given_up = job(storyverse, broken)
    assert (given_up.status, given_up.retry_count) == ("queued", 1)


def test_begun_work_is_finished(storyverse: Storyverse, storyverse_url: str) -> None:
    """After SIGTERM it does what it has begun, past its lease, and nothing else."""
    begun = enqueue(storyverse, "The last wave.")
    options = ("--seconds", "0.6", "--lease", "0.4", "--workers", "1")
    with working(storyverse_url, *options) as process:
        until_status(storyverse, begun, "processing")
        next_one = enqueue(storyverse, "Another one.")
        assert ended(process) == 0
    done = job(storyverse, begun)
    assert (done.status, done.lease) == ("final_ready", 1)
    assert job(storyverse, next_one).status == "queued"


def test_unfinished_work_is_given_back(storyverse: Storyverse, storyverse_url: str) -> None:
    """What takes longer than the grace is queued again at once, for others to do."""
    begun = enqueue(storyverse, "A very long wave.")
    with working(storyverse_url, "--seconds", "60", "--grace", "0.1") as process:
        until_status(storyverse, begun, "processing")
        assert ended(process) == 0
    found = job(storyverse, begun)
    assert (found.status, found.error_code) == ("queued", "worker_stopped")


def test_dead_worker(storyverse: Storyverse, storyverse_url: str) -> None:
    """A job whose worker was killed is taken away when its lease has expired, and done."""
    begun = enqueue(storyverse, "A wave that breaks.")
    with working(storyverse_url, "--seconds", "60", "--lease", "0.5") as process:
        until_status(storyverse, begun, "processing")
        process.kill()
    with working(storyverse_url, "--look", "0.1") as process:
        done = until_status(storyverse, begun, "final_ready")
        assert ended(process) == 0
    assert (done.lease, done.retry_count) == (2, 1)
