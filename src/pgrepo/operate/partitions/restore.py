"""An archive back into the database: whole, equal, and attached, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from psycopg import sql

from pgrepo.errors import ArchiveError, PartitionError
from pgrepo.operate.partitions import ledger
from pgrepo.operate.partitions.attach import attach, create_like
from pgrepo.operate.partitions.catalog import read_table, relation
from pgrepo.operate.partitions.destination import Destination
from pgrepo.operate.partitions.rows import Content, copy_rows, read_columns
from pgrepo.operate.partitions.session import connect, patiently, sole

if TYPE_CHECKING:
    from pgrepo.operate.partitions.manifest import Manifest
    from pgrepo.operate.partitions.plan import PartitionedTable
    from pgrepo.operate.partitions.session import Connection


@dataclass(frozen=True, slots=True)
class Restored:
    """A partition that the database has again: its name with the schema, and its rows."""

    partition: str
    rows: int


def restore(url: str, table: str, partition: str, *, source: str, wait: float = 60.0) -> Restored:
    """Brings an archived partition back, in one transaction.

    Args:
        url: the database; the role must own the table.
        table: schema.table, as it was archived.
        partition: its name.
        source: the folder or the URL that it was archived to.
        wait: seconds to wait for another archiver, and for locks of tables.

    Raises:
        ArchiveError: there is no such archive, or it is not what was archived.
        PartitionError: a partition of the same range is there, or a table of its name, or the
            table has not the columns of the archive any more; or PostgreSQL refused, because a
            row refers to one that is gone, above all.
    """
    destination = Destination(source, table)
    manifest = destination.read_manifest(partition)
    if manifest is None or manifest.table != table:
        raise ArchiveError(
            f"{destination.location} has no archive of {partition}; it has "
            + (", ".join(destination.archives()) or "none")
        )
    if not destination.is_whole(manifest):
        raise ArchiveError(
            f"{destination.location}/{manifest.file} is not the file that was archived: bring it "
            "back from a copy"
        )
    with connect(url) as connection:
        sole(connection, f"archiving or restoring {table}", wait)
        ledger.ensure(connection)
        parent = read_table(connection, table)
        _check_fits(connection, parent, manifest)
        with connection.transaction():
            _restore(connection, parent, manifest, destination, wait)
        connection.execute(
            sql.SQL("ANALYZE {}").format(sql.Identifier(parent.schema, manifest.partition))
        )
    return Restored(f"{parent.schema}.{manifest.partition}", manifest.rows)


def _restore(
    connection: Connection,
    parent: PartitionedTable,
    manifest: Manifest,
    destination: Destination,
    wait: float,
) -> None:
    create_like(connection, parent, manifest.partition)
    made = sql.Identifier(parent.schema, manifest.partition)
    with destination.read(manifest.file) as file:
        found = copy_rows(connection, made, manifest.columns, file)
    if found != Content(manifest.rows, manifest.checksum):
        raise ArchiveError(
            f"{destination.location}/{manifest.file} gives {found.rows} rows that are not the "
            f"{manifest.rows} rows that were archived; nothing was restored"
        )
    patiently(connection, partial(_attach, connection, parent, manifest), wait)
    ledger.restored(connection, manifest)


def _attach(connection: Connection, parent: PartitionedTable, manifest: Manifest) -> None:
    with connection.transaction():  # a savepoint
        attach(connection, parent, manifest.partition, manifest.starts_at, manifest.ends_at)


def _check_fits(connection: Connection, parent: PartitionedTable, manifest: Manifest) -> None:
    """Raises PartitionError where the range or the name is taken, or the columns are others."""
    if taken := parent.overlapping(manifest.starts_at, manifest.ends_at):
        raise PartitionError(
            f"{taken.qualified} has a part of the range of {manifest.partition}: detach it first, "
            "or restore into another database"
        )
    if relation(connection, parent.schema, manifest.partition) is not None:
        raise PartitionError(
            f"{parent.schema}.{manifest.partition} exists already: rename it, or drop it"
        )
    present = {column.name: column.type for column in read_columns(connection, parent.oid)}
    for column in manifest.columns:
        if present.get(column.name) != column.type:
            raise PartitionError(
                f"{parent.qualified} has {present.get(column.name, 'no such column')} where the "
                f"archive's column {column.name} is {column.type}: load the file by itself"
            )
