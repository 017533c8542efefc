"""A scratch project over every type: written, compiled, and imported."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.compiler.compile import compile_domain
from pgrepo.project import DomainFiles

from .cases import CASES, EXTENSION_TYPES, examples

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from .cases import Case

HERE = Path(__file__).parent
PACKAGE = "pgrepo_test_types"

_QUERIES = """\
-- name: echo_{name}(value)$
-- Returns a value.
SELECT :value::{pg_type} AS value;

-- name: add_{name}(position, value)*!
-- Adds values through COPY.
INSERT INTO types.{name}_values (position, value) VALUES (:position, :value);

-- name: put_{name}(position, value)*!
-- Adds or changes values, in batches.
INSERT INTO types.{name}_values (position, value) VALUES (:position, :value)
ON CONFLICT (position) DO UPDATE SET value = excluded.value;

-- name: all_{name}()
-- Returns all values, in order.
SELECT value FROM types.{name}_values ORDER BY position;

"""
_TABLE = """
CREATE TABLE types.{name}_values (
    position integer CONSTRAINT {name}_values_pkey PRIMARY KEY, value {pg_type}
);
"""


@dataclass(frozen=True)
class Project:
    """The generated code.

    Attributes:
        package: the generated package.
        tables: its module of shared classes.
        cases: the types that the server has.
        ddl: what makes the schema.
        files: the generated files by name.
        directory: where the package lies.
    """

    package: ModuleType
    tables: ModuleType
    cases: list[Case]
    ddl: str
    files: Mapping[str, str]
    directory: Path

    def module(self, name: str) -> Any:
        """A module of the generated package."""
        return importlib.import_module(f"{PACKAGE}.{name}")

    def examples(self, case: Case, count: int) -> list[Any]:
        """Values of a type, the same in every run."""
        return examples(case.values(self.tables), count)

    def has(self, name: str) -> bool:
        """Whether the server has a type."""
        return any(case.name == name for case in self.cases)


@dataclass(frozen=True)
class Written:
    """The hand-written files.

    Attributes:
        domain: where they are.
        cases: the types that the server has.
        ddl: what makes the schema.
    """

    domain: DomainFiles
    cases: list[Case]
    ddl: str


def write_project(root: Path, server_url: str) -> Written:
    """Writes the files by hand.

    Args:
        root: an empty directory.
        server_url: the server, which may not have all types.
    """
    cases = [case for case in CASES if not case.needs or _has(case.needs, server_url)]
    extensions = sorted({case.needs for case in cases} - {"", "xml"})
    ddl = (HERE / "schema.sql").read_text("utf-8")
    for name in extensions:
        ddl += f"CREATE EXTENSION {name};\n{EXTENSION_TYPES.get(name, '')}"
    ddl += "".join(_TABLE.format(**vars(case)) for case in cases)
    queries = "".join(_QUERIES.format(**vars(case)) for case in cases)
    domain = DomainFiles(
        name="types",
        root=root,
        sql=root / "sql",
        queries=root / "queries",
        output=root / PACKAGE,
    )
    domain.sql.mkdir()
    domain.queries.mkdir()
    (domain.sql / "V001__types.sql").write_text(ddl, "utf-8")
    (domain.queries / "values.sql").write_text(queries, "utf-8")
    for name in ("limits.sql", "members.sql"):
        (domain.queries / name).write_text((HERE / name).read_text("utf-8"), "utf-8")
    return Written(domain, cases, ddl)


def make_project(root: Path, server_url: str) -> Project:
    """Writes, compiles and imports it.

    Args:
        root: an empty directory.
        server_url: the server on which it is compiled.
    """
    written = write_project(root, server_url)
    files = compile_domain(written.domain, server_url)
    directory = root / PACKAGE
    directory.mkdir()
    for name, text in files.items():
        (directory / name).write_text(text, "utf-8")
    sys.path.insert(0, str(root))
    try:
        package = importlib.import_module(PACKAGE)
        tables = importlib.import_module(f"{PACKAGE}.tables")
    finally:
        sys.path.remove(str(root))
    return Project(package, tables, written.cases, written.ddl, files, directory)


def _has(what: str, server_url: str) -> bool:
    with psycopg.connect(server_url, autocommit=True) as connection:
        if what == "xml":
            try:
                connection.execute("SELECT '<a/>'::xml")
            except psycopg.errors.FeatureNotSupported:
                return False
            return True
        row = connection.execute(
            "SELECT count(*) FROM pg_available_extensions WHERE name = %s", (what,)
        ).fetchone()
        return row is not None and row[0] > 0
