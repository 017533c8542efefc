"""A PostgreSQL for the tests, and a fresh database of it for every test.

`DATABASE_URL` names the server; without it the embedded one runs in a temporary directory. The
databases are clones of templates that pytest-postgresql keeps: a few tens of milliseconds each.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import settings
from psycopg.conninfo import make_conninfo
from pytest_postgresql import factories
from pytest_postgresql.janitor import DatabaseJanitor

from pgrepo import embedded
from pgrepo.pytest.urls import url_of

from . import redis_server as redis
from .bouncer import PgBouncer, program, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor


def pytest_configure(config: pytest.Config) -> None:
    """Lets interrupted runs' databases be dropped, and hypothesis take its time."""
    config.option.postgresql_drop_test_database = True
    # How long an example takes says something of the machine alone.
    settings.register_profile("pgrepo", settings.default, deadline=None)
    settings.load_profile("pgrepo")


@dataclass(frozen=True)
class Server:
    """What pytest-postgresql's fixtures ask of a server they have not started themselves."""

    host: str
    port: int
    user: str
    password: str | None
    maintenance_dbname: str
    options: str = ""
    template_dbname: str | None = None


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The URL of the server's maintenance database."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="pgrepo-tests-") as directory:
        data_dir = Path(directory, "pg")
        url = embedded.dsn(data_dir)
        with psycopg.connect(url, autocommit=True) as connection:
            # Nothing here needs to survive a power cut.
            # And what a test has vacuumed, an ANALYZE of somebody else's is not to spoil.
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
        embedded.stop(data_dir)


@pytest.fixture(scope="session")
def pgbouncer(server_url: str) -> Iterator[PgBouncer]:
    """A PgBouncer in front of the server."""
    if program() is None:
        pytest.skip("there is no pgbouncer: apt-get install pgbouncer")
    yield from running(server_url, pgrepo_test_login="tenancy", pgrepo_test_fire="fire")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[redis.RedisServer]:
    """A Redis that tests may kill and start again; it is empty then."""
    yield from redis.running()


@pytest.fixture
def redis_that_remembers() -> Iterator[redis.RedisServer]:
    """Another, which starts with what it had when it was killed."""
    yield from redis.running(remembers=True)


@pytest.fixture(scope="session")
def server(server_url: str) -> Server:
    """The server as pytest-postgresql wants it described."""
    with psycopg.connect(server_url) as connection:
        info = connection.info
        return Server(info.host, info.port, info.user, info.password or None, info.dbname)


def migrate_domain(domain: str, **parameters: Any) -> None:
    """Builds the schema of a domain in a template database."""
    # Here, so that a test that needs no migrator runs without one.
    from pgrepo.operate.migrate import migrate  # noqa: PLC0415
    from pgrepo.project import shipped_domain  # noqa: PLC0415

    parameters.pop("autocommit")
    migrate(make_conninfo(**parameters), shipped_domain(domain))


postgresql_noproc = factories.postgresql_noproc(dbname="pgrepo_test", depends_on="server")
monumento_noproc = factories.postgresql_noproc(
    dbname="pgrepo_test_monumento", depends_on="server", load=[partial(migrate_domain, "monumento")]
)
storyverse_noproc = factories.postgresql_noproc(
    dbname="pgrepo_test_storyverse",
    depends_on="server",
    load=[partial(migrate_domain, "storyverse")],
)
littlemonster_noproc = factories.postgresql_noproc(
    dbname="pgrepo_test_littlemonster",
    depends_on="server",
    load=[partial(migrate_domain, "littlemonster")],
)
mindia_noproc = factories.postgresql_noproc(
    dbname="pgrepo_test_mindia", depends_on="server", load=[partial(migrate_domain, "mindia")]
)
audiotricks_noproc = factories.postgresql_noproc(
    dbname="pgrepo_test_audiotricks",
    depends_on="server",
    load=[partial(migrate_domain, "audiotricks")],
)


@pytest.fixture
def database_url(server_url: str, postgresql_noproc: NoopExecutor) -> Iterator[str]:
    """The URL of an empty database, dropped after the test."""
    yield from fresh_database(server_url, postgresql_noproc)


@pytest.fixture
def monumento_url(server_url: str, monumento_noproc: NoopExecutor) -> Iterator[str]:
    """The URL of a database with the schema monumento in it, dropped after the test."""
    yield from fresh_database(server_url, monumento_noproc)


@pytest.fixture
def littlemonster_url(server_url: str, littlemonster_noproc: NoopExecutor) -> Iterator[str]:
    """The URL of a database with the schema littlemonster in it, dropped after the test."""
    yield from fresh_database(server_url, littlemonster_noproc)


@pytest.fixture(scope="module")
def littlemonster_module_url(server_url: str, littlemonster_noproc: NoopExecutor) -> Iterator[str]:
    """The same for all tests of a module, which clean up behind themselves."""
    yield from fresh_database(server_url, littlemonster_noproc)


@pytest.fixture
def storyverse_url(server_url: str, storyverse_noproc: NoopExecutor) -> Iterator[str]:
    """The URL of a database with the schema storyverse in it, dropped after the test."""
    yield from fresh_database(server_url, storyverse_noproc)


@pytest.fixture
def mindia_url(server_url: str, mindia_noproc: NoopExecutor) -> Iterator[str]:
    """The URL of a database with the schema mindia in it, dropped after the test."""
    yield from fresh_database(server_url, mindia_noproc)


@pytest.fixture(scope="module")
def mindia_module_url(server_url: str, mindia_noproc: NoopExecutor) -> Iterator[str]:
    """The same for all tests of a module, which clean up behind themselves."""
    yield from fresh_database(server_url, mindia_noproc)


def fresh_database(server_url: str, executor: NoopExecutor) -> Iterator[str]:
    """Clones the executor's template for as long as the generator is held."""
    janitor = DatabaseJanitor(
        user=executor.user,
        host=executor.host,
        port=executor.port,
        password=executor.password,
        dbname=executor.dbname,
        template_dbname=executor.template_dbname,
        maintenance_dbname=executor.maintenance_dbname,
    )
    janitor.drop()  # what an interrupted run left
    with janitor:
        yield url_of(server_url, executor.dbname)
