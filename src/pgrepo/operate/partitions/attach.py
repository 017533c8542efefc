"""Makes a table that can become a partition, and attaches it without locking anybody out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from datetime import datetime

    from pgrepo.operate.partitions.plan import PartitionedTable
    from pgrepo.operate.partitions.session import Connection

# A partitioned table has no storage parameters: they are those of its newest partition.
_LIKE = """
SELECT
    parent.relrowsecurity,
    COALESCE(
        (
            SELECT pg_catalog.array_to_string(class.reloptions, ', ')
            FROM pg_catalog.pg_class AS class
            WHERE class.oid = %(newest)s
        ),
        ''
    )
FROM pg_catalog.pg_class AS parent
WHERE parent.oid = %(parent)s
"""


def create_like(connection: Connection, parent: PartitionedTable, name: str) -> None:
    """Creates an empty table with all that the partitions of a table have.

    Args:
        connection: in a transaction.
        parent: the partitioned table, in whose schema it will be.
        name: what it is called.
    """
    table = sql.Identifier(parent.schema, name)
    # An identity column is the parent's alone: partitions take part in it.
    connection.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING IDENTITY)").format(
            table, sql.Identifier(parent.schema, parent.name)
        )
    )
    newest = parent.partitions[-1].oid if parent.partitions else None
    oids = {"parent": parent.oid, "newest": newest}
    is_secured, storage = connection.execute(_LIKE, oids).fetchall()[0]
    if storage:
        # The catalog's own words, which need no quotes: fillfactor=70.
        connection.execute(sql.SQL("ALTER TABLE {} SET ({})").format(table, sql.SQL(storage)))
    if is_secured:
        # Policies are those of the table that is named. Whoever names the partition meets none,
        # and so no row.
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table))


def attach(
    connection: Connection,
    parent: PartitionedTable,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    """Makes a table of the parent's schema a partition. Call it in a transaction.

    The check spares PostgreSQL the search for rows that do not fit, and would repeat the bounds
    at every INSERT afterwards.
    """
    words = {
        "table": sql.Identifier(parent.schema, name),
        "parent": sql.Identifier(parent.schema, parent.name),
        "key": sql.Identifier(parent.key),
        # A date and a timestamp without a time zone leave out what they do not have.
        "starts": sql.Literal(starts_at.isoformat()),
        "ends": sql.Literal(ends_at.isoformat()),
    }
    for statement in (
        (
            "ALTER TABLE {table} ADD CONSTRAINT pgrepo_bounds "
            "CHECK ({key} IS NOT NULL AND {key} >= {starts} AND {key} < {ends})"
        ),
        "ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES FROM ({starts}) TO ({ends})",
        "ALTER TABLE {table} DROP CONSTRAINT pgrepo_bounds",
    ):
        connection.execute(sql.SQL(statement).format(**words))
