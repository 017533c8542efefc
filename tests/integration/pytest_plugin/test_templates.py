"""Templates: made once, made anew when the files change, dropped when nobody needs them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo.errors import MigrationFailed
from pgrepo.pytest.templates import Databases, template
from pgrepo.pytest.urls import url_of
from tests.servers import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pgrepo.project import DomainFiles


def add_table(project: Path, name: str) -> None:
    """Adds a DDL file."""
    number = len(list((project / "src/shop/sql").iterdir())) + 1
    file = project / f"src/shop/sql/V{number:03}__{name}.sql"
    file.write_text(f"CREATE TABLE shop.{name} (id bigint NOT NULL);")


def is_there(url: str, table: str) -> bool:
    """Whether a new database of the only template has a table."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return row == (True,)


def wait_until_free(url: str, number: int) -> None:
    """Waits until the server has seen that the holder of a number is gone."""
    held = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
    with psycopg.connect(url, autocommit=True) as connection:
        until(lambda: connection.execute(held, (number,)).fetchone() is None)


def test_changed_schema(
    server_url: str,
    project: Path,
    domain: DomainFiles,
    databases_of_tests: Callable[[], set[str]],
) -> None:
    """A changed file makes another template; the old one goes once nobody uses it."""
    with template(server_url, [domain]) as old:
        add_table(project, "shipments")
        with template(server_url, [domain]) as new:
            assert new.template_dbname != old.template_dbname
            assert {old.template_dbname, new.template_dbname} <= databases_of_tests()
            with contextlib.closing(Databases(server_url, new.template_dbname)) as databases:
                assert is_there(databases.url(databases.take()), "shop.shipments")
    with template(server_url, [domain]) as again:
        assert again.template_dbname == new.template_dbname
        assert old.template_dbname not in databases_of_tests()


def test_template_is_kept(server_url: str, domain: DomainFiles) -> None:
    """A second run finds the template of the first one."""

    def number() -> object:
        with template(server_url, [domain]) as made, psycopg.connect(server_url) as connection:
            return connection.execute(
                "SELECT oid FROM pg_database WHERE datname = %s", (made.template_dbname,)
            ).fetchone()

    assert number() == number()


def test_interrupted_build(server_url: str, project: Path, domain: DomainFiles) -> None:
    """What is left of a template that was not finished is no template."""
    add_table(project, "returns")
    with template(server_url, [domain]) as made:
        pass
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {made.template_dbname} IS_TEMPLATE false")
        connection.execute(f"DROP DATABASE {made.template_dbname}")
        connection.execute(f"CREATE DATABASE {made.dbname}_new")
    with (
        template(server_url, [domain]) as made,
        contextlib.closing(Databases(server_url, made.template_dbname)) as databases,
    ):
        assert is_there(databases.url(databases.take()), "shop.returns")


def test_interrupted_run(
    server_url: str, domain: DomainFiles, databases_of_tests: Callable[[], set[str]]
) -> None:
    """The databases of a run that was killed are dropped, those of one that goes on are not."""
    with template(server_url, [domain]) as made:
        going_on = Databases(server_url, made.template_dbname)
        killed = Databases(server_url, made.template_dbname)
        mine, its = going_on.take(), killed.take()
        killed._makes.wait()
        for errand in (killed._makes, killed._drops):
            errand.connection.close()
        wait_until_free(server_url, killed._run)
        with psycopg.connect(going_on.url(mine)), template(server_url, [domain]):
            there = databases_of_tests()
            assert mine in there
            assert its not in there
        going_on.give_back(mine)
        going_on.close()
        assert mine not in databases_of_tests()


def test_dropped_while_connected(
    server_url: str, domain: DomainFiles, databases_of_tests: Callable[[], set[str]]
) -> None:
    """A connection that a test forgot to close does not keep its database."""
    with (
        template(server_url, [domain]) as made,
        contextlib.closing(Databases(server_url, made.template_dbname)) as databases,
    ):
        name = databases.take()
        forgotten = psycopg.connect(databases.url(name))
        databases.give_back(name)
    assert name not in databases_of_tests()
    with pytest.raises(psycopg.OperationalError):
        forgotten.execute("SELECT 1")
    forgotten.close()


def test_refused_file(
    server_url: str,
    project: Path,
    domain: DomainFiles,
    databases_of_tests: Callable[[], set[str]],
) -> None:
    """A file that PostgreSQL refuses leaves neither a template nor a half of one."""
    before = databases_of_tests()
    (project / "src/shop/sql/V002__mistake.sql").write_text("ALTER TABLE shop.odrers ADD x text;")
    with pytest.raises(MigrationFailed), template(server_url, [domain]):
        pass
    assert databases_of_tests() <= before


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://localhost/app", "postgresql:///test?host=localhost"),
        ("postgresql://a%40b:p%2Fw@h:1/app", "postgresql://a%40b:p%2Fw@/test?host=h&port=1"),
        ("host=/run/pg user=ada sslmode=require", "postgresql://ada@/test?host=%2Frun%2Fpg"),
    ],
)
def test_url(url: str, expected: str) -> None:
    """All that a URL says but the database's name is kept."""
    found = url_of(url, "test")
    assert found.startswith(expected)
    wanted = psycopg.conninfo.conninfo_to_dict(url) | {"dbname": "test"}
    assert psycopg.conninfo.conninfo_to_dict(found) == wanted
