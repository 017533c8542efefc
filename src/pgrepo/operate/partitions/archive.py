"""Old partitions to Parquet files: exported, read back, and only then detached and dropped.

Each step leaves the database and the destination in a state from which running again goes on:

1. The rows of one snapshot are written to a file that is called partial.
2. PostgreSQL reads the file back, and the rows are compared. The file gets its name, and a
   manifest.
3. The ledger says `verified`.
4. The partition is detached, CONCURRENTLY where that is possible.
5. Under a lock that keeps everybody out, the rows are compared with the manifest once more: who
   wrote after the snapshot is seen here. If they are the same, the table is dropped, and the
   ledger says so in the same transaction.

It is exported before it is detached because that can fail: a disk is full, a network is down.
Until all is safe elsewhere, every row stays where queries find it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from psycopg import sql

import pgrepo
from pgrepo.errors import ArchiveError, PartitionError
from pgrepo.operate.partitions import ledger
from pgrepo.operate.partitions.catalog import read_table
from pgrepo.operate.partitions.destination import PARTIAL, Destination
from pgrepo.operate.partitions.manifest import Manifest
from pgrepo.operate.partitions.plan import add_months
from pgrepo.operate.partitions.rows import (
    Content,
    read_back,
    read_columns,
    read_content,
    write_rows,
)
from pgrepo.operate.partitions.session import connect, patiently, sole

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.operate.partitions.plan import Partition, PartitionedTable
    from pgrepo.operate.partitions.session import Connection


@dataclass(frozen=True, slots=True)
class Archived:
    """A partition that only its archive has now.

    Attributes:
        partition: with its schema.
        rows: how many.
        bytes: the size of the file.
        file: its path or URL.
    """

    partition: str
    rows: int
    bytes: int
    file: str


def archive(
    url: str,
    table: str,
    *,
    keep_months: int,
    to: str,
    wait: float = 60.0,
    on_archived: Callable[[Archived], object] = lambda _: None,
) -> list[Archived]:
    """Moves the old partitions of a table to Parquet files; goes on where a killed run stopped.

    Args:
        url: the database; the role must own the table.
        table: schema.table, partitioned by ranges of one column of time.
        keep_months: a partition is old when its last moment is more months ago.
        to: a folder, or a URL of fsspec's; the files are in a folder there named like the table.
        wait: seconds to wait for another archiver, and for locks of tables.
        on_archived: called after each partition.

    Returns:
        What this call archived, the oldest first.

    Raises:
        ArchiveError: a file could not be written, or is not what was written. The partition is
            where it was, or detached and whole: run it again.
        PartitionError: no such table, locks that were not to be had, or what PostgreSQL refused.
    """
    destination = Destination(to, table)
    with connect(url) as connection:
        sole(connection, f"archiving or restoring {table}", wait)
        ledger.ensure(connection)
        found = read_table(connection, table)
        old = found.older_than(add_months(datetime.now(UTC), -keep_months))
        done = []
        for partition in [*ledger.detached(connection, found), *old]:
            done.append(_Archiver(connection, found, partition, destination, wait).run())
            on_archived(done[-1])
        return done


@dataclass(frozen=True, slots=True)
class _Archiver:
    """Archives one partition."""

    connection: Connection
    table: PartitionedTable
    partition: Partition
    destination: Destination
    wait: float

    def run(self) -> Archived:
        if not self.partition.is_plain:
            raise PartitionError(
                f"{self.partition.qualified} is itself partitioned, or a foreign table: only plain "
                "partitions can be archived; nothing was dropped"
            )
        location = self.destination.location
        archive = ledger.begin(self.connection, self.table, self.partition, location)
        manifest = self._earlier(archive) or self._export(archive)
        if not self.destination.is_whole(manifest):
            raise ArchiveError(
                f"{location}/{manifest.file} is not what was written: see to the disk, and run "
                "this again; nothing was dropped"
            )
        ledger.verified(self.connection, archive, manifest)
        patiently(self.connection, self._detach, self.wait)
        patiently(self.connection, partial(self._drop, archive, manifest), self.wait)
        file = f"{location}/{manifest.file}"
        return Archived(self.partition.qualified, manifest.rows, manifest.bytes, file)

    def _earlier(self, archive: str) -> Manifest | None:
        """Returns an archive that is there already, if it holds the rows that the table has now.

        One that the interrupted archiving of this table has left, and that does not, is written
        again. Any other one holds rows that may be nowhere else.
        """
        manifest = self.destination.read_manifest(self.partition.name)
        if manifest is None:
            return None
        if self._has_content(manifest) and self.destination.is_whole(manifest):
            return manifest
        if manifest.id == archive:
            return None
        raise ArchiveError(
            f"{self.destination.location} has another archive of {self.partition.qualified}, of "
            f"{manifest.archived_at:%Y-%m-%d %H:%M} UTC with {manifest.rows} rows: archive to "
            "another place, or move that one away; nothing was dropped"
        )

    def _export(self, archive: str) -> Manifest:
        """Writes, reads back, and only then gives the file its name and its manifest."""
        name = f"{self.partition.name}.parquet"
        columns = read_columns(self.connection, self.partition.oid)
        try:
            with self.connection.transaction():
                self.connection.execute(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                )
                content = read_content(self.connection, self._identifier, columns)
                with self.destination.write(name + PARTIAL) as file:
                    write_rows(self.connection, self._identifier, columns, file)
            sha256, size = self.destination.sha256(name + PARTIAL)
            with self.destination.read(name + PARTIAL) as file:
                found = read_back(self.connection, self._identifier, columns, file)
            if found != content:
                raise ArchiveError(
                    f"{self.destination.location}/{name} was read back as {found.rows} rows that "
                    f"are not the {content.rows} rows of {self.partition.qualified}; nothing was "
                    "dropped"
                )
        except BaseException:
            self.destination.tidy(name)
            raise
        assert self.partition.starts_at is not None  # older_than() gives no others
        assert self.partition.ends_at is not None
        manifest = Manifest(
            id=archive,
            table=self.table.qualified,
            partition=self.partition.name,
            starts_at=self.partition.starts_at,
            ends_at=self.partition.ends_at,
            columns=columns,
            rows=content.rows,
            checksum=content.checksum,
            file=name,
            bytes=size,
            sha256=sha256,
            archived_at=datetime.now(UTC),
            pgrepo=pgrepo.__version__,
            postgresql=self.connection.info.parameter_status("server_version") or "",
        )
        self.destination.rename(name)
        self.destination.write_manifest(manifest)
        return manifest

    def _detach(self) -> None:
        """Makes the partition a table by itself, also one that is half out already."""
        table = read_table(self.connection, self.table.qualified)
        present = next((p for p in table.partitions if p.oid == self.partition.oid), None)
        if present is None:
            return
        if present.is_leaving:
            how = "FINALIZE"
        elif table.has_default:  # PostgreSQL cannot do it concurrently then
            how = ""
        else:
            how = "CONCURRENTLY"
        self.connection.execute(
            sql.SQL("ALTER TABLE {} DETACH PARTITION {} {}").format(
                sql.Identifier(table.schema, table.name), self._identifier, sql.SQL(how)
            )
        )

    def _drop(self, archive: str, manifest: Manifest) -> None:
        """Drops the table, if its rows are those of the archive."""
        with self.connection.transaction():
            self.connection.execute(
                sql.SQL("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE").format(self._identifier)
            )
            if not self._has_content(manifest):
                raise ArchiveError(
                    f"{self.partition.qualified} was written to while it was archived: run this "
                    "again to export it anew; it is detached, and nothing was dropped"
                )
            self.connection.execute(sql.SQL("DROP TABLE {}").format(self._identifier))
            ledger.dropped(self.connection, archive)

    def _has_content(self, manifest: Manifest) -> bool:
        """Whether the table has the columns and the rows of an archive."""
        columns = read_columns(self.connection, self.partition.oid)
        return columns == manifest.columns and (
            read_content(self.connection, self._identifier, columns)
            == Content(manifest.rows, manifest.checksum)
        )

    @property
    def _identifier(self) -> sql.Identifier:
        return sql.Identifier(self.partition.schema, self.partition.name)
