"""The domain mindia for its tests: through its package, plain aiosql, and roles without rights."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiosql
import psycopg
import pytest
from psycopg import sql

from pgrepo.domains.mindia import Mindia
from pgrepo.runtime import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUERIES = Path(__file__).resolve().parents[3] / "queries" / "mindia"

# No trigger, no order of foreign keys: everything goes.
EMPTY = """
DO $$
DECLARE
    kept regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR kept IN
        SELECT class.oid FROM pg_class AS class
        WHERE class.relnamespace = 'mindia'::regnamespace
            AND class.relkind IN ('r', 'p') AND NOT class.relispartition
    LOOP
        EXECUTE 'DELETE FROM ' || kept;
    END LOOP;
END;
$$
"""


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

    def tenant(self, name: str = "museum") -> uuid.UUID:
        """A new tenant's id."""
        row = self.tenants.create_tenant(name=name, s3_bucket=f"{name}-files", s3_region="eu")
        tenant_id: uuid.UUID = row[0]
        return tenant_id


@pytest.fixture
def mindia_url(mindia_module_url: str) -> Iterator[str]:
    """The URL of a database with empty tables.

    The tests of a module share it, because emptying tables takes a tenth of the time that a new
    database takes. They leave the schema as it is, and few rows: TRUNCATE would make new files for
    thirty tables and indexes, which takes longer than deleting.
    """
    yield mindia_module_url
    with psycopg.connect(mindia_module_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        connection.execute(EMPTY)


@pytest.fixture
def files(mindia_url: str) -> Iterator[Files]:
    """The query files on one connection whose transaction is rolled back."""
    with psycopg.connect(mindia_url) as connection:
        yield Files(connection)
        connection.rollback()


@pytest.fixture
def database(mindia_url: str) -> Iterator[Database]:
    """A database with the schema in it, and up to twenty connections to it."""
    with Database(mindia_url, max_size=20) as database:
        yield database


@pytest.fixture
def mindia(database: Database) -> Mindia:
    """The domain outside of every scope, as a superuser; every call is a transaction."""
    return Mindia(database)


@pytest.fixture
def observer(mindia_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that looks at tables without any repository."""
    with psycopg.connect(mindia_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def new_tenant(mindia: Mindia) -> Callable[[], uuid.UUID]:
    """Makes tenants."""

    def make() -> uuid.UUID:
        bucket = f"bucket-{uuid.uuid4()}"
        return mindia.tenants.create_tenant(name="Museum", s3_bucket=bucket, s3_region="eu").id

    return make


@pytest.fixture
def tenant_id(new_tenant: Callable[[], uuid.UUID]) -> uuid.UUID:
    """The id of an active tenant."""
    return new_tenant()


@pytest.fixture
def session_of(mindia_url: str) -> Iterator[Callable[..., psycopg.Connection[Any]]]:
    """Opens sessions of a role that owns nothing, in the scope of a tenant if one is given."""
    opened: list[psycopg.Connection[Any]] = []

    def session(
        tenant_id: uuid.UUID | None = None, role: str = "mindia_app"
    ) -> psycopg.Connection[Any]:
        connection = psycopg.connect(mindia_url, autocommit=True)
        opened.append(connection)
        # Not SET ROLE: who a session is, decides what it may become.
        connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(role)))
        if tenant_id is not None:
            connection.execute("SELECT set_config('mindia.tenant_id', %s, false)", [str(tenant_id)])
        return connection

    yield session
    for connection in opened:
        connection.close()
