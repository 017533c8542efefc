"""The form of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgrepo.compiler.model import Cardinality

ONE, MAYBE, MANY, EXEC = (
    Cardinality.ONE,
    Cardinality.ZERO_OR_ONE,
    Cardinality.MANY,
    Cardinality.EXEC,
)


@dataclass(frozen=True)
class Case:
    """A statement and the facts about it.

    Attributes:
        sql: the statement.
        columns: a sign a column: `!` proved not null, `?` not.
        cardinality: how many rows.
        reads: whether it is read-only.
        values: of its parameters, for running it; one tuple a run.
        since: the oldest server that understands it.
        until: the newest of which the facts are true.
    """

    sql: str
    columns: str
    cardinality: Cardinality = MANY
    reads: bool = True
    values: tuple[tuple[Any, ...], ...] = ((),)
    since: int = 16
    until: int = 99

    @property
    def name(self) -> str:
        """The statement on one line."""
        return " ".join(self.sql.split())


def write(
    sql: str, columns: str, cardinality: Cardinality = MANY, since: int = 16, until: int = 99
) -> Case:
    """A statement that writes."""
    return Case(sql, columns, cardinality, reads=False, since=since, until=until)
