"""The package generated for a small project with something of everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgrepo.compiler.compile import compile_domain
from pgrepo.project import DomainFiles

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parent / "project"
ROOT = Path(__file__).parents[3]
TYPED = ROOT / "tests" / "typing"


@pytest.fixture(scope="module")
def package(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated package, in a directory of its own."""
    directory = tmp_path_factory.mktemp("generated") / "shop"
    directory.mkdir()
    files = DomainFiles("shop", PROJECT, PROJECT / "sql", PROJECT / "queries", PROJECT / "shop")
    for name, text in compile_domain(files, server_url).items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def run(*command: str, directory: Path) -> str:
    """What a tool has to say, when it is content."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_text(package: Path, golden: Callable[[str, Path], None]) -> None:
    """Every file is the expected one, and there is no other."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in package.glob("*.py")}
    for name, text in texts.items():
        golden(text, PROJECT / "expected" / f"{name}.txt")
    expected = {path.name.removesuffix(".txt") for path in (PROJECT / "expected").iterdir()}
    assert expected == set(texts)


def test_ruff_would_change_nothing(package: Path) -> None:
    """The text is laid out as the project's own configuration wants it."""
    config = str(ROOT / "pyproject.toml")
    said = run("ruff", "format", "--check", "--config", config, ".", directory=package)
    assert "already formatted" in said
    said = run("ruff", "check", "--select", "F,I,UP", "--config", config, ".", directory=package)
    assert "All checks passed" in said


def test_mypy_is_content(package: Path) -> None:
    """In strict mode, with the generated package and with what tests/typing asserts."""
    config = str(ROOT / "pyproject.toml")
    said = run(
        "mypy", "--strict", "--config-file", config, str(package), str(TYPED), directory=ROOT
    )
    assert "no issues found" in said


def test_pyright_is_content(package: Path) -> None:
    """Likewise pyright."""
    said = run("pyright", "--pythonpath", sys.executable, str(package), str(TYPED), directory=ROOT)
    assert "0 errors, 0 warnings" in said
