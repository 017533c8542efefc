"""Calls that are broken off while PostgreSQL is at work on them, on every way to it.

What breaks them off is another thing in each flavour, so neither is derived here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import AsyncConnection, Connection
from psycopg.pq import TransactionStatus

from pgrepo.runtime._async import wire as async_wire
from pgrepo.runtime._sync import wire

from ._async.questions import EVERY, NUMBERS, SLEEP
from ._async.questions import assert_clean as assert_async_clean
from ._sync.questions import assert_clean

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASLEEP = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'
"""


class Watch:
    """Somebody who sees from outside what goes on in the database."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def until_asleep(self, count: int) -> None:
        """Waits until so many sessions are in the middle of SLEEP."""
        for _ in range(1000):
            row = self._connection.execute(_ASLEEP).fetchone()
            if row == (count,):
                return
            # Not in the server, where it would look like those that are waited for.
            threading.Event().wait(0.005)
        raise AssertionError(row)

    @contextlib.contextmanager
    def sigint(self) -> Iterator[None]:
        """Sends Ctrl-C to the main thread as soon as a session sleeps."""

        def strike() -> None:
            try:
                self.until_asleep(1)
            finally:
                os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=strike)
        thread.start()
        try:
            yield
        finally:
            thread.join()


@pytest.fixture
def watch(paths_url: str) -> Iterator[Watch]:
    """Looks on, on a connection of its own."""
    with psycopg.connect(paths_url, autocommit=True) as connection:
        yield Watch(connection)


@EVERY
@pytest.mark.parametrize("nested", [False, True], ids=["alone", "in a transaction"])
async def test_cancelled_task(where: dict[str, Any], watch: Watch, nested: bool) -> None:
    """A cancelled task ends its statement, and whoever waits for the connection gets his answer."""
    async with await AsyncConnection.connect(**where, autocommit=True) as connection:

        async def ask() -> None:
            block = connection.transaction() if nested else contextlib.nullcontext()
            async with block:
                await async_wire.fetch(connection, SLEEP, (60.0,))

        for _ in range(2):
            task = asyncio.create_task(ask())
            await asyncio.to_thread(watch.until_asleep, 1)
            waiting = asyncio.create_task(async_wire.fetch(connection, NUMBERS, (1,)))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            if nested:  # it may have been asked in the transaction that failed
                await asyncio.wait({waiting})
                waiting.exception()
            else:
                assert await waiting == [(1, "n1")]
            await assert_async_clean(connection)
            watch.until_asleep(0)


@EVERY
async def test_timed_out_task(where: dict[str, Any], watch: Watch) -> None:
    """So does one that runs out of time."""
    async with await AsyncConnection.connect(**where, autocommit=True) as connection:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(async_wire.affect(connection, SLEEP, (60.0,)), 0.05)
        await assert_async_clean(connection)
        watch.until_asleep(0)


@EVERY
@pytest.mark.parametrize("nested", [False, True], ids=["alone", "in a transaction"])
def test_ctrl_c(where: dict[str, Any], watch: Watch, nested: bool) -> None:
    """Ctrl-C ends the statement, and the connection goes on."""
    with Connection.connect(**where, autocommit=True) as connection:
        for _ in range(2):
            block = connection.transaction() if nested else contextlib.nullcontext()
            with pytest.raises(KeyboardInterrupt), watch.sigint(), block:
                wire.fetch(connection, SLEEP, (60.0,))
            assert_clean(connection)
            watch.until_asleep(0)


@EVERY
def test_ctrl_c_of_asyncio(where: dict[str, Any], watch: Watch) -> None:
    """A Ctrl-C that asyncio makes a cancelled task leaves the connection clean as well."""
    with asyncio.Runner() as runner:
        connection = runner.run(AsyncConnection.connect(**where, autocommit=True))
        with pytest.raises(KeyboardInterrupt), watch.sigint():
            runner.run(async_wire.fetch(connection, SLEEP, (60.0,)))
        assert connection.info.transaction_status == TransactionStatus.IDLE
        runner.run(assert_async_clean(connection))
        watch.until_asleep(0)
        runner.run(connection.close())
