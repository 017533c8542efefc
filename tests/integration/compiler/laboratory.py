"""A server with the test schema in several states: statements are analysed, and then run."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.compiler.analysis.analyse import QueryAnalyser
from pgrepo.compiler.analysis.catalog import Catalog
from pgrepo.compiler.analysis.describe import Describer
from pgrepo.compiler.analysis.scratch import scratch_database
from pgrepo.compiler.model import Cardinality, JsonArray, JsonObject, JsonScalar, JsonValue
from pgrepo.sqlfiles.annotations import Annotations
from pgrepo.sqlfiles.named_query import NamedQuery
from pgrepo.sqlfiles.queries import Operation
from pgrepo.sqlfiles.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.compiler.model import Column, Query

OLDEST = 16
"""The oldest major version that the compiler works with."""
HERE = Path(__file__).parent
STATES = ("empty", "matched", "unmatched")


def named_query(sql: str) -> NamedQuery:
    """A statement with `$n` parameters as the readers of query files hand it on."""
    count = max((int(number) for number in re.findall(r"\$(\d+)", sql)), default=0)
    names = tuple(f"p{number}" for number in range(1, count + 1))
    return NamedQuery(
        name="query",
        operation=Operation.MANY,
        parameters=names,
        positions=names,
        sql=sql,
        doc="",
        annotations=Annotations(),
        source=Source(sql, Path("query.sql"), "query.sql"),
        offset=0,
        name_span=(0, 0),
        body=(0, len(sql)),
        fingerprint="",
    )


@dataclass(frozen=True)
class Laboratory:
    """One server's version, an analyser of its schema public, and a connection to run on."""

    version: int
    analyser: QueryAnalyser
    connection: psycopg.Connection[Any]

    def analyse(self, sql: str) -> Query:
        """What the compiler says of a statement."""
        return self.analyser.analyse(named_query(sql))

    def run(self, sql: str, values: Sequence[Any], state: str) -> list[list[bytes | None]]:
        """The rows of a statement in a state of the data, as they came; changes are undone."""
        try:
            self.connection.execute(f"SET LOCAL search_path TO {state}, public")
            cursor = psycopg.RawCursor(self.connection)
            cursor.execute(sql, list(values))
            result = cursor.pgresult
            assert result is not None
            return [
                [result.get_value(row, column) for column in range(result.nfields)]
                for row in range(result.ntuples)
            ]
        finally:
            self.connection.rollback()

    def witness(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Fails if running the statement contradicts what the compiler says of it."""
        query = self.analyse(sql)
        for state in STATES:
            refute(query, self.run(sql, values, state), state)


def refute(query: Query, rows: list[list[bytes | None]], state: str) -> None:
    """Fails where a column called not-null is NULL, or the number of rows is out of bounds."""
    where = f"{query.source.sql!r} on {state} data"
    for row in rows:
        for column, value in zip(query.columns, row, strict=True):
            if value is None:
                assert column.nullable, f"{column.name} is NULL: {where}"
            else:
                assert _conforms(column, value), f"{column.name} is {value!r}: {where}"
    if query.cardinality is Cardinality.ONE:
        assert len(rows) == 1, f"{len(rows)} rows: {where}"
    if query.cardinality is Cardinality.ZERO_OR_ONE:
        assert len(rows) <= 1, f"{len(rows)} rows: {where}"


def _conforms(column: Column, value: bytes) -> bool:
    if column.json is None:
        return True
    return has_shape(json.loads(value), JsonValue(column.json, nullable=False))


def has_shape(document: Any, value: JsonValue) -> bool:
    """Whether a JSON document is what the compiler says it is."""
    if document is None:
        return value.nullable
    match value.shape:
        case JsonObject(members):
            return (
                isinstance(document, dict)
                and set(document) == {name for name, _ in members}
                and all(has_shape(document[name], member) for name, member in members)
            )
        case JsonArray(element):
            return isinstance(document, list) and all(
                element is not None and has_shape(item, element) for item in document
            )
        case JsonScalar(pg_type):
            kinds = {"integer": int, "bigint": int, "text": str, "boolean": bool}
            kind = list if pg_type.kind.value == "array" else kinds.get(pg_type.name, object)
            return isinstance(document, kind)


@contextmanager
def laboratory(server: str) -> Iterator[Laboratory]:
    """Builds the test schema in a database of its own.

    Args:
        server: a connection string.
    """
    with scratch_database(server) as connection:
        version = connection.info.server_version // 10_000
        files = ["schema.sql", "schema_18.sql" if version >= 18 else "schema_16.sql"]
        ddl = "\n".join((HERE / file).read_text(encoding="utf-8") for file in files)
        connection.execute(ddl.encode())
        for state in STATES:
            connection.execute(f"CREATE SCHEMA {state}; SET search_path TO {state}, public")
            connection.execute(ddl.encode())
            if state != "empty":
                connection.execute((HERE / f"{state}.sql").read_bytes())
        describer, catalog = Describer(connection), Catalog(connection)
        with psycopg.connect(connection.info.dsn) as running:
            yield Laboratory(version, QueryAnalyser(describer, catalog), running)
            running.rollback()
