"""Makes the segments that storyverse.jobs asks for, several at a time.

    DATABASE_URL=postgresql://… python worker.py

SIGTERM (or Ctrl-C) lets it finish what it has begun; what is not done in time is given back. Any
number of workers may run, and any of them may be killed: the others do its jobs.
"""

import argparse
import asyncio
import logging
import os
import signal
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from pgrepo import AsyncDatabase, OperationalError, StaleVersion
from pgrepo.domains.storyverse import AsyncStoryverse
from pgrepo.domains.storyverse.documents import MajorEvent, SceneBible
from pgrepo.domains.storyverse.jobs import ClaimedJob

log = logging.getLogger("worker")


# The work: put your own here --------------------------------------------------------------------


@dataclass
class Made:
    """A segment."""

    script: str
    video_url: str
    duration: int


async def make_segment(job: ClaimedJob, seconds: float) -> Made:
    """Stands for the models that write the script and make the video."""
    await asyncio.sleep(seconds)
    if not job.input_text.strip():
        raise ValueError("there is nothing to continue with")
    return Made(f"{job.input_text} And so it goes on.", f"https://example.com/{job.id}.mp4", 8)


def establish(bible: SceneBible, job: ClaimedJob) -> SceneBible:
    """Writes into the scene's bible what the segment has brought about."""
    bible.timeline.major_events.append(MajorEvent(event=job.input_text))
    return bible


# The worker -------------------------------------------------------------------------------------


class Worker:
    """Does one job at a time; a process has several of them.

    Args:
        storyverse: the repositories.
        name: for whoever looks at the table.
        lease: for how long nobody else may take a job; it is extended three times as often.
        seconds: how long making a segment takes.
    """

    def __init__(
        self, storyverse: AsyncStoryverse, name: str, lease: timedelta, seconds: float
    ) -> None:
        self._storyverse = storyverse
        self._jobs = storyverse.jobs
        self._name = name
        self._lease = lease
        self._seconds = seconds

    async def run(self, wake: asyncio.Event, stop: asyncio.Event) -> None:
        """Works until it is told to stop, or cancelled. A database that is away is waited for."""
        while not stop.is_set():
            wake.clear()
            try:
                claimed = await self._jobs.claim_jobs(worker=self._name, lease_for=self._lease)
                for job in claimed:
                    wake.set()  # where there is one there may be more
                    await self._attempt(job)
                if not claimed:
                    await wake.wait()
            except OperationalError as error:
                log.warning("the database is away: %s", error)
                await asyncio.sleep(1)

    async def _attempt(self, job: ClaimedJob) -> None:
        """Does a job, or says why it could not."""
        work = asyncio.create_task(self._do(job))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=self._lease.total_seconds() / 3)
                if not work.done() and not await self._is_ours(job):
                    log.warning("lost job %s", job.id)
                    return
            work.result()
        except asyncio.CancelledError:
            work.cancel()
            await self._fail(job, "worker_stopped")
            raise
        except OperationalError:
            raise  # nothing can be said to a database that is away; the lease will expire
        except Exception as error:
            log.exception("job %s has failed", job.id)
            await self._fail(job, type(error).__name__)
        finally:
            work.cancel()

    async def _do(self, job: ClaimedJob) -> None:
        made = await make_segment(job, self._seconds)

        async def complete(tx: AsyncStoryverse) -> bool:
            bible = await tx.scene_bibles.latest_bible(scene_id=job.scene_id)
            assert bible is not None, "a job has a scene, and a scene has a bible"
            segment = await tx.jobs.complete_job(
                job_id=job.id,
                created_at=job.created_at,
                lease=job.lease,
                expected_version=bible.version,
                bible=establish(bible.data, job),
                expanded_script=made.script,
                video_url=made.video_url,
                duration=made.duration,
            )
            return segment is not None

        while True:
            try:
                is_ours = await self._storyverse.run(complete)
                break
            except StaleVersion:
                continue  # another segment of the scene was faster
        log.info("completed job %s" if is_ours else "lost job %s", job.id)

    async def _is_ours(self, job: ClaimedJob) -> bool:
        """Extends the lease; False if somebody else has it."""
        try:
            changed = await self._jobs.heartbeat_job(
                job_id=job.id, created_at=job.created_at, lease=job.lease, lease_for=self._lease
            )
        except OperationalError as error:
            log.warning("job %s: %s", job.id, error)
            return True  # as far as is known
        return changed == 1

    async def _fail(self, job: ClaimedJob, code: str) -> None:
        """Gives a job back, to be tried again later or, after its last retry, to have failed."""
        await self._jobs.fail_job(
            job_id=job.id, created_at=job.created_at, lease=job.lease, error_code=code
        )


async def listen(url: str, wake: asyncio.Event) -> None:
    """Wakes the workers when jobs come. It has a connection of its own, as LISTEN needs."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute("LISTEN storyverse_jobs")
                wake.set()  # for what came before
                async for _ in connection.notifies():
                    wake.set()
        except psycopg.OperationalError as error:
            log.warning("nobody calls: %s", error)
            await asyncio.sleep(1)


async def look_around(storyverse: AsyncStoryverse, wake: asyncio.Event, every: float) -> None:
    """Takes jobs away from workers that are gone, and wakes ours for what waited for its time."""
    while True:
        try:
            for job in await storyverse.jobs.rescue_jobs():
                log.warning("%s has left job %s", job.claimed_by, job.id)
        except OperationalError as error:
            log.warning("the database is away: %s", error)
        wake.set()
        await asyncio.sleep(every)


async def main(url: str, options: argparse.Namespace) -> None:
    """Works until SIGTERM or Ctrl-C."""
    wake, stop = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncDatabase(url, max_size=2 * options.workers + 1) as database:
        storyverse = AsyncStoryverse(database)
        name, lease = f"{os.uname().nodename}/{os.getpid()}", timedelta(seconds=options.lease)
        workers = [
            asyncio.create_task(Worker(storyverse, name, lease, options.seconds).run(wake, stop))
            for _ in range(options.workers)
        ]
        around = [
            asyncio.create_task(listen(url, wake)),
            asyncio.create_task(look_around(storyverse, wake, options.look)),
        ]
        told = asyncio.create_task(stop.wait())
        # A worker ends before only by a defect. Then all of them end, and the error is shown.
        await asyncio.wait([told, *workers, *around], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        wake.set()
        _, late = await asyncio.wait(workers, timeout=options.grace)
        for task in (*late, *around, told):
            task.cancel()
        for found in await asyncio.gather(*workers, *around, return_exceptions=True):
            if isinstance(found, Exception):
                raise found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Makes the segments that storyverse.jobs asks for."
    )
    for option, default, told in (
        ("--workers", 4, "how many jobs at a time"),
        ("--lease", 30.0, "for how long a claim lasts, s"),
        ("--look", 5.0, "how often to look for what nobody calls for, s"),
        ("--grace", 20.0, "how long to wait for work that was begun before SIGTERM, s"),
        ("--seconds", 1.0, "how long making a segment takes, s"),
    ):
        parser.add_argument(option, type=type(default), default=default, help=told)
    given = parser.parse_args()
    url = os.environ.get("DATABASE_URL") or parser.error("DATABASE_URL is not set")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(main(url, given))
