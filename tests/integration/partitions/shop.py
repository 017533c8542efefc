"""A database with the schema of shop.sql, whose orders are partitioned by time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.operate.partitions.plan import add_months, month_of

if TYPE_CHECKING:
    from pgrepo.operate.partitions.session import Connection

SCHEMA = Path(__file__).with_name("shop.sql")


@dataclass(frozen=True)
class Shop:
    """A database with the schema shop.

    Attributes:
        url: the database.
        connection: to it, autocommit.
        months: the first moments of this month (the last) and of those before it.
    """

    url: str
    connection: Connection
    months: list[datetime]

    def query(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Asks the database."""
        return self.connection.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, *parameters: object) -> Any:
        """Asks the database for one value."""
        return self.query(query, *parameters)[0][0]

    def run(self, statements: str) -> None:
        """Runs statements."""
        self.connection.execute(statements.encode())

    def partition(self, months_ago: int) -> str:
        """The name of the partition of a month."""
        return f"orders_{self.months[-1 - months_ago]:%Y_%m}"

    def make(self, months_ago: int, rows: int = 0) -> str:
        """Makes the partition of a month of orders, with rows."""
        starts_at, name = self.months[-1 - months_ago], self.partition(months_ago)
        ends_at = add_months(starts_at, 1)
        self.run(
            f"CREATE TABLE shop.{name} PARTITION OF shop.orders "
            f"FOR VALUES FROM ('{starts_at}') TO ('{ends_at}') WITH (fillfactor = 77)"
        )
        self.query("SELECT shop.fill(%s, %s)", starts_at, rows)
        return name

    def rows(self, partition: str) -> list[tuple[Any, ...]]:
        """All rows of a partition as text: equal rows have equal texts."""
        return self.query(f"SELECT o::text FROM shop.{partition} AS o ORDER BY o::text")

    def partitions(self, table: str = "orders") -> list[str]:
        """The names of a table's partitions."""
        rows = self.query(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
            f"WHERE inhparent = 'shop.{table}'::regclass ORDER BY relname"
        )
        return [name for (name,) in rows]


def open_shop(url: str) -> Shop:
    """Makes the schema in an empty database; no table has a partition yet."""
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("SET timezone = 'UTC'")
    connection.execute(SCHEMA.read_bytes())
    this_month = month_of(datetime.now(UTC))
    return Shop(url, connection, [add_months(this_month, -ago) for ago in reversed(range(25))])
