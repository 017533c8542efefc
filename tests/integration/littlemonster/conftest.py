"""The domain littlemonster for its tests: through its package, and through plain aiosql."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiosql
import psycopg
import pytest

from pgrepo.domains.littlemonster import Littlemonster
from pgrepo.runtime import Database

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

QUERIES = Path(__file__).resolve().parents[3] / "queries" / "littlemonster"


class Plain:
    """One query file in plain aiosql, bound to a connection."""

    def __init__(self, name: str, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._queries = aiosql.from_path(QUERIES / f"{name}.sql", "psycopg")

    def __getattr__(self, query: str) -> Any:
        def call(*rows: Any, **arguments: Any) -> Any:
            result = getattr(self._queries, query)(self._connection, *rows, **arguments)
            return list(result) if hasattr(result, "__next__") else result

        return call

    def names(self) -> set[str]:
        """Every query of the file, aiosql's *_cursor twins excepted."""
        queries = self._queries.available_queries
        return {name for name in queries if not name.endswith("_cursor")}


class Files:
    """All query files of the domain, each an attribute."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._files: dict[str, Plain] = {}

    def __getattr__(self, name: str) -> Plain:
        if name not in self._files:
            self._files[name] = Plain(name, self.connection)
        return self._files[name]

    def user(self, email: str = "ada@example.org") -> uuid.UUID:
        """A new account's id."""
        row = self.users.register_user(
            email=email, password_hash="hash", full_name="Ada", avatar_url=None, role="student"
        )
        user_id: uuid.UUID = row[0]
        return user_id


@pytest.fixture
def littlemonster_url(littlemonster_module_url: str) -> Iterator[str]:
    """The URL of a database with empty tables.

    The tests of a module share it, because emptying tables takes a tenth of the time that a new
    database takes. They leave the schema as it is.
    """
    yield littlemonster_module_url
    with psycopg.connect(littlemonster_module_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        # Every table hangs off users, so this empties all of them.
        connection.execute("TRUNCATE littlemonster.users CASCADE")


@pytest.fixture
def files(littlemonster_url: str) -> Iterator[Files]:
    """The query files on one connection whose transaction is rolled back."""
    with psycopg.connect(littlemonster_url) as connection:
        yield Files(connection)
        connection.rollback()


@pytest.fixture
def database(littlemonster_url: str) -> Iterator[Database]:
    """A database with the schema in it, and up to twenty connections to it."""
    with Database(littlemonster_url, max_size=20) as database:
        yield database


@pytest.fixture
def littlemonster(database: Database) -> Littlemonster:
    """The domain; every call is a transaction of its own."""
    return Littlemonster(database)


@pytest.fixture
def observer(littlemonster_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that looks at tables without any repository."""
    with psycopg.connect(littlemonster_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def user_id(littlemonster: Littlemonster) -> uuid.UUID:
    """The id of a user with a password."""
    return littlemonster.users.register_user(email="ada@example.org", password_hash="hash").id
