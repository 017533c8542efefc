"""Whole rows, documents, and values that do not fit."""

from __future__ import annotations

import array
import ipaddress
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.enum import EnumInfo, register_enum

from pgrepo.errors import StaleCodeError
from pgrepo.runtime.translate import DataError

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from tests.integration.pgtypes.project import Project

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
async def members(types: Any, project: Project) -> list[Any]:
    """Two members, one of them with nothing that can be NULL."""
    place = project.tables.Place("Hill", 12.5, date(2020, 1, 1))
    nothing = [None] * 12
    visit = project.tables.Visit(1, place, *nothing[2:], None)
    full = await types.members.add_member(
        email="a@b", mood="ü", kind="host", home=place, visits=[visit, None], settings={"x": [1]}
    )
    bare = await types.members.add_member(
        email="@", mood="calm", kind="guest", home=None, visits=[], settings=5
    )
    assert (full.home, full.visits, full.settings) == (place, [visit, None], {"x": [1]})
    return [full, bare]


async def test_whole_rows(types: Any, members: list[Any], project: Project) -> None:
    """A whole row is the table's row class, and None where an outer join found none."""
    rows = await types.members.whole_members()
    assert [row.member for row in rows] == members
    assert isinstance(rows[0].member, project.tables.Member)
    assert await streamed(types.members.stream_whole_members()) == rows
    pairs = await types.members.whole_pairs()
    assert [(row.one, row.other) for row in pairs] == [tuple(members), (members[1], None)]


async def test_rows_as_values(types: Any, members: list[Any], project: Project) -> None:
    """Where a table's constraints need not hold, its row type has a class of its own."""
    gathered = await types.members.gathered_members()
    assert all(type(value) is project.tables.MemberValue for value in gathered)
    assert [value.id for value in gathered] == [member.id for member in members]
    assert [value.home for value in gathered] == [member.home for member in members]


async def test_array_of_composites_as_parameter(types: Any, members: list[Any]) -> None:
    """Composite values are compared as PostgreSQL compares them."""
    found = await types.members.members_at(places=[members[0].home])
    assert [(row.id, row.place_name) for row in found] == [(members[0].id, "Hill")]
    assert await types.members.members_at(places=[]) == []


async def test_composites_through_copy(types: Any, members: list[Any], project: Project) -> None:
    """Rows of composites, their arrays, enums and domains go through COPY together."""
    row = project.module("members").NewMember
    home, visits = members[0].home, members[0].visits
    rows = [row(f"{number}@", "calm", "guest", home, visits, {}) for number in range(3)]
    assert await types.members.add_members(rows) == 3
    added = (await types.members.whole_members())[2:]
    assert [member.member.visits for member in added] == [visits] * 3


@pytest.mark.usefixtures("members")
async def test_composites_in_json(types: Any) -> None:
    """In a document a composite value is an object, with a class of its own."""
    first, second = [row.document for row in await types.members.members_as_json()]
    assert (first.home.name, first.home.opened) == ("Hill", date(2020, 1, 1))
    assert first.visits[0].place.height == 12.5
    assert first.visits[1] is None
    assert (second.home, second.visits, second.mood) == (None, [], "calm")


async def scalars(types: Any, **values: Any) -> Any:
    """Values in a document, ordinary ones where none is given."""
    ordinary = {
        "real_number": 0.5,
        "moment": NOW,
        "day": NOW.date(),
        "amount": Decimal("1.10"),
        "length": timedelta(1),
    }
    return await types.members.scalars_as_json(**(ordinary | values))


async def test_scalars_in_json(types: Any) -> None:
    """Each value in a document is what PostgreSQL writes for it, in the annotated type."""
    found = await scalars(types)
    assert (found.real_number, found.moment, found.day) == (0.5, NOW, NOW.date())
    assert (found.amount, found.length, found.picture) == (Decimal("1.10"), "1 day", "\\x00ff")
    assert found.number == UUID("6f1d5c5e-0000-4000-8000-000000000000")
    assert (found.clock, found.zoned) == (time(12, 34, 56, 789000), "12:34:56+02")
    assert found.naive == datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - has none in SQL either
    assert (found.address, found.object_id, found.bits) == ("10.0.0.1", "26", "101")
    assert (found.span, found.grid, found.price, found.spot) == (
        "[1,5)", [1, None], "$12.34", "(1,2)"
    )  # fmt: skip
    for special in ("NaN", "Infinity", "-Infinity"):
        amount = (await scalars(types, amount=Decimal(special))).amount
        assert str(amount) == special


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
async def test_special_floats_in_json(types: Any, number: float) -> None:
    """PostgreSQL writes them as strings, and a float is none: an error, not another value."""
    expected = (
        r"column 1: its JSON .*Expected `float \| null`, got `str` - at `\$\.real_number`.*NaN"
    )
    with pytest.raises(DataError, match=expected):
        await scalars(types, real_number=number)


