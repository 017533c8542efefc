"""Tortoise ORM on asyncpg, its faster driver."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tortoise import Tortoise, fields
from tortoise.models import Model

from peers.stage import ATTRIBUTES, PAGE, TASKS, Entrant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from uuid import UUID

    from peers.stage import MessageRow, Stage


class Order(Model):
    """trade.orders."""

    id = fields.UUIDField(primary_key=True)
    customer_id = fields.BigIntField()
    number = fields.TextField()
    status = fields.TextField()
    note = fields.TextField(null=True)
    quantity = fields.IntField()
    weight = fields.FloatField()
    paid = fields.BooleanField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        """Where it is."""

        schema = "trade"
        table = "orders"


class Account(Model):
    """monumento.users, as far as it is read."""

    id = fields.UUIDField(primary_key=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        """Where it is."""

        schema = "monumento"
        table = "users"


class Session(Model):
    """monumento.sessions."""

    id = fields.UUIDField(primary_key=True)
    user: Any = fields.ForeignKeyField("peers.Account")
    vibe = fields.CharField(max_length=50)
    mode = fields.CharField(max_length=50)
    duration_minutes = fields.IntField()
    video_url = fields.TextField(null=True)
    transcript_url = fields.TextField(null=True)
    thumbnail_url = fields.TextField(null=True)
    metadata: Any = fields.JSONField()
    status = fields.TextField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        """Where it is."""

        schema = "monumento"
        table = "sessions"


class Message(Model):
    """monumento.messages."""

    id = fields.UUIDField(primary_key=True)
    session: Any = fields.ForeignKeyField("peers.Session", related_name="messages")
    role = fields.TextField()
    text = fields.TextField()
    timestamp = fields.BigIntField()
    offset = fields.BigIntField(source_field="relative_offset")
    audio_url = fields.TextField(null=True)

    class Meta:
        """Where it is, and in which order it is read."""

        schema = "monumento"
        table = "messages"
        ordering = ("timestamp", "id")


@asynccontextmanager
async def asynchronous(stage: Stage) -> AsyncIterator[list[Entrant]]:
    """The ORM."""
    credentials = {**stage.where, "minsize": TASKS, "maxsize": TASKS}
    await Tortoise.init(
        config={
            "connections": {
                "default": {"engine": "tortoise.backends.asyncpg", "credentials": credentials}
            },
            "apps": {"peers": {"models": [__name__], "default_connection": "default"}},
        },
        # Each turn is a task of its own.
        _enable_global_fallback=True,
    )

    async def page(key: int) -> Any:
        return await Order.filter(customer_id=key).order_by("created_at", "id").limit(PAGE)

    async def session(key: UUID) -> Any:
        live = Session.filter(deleted_at=None, user__deleted_at=None)
        return await live.prefetch_related("messages").get(id=key)

    async def insert(rows: Sequence[MessageRow]) -> None:
        await Message.bulk_create(
            [Message(**dict(zip(ATTRIBUTES, row, strict=True))) for row in rows]
        )

    def order(key: UUID) -> Any:
        return Order.get(id=key)

    try:
        yield [Entrant("Tortoise ORM", order, page, session, insert, asynchronous=True)]
    finally:
        await Tortoise.close_connections()
