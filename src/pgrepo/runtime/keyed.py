"""Rows by key: what `@group_by` and `@key_by` make of a result.

A key is the value of a column, or a tuple of several. Keys stand in the order of their first rows;
a key without rows is not there.
"""

from __future__ import annotations

from itertools import starmap
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from pgrepo.errors import TooManyRowsError

if TYPE_CHECKING:
    from pgrepo.runtime.results import Rows
    from pgrepo.runtime.statement import Statement

R = TypeVar("R")


def grouped(statement: Statement[R], rows: Rows) -> dict[Any, list[R]]:
    """Returns the rows of each key, in their order."""
    assert statement.row is not None, f"{statement.name} returns no rows"
    groups: dict[Any, list[R]] = {}
    keys = map(itemgetter(*statement.key), rows)
    for key, row in zip(keys, starmap(statement.row, rows), strict=True):
        if (group := groups.get(key)) is None:
            groups[key] = [row]
        else:
            group.append(row)
    return groups


def keyed(statement: Statement[R], rows: Rows) -> dict[Any, R]:
    """Returns the row of each key.

    Raises:
        TooManyRowsError: a key has two rows, against what was proved when code was generated.
    """
    assert statement.row is not None, f"{statement.name} returns no rows"
    found = dict(
        zip(map(itemgetter(*statement.key), rows), starmap(statement.row, rows), strict=True)
    )
    if len(found) != len(rows):
        raise TooManyRowsError(
            f"{statement.name} returned several rows of one key, and promises one: the database "
            "is not the one that its code was generated for"
        )
    return found
