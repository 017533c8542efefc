"""Built-in types that psycopg has no binary form for, or another than a typed row needs."""

from __future__ import annotations

import datetime as dt
import re
import struct
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

from pgrepo.runtime.checks import Unfit
from pgrepo.runtime.encodings import encoding_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.abc import AdaptContext, Buffer

_interval = struct.Struct("!qii")  # microseconds, days, months
_tuple_id = struct.Struct("!IH")  # block, offset
# Compiled when first needed: an import should be quick.
_HEX = "[0-9A-Fa-f]+"
_XML_ENCODING = r"""<\?xml\s[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']"""


class Unreadable(ValueError):
    """Python has no value for what PostgreSQL sent; says what that is."""


class BinaryLoader(Loader):
    """The base of loaders of binary values."""

    format = Format.BINARY


class TextLoader(BinaryLoader):
    """Text, or what is sent as text, in the encoding of the connection."""

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._encoding = encoding_of(self.connection)

    def load(self, data: Buffer) -> Any:
        """Reads a str."""
        return bytes(data).decode(self._encoding)


class TextDumper(Dumper):
    """The same way back."""

    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        """Writes a str."""
        return _str(obj).encode(encoding_of(self.connection))


class _JsonpathLoader(TextLoader):
    """Text behind a version number."""

    def load(self, data: Buffer) -> Any:
        if data[0] != 1:
            raise Unreadable(f"a jsonpath of version {data[0]}")
        return super().load(data[1:])


class _JsonpathDumper(TextDumper):
    def dump(self, obj: Any) -> Buffer | None:
        return b"\x01" + _str(obj).encode(encoding_of(self.connection))


def _str(value: Any, what: str = "a str") -> str:
    if not isinstance(value, str):
        raise Unfit(f"takes {what}")
    return value


def _write_xml(value: Any) -> bytes:
    """In binary, a document's own declaration says how it is encoded; without one it is UTF-8."""
    document = _str(value)
    declared = re.match(_XML_ENCODING, document)
    try:
        return document.encode(declared[1] if declared else "utf-8")
    except (LookupError, UnicodeEncodeError):
        raise Unfit("takes a document that its declared encoding can write") from None


def _read_char(data: bytes) -> str:
    """As PostgreSQL writes it: nothing for a zero byte, and no character outside ASCII."""
    [byte] = data
    return "" if byte == 0 else chr(byte) if byte < 128 else f"\\{byte:03o}"


def _write_char(value: Any) -> bytes:
    letter = _str(value)
    if len(letter) == 4 and re.fullmatch(r"\\[0-3][0-7]{2}", letter):
        return bytes((int(letter[1:], 8),))
    if len(letter) > 1 or not letter.isascii():
        raise Unfit("takes one ASCII character")
    return letter.encode() or b"\x00"


def _read_bits(data: bytes) -> str:
    length = int.from_bytes(data[:4], "big")
    return "".join(f"{byte:08b}" for byte in data[4:])[:length]


def _write_bits(value: Any) -> bytes:
    bits = _str(value, "a str of 0 and 1")
    if not set(bits) <= {"0", "1"}:
        raise Unfit("takes a str of 0 and 1")
    octets = [bits[start : start + 8].ljust(8, "0") for start in range(0, len(bits), 8)]
    return len(bits).to_bytes(4, "big") + bytes(int(octet, 2) for octet in octets)


def _read_mac(data: bytes) -> str:
    return data.hex(":")


def _mac_writer(size: int) -> Callable[[Any], bytes]:
    def write(value: Any) -> bytes:
        digits = re.sub("[-:.]", "", _str(value))
        if len(digits) != size * 2 or not re.fullmatch(_HEX, digits):
            raise Unfit(f"takes a str of {size * 2} hexadecimal digits")
        return bytes.fromhex(digits)

    return write


