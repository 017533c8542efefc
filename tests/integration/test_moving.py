"""The pages about moving from another library, and about keeping another tool for migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Block, Walk


@pytest.fixture(autouse=True)
def database(walk: Walk, database_url: str) -> None:
    """The reader has an empty database, and is in a directory that Python imports from."""
    walk.environment |= {"DATABASE_URL": database_url, "PYTHONPATH": "."}


def test_from_aiosql(blocks: Callable[[str], list[Block]], walk: Walk, database_url: str) -> None:
    """What is there works before, between and after."""
    schema, *rest = blocks("docs/how-to/move-from-aiosql.md")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(schema.text.encode())
    walk.assert_works(rest)


def test_from_sqlalchemy(blocks: Callable[[str], list[Block]], walk: Walk) -> None:
    """Session and repository share a transaction."""
    pytest.importorskip("sqlalchemy", reason="pip install sqlalchemy")
    walk.assert_works(blocks("docs/how-to/move-from-sqlalchemy.md"))


def test_from_sqlc(blocks: Callable[[str], list[Block]], walk: Walk) -> None:
    """The queries that the page shows in sqlc's words work in pgrepo's."""
    walk.assert_works(blocks("docs/how-to/move-from-sqlc.md"))


def test_beside_alembic(blocks: Callable[[str], list[Block]], walk: Walk) -> None:
    """Alembic migrates, and pgrepo reads what it has made."""
    pytest.importorskip("alembic", reason="pip install alembic")
    walk.begin_project()
    walk.assert_works(blocks("docs/how-to/keep-alembic-or-flyway.md"))
