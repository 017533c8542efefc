"""Five optional filters and three orders, at a million rows: each filter alone leads to its rows.

The rows are real, and the plans are generic ones, which know no values. That no row is lost or
added on these ways is compared with a plain search of the same rows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import RawCursor

from pgrepo.sqlfiles.queries import read_queries
from pgrepo.sqlfiles.source import Source
from pgrepo.sqlfiles.variants import Choice
from tests.plans.explained import filled_database, generic_plan, indexes, scanned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection
    from pytest_postgresql.executors import NoopExecutor

    from pgrepo.sqlfiles.named_query import NamedQuery

ROWS = 1_000_000
SCHEMA = """
CREATE SCHEMA stock;
CREATE UNLOGGED TABLE stock.parcels (
    id integer NOT NULL,
    owner_id integer NOT NULL,
    depot text NOT NULL,
    weight integer NOT NULL,
    marks integer[] NOT NULL,
    arrived_at timestamptz NOT NULL
);
"""
FILL = f"""
INSERT INTO stock.parcels
SELECT
    n, n % 5000, 'depot ' || n % 1999, n * 7 % 10007, ARRAY[n % 3001],
    timestamptz '2026-01-01Z' + n * interval '1 minute'
FROM generate_series(1, {ROWS}) AS n;
"""
INDEXES = """
SET maintenance_work_mem = '256MB';
ALTER TABLE stock.parcels ADD CONSTRAINT parcels_pkey PRIMARY KEY (id);
CREATE INDEX parcels_owner_id_idx ON stock.parcels (owner_id);
CREATE INDEX parcels_depot_idx ON stock.parcels (depot);
CREATE INDEX parcels_weight_idx ON stock.parcels (weight, id);
CREATE INDEX parcels_marks_idx ON stock.parcels USING gin (marks);
CREATE INDEX parcels_arrived_at_idx ON stock.parcels (arrived_at, id);
ANALYZE stock.parcels;
"""
QUERY = """\
-- Parcels in a depot.

-- name: search_parcels(owner_id, depot, lightest, heaviest, mark, since, until)
-- Returns parcels.
-- @order_by newest: parcel.arrived_at DESC, parcel.id DESC
-- @order_by oldest: parcel.arrived_at, parcel.id
-- @order_by heaviest: parcel.weight DESC, parcel.id DESC
SELECT parcel.id
FROM stock.parcels AS parcel
WHERE
    parcel.owner_id = :owner_id  -- @optional
    AND parcel.depot = :depot  -- @optional
    AND parcel.weight BETWEEN :lightest
        AND :heaviest  -- @optional
    AND parcel.marks @> ARRAY[:mark::integer]  -- @optional
    AND parcel.arrived_at BETWEEN :since
        AND :until  -- @optional
ORDER BY parcel.arrived_at DESC, parcel.id DESC;
"""


def arrival(number: int) -> datetime:
    """When a parcel arrived."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)


# Of each filter its index, values for it, and which parcels it means.
FILTERS: dict[tuple[str, ...], tuple[str, list[object], Callable[[int], bool]]] = {
    ("owner_id",): ("parcels_owner_id_idx", [17], lambda n: n % 5000 == 17),
    ("depot",): ("parcels_depot_idx", ["depot 5"], lambda n: n % 1999 == 5),
    ("lightest", "heaviest"): (
        "parcels_weight_idx", [10, 13], lambda n: 10 <= n * 7 % 10007 <= 13,
    ),
    ("mark",): ("parcels_marks_idx", [2500], lambda n: n % 3001 == 2500),
    ("since", "until"): (
        "parcels_arrived_at_idx", [arrival(500_000), arrival(500_300)],
        lambda n: 500_000 <= n <= 500_300,
    ),
}  # fmt: skip
ORDERS: dict[str, Callable[[int], tuple[int, ...]]] = {
    "newest": lambda n: (-n,),
    "oldest": lambda n: (n,),
    "heaviest": lambda n: (-(n * 7 % 10007), -n),
}


@pytest.fixture(scope="module")
def parcels(server_url: str, postgresql_noproc: NoopExecutor) -> Iterator[Connection[Any]]:
    """A database with a million parcels."""
    yield from filled_database(server_url, postgresql_noproc, (SCHEMA + FILL + INDEXES,))


@pytest.fixture(scope="module")
def query() -> NamedQuery:
    """The query, read."""
    file = read_queries(Source(QUERY, Path("parcels.sql"), "parcels.sql"))
    assert not file.errors
    return file.queries[0]


def statement(query: NamedQuery, choice: Choice) -> str:
    return query.variants.variant(query.sql, query.positions, choice).sql


@pytest.mark.parametrize("given", FILTERS, ids=" and ".join)
@pytest.mark.parametrize("order", ORDERS)
def test_each_filter_alone(
    parcels: Connection[Any], query: NamedQuery, given: tuple[str, ...], order: str
) -> None:
    """Its index leads to the rows, in every order, and they are the right ones."""
    index, values, means = FILTERS[given]
    absent = frozenset(
        number
        for number, option in enumerate(query.variants.options)
        if set(option.parameters) != set(given)
    )
    assert len(absent) == len(FILTERS) - 1
    sql = statement(query, Choice(absent, order))
    found = generic_plan(parcels, sql)
    assert indexes(found) == {index}
    assert not scanned(found)
    rows = RawCursor(parcels).execute(sql, values).fetchall()
    expected = sorted(filter(means, range(1, ROWS + 1)), key=ORDERS[order])
    assert [row[0] for row in rows] == expected
    assert expected


def test_all_statements(parcels: Connection[Any], query: NamedQuery) -> None:
    """Whatever is given, PostgreSQL can plan it, and reads the whole table for no filter alone."""
    choices = list(query.variants.choices())
    assert len(choices) == 2 ** len(FILTERS) * len(ORDERS)
    for choice in choices:
        found = generic_plan(parcels, statement(query, choice))
        assert bool(scanned(found)) <= (len(choice.absent) == len(FILTERS)), choice
