"""What a bulk statement that is no plain insert sends: its rows first, then one INSERT for all.

A temporary table costs PostgreSQL entries in its catalogs, which vacuum has to clear away, and a
call three round trips. So few rows go as parameters of the one statement, and a call of many
through a temporary table that COPY fills.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pgrepo.runtime.statement import tagged, trusted_sql
from pgrepo.sqlfiles.staging import ROWS, columns_of

if TYPE_CHECKING:
    from typing import LiteralString

    from pgrepo.sqlfiles.staging import Staging

FEW = 500
"""So many rows go as parameters.

Measured with four columns, server and client on one core: as parameters 100 rows take 0.6 times the
time of a temporary table, 300 the same, 500 1.15 times, 1,000 1.3 times.
"""
_PARAMETERS = 65_535  # the protocol counts them in 16 bits
_TABLE = f"pg_temp.{ROWS}"


class Staged:
    """The statements of one query.

    Args:
        label: "domain.query".
        staging: its rewritten statement.
        types: the SQL types of its parameters.

    Attributes:
        few: how many rows go as parameters, at most.
        create: makes the temporary table.
        copy: fills it.
        insert: inserts from it.
        drop: drops it.
    """

    __slots__ = ("_label", "_staging", "_types", "copy", "create", "few", "insert")

    create: LiteralString
    copy: LiteralString
    insert: LiteralString
    # In a block, because psycopg forgets all prepared statements when it sees a DROP.
    drop: ClassVar[LiteralString] = trusted_sql(f"DO 'BEGIN DROP TABLE {_TABLE}; END'")

    def __init__(self, label: str, staging: Staging, types: tuple[str, ...]) -> None:
        self._label, self._staging, self._types = label, staging, types
        names = columns_of(len(types))
        columns = ", ".join(map(" ".join, zip(names, types, strict=True)))
        self.few = min(FEW, _PARAMETERS // len(types))
        self.create = tagged(label, f"CREATE TEMPORARY TABLE {ROWS} ({columns}) ON COMMIT DROP")
        self.copy = tagged(label, f"COPY {_TABLE} ({', '.join(names)}) FROM STDIN (FORMAT binary)")
        self.insert = tagged(label, staging.from_table(_TABLE))

    def values(self, rows: int) -> LiteralString:
        """The statement that takes so many rows as parameters."""
        return tagged(self._label, self._staging.from_values(self._types, rows))
