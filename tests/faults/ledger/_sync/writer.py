# Derived from tests/faults/ledger/_async/writer.py by tools/async_to_sync.py: do not edit.
"""Somebody who changes accounts, and goes on whatever happens."""

from __future__ import annotations

import random
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from .domain import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.runtime import Database
    from tests.faults.oracle import Oracle


class VersionConflict(Exception):
    """Somebody else has changed the account meanwhile."""


class Writer:
    """Changes accounts by their version, one transaction an operation.

    Attributes:
        tries: how many operations took how many tries.
        stall: how long the longest operation took, in s.
        last: when the last one was acknowledged, on the monotonic clock.
    """

    def __init__(self, database: Database, name: str, oracle: Oracle, accounts: int) -> None:
        self.tries: Counter[int] = Counter()
        self.stall = 0.0
        self.last = 0.0
        self._ledger = Ledger(database)
        self._name = name
        self._oracle = oracle
        self._accounts = accounts
        self._chance = random.Random(name)  # noqa: S311 - no secret
        self._number = 0
        self._begun = 0

    def write_while(self, going: Callable[[], bool]) -> None:
        """Does one operation after another."""
        while going():
            self.write()

    def write(self) -> None:
        """Does an operation until it is done, and tells the oracle."""
        self._number += 1
        operation, start, self._begun = f"{self._name}-{self._number}", monotonic(), 0
        while not self._change(operation):
            pass
        self._oracle.acknowledge(operation)
        self.last = monotonic()
        self.tries[self._begun] += 1
        self.stall = max(self.stall, self.last - start)

    def transfer(self) -> None:
        """Changes two accounts, in whatever order, as those do who get deadlocks."""
        self._number += 1
        operation, start = f"{self._name}-{self._number}", monotonic()
        accounts = self._chance.sample(range(1, self._accounts + 1), 2)
        self._begun = 0

        def change(tx: Ledger) -> None:
            self._begun += 1
            for account in accounts:
                version = tx.accounts.lock_account(account=account)
                assert tx.accounts.change(account=account, version=version) == 1
            tx.accounts.note(operation=operation)

        self._ledger.run(change, retries=1000)
        self._oracle.acknowledge(operation)
        self.tries[self._begun] += 1
        self.stall = max(self.stall, monotonic() - start)

    def _change(self, operation: str) -> bool:
        account = self._chance.randint(1, self._accounts)

        def change(tx: Ledger) -> None:
            self._begun += 1
            version = tx.accounts.version_of(account=account)
            if not tx.accounts.change(account=account, version=version):
                raise VersionConflict
            tx.accounts.note(operation=operation)

        def is_done(tx: Ledger) -> bool:
            return tx.accounts.count_of(operation=operation) > 0

        try:
            self._ledger.run(change, retries=1000, within=60, committed=is_done)
        except VersionConflict:
            return False
        return True
