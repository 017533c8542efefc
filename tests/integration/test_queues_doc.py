"""The worker of docs/explanation/queues.md does the jobs of its queue."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pgrepo
from pgrepo import Database
from pgrepo.domains.littlemonster import Littlemonster

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.integration.conftest import Block


def test_worker_of_the_page(
    blocks: Callable[[str], list[Block]], littlemonster_url: str, tmp_path: Path
) -> None:
    """It completes what it can, gives up what it cannot read, and wakes when a job comes."""
    [example] = [block for block in blocks("docs/explanation/queues.md") if block.title]
    path = tmp_path / example.title
    path.write_text(example.text)
    source = Path(pgrepo.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(source), "DATABASE_URL": littlemonster_url}
    with Database(littlemonster_url) as database:
        domain = Littlemonster(database)
        user = domain.users.register_user(email="ada@example.com")
        good, broken = {"user_id": str(user.id)}, {"user_id": "nobody"}
        jobs = [enqueue(domain, payload) for payload in (good, broken, {})]
        process = subprocess.Popen([sys.executable, path], env=environment)
        try:
            ended(domain, jobs)
            jobs.append(enqueue(domain, good))  # it sleeps by now
            ended(domain, jobs)
        finally:
            process.kill()
            process.wait()
        found = [domain.jobs.job_by_id(job_id=job) for job in jobs]
        assert [(job.status, job.error_code) for job in found if job is not None] == [
            ("completed", None),
            ("failed", "ValueError"),
            ("failed", "ValueError"),
            ("completed", None),
        ]
        with database.connection() as connection:
            titles = connection.execute("SELECT title FROM littlemonster.conversations").fetchall()
        assert titles == [("Welcome",), ("Welcome",)]


def enqueue(domain: Littlemonster, payload: dict[str, str]) -> UUID:
    """Adds a job to the queue of the page."""
    job = domain.jobs.enqueue_job(queue="welcome", job_type="welcome", payload=payload)
    return job.id


def ended(domain: Littlemonster, jobs: list[UUID]) -> None:
    """Waits until all of them have ended."""
    for _ in range(600):
        found = [domain.jobs.job_by_id(job_id=job) for job in jobs]
        if all(job is not None and job.status in {"completed", "failed"} for job in found):
            return
        time.sleep(0.05)
    pytest.fail("the worker did not do its jobs")
