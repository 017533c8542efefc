"""Blocks of rows for a binary COPY: what nothing has checked is what the checks let through."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.postgres import types

from pgrepo.runtime import blocks
from pgrepo.runtime._sync.wire import cursor_of
from pgrepo.runtime.blocks import Formatter
from pgrepo.runtime.statement import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterator


class Color(enum.IntEnum):
    """An int that is none exactly."""

    RED = 1


class Name(str):
    """A str that is none exactly."""

    __slots__ = ()


class Nowhere(dt.tzinfo):
    """A time zone that does not know its offset."""

    def utcoffset(self, when: dt.datetime | None) -> None:
        """Does not tell."""

    def dst(self, when: dt.datetime | None) -> None:
        """Does not tell."""

    def tzname(self, when: dt.datetime | None) -> None:
        """Has none."""


NOW = dt.datetime(2026, 5, 4, 3, 2, 1, 7)  # noqa: DTZ001
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**15 - 1, 2**15, -(2**15), -(2**15) - 1, 2**31 - 1, 2**31,
    -(2**31), -(2**31) - 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, Color.RED, 0.5,
    float("inf"), float("nan"), 1e300, Decimal("1.50"), "", "ä€", "x" * 70_000, "\ud800",
    Name("n"), b"\x00\xff", bytearray(b"b"), memoryview(b"m"), NOW.date(), NOW.time(), NOW,
    NOW.replace(tzinfo=dt.UTC), NOW.replace(tzinfo=dt.timezone(dt.timedelta(hours=-3))),
    NOW.replace(tzinfo=ZoneInfo("Asia/Tokyo")), NOW.replace(tzinfo=Nowhere()), dt.date.max,
    dt.timedelta(1), [1], {"a": 1}, object(),
)  # fmt: skip


@pytest.fixture(scope="module")
def connection(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection."""
    with psycopg.connect(server_url) as connection:
        yield connection


def formatter(connection: psycopg.Connection[Any], *oids: int) -> Formatter:
    """What formats rows of some types."""
    names = tuple(f"p{number}" for number, _ in enumerate(oids))
    query = Prepared("t.q", "", None, oids, names, None)
    return Formatter(query, cursor_of(connection, query))


def formatted(made: Formatter, rows: list[tuple[Any, ...]]) -> bytes | str:
    """The rows in binary, or the error's name where a value cannot be written."""
    out = bytearray()
    try:
        made.add(rows, out)
    except Exception as error:  # noqa: BLE001 - which one it is, is compared
        return type(error).__name__
    return bytes(out)


@pytest.mark.parametrize("oid", sorted(blocks._QUICK))
def test_every_value(
    connection: psycopg.Connection[Any], oid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any value for any type comes out as behind the check, or fails as there."""
    quick, outcomes = formatter(connection, oid), {}
    plain = 0
    for number, value in enumerate(VALUES):
        for rows in ([(value,)], [(None,), (value,)], [(value,), ("x",), (1,)]):
            outcomes[number, len(rows)] = formatted(quick, rows)
            plain += quick._is_plain(rows)
    assert plain >= 4, "no block of this type is plain"
    monkeypatch.setattr(blocks.Formatter, "_is_plain", lambda *_: False)
    for number, value in enumerate(VALUES):
        for rows in ([(value,)], [(None,), (value,)], [(value,), ("x",), (1,)]):
            expected = formatted(formatter(connection, oid), rows)
            assert outcomes[number, len(rows)] == expected, (oid, value)


def test_types_between(connection: psycopg.Connection[Any]) -> None:
    """In a row with types that are always checked, those are, and the others are plain."""
    oids = tuple(types[name].oid for name in ("text", "jsonb", "int4", "uuid", "interval"))
    made = formatter(connection, *oids, types["text"].array_oid)
    good = ("a", {"k": [1]}, 5, None, dt.timedelta(1), ["x"])
    assert made._is_plain([good])
    written = formatted(made, [good])
    assert isinstance(written, bytes)
    assert b'\x01{"k":[1]}' in written
    assert formatted(made, [(*good[:4], 5, ["x"])]) == "Unfit"
    assert formatted(made, [(*good[:5], "no list")]) == "Unfit"
