"""Rows as a binary COPY takes them, formatted in blocks.

Each value has to be checked before psycopg's own dumper may have it (see `dumpers`), and a check
in Python for each costs more than all the rest. So a block of rows is first looked at column by
column: where the values are of exactly the class that a type takes, which `set(map(type, …))`
tells at the speed of C, psycopg's C code formats the rows and nothing else looks at them. Any
other block, be it that a value is wrong or merely unusual, goes through the checks.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, cast

from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import Format

from pgrepo.runtime.adapters import Adapters, Context, connection_adapters
from pgrepo.runtime.bulk import BLOCK, LARGE, blame
from pgrepo.runtime.dumpers import copy_dumper

try:
    from psycopg._copy_base import format_row_binary
except ImportError:  # it is private, and another version may not have it

    def format_row_binary(row: Sequence[Any], tx: Any, out: bytearray) -> None:
        """Formats a row behind what is there already."""
        out += len(row).to_bytes(2, "big")
        for value in tx.dump_sequence(row, [PyFormat.BINARY] * len(row)):
            out += b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big")
            out += value or b""


if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import AsyncCursor, Cursor

    from pgrepo.runtime.bulk import BulkRows, Row
    from pgrepo.runtime.statement import Prepared

    AnyCursor = AsyncCursor[Any] | Cursor[Any]

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What a binary COPY begins with: signature, flags, the length of more."""
_TRAILER = b"\xff\xff"

_NONE = type(None)
_INFERRED, _TEXT = 0, 25


def _exactly(*types: type) -> Callable[[Sequence[Any]], bool]:
    allowed = {*types, _NONE}
    return lambda values: allowed.issuperset(map(type, values))


def _integers(low: int, high: int) -> Callable[[Sequence[Any]], bool]:
    def fits(values: Sequence[Any]) -> bool:
        types = set(map(type, values))
        if types == {int}:
            return bool(low <= min(values) and max(values) <= high)
        if types == {int, _NONE}:
            given = [value for value in values if value is not None]
            return bool(low <= min(given) and max(given) <= high)
        return types == {_NONE}

    return fits


_datetimes = _exactly(dt.datetime)


def _aware(values: Sequence[Any]) -> bool:
    # A timezone always knows its offset; other kinds of tzinfo may not.
    return _datetimes(values) and all(
        value is None or type(value.tzinfo) is dt.timezone for value in values
    )


def _naive(values: Sequence[Any]) -> bool:
    return _datetimes(values) and all(value is None or value.tzinfo is None for value in values)


_strings = _exactly(str)
_QUICK: dict[int, Callable[[Sequence[Any]], bool]] = {
    _INFERRED: _strings,  # the labels of an enum
    16: _exactly(bool),
    17: _exactly(bytes),
    19: _strings,
    20: _integers(-(2**63), 2**63 - 1),
    21: _integers(-(2**15), 2**15 - 1),
    23: _integers(-(2**31), 2**31 - 1),
    _TEXT: _strings,
    701: _exactly(float),
    1043: _strings,
    1082: _exactly(dt.date),
    1114: _naive,
    1184: _aware,
}
"""By the OID of a type: whether a column of values needs no other check."""


class _Unchecked(Adapters):
    """A connection's adapters, without a check where a block has passed its own."""

    def __init__(self, cursor: AnyCursor) -> None:
        views = connection_adapters(cursor.connection)
        super().__init__(cursor.connection.adapters, {}, views.known)
        self._cursor = cursor

    def get_dumper_by_oid(self, oid: int, format: Format) -> type[Any]:
        """Finds a dumper by PostgreSQL's type."""
        if oid in _QUICK:
            return self._connection_map.get_dumper_by_oid(oid or _TEXT, format)
        # With the context that checks: it may hold others, and theirs are checked nowhere else.
        made = copy_dumper(oid, self._cursor)
        return cast("type[Any]", lambda *_: made)


class Formatter:
    """Formats the rows of one bulk call.

    Args:
        query: whose parameters they are.
        cursor: which copies them.
    """

    def __init__(self, query: Prepared, cursor: AnyCursor) -> None:
        self._checked = Transformer(cursor)
        self._checked.set_dumper_types(query.types, Format.BINARY)
        unchecked = Context(_Unchecked(cursor), cursor.connection)
        self._quick = Transformer(cast("Any", unchecked))
        self._quick.set_dumper_types(query.types, Format.BINARY)
        self._columns = [(at, _QUICK[oid]) for at, oid in enumerate(query.types) if oid in _QUICK]

    def add(self, rows: Sequence[Row], out: bytearray) -> None:
        """Formats a block of rows behind what is there already.

        Raises:
            Exception: whatever a dumper trips over; `out` then holds part of the block.
        """
        transformer = self._quick if self._is_plain(rows) else self._checked
        for row in rows:
            format_row_binary(row, transformer, out)

    def _is_plain(self, rows: Sequence[Row]) -> bool:
        columns = list(zip(*rows, strict=True))
        return all(fits(columns[at]) for at, fits in self._columns)


class CopyData:
    """The rows of one bulk call, on their way into a COPY.

    Args:
        query: whose parameters they are.
        cursor: which copies them.
        rows: the rows.

    Attributes:
        out: what is formatted and not sent yet.
    """

    def __init__(self, query: Prepared, cursor: AnyCursor, rows: BulkRows) -> None:
        self._query, self._cursor, self._rows = query, cursor, rows
        self._formatter = Formatter(query, cursor)
        self._block = 1
        self.out = bytearray(_HEADER)

    def format_more(self) -> list[Row]:
        """Takes the next rows and formats them; returns them, or nothing after the last one.

        As long as rows are small, twice as many as the last time.

        Raises:
            DataError: a value does not fit; the message says which.
            Exception: whatever the caller's iterable raises.
        """
        block = self._rows.take(self._block)
        if not block:
            self.out += _TRAILER
            return block
        before = len(self.out)
        try:
            self._formatter.add(block, self.out)
        except Exception as error:
            blame(error, self._query, block, self._cursor, self._rows.taken, copy=True)
            raise
        self._block = 1 if len(self.out) - before > LARGE else min(2 * self._block, BLOCK)
        return block

    def hand_over(self) -> bytearray:
        """Returns what is formatted, and begins anew."""
        out, self.out = self.out, bytearray()
        return out
