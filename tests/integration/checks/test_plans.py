"""Plans of tables that are large in the planner's eyes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pgrepo.compiler.analysis.scratch import scratch_database
from pgrepo.compiler.checks import gates
from pgrepo.compiler.checks.plans import Planner
from pgrepo.compiler.checks.schema import read_schema
from pgrepo.compiler.checks.statistics import ROWS, enlarge
from pgrepo.compiler.compile import tools_on
from pgrepo.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from tests.integration.checks.conftest import Check

SCHEMA = """
CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('open', 'sent');
CREATE DOMAIN shop.positive AS integer NOT NULL CHECK (VALUE > 0);
CREATE FUNCTION shop.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'no rows here';
END;
$$;
CREATE TABLE shop.customers (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    email text NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX customers_email_key ON shop.customers (lower(email));
-- Everything that could keep a row of NULLs out.
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES shop.customers (id),
    quantity shop.positive,
    doubled integer GENERATED ALWAYS AS (quantity * 2) STORED,
    state shop.state NOT NULL,
    placed_at timestamptz NOT NULL,
    price numeric NOT NULL CHECK (price IS NOT NULL AND price >= 0),
    "Odd name" text NOT NULL,
    deleted_at timestamptz
);
CREATE TRIGGER orders_refuse BEFORE INSERT ON shop.orders
    FOR EACH ROW EXECUTE FUNCTION shop.refuse();
CREATE INDEX orders_customer_id_idx ON shop.orders (customer_id, placed_at DESC, id DESC)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_customer_id_hash ON shop.orders USING hash (customer_id);
CREATE INDEX orders_open_idx ON shop.orders (placed_at, id) WHERE state = 'open';
CREATE INDEX orders_dear_idx ON shop.orders (placed_at, id)
    WHERE price > 1000 AND deleted_at IS NULL;
