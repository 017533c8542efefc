"""Where the compiler asks: a scratch database, and what earlier runs have asked it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pgrepo.compiler.analysis.analyse import QueryAnalyser
from pgrepo.compiler.analysis.catalog import Catalog
from pgrepo.compiler.analysis.describe import Describer
from pgrepo.compiler.analysis.scratch import (
    apply_directory,
    apply_script,
    scratch_database,
)
from pgrepo.compiler.planning import refuse_unplannable
from pgrepo.errors import CompilationError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    import psycopg

    from pgrepo.compiler.cache.store import Cache
    from pgrepo.compiler.model import Query, Table
    from pgrepo.sqlfiles.queries import NamedQuery

    OnProgress = Callable[[int, int], None]


def ignore(done: int, total: int) -> None:
    """Is told how many queries are done, and of how many; for when nobody wants to know."""


@dataclass(frozen=True, slots=True)
class AnalysisTools:
    """A scratch database, ready to be asked."""

    connection: psycopg.Connection[Any]
    describer: Describer
    catalog: Catalog
    analyser: QueryAnalyser


class Session:
    """Answers about one schema: from the cache what it knows, and the rest from a database.

    The scratch database is made when it is needed for the first time, and not at all where the
    cache knows everything.

    Args:
        open_tools: makes the scratch database.
        cache: what earlier runs found out; None to ask for everything.
        on_progress: is told how many queries are done, and of how many.
    """

    def __init__(
        self,
        open_tools: Callable[[], AbstractContextManager[AnalysisTools]],
        cache: Cache | None = None,
        on_progress: OnProgress = ignore,
    ) -> None:
        self._open_tools = open_tools
        self.cache = cache
        self.on_progress = on_progress
        self._resources = ExitStack()
        self._tools: AnalysisTools | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._resources.close()
        if self.cache is not None:
            self.cache.save()

    @property
    def tools(self) -> AnalysisTools:
        """The scratch database.

        Raises:
            CompilationError: a DDL file is wrong.
        """
        if self._tools is None:
            self._tools = self._resources.enter_context(self._open_tools())
        return self._tools

    def analyse(self, query: NamedQuery) -> Query:
        """Finds out all there is to know of a query.

        Raises:
            SourceError: PostgreSQL refuses it or has no plan for it, or an annotation
                contradicts it. Nobody remembers that: its place in the file may be another one
                next time.
            CompilationError: a DDL file is wrong.
        """
        if self.cache is None:
            return self._ask(query)
        return self.cache.query(query) or self.cache.keep_query(self._ask(query))

    def _ask(self, query: NamedQuery) -> Query:
        found = self.tools.analyser.analyse(query)
        refuse_unplannable(query, self.tools.connection)
        return found

    def tables(self) -> tuple[Table, ...]:
        """The tables and views, by name."""
        if self.cache is None:
            return self.tools.catalog.tables()
        known = self.cache.tables()
        return self.cache.keep_tables(self.tools.catalog.tables()) if known is None else known

    def schema_comment(self, schema: str) -> str | None:
        """The COMMENT of a schema."""
        if self.cache is None:
            return self.tools.catalog.schema_comment(schema)
        if schema not in self.cache.comments():
            self.cache.keep_comment(schema, self.tools.catalog.schema_comment(schema))
        return self.cache.comments()[schema]


@contextmanager
def analysis_tools(
    ddl: Path | None,
    server: str,
    root: Path | None = None,
    describer: type[Describer] = Describer,
) -> Iterator[AnalysisTools]:
    """A scratch database with the DDL of a directory, or one file, or none applied.

    Raises:
        CompilationError: a DDL file is wrong.
    """
    with scratch_database(server) as connection:
        try:
            if ddl is not None and ddl.is_dir():
                apply_directory(connection, ddl, root)
            elif ddl is not None:
                apply_script(connection, ddl, root)
        except SourceError as error:
            raise CompilationError([error]) from error
        yield tools_on(connection, describer)


def tools_on(
    connection: psycopg.Connection[Any], describer: type[Describer] = Describer
) -> AnalysisTools:
    """What asks a database that has its schema already."""
    asks = describer(connection)
    catalog = Catalog(connection)
    return AnalysisTools(connection, asks, catalog, QueryAnalyser(asks, catalog))
