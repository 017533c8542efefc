"""psycopg and asyncpg used by hand, and aiosql on psycopg."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

import aiosql
import psycopg
from psycopg.rows import class_row, dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from peers.stage import BY_CUSTOMER, BY_ID, COLUMNS, INSERTED, PAGE, TASKS, Entrant, Order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from datetime import datetime

    from peers.stage import MessageRow, Stage

SESSION_COLUMNS: LiteralString = (
    "session.id, session.user_id, session.vibe, session.mode, session.duration_minutes, "
    "session.video_url, session.transcript_url, session.thumbnail_url, session.metadata, "
    "session.status, session.created_at, session.updated_at"
)
LIVE: LiteralString = """
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE session.id = %s AND session.deleted_at IS NULL AND account.deleted_at IS NULL
"""
SESSION: LiteralString = f"SELECT {SESSION_COLUMNS} {LIVE}"
MESSAGES: LiteralString = """
SELECT id, role, text, timestamp, relative_offset AS offset, audio_url
FROM monumento.messages WHERE session_id = %s ORDER BY timestamp, id
"""
NESTED: LiteralString = f"""
SELECT {SESSION_COLUMNS}, (
    SELECT COALESCE(json_agg(json_build_object(
        'id', message.id, 'role', message.role, 'text', message.text,
        'timestamp', message.timestamp, 'offset', message.relative_offset,
        'audio_url', message.audio_url
    ) ORDER BY message.timestamp, message.id), '[]')
    FROM monumento.messages AS message WHERE message.session_id = session.id
) AS messages
{LIVE}
"""
AIOSQL = f"""
-- name: order_by_id(id)^
-- record_class: Order
SELECT {COLUMNS} FROM trade.orders WHERE id = :id;

