# Derived from tests/faults/ledger/_async/caller.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: C416
"""Somebody who makes one kind of call again and again, and looks how long each takes."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import psycopg

from .domain import Ledger, NewNote

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.runtime import Database
    from tests.faults.oracle import Oracle

KINDS = ("read", "write", "transaction", "run", "stream", "bulk", "scope")
RUN_SECONDS = 0.5
"""For how long run() begins new tries."""


class Caller:
    """Calls.

    Attributes:
        kind: of its calls.
        broken: how many have ended with an error.
        longest: how many seconds one took at most.
        last: when the last one has succeeded, on the monotonic clock.
    """

    def __init__(self, database: Database, kind: str, name: str, oracle: Oracle) -> None:
        self.kind = kind
        self.broken = 0
        self.longest = 0.0
        self.last = 0.0
        self._ledger = Ledger(database)
        self._name = name
        self._number = 0
        self._oracle = oracle

    def call_while(self, going: Callable[[], bool]) -> None:
        """Makes one call after another."""
        while going():
            self._number += 1
            start = monotonic()
            try:
                self._call(f"{self._name}-{self._number}")
                self.last = monotonic()
            except psycopg.OperationalError:
                self.broken += 1
            self.longest = max(self.longest, monotonic() - start)

    def _call(self, operation: str) -> None:
        match self.kind:
            case "read":
                self._ledger.accounts.version_of(account=1)
                return
            case "stream":
                with self._ledger.accounts.stream_all_accounts() as accounts:
                    assert len([account for account in accounts]) > 500
                return
            case "write":
                self._ledger.accounts.note(operation=operation)
            case "scope":
                scoped = self._ledger.for_caller(caller="somebody")
                scoped.accounts.note(operation=operation)
            case "bulk":
                self._ledger.accounts.add_notes([NewNote(operation)])
            case "transaction":
                with self._ledger.transaction() as tx:
                    self._note(tx, operation)
            case "run":
                self._ledger.run(lambda tx: self._note(tx, operation), within=RUN_SECONDS)
        self._oracle.acknowledge(operation)

    def _note(self, tx: Ledger, operation: str) -> None:
        tx.accounts.version_of(account=1)
        tx.accounts.note(operation=operation)
        tx.accounts.version_of(account=1)
