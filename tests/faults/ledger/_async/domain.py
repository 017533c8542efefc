"""The domain, as `pgrepo generate` would write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pgrepo.runtime import (
    AsyncDomain,
    AsyncRepository,
    Cached,
    QueryLibrary,
    Scope,
    Stale,
    Statement,
)
from pgrepo.sqlfiles.library import load_queries, locate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.runtime import AsyncSource, AsyncStream

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


class AsyncAccounts(AsyncRepository):
    """Accounts and effects."""

    async def version_of(self, *, account: int) -> int:
        """Returns an account's version."""
        return await self._value(_VERSION_OF, account)

    async def change(self, *, account: int, version: int) -> int:
        """Changes an account that has this version."""
        return await self._affected(_CHANGE, account, version)

    async def change_cleanly(self, *, account: int, version: int) -> int:
        """Changes an account, and what is briefly kept of it is old."""
        return await self._affected(_CHANGE_CLEANLY, account, version)

    async def lock_account(self, *, account: int) -> int:
        """Locks an account and returns its version."""
        return await self._value(_LOCK_ACCOUNT, account)

    async def note(self, *, operation: str) -> int:
        """Notes what was done."""
        return await self._affected(_NOTE, operation)

    async def add_notes(self, rows: Iterable[NewNote]) -> int:
        """Notes what was done, through COPY."""
        return await self._bulk(_ADD_NOTES, rows)

    async def count_of(self, *, operation: str) -> int:
        """Returns how often something was done."""
        return await self._value(_COUNT_OF, operation)

    async def kept_version_of(self, *, account: int) -> int:
        """Returns an account's version, as a cache knows it."""
        return await self._value(_KEPT_VERSION_OF, account)

    async def briefly_kept_version_of(self, *, account: int) -> int:
        """Returns an account's version, as a cache knows it for BRIEFLY."""
        return await self._value(_BRIEFLY_KEPT_VERSION_OF, account)

    async def sure_version_of(self, *, account: int) -> int:
        """Returns an account's version, from the primary."""
        return await self._value(_SURE_VERSION_OF, account)

    async def slow_total(self) -> int:
        """Returns the sum of all versions, after a while."""
        return await self._value(_SLOW_TOTAL)

    def stream_all_accounts(self) -> AsyncStream[Account]:
        """Streams the accounts."""
        return self._stream(_ALL_ACCOUNTS)


class AsyncLedger(AsyncDomain):
    """The domain."""

    def __init__(self, source: AsyncSource) -> None:
        super().__init__(source, _QUERIES)
        self.accounts = AsyncAccounts(self)

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
