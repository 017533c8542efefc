"""The plugin's fixtures in a user's pytest runs: sync, async, in several processes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ALONE = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_alone(shop, number):
    assert shop.orders.recent_orders(email="ada@example.com") == []
    shop.orders.create_order(email="ada@example.com")
"""
_ALONE_ASYNC = """
import pytest
from pgrepo import AsyncDatabase
from shop.repositories import AsyncShop

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.fixture
async def async_shop(pgrepo_url):
    async with AsyncDatabase(pgrepo_url) as database:
        yield AsyncShop(database)

@pytest.mark.{mark}
@pytest.mark.parametrize("number", range(2))
async def test_alone(async_shop, number):
    assert await async_shop.orders.recent_orders(email="ada@example.com") == []
    await async_shop.orders.create_order(email="ada@example.com")
"""
_UNUSED = """
def test_nothing():
    pass
"""
_POSTGRESQL = """
from pytest_postgresql import factories

postgresql = factories.postgresql("pgrepo_template")

def test_theirs(postgresql):
    assert postgresql.execute("SELECT count(*) FROM shop.orders").fetchone() == (0,)
"""


def test_isolation(
    run_pytest: Callable[..., str], databases_of_tests: Callable[[], set[str]]
) -> None:
    """No test sees what another did, and only the template is left in the end."""
    before = databases_of_tests()
    assert "4 passed" in run_pytest(_ALONE)
    left = databases_of_tests() - before
    assert all(name.endswith("_tmpl") for name in left)


@pytest.mark.parametrize(
    ("mark", "options"),
    [
        (
            "asyncio",
            (
                "-p",
                "pytest_asyncio.plugin",
                "-o",
                "asyncio_mode=auto",
                "-o",
                "asyncio_default_fixture_loop_scope=function",
            ),
        ),
        ("anyio", ("-p", "anyio.pytest_plugin")),
    ],
)
def test_async(run_pytest: Callable[..., str], mark: str, options: tuple[str, ...]) -> None:
    """The databases serve asynchronous tests, whoever runs the event loop."""
    pytest.importorskip("pytest_asyncio" if mark == "asyncio" else "anyio")
    assert "2 passed" in run_pytest(_ALONE_ASYNC.format(mark=mark), "-W", "error", *options)


def test_several_processes(
    run_pytest: Callable[..., str], databases_of_tests: Callable[[], set[str]]
) -> None:
    """With pytest-xdist, the workers share one template and nothing else."""
    pytest.importorskip("xdist")
    before = databases_of_tests()
    assert "4 passed" in run_pytest(_ALONE, "-p", "xdist.plugin", "-n", "2")
    left = databases_of_tests() - before
    assert len(left) <= 1
    assert all(name.endswith("_tmpl") for name in left)


def test_embedded(run_pytest: Callable[..., str]) -> None:
    """Without a server given, an embedded one is started that does not wait for the disk."""
    tests = """
import psycopg


def test_server(shop, pgrepo_url):
    assert shop.orders.recent_orders(email="ada@example.com") == []
    with psycopg.connect(pgrepo_url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
"""
    assert "1 passed" in run_pytest(tests, url=None)


def test_not_used(run_pytest: Callable[..., str]) -> None:
    """Tests that need no database are run without a server, and import nothing that knows one."""
    assert "1 passed" in run_pytest(_UNUSED, url="host=/nowhere")
    imports = "import sys, pgrepo.pytest; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", imports], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    assert not loaded & {"psycopg", "pytest_postgresql", "pgrepo.embedded", "pgrepo.runtime"}


def test_with_pytest_postgresql(run_pytest: Callable[..., str]) -> None:
    """The template serves pytest-postgresql's own fixtures too."""
    assert "1 passed" in run_pytest(_POSTGRESQL, "-p", "pytest_postgresql.plugin")


def test_broken_schema(
    run_pytest: Callable[..., str], databases_of_tests: Callable[[], set[str]], project: Path
) -> None:
    """A mistake in the DDL is told with its place, and leaves no database."""
    before = databases_of_tests()
    (project / "src/shop/sql/V002__mistake.sql").write_text("ALTER TABLE shop.odrers ADD x text;")
    told = run_pytest(_ALONE, status=1)
    assert "V002__mistake.sql:1" in told
    assert "shop.odrers" in told
    assert "Traceback" not in told
    assert "templates.py" not in told
    assert databases_of_tests() <= before
