"""The JSON Schema of `[tool.pgrepo]`: it refuses what pgrepo refuses, and nothing else."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from pgrepo.cli.scaffold import scaffold
from pgrepo.errors import ProjectError
from pgrepo.project import load_project
from pgrepo.settings import schema

ROOT = Path(__file__).resolve().parents[2]
GOOD = """
[tool.pgrepo.domains.shop]
sql = "sql"
queries = "queries"
output = "out"
"""
BAD = {
    "an unknown key": "[tool.pgrepo]\ndomians = {}",
    "domains are no table": "[tool.pgrepo]\ndomains = [1]",
    "an unknown key of a domain": GOOD + "sqll = 'x'",
    "a path is missing": GOOD.replace('output = "out"\n', ""),
    "a path is no text": GOOD.replace('"out"', "7"),
    "a path is empty": GOOD.replace('"out"', '""'),
    "a name in capitals": GOOD.replace("shop", "Shop"),
    "a name with a hyphen": GOOD.replace("shop", "my-shop"),
    "a name with a letter of its own": GOOD.replace("domains.shop", 'domains."caf\u00e9"'),
    "a keyword": GOOD.replace("shop", "class"),
    "a schema of PostgreSQL's": GOOD.replace("shop", "pg_shop"),
    "the schema of the ledger": GOOD.replace("shop", "pgrepo"),
    "hot is no list": GOOD + "hot = 'orders'",
    "hot holds a number": GOOD + "hot = [1]",
    "hot holds nothing": GOOD + "hot = ['']",
    "scopes are no table": GOOD + "scopes = 1",
    "a scope in capitals": GOOD + "scopes.Tenant.role = 'x'",
    "an empty scope": GOOD + "scopes.tenant = {}",
    "a scope with empty settings": GOOD + "scopes.tenant.settings = {}",
    "an unknown key of a scope": GOOD + "scopes.tenant = {role = 'x', rolle = 'y'}",
    "a role that is no text": GOOD + "scopes.tenant.role = 1",
    "a role that is empty": GOOD + "scopes.tenant.role = ''",
    "a setting of one part": GOOD + "scopes.tenant.settings = {tenant_id = 'uuid'}",
    "a setting of no such type": GOOD + "scopes.tenant.settings = {'a.b' = 'uid'}",
    "an unknown key of bench": GOOD + "bench.parms = {}",
    "a value that is a table": GOOD + "bench.params.a = {b = 1}",
    "no values": GOOD + "bench.params.a = []",
    "a list in a list": GOOD + "bench.params.a = [[1]]",
    "patterns that are no list": GOOD + "bench.skip = 'add_*'",
}
ONLY_PGREPO = {
    "a directory that is not there": GOOD.replace('"sql"', '"none"'),
    "two parameters of one name": GOOD + "scopes.t.settings = {'a.x' = 'text', 'b.x' = 'text'}",
    "a parameter that is a keyword": GOOD + "scopes.t.settings = {'a.class' = 'text'}",
}
FINE = {
    "nothing yet": "[tool.pgrepo]",
    "no domain": "[tool.pgrepo.domains]",
    "the least": GOOD,
    "all there is": GOOD
    + "hot = ['orders']\n"
    + "bench.params = {a = 1, 'q.b' = [true, 2.5], c = 2026-01-31, d = 12:00:00}\n"
    + "bench.skip = ['add_*']\n"
    + "scopes.tenant = {role = 'app', settings = {'shop.tenant_id' = 'uuid'}}\n"
    + "scopes.class.role = 'x'",
}


def written(document: Any) -> Any:
    """A document as an editor sees it: what JSON has no word for is text."""
    if isinstance(document, dict):
        return {key: written(value) for key, value in document.items()}
    if isinstance(document, list):
        return [written(value) for value in document]
    is_time = isinstance(document, dt.date | dt.time)
    return document.isoformat() if is_time else document


def whole() -> dict[str, Any]:
    """The schema of a whole pyproject.toml, without what is said of other tools."""
    found = schema()
    assert found["allOf"][0] == {"$ref": "https://json.schemastore.org/pyproject.json"}
    return {**found, "allOf": found["allOf"][1:]}


def is_valid(text: str) -> bool:
    """What the schema says; both of its forms say the same."""
    document = written(tomllib.loads(text))
    answer = Draft7Validator(whole()).is_valid(document)
    table = document.get("tool", {}).get("pgrepo")
    if table is not None:
        assert Draft7Validator(schema(partial=True)).is_valid(table) is answer
    return answer


def is_accepted(text: str, directory: Path) -> bool:
    """What pgrepo says, where the directories are there."""
    for name in ("sql", "queries"):
        (directory / name).mkdir()
    path = directory / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load_project(path)
    except ProjectError:
        return False
    return True


def test_form() -> None:
    """It is a schema itself, as SchemaStore wants one: draft 7, with words for each key."""
    found = schema(partial=True)
    Draft7Validator.check_schema(found)
    Draft7Validator.check_schema(schema())
    assert found["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert found["additionalProperties"] is False
    for name, definition in found["definitions"].items():
        assert all("description" in entry for entry in definition["properties"].values()), name


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_refused(text: str, tmp_path: Path) -> None:
    """By both."""
    assert not is_valid(text)
    assert not is_accepted(text, tmp_path)


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_accepted(text: str, tmp_path: Path) -> None:
    """By both."""
    assert is_valid(text)
    assert is_accepted(text, tmp_path)


@pytest.mark.parametrize("text", ONLY_PGREPO.values(), ids=ONLY_PGREPO)
def test_what_a_schema_cannot_say(text: str, tmp_path: Path) -> None:
    """What pgrepo itself refuses is than that."""
    assert is_valid(text)
    assert not is_accepted(text, tmp_path)


def test_projects_of_this_repository() -> None:
    """The repository's own, those of its examples, and that of `pgrepo init`."""
    paths = [path for path in ROOT.rglob("pyproject.toml") if ".venv" not in path.parts]
    assert ROOT / "pyproject.toml" in paths
    for text in [path.read_text("utf-8") for path in paths] + [scaffold("shop")["pyproject.toml"]]:
        assert is_valid(text)
