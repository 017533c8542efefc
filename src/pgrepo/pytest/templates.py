"""A template with the project's schema in it, and the databases that are made of it.

A template is named after what it is made of, and stays for the next run. It is dropped once its
domains' files have changed and nobody uses it. Whoever uses a template, or has databases, holds an
advisory lock with a number that is in their names. So what an interrupted run has left can be told
from what belongs to a run that goes on.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import re
import secrets
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.generators import execute
from psycopg.pq import ExecStatus
from pytest_postgresql.executors import NoopExecutor
from pytest_postgresql.janitor import DatabaseJanitor

import pgrepo
from pgrepo.operate.migrate import migrate
from pgrepo.pytest.urls import url_of
from pgrepo.sqlfiles.ddl import read_after_migrate, read_ddl_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pgrepo.project import DomainFiles

_LOCK = 0x7067_7274  # "pgrt"
"""The first half of the key of every advisory lock; the second is in a database's name."""

_BUILDERS = 0
"""The number that whoever builds or drops templates locks; none of those that are drawn."""

_NUMBERS = 1 << 28
"""Numbers are below, so that they have seven hexadecimal digits."""

_NAMES = "SELECT datname::text FROM pg_catalog.pg_database WHERE datname LIKE 'pgrepo\\_test\\_%'"
_TEMPLATE = re.compile(r"pgrepo_test_(?P<about>[0-9a-f]{8})_(?P<number>[0-9a-f]{7})_(?:tmpl|new)")
_DATABASE = re.compile(r"pgrepo_test_(?P<number>[0-9a-f]{7})_\d+")


class Databases:
    """Makes databases of a template, each before it is asked for.

    While a test runs, the server makes the next test's database, and drops the last one's: the
    commands are sent, and their answers read when they are needed.

    Args:
        url: of the server's maintenance database.
        template: the template's name.
    """

    def __init__(self, url: str, template: str) -> None:
        self._url = url
        self._template = template
        self._makes, self._drops = _Errand(url), _Errand(url)
        self._run = _draw_number(self._makes.connection)
        self._count = 0
        self._left: str | None = None
        self._make_next()

    def take(self) -> str:
        """Returns the name of a database that nobody has used."""
        name = self._next
        self._makes.wait()
        self._make_next()
        return name

    def url(self, name: str) -> str:
        """Returns the URL of one of them."""
        return url_of(self._url, name)

    def give_back(self, name: str) -> None:
        """Drops a database, whoever is still connected to it.

        It is done at the next call: by then the connections to this one have ended, and the server
        need not wait for them.
        """
        self._drops.wait()
        if self._left is not None:
            self._drops.send(_drop(self._left))
        self._left = name

    def close(self) -> None:
        """Drops what is left."""
        with contextlib.suppress(psycopg.Error):
            self._makes.wait()
        for name in (self._left, self._next):
            if name is not None:
                self._drops.wait()
                self._drops.send(_drop(name))
        self._drops.wait()
        self._makes.connection.close()
        self._drops.connection.close()

    def _make_next(self) -> None:
        self._next = f"pgrepo_test_{self._run:07x}_{self._count}"
        self._count += 1
        # Copying files takes less than writing all of their pages to the log, and what a
        # checkpoint takes is little where there is little to write.
        self._makes.send(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(self._next), sql.Identifier(self._template)
            )
        )


