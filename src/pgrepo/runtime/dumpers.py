"""How parameters are written: each value for exactly the type its statement names.

psycopg picks a parameter's type by the Python value: 5 is an int2, 70000 an int4, and each
combination would be prepared anew. Here the statement says the type. `Typed(oid, value)` wraps a
value, and its dumper, through psycopg's own `get_key` and `upgrade`, becomes the one for the OID.

psycopg's dumpers trust the type they were chosen by, and found by OID some would send nonsense
instead of failing: 70000 for an int2 loses its upper half, "no" is true, a timedelta's fields
are read from whatever is there. So a check (see `checks`) stands in front of each of those.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import msgspec
from psycopg import ProgrammingError
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, RecursiveDumper
from psycopg.pq import Format
from psycopg.types.json import Json, Jsonb

from pgrepo.runtime.checks import CHECKS, Unfit, check_array
from pgrepo.runtime.encodings import encoding_of
from pgrepo.runtime.pg import type_of_number
from pgrepo.runtime.scalars import scalar_dumper
from pgrepo.runtime.structures import WireType, write_array
from pgrepo.runtime.types import UNSET
from pgrepo.runtime.wording import misfit

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.abc import AdaptContext, Buffer, DumperKey

JSON_OID = 114
JSONB_OID = 3802
_ELEMENTS = {199: JSON_OID, 3807: JSONB_OID}
"""Arrays of JSON, in which a list is an element."""


class Typed:
    """A value, and the type to send it as: an OID, or the number of a type without one (see `pg`).

    0 sends text and leaves the type to PostgreSQL.
    """

    __slots__ = ("oid", "value")

    def __init__(self, oid: int, value: object) -> None:
        self.oid = oid
        self.value = value


class TypedDumper(RecursiveDumper):
    """Hands a Typed on to the dumper of its OID."""

    def get_key(self, obj: Typed, format: PyFormat) -> DumperKey:
        """Makes psycopg keep one dumper an OID; it only hashes and compares the key."""
        return cast("DumperKey", (Typed, obj.oid))

    def upgrade(self, obj: Typed, format: PyFormat) -> Dumper:
        """Returns the dumper of the OID."""
        return _ByOid(obj.oid, dumper_for(obj.oid, self._tx))

    def dump(self, obj: Typed) -> Buffer | None:
        """Writes a value."""
        return self.upgrade(obj, PyFormat.AUTO).dump(obj)


class _ByOid(Dumper):
    """Writes the values of one type, and NULL with that type as well."""

    def __init__(self, oid: int, dumper: Dumper) -> None:
        super().__init__(Typed)
        # Of a type without an OID, PostgreSQL knows from the statement which one it is.
        self.oid = 0 if type_of_number(oid) is not None else oid
        self.format = dumper.format
        self._dump = dumper.dump

    def dump(self, obj: Typed) -> Buffer | None:
        return None if obj.value is None else self._dump(obj.value)


def dumper_for(oid: int, context: AdaptContext) -> Dumper:
    """Returns what writes values of a type as a parameter: binary wherever psycopg can."""
    if oid == 0:
        return _InferredDumper(object, context)
    adapters = context.adapters
    if has_binary_dumper(oid, adapters):
        return copy_dumper(oid, context)
    return _TextDumper(object, context)


def copy_dumper(oid: int, context: AdaptContext) -> Dumper:
    """Returns what writes values of a type into a binary COPY."""
    made = context.adapters.get_dumper_by_oid(oid, Format.BINARY)(type(None), context)
    return cast("Dumper", made)


def has_binary_dumper(oid: int, adapters: AdaptersMap) -> bool:
    """Tells whether COPY, which is all binary, can take the type."""
    try:
        adapters.get_dumper_by_oid(oid, Format.BINARY)
    except ProgrammingError:
        return False
    return True


class _TextDumper(Dumper):
    """Writes the text form of a type that psycopg has no binary dumper for (point, money)."""

    def dump(self, obj: Any) -> Buffer | None:
        if not isinstance(obj, str):
            raise Unfit("takes a str in PostgreSQL's input syntax")
        return obj.encode(encoding_of(self.connection))


class _InferredDumper(RecursiveDumper):
    """Writes text and leaves the type to PostgreSQL, whatever the value: enums, vectors.

    The host's own registrations (register_enum, register_vector …) are honoured.
    """

    def dump(self, obj: Any) -> Buffer | None:
        if obj is UNSET:
            raise Unfit("takes a value, not UNSET")
        if _is_vector(obj):
            return f"[{','.join(map(repr, obj))}]".encode()
        return self._tx.get_dumper(obj, PyFormat.TEXT).dump(obj)


class InferredBinaryDumper(Dumper):
    """Writes a value of a type without fixed OID into a COPY: enum labels and vectors.

    The binary form of an enum (or citext) is its text.
    """

    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        """Writes a value."""
        if isinstance(obj, str):
            return obj.encode(encoding_of(self.connection))
        if _is_vector(obj):
            from pgvector import Vector  # noqa: PLC0415 - only vectors need it

            return Vector(list(obj)).to_binary()
        raise Unfit("takes a str or a list of numbers")


def _is_vector(obj: object) -> bool:
    return isinstance(obj, list | tuple) and bool(obj) and isinstance(obj[0], float | int)


class JsonDumper(Dumper):
    """Writes whatever msgspec can encode: dict, list, dataclass, Struct."""

    format = Format.BINARY
    oid = JSON_OID

    def dump(self, obj: Any) -> Buffer | None:
        """Writes a value."""
        if isinstance(obj, Json | Jsonb):
            obj = obj.obj
        if obj is UNSET:
            raise Unfit("takes a JSON value, not UNSET")
        try:
            encode = getattr(obj, "__to_json__", None)  # a Document's own
            encoded = msgspec.json.encode(obj) if encode is None else encode()
        except msgspec.ValidationError as error:
            raise Unfit(f"takes a valid {type(obj).__name__}{misfit(error)}") from None
        except TypeError as error:  # "Encoding objects of type X is unsupported"
            raise Unfit(f"takes what msgspec can encode. {error}") from None
        except (ValueError, RecursionError):
            raise Unfit("takes what msgspec can encode") from None
        if (encoding := encoding_of(self.connection)) != "utf-8":
            encoded = encoded.decode().encode(encoding)
        return encoded


class JsonbDumper(JsonDumper):
    """The same with jsonb's version number in front."""

    oid = JSONB_OID

    def dump(self, obj: Any) -> Buffer | None:
        """Writes a value."""
        return b"\x01" + cast("bytes", super().dump(obj))


