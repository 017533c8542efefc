"""A project, and pytest runs in it as a user's are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

import pgrepo
from pgrepo.cli.scaffold import scaffold
from pgrepo.compiler.compile import generate
from pgrepo.project import load_project
from pgrepo.pytest.templates import _DATABASE, _TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.project import DomainFiles

NOTED_ORDERS = """
-- name: noted_orders(note)
-- Returns the orders that have a note, newest first.
SELECT placed.id, placed.email
FROM shop.orders AS placed
WHERE placed.note = :note
ORDER BY placed.created_at DESC, placed.id DESC;
"""


@pytest.fixture(scope="session")
def generated(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pgrepo init shop` makes, with one more query, generated; for copying."""
    root = tmp_path_factory.mktemp("generated") / "shop"
    for path, text in scaffold("shop").items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    with (root / "src/shop/queries/orders.sql").open("a") as queries:
        queries.write(NOTED_ORDERS)
    (root / "tests/test_orders.py").unlink()
    [domain] = load_project(root / "pyproject.toml").domains
    generate(domain, server_url)
    return root


@pytest.fixture
def project(generated: Path, tmp_path: Path) -> Path:
    """A copy of it, to change at will."""
    return shutil.copytree(generated, tmp_path / "shop")


@pytest.fixture
def domain(project: Path) -> DomainFiles:
    """The project's domain."""
    [domain] = load_project(project / "pyproject.toml").domains
    return domain


@pytest.fixture
def run_pytest(project: Path, server_url: str) -> Callable[..., str]:
    """Runs one file of tests in the project with the plugin, and returns what pytest prints."""
    environment = {
        **{
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PYTEST_", "TEST_DATABASE_URL"))
        },
        "PYTHONPATH": str(Path(pgrepo.__file__).parents[1]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(tests: str, *options: str, url: str | None = server_url, status: int = 0) -> str:
        (project / "tests/test_inner.py").write_text(tests, encoding="utf-8")
        given = [] if url is None else [f"--pgrepo-dsn={url}"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "pgrepo.pytest", *given, *options],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    return run


@pytest.fixture
def databases_of_tests(server_url: str) -> Callable[[], set[str]]:
    """The names of the plugin's databases that are there now."""

    def look() -> set[str]:
        with psycopg.connect(server_url) as connection:
            rows = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, 'pgrepo_test_')"
            )
            return {
                name for (name,) in rows if _TEMPLATE.fullmatch(name) or _DATABASE.fullmatch(name)
            }

    return look
