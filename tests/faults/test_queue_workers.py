"""Workers of every shipped queue are killed and stopped: each job is done, and done once.

The short form has 300 jobs, and kills a worker after each quarter of them.
PGREPO_QUEUE_JOBS=10000 makes it 10,000 jobs for 8 workers, of which one is killed every second.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .table import Record

JOBS = int(os.environ.get("PGREPO_QUEUE_JOBS", "300"))
IS_LONG = JOBS >= 1000
WORKERS = 8 if IS_LONG else 4
LEASE = 1.0
THINK = 0.03 if IS_LONG else 0.01
DEADLINE = 1800 if IS_LONG else 60
WORKER = Path(__file__).with_name("queue_worker.py")


@dataclass(frozen=True)
class Table:
    """What the test has to know of a queue: its words, and what its jobs leave behind."""

    name: str
    waiting: LiteralString
    done: str
    products: LiteralString
    """Counts the rows that completing makes, and the jobs that they are of."""


TABLES = [
    Table(
        "storyverse.jobs",
        "UPDATE storyverse.jobs SET run_at = now() WHERE status = 'queued' AND run_at > now()",
        "final_ready",
        "SELECT count(*), count(DISTINCT job_id) FROM storyverse.segments",
    ),
    Table(
        "littlemonster.transcription_jobs",
        "UPDATE littlemonster.transcription_jobs SET run_at = now() "
        "WHERE status = 'pending' AND run_at > now()",
        "completed",
        "SELECT count(*), count(DISTINCT job_id) FROM littlemonster.transcriptions",
    ),
    Table(
        "littlemonster.jobs",
        "UPDATE littlemonster.jobs SET run_at = now() WHERE status = 'pending' AND run_at > now()",
        "completed",
        "SELECT count(result), count(DISTINCT result) FROM littlemonster.jobs",
    ),
]


@dataclass
class Harness:
    """A queue in a database of its own, and the processes that work on it."""

    table: Table
    url: str
    directory: Path
    connection: psycopg.Connection[Any]
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Starts queue_worker.py."""
        process = subprocess.Popen(
            [sys.executable, WORKER, self.table.name, self.url, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self, *arguments: object) -> None:
        """Runs it to its end, which must come."""
        process = self.start(*arguments)
        process.communicate(timeout=DEADLINE)
        assert process.returncode == 0

    def start_worker(self) -> subprocess.Popen[str]:
        """Starts a worker that has a name and an oracle of its own."""
        name = f"worker{len(self.processes)}"
        return self.start("work", name, self.directory / name, LEASE, THINK)

    def oracle(self, worker: subprocess.Popen[str]) -> Path:
        """The file to which a worker writes what it saw committed; there when it begins."""
        return self.directory / f"worker{self.processes.index(worker)}"

    def end(self) -> None:
        """Kills whatever still runs."""
        for process in self.processes:
            process.kill()
            process.communicate()

    def row(self, query: LiteralString, *parameters: object) -> tuple[Any, ...]:
        """The row that a query returns."""
        row = self.connection.execute(query, parameters).fetchone()
        assert row is not None
        return tuple(row)

    def count(self, condition: str = "TRUE") -> int:
        """How many jobs there are of which something is true."""
        query = f"SELECT count(*) FROM {self.table.name} WHERE {condition}"
        row = self.connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])

    def jobs_done(self) -> int:
        """How many have been completed."""
        return self.count(f"status = '{self.table.done}'")

    def acknowledged(self) -> list[tuple[str, int]]:
        """What the oracles have: id and lease of every completion that a worker saw committed."""
        lines = [
            line.split()
            for path in sorted(self.directory.iterdir())
            for line in path.read_text().splitlines()
        ]
        return [(job, int(lease)) for job, lease in lines]

    def effects(self) -> list[tuple[str, int]]:
        """What the test's own table has."""
        return self.connection.execute(
            "SELECT job_id::text, lease FROM queue_effects ORDER BY job_id, lease"
        ).fetchall()

    def until(self, query: LiteralString, *parameters: object) -> None:
        """Waits for something to be true; it is a failure when it does not come to be."""
        deadline = time.monotonic() + 30
        while not self.row(query, *parameters)[0]:
            assert time.monotonic() < deadline, query
            time.sleep(0.01)


@pytest.fixture(params=TABLES, ids=lambda table: table.name)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """Each queue in turn."""
    table: Table = request.param
    schema = table.name.partition(".")[0]
    url = request.getfixturevalue(f"{schema}_url")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE queue_effects (job_id uuid NOT NULL, lease integer NOT NULL, "
            "worker text NOT NULL)"
        )
        harness = Harness(table, url, tmp_path, connection)
        try:
            yield harness
        finally:
            harness.end()


def kill_and_replace(harness: Harness, workers: list[subprocess.Popen[str]]) -> int:
    """Kills a worker wherever it is in its work, and starts another one in its place.

    Returns how many it killed. None is killed while fewer than half have begun: on a machine
    that starts processes more slowly than they are killed, nothing would ever be done.
    """
    begun = [worker for worker in workers if harness.oracle(worker).exists()]
    if len(begun) < len(workers) / 2:
        return 0
    victim = random.choice(begun)  # noqa: S311
    workers.remove(victim)
    victim.kill()
    victim.communicate()
    assert victim.returncode == -signal.SIGKILL  # it had not ended by itself
    workers.append(harness.start_worker())
    return 1


