"""What is generated for types, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pgrepo
from pgrepo.compiler.compile import compile_domain
from pgrepo.errors import CompilationError
from pgrepo.project import DomainFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .project import Project

SCHEMA = """
CREATE SCHEMA shop;
CREATE TYPE shop.spot AS (label text, place point);
CREATE TYPE shop.range AS (low integer, high integer);
CREATE TYPE shop.order AS ENUM ('up', 'down');
CREATE TABLE shop.orders (id bigint PRIMARY KEY, spot shop.spot, place point, span shop.range);
CREATE TABLE shop.spans (id bigint PRIMARY KEY, span shop.range, orders shop.order[]);
"""


@pytest.fixture
def compiled(tmp_path: Path, server_url: str) -> Callable[[str], Mapping[str, str]]:
    """Compiles queries over SCHEMA."""

    def compile_queries(queries: str) -> Mapping[str, str]:
        domain = DomainFiles(
            "shop", tmp_path, tmp_path / "sql", tmp_path / "queries", tmp_path / "shop"
        )
        for directory in (domain.sql, domain.queries):
            directory.mkdir()
        (domain.sql / "V001__shop.sql").write_text(SCHEMA)
        (domain.queries / "spots.sql").write_text(queries)
        return compile_domain(domain, server_url)

    return compile_queries


def test_type_checkers(project: Project, tmp_path: Path) -> None:
    """There is nothing in the code for any type that mypy finds fault with."""
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", tmp_path,
         project.directory],
        env={"MYPYPATH": str(Path(pgrepo.__file__).parents[1]), "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout


def test_composite_class(project: Project) -> None:
    """A composite type becomes a dataclass, with its comments, and its types beside it."""
    text = project.files["tables.py"]
    assert text.count("class Place:") == 1
    place = text[text.index('@pg.composite("types.place"') : text.index("class Visit:")]
    assert place.splitlines()[:10] == [
        '@pg.composite("types.place", 25, 701, 1082)',
        "@dataclass(slots=True)",
        "class Place:",
        '    """A value of the composite type types.place."""',
        "",
        "    name: str | None",
        "    height: float | None",
        '    """Metres above the sea."""',
        "    opened: date | None",
        "",
    ]
    visit = text[text.index("class Visit:") :]
    assert '    """A visit to a place."""' in visit
    assert '    contact: str | None\n    """Domain types.email."""' in visit
    assert '    contacts: list[str | None] | None\n    """Domain types.email[]."""' in visit


def test_table_class(project: Project) -> None:
    """A domain is told of in a field's docstring, after the column's comment."""
    text = project.files["tables.py"]
    member = text[text.index("class Member:") :]
    assert '    email: str\n    """Where to write to. Domain types.email."""' in member
    assert "    visits: list[Visit | None]\n" in member
    value = text[text.index("class MemberValue:") : text.index("class Member:")]
    assert "    email: str | None\n" in value


def test_parameters(project: Project) -> None:
    """Elements may be None where they go into a column, and not where they are compared."""
    text = project.files["members.py"]
    assert "        visits: Sequence[Visit | None],\n" in text
    assert "self, *, places: Sequence[Place]" in text
    assert '    email: str\n    """Domain types.email."""' in text


@pytest.mark.parametrize(
    ("select", "message", "help_text"),
    [
        ("place FROM shop.orders", "has the type point, which", "place::text AS place"),
        ("ARRAY[place] AS places FROM shop.orders", "type point[]", "places::text[] AS places"),
        ("spot FROM shop.orders", "type shop.spot, and place in it is point", "(spot).place::text"),
        ("orders AS it FROM shop.orders", "type shop.orders, and spot.place in", "(it).spot.place"),
        ("ROW(1, 2) AS pair", "has the type record", "to_jsonb(…) AS pair"),
        ("12::money AS price", "has the type money", "price::numeric AS price"),
        ("'pg_class'::regclass AS it", "has the type regclass", "it::text AS it"),
        ("to_tsvector('a') AS words", "has the type tsvector", "words::text AS words"),
        ("pg_current_snapshot() AS seen", "has the type pg_snapshot", "seen::text AS seen"),
        ("'1 2'::int2vector AS numbers", "has the type int2vector", "numbers::int2[] AS numbers"),
        ("NULL::aclitem[] AS rights", "has the type aclitem[]", "rights::text[] AS rights"),
    ],
)
def test_column_without_a_type(
    compiled: Callable[[str], Mapping[str, str]], select: str, message: str, help_text: str
) -> None:
    """The error names the column, its type, and the cast that helps."""
    with pytest.raises(CompilationError) as caught:
        compiled(f"-- name: it()\n-- Returns it.\nSELECT {select};\n")
    [error] = caught.value.errors
    assert error.code == "PGR210"
    assert message in error.message
    assert help_text in (error.help or "")


@pytest.mark.parametrize(
    ("expression", "help_text"),
    [
        (":it::point", ":it::text::point"),
        (":it::money", ":it::numeric::money"),
        (":it::regclass", ":it::text::regclass"),
        (":it::tsquery", ":it::text::tsquery"),
        (":it::shop.spot", ":it::text::shop.spot"),
    ],
)
def test_parameter_without_a_type(
    compiled: Callable[[str], Mapping[str, str]], expression: str, help_text: str
) -> None:
    """The error names the parameter and the cast that helps."""
    with pytest.raises(CompilationError) as caught:
        compiled(f"-- name: it(it)$\n-- Returns it.\nSELECT {expression} IS NULL AS it;\n")
    [error] = caught.value.errors
    assert error.code == "PGR210"
    assert "parameter it of it has the type " in error.message
    assert help_text in (error.help or "")


def test_names_that_are_taken(compiled: Callable[[str], Mapping[str, str]]) -> None:
    """A type called like something that generated code imports, or a table's class, gives way."""
    files = compiled(
        "-- name: all_spans()\n-- Returns all.\nSELECT span, orders FROM shop.spans;\n"
    )
    assert "class RangeValue:" in files["tables.py"]
    assert 'OrderValue: TypeAlias = Literal["up", "down"]' in files["tables.py"]
    assert "    span: RangeValue | None\n" in files["spots.py"]


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("SELECT one AS it FROM shop.spans AS one", "it: Span"),
        ("SELECT it FROM (SELECT one AS it FROM shop.spans AS one) AS inside", "it: Span"),
        ("SELECT (SELECT one FROM shop.spans AS one LIMIT 1) AS it", "it: Span | None"),
        (
            "SELECT b AS it FROM shop.spans AS a LEFT JOIN shop.spans AS b ON b.id > a.id",
            "it: Span | None",
        ),
        (
            "SELECT one AS it FROM shop.spans AS one UNION ALL SELECT NULL::shop.spans",
            "it: SpanValue | None",
        ),
        ("SELECT COALESCE(NULL::shop.spans, one) AS it FROM shop.spans AS one", "it: SpanValue"),
        ("SELECT ROW(NULL, NULL, NULL)::shop.spans AS it", "it: SpanValue"),
        ("SELECT ARRAY(SELECT one FROM shop.spans AS one) AS it", "it: list[SpanValue | None]"),
    ],
)
def test_whole_rows(compiled: Callable[[str], Mapping[str, str]], query: str, written: str) -> None:
    """The table's own class stands only for what is a row of the table."""
    text = compiled(f"-- name: its()\n-- Returns them.\n{query};\n")["spots.py"]
    assert f"    {written}\n" in text


