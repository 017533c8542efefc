"""What the contestants read and write, what they make of it, and how they are asked.

Two schemas in one database: trade.orders, 20,000 rows of ten columns, and monumento with sessions
of 1,000 messages. All connections are autocommit, so that nobody pays for BEGIN and COMMIT.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from itertools import cycle
from typing import TYPE_CHECKING, Any, LiteralString, TypeAlias
from uuid import UUID

import psycopg
from harness import Turn, database, repeated, tasks
from psycopg.conninfo import conninfo_to_dict

from pgrepo.compiler import compile as compiler
from pgrepo.project import load_project

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

PAGE = 500
MESSAGES = 1_000
TASKS = 16

TABLE: LiteralString = """
CREATE SCHEMA trade;

CREATE TABLE trade.orders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    customer_id bigint NOT NULL,
    number text NOT NULL,
    status text NOT NULL,
    note text,
    quantity integer NOT NULL,
    weight double precision NOT NULL,
    paid boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (id)
);

CREATE INDEX orders_customer_id_created_at_id_idx
    ON trade.orders (customer_id, created_at, id);
"""
FILL: tuple[LiteralString, ...] = (
    """
    INSERT INTO trade.orders
        (customer_id, number, status, note, quantity, weight, paid, created_at, updated_at)
    SELECT
        n / 1000, 'N-' || n, 'open', nullif('note ' || n % 3, 'note 0'), n % 7, n * 0.25,
        n % 2 = 0, now() - n * interval '1 minute', now()
    FROM generate_series(0, 19999) AS n
    """,
    "INSERT INTO monumento.users (email, password_hash) VALUES ('one@example.com', 'none')",
    """
    INSERT INTO monumento.sessions (user_id, vibe, mode, duration_minutes, metadata)
    SELECT id, 'The Historian', 'Auto-Pilot', 60, '{"topics": ["school", "work"]}'
    FROM monumento.users, generate_series(1, 40)
    """,
    """
    INSERT INTO monumento.messages (session_id, role, text, timestamp, relative_offset)
    SELECT
        session.id, CASE WHEN n % 2 = 0 THEN 'user' ELSE 'ai' END,
        repeat('what I remember of it, ', 1 + n % 8), 1700000000000 + n * 3600, n * 3600
    FROM monumento.sessions AS session, generate_series(1, 1000) AS n
    ORDER BY session.id, n
    """,
    "VACUUM ANALYZE",
)

COLUMNS: LiteralString = (
    "id, customer_id, number, status, note, quantity, weight, paid, created_at, updated_at"
)
BY_ID: LiteralString = f"SELECT {COLUMNS} FROM trade.orders WHERE id = %s"
BY_CUSTOMER: LiteralString = (
    f"SELECT {COLUMNS} FROM trade.orders WHERE customer_id = %s ORDER BY created_at, id LIMIT %s"
)
QUERIES = f"""\
-- name: order_by_id(id)^
-- Returns an order.
SELECT {COLUMNS} FROM trade.orders WHERE id = :id;

-- name: orders_of_customer(customer_id, limit)
-- Returns a page of a customer's orders, oldest first.
SELECT {COLUMNS} FROM trade.orders
WHERE customer_id = :customer_id ORDER BY created_at, id LIMIT :limit;
"""
MessageRow: TypeAlias = tuple[UUID, str, str, int, int, str | None]
INSERTED: tuple[LiteralString, ...] = (
    "session_id", "role", "text", "timestamp", "relative_offset", "audio_url",
)  # fmt: skip
"""The columns of a message that is inserted."""
ATTRIBUTES = ("session_id", "role", "text", "timestamp", "offset", "audio_url")
"""What the ORMs' models call them."""
PROJECT = """\
[tool.pgrepo.domains.trade]
sql = "sql"
queries = "queries"
output = "trade"
"""


@dataclass(slots=True)
class Order:
    """What those make of a row who have no class of their own for it."""

    id: UUID
    customer_id: int
    number: str
    status: str
    note: str | None
    quantity: int
    weight: float
    paid: bool
    created_at: datetime
    updated_at: datetime


ORDER = tuple(field.name for field in fields(Order))


@dataclass(frozen=True)
class Stage:
    """Where contestants enter.

    Attributes:
        url: of the database.
        where: the same as host, port, user and database.
        loop: of those that are asynchronous.
        orders: the ids of orders that are read, in turn.
        customers: likewise.
        sessions: likewise.
    """

    url: str
    where: dict[str, Any]
    loop: asyncio.AbstractEventLoop
    orders: Sequence[UUID]
    customers: Sequence[int]
    sessions: Sequence[UUID]


