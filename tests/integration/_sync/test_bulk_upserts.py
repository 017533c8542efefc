# Derived from tests/integration/_async/test_bulk_upserts.py by tools/async_to_sync.py: do not edit.
# ruff: noqa: SIM117
"""Bulk calls of inserts that are more than a list of values, through generated code."""

from __future__ import annotations

import random
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import Connection

from pgrepo import CheckViolation, InsufficientPrivilege, UniqueViolation
from pgrepo.runtime import Database
from pgrepo.runtime.staged import FEW
from pgrepo.runtime.translate import CardinalityViolation, DataError

from .dynamic import generated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

HERE = Path(__file__).parent.parent / "bulk"
MANY = FEW + 200
ROLE = "pgrepo_test_depot"
NOW = datetime(2026, 5, 4, tzinfo=UTC)
TRIGGERS = """
CREATE TABLE depot.changes (operation text NOT NULL, rows integer NOT NULL);
CREATE FUNCTION depot.count_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO depot.changes SELECT TG_OP, count(*) FROM changed;
    RETURN NULL;
END
$$;
CREATE TRIGGER added AFTER INSERT ON depot.items REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION depot.count_changes();
CREATE TRIGGER changed AFTER UPDATE ON depot.items REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION depot.count_changes();
"""

few_and_many = pytest.mark.parametrize("count", [3, MANY], ids=["few", "many"])


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, server_url: str) -> ModuleType:
    """The generated package."""
    return generated(tmp_path_factory.mktemp("depot"), server_url, "depot", HERE)


@pytest.fixture
def depot_url(database_url: str) -> str:
    """The URL of a database with the depot's tables."""
    with psycopg.connect(database_url) as connection:
        connection.execute((HERE / "schema.sql").read_bytes())
    return database_url


@pytest.fixture
def database(depot_url: str) -> Iterator[Database]:
    """An open database of one connection, on which whatever stays behind would be found."""
    with Database(depot_url, max_size=1, timeout=20) as database:
        yield database


@pytest.fixture
def depot(package: ModuleType, database: Database) -> Any:
    """The domain."""
    return package.Depot(database)


@pytest.fixture
def row() -> Any:
    """The class of save_items' rows."""
    return import_module("depot.items").SaveItem


@pytest.fixture
def clerk(depot_url: str) -> Iterator[Connection[Any]]:
    """A connection of a role that owns nothing, and may not make temporary tables."""
    with Connection.connect(depot_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"CREATE ROLE {ROLE}")
        connection.execute(f'REVOKE TEMPORARY ON DATABASE "{name}" FROM PUBLIC')
        connection.execute(f"GRANT USAGE ON SCHEMA depot TO {ROLE}")
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA depot TO {ROLE}")
        connection.execute(f"SET ROLE {ROLE}")
        try:
            yield connection
        finally:
            connection.execute("RESET ROLE")
            connection.execute(f"DROP OWNED BY {ROLE}")
            connection.execute(f"DROP ROLE {ROLE}")


def items(row: Any, count: int) -> Iterator[Any]:
    """Yields rows, one at a time."""
    for number in range(count):
        yield row(f"c{number:05}", f"n{number}", Decimal(number), "new", ["t"], None, None)


def plain_items(count: int, note: str = "") -> Iterator[Any]:
    """Yields rows that go by COPY, one at a time, each with a note of its own."""
    plain = import_module("depot.items").AddPlainItem
    for number in range(count):
        yield plain(f"c{number:05}", "n", Decimal(1), "new", [], f"{note}{number}", NOW)


def random_items(row: Any, dice: random.Random, count: int) -> list[Any]:
    """Rows of different keys, in no order."""
    return [
        row(
            code=f"c{number}",
            name=f"name {dice.randrange(50)}",
            price=dice.choice([None, Decimal(dice.randrange(100_000)) / 1000]),
            state=dice.choice(["new", "used", "lost"]),
            tags=dice.choice([[], ["a", "b"], ['q"', "ä,{}"]]),
            attributes=dice.choice([None, {"a": [1, None]}, "text", 5]),
            mark=dice.choice([None, "x", "abc"]),
        )
        for number in dice.sample(range(2 * count), count)
    ]


def test_same_as_one_by_one(depot: Any, row: Any, database: Database) -> None:
    """Whichever way the rows take, the table is as if each were a statement of its own."""
    dice = random.Random(6)  # noqa: S311
    rounds = [random_items(row, dice, count) for count in (1, 40, 60, MANY)]
    outcomes = []
    for chunk in (1, MANY):
        affected = 0
        for rows in rounds:
            starts = range(0, len(rows), chunk)
            affected += sum([depot.items.save_items(rows[at : at + chunk]) for at in starts])
        outcomes.append((affected, depot.items.all_items()))
        with database.connection() as connection:
            connection.execute("TRUNCATE depot.items")
    assert outcomes[0] == outcomes[1]
    _, found = outcomes[0]
    assert {item.writes for item in found} >= {1, 2, 3}
    assert {item.mark for item in found} == {None, "x  ", "abc"}
    assert all(item.tags[-1] == item.name.upper() for item in found)
    assert {item.note for item in found} == {"none"}