def lsn_text(position: int) -> str:
    """Writes a place in the log as PostgreSQL does."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def _read_lsn(data: bytes) -> str:
    return lsn_text(int.from_bytes(data, "big"))


def _write_lsn(value: Any) -> bytes:
    high, _, low = _str(value).partition("/")
    if not all(re.fullmatch(_HEX, half) and len(half) <= 8 for half in (high, low)):
        raise Unfit("takes a str such as 16/B374D848")
    return (int(high, 16) << 32 | int(low, 16)).to_bytes(8, "big")


def _read_tuple_id(data: bytes) -> str:
    block, offset = _tuple_id.unpack(data)
    return f"({block},{offset})"


def _write_tuple_id(value: Any) -> bytes:
    found = re.fullmatch(r"\((\d{1,10}),(\d{1,5})\)", _str(value))
    numbers = tuple(map(int, found.groups())) if found else (1 << 32, 0)
    if numbers[0] >= 1 << 32 or numbers[1] >= 1 << 16:
        raise Unfit("takes a str such as (0,1)")
    return _tuple_id.pack(*numbers)


def _read_unsigned(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _unsigned_writer(size: int) -> Callable[[Any], bytes]:
    def write(value: Any) -> bytes:
        if not hasattr(value, "__index__") or not 0 <= value < 1 << size * 8:
            raise Unfit(f"takes an int from 0 to {(1 << size * 8) - 1}")
        return int(value).to_bytes(size, "big")

    return write


def _read_interval(data: bytes) -> dt.timedelta:
    """A timedelta, where the interval's length is certain. psycopg takes a month for 30 days."""
    microseconds, days, months = _interval.unpack(data)
    if months:
        raise Unreadable("an interval with months or years in it, or an infinite one")
    try:
        return dt.timedelta(days=days, microseconds=microseconds)
    except OverflowError:
        raise Unreadable("an interval of more than 999999999 days") from None


def _loader(read: Callable[[bytes], Any]) -> type[Loader]:
    class ScalarLoader(BinaryLoader):
        def load(self, data: Buffer) -> Any:
            return read(bytes(data))

    return ScalarLoader


def _dumper(write: Callable[[Any], bytes]) -> type[Dumper]:
    class ScalarDumper(Dumper):
        format = Format.BINARY

        def dump(self, obj: Any) -> Buffer | None:
            return write(obj)

    return ScalarDumper


_CHAR, _TID, _XID, _CID, _XML = 18, 27, 28, 29, 142
_MACADDR8, _MACADDR, _BPCHAR, _INTERVAL, _BIT, _VARBIT = 774, 829, 1042, 1186, 1560, 1562
_REFCURSOR, _PG_LSN, _JSONPATH, _XID8 = 1790, 3220, 4072, 5069

_LOADERS: dict[int, type[Loader]] = {
    _CHAR: _loader(_read_char),
    _TID: _loader(_read_tuple_id),
    _XID: _loader(_read_unsigned),
    _CID: _loader(_read_unsigned),
    _XID8: _loader(_read_unsigned),
    _XML: TextLoader,
    _REFCURSOR: TextLoader,
    _MACADDR: _loader(_read_mac),
    _MACADDR8: _loader(_read_mac),
    _INTERVAL: _loader(_read_interval),
    _BIT: _loader(_read_bits),
    _VARBIT: _loader(_read_bits),
    _PG_LSN: _loader(_read_lsn),
    _JSONPATH: _JsonpathLoader,
}
_DUMPERS: dict[int, type[Dumper]] = {
    _CHAR: _dumper(_write_char),
    _TID: _dumper(_write_tuple_id),
    _XID: _dumper(_unsigned_writer(4)),
    _CID: _dumper(_unsigned_writer(4)),
    _XID8: _dumper(_unsigned_writer(8)),
    _XML: _dumper(_write_xml),
    _BPCHAR: TextDumper,
    _REFCURSOR: TextDumper,
    _MACADDR: _dumper(_mac_writer(6)),
    _MACADDR8: _dumper(_mac_writer(8)),
    _BIT: _dumper(_write_bits),
    _VARBIT: _dumper(_write_bits),
    _PG_LSN: _dumper(_write_lsn),
    _JSONPATH: _JsonpathDumper,
}
# psycopg heads an array with the OID of its elements' dumper.
_DUMPERS_BY_OID = {
    oid: type(dumper.__name__, (dumper,), {"oid": oid}) for oid, dumper in _DUMPERS.items()
}
SCALARS = frozenset(_LOADERS)
"""The types that have a loader here."""
# What psycopg itself registers for these; anything else is a host's own.
_REPLACED = {oid: psycopg.adapters.get_loader(oid, Format.BINARY) for oid in _LOADERS}


def scalar_loader(oid: int, registered: type[Any] | None) -> type[Any] | None:
    """Returns the loader of one of SCALARS, given the one registered on the connection."""
    return _LOADERS[oid] if registered is _REPLACED[oid] else registered


def scalar_dumper(oid: int) -> type[Dumper] | None:
    """Returns our dumper of a type, if there is one."""
    return _DUMPERS_BY_OID.get(oid)
