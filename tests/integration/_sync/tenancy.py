# Derived from tests/integration/_async/tenancy.py by tools/async_to_sync.py: do not edit.
"""A domain with scopes as the generator would write it, over tests/integration/runtime/tenancy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pgrepo.runtime import Domain, QueryLibrary, Repository, Scope, Statement
from pgrepo.sqlfiles.library import load_queries, locate

from .shop import oid_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from pgrepo.runtime import Source, Stream

DIRECTORY = "runtime/tenancy"


@dataclass(slots=True)
class Note:
    """A row of notes."""

    id: int
    tenant_id: UUID
    body: str


@dataclass(slots=True)
class NewNote:
    """A row of add_notes."""

    tenant_id: UUID
    body: str


@dataclass(slots=True)
class Who:
    """The row of who."""

    role: str
    tenant: str
    label: str
    isolation: str


class Notes(Repository):
    """Notes."""

    def add_note(self, *, body: str) -> Note:
        """Adds a note of the scope's tenant."""
        return self._one(_ADD_NOTE, body)

    def add_note_of(self, *, tenant_id: UUID, body: str) -> int:
        """Adds a note of a tenant."""
        return self._affected(_ADD_NOTE_OF, tenant_id, body)

    def add_notes(self, rows: Iterable[NewNote]) -> int:
        """Adds notes through COPY."""
        return self._bulk(_ADD_NOTES, rows)

    def notes(self, *, limit: int = 100) -> list[Note]:
        """Returns notes."""
        return self._all(_NOTES, limit)

    def stream_notes(self, *, limit: int = 100) -> Stream[Note]:
        """Streams notes."""
        return self._stream(_NOTES, limit)

    def any_note(self) -> Note | None:
        """Returns a note, if there is no other."""
        return self._first(_ANY_NOTE)

    def touch_notes(self) -> int:
        """Changes all notes that are to be seen."""
        return self._affected(_TOUCH_NOTES)

    def who(self) -> Who:
        """Returns who one is."""
        return self._one(_WHO)

    def inverse(self, *, number: int) -> int:
        """Divides."""
        return self._value(_INVERSE, number)

    def sleep(self, *, seconds: float) -> int:
        """Sleeps in the server."""
        return self._affected(_SLEEP, seconds)

    def backend(self) -> int:
        """Returns the connection's process id."""
        return self._value(_BACKEND)

    def kill_backend(self) -> bool:
        """Ends the connection that it runs on."""
        return self._value(_KILL_BACKEND)


class Tenancy(Domain):
    """The domain."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, QUERIES)
        self.notes = Notes(self)

    def for_tenant(self, tenant_id: UUID) -> Self:
        """Returns this domain for one tenant."""
        return self._scoped(_TENANT, tenant_id)

    def for_label(self, label: str) -> Self:
        """Returns this domain for one label."""
        return self._scoped(_LABEL, label)

    def for_nobody(self) -> Self:
        """Returns this domain for a role that does not exist."""
        return self._scoped(_NOBODY)


QUERIES = QueryLibrary("tenancy", __file__, DIRECTORY)
_LOADED = load_queries(locate(__file__, DIRECTORY))
_TENANT = Scope(
    "tenant",
    role="pgrepo_test_app",
    settings=(("tenancy.tenant_id", "uuid"),),
)
_LABEL = Scope("label", settings=(("tenancy.label", "text"),))
_NOBODY = Scope("nobody", role="pgrepo_test_nobody")


def statement(name: str, *parameters: str, **more: Any) -> Statement[Any]:
    """Makes what the generator would write."""
    types = tuple(oid_of(type_name) for type_name in parameters)
    return Statement(name, _LOADED[name].fingerprint, types=types, **more)


_ADD_NOTE = statement("add_note", "text", row=Note)
_ADD_NOTE_OF = statement("add_note_of", "uuid", "text")
_ADD_NOTES = statement(
    "add_notes",
    "uuid",
    "text",
    row=NewNote,
    copy="COPY tenancy.notes (tenant_id, body) FROM STDIN (FORMAT binary)",
)
_NOTES = statement("notes", "int8", row=Note, read_only=True)
_ANY_NOTE = statement("any_note", row=Note, read_only=True)
_TOUCH_NOTES = statement("touch_notes")
_WHO = statement("who", row=Who, read_only=True)
_INVERSE = statement("inverse", "int4", read_only=True)
_SLEEP = statement("sleep", "float8", read_only=True)
_BACKEND = statement("backend", read_only=True)
_KILL_BACKEND = statement("kill_backend")
