"""Calls that are cut off at any moment: no connection stays dirty, no answer goes astray.

Tasks are cancelled, statements are cancelled and sessions ended by the server, and processes get
SIGINT, all under load and in every kind of call. Each answer carries its question.

`PGREPO_CANCELLATIONS` says how many there are of each kind on each way; the long form is 1000.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import AsyncDatabase, Database

from .echo._async.asker import AsyncAsker
from .echo._async.asker import assert_whole as assert_all_whole
from .echo._async.domain import AsyncEcho
from .echo._sync.asker import Asker, assert_whole
from .echo._sync.domain import Echo

if TYPE_CHECKING:
    from .conftest import Way

CANCELLATIONS = int(os.environ.get("PGREPO_CANCELLATIONS", "40"))
CONNECTIONS, ASKERS = 6, 14
_SECONDS = 30
_ROOT = Path(__file__).parents[2]
_CUT = """
SELECT CASE WHEN %(end)s THEN pg_terminate_backend(pid) ELSE pg_cancel_backend(pid) END
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND backend_type = 'client backend' AND state <> 'idle'
ORDER BY random() LIMIT 1
"""


async def test_cancelled_tasks(way: Way) -> None:
    """Tasks that share few connections are cancelled; the others notice nothing of it."""
    chance = random.Random(6)  # noqa: S311 - no secret
    cancelled, going = 0, True
    async with AsyncDatabase(way.url, max_size=CONNECTIONS, connect=way.connect) as database:
        askers = [AsyncAsker(AsyncEcho(database), f"task{number}") for number in range(ASKERS)]

        def start(asker: AsyncAsker) -> asyncio.Task[None]:
            return asyncio.create_task(asker.ask_while(lambda: going))

        tasks = [start(asker) for asker in askers]
        while cancelled < CANCELLATIONS:
            await asyncio.sleep(chance.random() * 0.01)
            chosen = chance.sample(range(ASKERS), chance.choice((1, 1, 1, 3)))
            for number in chosen:
                tasks[number].cancel()
            for number in chosen:
                await _until_cancelled(tasks[number])
                tasks[number] = start(askers[number])
            cancelled += len(chosen)
        going = False
        await asyncio.gather(*tasks)
        await assert_all_whole(database)
    _assert_well_done(way, askers)
    done = _done(askers)
    if way.name != "pgbouncer":
        assert done["cancelled"] == done["lost"] == 0


async def _until_cancelled(task: asyncio.Task[None]) -> None:
    """Cancels a task once more where the first time was in vain.

    Before Python 3.12 asyncio.wait_for, which the pool waits with, may swallow it.
    """
    while not (await asyncio.wait({task}, timeout=0.1))[0]:
        task.cancel()
    if not task.cancelled():
        task.result()


def test_cut_off_by_the_server(way: Way) -> None:
    """Threads whose statements are cancelled, and whose sessions are ended now and then."""
    going = True
    failures: list[BaseException] = []
    with Database(way.url, max_size=CONNECTIONS, timeout=_SECONDS, connect=way.connect) as database:
        askers = [Asker(Echo(database), f"thread{number}") for number in range(ASKERS)]

        def work(asker: Asker) -> None:
            try:
                asker.ask_while(lambda: going and not failures)
            except BaseException as error:  # noqa: BLE001 - it is shown below
                failures.append(error)

        threads = [threading.Thread(target=work, args=(asker,)) for asker in askers]
        for thread in threads:
            thread.start()
        try:
            _cut_off(way.direct, failures, askers)
        finally:
            going = False
            for thread in threads:
                thread.join()
        assert failures == []
        assert_whole(database)
    _assert_well_done(way, askers)


def _cut_off(direct: str, failures: list[BaseException], askers: list[Asker]) -> None:
    """Cancels or ends whatever is at work in a database, until the askers have felt enough of it.

    Much is in vain: a statement may be done before it is cancelled.
    """
    cut = 0
    deadline = time.monotonic() + 2 * _SECONDS + CANCELLATIONS
    with psycopg.connect(direct, autocommit=True) as connection:
        while not failures and (cut < CANCELLATIONS or not _have_felt(askers)):
            assert time.monotonic() < deadline, _done(askers)
            cut += connection.execute(_CUT, {"end": cut % 10 == 9}).rowcount
            connection.execute("SELECT pg_sleep(0.004 * random())")


def _have_felt(askers: list[Asker]) -> bool:
    done = _done(askers)
    return done["cancelled"] > CANCELLATIONS / 4 and done["lost"] > 0


def _done(askers: list[Any]) -> Counter[str]:
    """How often they did what."""
    return sum((asker.done for asker in askers), Counter())


@pytest.mark.parametrize("flavour", ["sync", "asyncio"])
def test_ctrl_c(way: Way, flavour: str) -> None:
    """A process that gets SIGINT again and again, while other threads or tasks ask as well."""
    script = Path(__file__).with_name("interrupted.py")
    command = [sys.executable, str(script), flavour, way.url, way.name]
    path = [str(_ROOT), *filter(None, sys.path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            told = _interrupt(child)
        finally:
            child.kill()
    assert told["interrupted"] == CANCELLATIONS
    assert told["answers"] > 0
    # psycopg_pool loses one where Ctrl-C strikes inside its own functions: some microseconds.
    assert told.get("missing", 0) <= 1 + CANCELLATIONS / 100
    way.assert_quiet()
    way.assert_written(set(told["written"]))


def _interrupt(child: subprocess.Popen[str]) -> dict[str, Any]:
    """Sends SIGINT at random moments, each time the child says that it is at work."""
    chance = random.Random(6)  # noqa: S311
    assert child.stdin is not None
    assert child.stdout is not None
    for _ in range(CANCELLATIONS):
        child.stdin.write("go\n")
        child.stdin.flush()
        assert child.stdout.readline() == "going\n"
        select.select([], [], [], chance.random() * 0.01)
        for _ in range(_SECONDS // 5):
            child.send_signal(signal.SIGINT)
            # Where nobody can receive it, in a callback of the interpreter's, Python drops it. Not
            # again too soon: asyncio lets a second one strike anywhere.
            if _has_said(child.stdout, 5):
                break
        assert child.stdout.readline() == "clean\n"
    child.stdin.close()
    told: dict[str, Any] = json.loads(child.stdout.readline())
    return told


def _has_said(stream: IO[str], seconds: float) -> bool:
    return bool(select.select([stream], [], [], seconds)[0])


def _assert_well_done(way: Way, askers: list[Any]) -> None:
    """What was written is there, nothing is left over, and there was some of every kind."""
    way.assert_quiet()
    way.assert_written({question for asker in askers for question in asker.written})
    done = _done(askers)
    assert len(done.keys() - {"cancelled", "lost"}) == 9, done
