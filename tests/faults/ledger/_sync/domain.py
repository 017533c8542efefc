# Derived from tests/faults/ledger/_async/domain.py by tools/async_to_sync.py: do not edit.
"""The domain, as `pgrepo generate` would write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pgrepo.runtime import (
    Cached,
    Domain,
    QueryLibrary,
    Repository,
    Scope,
    Stale,
    Statement,
)
from pgrepo.sqlfiles.library import load_queries, locate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.runtime import Source, Stream

BRIEFLY = 1.5  # s
_TEXT, _INT4 = 25, 23


@dataclass(slots=True)
class NewNote:
    """A row of add_notes."""

    operation: str


@dataclass(slots=True)
class Account:
    """A row of all_accounts."""

    id: int


class Accounts(Repository):
    """Accounts and effects."""

    def version_of(self, *, account: int) -> int:
        """Returns an account's version."""
        return self._value(_VERSION_OF, account)

    def change(self, *, account: int, version: int) -> int:
        """Changes an account that has this version."""
        return self._affected(_CHANGE, account, version)

    def change_cleanly(self, *, account: int, version: int) -> int:
        """Changes an account, and what is briefly kept of it is old."""
        return self._affected(_CHANGE_CLEANLY, account, version)

    def lock_account(self, *, account: int) -> int:
        """Locks an account and returns its version."""
        return self._value(_LOCK_ACCOUNT, account)

    def note(self, *, operation: str) -> int:
        """Notes what was done."""
        return self._affected(_NOTE, operation)

    def add_notes(self, rows: Iterable[NewNote]) -> int:
        """Notes what was done, through COPY."""
        return self._bulk(_ADD_NOTES, rows)

    def count_of(self, *, operation: str) -> int:
        """Returns how often something was done."""
        return self._value(_COUNT_OF, operation)

    def kept_version_of(self, *, account: int) -> int:
        """Returns an account's version, as a cache knows it."""
        return self._value(_KEPT_VERSION_OF, account)

    def briefly_kept_version_of(self, *, account: int) -> int:
        """Returns an account's version, as a cache knows it for BRIEFLY."""
        return self._value(_BRIEFLY_KEPT_VERSION_OF, account)

    def sure_version_of(self, *, account: int) -> int:
        """Returns an account's version, from the primary."""
        return self._value(_SURE_VERSION_OF, account)

    def slow_total(self) -> int:
        """Returns the sum of all versions, after a while."""
        return self._value(_SLOW_TOTAL)

    def stream_all_accounts(self) -> Stream[Account]:
        """Streams the accounts."""
        return self._stream(_ALL_ACCOUNTS)


class Ledger(Domain):
    """The domain."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, _QUERIES)
        self.accounts = Accounts(self)

    def for_caller(self, *, caller: str) -> Self:
        """Works in somebody's name."""
        return self._scoped(_SCOPE, caller)


_SCOPE = Scope("caller", settings=(("ledger.caller", "text"),))
_QUERIES = QueryLibrary("ledger", __file__, "queries")
_OF = {name: query.fingerprint for name, query in load_queries(locate(__file__, "queries")).items()}
_VERSION_OF = Statement[int]("version_of", _OF["version_of"], types=(_INT4,), read_only=True)
_CHANGE = Statement[int]("change", _OF["change"], types=(_INT4, _INT4))
_CHANGE_CLEANLY = Statement[int](
    "change_cleanly",
    _OF["change_cleanly"],
    types=(_INT4, _INT4),
    caching=(Stale("briefly_kept_version_of", (0,)),),
)
_LOCK_ACCOUNT = Statement[int]("lock_account", _OF["lock_account"], types=(_INT4,))
_NOTE = Statement[int]("note", _OF["note"], types=(_TEXT,))
_ADD_NOTES = Statement[NewNote](
    "add_notes",
    _OF["add_notes"],
    types=(_TEXT,),
    row=NewNote,
    copy="COPY ledger.effects (operation) FROM STDIN (FORMAT binary)",
)
_COUNT_OF = Statement[int]("count_of", _OF["count_of"], types=(_TEXT,), read_only=True)
_ALL_ACCOUNTS = Statement[Account]("all_accounts", _OF["all_accounts"], row=Account, read_only=True)
_KEPT_VERSION_OF = Statement[int](
    "kept_version_of",
    _OF["kept_version_of"],
    types=(_INT4,),
    read_only=True,
    caching=Cached(60, (0,), int),
)
_BRIEFLY_KEPT_VERSION_OF = Statement[int](
    "briefly_kept_version_of",
    _OF["briefly_kept_version_of"],
    types=(_INT4,),
    read_only=True,
    caching=Cached(BRIEFLY, (0,), int),
)
_SURE_VERSION_OF = Statement[int](
    "sure_version_of", _OF["sure_version_of"], types=(_INT4,), read_only=True, primary=True
)
_SLOW_TOTAL = Statement[int]("slow_total", _OF["slow_total"], read_only=True)
