"""Makes the months to come, and says how far ahead a schema is."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from psycopg import sql

from pgrepo.errors import PartitionError
from pgrepo.operate.partitions.attach import attach, create_like
from pgrepo.operate.partitions.catalog import read_table, read_tables, relation
from pgrepo.operate.partitions.plan import add_months, partition_name
from pgrepo.operate.partitions.session import connect, patiently, sole

if TYPE_CHECKING:
    from pgrepo.operate.partitions.plan import PartitionedTable
    from pgrepo.operate.partitions.session import Connection

MONTHS_AHEAD = 3


def status(url: str, schema: str) -> list[PartitionedTable]:
    """Returns the partitioned tables of a schema with their partitions; changes nothing.

    Raises:
        PartitionError: there is no such schema, or the database cannot be reached.
    """
    with connect(url) as connection:
        return read_tables(connection, schema)


def ensure(
    url: str, schema: str, *, months_ahead: int = MONTHS_AHEAD, wait: float = 60.0
) -> list[str]:
    """Makes the partitions of this month and of those ahead, for every table with monthly ones.

    A schema's own function `ensure_partitions(integer)` is called where there is one; what it
    leaves out is made here. Safe to repeat, and from many processes at once.

    Args:
        url: the database.
        schema: whose tables. A table that has no partition yet gets monthly ones; one whose
            partitions are not months is left alone.
        months_ahead: how many months after this one.
        wait: seconds to wait for another such process, and for the locks of a table.

    Returns:
        The partitions that this call made, with their schema.

    Raises:
        PartitionError: there is no such schema, the locks were not to be had, or PostgreSQL
            refused.
    """
    with connect(url) as connection:
        read_tables(connection, schema)  # that there is no such schema is told first
        sole(connection, f"making partitions of {schema}", wait)
        own_function = partial(_own_function, connection, schema, months_ahead)
        made = patiently(connection, own_function, wait)
        now = datetime.now(UTC)
        for table in read_tables(connection, schema):
            if table.is_monthly:
                for month in table.missing_months(now, months_ahead):
                    made += patiently(connection, partial(_make, connection, table, month), wait)
        return made


def _own_function(connection: Connection, schema: str, months_ahead: int) -> list[str]:
    """Calls the schema's own function; returns what it made, nothing where there is none."""
    found = connection.execute(
        "SELECT pg_catalog.to_regprocedure("
        "pg_catalog.format('%%I.ensure_partitions(integer)', %s::text)) IS NOT NULL",
        (schema,),
    )
    if found.fetchone() != (True,):
        return []
    call = sql.SQL("SELECT * FROM {}(%s)").format(sql.Identifier(schema, "ensure_partitions"))
    return [f"{schema}.{name}" for (name,) in connection.execute(call, (months_ahead,)) if name]


def _make(connection: Connection, table: PartitionedTable, month: datetime) -> list[str]:
    """Makes a month, unless another process has made it meanwhile."""
    name, ends_at = partition_name(table.name, month), add_months(month, 1)
    with connection.transaction():
        # The lock that the functions of the schemas that come with pgrepo take too.
        connection.execute(
            "SELECT pg_catalog.pg_advisory_xact_lock("
            "pg_catalog.hashtextextended('pgrepo partition', %s))",
            (table.oid,),
        )
        present = read_table(connection, table.qualified)
        if present.overlapping(month, ends_at) is not None:
            return []
        if relation(connection, table.schema, name) is not None:
            raise PartitionError(
                f"{table.schema}.{name} exists and is not a partition of {table.qualified}: "
                "attach it, or rename it"
            )
        create_like(connection, present, name)
        attach(connection, present, name, month, ends_at)
    return [f"{table.schema}.{name}"]
