"""Somebody who makes one kind of call again and again, and looks how long each takes."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import psycopg

from .domain import AsyncLedger, NewNote

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.runtime import AsyncDatabase
    from tests.faults.oracle import Oracle

KINDS = ("read", "write", "transaction", "run", "stream", "bulk", "scope")
RUN_SECONDS = 0.5
"""For how long run() begins new tries."""


class AsyncCaller:
    """Calls.

    Attributes:
        kind: of its calls.
        broken: how many have ended with an error.
        longest: how many seconds one took at most.
        last: when the last one has succeeded, on the monotonic clock.
    """

    def __init__(self, database: AsyncDatabase, kind: str, name: str, oracle: Oracle) -> None:
        self.kind = kind
        self.broken = 0
        self.longest = 0.0
        self.last = 0.0
        self._ledger = AsyncLedger(database)
        self._name = name
        self._number = 0
        self._oracle = oracle

    async def call_while(self, going: Callable[[], bool]) -> None:
        """Makes one call after another."""
        while going():
            self._number += 1
            start = monotonic()
            try:
                await self._call(f"{self._name}-{self._number}")
                self.last = monotonic()
            except psycopg.OperationalError:
                self.broken += 1
            self.longest = max(self.longest, monotonic() - start)

    async def _call(self, operation: str) -> None:
        match self.kind:
            case "read":
                await self._ledger.accounts.version_of(account=1)
                return
            case "stream":
                async with self._ledger.accounts.stream_all_accounts() as accounts:
                    assert len([account async for account in accounts]) > 500
                return
            case "write":
                await self._ledger.accounts.note(operation=operation)
            case "scope":
                scoped = self._ledger.for_caller(caller="somebody")
                await scoped.accounts.note(operation=operation)
            case "bulk":
                await self._ledger.accounts.add_notes([NewNote(operation)])
            case "transaction":
                async with self._ledger.transaction() as tx:
                    await self._note(tx, operation)
            case "run":
                await self._ledger.run(lambda tx: self._note(tx, operation), within=RUN_SECONDS)
        self._oracle.acknowledge(operation)

    async def _note(self, tx: AsyncLedger, operation: str) -> None:
        await tx.accounts.version_of(account=1)
        await tx.accounts.note(operation=operation)
        await tx.accounts.version_of(account=1)
