"""`pgrepo init`: a project that works from the first minute, and destroys nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.cli.scaffold import RESERVED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Run


def tool(cwd: Path, environment: dict[str, str], *command: str) -> str:
    """Runs one of Python's tools in a project; it must succeed."""
    result = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_new_project(project: Path, environment: dict[str, str]) -> None:
    """The generated code and the test of a new project pass pytest, mypy, pyright and ruff."""
    output = tool(project, environment, "pytest", "-q", "-p", "no:asyncio", "-p", "pgrepo.pytest")
    assert "3 passed" in output
    tool(project, environment, "mypy", "--strict", "src", "tests", "main.py")
    tool(project, environment, "pyright", "--pythonpath", sys.executable)
    tool(project, environment, "ruff", "check", "--select", "E4,E7,E9,F,I,B,UP", ".")


def test_generated_by_itself(pgrepo: Run, tmp_path: Path) -> None:
    """The first generate of a new project writes its package, and the second has nothing to do."""
    pgrepo("init", "shop")
    shop = tmp_path / "shop"
    assert not (shop / "src/shop/repositories").exists()
    told = pgrepo("generate", cwd=shop).stdout
    assert "shop, in src/shop/repositories:" in told
    assert "new      orders.py" in told
    assert "class Orders(Repository)" in (shop / "src/shop/repositories/orders.py").read_text()
    assert pgrepo("generate", cwd=shop).stdout == "shop is up to date\n"
    assert pgrepo("check", cwd=shop).stdout == "all clear: shop\n"


def test_in_this_directory(pgrepo: Run, tmp_path: Path) -> None:
    """`pgrepo init .` takes the name of the directory."""
    here = tmp_path / "library"
    here.mkdir()
    told = pgrepo("init", ".", cwd=here).stdout
    assert "cd " not in told
    assert (
        "CREATE SCHEMA IF NOT EXISTS library;"
        in (here / "src/library/sql/V001__orders.sql").read_text()
    )
    pgrepo("generate", cwd=here)


def test_nothing_is_overwritten(pgrepo: Run, tmp_path: Path) -> None:
    """Where one of its files exists, nothing at all is written."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "README.md").write_text("mine")
    error = pgrepo("init", "shop", status=1).stderr
    assert "shop/README.md exists" in error
    assert [path.name for path in shop.iterdir()] == ["README.md"]
    assert (shop / "README.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("my-shop", "such as my_shop"),
        ("Shop", "such as shop"),
        ("2shop", "such as shop"),
        ("läden", "lower-case letters"),
        ("class", "lower-case letters"),
        ("table", "reserved word"),
        ("pg_shop", "not yours"),
        ("pgrepo", "not yours"),
        ("queue", "would hide"),
        ("tests", "would hide"),
        ("main", "would hide"),
        ("orders", "the example's queries"),
        ("s" * 64, "too long"),
    ],
)
def test_bad_name(pgrepo: Run, tmp_path: Path, name: str, told: str) -> None:
    """A name that cannot be that of a package and a schema is refused before anything is made."""
    assert told in pgrepo("init", name, status=1).stderr
    assert list(tmp_path.iterdir()) == []


def test_reserved_words(database_url: str) -> None:
    """The words refused are those that PostgreSQL says it reserves; newer ones may be missing."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')"
        ).fetchall()
    assert {word for (word,) in rows} <= RESERVED