class _Errand:
    """A connection that a command can be left with."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self._busy = False

    def send(self, command: sql.Composed) -> None:
        """Sends a command."""
        self.connection.pgconn.send_query(command.as_bytes(self.connection))
        self.connection.pgconn.flush()
        self._busy = True

    def wait(self) -> None:
        """Waits until it is done; raises psycopg.Error if it failed."""
        if not self._busy:
            return
        self._busy = False
        for result in self.connection.wait(execute(self.connection.pgconn)):
            if result.status != ExecStatus.COMMAND_OK:
                encoding = self.connection.info.encoding
                raise psycopg.errors.error_from_result(result, encoding=encoding)


@contextlib.contextmanager
def template(url: str, domains: Sequence[DomainFiles]) -> Iterator[NoopExecutor]:
    """Finds the template of some domains, or makes it; keeps it from being dropped meanwhile.

    Args:
        url: of a database on the server, by a role that may create databases.
        domains: whose schemas are in it.

    Yields:
        The server and the template, as pytest-postgresql describes them.

    Raises:
        PgrepoError: the files are wrong, as `pgrepo migrate` says.
        psycopg.Error: the server cannot be reached or refuses.
    """
    about = _digest(domain.name for domain in domains)[:8]
    number = int(_digest(_made_of(domains))[:7], 16) or 1
    with psycopg.connect(url, autocommit=True) as connection:
        executor = _executor(connection, f"pgrepo_test_{about}_{number:07x}")
        # One at a time: workers that begin together would all build it.
        _call(connection, "pg_advisory_lock", _BUILDERS)
        try:
            _call(connection, "pg_advisory_lock_shared", number)
            found = [name for (name,) in connection.execute(_NAMES)]
            others = [name for name in found if not name.startswith(executor.dbname)]
            _sweep(connection, others, about)
            if executor.template_dbname not in found:
                _build(connection, url, executor, domains)
        finally:
            _call(connection, "pg_advisory_unlock", _BUILDERS)
        try:
            yield executor
        finally:
            # Whoever comes next shall not have to wait until the server has seen us leave.
            _call(connection, "pg_advisory_unlock_shared", number)


def _build(
    connection: psycopg.Connection[Any],
    url: str,
    executor: NoopExecutor,
    domains: Sequence[DomainFiles],
) -> None:
    """Builds the template under another name first, so that it is there whole or not."""
    name = f"{executor.dbname}_new"
    janitor = DatabaseJanitor(
        user=executor.user,
        host=executor.host,
        port=executor.port,
        password=executor.password,
        dbname=name,
        maintenance_dbname=executor.maintenance_dbname,
    )
    janitor.drop()  # what an interrupted run has left
    with janitor:
        for domain in domains:
            migrate(make_conninfo(url, dbname=name), domain)
        whole = sql.Identifier(executor.template_dbname)
        _alter(connection, name, sql.SQL("RENAME TO {}").format(whole))
    # Who is connected to it is in the way of those who copy it.
    _alter(
        connection, executor.template_dbname, sql.SQL("IS_TEMPLATE true ALLOW_CONNECTIONS false")
    )


def _sweep(connection: psycopg.Connection[Any], names: Sequence[str], about: str) -> None:
    """Drops what interrupted runs have left, and these domains' templates of other days."""
    for name in names:
        template = _TEMPLATE.fullmatch(name)
        found = template or _DATABASE.fullmatch(name)
        if found is None or (template is not None and template["about"] != about):
            continue
        number = int(found["number"], 16)
        if not _call(connection, "pg_try_advisory_lock", number):
            continue
        try:
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):  # another role's
                if template is not None:
                    _alter(connection, name, sql.SQL("IS_TEMPLATE false"))
                connection.execute(_drop(name))
        finally:
            _call(connection, "pg_advisory_unlock", number)


def _drop(name: str) -> sql.Composed:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    return drop.format(sql.Identifier(name))


def _alter(connection: psycopg.Connection[Any], name: str, what: sql.SQL | sql.Composed) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} {}").format(sql.Identifier(name), what))


def _call(connection: psycopg.Connection[Any], function: LiteralString, number: int) -> Any:
    """Calls a function of advisory locks."""
    row = connection.execute(f"SELECT pg_catalog.{function}(%s, %s)", (_LOCK, number)).fetchone()
    assert row is not None
    return row[0]


def _draw_number(connection: psycopg.Connection[Any]) -> int:
    """Draws a number that nobody has, and holds it until the connection ends."""
    while True:
        number = secrets.randbelow(_NUMBERS - 1) + 1
        if _call(connection, "pg_try_advisory_lock", number):
            return number


def _executor(connection: psycopg.Connection[Any], dbname: str) -> NoopExecutor:
    """Describes the server, and a template called dbname_tmpl."""
    info = connection.info
    return NoopExecutor(
        host=info.host,
        port=info.port,
        user=info.user,
        password=info.password or None,
        options=info.options,
        dbname=dbname,
        maintenance_dbname=info.dbname,
    )


def _made_of(domains: Sequence[DomainFiles]) -> Iterator[str]:
    """All that a template depends on."""
    yield pgrepo.__version__
    # DDL may depend on the day, as that does which makes partitions for the months to come.
    yield dt.datetime.now(dt.UTC).date().isoformat()
    for domain in domains:
        files = read_ddl_directory(domain.sql, domain.root)
        last = read_after_migrate(domain.sql, domain.root)
        for file in [*files, last] if last is not None else files:
            yield f"{domain.name} {file.path.name} {file.checksum}"


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
