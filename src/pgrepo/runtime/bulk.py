"""Rows on their way into a bulk call."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BLOCK = 32
"""How many rows are taken and looked at together: that is what a bulk call keeps in memory."""


def row_tuples(
    label: str, row_class: Callable[..., Any] | None, rows: Iterable[object]
) -> Iterator[tuple[Any, ...]]:
    """Yields the fields of each row in the order of the query's parameters, block by block.

    Raises:
        UsageError: a row is not of the generated class.
    """
    if not isinstance(row_class, type):
        raise UsageError(f"{label}: this is not a bulk statement")
    values = _getter(row_class)
    iterator, taken = iter(rows), 0
    while block := list(islice(iterator, BLOCK)):
        if set(map(type, block)) != {row_class}:
            _refuse_others(label, row_class, block, taken)
        yield from values(block)
        taken += len(block)


def _refuse_others(label: str, row_class: type, block: list[object], before: int) -> None:
    for number, row in enumerate(block, start=before + 1):
        if not isinstance(row, row_class):
            raise UsageError(
                f"{label}: row {number} is of type {type(row).__name__}, not {row_class.__name__}"
            )


@cache
def _getter(row_class: type) -> Callable[[Iterable[Any]], Iterator[tuple[Any, ...]]]:
    """What makes rows into tuples, without a step of Python's for each."""
    names = [field.name for field in fields(row_class)]
    get = attrgetter(*names)
    if len(names) == 1:
        return lambda rows: zip(map(get, rows))
    return lambda rows: map(get, rows)
