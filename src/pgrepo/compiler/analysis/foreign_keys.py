"""What a foreign key promises, where it holds for every row at every moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key that holds for every row at every moment.

    Attributes:
        target: the OID of the referenced table.
        columns: (referencing, referenced) column numbers.
        operators: the OIDs of the equalities by which they are compared, either way round.
    """

    target: int
    columns: frozenset[tuple[int, int]]
    operators: frozenset[int]
