"""Values, asked of the database through the runtime, so that calls are given what they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pgrepo.bench.drawing import MANY, draw_sql
from pgrepo.compiler.model import TypeKind
from pgrepo.runtime._sync import wire
from pgrepo.runtime.statement import Prepared, trusted_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrepo.bench.drawing import Draw
    from pgrepo.compiler.model import PgType
    from pgrepo.runtime import Database

_TEXT = 25
_SIZES = """
SELECT n.nspname::text, c.relname::text, CASE c.relkind
    WHEN 'p' THEN (
        SELECT sum(greatest(0, leaf.reltuples))::bigint
        FROM pg_partition_tree(c.oid) AS part JOIN pg_class AS leaf ON leaf.oid = part.relid
        WHERE part.isleaf
    )
    ELSE greatest(0, c.reltuples)::bigint
END
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


class Values:
    """Draws and reads values.

    Args:
        database: where the data is, with the rights to read it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sizes: dict[tuple[str, str], int] | None = None

    def draw(self, draw: Draw, count: int) -> list[dict[str, Any]]:
        """Draws values for the parameters of a draw, `count` times at most.

        Raises:
            psycopg.Error: the tables cannot be read.
        """
        many = any(source.many for _, source in draw.columns)
        wanted = draw_sql(draw, self.sizes(), count * (MANY if many else 1))
        with self._database.connection() as connection:
            sql = wanted.as_string(connection)
            rows = _apart(draw, wire.fetch(connection, bare_statement(sql), ()))
        if not many:
            return [self._named(draw, [row]) for row in rows]
        return [self._named(draw, rows[at : at + MANY]) for at in range(0, len(rows), MANY)]

    @staticmethod
    def _named(draw: Draw, rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
        return {
            wanted.name: [_python(row[at], wanted.pg_type) for row in rows]
            if source.many
            else _python(rows[0][at], wanted.pg_type)
            for at, (wanted, source) in enumerate(draw.columns)
        }

    def read(self, pg_type: PgType, text: str) -> Any:
        """A value that is written as PostgreSQL writes it.

        Raises:
            psycopg.Error: it is none of the type.
        """
        statement = bare_statement(f"SELECT $1::text::{pg_type.name}", (_TEXT,), ("value",))
        with self._database.connection() as connection:
            return _python(wire.fetch(connection, statement, (text,))[0][0], pg_type)

    def sizes(self) -> Mapping[tuple[str, str], int]:
        """About how many rows the tables have, by schema and name."""
        if self._sizes is None:
            with self._database.connection() as connection:
                rows = wire.fetch(connection, bare_statement(_SIZES), ())
            self._sizes = {(schema, name): int(count or 0) for schema, name, count in rows}
        return self._sizes


def _apart(draw: Draw, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """The rows, where two parameters of one column get values of two rows: a range has two ends."""
    sources = [source for _, source in draw.columns]
    shifts = [sources[:at].count(source) for at, source in enumerate(sources)]
    if not any(shifts):
        return rows
    return [
        tuple(rows[(number + shift) % len(rows)][at] for at, shift in enumerate(shifts))
        for number in range(len(rows))
    ]


def bare_statement(
    sql: str, types: tuple[int, ...] = (), parameters: tuple[str, ...] = ()
) -> Prepared:
    """A statement of the benchmark's own, to run as generated code's are."""
    return Prepared(
        label="pgrepo bench",
        sql=trusted_sql(sql),
        copy=None,
        types=types,
        parameters=parameters,
        decode=None,
    )


def _python(value: Any, pg_type: PgType) -> Any:
    """A loaded value as generated methods take it: JSON is not text there."""
    base = pg_type
    while base.kind is TypeKind.DOMAIN and base.element is not None:
        base = base.element
    if base.name in {"json", "jsonb"} and isinstance(value, bytes | bytearray | memoryview | str):
        return msgspec.json.decode(value)
    return value
