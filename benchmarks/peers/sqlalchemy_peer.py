"""SQLAlchemy 2: Core and ORM, on psycopg, and on asyncpg for asyncio.

A session of the ORM lasts for one call, as it does for one request: a longer one would answer
from its identity map instead of the database.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID  # noqa: TC003

from sqlalchemy import (
    URL,
    BigInteger,
    DateTime,
    Double,
    FetchedValue,
    ForeignKey,
    Text,
    create_engine,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

from peers.stage import ATTRIBUTES, PAGE, TASKS, Entrant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from peers.stage import MessageRow, Stage


class Base(DeclarativeBase):
    """The models' base, with PostgreSQL's types for Python's."""

    type_annotation_map = {  # noqa: RUF012 - as SQLAlchemy's documentation has it
        str: Text,
        float: Double,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
    }


class Order(Base):
    """trade.orders."""

    __tablename__ = "orders"
    __table_args__ = {"schema": "trade"}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[str]
    status: Mapped[str]
    note: Mapped[str | None]
    quantity: Mapped[int]
    weight: Mapped[float]
    paid: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Account(Base):
    """monumento.users, as far as it is read."""

    __tablename__ = "users"
    __table_args__ = {"schema": "monumento"}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True)
    deleted_at: Mapped[datetime | None]


class Message(Base):
    """monumento.messages."""

    __tablename__ = "messages"
    __table_args__ = {"schema": "monumento"}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    session_id: Mapped[UUID] = mapped_column(ForeignKey("monumento.sessions.id"))
    role: Mapped[str]
    text: Mapped[str]
    timestamp: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column("relative_offset", BigInteger)
    audio_url: Mapped[str | None]


class Session(Base):
    """monumento.sessions."""

    __tablename__ = "sessions"
    __table_args__ = {"schema": "monumento"}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("monumento.users.id"))
    vibe: Mapped[str]
    mode: Mapped[str]
    duration_minutes: Mapped[int]
    video_url: Mapped[str | None]
    transcript_url: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    # `metadata` is a word of SQLAlchemy's own.
    facts: Mapped[dict[str, Any]] = mapped_column("metadata")
    status: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    account: Mapped[Account] = relationship()
    messages: Mapped[list[Message]] = relationship(order_by=[Message.timestamp, Message.id])


def _page(customer: int) -> Any:
    return (
        select(Order)
        .where(Order.customer_id == customer)
        .order_by(Order.created_at, Order.id)
        .limit(PAGE)
    )


def _session(key: UUID) -> Any:
    return (
        select(Session)
        .join(Session.account)
        .where(Session.id == key, Session.deleted_at.is_(None), Account.deleted_at.is_(None))
        .options(selectinload(Session.messages))
    )


def _url(stage: Stage, driver: str) -> URL:
    where = stage.where
    return URL.create(
        f"postgresql+{driver}",
        username=where["user"],
        database=where["database"],
        query={"host": where["host"], "port": str(where["port"])},
    )


@contextmanager
def synchronous(stage: Stage) -> Iterator[list[Entrant]]:
    """Core and ORM on psycopg."""
    engine = create_engine(_url(stage, "psycopg"), isolation_level="AUTOCOMMIT")
    sessions, orders = sessionmaker(engine), Order.__table__

    def core_order(key: UUID) -> Any:
        with engine.connect() as connection:
            return connection.execute(select(orders).where(orders.c.id == key)).one()

    def core_page(key: int) -> Any:
        page = (
            select(orders)
            .where(orders.c.customer_id == key)
            .order_by(orders.c.created_at, orders.c.id)
            .limit(PAGE)
        )
        with engine.connect() as connection:
            return connection.execute(page).all()

    def order(key: UUID) -> Order | None:
        with sessions() as session:
            return session.get(Order, key)

    def page(key: int) -> Any:
        with sessions() as session:
            return session.scalars(_page(key)).all()

    def session(key: UUID) -> Any:
        with sessions() as session:
            return session.scalars(_session(key)).one()

    def add(rows: Sequence[MessageRow]) -> None:
        found = [dict(zip(ATTRIBUTES, row, strict=True)) for row in rows]
        with sessions() as session:
            session.execute(insert(Message), found)
            session.commit()

    try:
        yield [
            Entrant("SQLAlchemy Core", core_order, core_page),
            Entrant("SQLAlchemy ORM", order, page, session, add),
        ]
    finally:
        engine.dispose()


@asynccontextmanager
async def asynchronous(stage: Stage) -> AsyncIterator[list[Entrant]]:
    """The ORM on asyncpg."""
    engine = create_async_engine(
        _url(stage, "asyncpg"), isolation_level="AUTOCOMMIT", pool_size=TASKS, max_overflow=0
    )
    sessions = async_sessionmaker(engine)

    async def order(key: UUID) -> Order | None:
        async with sessions() as session:
            return await session.get(Order, key)

    async def page(key: int) -> Any:
        async with sessions() as session:
            return (await session.scalars(_page(key))).all()

    try:
        yield [Entrant("SQLAlchemy ORM, asyncpg", order, page, asynchronous=True)]
    finally:
        await engine.dispose()
