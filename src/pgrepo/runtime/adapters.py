"""psycopg's adaptation as our cursors see it: the connection's own, and a few types of ours.

The maps here are views. Nothing is registered on a connection, which may be a host application's;
and whatever the host registers on it for a built-in type, before or after, is seen. Enums,
composites and the like are read as the generated code says, whatever the host makes of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, cast
from weakref import WeakKeyDictionary

import msgspec
from psycopg.adapt import AdaptersMap, Loader
from psycopg.pq import Format

from pgrepo.runtime.dumpers import JSON_OID, JSONB_OID, Typed, TypedDumper, checked_dumper
from pgrepo.runtime.scalars import SCALARS, BinaryLoader, TextLoader, scalar_loader
from pgrepo.runtime.structures import FIRST_USER_OID
from pgrepo.runtime.translate import NotSupportedError
from pgrepo.runtime.vectors import read_dense, read_sparse

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import BaseConnection
    from psycopg.abc import AdaptContext, Buffer
    from psycopg.adapt import PyFormat

_TEXT_OID = 25
_TEXT_ARRAY_OID = 1009
_VOID_OID = 2278


class Adapters(AdaptersMap):
    """A connection's adapters, with typed parameters and other loaders for some types."""

    def __init__(
        self,
        connection_map: AdaptersMap,
        json: dict[int, type[Loader]],
        known: KnownTypes,
        *,
        raw: bool = False,
    ) -> None:
        # The parent's maps stay unset on purpose: every look-up goes to the connection's.
        self.types = connection_map.types
        self.known = known
        self.raw = raw
        self._connection_map = connection_map
        self._json = json

    def get_dumper(self, cls: type, format: PyFormat) -> type[Any]:
        """Finds a dumper by the value's class."""
        if cls is Typed:
            return TypedDumper
        return self._connection_map.get_dumper(cls, format)

    def get_dumper_by_oid(self, oid: int, format: Format) -> type[Any]:
        """Finds a dumper by PostgreSQL's type."""
        if format == Format.BINARY:
            return checked_dumper(oid, self._connection_map)
        return self._connection_map.get_dumper_by_oid(oid, format)

    def get_loader(self, oid: int, format: Format) -> type[Any] | None:
        """Finds a loader; in binary there always is one."""
        if format != Format.BINARY:
            return self._connection_map.get_loader(oid, format)
        if oid >= FIRST_USER_OID:
            return self.known.loader(oid)
        found = self._json.get(oid) or self._connection_map.get_loader(oid, format)
        if oid in SCALARS:
            found = scalar_loader(oid, found)
        return found or self.known.loader(oid)

    def host_loader(self, oid: int) -> type[Any] | None:
        """Finds what the connection itself has for a type that we cannot read."""
        return self._connection_map.get_loader(oid, Format.BINARY)


class KnownTypes:
    """The types of one connection that psycopg does not know, such as enums and vectors.

    Attributes:
        unknown: OIDs that a result had and that are still to be looked up (see `wire`).
    """

    def __init__(self) -> None:
        self.unknown: set[int] = set()
        self._made_of_others: set[int] = set()
        self._loaders: dict[int, type[Loader]] = {_VOID_OID: _VoidLoader}
        self._unreadable: dict[int, str] = {}

    def loader(self, oid: int) -> type[Loader]:
        """Returns what loads a type; if unknown, something that can tell once data comes."""
        if (known := self._loaders.get(oid)) is not None:
            return known
        if oid not in self._unreadable and oid not in self._made_of_others:
            self.unknown.add(oid)
        return _LateLoader

    def leave(self, oid: int) -> None:
        """Takes note of a type whose values a statement decodes itself."""
        self._made_of_others.add(oid)
        self.unknown.discard(oid)

    def load(self, oid: int, context: Context) -> Callable[[Buffer], Any]:
        """Returns the function that loads a type, which was looked up meanwhile.

        Raises:
            NotSupportedError: there is none.
        """
        if (known := self._loaders.get(oid)) is not None:
            return known(oid, context).load
        if oid in self._made_of_others and context.adapters.raw:
            return bytes
        if (hosts := context.adapters.host_loader(oid)) is not None:
            return cast("Callable[[Buffer], Any]", hosts(oid, context).load)
        name = self._unreadable.get(oid, f"OID {oid}")
        raise NotSupportedError(
            f'a column has type "{name}", which pgrepo cannot read: cast it in the query, for '
            "instance with ::text"
        )

    def learn(self, rows: list[TypeRow], connection_map: AdaptersMap) -> None:
        """Takes in what the catalog says about types (of arrays, also about their elements)."""
        text = connection_map.get_loader(_TEXT_OID, Format.BINARY)
        array = connection_map.get_loader(_TEXT_ARRAY_OID, Format.BINARY)
        for row in rows:
            element = _loader_of(row.element_kind or row.kind, row.element_name or row.name, text)
            if element is not None:
                self._loaders[row.element or row.oid] = element
            elif not row.element or not connection_map.get_loader(row.element, Format.BINARY):
                self._unreadable[row.oid] = row.name
                continue
            if row.element:
                # The array's data names its element type, so one loader serves all arrays.
                self._loaders[row.oid] = cast("type[Loader]", array)


