"""pgrepo: a generated repository on its own pool."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from itertools import starmap
from typing import TYPE_CHECKING

from peers.stage import PAGE, TASKS, Entrant
from pgrepo import AsyncDatabase, Database
from pgrepo.domains.monumento import AsyncMonumento, Monumento
from pgrepo.domains.monumento.messages import AddMessage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from peers.stage import Stage


@contextmanager
def synchronous(stage: Stage) -> Iterator[list[Entrant]]:
    """The synchronous flavour."""
    with Database(stage.url, min_size=1, max_size=4) as database:
        orders = import_module("trade").Trade(database).orders
        monumento = Monumento(database)
        yield [
            Entrant(
                "pgrepo",
                order=lambda key: orders.order_by_id(id=key),
                page=lambda key: orders.orders_of_customer(customer_id=key, limit=PAGE),
                session=lambda key: monumento.sessions.session_with_messages(session_id=key),
                insert=lambda rows: monumento.messages.add_messages(starmap(AddMessage, rows)),
            )
        ]


@asynccontextmanager
async def asynchronous(stage: Stage) -> AsyncIterator[list[Entrant]]:
    """The one for asyncio."""
    async with AsyncDatabase(stage.url, min_size=TASKS, max_size=TASKS) as database:
        await database.pool.wait()
        orders = import_module("trade").AsyncTrade(database).orders
        monumento = AsyncMonumento(database)
        yield [
            Entrant(
                "pgrepo, asyncio",
                order=lambda key: orders.order_by_id(id=key),
                page=lambda key: orders.orders_of_customer(customer_id=key, limit=PAGE),
                session=lambda key: monumento.sessions.session_with_messages(session_id=key),
                insert=lambda rows: monumento.messages.add_messages(starmap(AddMessage, rows)),
                asynchronous=True,
            )
        ]
