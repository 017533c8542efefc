"""Rows on their way into a bulk call."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from itertools import chain, islice
from operator import attrgetter
from sys import getsizeof
from typing import TYPE_CHECKING, Any

from pgrepo.errors import UsageError
from pgrepo.runtime.fast import sent_nothing
from pgrepo.runtime.parameters import find_unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from psycopg.abc import AdaptContext

    from pgrepo.runtime.statement import Prepared

BLOCK = 32
"""How many rows are taken and looked at together, at most."""
LARGE = 1024 * 1024
"""How many bytes of rows are much for one step. What a bulk call keeps in memory follows it."""

Row = tuple[Any, ...]


class BulkRows:
    """The rows of a bulk call, taken from the caller's iterable as they are sent.

    Args:
        label: "domain.query".
        row_class: the generated class that all of them must be of.
        rows: the iterable.

    Attributes:
        taken: how many rows have been taken.

    Raises:
        UsageError: the statement is none that takes rows.
    """

    __slots__ = ("_class", "_label", "_rows", "_values", "taken")

    def __init__(
        self, label: str, row_class: Callable[..., Any] | None, rows: Iterable[object]
    ) -> None:
        if not isinstance(row_class, type):
            raise UsageError(f"{label}: this is not a bulk statement")
        self._label, self._class = label, row_class
        self._values = _getter(row_class)
        self._rows = iter(rows)
        self.taken = 0

    def are_none(self) -> bool:
        """Tells whether there is no row at all. Whichever is first is taken later."""
        first = list(islice(self._rows, 1))
        self._rows = chain(first, self._rows)
        return not first

    def take(self, count: int) -> list[Row]:
        """Takes so many rows, or those that are left: the fields in the order of the parameters.

        Raises:
            UsageError: a row is not of the generated class.
            Exception: whatever the iterable raises.
        """
        block = list(islice(self._rows, count))
        if set(map(type, block)) != {self._class}:
            self._refuse_others(block)
        self.taken += len(block)
        return list(self._values(block))

    def take_many(self, count: int) -> list[Row]:
        """Takes so many rows, or fewer where they are large."""
        found: list[Row] = []
        size = 0
        while len(found) < count and size < LARGE and (row := self.take(1)):
            found += row
            size += sum(map(getsizeof, row[0]))
        return found

    def _refuse_others(self, block: list[object]) -> None:
        for number, row in enumerate(block, start=self.taken + 1):
            if not isinstance(row, self._class):
                raise UsageError(
                    f"{self._label}: row {number} is of type {type(row).__name__}, "
                    f"not {self._class.__name__}"
                )


@cache
def _getter(row_class: type) -> Callable[[Iterable[Any]], Iterator[Row]]:
    """What makes rows into tuples, without a step of Python's for each."""
    names = [field.name for field in fields(row_class)]
    get = attrgetter(*names)
    if len(names) == 1:
        return lambda rows: zip(map(get, rows))
    return lambda rows: map(get, rows)


def blame(
    error: Exception,
    query: Prepared,
    rows: Sequence[Row],
    context: AdaptContext,
    taken: int,
    *,
    copy: bool = False,
) -> None:
    """Raises the error that tells which value of which row could not be sent, if one could not.

    Args:
        error: what went wrong.
        query: the query.
        rows: those that were to be sent.
        context: the cursor that tried.
        taken: how many rows have been taken with them.
        copy: whether they went into a binary COPY.

    Raises:
        DataError: names the row and the parameter.
    """
    if not sent_nothing(error):
        return
    for number, row in enumerate(rows, start=taken - len(rows) + 1):
        if unfit := find_unfit(query, row, context, row=number, copy=copy):
            raise unfit from None
