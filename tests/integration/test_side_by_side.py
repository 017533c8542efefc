"""Every domain that ships, in a database of its own and beside all others in one."""

from __future__ import annotations

import importlib
import inspect
import types
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from pgrepo.operate.load import load_sample
from pgrepo.operate.migrate import migrate, verify
from pgrepo.project import SHIPPED, shipped_domain
from pgrepo.runtime import JSONInput, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

DIMENSIONS = 768
VALUES: dict[Any, Any] = {
    UUID: UUID(int=1),
    str: "x",
    int: 1,
    float: 1.0,
    bool: True,
    bytes: b"x" * 32,
    Decimal: Decimal(1),
    date: date(2026, 1, 7),
    datetime: datetime(2026, 1, 7, tzinfo=UTC),
    timedelta: timedelta(days=1),
    JSONInput: {},
}


def argument(kind: Any) -> Any:
    """A value that a parameter of this type takes."""
    if kind in VALUES:
        return VALUES[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return arguments[0]
    if origin is Sequence:
        return [1.0] * DIMENSIONS if arguments == (float,) else [argument(arguments[0])]
    if isinstance(kind, types.UnionType):
        return argument(arguments[0])
    raise AssertionError(f"what is a {kind}?")


def calls(repository: Repository, *, only_reads: bool) -> Iterator[str]:
    """Calls its methods with what they cannot do without; yields their names.

    Those that only read, or those that need no argument.
    """
    module = importlib.import_module(type(repository).__module__)
    for name, method in inspect.getmembers(repository, inspect.ismethod):
        statement = getattr(module, f"_{name.upper()}", None)
        if statement is None or (only_reads and not statement.read_only):
            continue
        hints = get_type_hints(method)
        required = [
            parameter.name
            for parameter in inspect.signature(method).parameters.values()
            if parameter.default is inspect.Parameter.empty
        ]
        if only_reads or not required:
            method(**{parameter: argument(hints[parameter]) for parameter in required})
            yield name


def assert_callable(url: str, name: str) -> None:
    """Reads through every repository of a domain; nothing that one writes stays."""
    package = importlib.import_module(f"pgrepo.domains.{name}")
    (domain_class,) = (
        getattr(package, public) for public in package.__all__ if not public.startswith("Async")
    )
    with psycopg.connect(url) as connection:
        domain = domain_class(connection)
        repositories = {
            attribute: value
            for attribute, value in vars(domain).items()
            if isinstance(value, Repository)
        }
        assert len(repositories) == len(list(shipped_domain(name).queries.glob("*.sql")))
        for attribute, repository in repositories.items():
            called = [*calls(repository, only_reads=True)]
            assert called or [*calls(repository, only_reads=False)], f"{name}.{attribute}"
        connection.rollback()


@pytest.mark.parametrize("names", [*((name,) for name in SHIPPED), SHIPPED], ids="+".join)
def test_domains_in_one_database(database_url: str, names: tuple[str, ...]) -> None:
    """Each is built, filled, is what its files make, and answers; nothing of it is elsewhere."""
    domains = [shipped_domain(name) for name in names]
    for domain in domains:
        migrate(database_url, domain)
    for domain in domains:
        assert load_sample(database_url, domain) > 0
        assert load_sample(database_url, domain) == 0
    for domain in domains:
        verified = verify(database_url, domain)
        assert verified.is_equal, verified.render()
        assert_callable(database_url, domain.name)
    with psycopg.connect(database_url) as connection:
        # Neither in public, where only extensions are, nor in a schema of somebody else's.
        strays = connection.execute(
            """
            SELECT class.oid::regclass
            FROM pg_class AS class
            JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
            LEFT JOIN pg_depend AS depend ON depend.objid = class.oid AND depend.deptype = 'e'
            WHERE
                nspname <> ALL (%s)
                AND nspname <> 'pgrepo'
                AND nspname !~ '^(pg_|information_schema)'
                AND depend.objid IS NULL
            """,
            [list(names)],
        ).fetchall()
        assert strays == []


def test_each_goes_alone(database_url: str) -> None:
    """Dropping one domain takes nothing from the others."""
    for name in SHIPPED:
        migrate(database_url, shipped_domain(name))
    left = list(SHIPPED)
    while left:
        gone = left.pop(0)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(gone)))
        for name in left:
            assert_callable(database_url, name)
