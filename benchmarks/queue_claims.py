"""Claiming jobs: littlemonster.jobs through its repository, beside procrastinate and pgqueuer.

What does it cost to claim a job, and to claim and complete it, one at a time and fifty at a time?
All three on one server, server and client on one core, taking turns; the ratios are medians of
those of each turn. Targets: procrastinate takes at least twice our time, pgqueuer at least as
long as we do.

Each peer is used as its documentation says, through the calls that its own worker makes, on its
own schema: procrastinate with its PsycopgConnector, fetching one job at a time because it has no
other way; pgqueuer with asyncpg, the faster of its drivers here, fetching and finishing batches.
Nobody listens for notifications, and no job does anything. Commits do not wait for the disk, which
all of them would do alike: `--durable` lets them.

The peers are needed: `pip install 'pgrepo[bench]'`.

    python benchmarks/queue_claims.py [--rounds 40] [--durable] [--check] [--json FILE]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import harness
import psycopg
from results import Target, Work

from pgrepo import AsyncDatabase, Database
from pgrepo.domains.littlemonster import AsyncLittlemonster, Littlemonster
from pgrepo.operate.migrate import migrate
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.domains.littlemonster.jobs import ClaimedJob

PEERS = ("procrastinate", "pgqueuer")
TARGETS = {"procrastinate": 2.0, "pgqueuer": 1.0}
BACKLOG = 20_000
WARM_UP = 4
CALLS = {1: 50, 50: 4}
LEASE = timedelta(minutes=5)


class Contestant(ABC):
    """A queue that is full: claims some jobs, then completes what it has claimed."""

    name: str

    @abstractmethod
    async def claim(self, batch: int) -> int:
        """Claims a batch; returns how many jobs it got."""

    @abstractmethod
    async def complete(self) -> None:
        """Completes what was claimed last."""


class Ours(Contestant):
    """littlemonster.jobs for asyncio."""

    name = "pgrepo"

    def __init__(self, database: AsyncDatabase) -> None:
        self._jobs = AsyncLittlemonster(database).jobs
        self._claimed: list[ClaimedJob] = []

    async def claim(self, batch: int) -> int:
        """One statement."""
        self._claimed = await self._jobs.claim_jobs(
            queue="bench", worker="bench", lease_for=LEASE, batch_size=batch
        )
        return len(self._claimed)

    async def complete(self) -> None:
        """One statement."""
        if len(self._claimed) == 1:
            [job] = self._claimed
            await self._jobs.complete_job(job_id=job.id, lease=job.lease)
        else:
            ids, leases = _keys(self._claimed)
            await self._jobs.complete_jobs(job_ids=ids, leases=leases, results=[None] * len(ids))


class OursSync(Contestant):
    """The same, synchronous; for information."""

    name = "pgrepo, sync"

    def __init__(self, database: Database) -> None:
        self._jobs = Littlemonster(database).jobs
        self._claimed: list[ClaimedJob] = []

    async def claim(self, batch: int) -> int:
        """One statement."""
        self._claimed = self._jobs.claim_jobs(
            queue="bench", worker="bench", lease_for=LEASE, batch_size=batch
        )
        return len(self._claimed)

    async def complete(self) -> None:
        """One statement."""
        if len(self._claimed) == 1:
            [job] = self._claimed
            self._jobs.complete_job(job_id=job.id, lease=job.lease)
        else:
            ids, leases = _keys(self._claimed)
            self._jobs.complete_jobs(job_ids=ids, leases=leases, results=[None] * len(ids))


def _keys(claimed: Iterable[ClaimedJob]) -> tuple[list[Any], list[int]]:
    pairs = [(job.id, job.lease) for job in claimed]
    return [job for job, _ in pairs], [lease for _, lease in pairs]


class Procrastinate(Contestant):
    """What its Worker calls: JobManager.fetch_job and finish_job."""

    name = "procrastinate"

    def __init__(self, app: Any, worker: int) -> None:
        self._manager = app.job_manager
        self._worker = worker
        self._done = import_module("procrastinate.jobs").Status.SUCCEEDED
        self._claimed: list[Any] = []

    @classmethod
    async def open(cls, url: str, stack: AsyncExitStack) -> Procrastinate:
        """Makes its schema, opens it and fills it."""
        package = import_module("procrastinate")
        app = package.App(connector=package.PsycopgConnector(conninfo=url, min_size=1, max_size=1))
        await stack.enter_async_context(app.open_async())
        await app.schema_manager.apply_schema_async()

        def nothing(n: int) -> None:
            """Is never run."""

        task = app.task(name="nothing", queue="bench")(nothing)
        for start in range(0, BACKLOG, 1000):
            await task.batch_defer_async(*({"n": n} for n in range(start, start + 1000)))
        return cls(app, await app.job_manager.register_worker())

    async def claim(self, batch: int) -> int:
        """One by one."""
        fetch = self._manager.fetch_job
        self._claimed = [await fetch(["bench"], self._worker) for _ in range(batch)]
        return sum(job is not None for job in self._claimed)

    async def complete(self) -> None:
        """One by one; jobs are kept, as is the worker's default."""
        for job in self._claimed:
            await self._manager.finish_job(job, self._done, delete_job=False)