@few_and_many
def test_order(depot: Any, row: Any, count: int) -> None:
    """Rows get their numbers in the order in which they are given."""
    codes = [f"c{number:05}" for number in range(count)]
    random.Random(1).shuffle(codes)  # noqa: S311
    rows = [row(code, "n", None, "new", [], None, None) for code in codes]
    assert depot.items.save_items(iter(rows)) == count
    assert [found.code for found in depot.items.item_codes_in_order()] == codes


@few_and_many
def test_same_key_twice(depot: Any, row: Any, count: int) -> None:
    """Two rows of one key are refused however many rows there are, and none of them stays."""
    rows = [*items(row, count - 1), row("c00001", "secret-1", None, "new", [], None, None)]
    with pytest.raises(CardinalityViolation) as caught:
        depot.items.save_items(rows)
    assert str(caught.value) == (
        "depot.save_items: two rows of one call have the same key: send one row for each key "
        "(21000)"
    )
    assert depot.items.all_items() == []


@few_and_many
def test_do_nothing(depot: Any, count: int) -> None:
    """Rows that are there already, or twice in the call, are passed over and not counted."""
    add = import_module("depot.items").AddMissingItem
    rows = [add(f"c{number}", "first") for number in range(count)]
    assert depot.items.add_missing_items([*rows, add("c1", "second")]) == count
    assert depot.items.add_missing_items([*rows, add("other", "second")]) == 1
    assert {item.name for item in depot.items.all_items() if item.code != "other"} == {"first"}


@few_and_many
def test_sub_query(depot: Any, row: Any, count: int) -> None:
    """A sub-query in VALUES is asked for every row."""
    copy = import_module("depot.items").AddCopy
    depot.items.save_items(items(row, 3))
    rows = [copy(f"x{number:05}", f"c{number % 3:05}") for number in range(count)]
    assert depot.items.add_copies(rows) == count
    found = [item.name for item in depot.items.all_items() if item.code[0] == "x"]
    assert found == [f"n{number % 3}" for number in range(count)]


@few_and_many
def test_all_or_nothing(depot: Any, row: Any, count: int) -> None:
    """A row that the database refuses takes all the others with it."""
    bad = row("bad", "bad", Decimal(-1), "new", [], None, None)
    with pytest.raises(CheckViolation) as caught:
        depot.items.save_items([*items(row, count - 1), bad])
    assert caught.value.constraint == "items_price_check"
    empty = row("", "empty", Decimal(1), "new", [], None, None)
    with pytest.raises(CheckViolation) as caught:
        depot.items.save_items([*items(row, count - 1), empty])
    assert caught.value.constraint == "code_check"
    assert depot.items.all_items() == []


@pytest.mark.parametrize("number", [1, 3, FEW + 100])
def test_value_that_does_not_fit(depot: Any, row: Any, number: int) -> None:
    """A value of the wrong type is reported with its row, and no row stays."""
    bad = list(items(row, max(3, number)))
    bad[number - 1].name = 5
    expected = rf"row {number}, parameter \$2 \(name\): varchar takes a str; got int"
    with pytest.raises(DataError, match=expected):
        depot.items.save_items(bad)
    assert depot.items.all_items() == []


def test_iterable_that_fails(depot: Any, row: Any) -> None:
    """An exception of the iterable comes out as it is, and no row stays."""

    def failing() -> Iterator[Any]:
        yield from items(row, MANY)
        raise ZeroDivisionError("secret-1")

    with pytest.raises(ZeroDivisionError, match="secret-1"):
        depot.items.save_items(failing())
    assert depot.items.all_items() == []


def test_inside_a_transaction(depot: Any, row: Any, database: Database) -> None:
    """Calls follow each other in a block; one that fails is taken back alone."""
    twice = [*items(row, MANY), *items(row, 1)]
    with depot.transaction() as tx:
        for _ in range(3):
            assert tx.items.save_items(items(row, MANY)) == MANY
        assert tx.items.save_items(items(row, 5)) == 5
        for bad in (twice, twice[-2:] + twice[-1:]):
            with pytest.raises(CardinalityViolation):
                tx.items.save_items(bad)
        assert tx.items.save_items(items(row, MANY)) == MANY
    found = depot.items.all_items()
    assert [item.writes for item in found] == [5] * 5 + [4] * (MANY - 5)
    with database.connection() as connection:
        cursor = connection.execute("SELECT count(*) FROM pg_class WHERE relname = 'pgrepo_rows'")
        assert cursor.fetchone() == (0,)


def test_prepared_statements_stay(depot: Any, row: Any, database: Database) -> None:
    """The temporary table comes and goes without the connection's statements being dropped."""
    statements = "SELECT count(*), min(name) FROM pg_prepared_statements"
    with depot.transaction() as tx:
        tx.items.all_items()
        tx.items.save_items(items(row, MANY))
    with database.connection() as connection:
        cursor = connection.execute(statements, prepare=False)
        assert (cursor.fetchone() or (0,))[0] >= 1