CREATE TABLE shop.notes (id bigint NOT NULL, text text NOT NULL CHECK (text <> ''));
CREATE TABLE shop.old_notes () INHERITS (shop.notes);
CREATE TABLE shop.events (
    at date NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE shop.events_2026 PARTITION OF shop.events
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE shop.events_2027 PARTITION OF shop.events
    FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
"""
TABLES = ("customers", "orders", "events", "old_notes")

pytestmark = pytest.mark.usefixtures("planner_can_be_told")


@pytest.fixture
def large(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A scratch database with this schema, its tables large."""
    with scratch_database(server_url) as connection:
        connection.execute(SCHEMA.encode())
        tools = tools_on(connection)
        Planner(connection)
        before = structure(connection)
        tables = [r for r in tools.catalog.relations.values() if r.name in TABLES]
        enlarge(connection, tables, read_schema(connection))
        assert structure(connection) == before
        yield connection


def structure(connection: psycopg.Connection[Any]) -> list[Any]:
    """The columns, constraints and indexes, and how many rows there are."""
    columns = connection.execute(
        "SELECT attrelid, attname, attnum, attnotnull, attidentity, attgenerated FROM pg_attribute "
        "WHERE attrelid::regclass::text LIKE 'shop.%' ORDER BY 1, 3"
    ).fetchall()
    constraints = connection.execute(
        "SELECT conrelid, conname, conbin::text FROM pg_constraint ORDER BY 1, 2"
    ).fetchall()
    indexes = connection.execute("SELECT * FROM pg_indexes ORDER BY 1, 2, 3").fetchall()
    rows = [connection.execute(f"SELECT count(*) FROM shop.{name}").fetchone() for name in TABLES]
    return [columns, constraints, indexes, rows]


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_large(large: psycopg.Connection[Any], table: str) -> None:
    """The planner expects so many rows, and there is none; partitions share them."""
    plan = Planner(large).plan(f"SELECT * FROM shop.{table}")
    assert plan is not None
    assert plan.rows == pytest.approx(ROWS, rel=0.01)


@pytest.mark.parametrize(
    ("table", "rest", "index"),
    [
        ("orders", "WHERE id = $1 AND deleted_at IS NULL", "orders_pkey"),
        ("customers", "WHERE lower(email) = $1", "customers_email_key"),
        (
            "orders",
            "WHERE customer_id = $1 AND deleted_at IS NULL "  # noqa: ISC004
            "ORDER BY placed_at DESC, id DESC LIMIT 20",
            "orders_customer_id_idx",
        ),
        ("orders", "WHERE state = 'open' ORDER BY placed_at, id LIMIT 20", "orders_open_idx"),
        (
            "orders",
            "WHERE price > 1000 AND deleted_at IS NULL ORDER BY placed_at, id LIMIT 20",
            "orders_dear_idx",
        ),
    ],
)
def test_the_right_index(large: psycopg.Connection[Any], table: str, rest: str, index: str) -> None:
    """Partial indexes have a size too: they are taken where they serve, and only there."""
    plan = Planner(large).plan(f"SELECT * FROM shop.{table} {rest}")
    assert plan is not None
    [found] = [node.index for node in plan.walk() if node.index is not None]
    assert found == ("shop", index)


def test_partial_indexes_have_pages(large: psycopg.Connection[Any]) -> None:
    """A row was found for every predicate: an index without one has a single page."""
    pages = large.execute(
        "SELECT relname, pg_relation_size(oid) / 8192 FROM pg_class "
        "WHERE relname IN ('orders_customer_id_idx', 'orders_open_idx', 'orders_dear_idx')"
    ).fetchall()
    assert len(pages) == 3
    assert all(size >= 2 for _, size in pages), pages


def test_partitions(check: Check) -> None:
    """A table that is read whole is told by its own name, whatever partition is read."""
    report = check(
        SCHEMA,
        "-- name: named(name)\nSELECT at FROM shop.events WHERE name = :name;\n"
        "-- name: event_by_id(at, id)^\n"
        "SELECT name FROM shop.events WHERE at = :at AND id = :id;\n",
        hot=("events",),
    )
    assert [(error.code, error.query) for error in report.errors] == [("PGR511", "named")]
    assert "reads all of events" in report.errors[0].message


def test_a_trial_leaves_no_trace(check: Check) -> None:
    """What trying an index changes is put right: the queries after it are planned as before.

    CREATE INDEX counts the rows, none, and that outlives the transaction. A table without rows
    would be read whole for anything.
    """
    report = check(
        SCHEMA,
        '-- name: by_odd_name(name)\nSELECT id FROM shop.orders WHERE "Odd name" = :name;\n'
        "-- name: order_by_id(order_id)^\nSELECT price FROM shop.orders WHERE id = :order_id;\n"
        "-- name: orders_of(customer_id)\n"
        "SELECT id FROM shop.orders WHERE customer_id = :customer_id AND deleted_at IS NULL;\n",
        hot=("orders",),
    )
    told = [error for error in report.errors if error.code != "PGR603"]
    assert [(error.code, error.query) for error in told] == [("PGR511", "by_odd_name")]
    assert told[0].help == (
        'an index would do: CREATE INDEX "orders_Odd name_idx" ON shop.orders ("Odd name");'
    )


def test_unused_index(check: Check) -> None:
    """Only an index that no query could want is told, with its place."""
    schema = """
    CREATE SCHEMA shop;
    CREATE TABLE shop.orders (
        id bigint PRIMARY KEY, email text NOT NULL, note text, state text NOT NULL,
        sent_at date, paid_at date, code text NOT NULL, UNIQUE (code)
    );
    CREATE INDEX orders_email_idx ON shop.orders (email);
    CREATE INDEX orders_note_idx ON shop.orders (note);
    CREATE INDEX orders_state_idx ON shop.orders (state) WHERE state = 'open';
    CREATE INDEX orders_sent_at_idx ON shop.orders (sent_at);
    CREATE INDEX orders_paid_at_idx ON shop.orders (paid_at);
    CREATE VIEW shop.sent AS SELECT id FROM shop.orders WHERE sent_at IS NOT NULL;
    CREATE FUNCTION shop.forget() RETURNS void LANGUAGE sql
        AS 'DELETE FROM shop.orders WHERE paid_at < now()';
    """
    queries = (
        "-- name: orders_of(email)\nSELECT id, note FROM shop.orders WHERE email = :email;\n"
        # With another value than a generic plan supposes, the partial index would do.
        "-- name: in_state(email, state)\n"
        "SELECT id, note FROM shop.orders WHERE email = :email AND state = :state;\n"
    )
    [error] = check(schema, queries, hot=("orders",)).errors
    assert (error.code, error.source_line.strip()) == (
        "PGR603",
        "CREATE INDEX orders_note_idx ON shop.orders (note);",
    )


def test_no_such_table(check: Check) -> None:
    """A name in the configuration that is no table's is told with the one that is meant."""
    with pytest.raises(
        ProjectError, match=r"shop\.hot: .* no table 'order'; did you mean 'orders'"
    ):
        check(SCHEMA, hot=("order",))


def test_older_server(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot be told statistics is no error: a note says what was left out."""
    monkeypatch.setattr(gates, "OLDEST", 990000)
    report = check(SCHEMA, "-- name: all_orders()\nSELECT id FROM shop.orders;\n", hot=("orders",))
    assert report.errors == ()
    [note] = report.notes
    assert note.startswith("shop: plans are not checked: that needs PostgreSQL 99")


def test_partitions_that_after_migrate_makes(check: Check) -> None:
    """A table that has no partition in the versioned files is looked at with those it will have."""
    report = check(
        {
            "V001__shop.sql": (
                "CREATE SCHEMA shop;\n"
                "CREATE TABLE shop.sales (id bigint NOT NULL, shop_id bigint NOT NULL,\n"
                "    at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);\n"
                "CREATE INDEX sales_shop_id_idx ON shop.sales (shop_id, at DESC, id DESC);\n"
            ),
            "afterMigrate.sql": (
                "CREATE TABLE shop.sales_2025 PARTITION OF shop.sales\n"
                "    FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');\n"
                "CREATE TABLE shop.sales_2026 PARTITION OF shop.sales\n"
                "    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n"
            ),
        },
        "-- name: page_of(shop_id)\n"
        "SELECT id, at FROM shop.sales WHERE shop_id = :shop_id\n"
        "ORDER BY at DESC, id DESC LIMIT 20;\n"
        "-- name: by_number(shop_id)\n"
        "SELECT id FROM shop.sales WHERE shop_id = :shop_id ORDER BY id, at LIMIT 20;\n",
        hot=("sales",),
    )
    (error,) = report.errors
    assert (error.code, error.query) == ("PGR512", "by_number")
    assert "CREATE INDEX" in (error.help or "")
    assert "shop.sales (shop_id, id, at)" in (error.help or "")
