"""Optional filters, chosen orders and patches, through generated code."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any
from zlib import crc32

import psycopg
import pytest

from pgrepo.errors import StaleCodeError, UsageError
from pgrepo.runtime import UNSET, AsyncDatabase

from .dynamic import HERE, generated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from types import ModuleType

KINDS = ("talk", "walk", "meal")
LABELS = ("red", "green", "blue")


@dataclass(frozen=True)
class Event:
    """A row of events, and its labels."""

    id: int
    owner_id: int
    kind: str
    level: int | None
    starts: int
    ends: int
    labels: frozenset[str]


def some_events(count: int = 200) -> list[Event]:
    """Events of which many share each property, and no property follows from another."""

    def dice(number: int, sides: int, what: str) -> int:
        return crc32(f"{number} {what}".encode()) // 7 % sides

    return [
        Event(
            id=number,
            owner_id=dice(number, 4, "owner") + 1,
            kind=KINDS[dice(number, 3, "kind")],
            level=(*range(10), None)[dice(number, 11, "level")],
            starts=(starts := dice(number, 20, "starts")),
            ends=starts + 1 + dice(number, 5, "ends"),
            labels=frozenset(label for label in LABELS if dice(number, 5, label) < 2),
        )
        for number in range(1, count + 1)
    ]


EVENTS = some_events()


@pytest.fixture(scope="module")
def lab_package(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The generated package."""
    return generated(tmp_path_factory.mktemp("lab"), server_url)


@pytest.fixture
def lab_url(database_url: str) -> str:
    """The URL of a database with the events."""
    with psycopg.connect(database_url) as connection:
        connection.execute((HERE / "schema.sql").read_bytes())
        cursor = connection.cursor()
        cursor.executemany(
            "INSERT INTO lab.owners VALUES (%s, %s, %s)",
            [(1, "Ada", "uk"), (2, "Bo", None), (3, "Cy", "fr"), (4, "Di", "uk")],
        )
        cursor.executemany(
            "INSERT INTO lab.events (id, owner_id, kind, level, starts, ends) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [(e.id, e.owner_id, e.kind, e.level, e.starts, e.ends) for e in EVENTS],
        )
        cursor.executemany(
            "INSERT INTO lab.labels VALUES (%s, %s)",
            [(event.id, label) for event in EVENTS for label in event.labels],
        )
    return database_url


@pytest.fixture
async def database(lab_url: str) -> AsyncIterator[AsyncDatabase]:
    """An open database."""
    async with AsyncDatabase(lab_url, max_size=2) as database:
        yield database


@pytest.fixture
def events(database: AsyncDatabase, lab_package: ModuleType) -> Any:
    """The repository."""
    return lab_package.AsyncLab(database).events


FILTERS: tuple[tuple[dict[str, Any], Any], ...] = (
    ({"owner_id": 2}, lambda e: e.owner_id == 2),
    ({"kind": "walk"}, lambda e: e.kind == "walk"),
    ({"low": 3, "high": 7}, lambda e: e.level is not None and 3 <= e.level <= 7),
    ({"label": "red"}, lambda e: "red" in e.labels),
    ({"since": 8}, lambda e: e.starts >= 8),
)
ORDERS: dict[str, Any] = {
    "soonest": lambda e: (e.starts, e.id),
    "latest": lambda e: (-e.starts, -e.id),
    "highest": lambda e: (e.level is None, -(e.level or 0), e.id),
}


async def test_every_variant(events: Any) -> None:
    """Five filters and three orders: each of the 96 statements finds what it should."""
    different = set()
    for chosen in product((False, True), repeat=len(FILTERS)):
        given = [pair for pair, is_given in zip(FILTERS, chosen, strict=True) if is_given]
        arguments = {name: value for values, _ in given for name, value in values.items()}
        matching = [e for e in EVENTS if all(holds(e) for _, holds in given)]
        different.add(frozenset(matching))
        for order, key in ORDERS.items():
            found = await events.search_events(**arguments, order_by=order)
            assert [row.id for row in found] == [e.id for e in sorted(matching, key=key)]
    assert len(different) == 2 ** len(FILTERS)


async def test_the_default_order_and_other_parameters(events: Any) -> None:
    """The order is the statement's own, and what is not optional is sent along."""
    found = await events.search_events(kind="meal", limit=7)
    matching = sorted((e for e in EVENTS if e.kind == "meal"), key=ORDERS["soonest"])
    assert [row.id for row in found] == [e.id for e in matching[:7]]
    explicit = await events.search_events(
        owner_id=UNSET, kind="meal", low=UNSET, high=UNSET, limit=7
    )
    assert explicit == found


