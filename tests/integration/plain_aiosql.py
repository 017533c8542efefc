"""Query files in plain aiosql with psycopg, without pgrepo: as one who has left it runs them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import aiosql
import psycopg
import pytest

from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Self


class QueryFile:
    """One query file, bound to a connection: its queries are its methods."""

    def __init__(self, path: Path, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._queries = aiosql.from_path(path, "psycopg")

    def __getattr__(self, query: str) -> Any:
        def call(*rows: Any, **arguments: Any) -> Any:
            return _used_up(getattr(self._queries, query)(self._connection, *rows, **arguments))

        return call

    def names(self) -> set[str]:
        """The names of its queries."""
        return set(_names(self._queries))


class QueryFiles:
    """The query files of a domain, each an attribute.

    Attributes:
        domain: its name.
        connection: what the queries are executed on.
    """

    domain: str

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._files: dict[str, QueryFile] = {}

    @classmethod
    def rolled_back(cls, url: str) -> Iterator[Self]:
        """The files on one connection, whose transaction is rolled back."""
        with psycopg.connect(url) as connection:
            yield cls(connection)
            connection.rollback()

    def __getattr__(self, name: str) -> QueryFile:
        if name not in self._files:
            path = shipped_domain(self.domain).queries / f"{name}.sql"
            self._files[name] = QueryFile(path, self.connection)
        return self._files[name]

    def names(self, files: Iterable[str]) -> set[str]:
        """The names of the queries of some of the files."""
        return {name for file in files for name in getattr(self, file).names()}


def not_called(names: Iterable[str], *modules: Path) -> set[str]:
    """Those of the queries that none of these modules calls."""
    sources = [module.read_text(encoding="utf-8") for module in modules]
    return {name for name in names if not any(f".{name}(" in source for source in sources)}


class EveryQuery:
    """All queries of a domain, to be called one by one on the same rows.

    Attributes:
        names: the names of the queries.
    """

    def __init__(self, domain: str) -> None:
        self._queries = aiosql.from_path(shipped_domain(domain).queries, "psycopg")
        self.names = _names(self._queries)

    def called_in_vain(
        self, url: str, usual: Mapping[str, Any], special: Mapping[str, Mapping[str, Any]]
    ) -> set[str]:
        """Calls each query once, and takes back what it has changed.

        Args:
            url: the database.
            usual: values of parameters, whatever the query.
            special: those of single queries, which go before the usual ones.

        Returns:
            The names of the queries that found nothing and changed nothing. A query that cannot
            be executed fails the test.
        """
        in_vain = set()
        with psycopg.connect(url) as connection:
            for name in self.names:
                query = getattr(self._queries, name)
                given = {**usual, **special.get(name, {})}
                arguments = {p: given[p] for p in inspect.signature(query).parameters if p in given}
                with connection.transaction(force_rollback=True):
                    try:
                        result = _used_up(query(connection, **arguments))
                    except psycopg.Error as error:
                        pytest.fail(f"{name}: {error}")
                if not result:
                    in_vain.add(name)
        return in_vain


def _names(queries: Any) -> list[str]:
    """The names of all queries, aiosql's *_cursor twins excepted."""
    return [name for name in queries.available_queries if not name.endswith("_cursor")]


def _used_up(result: Any) -> Any:
    """What a call has found or changed; a generator's rows as a list."""
    return list(result) if hasattr(result, "__next__") else result
