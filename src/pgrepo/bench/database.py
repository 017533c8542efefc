"""Databases of the benchmark's own, made for it and dropped after it."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrepo.errors import ProjectError
from pgrepo.operate.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.project import DomainFiles

_MARK = "Made by pgrepo bench, which drops it when it ends."
_PREFIX = "pgrepo_bench_"


@contextlib.contextmanager
def own_database(server: str, domain: DomainFiles) -> Iterator[str]:
    """A database with the schema of a domain, for as long as the block lasts.

    Nothing else on the server is touched. What an interrupted run has left is dropped first.

    Args:
        server: a connection string; its role may create databases.
        domain: whose schema.

    Yields:
        The connection string.

    Raises:
        MigrationError: a DDL file cannot be applied.
        psycopg.Error: the server cannot be reached, or refuses.
    """
    with psycopg.connect(server, autocommit=True) as connection:
        _drop_leftovers(connection)
        name = f"{_PREFIX}{domain.name[:30]}_{secrets.token_hex(4)}"
        quoted = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(quoted))
        try:
            url = make_conninfo(server, dbname=name)
            # As long as somebody is connected, no other run takes it for a leftover.
            with psycopg.connect(url, autocommit=True) as keeper:
                keeper.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(quoted, _MARK))
                migrate(url, domain)
                yield url
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


def settle(url: str) -> None:
    """Gives the planner statistics, and leaves nothing for the background to do meanwhile."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute("CHECKPOINT")


def _drop_leftovers(connection: psycopg.Connection[Any]) -> None:
    rows = connection.execute(
        "SELECT datname FROM pg_catalog.pg_database "
        "WHERE starts_with(datname, %s) AND shobj_description(oid, 'pg_database') = %s",
        [_PREFIX, _MARK],
    ).fetchall()
    for (name,) in rows:
        # Without FORCE: one that is in use belongs to a run that is under way.
        with contextlib.suppress(psycopg.errors.ObjectInUse, psycopg.errors.InsufficientPrivilege):
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def require_schema(connection: psycopg.Connection[Any], domain: str) -> None:
    """Refuses a database without the domain's schema.

    Raises:
        ProjectError: there is none.
    """
    row = connection.execute("SELECT to_regnamespace(quote_ident(%s))", [domain]).fetchone()
    if row is None or row[0] is None:
        raise ProjectError(
            f"the database {connection.info.dbname} has no schema {domain}: run `pgrepo migrate "
            f"{domain}` and load data, name another database with --dsn, or leave --no-load out"
        )
