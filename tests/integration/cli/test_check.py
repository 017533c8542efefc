"""`pgrepo check`: findings, and the forms in which it prints errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Run

QUERIES = "src/shop/queries/orders.sql"
FORGETFUL = "\n-- name: clear()!\n-- Says, 100% surely: all.\nDELETE FROM shop.orders;\n"


@pytest.fixture
def forgetful(pgrepo: Run, project: Path) -> tuple[Path, int]:
    """A project with a query that has a finding, and the line of that."""
    path = project / QUERIES
    path.write_text(path.read_text() + FORGETFUL)
    pgrepo("generate", cwd=project)
    return project, path.read_text().count("\n")


def test_text(pgrepo: Run, forgetful: tuple[Path, int]) -> None:
    """For people, on standard error, with the place and a way out."""
    project, line = forgetful
    result = pgrepo("check", cwd=project, status=1)
    assert result.stdout == ""
    assert f"{QUERIES}:{line}:13: error[PGR505]: this DELETE has no WHERE" in result.stderr
    assert "= help: name the rows in WHERE" in result.stderr
    assert result.stderr.endswith("\n1 error\n")


def test_json(pgrepo: Run, forgetful: tuple[Path, int]) -> None:
    """For programs: a list with an object for each error; an empty one where all is right."""
    project, line = forgetful
    result = pgrepo("check", "--json", cwd=project, status=1)
    assert json.loads(result.stdout) == [
        {
            "code": "PGR505",
            "severity": "error",
            "message": "this DELETE has no WHERE, and changes every row of orders",
            "file": QUERIES,
            "line": line,
            "column": 13,
            "help": "name the rows in WHERE, or write WHERE true if all of them are meant",
        }
    ]
    assert result.stderr == ""
    path = project / QUERIES
    path.write_text(path.read_text().replace("100% surely", "@allow PGR505: 100% surely"))
    path.write_text(path.read_text().replace("-- Says, @allow", "-- @allow"))
    pgrepo("generate", cwd=project)
    assert json.loads(pgrepo("check", "--json", cwd=project).stdout) == []


def test_github(pgrepo: Run, environment: dict[str, str], forgetful: tuple[Path, int]) -> None:
    """For GitHub: workflow commands, with paths from the top of the repository."""
    project, line = forgetful
    environment["GITHUB_WORKSPACE"] = str(project.parent)
    result = pgrepo("check", "--format", "github", cwd=project, status=1)
    assert result.stdout == (
        f"::error file=shop/{QUERIES},line={line},col=13,title=PGR505::"
        "this DELETE has no WHERE, and changes every row of orders%0A"
        "help: name the rows in WHERE, or write WHERE true if all of them are meant\n"
    )
    assert result.stderr == ""


def test_errors_and_findings_together(pgrepo: Run, forgetful: tuple[Path, int]) -> None:
    """A query that PostgreSQL refuses does not hide what is found in the others."""
    project, _ = forgetful
    path = project / QUERIES
    path.write_text(path.read_text() + "\n-- name: broken()\nSELECT idd FROM shop.orders;\n")
    error = pgrepo("check", cwd=project, status=1).stderr
    assert "error[PGR203]" in error
    assert "error[PGR505]" in error


def test_hot_table(pgrepo: Run, project: Path) -> None:
    """The configuration says whose plans are looked at; what is not a table is told."""
    pyproject = project / "pyproject.toml"
    text = pyproject.read_text().replace("[tool.pgrepo.domains.shop]", '{}\nhot = ["ordres"]')
    pyproject.write_text(text.format("[tool.pgrepo.domains.shop]"))
    error = pgrepo("check", cwd=project, status=1).stderr
    assert "tool.pgrepo.domains.shop.hot: the schema shop has no table 'ordres'" in error
    assert "did you mean 'orders'?" in error
