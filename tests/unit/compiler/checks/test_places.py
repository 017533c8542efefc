"""Where tables, orders and objects are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgrepo.compiler.checks.places import DdlPlaces, order_by_offset, table_offset
from pgrepo.sqlfiles.source import Source


@pytest.mark.parametrize(
    ("sql", "arguments", "found"),
    [
        ("SELECT 1 FROM shop.orders", {}, "shop.orders"),
        ("SELECT 'shop.orders' FROM shop.orders", {}, "shop.orders"),
        ('SELECT 1 FROM "shop" . "orders" AS o', {}, '"shop" . "orders" AS o'),
        ("SELECT 1 FROM Shop.ORDERS", {}, "Shop.ORDERS"),
        ("SELECT orders.id FROM orders", {}, "orders"),
        (
            "SELECT 1 FROM shop.orders AS a, shop.orders AS b",
            {"alias": "b"},
            "shop.orders AS b",
        ),
        ("SELECT 1 FROM shop.orders a JOIN shop.orders b", {"alias": "b"}, "shop.orders b"),
        (
            "WITH x AS (SELECT 1 FROM shop.orders) DELETE FROM ONLY shop.orders",
            {"after": "DELETE"},
            "shop.orders",
        ),
        ("UPDATE shop.orders SET a = 1", {"after": "UPDATE"}, "shop.orders SET a = 1"),
        ("SELECT 1 FROM a_view", {}, "SELECT 1 FROM a_view"),
    ],
)
def test_table(sql: str, arguments: dict[str, str], found: str) -> None:
    """A table is found by its name, by its alias where there are several, or not at all."""
    at = table_offset(sql, "shop", "orders", **arguments)
    assert sql[at:] == found


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT a FROM t ORDER BY a, b LIMIT 5", "a, b LIMIT 5"),
        ("SELECT a, (SELECT b ORDER BY c) FROM t ORDER BY (a) LIMIT 5", "(a) LIMIT 5"),
        (
            "SELECT a FROM (SELECT b ORDER BY c LIMIT 5) AS t ORDER BY a",
            "c LIMIT 5) AS t ORDER BY a",
        ),
        ("SELECT row_number() OVER (ORDER BY a) FROM t LIMIT 5", None),
    ],
)
def test_order(sql: str, found: str | None) -> None:
    """The ORDER BY of the same query, not of one inside or around it."""
    at = order_by_offset(sql, sql.index("5"))
    assert (None if at is None else sql[at:]) == found


DDL = """\
CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    customer_id bigint REFERENCES shop.customers (id),
    CONSTRAINT orders_key UNIQUE (customer_id, id)
);
CREATE TABLE shop.other (customer_id bigint, CONSTRAINT orders_key CHECK (true));
CREATE INDEX orders_idx ON shop.orders (id);
DROP INDEX shop.orders_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_idx ON shop.orders (id);
COMMENT ON INDEX shop.orders_idx IS 'orders_idx';
"""


@pytest.mark.parametrize(
    ("name", "columns", "place"),
    [
        ("orders_key", (), (4, 16)),
        ("orders_idx", (), (9, 41)),
        ("orders_customer_id_fkey", ("customer_id",), (3, 5)),
        ("orders_pkey", (), (1, 19)),
    ],
)
def test_ddl(name: str, columns: tuple[str, ...], place: tuple[int, int]) -> None:
    """An object is found where it gets its name, or else at its column or its table."""
    places = DdlPlaces([Source(DDL, Path("V1__shop.sql"), "V1__shop.sql")])
    error = places.error("PGR601", "x", name, "orders", columns=columns, help="y")
    assert (error.line, error.column) == place


GAMES = """\
CREATE TABLE IF NOT EXISTS chess.games (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    white_id bigint NOT NULL REFERENCES chess.players,
    black_id bigint DEFAULT (white_id()) NOT NULL REFERENCES chess.players,
    "check" bigint[] DEFAULT ARRAY[1, white_id()],
    least_id bigint GENERATED ALWAYS AS (least(white_id, black_id)) STORED,
    CHECK (white_id <> black_id),
    CONSTRAINT games_check CHECK (black_id, white_id),
    UNIQUE (white_id, "check"),
    EXCLUDE USING gist (white_id WITH =, black_id WITH =)
) PARTITION BY RANGE (white_id, black_id);
CREATE TABLE chess.moves (games bigint, white_id bigint, move_id bigint);
CREATE TABLE chess.old AS SELECT coalesce(white_id, 0) FROM chess.games;
ALTER TABLE chess.games ALTER COLUMN white_id SET NOT NULL, ADD COLUMN one bigint, ADD two bigint;
ALTER TABLE ONLY chess.games ADD COLUMN IF NOT EXISTS three bigint, ADD CHECK (three > 0);
ALTER TABLE chess.games ADD UNIQUE (two), ADD FOREIGN KEY (one, two) REFERENCES chess.moves;
"""


@pytest.mark.parametrize(
    ("columns", "table", "begins"),
    [
        (("white_id",), "games", "white_id bigint NOT NULL REFERENCES"),
        (("black_id",), "games", "black_id bigint DEFAULT"),
        (("check",), "games", '"check" bigint[]'),
        (("least_id",), "games", "least_id bigint GENERATED"),
        (("one",), "games", "one bigint"),
        (("two",), "games", "two bigint"),
        (("three",), "games", "three bigint"),
        (("one", "two"), "games", "one, two) REFERENCES"),
        (("white_id",), "moves", "white_id bigint, move_id"),
        (("move_id",), "games", "games ("),
        (("white_id",), "old", "old AS"),
    ],
)
def test_column(columns: tuple[str, ...], table: str, begins: str) -> None:
    """A key without a name is found at its columns or their definitions, not at other uses."""
    places = DdlPlaces([Source(GAMES, Path("V1__chess.sql"), "V1__chess.sql")])
    error = places.error("PGR601", "x", "made_up_fkey", table, columns=columns, help="y")
    line = GAMES.splitlines()[error.line - 1]
    assert line[error.column - 1 :].startswith(begins)


def test_later_files_win() -> None:
    """An index that was made anew is found in the newer file."""
    old = Source("CREATE INDEX i ON shop.orders (a);", Path("V1__a.sql"), "V1__a.sql")
    new = Source("CREATE INDEX i ON shop.orders (b);", Path("V2__b.sql"), "V2__b.sql")
    assert DdlPlaces([old, new]).error("PGR603", "x", "i", "orders", help="y").file == "V2__b.sql"
