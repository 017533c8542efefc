"""The ledger, pgrepo.archives: which partition is being archived, and which ones were.

A table that was detached and not dropped yet is found again by its row here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.operate.partitions.plan import Partition

if TYPE_CHECKING:
    from pgrepo.operate.partitions.manifest import Manifest
    from pgrepo.operate.partitions.plan import PartitionedTable
    from pgrepo.operate.partitions.session import Connection

_LEDGER = """
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgrepo.archives', 0));

CREATE SCHEMA IF NOT EXISTS pgrepo;

CREATE TABLE IF NOT EXISTS pgrepo.archives (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    table_name text NOT NULL,
    partition_name text NOT NULL,
    relation oid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    location text NOT NULL,
    state text DEFAULT 'exporting' NOT NULL,
    row_count bigint,
    sha256 text,
    started_at timestamptz DEFAULT now() NOT NULL,
    changed_at timestamptz DEFAULT now() NOT NULL,
    archived_by text DEFAULT current_user NOT NULL,
    CONSTRAINT archives_pkey PRIMARY KEY (id),
    CONSTRAINT archives_state_check
        CHECK (state IN ('exporting', 'verified', 'dropped', 'restored'))
);

-- One archive of a table that is still there.
CREATE UNIQUE INDEX IF NOT EXISTS archives_relation_idx
    ON pgrepo.archives (relation) WHERE state IN ('exporting', 'verified');

COMMENT ON TABLE pgrepo.archives IS 'Partitions that pgrepo archived, or began to.';
COMMENT ON COLUMN pgrepo.archives.relation IS 'The partition in pg_class, until it is dropped.';
COMMENT ON COLUMN pgrepo.archives.state IS
    'exporting: nothing to rely on; verified: the archive was read back and is whole; dropped: '
    'only the archive has the rows; restored: the database has them again.';
"""


def ensure(connection: Connection) -> None:
    """Creates the ledger where there is none; two at once wait for each other."""
    found = connection.execute("SELECT pg_catalog.to_regclass('pgrepo.archives') IS NULL")
    if found.fetchone() == (True,):
        with connection.transaction():
            connection.execute(_LEDGER)


def detached(connection: Connection, table: PartitionedTable) -> list[Partition]:
    """Returns what was a partition of a table, and was detached to be dropped; oldest first."""
    rows = connection.execute(
        """
        SELECT schema.nspname, class.relname, class.oid, archives.starts_at, archives.ends_at
        FROM pgrepo.archives
        INNER JOIN pg_catalog.pg_class AS class
            ON class.oid = archives.relation AND class.relname = archives.partition_name
        INNER JOIN pg_catalog.pg_namespace AS schema ON schema.oid = class.relnamespace
        WHERE
            archives.table_name = %s
            AND archives.state = 'verified'
            AND NOT class.relispartition
        ORDER BY archives.starts_at
        """,
        (table.qualified,),
    )
    return [Partition(*row) for row in rows]


def begin(
    connection: Connection, table: PartitionedTable, partition: Partition, location: str
) -> str:
    """Notes that a partition is about to be archived; returns the archive's id.

    That of an earlier, interrupted run is the same.
    """
    row = connection.execute(
        """
        INSERT INTO pgrepo.archives AS archives (
            table_name, partition_name, relation, starts_at, ends_at, location
        )
        VALUES (
            %(table)s, %(name)s, %(relation)s, %(starts_at)s, %(ends_at)s, %(location)s
        )
        ON CONFLICT (relation) WHERE state IN ('exporting', 'verified') DO UPDATE
        SET location = excluded.location, changed_at = pg_catalog.now()
        RETURNING archives.id::text
        """,
        {
            "table": table.qualified,
            "name": partition.name,
            "relation": partition.oid,
            "starts_at": partition.starts_at,
            "ends_at": partition.ends_at,
            "location": location,
        },
    )
    return str(row.fetchall()[0][0])


def verified(connection: Connection, archive: str, manifest: Manifest) -> None:
    """Notes that the archive is whole. From now on the partition may be detached."""
    connection.execute(
        "UPDATE pgrepo.archives SET state = 'verified', row_count = %(rows)s, "
        "sha256 = %(sha256)s, changed_at = pg_catalog.now() WHERE id = %(id)s::uuid",
        {"id": archive, "rows": manifest.rows, "sha256": manifest.sha256},
    )


def dropped(connection: Connection, archive: str) -> None:
    """Notes that only the archive has the rows; in the transaction that drops the table."""
    connection.execute(
        "UPDATE pgrepo.archives SET state = 'dropped', changed_at = pg_catalog.now() "
        "WHERE id = %s::uuid",
        (archive,),
    )


def restored(connection: Connection, manifest: Manifest) -> None:
    """Notes that the database has the rows again; in the transaction that brings them back."""
    connection.execute(
        "UPDATE pgrepo.archives SET state = 'restored', changed_at = pg_catalog.now() "
        "WHERE table_name = %s AND partition_name = %s AND state = 'dropped'",
        (manifest.table, manifest.partition),
    )
