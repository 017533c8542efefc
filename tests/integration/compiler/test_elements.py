"""Arrays in which a CHECK constraint allows no NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.compiler.analysis.analyse import QueryAnalyser
from pgrepo.compiler.analysis.catalog import Catalog
from pgrepo.compiler.analysis.describe import Describer
from pgrepo.compiler.analysis.scratch import scratch_database
from pgrepo.compiler.description import QueryDescriber
from pgrepo.sqlfiles.queries import read_plain_query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pgrepo.compiler.description import QueryDescription

SCHEMA = """
CREATE DOMAIN tags AS text[];
CREATE TABLE proved (
    a text[] CHECK (array_position(a, NULL) IS NULL),
    b integer[] NOT NULL CHECK (cardinality(b) < 9 AND array_position(b, NULL::integer) IS NULL),
    c varchar(9)[] CHECK (array_position(c, NULL) IS NULL),
    d tags CHECK (array_position(d, NULL) IS NULL)
);
CREATE TABLE child () INHERITS (proved);
CREATE TABLE not_proved (
    a text[] CHECK (array_position(a, NULL) IS NULL OR cardinality(a) > 1),
    b text[] CHECK (array_position(b, NULL, 2) IS NULL),
    c text[] CHECK (array_position(c, 'x') IS NULL),
    d text[] CHECK (array_position(d, NULL) IS NOT NULL),
    e text[] CHECK (array_position(e, NULL) IS NULL) NO INHERIT,
    f text[],
    g text[]
);
ALTER TABLE not_proved ADD CHECK (array_position(f, NULL) IS NULL) NOT VALID;
CREATE SCHEMA own;
CREATE FUNCTION own.array_position(text[], text) RETURNS integer IMMUTABLE LANGUAGE sql
    RETURN NULL::integer;
ALTER TABLE not_proved ADD CHECK (own.array_position(g, NULL) IS NULL);
CREATE FOREIGN DATA WRAPPER elsewhere;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER elsewhere;
CREATE TABLE partly_foreign (
    a text[] CHECK (array_position(a, NULL) IS NULL),
    word text CHECK (word IN ('x', 'y'))
);
CREATE TABLE worded (word text CHECK (word IN ('x', 'y')));
CREATE FOREIGN TABLE far () INHERITS (partly_foreign) SERVER elsewhere;
"""


class Server:
    """A server with the tables."""

    def __init__(self, connection: psycopg.Connection[object]) -> None:
        self.connection = connection
        connection.execute(SCHEMA)
        self.catalog = Catalog(connection)

    def describe(self, sql: str, directory: Path) -> QueryDescription:
        """Describes a statement."""
        path = directory / "query.sql"
        path.write_text(sql)
        [query] = read_plain_query(path).queries
        analyser = QueryAnalyser(Describer(self.connection), self.catalog)
        return QueryDescriber(self.catalog.tables()).describe(analyser.analyse(query))


@pytest.fixture(scope="module", params=["server_url", "oldest_server_url"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The tables on one server after the other."""
    with scratch_database(request.getfixturevalue(request.param)) as connection:
        yield Server(connection)


def test_proofs(server: Server) -> None:
    """Only a CHECK that holds for every row, and only of PostgreSQL's own function."""
    found = {
        (table.name, column.name)
        for table in server.catalog.tables()
        for column in table.columns
        if column.holds_no_null
    }
    assert found == {(table, name) for table in ("proved", "child") for name in "abcd"}


@pytest.mark.parametrize("column", ["a", "b", "c", "d"])
@pytest.mark.parametrize("table", ["proved", "child"])
@pytest.mark.parametrize("value", ["{NULL}", "{1,NULL}", "{{1,NULL}}"])
def test_refused(server: Server, table: str, column: str, value: str) -> None:
    """What is proved is true: PostgreSQL takes no such array, of however many dimensions."""
    row = {"b": "{}"} | {column: value}
    values = ", ".join(f"'{item}'" for item in row.values())
    refused = (psycopg.errors.CheckViolation, psycopg.errors.FeatureNotSupported)
    with pytest.raises(refused), server.connection.transaction():
        server.connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})")


@pytest.mark.parametrize(
    ("sql", "types"),
    [
        ("SELECT a, b, c, d FROM proved", ["list[str]", "list[int]", "list[str]", "list[str]"]),
        ("SELECT r.a FROM child AS l LEFT JOIN proved AS r ON l.b = r.b", ["list[str]"]),
        ("SELECT array_append(a, NULL) AS a FROM proved", ["list[str | None]"]),
        ("SELECT a[1:2] AS a FROM proved", ["list[str | None]"]),
        ("SELECT a FROM proved UNION SELECT f FROM not_proved", ["list[str | None]"]),
        ("SELECT coalesce(a, '{NULL}') AS a FROM proved", ["list[str | None]"]),
        ("UPDATE proved SET a = array_append(a, $1) RETURNING a", ["list[str]"]),
        ("SELECT a, word FROM partly_foreign", ["list[str | None]", "str"]),
        ("SELECT word FROM worded", ["Literal['x', 'y']"]),
        ("SELECT p FROM proved AS p", ["Proved"]),
    ],
)
def test_columns(server: Server, tmp_path: Path, sql: str, types: list[str]) -> None:
    """A column that shows the table's own value has what is proved of it; none made of it has."""
    described = server.describe(sql, tmp_path)
    assert [column["python_type"] for column in described["columns"]] == types


def test_parameters(server: Server, tmp_path: Path) -> None:
    """What goes into such a column may hold no None; what goes into another may."""
    described = server.describe("INSERT INTO proved (a, b) VALUES ($1, $2)", tmp_path)
    types = [param["python_type"] for param in described["params"]]
    assert types == ["Sequence[str]", "Sequence[int]"]
    described = server.describe("UPDATE not_proved SET a = $1", tmp_path)
    assert described["params"][0]["python_type"] == "Sequence[str | None]"
