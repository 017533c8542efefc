"""The wheel: it holds all that is needed, and works far from the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the repository as it is."""
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", directory, ROOT],
        check=True,
        capture_output=True,
        timeout=600,
    )
    [path] = directory.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the wheel installed, and with the dependencies of the one that runs this."""
    directory = tmp_path_factory.mktemp("venv")
    venv.create(directory, symlinks=True, with_pip=False)
    paths = {"base": str(directory), "platbase": str(directory)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # Comes after the wheel's own files on sys.path. An editable pgrepo of that environment is
    # found through a .pth of its own, which is not read from here.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return directory / "bin" / "python"


def run(python: Path, cwd: Path, server_url: str, *arguments: str) -> str:
    """Runs the installed pgrepo outside the repository."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(
        [python, "-m", "pgrepo", *arguments],
        cwd=cwd,
        env={**environment, "DATABASE_URL": server_url},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_contents(wheel: Path) -> None:
    """The SQL, the marker of a typed package and the templates are inside; the tests are not."""
    names = zipfile.ZipFile(wheel).namelist()
    for pattern, inside in (
        ("sql/*/*.sql", "pgrepo"),
        ("sql/*/sample/*.sql", "pgrepo"),
        ("sql/*/load/*.sql", "pgrepo"),
        ("queries/*/*.sql", "pgrepo"),
        ("src/pgrepo/cli/templates/*.template", "pgrepo/.."),
        ("src/pgrepo/domains/*/*.py", "pgrepo/.."),
    ):
        found = [path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)]
        assert found
        expected = {os.path.normpath(f"{inside}/{path.removeprefix('src/')}") for path in found}
        assert expected <= set(names)
    assert "pgrepo/py.typed" in names
    assert not any(name.startswith("tests/") for name in names)


def test_library(python: Path, tmp_path: Path) -> None:
    """The package is imported from the wheel, and importing it imports no driver."""
    program = "import sys, pgrepo; print(pgrepo.__file__, 'psycopg' in sys.modules)"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(
        [python, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    path, imported = result.stdout.split()
    assert Path(path).is_relative_to(python.parent.parent)
    assert imported == "False"


def test_describe(python: Path, tmp_path: Path, server_url: str) -> None:
    """The compiler works outside the repository."""
    out = run(python, tmp_path, server_url, "describe", "--sql", "SELECT 1 AS one", "--format=json")
    assert json.loads(out)[0]["columns"][0]["python_type"] == "int"


def test_demo(python: Path, tmp_path: Path, server_url: str) -> None:
    """So do the domains that come with it, SQL and all."""
    out = run(python, tmp_path, server_url, "demo", "--scale", "0.01")
    assert "list[RecentSession]" in out
    assert str(python.parent.parent) in out
    assert str(ROOT) not in out


def test_new_project(python: Path, tmp_path: Path, server_url: str) -> None:
    """And so does a new project."""
    run(python, tmp_path, server_url, "init", "shop")
    assert "orders.py" in run(python, tmp_path / "shop", server_url, "generate")
