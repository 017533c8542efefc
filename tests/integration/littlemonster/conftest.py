"""The domain littlemonster for its tests: through its package, and through plain aiosql."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo.domains.littlemonster import Littlemonster
from pgrepo.runtime import Database
from tests.integration.emptying import emptied_afterwards
from tests.integration.plain_aiosql import QueryFiles

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator


class Files(QueryFiles):
    """All query files of the domain, each an attribute."""

    domain = "littlemonster"

    def user(self, email: str = "ada@example.org") -> uuid.UUID:
        """A new account's id."""
        row = self.users.register_user(
            email=email, password_hash="hash", full_name="Ada", avatar_url=None, role="student"
        )
        user_id: uuid.UUID = row[0]
        return user_id


@pytest.fixture
def littlemonster_url(littlemonster_module_url: str) -> Iterator[str]:
    """The URL of a database with empty tables, which the tests of a module share."""
    # Every table hangs off users, so this empties all of them.
    empty = "TRUNCATE littlemonster.users CASCADE"
    yield from emptied_afterwards(littlemonster_module_url, empty)


@pytest.fixture
def files(littlemonster_url: str) -> Iterator[Files]:
    """The query files on one connection whose transaction is rolled back."""
    yield from Files.rolled_back(littlemonster_url)


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