class Pgqueuer(Contestant):
    """What its QueueManager calls: Queries.dequeue, and log_jobs for as many as a batch has."""

    name = "pgqueuer"

    def __init__(self, queries: Any) -> None:
        parameters = import_module("pgqueuer.ports.repository").EntrypointExecutionParameter
        self._queries = queries
        self._entrypoints = {"bench": parameters(concurrency_limit=0)}
        self._manager = uuid4()
        self._claimed: list[Any] = []

    @classmethod
    async def open(cls, url: str, stack: AsyncExitStack) -> Pgqueuer:
        """Makes its schema, opens it and fills it."""
        connection = await import_module("asyncpg").connect(url)
        stack.push_async_callback(connection.close)
        queries = import_module("pgqueuer").Queries.from_asyncpg_connection(connection)
        await queries.install()
        for start in range(0, BACKLOG, 1000):
            payloads = [b'{"n": %d}' % n for n in range(start, start + 1000)]
            await queries.enqueue(["bench"] * 1000, payloads, [0] * 1000)
        return cls(queries)

    async def claim(self, batch: int) -> int:
        """One statement; without limits and with the timeout that are its defaults."""
        self._claimed = await self._queries.dequeue(
            batch_size=batch,
            entrypoints=self._entrypoints,
            queue_manager_id=self._manager,
            global_concurrency_limit=None,
            heartbeat_timeout=timedelta(seconds=30),
        )
        return len(self._claimed)

    async def complete(self) -> None:
        """One statement, which moves them to its log."""
        await self._queries.log_jobs([(job, "successful", None) for job in self._claimed])


@dataclass
class Times:
    """A contestant's turns at one batch size, µs a job."""

    claim: list[float] = field(default_factory=list)
    both: list[float] = field(default_factory=list)


def prepare_ours(url: str) -> None:
    """Our schema, and its backlog."""
    migrate(url, shipped_domain("littlemonster"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO littlemonster.jobs (queue, job_type, payload) "
            "SELECT 'bench', 'nothing', jsonb_build_object('n', n) "
            "FROM generate_series(1, %s) AS n",
            (2 * BACKLOG,),  # for two contestants
        )


async def measure(contestants: list[Contestant], batch: int, rounds: int) -> dict[str, Times]:
    """Lets them take turns; a turn is a few calls."""
    found = {contestant.name: Times() for contestant in contestants}
    for turn in range(rounds + WARM_UP):
        for contestant in contestants:
            claim = both = 0.0
            for _ in range(CALLS[batch]):
                started = time.perf_counter()
                got = await contestant.claim(batch)
                claimed = time.perf_counter()
                await contestant.complete()
                done = time.perf_counter()
                assert got == batch, f"{contestant.name} has no jobs left"
                claim += claimed - started
                both += done - started
            if turn >= WARM_UP:
                jobs = CALLS[batch] * batch
                found[contestant.name].claim.append(claim / jobs * 1e6)
                found[contestant.name].both.append(both / jobs * 1e6)
    return found


async def compete(url: str, rounds: int) -> dict[int, dict[str, Times]]:
    """Opens all of them and measures both batch sizes."""
    async with AsyncExitStack() as stack:
        asynchronous = await stack.enter_async_context(AsyncDatabase(url, max_size=1))
        synchronous = stack.enter_context(Database(url, max_size=1))
        contestants = [
            Ours(asynchronous),
            OursSync(synchronous),
            await Procrastinate.open(url, stack),
            await Pgqueuer.open(url, stack),
        ]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
        return {batch: await measure(contestants, batch, rounds) for batch in CALLS}


def ratio(theirs: list[float], ours: list[float]) -> float:
    """The median of the ratios of each turn."""
    return statistics.median(a / b for a, b in zip(theirs, ours, strict=True))


def works(found: dict[int, dict[str, Times]]) -> list[Work]:
    """Of each batch size what claiming costs, and claiming and completing."""
    made = []
    for batch, times in found.items():
        size = "one job at a time" if batch == 1 else f"{batch} jobs at a time"
        for step, taken in (
            ("claim", {name: entry.claim for name, entry in times.items()}),
            ("claim and complete", {name: entry.both for name, entry in times.items()}),
        ):
            medians = {name: statistics.median(kept) for name, kept in taken.items()}
            work = Work(f"{step}, {size}", "µs a job", medians)
            for peer, at_least in TARGETS.items():
                advantage = ratio(taken[peer], taken[Ours.name])
                work.targets.append(
                    Target(f"pgrepo's time for {peer}", advantage, at_least=at_least)
                )
            made.append(work)
    return made


def main() -> int:
    """Builds, measures, reports."""
    parser = harness.command_line(__doc__, of="turns of a few calls each")
    parser.add_argument("--durable", action="store_true", help="commits wait for the disk")
    options = parser.parse_args()
    if not harness.present(*PEERS, "asyncpg"):
        return 1
    with harness.server() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            if not options.durable:
                connection.execute("ALTER SYSTEM SET synchronous_commit = off")
                connection.execute("SELECT pg_reload_conf()")
            version = connection.info.server_version
        prepare_ours(url)
        found = asyncio.run(compete(url, options.rounds))
    return harness.finish(
        options,
        version,
        works(found),
        durable=options.durable,
        packages=harness.installed(*PEERS, "asyncpg"),
    )


if __name__ == "__main__":
    sys.exit(main())