def test_row_class_called_like_a_composite(compiled: Callable[[str], Mapping[str, str]]) -> None:
    """A query's row class must not hide the class of a composite type."""
    with pytest.raises(CompilationError) as caught:
        compiled(
            "-- name: spans()\n-- Returns all.\n-- @row RangeValue\n"
            "SELECT id, span FROM shop.spans;\n"
        )
    assert [error.code for error in caught.value.errors] == ["PGR126"]


def test_array_of_json_with_a_type(compiled: Callable[[str], Mapping[str, str]]) -> None:
    """An annotation of an array of JSON names a list."""
    query = "-- name: it()$\n-- Returns it.\n-- @column it: {}\nSELECT ARRAY['1'::jsonb] AS it;\n"
    text = compiled(query.format("list[int]"))["spots.py"]
    assert "-> list[int]:" in text
    assert "json=((0, int),)" in text


def test_array_of_json_without_a_list(compiled: Callable[[str], Mapping[str, str]]) -> None:
    """One that names no list is refused."""
    with pytest.raises(CompilationError) as caught:
        compiled(
            "-- name: it()$\n-- Returns it.\n-- @column it: int\nSELECT ARRAY['1'::jsonb] AS it;\n"
        )
    [error] = caught.value.errors
    assert (error.code, error.help) == ("PGR121", "name a list: -- @column it: list[int]")


@pytest.mark.parametrize(
    ("statement", "streams"),
    [
        ("SELECT id FROM shop.spans", True),
        ("SELECT id FROM shop.spans FOR UPDATE", True),
        ("DELETE FROM shop.spans RETURNING id", False),
        ("WITH gone AS (DELETE FROM shop.spans RETURNING id) SELECT id FROM gone", False),
    ],
)
def test_streams(
    compiled: Callable[[str], Mapping[str, str]], statement: str, *, streams: bool
) -> None:
    """PostgreSQL declares no cursor for what writes, so there is no method for one."""
    text = compiled(f"-- name: ids()\n-- Returns them.\n{statement};\n")["spots.py"]
    assert ("def stream_ids(" in text) == streams
