# Derived from src/pgrepo/runtime/_async/repository.py by tools/async_to_sync.py: do not edit.
"""The base of generated repository classes."""

from __future__ import annotations

from itertools import chain, starmap
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from pgrepo.errors import NoRowError, TooManyRowsError
from pgrepo.runtime._sync import wire
from pgrepo.runtime._sync.stream import Stream, pages
from pgrepo.runtime.bulk import row_tuples
from pgrepo.runtime.translate import DatabaseError, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pgrepo.runtime._sync.domain import Domain
    from pgrepo.runtime.results import Rows
    from pgrepo.runtime.statement import Statement

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
        return list(starmap(_row_class(statement), self._fetch(statement, values, order_by)))

    def _one(self, statement: Statement[R], *values: object, order_by: str | None = None) -> R:
        """Returns the one row."""
        row = self._at_most_one(statement, self._fetch(statement, values, order_by))
        if row is None:
            raise self._no_row(statement)
        return _row_class(statement)(*row)

    def _first(
        self, statement: Statement[R], *values: object, order_by: str | None = None
    ) -> R | None:
        """Returns the one row, or None."""
        row = self._at_most_one(statement, self._fetch(statement, values, order_by))
        return None if row is None else _row_class(statement)(*row)

    def _value(self, statement: Statement[T], *values: object, order_by: str | None = None) -> T:
        """Returns the only value of the one row."""
        row = self._at_most_one(statement, self._fetch(statement, values, order_by))
        if row is None:
            raise self._no_row(statement)
        value: T = row[0]
        return value

    def _first_value(
        self, statement: Statement[T], *values: object, order_by: str | None = None
    ) -> T | None:
        """Returns the only value of the one row, or None."""
        row = self._at_most_one(statement, self._fetch(statement, values, order_by))
        value: T | None = None if row is None else row[0]
        return value

    def _values(
        self, statement: Statement[T], *values: object, order_by: str | None = None
    ) -> list[T]:
        """Returns the only value of every row."""
        return [row[0] for row in self._fetch(statement, values, order_by)]

    def _affected(
        self, statement: Statement[Any], *values: object, order_by: str | None = None
    ) -> int:
        """Returns the number of affected rows."""
        query, given = self._queries.choose(statement, values, order_by)
        try:
            with self._source.connection() as connection:
                return wire.affect(connection, query, given)
        except DatabaseError:
            raise
        except psycopg.Error as error:
            raise translate(error, query) from error

    def _bulk(self, statement: Statement[R], rows: Iterable[R]) -> int:
        """Sends rows, all or nothing, and returns the number of affected rows.

        The rows are taken one by one as they are sent.
        """
        query = self._queries.prepare(statement)
        tuples = row_tuples(query.label, statement.row, rows)
        first = next(tuples, None)
        if first is None:
            return 0
        try:
            with self._source.connection() as connection:
                return wire.bulk(connection, query, chain((first,), tuples))
        except DatabaseError:
            raise
        except psycopg.Error as error:
            raise translate(error, query) from error

    def _stream(
        self, statement: Statement[R], *values: object, order_by: str | None = None
    ) -> Stream[R]:
        """Returns the rows as a stream from a server-side cursor."""
        query, given = self._queries.choose(statement, values, order_by)
        return Stream(pages(self._source, query, given), _row_class(statement))

    def _fetch(
        self, statement: Statement[Any], values: Sequence[object], order_by: str | None
    ) -> Rows:
        query, given = self._queries.choose(statement, values, order_by)
        try:
            with self._source.connection() as connection:
                return wire.fetch(connection, query, given)
        except DatabaseError:
            raise
        except psycopg.Error as error:
            raise translate(error, query) from error

    def _at_most_one(self, statement: Statement[Any], rows: Rows) -> tuple[Any, ...] | None:
        if len(rows) > 1:
            raise TooManyRowsError(
                f"{self._queries.domain}.{statement.name} returned {len(rows)} rows, and promises "
                "one at most: narrow its WHERE, or make it a query of many rows"
            )
        return rows[0] if rows else None

    def _no_row(self, statement: Statement[Any]) -> NoRowError:
        return NoRowError(
            f"{self._queries.domain}.{statement.name} returned no row, and promises one"
        )


def _row_class(statement: Statement[R]) -> Callable[..., R]:
    assert statement.row is not None, f"{statement.name} returns no rows"
    return statement.row
