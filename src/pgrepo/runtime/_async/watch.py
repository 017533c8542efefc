"""A server that is watched: where it is, and reads on it."""

# ruff: noqa: SLF001 - what a database keeps to itself, it keeps for this module too

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from psycopg.conninfo import conninfo_to_dict

from pgrepo.runtime._async import wire
from pgrepo.runtime._async.connection import AsyncPooledConnection
from pgrepo.runtime._async.together import together
from pgrepo.runtime.characteristics import opening
from pgrepo.runtime.lost import ResponseTimeout, is_demoted
from pgrepo.runtime.replicas.servers import (
    ANSWER_SECONDS,
    CHECK_SECONDS,
    HUNG_SECONDS,
    POSITION_SQL,
    STUCK_SECONDS,
    Position,
    Server,
)
from pgrepo.runtime.replicas.ticking import AsyncCheck, AsyncTicker
from pgrepo.runtime.retries import async_sleep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import LiteralString

    from psycopg import AsyncConnection

    from pgrepo.runtime._async.database import AsyncDatabase
    from pgrepo.runtime.pipelined import Asked
    from pgrepo.runtime.replicas.token import Token

_FIRST_PAUSE = 0.001
_STUCK_WAIT = 0.005
"""So long is waited, at first, for a replica that did not get there in time just now."""


class AsyncWatch:
    """A server that is watched, over a connection of its own.

    Args:
        database: the server's pool.
        leads: whether it has to take writes. If it stops, its URL may lead to another server.

    Attributes:
        server: what is known of it.
    """

    def __init__(self, database: AsyncDatabase, *, leads: bool = False) -> None:
        self.database = database
        self._leads = leads
        self.server = Server(_name(database._conninfo))
        self._connection: AsyncPooledConnection | None = None
        self._ticker: AsyncTicker | None = None
        self._stopped = False

    async def start(self, check: AsyncCheck) -> None:
        """Checks it, and goes on with that in the background.

        Args:
            check: calls `check`.
        """
        self._stopped = False
        await check()
        self._ticker = AsyncTicker(check, CHECK_SECONDS)
        self._ticker.start()

    async def stop(self) -> None:
        """Ends that."""
        self._stopped = True
        if self._ticker is not None:
            await self._ticker.stop()
        await self._disconnect()

    async def check(self) -> None:
        """Asks the server where it is, and opens its pool as soon as it answers."""
        try:
            await self.database._open_pool()
            if self._connection is None:
                self._connection = await self._connect()
            position = await ask_position(self._connection)
            if self._leads and is_demoted(self._connection):
                self.server.leave_out("it takes no writes any more")
                await self._disconnect()
            else:
                self.server.note(position)
                self.server.problem = None
        except Exception as error:  # noqa: BLE001 - the next check must come, whatever it was
            self.server.leave_out(f"it cannot be asked ({type(error).__name__})")
            await self._disconnect()
        if self._stopped:
            # It may have taken so long that nobody has waited for it.
            await self._disconnect()
            if not self._leads:
                await self.database.close()

    async def _connect(self) -> AsyncPooledConnection:
        database = self.database
        arguments: dict[str, Any] = {**database._arguments}
        arguments["connect_timeout"] = round(ANSWER_SECONDS)
        connection = await AsyncPooledConnection.connect(database._conninfo, **arguments)
        connection.patience = ANSWER_SECONDS
        return connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def answer(
        self,
        asked: Sequence[Asked],
        setup: Sequence[LiteralString],
        token: Token | None,
        deadline: float,
    ) -> bool:
        """Makes reads on this server; tells whether it could.

        Args:
            asked: the calls.
            setup: what their transaction begins with.
            token: what it has to have replayed.
            deadline: until when, on the monotonic clock.
        """
        server, checkout = self.server, self.database.lender
        server.begin()
        try:
            connection = await checkout.getconn()
            try:
                if token is not None and not await self._proves(connection, token, deadline):
                    return False
                await read(connection, asked, setup)
            finally:
                await checkout.putconn(connection)
        finally:
            server.end()
        server.count(len(asked))
        return True

    async def _proves(
        self, connection: AsyncConnection[Any], token: Token, deadline: float
    ) -> bool:
        """Waits until a session sees what is at a token; tells whether it does in time."""
        server, pooled = self.server, cast("AsyncPooledConnection", connection)
        pause = _FIRST_PAUSE
        if (now := monotonic()) < server.stuck_until:
            deadline = min(deadline, now + _STUCK_WAIT)
        while not server.proves(token, pooled.made):
            patience, pooled.patience = pooled.patience, HUNG_SECONDS
            try:
                position = await ask_position(connection)
            except ResponseTimeout:
                server.leave_out("it does not answer")
                return False
            finally:
                pooled.patience = patience
            server.note(position)
            if token.is_in(position.token):
                server.stuck_until = 0.0
                break
            if (now := monotonic()) >= deadline:
                server.stuck_until = max(server.stuck_until, now + STUCK_SECONDS)
                return False
            await async_sleep(min(pause, deadline - now))
            pause *= 2
        return True


def _name(conninfo: str) -> str:
    """Names a server without its secrets."""
    given = conninfo_to_dict(conninfo)
    host, port = given.get("host") or given.get("hostaddr") or "", given.get("port") or 5432
    return f"{host}:{port}/{given.get('dbname') or ''}"


async def read(
    connection: AsyncConnection[Any], asked: Sequence[Asked], setup: Sequence[LiteralString] = ()
) -> None:
    """Makes reads on a connection: one alone, or several as one transaction."""
    if len(asked) > 1 or setup:
        await together(connection, asked, (*opening(connection), *setup), commit=True)
        return
    for each in asked:
        run = wire.affect if each.counts else wire.fetch
        each.answer = await run(connection, each.query, each.values)


async def ask_position(connection: AsyncConnection[Any]) -> Position:
    """Asks a server where it is."""
    asked = monotonic()
    cursor = wire.cursor_of(connection)
    await cursor.execute(POSITION_SQL, prepare=True, binary=True)
    row: Any = await cursor.fetchone()
    return Position.of(row, asked)
