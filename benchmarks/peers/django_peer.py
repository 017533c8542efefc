"""Django's ORM, synchronous: for asyncio it hands each query to a thread, so it is left out there.

One connection that stays open, in autocommit, as Django's own settings have it. It is used as it
is outside of requests, where Django does not look after connections between two queries.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings

from peers.stage import ATTRIBUTES, PAGE, Entrant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from peers.stage import MessageRow, Stage


@contextmanager
def synchronous(stage: Stage) -> Iterator[list[Entrant]]:
    """The ORM."""
    where = stage.where
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": where["database"],
                "USER": where["user"],
                "HOST": where["host"],
                "PORT": str(where["port"]),
                "CONN_MAX_AGE": None,
            }
        },
        USE_TZ=True,
    )
    django.setup()
    # Not before it is configured.
    from django.db import connection  # noqa: PLC0415

    from peers.django_models import Message, Order, Session  # noqa: PLC0415

    def page(key: int) -> list[Any]:
        return list(Order.objects.filter(customer_id=key).order_by("created_at", "id")[:PAGE])

    def session(key: UUID) -> Any:
        live = Session.objects.filter(deleted_at=None, user__deleted_at=None)
        return live.prefetch_related("messages").get(pk=key)

    def insert(rows: Sequence[MessageRow]) -> None:
        Message.objects.bulk_create(
            [Message(**dict(zip(ATTRIBUTES, row, strict=True))) for row in rows]
        )

    try:
        yield [Entrant("Django ORM", lambda key: Order.objects.get(pk=key), page, session, insert)]
    finally:
        connection.close()
