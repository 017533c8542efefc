"""Which Python values a PostgreSQL type takes.

Each check raises Unfit, which says what the type takes, or returns what to dump. The types that
are not here are those whose psycopg dumpers fail on anything they cannot write.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from numbers import Real
from typing import TYPE_CHECKING, Any, cast

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_FLOAT4_MAX = 3.4028235677973366e38  # beyond it PostgreSQL's float4 rounds to infinity


class Unfit(ValueError):
    """A value cannot be sent as its parameter's type; says what the type takes."""


def _integer(low: int, high: int) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not hasattr(value, "__index__"):
            raise Unfit("takes an int")
        if not low <= value <= high:
            raise Unfit(f"takes an int from {low} to {high}")
        return value

    return check


def _instance(types: type | tuple[type, ...], what: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, types):
            raise Unfit(f"takes {what}")
        return value

    return check


def _float4(value: Any) -> Any:
    if not isinstance(value, Real):
        raise Unfit("takes a float")
    if abs(float(value)) > _FLOAT4_MAX and math.isfinite(value):
        raise Unfit("takes a float of single precision's range")
    return value


def _inet(value: Any) -> Any:
    if not isinstance(value, IPv4Address | IPv6Address):  # an interface is an address too
        raise Unfit("takes an ipaddress address or interface")
    if getattr(value, "scope_id", None) is not None:
        raise Unfit("takes an address without a scope, which PostgreSQL would drop")
    return value


def _date(value: Any) -> Any:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise Unfit("takes a date without a time")
    return value


def _time(value: Any) -> Any:
    if not isinstance(value, dt.time) or value.tzinfo is not None:
        raise Unfit("takes a time without a time zone")
    return value


def _timetz(value: Any) -> Any:
    if not isinstance(value, dt.time) or value.utcoffset() is None:
        raise Unfit("takes a time with a fixed UTC offset")
    return value


def _naive(value: Any) -> Any:
    if not isinstance(value, dt.datetime) or value.tzinfo is not None:
        raise Unfit("takes a datetime without a time zone")
    return value


def _aware(value: Any) -> Any:
    if not isinstance(value, dt.datetime):
        raise Unfit("takes a datetime")
    if value.utcoffset() is None:
        raise Unfit("takes a datetime with a time zone, and this one has none")
    return value


def _range_of(check_bound: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, Range):
            raise Unfit("takes a psycopg Range")
        for bound in (value.lower, value.upper):
            if bound is not None:
                check_bound(bound)
        return value

    return check


def _multirange_of(check_bound: Callable[[Any], Any]) -> Callable[[Any], Any]:
    check_range = _range_of(check_bound)

    def check(value: Any) -> Any:
        if not isinstance(value, Multirange):
            raise Unfit("takes a psycopg Multirange")
        for item in cast("Iterable[Any]", value):
            check_range(item)
        return value

    return check


def check_array(value: Any) -> Any:
    """Takes any sequence that is no text, as a list; for any element type."""
    if isinstance(value, list):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        return list(value)
    raise Unfit("takes a list")


_text = _instance(str, "a str")
CHECKS: dict[str, Callable[[Any], Any]] = {
    "bool": _instance(bool, "a bool"),
    "int2": _integer(-(2**15), 2**15 - 1),
    "int4": _integer(-(2**31), 2**31 - 1),
    "int8": _integer(-(2**63), 2**63 - 1),
    "oid": _integer(0, 2**32 - 1),
    "float4": _float4,
    "float8": _instance(Real, "a float"),
    "text": _text,
    "varchar": _text,
    "name": _text,
    "bytea": _instance((bytes, bytearray, memoryview), "bytes"),
    "inet": _inet,
    "date": _date,
    "time": _time,
    "timetz": _timetz,
    "timestamp": _naive,
    "timestamptz": _aware,
    "interval": _instance(dt.timedelta, "a timedelta"),
    "daterange": _range_of(_date),
    "tsrange": _range_of(_naive),
    "tstzrange": _range_of(_aware),
    "int4range": _range_of(_integer(-(2**31), 2**31 - 1)),
    "datemultirange": _multirange_of(_date),
    "tsmultirange": _multirange_of(_naive),
    "tstzmultirange": _multirange_of(_aware),
    "int4multirange": _multirange_of(_integer(-(2**31), 2**31 - 1)),
}
