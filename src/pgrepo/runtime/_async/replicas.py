"""Reads on replicas, as far as they are where the caller has written."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection

from pgrepo.runtime._async.together import together
from pgrepo.runtime._async.watch import AsyncWatch, ask_position, read
from pgrepo.runtime.characteristics import opening
from pgrepo.runtime.fast import is_idle
from pgrepo.runtime.lost import is_demoted, is_lost, is_of_the_pool
from pgrepo.runtime.replicas.servers import (
    PROOF_SECONDS,
    WRITTEN_SQL,
    Track,
    by_load,
    is_for_others,
    problem_of,
    token_in,
)
from pgrepo.runtime.replicas.token import Memory
from pgrepo.runtime.translate import OperationalError, translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import LiteralString

    from pgrepo.runtime._async.database import AsyncDatabase
    from pgrepo.runtime.pipelined import Asked
    from pgrepo.runtime.replicas.token import Token


class AsyncReplicas:
    """The replicas of a database, and what is known of them and of its primary.

    Args:
        primary: the database.
        replicas: those that follow it, each as a database of its own.
        max_lag: who is further behind, in seconds, is left out; None for whoever answers.

    Attributes:
        memory: what has been written, context by context.
        primary: the server that is written to.
        standbys: the others.
        track: where the primary was when.
    """

    def __init__(
        self, primary: AsyncDatabase, replicas: Sequence[AsyncDatabase], max_lag: float | None
    ) -> None:
        self.memory = Memory()
        self.primary = AsyncWatch(primary, leads=True)
        self.standbys = [AsyncWatch(replica) for replica in replicas]
        self.track = Track()
        self._max_lag = max_lag

    async def open(self) -> None:
        """Looks at all servers once, and from then on in the background."""
        await self.primary.start(self._check_primary)
        for standby in self.standbys:
            await standby.start(standby.check)

    async def stop(self) -> None:
        """Ends that, and closes the replicas' pools."""
        for watch in (self.primary, *self.standbys):
            await watch.stop()
        for standby in self.standbys:
            await standby.database.close()

    async def _check_primary(self) -> None:
        before = self.primary.server.position
        await self.primary.check()
        if (position := self.primary.server.position) is not None and position is not before:
            self.track.add(position)

    def problem(self, standby: AsyncWatch) -> str | None:
        """Says why a replica must not answer, or None if it may."""
        now, primary = monotonic(), self.primary.server
        return problem_of(standby.server, primary, self.track, self._max_lag, now)

    # Tokens.

    @property
    def needs_token(self) -> bool:
        """Whether this context has to ask where the log is: it may have written since it knew.

        Or there was a failover, after which no replica proves a token of the earlier history.
        """
        written, leading = self.memory.written, self.primary.server.position
        if written.pending or written.token is None or leading is None:
            return written.pending
        system, timeline, _ = written.token
        return leading.token.system != system or leading.token.timeline > timeline

    async def token(self) -> Token | None:
        """Returns the token of what this context has written, None for nothing.

        Raises:
            OperationalError: the primary cannot be asked, or is none any more.
        """
        if self.needs_token:
            async with self.primary.database.connection() as connection:
                position = await ask_position(connection)
            if position.is_standby:
                raise _demoted()
            self.memory.note(position.token)
        return self.memory.written.token

    async def note(self, connection: AsyncConnection[Any]) -> None:
        """Notes how far the log was after what was done on a connection of the primary.

        Where that cannot be asked, this context goes on asking the primary.
        """
        with suppress(psycopg.Error):
            if is_idle(connection.pgconn):
                position = await ask_position(connection)
                if not position.is_standby:
                    self.memory.note(position.token)

    # Calls.

    async def together(self, asked: Sequence[Asked], setup: Sequence[LiteralString] = ()) -> None:
        """Makes calls where they belong: reads on a replica if one can, and else on the primary.

        Args:
            asked: the calls.
            setup: what their transaction begins with.
        """
        reads = all(each.query.read_only for each in asked)
        if reads and not self._is_pinned(asked) and await self._answer(asked, setup):
            return
        if reads:
            await self._read(asked, setup)
            return
        self.memory.expect()
        checkout = self.primary.database.lender
        connection = await checkout.getconn()
        try:
            await self._make(connection, asked, setup)
        finally:
            await checkout.putconn(connection)

    async def _read(self, asked: Sequence[Asked], setup: Sequence[LiteralString]) -> None:
        """Makes reads on the primary.

        Raises:
            OperationalError: it takes no writes any more, and may lack what was written here.
        """
        database, written = self.primary.database, self.memory.written
        checkout, needs_token = database.lender, self.needs_token
        # The pool may have old connections to a server that was demoted, and those alone.
        for _ in range(database.pool.max_size + 1):
            connection = await checkout.getconn()
            try:
                if needs_token:
                    await self._make(connection, asked, setup)
                else:
                    await read(connection, asked, setup)
                if not (written.pending or written.token) or not is_demoted(connection):
                    return
                connection.pgconn.finish()
            finally:
                await checkout.putconn(connection)
        raise _demoted()

    async def _make(
        self,
        connection: AsyncConnection[Any],
        asked: Sequence[Asked],
        setup: Sequence[LiteralString],
    ) -> None:
        """Makes calls as one transaction, and notes where the log was after it."""
        before = (*opening(connection), *setup)
        result = await together(connection, asked, before, commit=True, after=WRITTEN_SQL)
        if result is None:
            await self.note(connection)
        elif (token := token_in(result)) is not None:
            self.memory.note(token)

    def _is_pinned(self, asked: Sequence[Asked]) -> bool:
        """Tells whether only the primary may answer, also because a cache keeps what it says."""
        cached = self.primary.database.cache is not None
        return any(each.query.primary or (cached and each.query.cached) for each in asked)

    async def _answer(self, asked: Sequence[Asked], setup: Sequence[LiteralString]) -> bool:
        """Makes reads on a replica; tells whether one could."""
        if self.needs_token:
            return False
        token = self.memory.written.token
        deadline = monotonic() + PROOF_SECONDS
        for standby in self._choose(token):
            try:
                if await standby.answer(asked, setup, token, deadline):
                    return True
            except psycopg.Error as error:
                if is_lost(error) or is_of_the_pool(error):
                    # Until the next check. An exhausted pool is spared more callers, too.
                    standby.server.leave_out(f"reads fail ({type(error).__name__})")
                if not is_for_others(error):
                    raise
                for each in asked:
                    each.error = None
        return False

    def _choose(self, token: Token | None) -> list[AsyncWatch]:
        """Returns who may answer, in the order to ask.

        First those who have replayed the token; of the others, one is waited for.
        """
        usable = [each for each in self.standbys if self.problem(each) is None]
        order = by_load((each.server, at) for at, each in enumerate(usable))
        usable = [usable[at] for at in order]
        if token is None:
            return usable
        there = [each for each in usable if each.server.proves(token, 0)]
        others = [each for each in usable if each not in there]
        others.sort(key=lambda each: each.server.stuck_until)
        return there + others[:1]


def _demoted() -> OperationalError:
    return OperationalError(
        "the primary takes no writes any more, and may lack what was written here: name all "
        "hosts in the URL, with target_session_attrs=read-write"
    )


async def token_of(database: AsyncDatabase) -> str | None:
    """See `AsyncDatabase.token`."""
    try:
        if (replicas := database.replicas) is not None:
            token = await replicas.token()
            return None if token is None else str(token)
        # Nobody keeps count here, and so all that was ever written is meant.
        async with database.connection() as connection:
            position = await ask_position(connection)
    except psycopg.Error as error:
        raise translate(error) from error
    if position.is_standby:
        raise _demoted()
    return str(position.token)