-- name: orders_of_customer(customer_id, limit)
-- record_class: Order
SELECT {COLUMNS} FROM trade.orders
WHERE customer_id = :customer_id ORDER BY created_at, id LIMIT :limit;
"""


@dataclass(slots=True)
class Message:
    """A message, as one would write it down."""

    id: UUID
    role: str
    text: str
    timestamp: int
    offset: int
    audio_url: str | None


@dataclass(slots=True)
class Session:
    """A session, likewise."""

    id: UUID
    user_id: UUID
    vibe: str
    mode: str
    duration_minutes: int
    video_url: str | None
    transcript_url: str | None
    thumbnail_url: str | None
    metadata: dict[str, Any]
    status: str
    created_at: datetime
    updated_at: datetime
    messages: list[Message]


def message_of(found: dict[str, Any]) -> Message:
    """Makes a message of the object that JSON has for it."""
    return Message(
        UUID(found["id"]),
        found["role"],
        found["text"],
        found["timestamp"],
        found["offset"],
        found["audio_url"],
    )


@contextmanager
def synchronous(stage: Stage) -> Iterator[list[Entrant]]:
    """Psycopg with a pool and without, and aiosql."""
    with (
        ConnectionPool(
            stage.url, min_size=1, max_size=4, kwargs={"autocommit": True}, open=True
        ) as pool,
        psycopg.connect(stage.url, autocommit=True) as bare,
    ):
        yield [
            _pooled(pool), *_bare(bare), _json(pool), _two_queries(pool), *_writers(pool),
            _aiosql(bare),
        ]  # fmt: skip


def _pooled(pool: ConnectionPool[psycopg.Connection[Any]]) -> Entrant:
    def order(key: UUID) -> Order | None:
        with (
            pool.connection() as connection,
            connection.cursor(row_factory=class_row(Order)) as cursor,
        ):
            return cursor.execute(BY_ID, (key,)).fetchone()

    def page(key: int) -> list[Order]:
        with (
            pool.connection() as connection,
            connection.cursor(row_factory=class_row(Order)) as cursor,
        ):
            return cursor.execute(BY_CUSTOMER, (key, PAGE)).fetchall()

    return Entrant("psycopg, pool, class_row", order, page)


def _json(pool: ConnectionPool[psycopg.Connection[Any]]) -> Entrant:
    def session(key: UUID) -> Session | None:
        with (
            pool.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            row = cursor.execute(NESTED, (key,)).fetchone()
        if row is None:
            return None
        row["messages"] = [message_of(found) for found in row["messages"]]
        return Session(**row)

    return Entrant("psycopg, JSON, dataclasses by hand", session=session)


def _two_queries(pool: ConnectionPool[psycopg.Connection[Any]]) -> Entrant:
    def session(key: UUID) -> Session | None:
        with pool.connection() as connection:
            with connection.cursor(row_factory=dict_row) as cursor:
                row = cursor.execute(SESSION, (key,)).fetchone()
            with connection.cursor(row_factory=class_row(Message)) as cursor:
                messages = cursor.execute(MESSAGES, (key,)).fetchall()
        return Session(**row, messages=messages) if row else None

    return Entrant("psycopg, two queries, class_row", session=session)


def _writers(pool: ConnectionPool[psycopg.Connection[Any]]) -> list[Entrant]:
    names = ", ".join(INSERTED)
    text: LiteralString = f"COPY monumento.messages ({names}) FROM STDIN"
    insert: LiteralString = (
        f"INSERT INTO monumento.messages ({names}) VALUES (%s, %s, %s, %s, %s, %s)"
    )

    def write(rows: Sequence[MessageRow], *, binary: bool) -> None:
        copy_from = text + " (FORMAT binary)" if binary else text
        with (
            pool.connection() as connection,
            connection.cursor() as cursor,
            cursor.copy(copy_from) as copy,
        ):
            if binary:
                copy.set_types(["uuid", "text", "text", "int8", "int8", "text"])
            for row in rows:
                copy.write_row(row)

    def execute_many(rows: Sequence[MessageRow]) -> None:
        with pool.connection() as connection, connection.cursor() as cursor:
            cursor.executemany(insert, rows)

    return [
        Entrant("psycopg, COPY, write_row", insert=lambda rows: write(rows, binary=False)),
        Entrant("psycopg, binary COPY, write_row", insert=lambda rows: write(rows, binary=True)),
        Entrant("psycopg, executemany", insert=execute_many),
    ]


def _bare(connection: psycopg.Connection[Any]) -> list[Entrant]:
    def typed(key: UUID) -> Order | None:
        with connection.cursor(row_factory=class_row(Order)) as cursor:
            return cursor.execute(BY_ID, (key,)).fetchone()

    def page(key: int) -> Any:
        return connection.execute(BY_CUSTOMER, (key, PAGE)).fetchall()

    return [
        Entrant("psycopg, no pool, class_row", typed),
        Entrant(
            "psycopg, no pool, tuples",
            lambda key: connection.execute(BY_ID, (key,)).fetchone(),
            page,
        ),
    ]


def _aiosql(connection: psycopg.Connection[Any]) -> Entrant:
    queries: Any = aiosql.from_str(AIOSQL, "psycopg", record_classes={"Order": Order})
    return Entrant(
        "aiosql on psycopg, no pool, record_class",
        lambda key: queries.order_by_id(connection, id=key),
        lambda key: list(queries.orders_of_customer(connection, customer_id=key, limit=PAGE)),
    )


@asynccontextmanager
async def asynchronous(stage: Stage) -> AsyncIterator[list[Entrant]]:
    """Asyncpg's pool and psycopg's."""
    async with (
        import_module("asyncpg").create_pool(
            **stage.where, min_size=TASKS, max_size=TASKS
        ) as others,
        AsyncConnectionPool(
            stage.url, min_size=TASKS, max_size=TASKS, kwargs={"autocommit": True}, open=False
        ) as pool,
    ):
        await pool.wait()
        yield [*_asyncpg(others), _asynchronous_psycopg(pool)]


def _asyncpg(pool: Any) -> list[Entrant]:
    by_id = BY_ID.replace("%s", "$1")
    by_customer = BY_CUSTOMER.replace("%s", "$1", 1).replace("%s", "$2")
    session_by_id, messages_of = SESSION.replace("%s", "$1"), MESSAGES.replace("%s", "$1")
    loads = import_module("json").loads

    async def typed(key: UUID) -> Order:
        return Order(*(await pool.fetchrow(by_id, key)))

    async def page(key: int) -> list[Order]:
        return [Order(*record) for record in await pool.fetch(by_customer, key, PAGE)]

    async def session(key: UUID) -> Session:
        async with pool.acquire() as connection:
            record = dict(await connection.fetchrow(session_by_id, key))
            found = await connection.fetch(messages_of, key)
        record["metadata"] = loads(record["metadata"])
        return Session(**record, messages=[Message(*message) for message in found])

    async def insert(rows: Sequence[MessageRow]) -> None:
        async with pool.acquire() as connection:
            await connection.copy_records_to_table(
                "messages", schema_name="monumento", columns=INSERTED, records=rows
            )

    return [
        Entrant("asyncpg, copy_records_to_table", insert=insert, asynchronous=True),
        Entrant("asyncpg, pool, records", lambda key: pool.fetchrow(by_id, key), asynchronous=True),
        Entrant("asyncpg, pool, dataclass", typed, page, session, asynchronous=True),
    ]


def _asynchronous_psycopg(pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]]) -> Entrant:
    async def order(key: UUID) -> Order | None:
        async with (
            pool.connection() as connection,
            connection.cursor(row_factory=class_row(Order)) as cursor,
        ):
            await cursor.execute(BY_ID, (key,))
            return await cursor.fetchone()

    return Entrant("psycopg, asyncio, pool, class_row", order, asynchronous=True)