@pytest.mark.fault(3)
def test_killed_workers(harness: Harness, record: Record) -> None:
    """All jobs end completed, each with one effect, under its last lease, whoever is killed."""
    harness.run("enqueue", JOBS)
    assert harness.count() == JOBS
    workers = [harness.start_worker() for _ in range(WORKERS)]
    deadline = time.monotonic() + DEADLINE
    kills, last_kill, last_done = 0, time.monotonic(), 0
    stall, stood, since = 0.0, 0, time.monotonic()
    while (done := harness.jobs_done()) < JOBS:
        assert time.monotonic() < deadline, f"{done} of {JOBS} jobs done"
        if done > stood:
            stood, since = done, time.monotonic()
        stall = max(stall, time.monotonic() - since)
        is_due = time.monotonic() - last_kill > 1 if IS_LONG else done - last_done > JOBS // 4
        if is_due:
            kills += kill_and_replace(harness, workers)
            last_kill, last_done = time.monotonic(), done
        # Failed attempts wait for seconds; there is no need to.
        harness.connection.execute(harness.table.waiting)
        time.sleep(0.02)
    for worker in workers:
        worker.kill()
        worker.communicate()
    assert kills >= 3
    assert harness.count("lease > 1 AND error_code IS NULL") > 0  # somebody had to do it again

    assert harness.jobs_done() == harness.count() == JOBS
    effects = harness.effects()
    acknowledged = harness.acknowledged()
    record(
        operations=JOBS,
        lost=len(set(acknowledged) - set(effects)),
        doubled=len(effects) - len({job for job, _ in effects}),
        stall=stall,
    )
    assert len(effects) == JOBS
    assert harness.row(harness.table.products) == (JOBS, JOBS)
    stale = f"SELECT count(*) FROM queue_effects AS effect JOIN {harness.table.name} AS job "
    assert harness.connection.execute(
        (stale + "ON job.id = effect.job_id WHERE job.lease <> effect.lease").encode()
    ).fetchone() == (0,)
    assert len(acknowledged) == len(set(acknowledged))
    assert JOBS - len(acknowledged) <= 10 * (kills + WORKERS)  # those lost on the way back
    harness.until(
        "SELECT count(*) = 0 FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )


def snapshot(harness: Harness) -> tuple[Any, ...]:
    """The job's row, and the transaction that wrote it."""
    query = f"SELECT job.xmin::text, job::text FROM {harness.table.name} AS job"
    row = harness.connection.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(row)


@contextlib.contextmanager
def stopped(harness: Harness, where: str) -> Iterator[subprocess.Popen[str]]:
    """A worker that has claimed the only job and was stopped until its lease had expired.

    It goes on when the block ends.
    """
    process = harness.start("stall", where, 0.2)
    assert process.stdout is not None
    job, lease = process.stdout.readline().split()
    assert lease == "1"
    process.send_signal(signal.SIGSTOP)
    expired = f"SELECT lease_expires_at < now() FROM {harness.table.name} WHERE id = '{job}'"
    while harness.connection.execute(expired.encode()).fetchone() != (True,):
        time.sleep(0.01)
    yield process
    process.send_signal(signal.SIGCONT)


def changed(process: subprocess.Popen[str]) -> dict[str, int]:
    """Lets a stalled worker do its work, and returns how many rows each step changed."""
    output, _ = process.communicate("go on\n")
    assert process.returncode == 0
    found: dict[str, int] = json.loads(output)
    return found


def record_one(harness: Harness, record: Record) -> None:
    """Counts the effects of the one job that was acknowledged."""
    effects = len(harness.effects())
    record(operations=1, lost=1 - min(effects, 1), doubled=max(effects - 1, 0))


@pytest.mark.fault(4)
def test_stopped_past_its_lease(harness: Harness, record: Record) -> None:
    """Another worker has done the job; the stopped one, resumed, changes nothing."""
    with stopped(harness, "before") as stalled:
        harness.run("drain", "other", harness.directory / "other")
        assert harness.jobs_done() == 1
        before = snapshot(harness)
    assert changed(stalled) == {"heartbeat": 0, "complete": 0, "fail": 0}
    assert snapshot(harness) == before
    assert harness.row(harness.table.products) == (1, 1)
    assert [lease for _, lease in harness.effects()] == [2]
    assert harness.acknowledged() == harness.effects()
    record_one(harness, record)


@pytest.mark.fault(4)
def test_stopped_while_another_one_works(harness: Harness, record: Record) -> None:
    """Another worker has claimed the job and not done it; the resumed one leaves it alone."""
    with stopped(harness, "before") as stalled:
        other = harness.start("stall", "take-over", 60)
        assert other.stdout is not None
        assert other.stdout.readline().split()[1] == "2"
        before = snapshot(harness)
    assert changed(stalled) == {"heartbeat": 0, "complete": 0, "fail": 0}
    assert snapshot(harness) == before
    assert changed(other) == {"heartbeat": 1, "complete": 1, "fail": 0}
    assert [lease for _, lease in harness.effects()] == [2]
    record_one(harness, record)


@pytest.mark.fault(4)
def test_expired_and_not_taken_away(harness: Harness, record: Record) -> None:
    """The lease number decides and not the clock: nobody took the job, so the work counts."""
    with stopped(harness, "before") as stalled:
        pass
    assert changed(stalled) == {"heartbeat": 1, "complete": 1, "fail": 0}
    assert [lease for _, lease in harness.effects()] == [1]
    record_one(harness, record)


@pytest.mark.fault(4)
def test_stopped_inside_its_transaction(harness: Harness, record: Record) -> None:
    """A completion that is not committed holds the job: nobody takes it, and nobody waits."""
    with stopped(harness, "inside") as stalled:
        harness.run("drain", "other", harness.directory / "other")
        assert harness.effects() == []
    assert changed(stalled) == {"complete": 1, "fail": 0}
    assert harness.jobs_done() == 1
    assert [lease for _, lease in harness.effects()] == [1]
    record_one(harness, record)
