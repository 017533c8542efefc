"""A domain's query files, loaded once, and checked against the generated statements."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from pgrepo.errors import StaleCodeError
from pgrepo.runtime.results import row_decoder
from pgrepo.runtime.statement import Prepared, Statement, prepare
from pgrepo.runtime.types import UNSET
from pgrepo.runtime.variants import PreparedVariants, refuse_unset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.sqlfiles.library import LoadedQuery


class QueryLibrary:
    """The query files of one domain. Nothing is read before the first query runs.

    Args:
        domain: the domain's name.
        anchor: `__file__` of the generated module, where the search for the files starts.
        directory: the query directory, relative to the project's (or the package's) root.
    """

    def __init__(self, domain: str, anchor: str, directory: str) -> None:
        self.domain = domain
        self.directory = directory
        self._anchor = anchor
        self._lock = threading.Lock()
        self._queries: dict[str, LoadedQuery] | None = None
        self._prepared: dict[str, Prepared | PreparedVariants] = {}

    def __repr__(self) -> str:
        return f"QueryLibrary({self.domain!r}, {self.directory!r})"

    def prepare(self, statement: Statement[Any]) -> Prepared:
        """Returns a statement of which there is one variant, with its SQL.

        Raises:
            StaleCodeError: the query was edited, or removed, after the module was generated.
        """
        prepared = self._find(statement)
        assert isinstance(prepared, Prepared), f"{statement.name} is no bulk statement"
        return prepared

    def choose(
        self, statement: Statement[Any], values: Sequence[object], order_by: str | None
    ) -> tuple[Prepared, Sequence[object]]:
        """Returns what a call runs: the statement, or a variant of it, and the values it takes.

        Args:
            statement: the generated one.
            values: the call's arguments, in the order of `$n`.
            order_by: the order that the call chooses; None where there is none to choose.

        Raises:
            StaleCodeError: as `prepare`.
            UsageError: a value is UNSET and may not be, or there is no such order.
        """
        prepared = self._prepared.get(statement.name) or self._find(statement)
        if isinstance(prepared, PreparedVariants):
            return prepared.choose(values, order_by)
        for value in values:
            if value is UNSET:
                pairs = zip(prepared.parameters, values, strict=True)
                refuse_unset(prepared.label, [name for name, it in pairs if it is UNSET])
        return prepared, values

    def _find(self, statement: Statement[Any]) -> Prepared | PreparedVariants:
        prepared = self._prepared.get(statement.name)
        if prepared is None:
            prepared = self._prepared[statement.name] = self._check(statement)
        return prepared

    def _check(self, statement: Statement[Any]) -> Prepared | PreparedVariants:
        query = self._load().get(statement.name)
        if query is None:
            raise StaleCodeError(
                f"{self.directory}: there is no query {statement.name} any more, but the "
                f"generated module of {self.domain} calls it: run `pgrepo generate`"
            )
        if query.fingerprint != statement.fingerprint:
            raise StaleCodeError(
                f"{query.file}:{query.line}: query {query.name} was edited after the module of "
                f"{self.domain} was generated: run `pgrepo generate`"
            )
        label = f"{self.domain}.{query.name}"
        make = partial(prepare, self.domain, statement, query, row_decoder(label, statement))
        return PreparedVariants(label, query, make) if query.variants else make()

    def _load(self) -> dict[str, LoadedQuery]:
        # Not needed to import a domain, and slow to import.
        from pgrepo.sqlfiles.library import load_queries, locate  # noqa: PLC0415

        with self._lock:
            if self._queries is None:
                self._queries = load_queries(locate(self._anchor, self.directory))
            return self._queries