async def test_streams_vary_too(events: Any) -> None:
    """The streaming twin takes the same arguments."""
    async with events.stream_search_events(label="blue", order_by="highest") as stream:
        found = [row.id async for row in stream]
    matching = [e for e in EVENTS if "blue" in e.labels]
    assert found == [e.id for e in sorted(matching, key=ORDERS["highest"])]


async def test_parts_that_share_a_parameter(events: Any) -> None:
    """Both conditions hold, or neither is there."""
    for moment in (0, 5, 19):
        found = await events.events_at(moment=moment, owner_id=3)
        expected = [e.id for e in EVENTS if e.owner_id == 3 and e.starts <= moment < e.ends]
        assert [row.id for row in found] == expected
    found = await events.events_at(owner_id=3)
    assert [row.id for row in found] == [e.id for e in EVENTS if e.owner_id == 3]


async def test_alternatives(events: Any) -> None:
    """Of alternatives, the one that is left counts; of none, nothing is found."""
    own = [e for e in EVENTS if e.owner_id == 1]

    async def found(**arguments: Any) -> list[int]:
        return [row.id for row in await events.remarkable_events(owner_id=1, **arguments)]

    assert await found(kind="talk", level=8) == [
        e.id for e in own if e.kind == "talk" or (e.level or 0) >= 8
    ]
    assert await found(kind="talk") == [e.id for e in own if e.kind == "talk"]
    assert await found(level=8) == [e.id for e in own if (e.level or 0) >= 8]
    assert await found() == []


async def test_the_condition_of_an_outer_join(events: Any) -> None:
    """Without it every event has its owner; with it some have none."""
    british = await events.events_with_owner(country="uk")
    assert {(row.name, row.card.name) for row in british} == {
        ("Ada", "Ada"),
        ("Di", "Di"),
        (None, None),
    }
    assert {row.name for row in await events.events_with_owner()} == {"Ada", "Bo", "Cy", "Di"}
    named = await events.events_with_owner(name="Bo")
    assert {(row.name, row.country) for row in named} == {("Bo", None)}
    assert await events.events_with_owner(name="Bo", country="uk") == []


async def test_ctes_having_and_inner_joins(events: Any) -> None:
    """Parts of a CTE, of HAVING and of a join's condition, in every combination."""
    names = {1: "Ada", 2: "Bo", 3: "Cy", 4: "Di"}
    for kind, more_than, name in product((UNSET, "walk"), (UNSET, 15), (UNSET, "%i")):
        found = await events.busy_owners(kind=kind, more_than=more_than, name=name)
        counts = {
            owner: sum(e.owner_id == owner and kind in {UNSET, e.kind} for e in EVENTS)
            for owner in names
        }
        assert [(row.name, row.events) for row in found] == [
            (names[owner], count)
            for owner, count in counts.items()
            if (more_than is UNSET or count > more_than) and (name is UNSET or owner == 4)
        ]


async def test_an_order_with_a_parameter(events: Any) -> None:
    """An order may use what the statement is given anyway."""
    levels = {e.level for e in EVENTS if e.level is not None}
    assert levels == set(range(10))
    assert (await events.event_nearest_to(level=4)).level == 4
    assert (await events.event_nearest_to(level=-5)).level == 0
    assert (await events.event_nearest_to(level=20, kind="walk")).level == 9
    assert (await events.event_nearest_to(level=4, order_by="above")).level == 4
    assert (await events.event_nearest_to(level=20, order_by="above")).level == 0


async def test_values(events: Any) -> None:
    """A query of one value."""
    assert await events.count_events() == len(EVENTS)
    assert await events.count_events(kind="meal") == sum(e.kind == "meal" for e in EVENTS)


async def test_none_is_not_unset(events: Any) -> None:
    """In a patch, None is NULL, and what is UNSET stays as it is."""

    async def changed(**arguments: Any) -> tuple[Any, ...]:
        row = await events.update_event(event_id=1, **arguments)
        return row.kind, row.level, row.note

    assert await changed(kind="talk", level=5, note="x") == ("talk", 5, "x")
    assert await changed() == ("talk", 5, "x")
    assert await changed(note=None) == ("talk", 5, None)
    assert await changed(level=None, note="y") == ("talk", None, "y")
    assert await changed(kind="walk", note=UNSET) == ("walk", None, "y")
    with pytest.raises(psycopg.errors.NotNullViolation):
        await changed(kind=None)
    assert await events.update_event(event_id=-1, note="z") is None


