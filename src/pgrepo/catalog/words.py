"""Words and addresses that all forms of the catalog share. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrepo.catalog.model import Domain, Query, Table


def count(number: int, one: str, many: str = "") -> str:
    """Such as "1 table" or "2 queries"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def anchor(domain: Domain, table: str) -> str:
    """Where a table stands on the page."""
    return f"{domain.name}/{table}"


def label(domain: Domain, query: Query) -> str:
    """A query's full name, which is where it stands on the page, too."""
    return f"{domain.name}.{query.name}"


def effect(query: Query) -> str:
    """What it does to the tables that it names."""
    return "Reads" if query.read_only else "Writes or locks"


def users_of(domain: Domain, table: Table) -> list[Query]:
    """The queries that name a table."""
    return [query for query in domain.queries if table.name in query.tables]
