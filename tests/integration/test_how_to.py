"""The how-to pages, done by a reader who has a project, a database and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.integration.conftest import Walk
from tests.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages import Block

_ALTER = """
import os, sys
import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    connection.execute(sys.argv[1])
"""


@pytest.mark.parametrize(
    "page",
    [
        # It says that a query became slower: a machine that is busy with other tests may hide it.
        pytest.param("benchmark-your-queries", marks=pytest.mark.flaky(reruns=3)),
        "cache-answers",
        "catalog",
        "embed-in-your-own-connection",
        "use-a-real-server",
        "scope-calls-to-a-tenant",
        "leave-pgrepo",
        "load-many-rows",
        "observe",
        "fewer-round-trips",
        "partitions",
        "run-transactions-again",
    ],
)
def test_page_on_a_project(
    page: str, blocks: Callable[[str], list[Block]], walk: Walk, database_url: str
) -> None:
    """What the page shows works in the project that `pgrepo init` makes."""
    walk.environment["DATABASE_URL"] = database_url
    walk.begin_project("pgrepo migrate", "export PYTHONPATH=src")
    walk.assert_works(blocks(f"docs/how-to/{page}.md"))


def test_adopting_a_database(
    blocks: Callable[[str], list[Block]], walk: Walk, database_url: str
) -> None:
    """A database made elsewhere is adopted, migrated, and found to be what its files make."""
    walk.environment["DATABASE_URL"] = database_url
    as_found, *rest = blocks("docs/how-to/migrate-a-database.md")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(as_found.text.encode())
    (walk.home / "alter.py").write_text(_ALTER)
    walk.assert_works(rest)


def test_web_frameworks(
    blocks: Callable[[str], list[Block]], walk: Walk, database_url: str
) -> None:
    """The project becomes a service in each framework in turn."""
    walk.environment["DATABASE_URL"] = database_url
    walk.begin_project("pgrepo migrate", "export PYTHONPATH=src")
    for page in ("fastapi", "litestar", "django"):
        walk.assert_works(blocks(f"docs/how-to/{page}.md"))


def test_worker(blocks: Callable[[str], list[Block]]) -> None:
    """What the page shows is what the example has, which tests/examples runs."""
    Walk(ROOT, {}).assert_works(blocks("docs/how-to/worker.md"))
