# Derived from src/pgrepo/runtime/_async/repository.py by tools/async_to_sync.py: do not edit.
"""The base of generated repository classes."""

from __future__ import annotations

from functools import partial
from itertools import starmap
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from pgrepo.errors import NoRowError, RowError, TooManyRowsError
from pgrepo.runtime._sync import wire
from pgrepo.runtime._sync.cached import Call, through
from pgrepo.runtime._sync.copying import bulk
from pgrepo.runtime._sync.stream import Stream, observed_pages, pages
from pgrepo.runtime.bulk import BulkRows
from pgrepo.runtime.keyed import grouped, keyed
from pgrepo.runtime.lost import may_read_again
from pgrepo.runtime.pipelined import Asked
from pgrepo.runtime.translate import DatabaseError, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pgrepo.runtime._sync.domain import Domain
    from pgrepo.runtime.results import Rows
    from pgrepo.runtime.statement import Prepared, Statement

R = TypeVar("R")
T = TypeVar("T")


class Repository:
    """Runs the statements of one query file. Generated methods call the helpers below."""

    def __init__(self, domain: Domain) -> None:
        self._source = domain._source  # noqa: SLF001 - public names there are repositories
        self._queries = domain._queries  # noqa: SLF001

    def _all(
        self, statement: Statement[R], *values: object, order_by: str | None = None
    ) -> list[R]:
        """Returns all rows."""
        rows: Rows = self._run(wire.fetch, statement, values, order_by)
        return list(starmap(_row_class(statement), rows))

    def _grouped(
        self, statement: Statement[R], *values: object, order_by: str | None = None
    ) -> dict[Any, list[R]]:
        """Returns all rows by key, those of one key in their order; see `keyed`."""
        rows: Rows = self._run(wire.fetch, statement, values, order_by)
        return grouped(statement, rows)

    def _keyed(
        self, statement: Statement[R], *values: object, order_by: str | None = None
    ) -> dict[Any, R]:
        """Returns all rows by key, of which there is one row each; see `keyed`."""
        rows: Rows = self._run(wire.fetch, statement, values, order_by)
        return keyed(statement, rows)

    def _one(self, statement: Statement[R], *values: object, order_by: str | None = None) -> R:
        """Returns the one row."""
        rows: Rows = self._run(wire.fetch, statement, values, order_by)
        if len(rows) != 1:
            raise self._not_one(statement, rows)
        return _row_class(statement)(*rows[0])

    def _first(
        self, statement: Statement[R], *values: object, order_by: str | None = None
    ) -> R | None:
        """Returns the one row, or None."""
        rows: Rows = self._run(wire.fetch, statement, values, order_by)
        if len(rows) > 1:
            raise self._not_one(statement, rows)
        return _row_class(statement)(*rows[0]) if rows else None

    def _value(self, statement: Statement[T], *values: object, order_by: str | None = None) -> T:
        """Returns the only value of the one row."""
        rows: Rows = self._run(wire.fetch, statement, values, order_by)
        if len(rows) != 1:
            raise self._not_one(statement, rows)
        value: T = rows[0][0]
        return value

    def _first_value(
        self, statement: Statement[T], *values: object, order_by: str | None = None
    ) -> T | None:
        """Returns the only value of the one row, or None."""
        rows: Rows = self._run(wire.fetch, statement, values, order_by)
        if len(rows) > 1:
            raise self._not_one(statement, rows)
        value: T | None = rows[0][0] if rows else None
        return value

    def _values(
        self, statement: Statement[T], *values: object, order_by: str | None = None
    ) -> list[T]:
        """Returns the only value of every row."""
        rows: Rows = self._run(wire.fetch, statement, values, order_by)
        return [row[0] for row in rows]

    def _affected(
        self, statement: Statement[Any], *values: object, order_by: str | None = None
    ) -> int:
        """Returns the number of affected rows."""
        count: int = self._run(wire.affect, statement, values, order_by)
        return count

    def _bulk(self, statement: Statement[R], rows: Iterable[R]) -> int:
        """Sends rows, all or nothing, and returns the number of affected rows.

        The rows are taken one by one as they are sent.
        """
        query = self._queries.prepare(statement)
        given = BulkRows(query.label, statement.row, rows)
        if given.are_none():
            return 0
        send = self._send if self._source.observer is None else self._send_observed
        return send(query, given)

    def _send(self, query: Prepared, rows: BulkRows) -> int:
        try:
            with self._source.connection() as connection:
                return bulk(connection, query, rows)
        except DatabaseError:
            raise
        except psycopg.Error as error:
            raise translate(error, query) from error

    def _send_observed(self, query: Prepared, rows: BulkRows) -> int:
        assert self._source.observer is not None
        with self._source.observer.call(query) as observed:
            return observed.answer(self._send(query, rows))

    def _stream(
        self, statement: Statement[R], *values: object, order_by: str | None = None
    ) -> Stream[R]:
        """Returns the rows as a stream from a server-side cursor."""
        query, given = self._queries.choose(statement, values, order_by)
        read = pages if self._source.observer is None else observed_pages
        return Stream(read(self._source, query, given), _row_class(statement))

    def _run(
        self,
        run: Callable[..., Any],
        statement: Statement[Any],
        values: Sequence[object],
        order_by: str | None,
    ) -> Any:
        query, given = self._queries.choose(statement, values, order_by)
        ask = self._ask if self._source.observer is None else self._ask_observed
        if statement.caching is not None and (cache := self._source.cache) is not None:
            asking = partial(ask, run, query, given)
            return through(self._source, cache, Call(statement, query, values), asking)
        return ask(run, query, given)

    def _ask(self, run: Callable[..., Any], query: Prepared, given: Sequence[object]) -> Any:
        is_repeated = False
        while True:
            try:
                if (checkout := self._source.checkout) is None:
                    if self._source.rides:
                        asked = Asked(query, given, counts=run is wire.affect)
                        self._source.together([asked])
                        return asked.take()
                    with self._source.connection() as connection:
                        return run(connection, query, given)
                # An autocommit connection comes back with nothing to commit or to roll back. What
                # else may be wrong with it, putconn() sees.
                connection = checkout.getconn()
                try:
                    return run(connection, query, given)
                finally:
                    checkout.putconn(connection)
            except psycopg.Error as error:
                may_repeat = query.read_only and self._source.plain.hidden and not is_repeated
                if may_repeat and may_read_again(error):
                    is_repeated = True
                    continue
                if isinstance(error, DatabaseError):
                    raise
                raise translate(error, query) from error

    def _ask_observed(
        self, run: Callable[..., Any], query: Prepared, given: Sequence[object]
    ) -> Any:
        assert self._source.observer is not None
        with self._source.observer.call(query) as observed:
            return observed.answer(self._ask(run, query, given))

    def _not_one(self, statement: Statement[Any], rows: Rows) -> RowError:
        label = f"{self._queries.domain}.{statement.name}"
        if not rows:
            return NoRowError(f"{label} returned no row, and promises one")
        return TooManyRowsError(
            f"{label} returned {len(rows)} rows, and promises one at most: narrow its WHERE, or "
            "make it a query of many rows"
        )


def _row_class(statement: Statement[R]) -> Callable[..., R]:
    assert statement.row is not None, f"{statement.name} returns no rows"
    return statement.row
