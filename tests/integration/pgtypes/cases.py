"""Every type that has a Python type, with a strategy for its values."""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Case:
    """A type.

    Attributes:
        name: an identifier for it.
        pg_type: how it is written in SQL.
        values: what is sent and comes back equal, given the generated classes.
        needs: the extension it is of, or "xml".
    """

    name: str
    pg_type: str
    values: Callable[[ModuleType], SearchStrategy[Any]]
    needs: str = ""


def _ints(low: int, high: int) -> SearchStrategy[int]:
    return st.integers(low, high - 1) | st.sampled_from([low, high - 1])


TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20
) | st.sampled_from(["", "NULL", "null", '"', "\\", "{}", "(,)", "a,b", " ", "'", "%s", "$1"])
ASCII = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=10)
BOOL = st.booleans()
INT2, INT4 = _ints(-(2**15), 2**15), _ints(-(2**31), 2**31)
INT8 = _ints(-(2**63), 2**63)
FLOAT8 = st.floats(allow_nan=False) | st.sampled_from([math.inf, -math.inf, 0.1])
FLOAT4 = st.floats(width=32, allow_nan=False)
FINITE4 = st.floats(width=32, allow_nan=False, allow_infinity=False)
HALF = st.floats(width=16, allow_nan=False, allow_infinity=False)
_FRACTION = st.tuples(_ints(-(10**30), 10**30), st.integers(-30, 30))
NUMERIC = _FRACTION.map(lambda pair: Decimal(pair[0]).scaleb(pair[1])) | st.sampled_from([
    Decimal("Infinity"), Decimal("-Infinity"), Decimal("0.00"), Decimal("1E+20"), Decimal("1E900"),
])  # fmt: skip
DATE = st.dates()
TIME = st.times()
_OFFSETS = st.integers(-15 * 3600, 15 * 3600).map(lambda s: dt.timezone(dt.timedelta(seconds=s)))
TIMETZ = st.builds(lambda time, zone: time.replace(tzinfo=zone), TIME, _OFFSETS)
NAIVE = st.datetimes()
# PostgreSQL answers in the session's time zone, and so must not leave the years 1 to 9999 there.
AWARE = st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29), timezones=_OFFSETS)  # noqa: DTZ001
INTERVAL = st.timedeltas()
UUID = st.uuids()
BYTES = st.binary(max_size=20)
_NETWORKS = st.integers(0, 32).flatmap(
    lambda length: st.ip_addresses(v=4).map(lambda ip: ipaddress.ip_network((ip, length), False))
) | st.integers(0, 128).flatmap(
    lambda length: st.ip_addresses(v=6).map(lambda ip: ipaddress.ip_network((ip, length), False))
)
# An interface as long as an address comes back as the address.
_INTERFACES = st.integers(0, 31).flatmap(
    lambda length: st.ip_addresses(v=4).map(lambda ip: ipaddress.ip_interface((ip, length)))
) | st.integers(0, 127).flatmap(
    lambda length: st.ip_addresses(v=6).map(lambda ip: ipaddress.ip_interface((ip, length)))
)
INET = st.ip_addresses() | _INTERFACES
# jsonb holds decimals: a large float comes back as the int that its shortest form says.
_JSON_NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(-1e15, 1e15)
JSON = st.recursive(
    st.none() | BOOL | _JSON_NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ASCII, inner, max_size=3),
    max_leaves=6,
)
BITS = st.text("01", max_size=20)


def _hex(size: int) -> SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(lambda data: data.hex(":"))


def _range(bounds: SearchStrategy[Any], step: Any = None) -> SearchStrategy[Range[Any]]:
    """Ranges as PostgreSQL writes them; discrete ones, which have a step, end outside."""

    def made(pair: list[Any], lower: str, upper: str, infinite: int) -> Range[Any]:
        low, high = sorted(pair)
        if step is not None:
            lower, upper = "[", ")"
        if low == high and (lower, upper) != ("[", "]"):
            return Range(empty=True)
        if infinite & 1:
            low, lower = None, "("
        if infinite & 2:
            high, upper = None, ")"
        return Range(low, high, lower + upper)

    pairs = st.lists(bounds, min_size=2, max_size=2)
    infinite = st.sampled_from([0, 0, 0, 1, 2, 3])
    return st.builds(made, pairs, st.sampled_from("[("), st.sampled_from("])"), infinite)


