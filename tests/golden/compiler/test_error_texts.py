"""The text of every error that PostgreSQL or the generator finds in a query file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgrepo.compiler.compile import compile_domain
from pgrepo.errors import CompilationError
from pgrepo.project import DomainFiles

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "path", sorted((HERE / "queries").glob("*.sql")), ids=lambda path: path.stem
)
def test_query_file(
    path: Path, tmp_path: Path, server_url: str, golden: Callable[[str, Path], None]
) -> None:
    """Every broken query is reported, in the order of the file, at its very place."""
    (tmp_path / "sql").mkdir()
    shutil.copy(HERE / "schema.sql", tmp_path / "sql" / "V001__schema.sql")
    (tmp_path / "queries").mkdir()
    shutil.copy(path, tmp_path / "queries")
    files = DomainFiles("shop", tmp_path, tmp_path / "sql", tmp_path / "queries", tmp_path / "out")
    with pytest.raises(CompilationError) as raised:
        compile_domain(files, server_url)
    golden(f"{raised.value}\n", path.with_suffix(".txt"))


@pytest.mark.parametrize("path", sorted((HERE / "ddl").glob("*.sql")), ids=lambda path: path.stem)
def test_ddl_file(
    path: Path, tmp_path: Path, server_url: str, golden: Callable[[str, Path], None]
) -> None:
    """A DDL file that PostgreSQL refuses is reported at the place it names."""
    (tmp_path / "sql").mkdir()
    shutil.copy(path, tmp_path / "sql" / "V001__schema.sql")
    (tmp_path / "queries").mkdir()
    files = DomainFiles("shop", tmp_path, tmp_path / "sql", tmp_path / "queries", tmp_path / "out")
    with pytest.raises(CompilationError) as raised:
        compile_domain(files, server_url)
    golden(f"{raised.value}\n", path.with_suffix(".txt"))
