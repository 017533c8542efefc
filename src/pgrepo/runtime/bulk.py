"""Rows on their way into a bulk call."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def row_tuples(
    label: str, row_class: Callable[..., Any] | None, rows: Iterable[object]
) -> Iterator[tuple[Any, ...]]:
    """Yields the fields of each row in the order of the query's parameters, one row at a time.

    Raises:
        UsageError: a row is not of the generated class.
    """
    if not isinstance(row_class, type):
        raise UsageError(f"{label}: this is not a bulk statement")
    values = _getter(row_class)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, row_class):
            raise UsageError(
                f"{label}: row {number} is of type {type(row).__name__}, not {row_class.__name__}"
            )
        yield values(row)


@cache
def _getter(row_class: type) -> Callable[[Any], tuple[Any, ...]]:
    names = [field.name for field in fields(row_class)]
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda row: (get(row),)