class TypeRow(NamedTuple):
    """A type's entry in the catalog, with its element's if it is an array."""

    oid: int
    name: str
    kind: str
    element: int
    element_name: str | None
    element_kind: str | None


# An array has a subscript handler and, unlike point and its like, a varying length.
TYPES_SQL: LiteralString = """\
SELECT
    type.oid, type.typname::text, type.typtype::text,
    CASE WHEN type.typlen = -1 THEN type.typelem ELSE 0 END::oid,
    element.typname::text, element.typtype::text
FROM pg_catalog.pg_type AS type
LEFT JOIN pg_catalog.pg_type AS element ON element.oid = type.typelem AND type.typlen = -1
WHERE type.oid = ANY ($1::oid[])"""


def _loader_of(kind: str, name: str, text: type[Any] | None) -> type[Loader] | None:
    if kind == "e" or name == "citext":
        return cast("type[Loader]", text)
    return {"vector": _VectorLoader, "halfvec": _HalfvecLoader, "sparsevec": _SparsevecLoader}.get(
        name
    )


class ConnectionAdapters(NamedTuple):
    """The two views of a connection.

    Attributes:
        decoded: JSON is decoded by type OID.
        raw: JSON, and values made of others such as composites, are left to the statement.
        known: what both know of the connection's types.
    """

    decoded: Adapters
    raw: Adapters
    known: KnownTypes


_adapters: WeakKeyDictionary[BaseConnection[Any], ConnectionAdapters] = WeakKeyDictionary()


def connection_adapters(connection: BaseConnection[Any]) -> ConnectionAdapters:
    """Returns the views of a connection; they are made once and live as long as it."""
    adapters = _adapters.get(connection)
    if adapters is None:
        known = KnownTypes()
        adapters = _adapters[connection] = ConnectionAdapters(
            Adapters(connection.adapters, _DECODED_JSON, known),
            Adapters(connection.adapters, _RAW_JSON, known, raw=True),
            known,
        )
    return adapters


def decoding_context(connection: BaseConnection[Any]) -> AdaptContext:
    """Returns what loads the parts of values made of others."""
    return cast("AdaptContext", Context(connection_adapters(connection).decoded, connection))


class _LateLoader(BinaryLoader):
    """Stands in for a type until the catalog was asked, which happens before data is loaded."""

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        assert context is not None
        # Not the context itself: it is a Transformer, and keeps this loader.
        self._adapters = cast("Adapters", context.adapters)
        self._load: Callable[[Buffer], Any] | None = None

    def load(self, data: Buffer) -> Any:
        if self._load is None:
            context = Context(self._adapters, self.connection)
            self._load = self._adapters.known.load(self.oid, context)
        return self._load(data)


class Context(NamedTuple):
    """The least that psycopg accepts as an adaptation context."""

    adapters: Adapters
    connection: BaseConnection[Any] | None


class _VoidLoader(BinaryLoader):
    """The result of a function that returns nothing."""

    def load(self, data: Buffer) -> None:
        return None


class _RawJsonLoader(TextLoader):
    """JSON as bytes, for msgspec, which reads UTF-8."""

    def load(self, data: Buffer) -> bytes:
        raw = bytes(data)
        return raw if self._encoding == "utf-8" else raw.decode(self._encoding).encode()


class _RawJsonbLoader(_RawJsonLoader):
    """The same behind jsonb's version number."""

    def load(self, data: Buffer) -> bytes:
        if data[0] != 1:
            raise NotSupportedError(f"jsonb has version {data[0]}, and only 1 is known")
        return super().load(data[1:])


class _JsonLoader(_RawJsonLoader):
    def load(self, data: Buffer) -> Any:
        return msgspec.json.decode(super().load(data))


class _JsonbLoader(_RawJsonbLoader):
    def load(self, data: Buffer) -> Any:
        return msgspec.json.decode(super().load(data))


class _VectorLoader(BinaryLoader):
    """pgvector's types as lists of floats."""

    def load(self, data: Buffer) -> list[float]:
        return read_dense(bytes(data), "f")


class _HalfvecLoader(BinaryLoader):
    def load(self, data: Buffer) -> list[float]:
        return read_dense(bytes(data), "e")


class _SparsevecLoader(BinaryLoader):
    def load(self, data: Buffer) -> list[float]:
        return read_sparse(bytes(data))


_DECODED_JSON: dict[int, type[Loader]] = {JSON_OID: _JsonLoader, JSONB_OID: _JsonbLoader}
_RAW_JSON: dict[int, type[Loader]] = {JSON_OID: _RawJsonLoader, JSONB_OID: _RawJsonbLoader}
