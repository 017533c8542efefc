"""Rows to Parquet and back, and what PostgreSQL says they come to.

Where Arrow has a type that holds every value of a column, that type is used. Any other column is
stored as PostgreSQL's own text, from which PostgreSQL makes the same value again.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from pgrepo.errors import ArchiveError
from pgrepo.operate.partitions.manifest import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.operate.partitions.session import Connection

_ARROW = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "bytea": pa.binary(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
}
_TIMES = ("date", "timestamp without time zone", "timestamp with time zone")
_PRECISION = re.compile(r"(?<=^timestamp)\(\d\)")

_GROUP_BYTES = 32 << 20
_GROUP_ROWS = 100_000
"""A row group ends with whichever comes first. One is in memory at a time."""
_BATCH_ROWS = 250

_READ_BACK = sql.Identifier("pg_temp", "pgrepo_read_back")

_COLUMNS = """
SELECT
    attribute.attname,
    pg_catalog.format_type(attribute.atttypid, attribute.atttypmod)
FROM pg_catalog.pg_attribute AS attribute
WHERE
    attribute.attrelid = %s
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
    AND attribute.attgenerated = ''
ORDER BY attribute.attnum
"""
_CONTENT = """
SELECT
    pg_catalog.count(*),
    COALESCE(
        pg_catalog.sum(
            (
                'x' || pg_catalog.encode(
                    pg_catalog.substr(pg_catalog.sha256(row_text::bytea), 1, 8), 'hex'
                )
            )::bit(64)::bigint
        ),
        0
    )::text
FROM (
    SELECT pg_catalog.convert_to(ROW({columns})::text, 'UTF8') AS row_text
    FROM ONLY {table}
) AS rows
"""


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and what they come to, whatever their order."""

    rows: int
    checksum: str


def read_columns(connection: Connection, oid: int) -> tuple[Column, ...]:
    """Returns the columns of a table in their order, without generated ones."""
    return tuple(Column(*row) for row in connection.execute(_COLUMNS, (oid,)))


def read_content(
    connection: Connection, table: sql.Identifier, columns: Sequence[Column]
) -> Content:
    """Returns what the rows of a table come to, in these columns."""
    query = sql.SQL(_CONTENT).format(columns=_names(columns), table=table)
    return Content(*connection.execute(query).fetchall()[0])


def write_rows(
    connection: Connection, table: sql.Identifier, columns: Sequence[Column], file: BinaryIO
) -> None:
    """Writes the rows of a table, as the open transaction sees them, to a Parquet file."""
    types = _stored_types(connection, table, columns)
    schema = pa.schema(
        [(c.name, _ARROW.get(type_, pa.string())) for c, type_ in zip(columns, types, strict=True)]
    )
    selected = [
        sql.SQL("{}::text" if type_ == "text" else "{}").format(sql.Identifier(column.name))
        for column, type_ in zip(columns, types, strict=True)
    ]
    query = sql.SQL("COPY (SELECT {} FROM ONLY {}) TO STDOUT (FORMAT binary)").format(
        sql.SQL(", ").join(selected), table
    )
    with (
        pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True) as writer,
        connection.cursor().copy(query) as copy,
    ):
        copy.set_types(types)
        for group in _groups(schema, iter(copy.rows())):
            writer.write_table(group, row_group_size=group.num_rows)


def read_back(
    connection: Connection, table: sql.Identifier, columns: Sequence[Column], file: BinaryIO
) -> Content:
    """Returns what the rows of a file come to: PostgreSQL reads them as it would on a restore.

    They go through a temporary table, one row group at a time.

    Raises:
        ArchiveError: the file is not Parquet of these columns.
    """
    rows, checksum = 0, 0
    with connection.transaction():
        connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM ONLY {} WITH NO DATA"
            ).format(_READ_BACK, _names(columns), table)
        )
        for group in _read(file, columns):
            _copy(connection, _READ_BACK, columns, group)
            found = read_content(connection, _READ_BACK, columns)
            rows += found.rows
            checksum += int(found.checksum)
            connection.execute(sql.SQL("TRUNCATE {}").format(_READ_BACK))
    return Content(rows, str(checksum))


def copy_rows(
    connection: Connection, table: sql.Identifier, columns: Sequence[Column], file: BinaryIO
) -> Content:
    """Copies the rows of a file into a table; returns what they come to there.

    Raises:
        ArchiveError: the file is not Parquet of these columns.
    """
    for group in _read(file, columns):
        _copy(connection, table, columns, group)
    return read_content(connection, table, columns)


def _stored_types(
    connection: Connection, table: sql.Identifier, columns: Sequence[Column]
) -> list[str]:
    """Returns the type that each column is stored by: its own, or text."""
    # A time of any precision is stored as one of microseconds.
    plain = [_PRECISION.sub("", column.type) for column in columns]
    types = [type_ if type_ in _ARROW else "text" for type_ in plain]
    times = [number for number, type_ in enumerate(types) if type_ in _TIMES]
    if not times:
        return types
    # Python's years are the narrowest of all that read them, and have no infinity.
    probes = [
        sql.SQL(
            "COALESCE(pg_catalog.bool_or({} NOT BETWEEN '0001-01-02' AND '9999-12-30'), false)"
        ).format(sql.Identifier(columns[number].name))
        for number in times
    ]
    query = sql.SQL("SELECT {} FROM ONLY {}").format(sql.SQL(", ").join(probes), table)
    for number, is_unfit in zip(times, connection.execute(query).fetchall()[0], strict=True):
        if is_unfit:
            types[number] = "text"
    return types


def _groups(schema: Any, rows: Iterator[tuple[Any, ...]]) -> Iterator[Any]:
    """Gathers rows into tables, each of which becomes a row group."""
    held: list[Any] = []
    size = 0
    while batch := list(itertools.islice(rows, _BATCH_ROWS)):
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(zip(*batch, strict=True), schema, strict=True)
        ]
        held.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        size += held[-1].nbytes
        if size >= _GROUP_BYTES or len(held) * _BATCH_ROWS >= _GROUP_ROWS:
            yield pa.Table.from_batches(held)
            held, size = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _read(file: BinaryIO, columns: Sequence[Column]) -> Iterator[Any]:
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            if parquet.schema_arrow.names != [column.name for column in columns]:
                raise ArchiveError("the file has other columns than its manifest says")
            for number in range(parquet.num_row_groups):
                yield parquet.read_row_group(number, use_threads=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        # Arrow's message may quote a value.
        raise ArchiveError("the file is not Parquet: bring it back from a copy") from error


def _copy(
    connection: Connection, table: sql.Identifier, columns: Sequence[Column], group: Any
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, _names(columns))
    with connection.cursor().copy(statement) as copy:
        for batch in group.to_batches(max_chunksize=_BATCH_ROWS):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                copy.write_row(row)


def _names(columns: Sequence[Column]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
