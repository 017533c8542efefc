"""The domain mindia for its tests: through its package, plain aiosql, and roles without rights."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from pgrepo.domains.mindia import Mindia
from pgrepo.runtime import Database
from tests.integration.emptying import emptied_afterwards
from tests.integration.plain_aiosql import QueryFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# No trigger, no order of foreign keys: everything goes. There are few rows: TRUNCATE would make new
# files for thirty tables and indexes, which takes longer than deleting.
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


class Files(QueryFiles):
    """All query files of the domain, each an attribute."""

    domain = "mindia"

    def tenant(self, name: str = "museum") -> uuid.UUID:
        """A new tenant's id."""
        row = self.tenants.create_tenant(name=name, s3_bucket=f"{name}-files", s3_region="eu")
        tenant_id: uuid.UUID = row[0]
        return tenant_id


@pytest.fixture
def mindia_url(mindia_module_url: str) -> Iterator[str]:
    """The URL of a database with empty tables, which the tests of a module share."""
    yield from emptied_afterwards(mindia_module_url, EMPTY)


@pytest.fixture
def files(mindia_url: str) -> Iterator[Files]:
    """The query files on one connection whose transaction is rolled back."""
    yield from Files.rolled_back(mindia_url)


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