def checked_dumper(oid: int, adapters: AdaptersMap) -> type[Dumper]:
    """Returns the binary dumper of a type, behind its check.

    Raises:
        psycopg.ProgrammingError: psycopg has none.
    """
    if oid == 0:
        return InferredBinaryDumper
    if oid == JSONB_OID:
        return JsonbDumper
    if oid == JSON_OID:
        return JsonDumper
    if oid in _ELEMENTS:
        return _json_array_dumper(oid)
    if (made := type_of_number(oid)) is not None:
        return _wire_dumper(made)
    if (ours := scalar_dumper(oid)) is not None:
        return ours
    base = cast("type[Dumper]", adapters.get_dumper_by_oid(oid, Format.BINARY))
    if (info := adapters.types.get(oid)) is None:
        return base
    check = check_array if oid == info.array_oid else CHECKS.get(info.name)
    return base if check is None else _behind(check, base)


@cache
def _wire_dumper(made: WireType) -> type[Dumper]:
    class WireDumper(Dumper):
        """Writes values of a type that has no OID of its own."""

        format = Format.BINARY

        def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
            super().__init__(cls, context)
            assert context is not None
            self._dump = made.dumper(context)

        def dump(self, obj: Any) -> Buffer | None:
            return self._dump(obj)

    return WireDumper


@cache
def _json_array_dumper(array_oid: int) -> type[Dumper]:
    element_oid = _ELEMENTS[array_oid]
    element = JsonbDumper if element_oid == JSONB_OID else JsonDumper

    class JsonArrayDumper(Dumper):
        """Writes arrays of JSON, of one dimension: a list inside is a JSON array."""

        format = Format.BINARY
        oid = array_oid

        def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
            super().__init__(cls, context)
            self._element = element(object, context).dump

        def dump(self, obj: Any) -> Buffer | None:
            dump = cast("Callable[[Any], bytes]", self._element)
            return write_array(obj, dump, element_oid, flat=True)

    return JsonArrayDumper


@cache
def _behind(check: Callable[[Any], Any], base: type[Dumper]) -> type[Dumper]:
    class CheckedDumper(Dumper):
        format = base.format
        oid = base.oid

        def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
            super().__init__(cls, context)
            # Array dumpers test elements against the class they are made for.
            self._dump = base(type(None), context).dump

        def dump(self, obj: Any) -> Buffer | None:
            return self._dump(check(obj))

    return CheckedDumper
