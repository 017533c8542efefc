"""How far the log of a cluster has to be replayed before somebody's writes can be read."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,8})-([0-9a-f]{1,16})", re.ASCII)


class Token(NamedTuple):
    """A place in a cluster's log.

    Attributes:
        system: the cluster's system identifier.
        timeline: which of its histories; a failover begins another one.
        position: in that history's log, in bytes (an LSN).
    """

    system: int
    timeline: int
    position: int

    def __str__(self) -> str:
        return f"{self.system:x}-{self.timeline:x}-{self.position:x}"

    def is_in(self, other: Token) -> bool:
        """Tells whether whoever is at another place has all that is at this one.

        Only of the same history is that known.
        """
        same = (self.system, self.timeline) == (other.system, other.timeline)
        return same and self.position <= other.position


def parse(text: str) -> Token:
    """Reads what `str` has made of a token.

    Raises:
        UsageError: it is none.
    """
    found = _TEXT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise UsageError("this is no token: hand on what token() has returned, as it is")
    return Token(*(int(part, 16) for part in found.groups()))


class Written:
    """What has been written in one context.

    Attributes:
        token: where the log was after the last write; None if there was none.
        pending: whether something may have been written after that.
        shared: whether the tasks that are started in this context write here too.
    """

    __slots__ = ("pending", "shared", "token")

    def __init__(
        self, token: Token | None = None, *, pending: bool = False, shared: bool = False
    ) -> None:
        self.token = token
        self.pending = pending
        self.shared = shared


_NOTHING = Written()


class Memory:
    """What every context has written to one database."""

    def __init__(self) -> None:
        # One for each database with replicas, of which a program has few.
        self._variable: ContextVar[Written] = ContextVar("written", default=_NOTHING)

    @property
    def written(self) -> Written:
        """What this context has written."""
        return self._variable.get()

    def expect(self) -> None:
        """Notes that a write may follow: until its token is there, only the primary will do."""
        self._note(self.written.token, pending=True)

    def note(self, token: Token) -> None:
        """Notes the token of a write. Of two, the one further on counts."""
        known = self.written.token
        # What another task has noted meanwhile may be further on.
        newer = known is not None and known.system == token.system and known > token
        self._note(known if newer else token, pending=False)

    @contextmanager
    def after(self, token: Token | None) -> Iterator[None]:
        """Begins a context that its tasks share, for a block."""
        before = self._variable.set(Written(token, shared=True))
        try:
            yield
        finally:
            self._variable.reset(before)

    def _note(self, token: Token | None, *, pending: bool) -> None:
        written = self.written
        if written.shared:
            written.token, written.pending = token, pending
        elif (written.token, written.pending) != (token, pending):
            self._variable.set(Written(token, pending=pending))


def after(memory: Memory | None, text: str | None) -> AbstractContextManager[None]:
    """Returns a block after a token; see `Database.after`."""
    token = parse(text) if text else None
    return nullcontext() if memory is None else memory.after(token)
