"""The manifest of an archive: what is in the file beside it, and how to know that it still is."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations

import msgspec

from pgrepo.errors import ArchiveError

FORMAT = 1
CHECKSUM = (
    "the sum, over all rows, of the first 8 bytes of sha256(ROW(columns)::text), read as a signed "
    "big-endian integer; with timezone UTC, datestyle ISO, intervalstyle postgres, bytea_output "
    "hex, extra_float_digits 1"
)


class Column(msgspec.Struct, frozen=True):
    """A column that is in the file.

    Attributes:
        name: of the column.
        type: in PostgreSQL, with its modifier.
    """

    name: str
    type: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds.

    Attributes:
        format: of the manifest.
        id: of the archive, as in pgrepo.archives.
        table: the partitioned table, schema.table.
        partition: the partition's name.
        starts_at: the first moment in it.
        ends_at: the first moment after it.
        columns: those that are in the file, in their order. PostgreSQL makes a generated column
            anew.
        rows: how many.
        checksum: what all rows come to, whatever their order.
        checksum_of: how that is computed.
        file: the name of the Parquet file beside the manifest.
        bytes: its size.
        sha256: its SHA-256.
        archived_at: when it was read back and found whole.
        pgrepo: the version that wrote it.
        postgresql: the version of the server.
    """

    format: int = FORMAT
    id: str
    table: str
    partition: str
    starts_at: datetime
    ends_at: datetime
    columns: tuple[Column, ...]
    rows: int
    checksum: str
    checksum_of: str = CHECKSUM
    file: str
    bytes: int
    sha256: str
    archived_at: datetime
    pgrepo: str
    postgresql: str


def encode(manifest: Manifest) -> bytes:
    """Returns the manifest as JSON, indented: people read it too."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode(text: bytes, where: str) -> Manifest:
    """Reads a manifest.

    Raises:
        ArchiveError: it is none, or one of a later pgrepo's.
    """
    try:
        found = msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArchiveError(
            f"{where} is not the manifest of an archive: move it away, or bring it back from a copy"
        ) from error
    if found.format != FORMAT:
        raise ArchiveError(f"{where} has format {found.format}, and this pgrepo reads {FORMAT}")
    return found
