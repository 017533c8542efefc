# Derived from src/pgrepo/runtime/_async/watch.py by tools/async_to_sync.py: do not edit.
"""A server that is watched: where it is, and reads on it."""

# ruff: noqa: SLF001 - what a database keeps to itself, it keeps for this module too

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from psycopg.conninfo import conninfo_to_dict

from pgrepo.runtime._sync import wire
from pgrepo.runtime._sync.connection import PooledConnection
from pgrepo.runtime._sync.together import together
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
from pgrepo.runtime.replicas.ticking import Check, Ticker
from pgrepo.runtime.retries import sync_sleep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import LiteralString

    from psycopg import Connection

    from pgrepo.runtime._sync.database import Database
    from pgrepo.runtime.pipelined import Asked
    from pgrepo.runtime.replicas.token import Token

_FIRST_PAUSE = 0.001
_STUCK_WAIT = 0.005
"""So long is waited, at first, for a replica that did not get there in time just now."""


class Watch:
    """A server that is watched, over a connection of its own.

    Args:
        database: the server's pool.
        leads: whether it has to take writes. If it stops, its URL may lead to another server.

    Attributes:
        server: what is known of it.
    """

    def __init__(self, database: Database, *, leads: bool = False) -> None:
        self.database = database
        self._leads = leads
        self.server = Server(_name(database._conninfo))
        self._connection: PooledConnection | None = None
        self._ticker: Ticker | None = None
        self._stopped = False

    def start(self, check: Check) -> None:
        """Checks it, and goes on with that in the background.

        Args:
            check: calls `check`.
        """
        self._stopped = False
        check()
        self._ticker = Ticker(check, CHECK_SECONDS)
        self._ticker.start()

    def stop(self) -> None:
        """Ends that."""
        self._stopped = True
        if self._ticker is not None:
            self._ticker.stop()
        self._disconnect()

    def check(self) -> None:
        """Asks the server where it is, and opens its pool as soon as it answers."""
        try:
            self.database._open_pool()
            if self._connection is None:
                self._connection = self._connect()
            position = ask_position(self._connection)
            if self._leads and is_demoted(self._connection):
                self.server.leave_out("it takes no writes any more")
                self._disconnect()
            else:
                self.server.note(position)
                self.server.problem = None
        except Exception as error:  # noqa: BLE001 - the next check must come, whatever it was
            self.server.leave_out(f"it cannot be asked ({type(error).__name__})")
            self._disconnect()
        if self._stopped:
            # It may have taken so long that nobody has waited for it.
            self._disconnect()
            if not self._leads:
                self.database.close()

    def _connect(self) -> PooledConnection:
        database = self.database
        arguments: dict[str, Any] = {**database._arguments}
        arguments["connect_timeout"] = round(ANSWER_SECONDS)
        connection = PooledConnection.connect(database._conninfo, **arguments)
        connection.patience = ANSWER_SECONDS
        return connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def answer(
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
            connection = checkout.getconn()
            try:
                if token is not None and not self._proves(connection, token, deadline):
                    return False
                read(connection, asked, setup)
            finally:
                checkout.putconn(connection)
        finally:
            server.end()
        server.count(len(asked))
        return True

    def _proves(self, connection: Connection[Any], token: Token, deadline: float) -> bool:
        """Waits until a session sees what is at a token; tells whether it does in time."""
        server, pooled = self.server, cast("PooledConnection", connection)
        pause = _FIRST_PAUSE
        if (now := monotonic()) < server.stuck_until:
            deadline = min(deadline, now + _STUCK_WAIT)
        while not server.proves(token, pooled.made):
            patience, pooled.patience = pooled.patience, HUNG_SECONDS
            try:
                position = ask_position(connection)
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
            sync_sleep(min(pause, deadline - now))
            pause *= 2
        return True


def _name(conninfo: str) -> str:
    """Names a server without its secrets."""
    given = conninfo_to_dict(conninfo)
    host, port = given.get("host") or given.get("hostaddr") or "", given.get("port") or 5432
    return f"{host}:{port}/{given.get('dbname') or ''}"


def read(
    connection: Connection[Any], asked: Sequence[Asked], setup: Sequence[LiteralString] = ()
) -> None:
    """Makes reads on a connection: one alone, or several as one transaction."""
    if len(asked) > 1 or setup:
        together(connection, asked, (*opening(connection), *setup), commit=True)
        return
    for each in asked:
        run = wire.affect if each.counts else wire.fetch
        each.answer = run(connection, each.query, each.values)


def ask_position(connection: Connection[Any]) -> Position:
    """Asks a server where it is."""
    asked = monotonic()
    cursor = wire.cursor_of(connection)
    cursor.execute(POSITION_SQL, prepare=True, binary=True)
    row: Any = cursor.fetchone()
    return Position.of(row, asked)
