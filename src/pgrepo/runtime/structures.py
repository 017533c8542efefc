"""The binary forms of types that are made of others: arrays, composites, ranges, domains, enums.

Such a type has another OID in every database, so it cannot be sent or read by OID. But its form
is made of the forms of built-in types, which are the same everywhere, and generated code names
them (see `pg`). PostgreSQL minds the OIDs inside an array or a composite only where it and we both
name built-in types; for all others we write 0.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import psycopg
from psycopg.pq import Format
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from pgrepo.runtime.checks import Unfit, check_array
from pgrepo.runtime.encodings import encoding_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import AdaptContext

Dump: TypeAlias = Callable[[Any], bytes]
Load: TypeAlias = Callable[[bytes], Any]

FIRST_USER_OID = 10_000
"""Below it an OID means the same type on every server (FirstGenbkiObjectId)."""
_LISTS = frozenset({114, 3802})  # json and jsonb: a list there is a value, not a dimension
_NULL = b"\xff\xff\xff\xff"
_EMPTY, _LOWER_INCLUSIVE, _UPPER_INCLUSIVE, _LOWER_INFINITE, _UPPER_INFINITE = 1, 2, 4, 8, 16
_long = struct.Struct("!i")
_array_head = struct.Struct("!iiI")  # dimensions, whether there are NULLs, the elements' OID
_pair = struct.Struct("!ii")
_field_head = struct.Struct("!Ii")  # OID, length


class TypeChanged(Exception):
    """A type of the database is no longer what it was when the code was generated."""


class WireType:
    """How values of a type travel.

    It is no ABC: those who derive from it are structs as well, which have another metaclass.

    Attributes:
        oid: its OID if it is a built-in type, else 0.
        name: for messages.
        is_list: whether its values are lists in Python, which an array of them must not take
            for dimensions.
    """

    oid: int
    name: str
    is_list: bool

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes a value that is not None."""
        raise NotImplementedError

    def loader(self, context: AdaptContext) -> Load:
        """Returns what reads a value that is not NULL."""
        raise NotImplementedError


class Made(WireType):
    """The base of types without an OID of their own."""

    oid = 0
    is_list = False


class BuiltIn(WireType, msgspec.Struct, frozen=True):
    """A built-in type, or a domain over one, which travels alike."""

    oid: int
    is_list = False

    @property
    def name(self) -> str:  # type: ignore[override]
        """As in `pg_type`, arrays with brackets."""
        if (info := psycopg.adapters.types.get(self.oid)) is None:
            return "this type"
        return f"{info.name}[]" if info.array_oid == self.oid else info.name

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes a value: psycopg's dumper behind its check, or ours."""
        made = context.adapters.get_dumper_by_oid(self.oid, Format.BINARY)(type(None), context)
        return lambda value: _dump(made, value)

    def loader(self, context: AdaptContext) -> Load:
        """Returns what reads a value."""
        loader = context.adapters.get_loader(self.oid, Format.BINARY)
        assert loader is not None, f"no loader for the type with OID {self.oid}"
        return loader(self.oid, context).load


def _dump(dumper: Any, value: Any) -> bytes:
    try:
        return bytes(dumper.dump(value))
    except Unfit:
        raise
    except Exception:  # noqa: BLE001 - whatever a dumper trips over, the value is at fault
        raise Unfit("cannot take this value") from None


