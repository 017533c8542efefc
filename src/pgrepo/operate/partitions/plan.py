"""Which months are missing, how far ahead a table is, and which partitions are old. Pure.

A month is a month of UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pgrepo.errors import PartitionError

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition, or the table that one was before it was detached.

    Attributes:
        schema: where it is.
        name: without the schema.
        oid: by which PostgreSQL knows it; another table of the same name has another one.
        starts_at: the first moment in it, None where it has no lower bound.
        ends_at: the first moment after it, None where it has no upper bound.
        is_default: whether it takes what fits nowhere else, and so has no bounds.
        is_leaving: whether a DETACH CONCURRENTLY of it was interrupted.
        is_plain: whether it holds its rows itself: it is neither partitioned nor foreign.
        rows: an estimate, None where nobody has counted yet.
        size: with its indexes, bytes.
    """

    schema: str
    name: str
    oid: int
    starts_at: datetime | None
    ends_at: datetime | None
    is_default: bool = False
    is_leaving: bool = False
    is_plain: bool = True
    rows: int | None = None
    size: int = 0

    @property
    def qualified(self) -> str:
        """The name with the schema, for messages."""
        return f"{self.schema}.{self.name}"

    @property
    def is_month(self) -> bool:
        """Whether it is one month from its first moment to its last."""
        return (
            self.starts_at is not None
            and self.starts_at == month_of(self.starts_at)
            and self.ends_at == add_months(self.starts_at, 1)
        )

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether it has a part of a range."""
        return (
            not self.is_default
            and (self.starts_at is None or self.starts_at < ends_at)
            and (self.ends_at is None or starts_at < self.ends_at)
        )


@dataclass(frozen=True, slots=True)
class PartitionedTable:
    """A table that is partitioned by ranges of one column of time.

    Attributes:
        schema: where it is.
        name: without the schema.
        oid: by which PostgreSQL knows it.
        key: the column.
        partitions: in the order of their lower bounds.
    """

    schema: str
    name: str
    oid: int
    key: str
    partitions: tuple[Partition, ...]

    @property
    def qualified(self) -> str:
        """The name with the schema, for messages."""
        return f"{self.schema}.{self.name}"

    @property
    def has_default(self) -> bool:
        """Whether one of the partitions takes what fits nowhere else."""
        return any(partition.is_default for partition in self.partitions)

    @property
    def is_monthly(self) -> bool:
        """Whether every partition with two bounds is one month; so where there is none yet."""
        return all(p.is_month for p in self.partitions if p.starts_at and p.ends_at)

    def missing_months(self, now: datetime, months_ahead: int) -> list[datetime]:
        """Returns the months from this one on that no partition has any part of."""
        wanted = [add_months(month_of(now), ahead) for ahead in range(months_ahead + 1)]
        return [month for month in wanted if self.overlapping(month, add_months(month, 1)) is None]

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> Partition | None:
        """Returns a partition that has a part of a range."""
        return next((p for p in self.partitions if p.overlaps(starts_at, ends_at)), None)

    def horizon(self, now: datetime) -> datetime | None:
        """Returns the moment from which on rows are refused; None where there is none.

        It is now where rows of this moment are refused already.
        """
        end = now
        for partition in self.partitions:
            if partition.overlaps(end, end + timedelta(microseconds=1)):
                if partition.ends_at is None:
                    return None
                end = partition.ends_at
        return None if self.has_default else end

    def is_short(self, now: datetime) -> bool:
        """Whether less than a month is ahead."""
        end = self.horizon(now)
        return end is not None and end < add_months(now, 1)

    def older_than(self, cutoff: datetime) -> list[Partition]:
        """Returns the partitions with both bounds that ended before a moment, oldest first."""
        return [p for p in self.partitions if p.starts_at and p.ends_at and p.ends_at <= cutoff]


def month_of(moment: datetime) -> datetime:
    """Returns the first moment of a month."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def add_months(moment: datetime, months: int) -> datetime:
    """Returns the same day of another month; the last one where that month is shorter."""
    first = moment.replace(day=1)
    number = moment.year * 12 + moment.month - 1 + months
    first = first.replace(year=number // 12, month=number % 12 + 1)
    days_in_month = ((first + timedelta(days=31)).replace(day=1) - first).days
    return first.replace(day=min(moment.day, days_in_month))


def partition_name(table: str, month: datetime) -> str:
    """Returns what the partition of a month is called.

    Raises:
        PartitionError: it would be longer than a name may be.
    """
    name = f"{table}_{month:%Y_%m}"
    if len(name.encode()) > 63:
        raise PartitionError(
            f"{name} is longer than a name may be in PostgreSQL, 63 bytes: rename the table, or "
            "make its partitions yourself"
        )
    return name


def split_table(name: str) -> tuple[str, str]:
    """Splits schema.table. Raises PartitionError where it is something else."""
    schema, _, table = name.partition(".")
    if not (schema and table):
        raise PartitionError(f"{name!r} is not a table: write it as schema.table")
    return schema, table
