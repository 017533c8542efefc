"""Somebody who changes accounts, and goes on whatever happens."""

from __future__ import annotations

import random
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from .domain import AsyncLedger

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.runtime import AsyncDatabase
    from tests.faults.oracle import Oracle


class VersionConflict(Exception):
    """Somebody else has changed the account meanwhile."""


class AsyncWriter:
    """Changes accounts by their version, one transaction an operation.

    Attributes:
        tries: how many operations took how many tries.
        stall: how long the longest operation took, in s.
        last: when the last one was acknowledged, on the monotonic clock.
    """

    def __init__(self, database: AsyncDatabase, name: str, oracle: Oracle, accounts: int) -> None:
        self.tries: Counter[int] = Counter()
        self.stall = 0.0
        self.last = 0.0
        self._ledger = AsyncLedger(database)
        self._name = name
        self._oracle = oracle
        self._accounts = accounts
        self._chance = random.Random(name)  # noqa: S311 - no secret
        self._number = 0
        self._begun = 0

    async def write_while(self, going: Callable[[], bool]) -> None:
        """Does one operation after another."""
        while going():
            await self.write()

    async def write(self) -> None:
        """Does an operation until it is done, and tells the oracle."""
        self._number += 1
        operation, start, self._begun = f"{self._name}-{self._number}", monotonic(), 0
        while not await self._change(operation):
            pass
        self._oracle.acknowledge(operation)
        self.last = monotonic()
        self.tries[self._begun] += 1
        self.stall = max(self.stall, self.last - start)

    async def transfer(self) -> None:
        """Changes two accounts, in whatever order, as those do who get deadlocks."""
        self._number += 1
        operation, start = f"{self._name}-{self._number}", monotonic()
        accounts = self._chance.sample(range(1, self._accounts + 1), 2)
        self._begun = 0

        async def change(tx: AsyncLedger) -> None:
            self._begun += 1
            for account in accounts:
                version = await tx.accounts.lock_account(account=account)
                assert await tx.accounts.change(account=account, version=version) == 1
            await tx.accounts.note(operation=operation)

        await self._ledger.run(change, retries=1000)
        self._oracle.acknowledge(operation)
        self.tries[self._begun] += 1
        self.stall = max(self.stall, monotonic() - start)

    async def _change(self, operation: str) -> bool:
        account = self._chance.randint(1, self._accounts)

        async def change(tx: AsyncLedger) -> None:
            self._begun += 1
            version = await tx.accounts.version_of(account=account)
            if not await tx.accounts.change(account=account, version=version):
                raise VersionConflict
            await tx.accounts.note(operation=operation)

        async def is_done(tx: AsyncLedger) -> bool:
            return await tx.accounts.count_of(operation=operation) > 0

        try:
            await self._ledger.run(change, retries=1000, within=60, committed=is_done)
        except VersionConflict:
            return False
        return True