async def test_parameters_that_go_together(events: Any, database: AsyncDatabase) -> None:
    """Giving some of them is refused, and says which are missing."""
    assert await events.move_event(event_id=1, starts=70, ends=71) == 1
    assert await events.move_event(event_id=1, note="moved") == 1
    assert await events.move_event(event_id=1) == 1
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT starts, ends, note FROM lab.events WHERE id = 1")
        assert await cursor.fetchone() == (70, 71, "moved")
    with pytest.raises(UsageError) as raised:
        await events.move_event(event_id=1, starts=80)
    assert str(raised.value) == (
        "lab.move_event: starts and ends are given together or not at all; ends is missing"
    )
    with pytest.raises(UsageError, match="low and high are given together"):
        await events.search_events(high=3)


async def test_upserts(events: Any) -> None:
    """SET lists of ON CONFLICT, beside items that always stay."""
    created = await events.put_event(event_id=1000, owner_id=1, note="not when it is new")
    assert (created.owner_id, created.level, created.note) == (1, None, None)
    patched = await events.put_event(event_id=1000, owner_id=2, level=4)
    assert (patched.owner_id, patched.level, patched.note) == (2, 4, None)
    patched = await events.put_event(event_id=1000, owner_id=3, note="n", label="talk")
    assert (patched.owner_id, patched.level, patched.note) == (3, 4, "n")
    assert await events.put_event(event_id=1000, owner_id=4, label="walk") is None


async def test_what_must_be_given(events: Any) -> None:
    """UNSET for a parameter that every variant needs is refused before anything is sent."""
    with pytest.raises(UsageError) as raised:
        await events.search_events(limit=UNSET)
    assert str(raised.value) == (
        "lab.search_events: limit must be given; only high, kind, label, low, owner_id and since "
        "can be UNSET"
    )
    with pytest.raises(UsageError) as raised:
        await events.owner_name(owner_id=UNSET)
    assert str(raised.value) == "lab.owner_name: owner_id must be given, not UNSET"
    with pytest.raises(UsageError, match="owner_id must be given"):
        events.stream_events_at(owner_id=UNSET)


async def test_no_such_order(events: Any) -> None:
    """The message names those that there are."""
    with pytest.raises(UsageError) as raised:
        await events.search_events(order_by="id; DROP TABLE lab.events")
    assert str(raised.value) == (
        "lab.search_events: order_by is one of 'soonest', 'latest', 'highest'; "
        "got 'id; DROP TABLE lab.events'"
    )


async def test_each_variant_is_a_prepared_statement(
    lab_package: ModuleType, database: AsyncDatabase
) -> None:
    """One a variant that was called, whatever the values; with its own parameters only."""
    async with database.connection() as connection:
        events = lab_package.AsyncLab(connection).events
        for kind in KINDS:
            await events.search_events(kind=kind, order_by="latest")
            await events.search_events(kind=kind, since=3)
            await events.search_events()
        cursor = await connection.execute(
            "SELECT statement, parameter_types::text[] FROM pg_prepared_statements "
            "WHERE statement LIKE '/* lab.search_events */%' ORDER BY prepare_time"
        )
        found = await cursor.fetchall()
    assert [types for _, types in found] == [
        ["text", "bigint"],
        ["text", "integer", "bigint"],
        ["bigint"],
    ]
    texts = [" ".join(text.split()) for text, _ in found]
    assert texts[2].endswith(
        "WHERE TRUE AND TRUE AND TRUE AND TRUE AND TRUE ORDER BY starts, id LIMIT $1"
    )
    assert texts[0].endswith(
        "AND event.kind = $1 AND TRUE AND TRUE AND TRUE "
        "ORDER BY event.starts DESC, event.id DESC LIMIT $2"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("since  -- @optional", "since"), ("-- @order_by latest", "-- @order_by newest")],
)
async def test_stale_code(
    database: AsyncDatabase, server_url: str, tmp_path: Path, old: str, new: str
) -> None:
    """A marker or an order that was edited needs `pgrepo generate`."""
    package = generated(tmp_path, server_url)
    file = tmp_path / "queries" / "events.sql"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StaleCodeError, match="search_events was edited"):
        await package.AsyncLab(database).events.search_events()