@pytest.mark.parametrize("number", [math.inf, -math.inf])
async def test_special_numbers(types: Any, number: float) -> None:
    """Infinity and NaN are numbers to float and numeric."""
    assert await types.values.echo_float8(value=number) == number
    assert math.isnan(await types.values.echo_float4(value=math.nan))
    assert math.isnan((await types.values.echo_float8_array(value=[math.nan]))[0])
    assert await types.values.echo_numeric(value=Decimal(number)) == Decimal(number)
    assert (await types.values.echo_numeric(value=Decimal("NaN"))).is_nan()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("as_date", "infinity"),
        ("as_date", "-infinity"),
        ("as_date", "0044-03-15 BC"),
        ("as_date", "10000-01-01"),
        ("as_timestamp", "infinity"),
        ("as_timestamp", "294276-12-31"),
        ("as_timestamptz", "-infinity"),
        ("as_timestamptz", "0001-01-01 00:00:00+14"),
        ("as_time", "24:00:00"),
        ("as_dates", "{2026-01-01,infinity}"),
        ("as_days", "[2026-01-01,infinity)"),
        ("as_place", "(x,1,infinity)"),
        ("as_interval", "1 month"),
        ("as_interval", "-1 year"),
        ("as_interval", "2147483647 days"),
    ],
)
async def test_value_without_an_equal(types: Any, query: str, text: str) -> None:
    """A value that Python has no equal for is an error that names the column, and hides it."""
    with pytest.raises(
        DataError, match=rf"types\.{query}: column (value|1) holds .*Cast"
    ) as caught:
        await getattr(types.limits, query)(value=text)
    assert text not in str(caught.value)
    assert caught.value.__suppress_context__
    assert await types.limits.as_date(value="2026-01-02") == date(2026, 1, 2)


async def test_column_that_is_named(types: Any) -> None:
    """Of several columns it is the right one."""
    with pytest.raises(DataError, match="column last_day holds"):
        await types.limits.some_days(value="infinity")
    with pytest.raises(DataError, match="column last_day holds"):
        await streamed(types.limits.stream_some_days(value="infinity"))


async def streamed(stream: Any) -> list[Any]:
    """All rows of a stream."""
    async with stream as rows:
        return [row async for row in rows]


async def test_intervals(types: Any) -> None:
    """Days and times are exact."""
    assert await types.limits.as_interval(value="-3 days 02:00") == timedelta(days=-3, hours=2)
    assert await types.limits.as_interval(value="1 week") == timedelta(7)


async def test_dimensions_of_arrays(types: Any) -> None:
    """Arrays of more dimensions are nested lists, both ways; lower bounds are not kept."""
    grid = [[1, 2], [3, None]]
    assert await types.values.echo_int4_array(value=grid) == grid
    assert await types.values.echo_positive_array(value=grid) == grid
    assert await types.values.echo_mood_array(value=[[["calm"]], [["ü"]]]) == [[["calm"]], [["ü"]]]
    assert await types.limits.as_integers(value="[2:3]={1,2}") == [1, 2]
    assert await types.limits.as_positives(value="{{{1,2}},{{3,4}}}") == [[[1, 2]], [[3, 4]]]
    assert await types.values.echo_positive_array(value=(1, 2)) == [1, 2]
    assert await types.values.echo_int4_array(value=range(3)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("type_name", "value", "why"),
    [
        ("positive", "secret", r"int4 takes an int; got str"),
        ("positive_array", [[1], [2, 3]], r"int4\[\] takes inner lists of equal length"),
        ("positive_array", [[1], 2], r"int4\[\] takes lists of equal depth"),
        ("positive_array", [[]], r"int4\[\] takes inner lists .* none that is empty"),
        ("positive_array", "secret", r"int4\[\] takes a list; got str"),
        ("positive_array", [2**31], r"int4\[\] takes an int from"),
        ("mood_array", [5], r"an enum or text\[\] takes a str"),
        ("place", ("secret", 1, None), r"types\.place takes a Place; got tuple"),
        ("moment", datetime(2026, 1, 1), r"timestamptz takes a datetime with a time zone"),  # noqa: DTZ001
        ("document", object(), r"jsonb takes what msgspec can encode"),
        ("float_range", [1, 2], r"a range takes a psycopg Range"),
        ("float_multirange", [1, 2], r"a multirange takes a psycopg Multirange"),
        ("varbit", "secret", r"varbit takes a str of 0 and 1"),
        ("macaddr", "secret", r"macaddr takes a str of 12 hexadecimal digits"),
        ("char", "secret", r'"char" takes one ASCII character'),
        ("char", "ü", r'"char" takes one ASCII character'),
        ("pg_lsn", "secret", r"pg_lsn takes a str such as 16/B374D848"),
        ("tid", "(1,70000)", r"tid takes a str such as \(0,1\)"),
        ("xid8", -1, r"xid8 takes an int from 0 to"),
        ("jsonpath", 5, r"jsonpath takes a str"),
        ("vector", "secret", r"vector takes a sequence of floats"),
        ("vector", [1, "secret", 3], r"vector takes a sequence of floats"),
        ("vector", [1e300, 0, 0], r"vector takes floats of single precision's range"),
        ("halfvec", [1e6, 0, 0], r"halfvec takes floats of half precision's range"),
        ("inet", ipaddress.ip_address("fe80::1%eth0"), r"without a scope"),
    ],
)
async def test_value_that_does_not_fit(
    types: Any, project: Project, type_name: str, value: Any, why: str
) -> None:
    """The error says what the type takes, and hides the value; nothing was sent."""
    if not project.has(type_name):
        pytest.skip("the server has no such type")
    match = rf"types\.echo_{type_name}: parameter \$1 \(value\): .*{why}"
    with pytest.raises(DataError, match=match) as caught:
        await getattr(types.values, f"echo_{type_name}")(value=value)
    assert "secret" not in str(caught.value)


