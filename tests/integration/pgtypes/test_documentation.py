"""The page on types says what the compiler does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo.compiler.analysis.catalog import Catalog
from pgrepo.compiler.analysis.scratch import scratch_database
from pgrepo.compiler.model import JsonArray, JsonObject, JsonScalar, TypeKind
from pgrepo.compiler.pytypes import (
    NoPythonTypeError,
    json_shape,
    json_type,
    parameter_type,
    python_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from pgrepo.compiler.model import PgType

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "types.md"
_NAME = re.compile(r"`([^`]+)`")
_ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def database(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with the page's schema."""
    [schema] = re.findall(r'```sql title="schema"\n(.*?)```', PAGE.read_text("utf-8"), re.DOTALL)
    with scratch_database(server_url) as connection:
        found = connection.execute(
            "SELECT FROM pg_available_extensions WHERE name = 'vector'"
        ).fetchone()
        if found is None:
            pytest.skip("the server has no pgvector")
        connection.execute(schema)
        yield connection


@pytest.fixture(scope="module")
def catalog(database: psycopg.Connection[Any]) -> Catalog:
    """The types of that database."""
    return Catalog(database)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, its head aside."""
    section = PAGE.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [re.split(r" (?<!\\)\| ", line) for line in _ROW.findall(section)]
    return [[cell.replace("\\|", "|") for cell in line] for line in lines[1:]]


def type_named(name: str, database: psycopg.Connection[Any], catalog: Catalog) -> PgType:
    """A type as it is written in SQL."""
    row = database.execute("SELECT to_regtype(%s)::oid", (name,)).fetchone()
    assert row is not None
    assert row[0] is not None, name
    return catalog.type(row[0])


def in_json(pg_type: PgType) -> str:
    """The type in a document, in the page's words."""
    match json_shape(JsonScalar(pg_type)):
        case JsonObject():
            return "a dataclass"
        case JsonArray():
            return "a list of dataclasses"
        case _:
            return f"`{json_type(pg_type).text}`"


@pytest.mark.parametrize("heading", ["Built-in types", "Types made of others"])
def test_types(heading: str, database: psycopg.Connection[Any], catalog: Catalog) -> None:
    """Every type is there with its Python types."""
    table = rows(heading)
    assert len(table) > 10
    for names, column, parameter, document in table:
        for name in _NAME.findall(names):
            pg_type = type_named(name, database, catalog)
            told = (column, parameter, document)
            found = (f"`{python_type(pg_type).text}`", f"`{parameter_type(pg_type).text}`")
            assert told == (*found, in_json(pg_type)), name


def test_types_without_one(database: psycopg.Connection[Any], catalog: Catalog) -> None:
    """Those that are said to have none have none."""
    names = [name for row in rows("Types without a Python type") for name in _NAME.findall(row[0])]
    assert len(names) > 20
    for name in names:
        with pytest.raises(NoPythonTypeError):
            python_type(type_named(name, database, catalog))


def test_nothing_is_missing(database: psycopg.Connection[Any], catalog: Catalog) -> None:
    """Every built-in type that a column can have is on the page."""
    told = {
        type_named(name, database, catalog).oid
        for heading in ("Built-in types", "Types without a Python type")
        for row in rows(heading)
        for name in _NAME.findall(row[0])
    }
    built_in = database.execute(
        "SELECT oid FROM pg_type WHERE oid < 10000 AND typtype IN ('b', 'd', 'e', 'm', 'r')"
    )
    types = [catalog.type(oid) for (oid,) in built_in]
    missing = {
        found.name
        for found in types
        if found.oid not in told
        and not (found.kind is TypeKind.ARRAY and found.name.endswith("[]"))
    }
    assert not missing