def _multirange(bounds: SearchStrategy[Any]) -> SearchStrategy[Multirange[Any]]:
    """Ranges in order that do not touch."""

    def made(items: list[Any]) -> Multirange[Any]:
        ordered = sorted(items)
        pairs = zip(ordered[::2], ordered[1::2], strict=False)
        return Multirange([Range(low, high) for low, high in pairs])

    return st.lists(bounds, max_size=6, unique=True).map(made)


def _array(
    values: Callable[[ModuleType], SearchStrategy[Any]],
) -> Callable[[ModuleType], SearchStrategy[Any]]:
    return lambda tables: st.lists(st.none() | values(tables), max_size=4)


MOOD = st.sampled_from(["calm", 'it\'s "odd"', "ü"])
EMAIL = TEXT.map(lambda text: f"{text}@")
POSITIVE = st.integers(1, 2**31 - 1)


def _place(tables: ModuleType) -> SearchStrategy[Any]:
    return st.builds(tables.Place, st.none() | TEXT, st.none() | FLOAT8, st.none() | st.dates())


def _visit(tables: ModuleType) -> SearchStrategy[Any]:
    place = _place(tables)
    return st.builds(
        tables.Visit,
        number=st.none() | INT2,
        place=st.none() | place,
        mood=st.none() | MOOD,
        moods=st.none() | st.lists(st.none() | MOOD, max_size=3),
        contact=st.none() | EMAIL,
        contacts=st.none() | st.lists(st.none() | EMAIL, max_size=3),
        other_places=st.none() | st.lists(st.none() | place, max_size=2),
        document=st.none() | JSON.filter(lambda value: value is not None),
        documents=st.none() | st.lists(JSON, max_size=2),
        tags=st.none() | st.lists(TEXT, max_size=2),
        long_ago=st.none() | _range(DATE.filter(lambda day: day.year < 9999), step=1),
        picture=st.none() | BYTES,
        price=st.none() | NUMERIC,
    )


EXTENSION_TYPES = {
    "vector": "CREATE TYPE types.embedding AS (v vector, h halfvec [], s sparsevec);\n",
}
"""What else an extension makes possible."""


def _embedding(tables: ModuleType) -> SearchStrategy[Any]:
    floats = st.lists(FINITE4, min_size=1, max_size=3)
    halves = st.lists(st.none() | st.lists(HALF, min_size=1, max_size=2), max_size=3)
    return st.builds(tables.Embedding, st.none() | floats, halves, st.none() | floats)


def _case(
    name: str,
    pg_type: str,
    values: SearchStrategy[Any] | Callable[[ModuleType], SearchStrategy[Any]],
    needs: str = "",
) -> list[Case]:
    """The type and the array of it."""
    made = values if callable(values) else lambda _: values
    return [
        Case(name, pg_type, made, needs),
        Case(f"{name}_array", f"{pg_type}[]", _array(made), needs),
    ]


