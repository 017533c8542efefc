"""`pgrepo describe`: what is known of queries, as JSON for programs and as tables for people."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Run

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE people (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    mood mood,
    role text NOT NULL CHECK (role IN ('guest', 'host')),
    born date,
    home point
);
"""
KEYS = ["name", "file", "columns", "params", "order_by", "cardinality", "read_only", "error"]


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """One file of DDL, and a directory with the same in versions."""
    path = tmp_path / "schema.sql"
    path.write_text(SCHEMA)
    return path


def write(directory: Path, **texts: str) -> list[Path]:
    """Writes query files."""
    directory.mkdir(exist_ok=True)
    paths = [directory / f"{name}.sql" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    return paths


def described(pgrepo: Run, *arguments: str | Path, status: int = 0) -> list[dict[str, Any]]:
    """Describes as JSON; stdout holds nothing else, stderr nothing at all."""
    result = pgrepo("describe", *arguments, "--json", status=status)
    assert result.stderr == ""
    found: list[dict[str, Any]] = json.loads(result.stdout)
    assert all(list(query) == KEYS for query in found)
    return found


def test_plain_query(pgrepo: Run, schema: Path, tmp_path: Path) -> None:
    """A plain query with $1 is called by its file's stem, and its parameters p1, p2."""
    [path] = write(tmp_path / "q", by_id="SELECT name, born FROM people WHERE id = $1")
    [query] = described(pgrepo, "--schema", schema, path)
    assert query == {
        "name": "by_id",
        "file": path.as_posix(),
        "columns": [
            {"name": "name", "pg_type": "text", "python_type": "str", "nullable": False},
            {"name": "born", "pg_type": "date", "python_type": "date", "nullable": True},
        ],
        "params": [
            {
                "name": "p1",
                "n": 1,
                "pg_type": "bigint",
                "python_type": "int",
                "nullable": False,
                "optional": False,
                "default": None,
            }
        ],
        "order_by": None,
        "cardinality": "zero_or_one",
        "read_only": True,
        "error": None,
    }


def test_named_queries(pgrepo: Run, schema: Path, tmp_path: Path) -> None:
    """An aiosql file has an entry for each of its queries, in order."""
    [path] = write(
        tmp_path / "q",
        people="""
-- name: rename(id, name)!
UPDATE people SET name = :name WHERE id = :id;

-- name: of_role(role)
-- @column home: tests.Home
SELECT mood, role, home FROM people WHERE role = :role;

-- name: head_count()$
SELECT count(*) AS people FROM people;
""",
    )
    rename, of_role, head_count = described(pgrepo, "--schema", schema, path)
    assert (rename["name"], rename["cardinality"], rename["columns"]) == ("rename", "exec", [])
    assert [(param["name"], param["n"]) for param in rename["params"]] == [("id", 2), ("name", 1)]
    assert rename["read_only"] is False
    assert [column["python_type"] for column in of_role["columns"]] == [
        "Literal['sad', 'glad']",
        "Literal['guest', 'host']",
        "Home",
    ]
    assert [column["nullable"] for column in of_role["columns"]] == [True, False, True]
    assert of_role["params"][0]["python_type"] == "Literal['guest', 'host']"
    assert of_role["cardinality"] == "many"
    assert head_count["cardinality"] == "one"


SEARCH = """
-- name: search(role, mood, since, limit)
-- @order_by named: name, id
-- @order_by born: born DESC, id
-- @param limit = 10
SELECT id
FROM people
WHERE
    role = :role
    AND mood = :mood  -- @optional
    AND born >= :since  -- @optional
ORDER BY name, id
LIMIT :limit;
"""


def test_dynamic_query(pgrepo: Run, schema: Path, tmp_path: Path) -> None:
    """What a caller may leave out, its defaults, and the orders to choose from."""
    [path] = write(tmp_path / "q", people=SEARCH)
    [query] = described(pgrepo, "--schema", schema, path)
    params = [(item["name"], item["optional"], item["default"]) for item in query["params"]]
    assert params == [
        ("role", False, None),
        ("mood", True, None),
        ("since", True, None),
        ("limit", False, "10"),
    ]
    assert query["order_by"] == {"choices": ["named", "born"], "default": "named"}
    printed = pgrepo("describe", "--schema", schema, path).stdout
    rows = [line.split(maxsplit=3) for line in printed.splitlines()]
    assert ["$2", "mood", "mood", "Literal['sad', 'glad'] | Unset = UNSET"] in rows
    assert ["$4", "limit", "bigint", "int = 10"] in rows
    assert ["order_by", "Literal['named',", "'born']", "= 'named'"] in rows


def test_broken_queries(pgrepo: Run, schema: Path, tmp_path: Path) -> None:
    """Broken queries, of whatever kind, are described by their error, and stop nothing."""
    directory = tmp_path / "q"
    good = {f"good{number:02}": f"SELECT id + {number} AS n FROM people" for number in range(20)}
    write(
        directory,
        **good,
        bad_column="SELECT id,\n    nam FROM people",
        bad_syntax="SELEC 1",
        bad_text="SELECT 'unclosed",
        empty="-- nothing\n",
        several="SELECT 1; SELECT 2",
        named="-- name: first()\nSELECT missing();\n\n-- name: second(x)\nSELECT 1 AS one;\n"
        "\n-- name: third()$\nSELECT 3 AS three;\n",
    )
    (directory / "latin.sql").write_bytes("SELECT 'caf\u00e9'".encode("latin-1"))
    found = described(pgrepo, "--schema", schema, directory, status=1)
    by_name = {query["name"]: query for query in found}
    assert len(by_name) == len(found) == 20 + 6 + 3
    assert [name for name, query in by_name.items() if query["error"] is None] == [*good, "third"]
    error = by_name["bad_column"]["error"]
    assert error == {
        "code": "PGR203",
        "message": 'column "nam" does not exist',
        "file": (directory / "bad_column.sql").as_posix(),
        "line": 2,
        "column": 5,
        "help": "people has name",
    }
    for query in found:
        if query["error"] is not None:
            assert query["columns"] == query["params"] == []
            assert query["cardinality"] is query["read_only"] is None
    assert by_name["second"]["error"]["line"] == 4


def test_no_python_type(pgrepo: Run, schema: Path, tmp_path: Path) -> None:
    """A type without a mapping is no error: its python_type is null."""
    [path] = write(tmp_path / "q", homes="SELECT home FROM people WHERE home ~= $1")
    [query] = described(pgrepo, "--schema", schema, path)
    assert query["columns"][0]["pg_type"] == query["params"][0]["pg_type"] == "point"
    assert query["columns"][0]["python_type"] is query["params"][0]["python_type"] is None


def test_json_shapes(pgrepo: Run, schema: Path, tmp_path: Path) -> None:
    """JSON that a statement builds has the types of the generated code."""
    [path] = write(
        tmp_path / "q",
        households="SELECT json_agg(json_build_object('name', name)) FILTER (WHERE true) AS guests,"
        " json_build_array(1) AS ones, jsonb_build_object('a-b', 1) AS odd FROM people",
    )
    [query] = described(pgrepo, "--schema", schema, path)
    types = [column["python_type"] for column in query["columns"]]
    assert types[0] == "list[HouseholdGuest]"
    assert types[2] == "dict[str, JSON]"


def test_sql(pgrepo: Run) -> None:
    """Queries can be given in the command itself; without a schema there are none of ours."""
    [one] = described(pgrepo, "--sql", "SELECT $1::int + 1 AS next")
    assert (one["name"], one["columns"][0]["python_type"]) == ("sql", "int")
    first, second = described(
        pgrepo, "--sql", "SELECT 1 AS a", "--sql", "SELECT id FROM people", status=1
    )
    assert (first["name"], second["name"]) == ("sql1", "sql2")
    assert second["error"]["code"] == "PGR202"


def test_schema_directory(pgrepo: Run, tmp_path: Path) -> None:
    """A directory of DDL files is applied in order of version; queries come from everywhere."""
    ddl = tmp_path / "ddl"
    ddl.mkdir()
    (ddl / "V10__index.sql").write_text("CREATE INDEX ON people (name);")
    (ddl / "V2__people.sql").write_text(SCHEMA)
    one, two = write(tmp_path / "q", one="SELECT id FROM people", two="SELECT 2 AS two")
    found = described(pgrepo, "--schema", ddl, "--queries", two, one)
    assert [query["name"] for query in found] == ["one", "two"]


def test_broken_schema(pgrepo: Run, schema: Path) -> None:
    """A schema that cannot be applied is an error with its place, and nothing is printed."""
    schema.write_text(SCHEMA + "CREATE TABLE pets (\n    kind knd\n);\n")
    result = pgrepo("describe", "--schema", schema, "--sql", "SELECT 1", status=1)
    assert "schema.sql:12:" in result.stderr
    assert 'type "knd" does not exist' in result.stderr
    assert result.stdout == ""


def test_project(pgrepo: Run, project: Path) -> None:
    """In a project, its DDL is applied, and its queries are described when none is named."""
    result = pgrepo("describe", "--json", cwd=project)
    queries = json.loads(result.stdout)
    assert [query["name"] for query in queries] == [
        "create_order", "add_order_lines", "order_by_id", "recent_orders", "set_order_status",
        "search_orders",
    ]  # fmt: skip
    assert {query["file"] for query in queries} == {"src/shop/queries/orders.sql"}
    sql = "SELECT status FROM shop.orders"
    [query] = json.loads(pgrepo("describe", "--sql", sql, "--json", cwd=project).stdout)
    assert query["columns"][0]["python_type"] == "Literal['open', 'paid', 'shipped']"


PLAYERS = """
CREATE TABLE shop.players (name text NOT NULL, note text, openings text[] NOT NULL, more jsonb);
"""
ACCEPTED = """
-- name: add_player(name, note, openings, more)!
INSERT INTO shop.players (name, note, openings, more) VALUES (:name, :note, :openings, :more);

-- name: annotated(name, note, openings, more)!
-- @param note: decimal.Decimal
-- @param more: dict[str, int] | None
INSERT INTO shop.players (name, note, openings, more) VALUES (:name, :note, :openings, :more);

-- name: of_note(names, note)$
-- @param note = None
SELECT count(*) AS players FROM shop.players WHERE note = :note OR name = ANY (:names);
"""


def signature_type(param: dict[str, Any]) -> str:
    """A described parameter's type with None; JSON's types have it in them."""
    optional = param["nullable"] and param["python_type"] != "JSONInput"
    return f"{param['python_type']} | None" if optional else param["python_type"]


def test_parameters_as_generated(pgrepo: Run, project: Path) -> None:
    """What a parameter accepts, None and None among an array's elements, is as generated."""
    (project / "src/shop/sql/V002__players.sql").write_text(PLAYERS)
    (project / "src/shop/queries/players.sql").write_text(ACCEPTED)
    pgrepo("generate", cwd=project)
    module = ast.parse((project / "src/shop/repositories/players.py").read_text())
    generated = {
        method.name: [
            (parameter.arg, ast.unparse(parameter.annotation))
            for parameter in method.args.kwonlyargs
            if parameter.annotation is not None
        ]
        for method in ast.walk(module)
        if isinstance(method, ast.FunctionDef)
    }
    path = "src/shop/queries/players.sql"
    for query in json.loads(pgrepo("describe", path, "--json", cwd=project).stdout):
        written = [(item["name"], signature_type(item)) for item in query["params"]]
        assert written == generated[query["name"]]
    assert ("openings", "Sequence[str | None]") in generated["add_player"]
    assert ("names", "Sequence[str]") in generated["of_note"]


def test_none_is_said_once(pgrepo: Run, schema: Path, tmp_path: Path) -> None:
    """An annotation that has None in it is not given another."""
    text = "-- name: born()\n-- @column born: str | None\nSELECT born FROM people;\n"
    [path] = write(tmp_path / "q", people=text)
    [query] = described(pgrepo, "--schema", schema, path)
    assert [(item["python_type"], item["nullable"]) for item in query["columns"]] == [("str", True)]
    assert "str | None\n" in pgrepo("describe", "--schema", schema, path).stdout


def test_table(pgrepo: Run, schema: Path, tmp_path: Path) -> None:
    """People get tables, in which None is part of the type; errors go to stderr."""
    paths = write(
        tmp_path / "q",
        by_mood="SELECT id, born, home FROM people WHERE mood = $1",
        broken="SELEC 1",
        wrong="SELECT x",
    )
    result = pgrepo("describe", "--schema", schema, *paths, status=1)
    rows = [line.split(maxsplit=3) for line in result.stdout.splitlines()]
    assert "by_mood  any number of rows, reads only" in result.stdout
    assert ["$1", "p1", "mood", "Literal['sad', 'glad']"] in rows
    assert ["born", "date", "date", "| None"] in rows
    assert ["home", "point", "no", "mapping"] in rows
    assert not any(line.endswith(" ") for line in result.stdout.splitlines())
    assert result.stderr.count("error[PGR") == 2
