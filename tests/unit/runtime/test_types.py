"""UNSET, statements, rows, characteristics."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import IsolationLevel

from pgrepo.errors import UsageError
from pgrepo.runtime import UNSET, Statement, Unset
from pgrepo.runtime.bulk import LARGE, BulkRows
from pgrepo.runtime.characteristics import set_transaction


@dataclass(slots=True)
class One:
    """A row of one field."""

    a: int


@dataclass(slots=True)
class Two(One):
    """A row of two fields."""

    b: str


def test_unset_is_one_object() -> None:
    """There is one UNSET, false, whatever is done to it."""
    assert UNSET is Unset.UNSET
    assert copy.deepcopy(UNSET) is UNSET
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET  # noqa: S301 - our own bytes
    assert not UNSET
    assert repr(UNSET) == "UNSET"


def test_statements_are_constants() -> None:
    """A statement cannot be changed, and needs no more than name and fingerprint."""
    statement: Statement[int] = Statement("count_users", "0" * 16)
    with pytest.raises(AttributeError, match="immutable"):
        statement.name = "other"  # type: ignore[misc]
    assert (statement.types, statement.row, statement.json, statement.copy) == ((), None, (), None)


def test_rows_become_tuples() -> None:
    """Fields come in their order, no more rows than asked for; rows of a subclass will do."""
    seen = []

    def numbered() -> Any:
        for number in range(8):
            seen.append(number)
            yield Two(number, "x")

    rows = BulkRows("shop.add", Two, numbered())
    assert not rows.are_none()
    assert (seen, rows.taken) == ([0], 0)
    assert rows.take(3) == [(0, "x"), (1, "x"), (2, "x")]
    assert (seen, rows.taken) == ([0, 1, 2], 3)
    assert rows.take_many(20) == [(number, "x") for number in range(3, 8)]
    assert rows.take(3) == rows.take_many(3) == []
    assert rows.are_none()
    assert BulkRows("shop.add", One, [One(1), Two(2, "x")]).take(3) == [(1,), (2,)]


def test_large_rows_come_in_small_numbers() -> None:
    """A batch has as many rows as it is to have, and fewer where they are large."""
    small, large = Two(1, "x"), Two(1, "x" * LARGE)
    rows = BulkRows("shop.add", Two, [*[small] * 250, *[large] * 3])
    assert [len(rows.take_many(100)) for _ in range(6)] == [100, 100, 51, 1, 1, 0]


def test_rows_of_another_class() -> None:
    """The error names the query, the row's number, and both classes."""
    rows = BulkRows("shop.add", Two, [Two(1, "x"), Two(2, "x"), One(1)])
    rows.take(1)
    with pytest.raises(UsageError, match=r"shop\.add: row 3 is of type One, not Two"):
        rows.take(2)
    with pytest.raises(UsageError, match="not a bulk statement"):
        BulkRows("shop.add", None, [One(1)])


@pytest.mark.parametrize(
    ("isolation", "read_only", "deferrable", "sql"),
    [
        (None, None, None, None),
        ("read committed", None, None, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"),
        (IsolationLevel.SERIALIZABLE, None, None, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"),
        (None, True, None, "SET TRANSACTION READ ONLY"),
        (None, False, False, "SET TRANSACTION READ WRITE, NOT DEFERRABLE"),
        (
            "repeatable read",
            True,
            True,
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY, DEFERRABLE",
        ),
    ],
)
def test_characteristics(
    isolation: Any, read_only: bool | None, deferrable: bool | None, sql: str | None
) -> None:
    """Only what is asked for is set."""
    assert set_transaction(isolation, read_only, deferrable) == ((sql,) if sql else ())


@pytest.mark.parametrize("isolation", ["snapshot", "", 5, ["read committed"]])
def test_unknown_isolation(isolation: Any) -> None:
    """Anything else is refused, and never becomes SQL."""
    with pytest.raises(UsageError, match="no isolation level"):
        set_transaction(isolation, None, None)