class Textual(Made, msgspec.Struct, frozen=True):
    """A type whose binary form is its text: an enum, citext."""

    name: str = "an enum or text"

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes a str."""
        encoding = encoding_of(context.connection)

        def write(value: Any) -> bytes:
            if not isinstance(value, str):
                raise Unfit("takes a str")
            return value.encode(encoding)

        return write

    def loader(self, context: AdaptContext) -> Load:
        """Returns what reads a str."""
        encoding = encoding_of(context.connection)
        return lambda data: data.decode(encoding)


class Array(Made, msgspec.Struct, frozen=True):
    """An array of a type that is not built in, or of a domain."""

    element: WireType
    is_list = True

    @property
    def name(self) -> str:  # type: ignore[override]
        """The elements' name and brackets."""
        return f"{self.element.name}[]"

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes a sequence; one of sequences has dimensions."""
        element, oid = self.element.dumper(context), self.element.oid
        flat = self.element.is_list or oid in _LISTS or _is_array(oid, context)
        return lambda value: write_array(value, element, oid, flat=flat)

    def loader(self, context: AdaptContext) -> Load:
        """Returns what reads a list."""
        element = self.element.loader(context)
        return lambda data: self._read(data, element)

    def _read(self, data: bytes, load: Load) -> list[Any]:
        dimensions, _, oid = _array_head.unpack_from(data)
        _expect(oid, self.element.oid, "array")
        if dimensions == 0:
            return []
        lengths = [_pair.unpack_from(data, 12 + 8 * index)[0] for index in range(dimensions)]
        items = list(_values(data, 12 + 8 * dimensions, load))
        for length in reversed(lengths[1:]):
            items = [items[start : start + length] for start in range(0, len(items), length)]
        return items


def _is_array(oid: int, context: AdaptContext) -> bool:
    info = context.adapters.types.get(oid)
    return info is not None and info.array_oid == oid


def write_array(value: Any, dump: Dump, oid: int, *, flat: bool) -> bytes:
    """Writes an array.

    Args:
        value: a sequence, or where there are more dimensions nested lists.
        dump: writes an element.
        oid: the elements' type, or 0.
        flat: whether lists inside the list are values, not dimensions.
    """
    items = check_array(value)
    if not items:
        return _array_head.pack(0, 0, oid)
    lengths = [len(items)] if flat else _lengths(items)
    for _ in lengths[1:]:
        items = [item for inner in items for item in inner]
    parts = [_NULL if item is None else _sized(dump(item)) for item in items]
    head = _array_head.pack(len(lengths), int(_NULL in parts), oid)
    return b"".join([head, *(_pair.pack(length, 1) for length in lengths), *parts])


def _lengths(items: list[Any]) -> list[int]:
    """The length of each dimension of nested lists."""
    lengths = [len(items)]
    while any(isinstance(item, list) for item in items):
        if not all(isinstance(item, list) for item in items):
            raise Unfit("takes lists of equal depth")
        sizes = {len(item) for item in items}
        if len(sizes) > 1 or sizes == {0}:
            raise Unfit("takes inner lists of equal length, and none that is empty")
        lengths += sizes
        items = [item for inner in items for item in inner]
    return lengths


def _sized(data: bytes) -> bytes:
    return _long.pack(len(data)) + data


def _values(data: bytes, offset: int, load: Load) -> Iterator[Any]:
    """The values that stand one behind the other, each after its length."""
    while offset < len(data):
        (length,) = _long.unpack_from(data, offset)
        offset += 4
        yield None if length < 0 else load(data[offset : offset + length])
        offset += max(length, 0)


class Composite(Made, msgspec.Struct, frozen=True):
    """A composite type: a dataclass in Python, its fields in the same order."""

    name: str
    made: type[Any]
    parts: tuple[WireType, ...]

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes an instance of the dataclass."""
        names = [field.name for field in fields(self.made)]
        pairs = zip(names, self.parts, strict=True)
        parts = [(name, part, part.dumper(context)) for name, part in pairs]
        head = _long.pack(len(parts))

        def write(value: Any) -> bytes:
            if not isinstance(value, self.made):
                raise Unfit(f"takes a {self.made.__name__}")
            found = [head]
            for name, part, dump in parts:
                item = getattr(value, name)
                found.append(part.oid.to_bytes(4, "big"))
                found.append(_NULL if item is None else _sized(_field(name, part, dump, item)))
            return b"".join(found)

        return write

    def loader(self, context: AdaptContext) -> Load:
        """Returns what makes an instance of the dataclass."""
        parts = [(part.oid, part.loader(context)) for part in self.parts]
        return lambda data: self._read(data, parts)

    def _read(self, data: bytes, parts: list[tuple[int, Load]]) -> Any:
        (count,) = _long.unpack_from(data)
        if count != len(parts):
            raise TypeChanged(f"{self.name} has {count} fields, and had {len(parts)}")
        values, offset = [], 4
        for expected, load in parts:
            oid, length = _field_head.unpack_from(data, offset)
            _expect(oid, expected, self.name)
            offset += 8
            values.append(None if length < 0 else load(data[offset : offset + length]))
            offset += max(length, 0)
        return self.made(*values)


def _field(name: str, part: WireType, dump: Dump, item: Any) -> bytes:
    try:
        return dump(item)
    except Unfit as unfit:
        raise Unfit(f"has a field {name}: {part.name} {unfit}") from None


def _expect(oid: int, expected: int, where: str) -> None:
    """Compares what came with what was generated, as far as OIDs can tell."""
    if oid != expected and oid < FIRST_USER_OID and expected:
        raise TypeChanged(f"{where} holds the type with OID {oid}, and held {expected}")


class RangeOf(Made, msgspec.Struct, frozen=True):
    """A range type."""

    bound: WireType
    name: str = "a range"

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes a psycopg Range."""
        dump = self.bound.dumper(context)
        return lambda value: _write_range(value, dump)

    def loader(self, context: AdaptContext) -> Load:
        """Returns what reads a psycopg Range."""
        load = self.bound.loader(context)
        return lambda data: _read_range(data, load)


def _write_range(value: Any, dump: Dump) -> bytes:
    if not isinstance(value, Range):
        raise Unfit("takes a psycopg Range")
    if value.isempty:
        return bytes((_EMPTY,))
    flags = (value.lower_inc and _LOWER_INCLUSIVE) | (value.upper_inc and _UPPER_INCLUSIVE)
    flags |= (value.lower_inf and _LOWER_INFINITE) | (value.upper_inf and _UPPER_INFINITE)
    bounds = (bound for bound in (value.lower, value.upper) if bound is not None)
    return bytes((flags,)) + b"".join(_sized(dump(bound)) for bound in bounds)


def _read_range(data: bytes, load: Load) -> Range[Any]:
    flags = data[0]
    if flags & _EMPTY:
        return Range(empty=True)
    bounds = _values(data, 1, load)
    lower = None if flags & _LOWER_INFINITE else next(bounds)
    upper = None if flags & _UPPER_INFINITE else next(bounds)
    opening = "[" if flags & _LOWER_INCLUSIVE else "("
    return Range(lower, upper, opening + ("]" if flags & _UPPER_INCLUSIVE else ")"))


class MultirangeOf(Made, msgspec.Struct, frozen=True):
    """A multirange type."""

    bound: WireType
    name: str = "a multirange"

    def dumper(self, context: AdaptContext) -> Dump:
        """Returns what writes a psycopg Multirange."""
        dump = self.bound.dumper(context)

        def write(value: Any) -> bytes:
            if not isinstance(value, Multirange):
                raise Unfit("takes a psycopg Multirange")
            parts = [_sized(_write_range(item, dump)) for item in value]
            return _long.pack(len(parts)) + b"".join(parts)

        return write

    def loader(self, context: AdaptContext) -> Load:
        """Returns what reads a psycopg Multirange."""
        load = self.bound.loader(context)
        return lambda data: Multirange(_values(data, 4, lambda item: _read_range(item, load)))
