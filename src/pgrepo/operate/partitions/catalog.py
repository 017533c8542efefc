"""Which partitions there are, as the catalog has them."""

from __future__ import annotations

import itertools
from importlib.resources import files
from typing import TYPE_CHECKING

from pgrepo.errors import PartitionError
from pgrepo.operate.partitions.plan import Partition, PartitionedTable, split_table

if TYPE_CHECKING:
    from pgrepo.operate.partitions.session import Connection

_TABLES = files("pgrepo.operate.partitions").joinpath("catalog.sql").read_bytes()


def read_tables(connection: Connection, schema: str) -> list[PartitionedTable]:
    """Returns the tables of a schema that are partitioned by ranges of one column of time.

    Raises:
        PartitionError: there is no such schema.
    """
    found = connection.execute(
        "SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = %(schema)s", {"schema": schema}
    ).fetchone()
    if found is None:
        raise PartitionError(
            f"the database has no schema {schema}: run `pgrepo migrate {schema}`, or name another "
            "database with --dsn"
        )
    rows = connection.execute(_TABLES, {"schema": found[0]}).fetchall()
    tables = []
    for (name, oid, key), group in itertools.groupby(rows, key=lambda row: row[:3]):
        partitions = tuple(Partition(*row[3:]) for row in group if row[5] is not None)
        tables.append(PartitionedTable(schema, name, oid, key, partitions))
    return tables


def read_table(connection: Connection, name: str) -> PartitionedTable:
    """Returns one of them, named schema.table.

    Raises:
        PartitionError: the table is none of that kind.
    """
    tables = {table.qualified: table for table in read_tables(connection, split_table(name)[0])}
    if name not in tables:
        raise PartitionError(
            f"{name} is not a table that is partitioned by time; there is "
            + (", ".join(tables) or "none in that schema")
        )
    return tables[name]


def relation(connection: Connection, schema: str, name: str) -> int | None:
    """Returns the oid of a table, None where there is nothing of that name."""
    row: tuple[int] | None = connection.execute(
        "SELECT class.oid FROM pg_catalog.pg_class AS class "
        "INNER JOIN pg_catalog.pg_namespace AS schema ON schema.oid = class.relnamespace "
        "WHERE schema.nspname = %(schema)s AND class.relname = %(name)s",
        {"schema": schema, "name": name},
    ).fetchone()
    return None if row is None else row[0]
