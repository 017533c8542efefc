"""Django's models; to be imported once it is configured.

Django has no word for schemas: quotes inside a table's name are the way around it.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.db import models


class Order(models.Model):
    """trade.orders."""

    id = models.UUIDField(primary_key=True)
    customer_id = models.BigIntegerField()
    number = models.TextField()
    status = models.TextField()
    note = models.TextField(null=True)
    quantity = models.IntegerField()
    weight = models.FloatField()
    paid = models.BooleanField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        """Where it is."""

        app_label = "peers"
        managed = False
        db_table = 'trade"."orders'


class Account(models.Model):
    """monumento.users, as far as it is read."""

    id = models.UUIDField(primary_key=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        """Where it is."""

        app_label = "peers"
        managed = False
        db_table = 'monumento"."users'


class Session(models.Model):
    """monumento.sessions."""

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(Account, on_delete=models.DO_NOTHING)
    vibe = models.CharField(max_length=50)
    mode = models.CharField(max_length=50)
    duration_minutes = models.IntegerField()
    video_url = models.TextField(null=True)
    transcript_url = models.TextField(null=True)
    thumbnail_url = models.TextField(null=True)
    metadata: Any = models.JSONField()
    status = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        """Where it is."""

        app_label = "peers"
        managed = False
        db_table = 'monumento"."sessions'

    @property
    def spoken(self) -> list[Any]:
        """The messages, in spoken order."""
        return list(self.messages.all())


class Message(models.Model):
    """monumento.messages."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    session = models.ForeignKey(Session, on_delete=models.DO_NOTHING, related_name="messages")
    role = models.TextField()
    text = models.TextField()
    timestamp = models.BigIntegerField()
    offset = models.BigIntegerField(db_column="relative_offset")
    audio_url = models.TextField(null=True)

    class Meta:
        """Where it is, and in which order it is read."""

        app_label = "peers"
        managed = False
        db_table = 'monumento"."messages'
        ordering: ClassVar = ["timestamp", "id"]
