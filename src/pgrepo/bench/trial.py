"""Tries a query out before it is measured: in which scope it runs, and with which values."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import psycopg
from psycopg_pool import PoolTimeout

from pgrepo.bench.calls import calls_of, rows_of
from pgrepo.bench.recipes import NoValues
from pgrepo.bench.results import Skipped
from pgrepo.errors import PgrepoError, StaleCodeError, UsageError
from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.bench.calls import Call, Method
    from pgrepo.bench.recipes import Recipes
    from pgrepo.runtime import Database, Domain, Scope

SETS = 64
"""How many sets of values a query is called with, in turn."""
_TRIED = 256
"""How many are tried, so that so many may be found for which something comes back."""
_SECONDS = 1.0
"""For how long they are tried."""
# Not about one query.
_OURS = (StaleCodeError, UsageError, PoolTimeout)


@dataclass(frozen=True, slots=True)
class Tried:
    """A query that can be called.

    Attributes:
        method: its method.
        scope: the scope that it is called in.
        calls: calls with values; those for which rows came back, if there are any.
        rows: how many rows came back, on average of these calls.
        empty: the share of the tried values for which none came back.
        notes: what a reader should know.
    """

    method: Method
    scope: str | None
    calls: tuple[Call, ...]
    rows: float
    empty: float
    notes: tuple[str, ...]


class Trial:
    """Tries queries out.

    Args:
        database: where the data is.
        domain: the generated class.
        recipes: makes the values.
        scopes: the scopes to try, in order; None stands for none.
    """

    def __init__(
        self,
        database: Database,
        domain: type[Domain],
        recipes: Recipes,
        scopes: Sequence[Scope | None],
    ) -> None:
        self._database = database
        self._domain = domain
        self._recipes = recipes
        self._scopes = scopes

    def attempt(self, method: Method) -> Tried | Skipped:
        """Finds the first scope in which rows come back, or else one in which nothing fails.

        Raises:
            StaleCodeError: a query was edited without `pgrepo generate`.
            UsageError: a value that is given is none of its type.
        """
        name = method.query.name
        if method.query.source.operation is Operation.BULK:
            return Skipped(
                name, "it takes any number of rows", "`pgrepo load` shows how fast rows go in"
            )
        empty: Tried | None = None
        failed: Skipped | None = None
        for scope in self._scopes:
            found = self._in_scope(method, scope)
            if isinstance(found, Skipped):
                failed = found
            elif found.rows > 0:
                return found
            else:
                empty = empty or found
        assert empty is not None or failed is not None, "there is a scope at least"
        return empty or failed  # type: ignore[return-value]

    def _in_scope(self, method: Method, scope: Scope | None) -> Tried | Skipped:
        name = method.query.name
        try:
            recipe = self._recipes.recipe(method.query, scope)
            count = SETS if method.writes else _TRIED
            arguments = self._recipes.arguments(recipe, count)
            calls = calls_of(method, self._database, self._domain, scope, arguments)
            return self._try(method, scope, calls)
        except NoValues as error:
            return Skipped(name, error.reason, error.help)
        except _OURS:
            raise
        except (PgrepoError, psycopg.Error) as error:
            return Skipped(name, f"it fails: {first_line(error)}", _advice(method))

    def _try(self, method: Method, scope: Scope | None, calls: Sequence[Call]) -> Tried:
        operation = method.query.source.operation
        filled: list[tuple[Call, int]] = []
        empty: list[Call] = []
        errors: list[Exception] = []
        end = perf_counter() + _SECONDS
        for call in calls:
            try:
                rows = rows_of(operation, call.make())
            except _OURS:
                raise
            except (PgrepoError, psycopg.Error) as error:
                # Some of the values may not do, such as a code that has been used.
                errors.append(error)
                if len(errors) > 3 and not filled and not empty:
                    raise
                continue
            if rows:
                filled.append((call, rows))
            else:
                empty.append(call)
            if len(filled) == SETS or perf_counter() > end:
                break
        if not filled and not empty:
            raise errors[0]
        kept = [call for call, _ in filled] or empty[:SETS]
        return Tried(
            method=method,
            scope=scope.name if scope is not None else None,
            calls=tuple(kept),
            rows=sum(rows for _, rows in filled) / len(filled) if filled else 0.0,
            empty=len(empty) / (len(empty) + len(filled)),
            notes=tuple(_notes(len(filled), len(errors), self._scopes, scope)),
        )


def _notes(
    filled: int, errors: int, scopes: Sequence[Scope | None], scope: Scope | None
) -> list[str]:
    notes = []
    if not filled:
        notes.append("no drawn values made it return a row")
    if errors:
        notes.append(f"{errors} of the drawn values were refused, and are left out")
    if scope is None and len(scopes) > 1:
        notes.append("called unscoped: in no scope of the domain it returns rows")
    return notes


def first_line(error: Exception) -> str:
    """What went wrong, in the runtime's words: PostgreSQL's may hold values."""
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    return said.removeprefix(f"{getattr(error, 'query', None)}: ")


def _advice(method: Method) -> str:
    names = [parameter.name for parameter in method.query.parameters]
    if not names:
        return "leave it out: skip in [tool.pgrepo.domains.….bench]"
    return f"give values that it takes: --param {method.query.name}.{names[0]}=…"
