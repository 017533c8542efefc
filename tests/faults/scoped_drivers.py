"""Drives scripts on eight connections: in tasks that are cancelled now and then, or in threads.

What a turn does is written once, as a coroutine. In a thread nothing that it calls is to be
awaited, so that it runs to its end at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg

from pgrepo import AsyncDatabase, Database
from tests.faults.scoped_calls import (
    REFUSED,
    Call,
    Chaos,
    Leak,
    Tally,
    Turn,
    left_by_scopes,
    owner_id,
    verify,
    verify_clean,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from uuid import UUID

CONNECTIONS, WORKERS = 8, 14
LOOK_EVERY = 20  # turns
MakeTurn: TypeAlias = Callable[[random.Random], Turn]


@dataclass(frozen=True)
class Place:
    """Where scripts are run.

    Attributes:
        url: the database for a role that owns nothing.
        role: its name.
        owner_url: the database for a superuser.
        scope_role: the role that a scope sets.
        setting: the setting that it sets.
        partitions: the tables' partitions, by their own names.
        connect: further arguments of a connection.
    """

    url: str
    role: str
    owner_url: str
    scope_role: str
    setting: str
    partitions: tuple[str, ...]
    connect: dict[str, Any] = field(default_factory=dict)

    def open(self, database: Callable[..., Any]) -> Any:
        """A database of either flavour, on few connections."""
        return database(self.url, max_size=CONNECTIONS, timeout=60, connect=self.connect)

    def answer_of_new_connection(self) -> Any:
        """What a connection answers on which there was never a scope."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(left_by_scopes(self.setting)).fetchone()


class Fire:
    """Runs turns until there were as many calls as wanted, or one was wrong."""

    def __init__(self, place: Place, turn: MakeTurn, calls: int) -> None:
        self.tally = Tally(calls)
        self.chaos = Chaos(place.owner_url, place.role)
        self._place = place
        self._turn = turn
        self._before = place.answer_of_new_connection()

    def run_tasks(self, domain: Callable[[Any], Any]) -> None:
        """In tasks of one event loop, of which some are cancelled."""

        async def run() -> None:
            async with self._place.open(AsyncDatabase) as database:
                with self.chaos:
                    await asyncio.gather(
                        *(self._work(database, domain(database), n) for n in range(WORKERS))
                    )
                await self._look_at_all(database)

        asyncio.run(run())

    def run_threads(self, domain: Callable[[Any], Any]) -> None:
        """In threads."""

        def work(number: int) -> None:
            chance = random.Random(number)  # noqa: S311 - no secret
            while self.tally.goes_on():
                with self.tally.noting():
                    at_once(self._next(database, domain(database), chance))

        with self._place.open(Database) as database:
            threads = [threading.Thread(target=work, args=(n,)) for n in range(WORKERS)]
            with self.chaos:
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            at_once(self._look_at_all(database))

    async def _work(self, database: AsyncDatabase, domain: Any, number: int) -> None:
        chance = random.Random(number)  # noqa: S311
        while self.tally.goes_on():
            inner = asyncio.create_task(self._next(database, domain, chance))
            if chance.random() < 0.05:
                await asyncio.sleep(chance.random() * 0.01)
                inner.cancel()
            with self.tally.noting():
                await inner

    async def _next(self, database: Any, domain: Any, chance: random.Random) -> None:
        if chance.random() * LOOK_EVERY < 1:
            async with either(database.connection()) as connection:
                await self._look(connection)
                await self._break_in(connection, chance)
            return
        turn = self._turn(chance)
        scoped = domain if turn.scope is None else turn.scope(domain)
        if not turn.in_transaction:
            await self._take(scoped, turn)
            return
        async with either(scoped.transaction()) as tx:
            await self._take(tx, turn)

    async def _take(self, domain: Any, turn: Turn) -> None:
        call = next(turn.script, None)
        while call is not None:
            result = await self._answer(domain, call, turn.owner)
            self.tally.calls[call.query] += 1
            try:
                call = turn.script.send(result)
            except StopIteration:
                call = None

    async def _answer(self, domain: Any, call: Call, owner: UUID | None) -> Any:
        try:
            result = await settled(call.on(domain))
        except REFUSED:
            if call.refused:
                return None
            raise
        verify(call, result, owner)
        if not isinstance(result, int | None):
            self.tally.rows += len(result) if isinstance(result, list) else 1
        return result

    async def _look(self, connection: Any) -> None:
        status = connection.info.transaction_status
        cursor = await settled(connection.execute(left_by_scopes(self._place.setting)))
        verify_clean(status, await settled(cursor.fetchone()), self._before)

    async def _break_in(self, connection: Any, chance: random.Random) -> None:
        """Asks a partition by its own name, which a table's policies do not hold for."""
        partition = chance.choice(self._place.partitions)
        statement = chance.choice(
            (
                f"SELECT count(*) FROM {partition}",
                f"INSERT INTO {partition} DEFAULT VALUES",
                f"UPDATE {partition} SET created_at = created_at",
                f"DELETE FROM {partition}",
            )
        )
        scope = (
            f"SET LOCAL ROLE {self._place.scope_role}; "
            f"SET LOCAL {self._place.setting} = '{owner_id(1 + chance.randrange(9))}'"
        )
        try:
            async with either(connection.transaction()):
                await settled(connection.execute(scope.encode()))
                await settled(connection.execute(statement.encode()))
        except psycopg.errors.InsufficientPrivilege:
            self.tally.calls["a partition"] += 1
        else:
            raise Leak(f"not refused: {statement}")

    async def _look_at_all(self, database: Any) -> None:
        """At every connection that the pool has."""
        pool = database.pool
        count = pool.get_stats()["pool_size"]
        kept = [await settled(pool.getconn()) for _ in range(count)]
        for connection in kept:
            with contextlib.suppress(psycopg.OperationalError):  # it was killed while idle
                await self._look(connection)
            await settled(pool.putconn(connection))


async def settled(given: Any) -> Any:
    """What a call of either flavour comes to."""
    return await given if inspect.isawaitable(given) else given


@contextlib.asynccontextmanager
async def either(manager: Any) -> AsyncIterator[Any]:
    """A context manager of either flavour."""
    if hasattr(manager, "__aenter__"):
        async with manager as entered:
            yield entered
    else:
        with manager as entered:
            yield entered


def at_once(coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise AssertionError("it waits for something")
