"""Rows one by one, from a server-side cursor."""

from __future__ import annotations

from contextlib import AsyncExitStack
from itertools import count, starmap
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from pgrepo.runtime._async import wire
from pgrepo.runtime.statement import trusted_sql
from pgrepo.runtime.translate import DatabaseError, translate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
    from types import TracebackType

    from psycopg import AsyncConnection

    from pgrepo.runtime._async.sources import AsyncConnections
    from pgrepo.runtime.results import Rows
    from pgrepo.runtime.statement import Prepared

R = TypeVar("R")

_PAGE = 500
"""How many rows are in memory at a time."""

_cursor_number = count(1)


class AsyncStream(Generic[R]):
    """The rows of a query, fetched a page at a time; an iterator and a context manager.

    ```python
    async with shop.orders.stream_orders() as orders:
        async for order in orders:
            ...
    ```

    It holds a connection, in a transaction, from the first row until it is exhausted or closed;
    the block closes it however it is left. Inside transaction() it uses that connection.
    """

    def __init__(self, pages: AsyncGenerator[Rows], row: Callable[..., R]) -> None:
        self._pages = pages
        self._row = row
        self._rows: Iterator[R] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> R:
        for row in self._rows:
            return row
        self._rows = starmap(self._row, await anext(self._pages))
        return next(self._rows)  # pages are never empty

    async def aclose(self) -> None:
        """Gives the connection back. Iterating further yields nothing."""
        self._rows = iter(())
        await self._pages.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


async def pages(
    source: AsyncConnections, query: Prepared, values: Sequence[object]
) -> AsyncGenerator[Rows]:
    """Yields the rows of a query in pages, and cleans up when it is exhausted or closed.

    A generator, so that a stream that is dropped half-way is closed by the interpreter (or the
    event loop) and its connection goes back to the pool.
    """
    name = trusted_sql(f"pgrepo_{next(_cursor_number)}")
    fetch_forward = trusted_sql(f"/* {query.label} */ FETCH FORWARD {_PAGE} FROM {name}")
    try:
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(source.connection())
            own = _needs_transaction(connection)
            if own:
                await stack.enter_async_context(connection.transaction())
            await wire.declare(connection, query, values, name)
            try:
                page = await wire.fetch_page(connection, query, fetch_forward)
                while page:
                    yield page
                    source.check()
                    short = len(page) < _PAGE
                    page = [] if short else await wire.fetch_page(connection, query, fetch_forward)
            except GeneratorExit:
                # Closed early. That is no error: what the host did meanwhile in our transaction
                # on its own connection must be committed, so leave the blocks normally.
                pass
            if not own and not source.ended:
                await wire.close(connection, name)
    except DatabaseError:
        raise
    except psycopg.Error as error:
        raise translate(error, query) from error


async def observed_pages(
    source: AsyncConnections, query: Prepared, values: Sequence[object]
) -> AsyncGenerator[Rows]:
    """Yields what `pages` does, under the eyes of the source's observer."""
    assert source.observer is not None
    given = pages(source, query, values)
    with source.observer.stream(query) as observed:
        try:
            async for page in given:
                yield observed.answer(page)
        finally:
            await given.aclose()


def _needs_transaction(connection: AsyncConnection[Any]) -> bool:
    """Tells whether a cursor needs a transaction of our own to live in.

    On a connection that is not autocommit, psycopg opens the host's, which is not ours to end.
    """
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    return bool(connection.autocommit and idle)
