"""The domain audiotricks for its tests: as a superuser, and as a role that owns nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrepo import Database
from pgrepo.domains.audiotricks import Audiotricks
from pgrepo.domains.audiotricks import passwords as passwords_module
from tests.conftest import fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pytest_postgresql.executors import NoopExecutor

TESTER = "pgrepo_test_audiotricks"


# No trigger, no order of foreign keys: everything goes.
EMPTY = """
SET session_replication_role = replica;
DELETE FROM audiotricks.users;
DELETE FROM audiotricks.sessions;
DELETE FROM audiotricks.user_settings;
DELETE FROM audiotricks.audio_history;
DELETE FROM audiotricks.audit_log;
"""


@pytest.fixture(scope="module")
def audiotricks_module_url(server_url: str, audiotricks_noproc: NoopExecutor) -> Iterator[str]:
    """The URL of a database with the schema audiotricks in it, for the tests of a module."""
    yield from fresh_database(server_url, audiotricks_noproc)


@pytest.fixture
def audiotricks_url(audiotricks_module_url: str) -> Iterator[str]:
    """The same with empty tables, because emptying takes less time than a new database."""
    yield audiotricks_module_url
    with psycopg.connect(audiotricks_module_url, autocommit=True) as connection:
        connection.execute(EMPTY)


@pytest.fixture
def audiotricks(audiotricks_url: str) -> Iterator[Audiotricks]:
    """The repositories of that database, as a superuser: no policy holds them back."""
    with Database(audiotricks_url, max_size=16) as database:
        yield Audiotricks(database)


@pytest.fixture
def observer(audiotricks_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that looks at tables without any repository."""
    with psycopg.connect(audiotricks_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def tester_url(audiotricks_url: str) -> Iterator[str]:
    """The URL for a role that owns nothing and may become the domain's three roles."""
    role = sql.Identifier(TESTER)
    with psycopg.connect(audiotricks_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'tester'").format(role))
        # Not inherited: a call that forgets its scope has no right at all.
        connection.execute(
            sql.SQL(
                "GRANT audiotricks_app, audiotricks_auth, audiotricks_operator TO {} "
                "WITH INHERIT FALSE, SET TRUE"
            ).format(role)
        )
        yield make_conninfo(audiotricks_url, user=TESTER, password="tester")
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.fixture
def tester(tester_url: str) -> Iterator[Audiotricks]:
    """The repositories as that role."""
    with Database(tester_url, max_size=4) as database:
        yield Audiotricks(database)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed in few rounds, where a test is not about the hash."""
    monkeypatch.setattr(passwords_module, "ROUNDS", 4)


@pytest.fixture
def hashed() -> str:
    """What a password's hash looks like; no password has it."""
    return "$2b$12$" + "a" * 53


@pytest.fixture
def user_id(audiotricks: Audiotricks, hashed: str) -> UUID:
    """The id of a user."""
    return new_user(audiotricks, "ada", hashed)


@pytest.fixture
def other_id(audiotricks: Audiotricks, hashed: str) -> UUID:
    """The id of another one."""
    return new_user(audiotricks, "grace", hashed)


def new_user(audiotricks: Audiotricks, name: str, hashed: str) -> UUID:
    """Registers somebody without taking the time for a hash."""
    return audiotricks.users.register(
        email=f"{name}@example.org", username=name, password_hash=hashed
    ).id
