"""A process that asks until SIGINT, for test_cancellations.py.

    python interrupted.py sync|asyncio URL fast|cursors|pgbouncer

For every line that it reads it asks until it is interrupted, looks whether all is well, and says
so. SIGINT is let in while it asks, and at no other time. In the end it tells what it did.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from typing import Any

from psycopg.transaction import OutOfOrderTransactionNesting

from pgrepo import AsyncDatabase, Database
from pgrepo.runtime import fast
from tests.faults.echo._async.asker import AsyncAsker
from tests.faults.echo._async.asker import assert_whole as assert_all_whole
from tests.faults.echo._async.domain import AsyncEcho
from tests.faults.echo._sync.asker import Asker, assert_whole
from tests.faults.echo._sync.domain import Echo

OTHERS = 4


def let_in(*, wanted: bool) -> None:
    """Lets SIGINT in, or holds it back."""
    how = signal.SIG_UNBLOCK if wanted else signal.SIG_BLOCK
    signal.pthread_sigmask(how, {signal.SIGINT})


def interrupted_threads(database: Database) -> dict[str, Any]:
    """The main thread is interrupted; the others go on."""
    asker = Asker(Echo(database), "main")
    others = [Asker(Echo(database), f"other{number}") for number in range(OTHERS)]
    going, interrupted = True, 0
    threads = [threading.Thread(target=other.ask_while, args=(lambda: going,)) for other in others]
    for thread in threads:
        thread.start()
    for _ in sys.stdin:
        print("going", flush=True)
        try:
            let_in(wanted=True)
            asker.ask_while(lambda: True)
        except (KeyboardInterrupt, OutOfOrderTransactionNesting):
            # The other one is what psycopg makes of Ctrl-C while it leaves nested blocks.
            interrupted += 1
        let_in(wanted=False)
        print("clean", flush=True)
    going = False
    for thread in threads:
        thread.join()
    stats = database.pool.get_stats()
    missing = stats["pool_size"] - stats["pool_available"]
    assert_whole(database, missing)
    return {**told(interrupted, [asker, *others]), "missing": missing}


def interrupted_tasks(database: AsyncDatabase, runner: asyncio.Runner) -> dict[str, Any]:
    """The main task is cancelled by asyncio, and with it the tasks that it waits for."""
    askers = [AsyncAsker(AsyncEcho(database), f"task{number}") for number in range(OTHERS)]
    interrupted = 0

    async def work() -> None:
        let_in(wanted=True)
        try:
            await asyncio.gather(*(asker.ask_while(lambda: True) for asker in askers))
        finally:
            let_in(wanted=False)

    for _ in sys.stdin:
        print("going", flush=True)
        try:
            runner.run(work())
        except KeyboardInterrupt:
            interrupted += 1
        runner.run(assert_all_whole(database))
        print("clean", flush=True)
    return told(interrupted, askers)


def told(interrupted: int, askers: list[Any]) -> dict[str, Any]:
    """What was done."""
    return {
        "interrupted": interrupted,
        "answers": sum(sum(asker.done.values()) for asker in askers),
        "broken": sum(asker.done["cancelled"] + asker.done["lost"] for asker in askers),
        "written": [question for asker in askers for question in asker.written],
    }


def main() -> None:
    flavour, url, way = sys.argv[1:]
    let_in(wanted=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fast.enabled = way != "cursors"
    options: dict[str, Any] = {"min_size": OTHERS + 1, "max_size": OTHERS + 1, "timeout": 20}
    if way == "pgbouncer":
        options["connect"] = {"prepare_threshold": None}
    if flavour == "sync":
        with Database(url, **options) as database:
            database.pool.wait()
            result = interrupted_threads(database)
    else:
        with asyncio.Runner() as runner:
            pool = AsyncDatabase(url, **options)
            runner.run(pool.open())
            result = interrupted_tasks(pool, runner)
            runner.run(pool.close())
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