def test_host_that_is_not_autocommit(package: ModuleType, row: Any, depot_url: str) -> None:
    """On a host's connection the rows belong to the host's transaction."""
    with Connection.connect(depot_url) as connection:
        depot = package.Depot(connection)
        for count in (3, MANY):
            assert depot.items.save_items(items(row, count)) == count
            connection.rollback()
            assert depot.items.all_items() == []
        assert depot.items.save_items(items(row, MANY)) == MANY
        connection.commit()
        assert len(depot.items.all_items()) == MANY


def test_pipeline_of_the_host(package: ModuleType, row: Any, depot_url: str) -> None:
    """In a pipeline, where COPY cannot be, the rows arrive all the same, or none of them."""
    with Connection.connect(depot_url, autocommit=True) as connection:
        depot = package.Depot(connection)
        with connection.pipeline():
            assert depot.items.add_plain_items(plain_items(MANY)) == MANY
            assert depot.items.save_items(items(row, MANY + 1)) == MANY + 1
            assert len(depot.items.all_items()) == MANY + 1
        with pytest.raises(UniqueViolation):
            with connection.pipeline():
                depot.items.add_plain_items([*plain_items(MANY + 9)][-10:])
        assert len(depot.items.all_items()) == MANY + 1


@few_and_many
def test_statement_level_triggers(depot: Any, row: Any, database: Database, count: int) -> None:
    """They fire once a call, and their transition tables have all its rows."""
    with database.connection() as connection:
        connection.execute(TRIGGERS)
    depot.items.add_plain_items(plain_items(count))
    depot.items.save_items(items(row, count + 2))
    with database.connection() as connection:
        cursor = connection.execute("SELECT * FROM depot.changes ORDER BY operation, rows")
        assert cursor.fetchall() == [("INSERT", 2), ("INSERT", count), ("UPDATE", count)]


def test_large_rows(depot: Any, row: Any) -> None:
    """Of large rows a call has few in memory, whichever way they take."""
    large, count, names = "x" * 500_000, 60, import_module("depot.items")
    calls = (
        (depot.items.add_plain_items, plain_items(count, large)),
        (
            depot.items.save_items,
            (
                row(f"c{n:05}", "n", None, "new", [], {"text": f"{large}{n}"}, None)
                for n in range(count)
            ),
        ),
        (
            depot.items.save_items_with_note,
            (names.SaveItemsWithNote(f"c{n:05}", "n", f"{large}{n}") for n in range(count)),
        ),
    )
    for call, rows in calls:
        tracemalloc.start()
        try:
            assert call(rows) == count
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < count * len(large) / 3


def test_parameter_outside_of_values(depot: Any) -> None:
    """Such a statement is sent once a row, and a later row may meet an earlier one."""
    save = import_module("depot.items").SaveItemsWithNote
    rows = [save("a", "n", "1"), save("b", "n", "2"), save("a", "n", "3")]
    assert depot.items.save_items_with_note(rows) == 3
    assert [item.note for item in depot.items.all_items()] == ["3", "none"]


def test_without_temporary_tables(package: ModuleType, row: Any, clerk: Connection[Any]) -> None:
    """A role that may not make them sends statement by statement; no row is lost on the way."""
    depot = package.Depot(clerk)
    assert depot.items.save_items(items(row, MANY)) == MANY
    assert depot.items.save_items([*items(row, MANY), *items(row, 1)]) == MANY + 1
    assert [item.writes for item in depot.items.all_items()] == [3] + [2] * (MANY - 1)
    with clerk.transaction():
        assert depot.items.save_items(items(row, MANY)) == MANY


@few_and_many
@pytest.mark.parametrize("may_stage", [True, False])
def test_row_level_security(
    package: ModuleType, clerk: Connection[Any], count: int, *, may_stage: bool
) -> None:
    """Policies hold for every row, of inserts that COPY cannot do as well."""
    secrets = import_module("depot.items")
    depot = package.Depot(clerk)
    if may_stage:
        clerk.execute("RESET ROLE")
        clerk.execute(f'GRANT TEMPORARY ON DATABASE "{clerk.info.dbname}" TO {ROLE}')
        clerk.execute(f"SET ROLE {ROLE}")
    clerk.execute("SET depot.owner = 'ada'")
    added = [secrets.AddSecret("ada", str(number), "1") for number in range(count)]
    saved = [secrets.SaveSecret("ada", str(number), "2") for number in range(count + 1)]
    others = [secrets.AddSecret("ada", f"other {number}", "1") for number in range(count - 1)]
    assert depot.items.add_secrets(added) == count
    assert depot.items.save_secrets(saved) == count + 1
    with pytest.raises(InsufficientPrivilege):
        depot.items.add_secrets([*others, secrets.AddSecret("bob", "x", "1")])
    with pytest.raises(InsufficientPrivilege):
        depot.items.save_secrets([*saved[:-1], secrets.SaveSecret("bob", "x", "1")])
    cursor = clerk.execute("SELECT owner, count(*) FROM depot.secrets GROUP BY owner")
    assert cursor.fetchall() == [("ada", count + 1)]