@dataclass(frozen=True)
class Entrant:
    """A contestant: what it does to read or write something.

    Attributes:
        name: as the report shows it.
        order: reads an order by its id.
        page: reads 500 orders of a customer.
        session: reads a session with its messages.
        insert: inserts many messages, whose values come in the order of INSERTED.
        asynchronous: whether the four are coroutine functions.
    """

    name: str
    order: Callable[[UUID], Any] | None = None
    page: Callable[[int], Any] | None = None
    session: Callable[[UUID], Any] | None = None
    insert: Callable[[Sequence[MessageRow]], Any] | None = None
    asynchronous: bool = False


def build(server: str, directory: Path, loop: asyncio.AbstractEventLoop) -> Stage:
    """Makes the database and fills it; generates the package `trade` and makes it importable."""
    url = database(server, "peers", "monumento")
    (directory / "sql").mkdir()
    (directory / "queries").mkdir()
    (directory / "pyproject.toml").write_text(PROJECT)
    (directory / "sql" / "V001__orders.sql").write_text(TABLE)
    (directory / "queries" / "orders.sql").write_text(QUERIES)
    [domain] = load_project(directory / "pyproject.toml").domains
    compiler.generate(domain, server)
    sys.path.insert(0, str(directory))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)
        for step in FILL:
            connection.execute(step)
        orders = connection.execute("SELECT id FROM trade.orders LIMIT 5000").fetchall()
        sessions = connection.execute("SELECT id FROM monumento.sessions").fetchall()
    parts = conninfo_to_dict(url)
    where = {
        "host": str(parts["host"]),
        "port": int(str(parts.get("port", 5432))),
        "user": str(parts["user"]),
        "database": str(parts["dbname"]),
    }
    return Stage(
        url, where, loop, [row[0] for row in orders], range(20), [row[0] for row in sessions]
    )


def contestants(
    stage: Stage, entrants: Sequence[Entrant], what: str, count: int = 1
) -> dict[str, Turn]:
    """Those that can read something, by their names.

    Args:
        stage: where they are.
        entrants: all of them.
        what: order, page or session.
        count: of how many tasks each consists; above 1 the synchronous ones do not take part.
    """
    found: dict[str, Turn] = {}
    keys: Sequence[Any] = {
        "order": stage.orders, "page": stage.customers, "session": stage.sessions,
    }[what]  # fmt: skip
    for entrant in entrants:
        if (read := getattr(entrant, what)) is None or (count > 1 and not entrant.asynchronous):
            continue
        turn = _turn(stage, read, keys, count if entrant.asynchronous else None)
        found[entrant.name] = turn
    return found


def _turn(stage: Stage, read: Callable[[Any], Any], keys: Sequence[Any], count: int | None) -> Turn:
    following = cycle(keys)
    if count is None:
        return repeated(lambda: read(next(following)))
    return tasks(stage.loop, lambda: read(next(following)), count)


def agree(stage: Stage, entrants: Sequence[Entrant]) -> None:
    """Makes sure that all contestants find the same.

    Raises:
        AssertionError: one of them does not.
    """
    order, customer, session = stage.orders[0], stage.customers[-1], stage.sessions[0]
    with psycopg.connect(stage.url, autocommit=True) as connection:
        row = connection.execute(BY_ID, (order,)).fetchone()
        page = connection.execute(BY_CUSTOMER, (customer, PAGE)).fetchall()
    for entrant in entrants:
        if entrant.order is not None:
            assert _order(answer(stage, entrant, entrant.order(order))) == row, entrant.name
        if entrant.page is not None:
            found = answer(stage, entrant, entrant.page(customer))
            assert [_order(entry) for entry in found] == page, entrant.name
        if entrant.session is not None:
            told = answer(stage, entrant, entrant.session(session))
            assert _session(told) == (session, MESSAGES, "ai", 3600, None), entrant.name


def answer(stage: Stage, entrant: Entrant, called: Any) -> Any:
    """What a call returns, awaited where that must be."""
    return stage.loop.run_until_complete(called) if entrant.asynchronous else called


def _order(entry: Any) -> tuple[Any, ...]:
    if hasattr(entry, "number"):
        return tuple(getattr(entry, name) for name in ORDER)
    return tuple(entry)


def _session(told: Any) -> tuple[Any, ...]:
    messages = getattr(told, "spoken", told.messages)
    first = messages[0]
    assert isinstance(first.id, UUID)
    return told.id, len(messages), first.role, first.offset, first.audio_url