_VECTOR = st.lists(FINITE4, min_size=3, max_size=3)
_DAYS = DATE.filter(lambda day: day.year < 9999)
CASES: list[Case] = [
    *_case("bool", "boolean", BOOL),
    *_case("int2", "smallint", INT2),
    *_case("int4", "integer", INT4),
    *_case("int8", "bigint", INT8),
    *_case("oid", "oid", _ints(0, 2**32)),
    *_case("xid", "xid", _ints(0, 2**32)),
    *_case("xid8", "xid8", _ints(0, 2**64)),
    *_case("cid", "cid", _ints(0, 2**32)),
    *_case("float4", "real", FLOAT4),
    *_case("float8", "double precision", FLOAT8),
    *_case("numeric", "numeric", NUMERIC),
    *_case("text", "text", TEXT),
    *_case("varchar", "varchar(40)", TEXT),
    # PostgreSQL pads character(n) with blanks.
    *_case("bpchar", "character(24)", TEXT.map(lambda text: text.ljust(24))),
    *_case("char", '"char"', st.characters(min_codepoint=1, max_codepoint=127)
           | st.sampled_from(["", "\\377", "\\200"])),
    *_case("name", "name", ASCII),
    *_case("refcursor", "refcursor", TEXT),
    *_case("bit", "bit(7)", st.text("01", min_size=7, max_size=7)),
    *_case("varbit", "varbit", BITS),
    *_case("macaddr", "macaddr", _hex(6)),
    *_case("macaddr8", "macaddr8", _hex(8)),
    *_case("xml", "xml", st.sampled_from(["<a/>", "<ü>ß</ü>", "text"]), "xml"),
    *_case("jsonpath", "jsonpath", st.sampled_from(['$."a"', '$[*]."ü"?(@ > 1)'])),
    *_case("pg_lsn", "pg_lsn", _ints(0, 2**64).map(lambda n: f"{n >> 32:X}/{n & 0xFFFFFFFF:X}")),
    *_case("tid", "tid", st.builds("({},{})".format, _ints(0, 2**32), _ints(0, 2**16))),
    *_case("bytea", "bytea", BYTES),
    *_case("date", "date", DATE),
    *_case("time", "time", TIME),
    *_case("timetz", "timetz", TIMETZ),
    *_case("timestamp", "timestamp", NAIVE),
    *_case("timestamptz", "timestamptz", AWARE),
    *_case("interval", "interval", INTERVAL),
    *_case("uuid", "uuid", UUID),
    *_case("json", "json", JSON),
    *_case("jsonb", "jsonb", JSON),
    *_case("inet", "inet", INET),
    *_case("cidr", "cidr", _NETWORKS),
    *_case("int4range", "int4range", _range(INT4.filter(lambda n: n < 2**31 - 1), step=1)),
    *_case("int8range", "int8range", _range(INT8.filter(lambda n: n < 2**63 - 1), step=1)),
    *_case("numrange", "numrange", _range(NUMERIC.filter(Decimal.is_finite))),
    *_case("daterange", "daterange", _range(_DAYS, step=1)),
    *_case("tsrange", "tsrange", _range(NAIVE)),
    *_case("tstzrange", "tstzrange", _range(AWARE)),
    *_case("int4multirange", "int4multirange", _multirange(INT4)),
    *_case("int8multirange", "int8multirange", _multirange(INT8)),
    *_case("nummultirange", "nummultirange", _multirange(NUMERIC.filter(Decimal.is_finite))),
    *_case("datemultirange", "datemultirange", _multirange(_DAYS)),
    *_case("tsmultirange", "tsmultirange", _multirange(NAIVE)),
    *_case("tstzmultirange", "tstzmultirange", _multirange(AWARE)),
    *_case("mood", "types.mood", MOOD),
    *_case("email", "types.email", EMAIL),
    *_case("positive", "types.positive", POSITIVE),
    *_case("small_positive", "types.small_positive", st.integers(1, 999)),
    *_case("moment", "types.moment", AWARE),
    *_case("document", "types.document", JSON),
    *_case("tags", "types.tags", st.lists(st.none() | TEXT, max_size=3)),
    *_case("temper", "types.temper", MOOD),
    *_case("place", "types.place", _place),
    *_case("high_place", "types.high_place", _place),
    *_case("visit", "types.visit", _visit),
    *_case("float_range", "types.float_range", _range(st.floats(allow_nan=False))),
    *_case("text_range", "types.text_range", _range(ASCII)),
    *_case("float_multirange", "types.float_multirange", _multirange(
        st.floats(allow_nan=False, allow_infinity=False))),
    *_case("citext", "citext", TEXT, "citext"),
    *_case("vector", "vector(3)", _VECTOR, "vector"),
    *_case("halfvec", "halfvec(3)", st.lists(HALF, min_size=3, max_size=3), "vector"),
    *_case("sparsevec", "sparsevec(3)", st.lists(FINITE4 | st.just(0.0), min_size=3, max_size=3),
           "vector"),
    *_case("embedding", "types.embedding", _embedding, "vector"),
]  # fmt: skip


def examples(strategy: SearchStrategy[Any], count: int) -> list[Any]:
    """So many values, the same in every run."""
    found: list[Any] = []

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None,
        phases=(Phase.generate,),
    )  # fmt: skip
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found