async def test_field_that_does_not_fit(types: Any, project: Project) -> None:
    """The error leads to the field, however deep it is."""
    place = project.tables.Place("x", "secret", None)
    visit = project.tables.Visit(1, place, *[None] * 11)
    place_why = r"types\.place has a field height: float8 takes a float"
    why = rf"types\.visit has a field place: {place_why}"
    with pytest.raises(DataError, match=why) as caught:
        await types.values.echo_visit(value=visit)
    assert "secret" not in str(caught.value)
    row = project.module("values").AddVisit
    with pytest.raises(DataError, match=rf"types\.add_visit: row 2, parameter \$2 .*{why}"):
        await types.values.add_visit([row(1, None), row(2, visit)])


async def test_vectors_of_other_classes(types: Any, project: Project) -> None:
    """Whatever yields floats will do, such as an array; a NumPy array is one more of the kind."""
    if not project.has("vector"):
        pytest.skip("the server has no pgvector")
    floats = array.array("f", [0.5, 0.0, -2.0])
    for type_name in ("vector", "halfvec", "sparsevec"):
        echo = getattr(types.values, f"echo_{type_name}")
        assert await echo(value=floats) == [0.5, 0.0, -2.0]
        assert await echo(value=(1, 2, 3)) == [1.0, 2.0, 3.0]


async def test_registrations_of_the_host(
    types: Any, connection: AsyncConnection[Any], project: Project
) -> None:
    """Enums and composites are what the generated code says, whatever the host makes of them."""
    place_info = await CompositeInfo.fetch(connection, "types.place")
    mood_info = await EnumInfo.fetch(connection, "types.mood")
    assert place_info is not None
    assert mood_info is not None
    register_composite(place_info, connection)
    register_enum(mood_info, connection)
    place = project.tables.Place("x", 1.0, None)
    for _ in range(2):
        assert await types.values.echo_place(value=place) == place
        assert await types.values.echo_place_array(value=[place]) == [place]
        assert type(await types.values.echo_mood(value="calm")) is str


@pytest.mark.parametrize("encoding", ["latin1", "utf8"])
async def test_encoding_of_the_connection(
    types: Any, connection: AsyncConnection[Any], project: Project, encoding: str
) -> None:
    """Text inside other values arrives on a connection that does not speak UTF-8."""
    await connection.execute("SELECT set_config('client_encoding', %s, false)", (encoding,))
    place = project.tables.Place("é ß", None, None)
    visit = project.tables.Visit(
        number=1, place=place, mood="ü", moods=["ü"], contact="ü@", contacts=["é@"],
        other_places=[place], document={"é": "ß"}, documents=[["é"]], tags=["é"],
        long_ago=None, picture=None, price=None,
    )  # fmt: skip
    assert await types.values.echo_visit(value=visit) == visit
    row = project.module("values").AddVisit
    assert await types.values.add_visit([row(1, visit)]) == 1
    [found] = await types.values.all_visit()
    assert found.value == visit


async def test_type_that_was_changed(
    types: Any, connection: AsyncConnection[Any], project: Project
) -> None:
    """A composite type that has other fields than the generated code knows is an error."""
    place = project.tables.Place("x", 1.0, None)
    assert await types.values.echo_place(value=place) == place
    await connection.execute("ALTER TYPE types.place ADD ATTRIBUTE extra text")
    with pytest.raises(StaleCodeError, match=r"types\.place has 4 fields, and had 3.*generate"):
        await types.limits.as_place(value="(x,1,2026-01-01,y)")


async def test_type_whose_field_was_changed(types: Any, connection: AsyncConnection[Any]) -> None:
    """So is one with a field of another type."""
    await connection.execute("ALTER TYPE types.place RENAME TO other_place")
    await connection.execute("CREATE TYPE types.place AS (name text, height numeric, opened date)")
    with pytest.raises(StaleCodeError, match=r"types\.place holds the type with OID 1700, and"):
        await types.limits.as_place(value="(x,1,2026-01-01)")


async def test_times_with_an_offset(types: Any) -> None:
    """The offset of a time is kept, that of a moment is not: it is the session's."""
    zone = timezone(timedelta(hours=5, minutes=30))
    clock = time(1, 2, tzinfo=zone)
    returned = await types.values.echo_timetz(value=clock)
    assert returned.utcoffset() == clock.utcoffset()
    moment = await types.values.echo_timestamptz(value=NOW.astimezone(zone))
    assert (moment, moment.utcoffset()) == (NOW, timedelta(0))
