"""The text of every finding of `pgrepo check`, and the silence where there is nothing to find."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.compiler.checks.check import check_domain
from pgrepo.project import DomainFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.errors import SourceError

HERE = Path(__file__).parent
Golden = Callable[[str, Path], None]


def domain_with(root: Path, schema: Path, queries: Path | None) -> DomainFiles:
    """A domain made of a schema and, if any, a file of queries; nothing is generated for it."""
    domain = DomainFiles("shop", root, root / "sql", root / "queries", None)
    domain.sql.mkdir()
    domain.queries.mkdir()
    shutil.copy(schema, domain.sql / "V001__shop.sql")
    if queries is not None:
        shutil.copy(queries, domain.queries / queries.name)
    return domain


def text_of(errors: Sequence[SourceError]) -> str:
    """What is compared."""
    return "".join(f"{error}\n\n" for error in errors)


def cases(directory: str) -> list[Path]:
    """The files of a directory."""
    return sorted((HERE / directory).glob("*.sql"))


@pytest.mark.parametrize("path", cases("queries"), ids=lambda path: path.stem)
def test_queries(path: Path, server_url: str, tmp_path: Path, golden: Golden) -> None:
    """Findings about queries: all of one code, or none in a file that is called silent."""
    errors = check_domain(domain_with(tmp_path, HERE / "schema.sql", path), server_url).errors
    code = path.stem.partition("_")[0].upper()
    assert {error.code for error in errors} == (set() if code == "SILENT" else {code})
    if errors:
        golden(text_of(errors), path.with_suffix(".txt"))


@pytest.mark.parametrize("path", cases("schemas"), ids=lambda path: path.stem)
def test_schemas(path: Path, server_url: str, tmp_path: Path, golden: Golden) -> None:
    """Findings about a schema, likewise."""
    errors = check_domain(domain_with(tmp_path, path, None), server_url).errors
    code = path.stem.partition("_")[0].upper()
    assert {error.code for error in errors} == (set() if code == "SILENT" else {code})
    if errors:
        golden(text_of(errors), path.with_suffix(".txt"))


@pytest.mark.parametrize("path", cases("plans"), ids=lambda path: path.stem)
def test_plans(path: Path, server_url: str, tmp_path: Path, golden: Golden) -> None:
    """Findings about the plans of large tables, likewise."""
    with psycopg.connect(server_url) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("PostgreSQL 18 can be told statistics")
    domain = domain_with(tmp_path, HERE / "schema.sql", path)
    hot = dataclasses.replace(domain, hot=("customers", "orders", "lines", "visits", "prices"))
    errors = check_domain(hot, server_url).errors
    code = path.stem.partition("_")[0].upper()
    found = {error.code for error in errors} - {"PGR603"}  # no file here uses all indexes
    assert found == (set() if code == "SILENT" else {code})
    if found:
        golden(text_of([e for e in errors if e.code == code]), path.with_suffix(".txt"))
