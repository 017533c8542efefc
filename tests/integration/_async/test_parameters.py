"""Parameters of every type, there and back, and those that do not fit."""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from pgrepo.errors import PgrepoError
from pgrepo.runtime import UNSET
from pgrepo.runtime._async import wire
from pgrepo.runtime.statement import Prepared
from pgrepo.runtime.translate import DataError, NotSupportedError

from .shop import oid_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pgrepo.runtime import AsyncDatabase

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)
ID = UUID("9f0f6f8e-6d6d-4f0e-8f0e-0123456789ab")


@dataclass
class Point:
    """Something to put into JSON."""

    x: int
    y: int


class Pair(msgspec.Struct):
    """Something else."""

    left: str
    right: str


class Status(enum.StrEnum):
    """The enum's labels, for those who like an Enum."""

    LIVE = "live"


@pytest.fixture
async def connection(server_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A connection of the server's own database, to which nothing is written."""
    async with await AsyncConnection.connect(server_url, autocommit=True) as connection:
        yield connection


def echo(type_name: str, cast: str = "") -> Prepared:
    """Makes a query that returns its parameter."""
    sql = "/* test.echo */ SELECT $1" + (f"::{cast}" if cast else "")
    return Prepared("test.echo", sql, None, (oid_of(type_name),), ("it",), None)  # type: ignore[arg-type]


ROUND_TRIPS: list[tuple[str, Any]] = [
    ("bool", True),
    ("int2", -(2**15)),
    ("int4", 2**31 - 1),
    ("int4", True),
    ("int8", 5),
    ("int8", -(2**63)),
    ("oid", 2**32 - 1),
    ("float4", 0.5),
    ("float4", float("inf")),
    ("float8", 0.1),
    ("float8", 5),
    ("numeric", Decimal("12345678901234567890.0123456789")),
    ("numeric", 5),
    ("numeric", Decimal("Infinity")),
    ("text", "naïve % $1 \\ '"),
    ("varchar", ""),
    ("bpchar", "fixed"),
    ("name", "a_name"),
    ("bytea", b"\x00\xff"),
    ("uuid", ID),
    ("date", date(1, 1, 1)),
    ("time", time(23, 59, 59, 999999)),
    ("timetz", time(1, 2, tzinfo=UTC)),
    ("timestamp", NAIVE),
    ("timestamptz", NOW),
    ("interval", timedelta(days=-3, microseconds=7)),
    ("inet", ipaddress.ip_address("127.0.0.1")),
    ("inet", ipaddress.ip_interface("10.0.0.1/8")),
    ("cidr", ipaddress.ip_network("10.0.0.0/8")),
    ("json", {"a": [1, None, "x"]}),
    ("jsonb", [1, {"b": 2.5}]),
    ("jsonb", "a bare string"),
    ("int4range", Range(1, 5)),
    ("int8range", Range(2**40, None)),
    ("numrange", Range(Decimal("1.5"), None)),
    ("daterange", Range(date(2026, 1, 1), date(2026, 2, 1))),
    ("tstzrange", Range(NOW, None)),
    ("tstzrange", Range(empty=True)),
    ("tsrange", Range(None, NAIVE)),
    ("tstzmultirange", Multirange([Range(NOW, NOW + timedelta(1))])),
    ("int8[]", [1, None, 2**40]),
    ("int8[]", []),
    ("int4[]", [[1, 2], [3, 4]]),
    ("text[]", ["a", None, "", 'q"{},\\']),
    ("text[]", [None]),
    ("uuid[]", [ID]),
    ("bool[]", [True, False]),
    ("timestamptz[]", [NOW]),
    ("jsonb[]", [{"a": 1}, None]),
]


@pytest.mark.parametrize(("type_name", "value"), ROUND_TRIPS)
async def test_round_trip(connection: AsyncConnection[Any], type_name: str, value: Any) -> None:
    """A value comes back equal, and NULL is sent with the same type."""
    query = echo(type_name)
    [(returned,)] = await wire.fetch(connection, query, (value,))
    assert returned == value
    assert await wire.fetch(connection, query, (None,)) == [(None,)]
    cursor = await connection.execute(
        "SELECT parameter_types[1]::oid FROM pg_prepared_statements "
        "WHERE statement LIKE '/* test.echo */%'"
    )
    assert await cursor.fetchall() == [(oid_of(type_name),)]


@pytest.mark.parametrize(
    ("type_name", "value", "returned"),
    [
        ("int4[]", (1, 2), [1, 2]),
        ("bytea", bytearray(b"x"), b"x"),
        ("bytea", memoryview(b"x"), b"x"),
        ("text", Status.LIVE, "live"),
        ("jsonb", Point(1, 2), {"x": 1, "y": 2}),
        ("jsonb", Pair("a", "b"), {"left": "a", "right": "b"}),
        ("jsonb", {"when": NOW, "id": ID}, {"when": NOW.isoformat()[:-6] + "Z", "id": str(ID)}),
        ("jsonb", Jsonb({"a": 1}), {"a": 1}),
        ("json", msgspec.Raw(b'{"raw": true}'), {"raw": True}),
        ("jsonb[]", [Point(1, 2)], [{"x": 1, "y": 2}]),
        ("macaddr", "08:00:2b:01:02:03", None),
    ],
)
async def test_what_else_fits(
    connection: AsyncConnection[Any], type_name: str, value: Any, returned: Any
) -> None:
    """Tuples, buffers, string enums, dataclasses and the like go in as well."""
    query = echo(type_name, "text" if returned is None else "")
    [(got,)] = await wire.fetch(connection, query, (value,))
    assert got == (value if returned is None else returned)


@pytest.mark.parametrize(
    ("type_name", "value", "why"),
    [
        ("bool", "secret-1", "bool takes a bool; got str"),
        ("bool", 1, "bool takes a bool; got int"),
        ("int2", 70_000, "int2 takes an int from -32768 to 32767; got int"),
        ("int4", 2**31, "int4 takes an int from"),
        ("int4", "secret-1", "int4 takes an int; got str"),
        ("int8", 2**63, "int8 takes an int from"),
        ("int8", 5.0, "int8 takes an int; got float"),
        ("int8", UNSET, "int8 takes an int; got Unset"),
        ("oid", -1, "oid takes an int from 0"),
        ("float4", 1e300, "single precision"),
        ("float8", Decimal(5), "float8 takes a float; got Decimal"),
        ("float8", "secret-1", "float8 takes a float; got str"),
        ("numeric", 0.5, "numeric cannot take this value; got float"),
        ("text", 5, "text takes a str; got int"),
        ("text", ID, "text takes a str; got UUID"),
        ("text", "secret-1\ud800", "text cannot take this value; got str"),
        ("varchar", b"secret-1", "varchar takes a str; got bytes"),
        ("bpchar", 5, "bpchar takes a str"),
        ("bytea", "secret-1", "bytea takes bytes; got str"),
        ("bytea", 5, "bytea takes bytes; got int"),
        ("uuid", "secret-1", "uuid cannot take this value; got str"),
        ("date", NOW, "date takes a date without a time; got datetime"),
        ("date", "secret-1", "date takes a date"),
        ("time", time(1, tzinfo=UTC), "time takes a time without a time zone"),
        ("timetz", time(1), "timetz takes a time with a fixed UTC offset"),
        ("timestamp", NOW, "timestamp takes a datetime without a time zone"),
        ("timestamptz", NAIVE, "timestamptz takes a datetime with a time zone, and this one has"),
        ("timestamptz", date(2026, 1, 1), "timestamptz takes a datetime; got date"),
        ("interval", "secret-1", "interval takes a timedelta; got str"),
        ("inet", "secret-1", "inet takes an ipaddress address or interface; got str"),
        ("inet", ipaddress.ip_address("fe80::1%eth0"), "inet takes an address without a scope"),
        ("jsonb", object(), "jsonb takes what msgspec can encode.*object"),
        ("jsonb", UNSET, "jsonb takes a JSON value, not UNSET"),
        ("tstzrange", Range(NAIVE, None), "tstzrange takes a datetime with a time zone"),
        ("tstzrange", [NOW, NOW], "tstzrange takes a psycopg Range; got list"),
        ("tstzmultirange", Multirange([Range(NAIVE, None)]), "takes a datetime with a time zone"),
        ("tstzmultirange", Range(NOW, None), "takes a psycopg Multirange"),
        ("timestamptz[]", [NOW, NAIVE], r"timestamptz\[\] takes a datetime with a time zone"),
        ("bool[]", ["secret-1"], r"bool\[\] takes a bool"),
        ("int4[]", [2**31], r"int4\[\] takes an int from"),
        ("int8[]", "secret-1", r"int8\[\] takes a list; got str"),
        ("int8[]", {1}, r"int8\[\] takes a list; got set"),
        ("", UNSET, "this type takes a value, not UNSET"),
    ],
)
async def test_value_that_does_not_fit(
    connection: AsyncConnection[Any], type_name: str, value: Any, why: str
) -> None:
    """The error names query, position and parameter, says what fits, and hides the value."""
    with pytest.raises(DataError, match=rf"test\.echo: parameter \$1 \(it\): .*{why}") as caught:
        await wire.fetch(connection, echo(type_name), (value,))
    assert isinstance(caught.value, PgrepoError)
    assert isinstance(caught.value, psycopg.DataError)
    assert caught.value.query == "test.echo"
    assert "secret-1" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert await wire.fetch(connection, echo("int8"), (5,)) == [(5,)]


@pytest.mark.parametrize(
    ("cast", "value", "returned"),
    [
        ("shop.status", "live", "live"),
        ("shop.status", Status.LIVE, "live"),
        ("shop.status", None, None),
        ("shop.status[]", ["live", None], ["live", None]),
        ("shop.status[]", [], []),
        ("int8", 5, 5),
    ],
)
@pytest.mark.usefixtures("shop")
async def test_types_without_a_fixed_oid(
    database: AsyncDatabase, cast: str, value: Any, returned: Any
) -> None:
    """OID 0 leaves the type to PostgreSQL; enums come back as str, their arrays as lists."""
    async with database.connection() as connection:
        for _ in range(2):  # with the type unknown to the connection, and known
            assert await wire.fetch(connection, echo("", cast), (value,)) == [(returned,)]


@pytest.mark.parametrize("type_name", ["vector", "halfvec"])
async def test_vectors(database: AsyncDatabase, type_name: str) -> None:
    """A list of numbers goes into pgvector's types and comes back."""
    async with database.connection() as connection:
        await connection.execute("CREATE EXTENSION vector")
        query = echo("", f"{type_name}(3)")
        assert await wire.fetch(connection, query, ([1, 0.5, -2.0],)) == [([1.0, 0.5, -2.0],)]


async def test_type_that_cannot_be_read(connection: AsyncConnection[Any]) -> None:
    """A column type without a binary loader is an error that says what to do, not raw bytes."""
    with pytest.raises(NotSupportedError, match='"point", which pgrepo cannot read: cast it'):
        await wire.fetch(connection, echo("", "point"), ("(1,2)",))
    assert await wire.fetch(connection, echo("int8"), (5,)) == [(5,)]


async def test_result_that_nobody_reads(connection: AsyncConnection[Any]) -> None:
    """A type that cannot be read harms neither a call that ignores it nor the next one."""
    assert await wire.affect(connection, echo("", "point"), ("(1,2)",)) == 1
    assert await wire.fetch(connection, echo("int8"), (5,)) == [(5,)]
    assert await wire.fetch(connection, echo("", "point[]"), (None,)) == [(None,)]


async def test_function_that_returns_nothing(connection: AsyncConnection[Any]) -> None:
    """The result of a void function is None."""
    query = Prepared("test.sleep", "SELECT pg_sleep($1)", None, (oid_of("float8"),), ("it",), None)
    assert await wire.fetch(connection, query, (0.0,)) == [(None,)]


@pytest.mark.parametrize("encoding", ["latin1", "utf8"])
@pytest.mark.parametrize("type_name", ["text", "bpchar", "json", "jsonb", "text[]", ""])
async def test_encoding_of_the_connection(
    connection: AsyncConnection[Any], encoding: str, type_name: str
) -> None:
    """Text and JSON arrive as they are on a host's connection that does not speak UTF-8."""
    await connection.execute(f"SET client_encoding = {encoding}")
    value = ["é ß"] if type_name == "text[]" else "é ß"
    query = echo(type_name, type_name or "text")
    assert await wire.fetch(connection, query, (value,)) == [(value,)]
