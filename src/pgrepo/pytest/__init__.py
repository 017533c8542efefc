"""A pytest plugin: a database of its own for every test, and assertions about its queries."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo.errors import PgrepoError

# Whatever needs a database is imported in the fixtures: runs that use none of them must not wait.
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

    from pgrepo.project import DomainFiles
    from pgrepo.pytest.counting import AssertQueries
    from pgrepo.pytest.plans import AssertPlan
    from pgrepo.pytest.templates import Databases

__all__ = ["AssertPlan", "AssertQueries"]


if not TYPE_CHECKING:  # as in pgrepo

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = "counting" if name == "AssertQueries" else "plans"
        return getattr(import_module(f"pgrepo.pytest.{home}"), name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --pgrepo-dsn and the ini option pgrepo_domains."""
    group = parser.getgroup("pgrepo")
    group.addoption(
        "--pgrepo-dsn",
        metavar="URL",
        help="The server to make the tests' databases on, by a role that may create some. Default: "
        "the environment's TEST_DATABASE_URL, or else an embedded server.",
    )
    parser.addini(
        "pgrepo_domains",
        "The domains whose schemas the tests' databases have. Default: all of the project's.",
        type="args",
    )


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Tells a mistake in the project without a traceback through the plugin."""
    try:
        yield
    except PgrepoError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def pgrepo_server(pytestconfig: pytest.Config) -> str:
    """The URL of the server that the tests' databases are on."""
    from pgrepo.pytest import server  # noqa: PLC0415

    given: str | None = pytestconfig.getoption("--pgrepo-dsn")
    with _told_plainly():
        return given or os.environ.get("TEST_DATABASE_URL") or server.start()


@pytest.fixture(scope="session")
def pgrepo_domains(pytestconfig: pytest.Config) -> list[DomainFiles]:
    """The domains whose schemas the tests' databases have."""
    from pgrepo.project import select_domains  # noqa: PLC0415

    with _told_plainly():
        return select_domains(pytestconfig.getini("pgrepo_domains"), pytestconfig.rootpath)


@pytest.fixture(scope="session")
def pgrepo_template(
    pgrepo_server: str, pgrepo_domains: list[DomainFiles]
) -> Iterator[NoopExecutor]:
    """The template of the tests' databases, as fixtures of pytest-postgresql want it described."""
    from pgrepo.pytest.templates import template  # noqa: PLC0415

    with ExitStack() as stack:
        with _told_plainly():
            executor = stack.enter_context(template(pgrepo_server, pgrepo_domains))
        yield executor


@pytest.fixture(scope="session")
def pgrepo_databases(pgrepo_server: str, pgrepo_template: NoopExecutor) -> Iterator[Databases]:
    """Makes databases of the template."""
    from pgrepo.pytest.templates import Databases  # noqa: PLC0415

    databases = Databases(pgrepo_server, pgrepo_template.template_dbname)
    yield databases
    databases.close()


@pytest.fixture
def pgrepo_url(pgrepo_databases: Databases) -> Iterator[str]:
    """The URL of a database with the project's schema, made for this test and dropped after it."""
    name = pgrepo_databases.take()
    yield pgrepo_databases.url(name)
    pgrepo_databases.give_back(name)


@pytest.fixture(scope="session")
def assert_plan(
    pgrepo_databases: Databases, pgrepo_domains: list[DomainFiles]
) -> Iterator[AssertPlan]:
    """Asserts how a query finds its rows: `assert_plan(shop.orders.recent_orders, …)`."""
    import psycopg  # noqa: PLC0415

    from pgrepo.pytest.plans import AssertPlan  # noqa: PLC0415

    name = pgrepo_databases.take()
    with psycopg.connect(pgrepo_databases.url(name), autocommit=True) as connection:
        yield AssertPlan(connection, pgrepo_domains)
    pgrepo_databases.give_back(name)


@pytest.fixture(scope="session")
def assert_queries() -> AssertQueries:
    """Counts the queries that a block makes through repositories, and asserts how many."""
    from pgrepo.pytest.counting import AssertQueries  # noqa: PLC0415

    return AssertQueries()
