"""Which queries are meant."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pgrepo.bench.results import Skipped
from pgrepo.errors import CompilationError, UsageError
from pgrepo.sqlfiles.header import nearest
from pgrepo.sqlfiles.queries import read_query_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.project import DomainFiles
    from pgrepo.sqlfiles.queries import NamedQuery


@dataclass(frozen=True, slots=True)
class Selection:
    """Which queries to measure.

    Attributes:
        queries: patterns of names, or of domain.name; empty for all.
        writes: whether to measure queries that write.
    """

    queries: tuple[str, ...] = ()
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to measure of a domain.

    Attributes:
        files: the domain.
        queries: the queries, each with the name of its file.
        skipped: what the configuration leaves out.
    """

    files: DomainFiles
    queries: tuple[tuple[NamedQuery, str], ...]
    skipped: tuple[Skipped, ...]

    @property
    def modules(self) -> list[tuple[str, str]]:
        """Of each query the name of its file."""
        return [(query.name, module) for query, module in self.queries]


def chosen_queries(domains: Sequence[DomainFiles], selection: Selection) -> list[Chosen]:
    """Finds the queries that are meant, of the domains that have any.

    Raises:
        CompilationError: a query file has a mistake in it.
        UsageError: a pattern fits no query.
    """
    chosen, names = [], list[str]()
    for domain in domains:
        queries, skipped = [], []
        for file in read_query_directory(domain.queries, domain.root):
            if file.errors:
                raise CompilationError(file.errors)
            names += [name for query in file.queries for name in _names(domain, query)]
            for query in file.queries:
                if selection.queries and not _fits(_names(domain, query), selection.queries):
                    continue
                if _fits(_names(domain, query), domain.bench.skip):
                    skipped.append(Skipped(query.name, "pyproject.toml leaves it out", "see skip"))
                else:
                    queries.append((query, file.name))
        if queries or skipped:
            chosen.append(Chosen(domain, tuple(queries), tuple(skipped)))
    for pattern in selection.queries:
        if not _fits(names, [pattern]):
            where = ", ".join(domain.name for domain in domains)
            meant = nearest(pattern, names)
            advice = f"did you mean {meant}?" if meant else "`pgrepo describe` lists them"
            raise UsageError(f"--query {pattern}: no query in {where} is called so; {advice}")
    return chosen


def _names(domain: DomainFiles, query: NamedQuery) -> tuple[str, str]:
    return query.name, f"{domain.name}.{query.name}"


def _fits(names: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
