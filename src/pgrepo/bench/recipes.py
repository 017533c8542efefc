"""How the parameters of a query get their values: given, by default, or drawn from the data."""

from __future__ import annotations

import itertools
import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.bench.drawing import Wanted, plan_draws, sources_of
from pgrepo.bench.uses import inserted_into, read_uses
from pgrepo.compiler.checks.findings import read_statement
from pgrepo.compiler.checks.schema import read_schema
from pgrepo.compiler.model import TypeKind
from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pgrepo.bench.drawing import Draw
    from pgrepo.bench.uses import Uses
    from pgrepo.bench.values import Values
    from pgrepo.compiler.checks.findings import Statement
    from pgrepo.compiler.model import ColumnOrigin, Parameter, PgType, Query
    from pgrepo.compiler.session import AnalysisTools
    from pgrepo.runtime import Scope

PAGE = 20
"""The value of a parameter that stands in LIMIT, where it has no default."""
_PAGES = frozenset({"limit", "page_size", "batch_size", "per_page", "count", "top_k", "max_rows"})
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
# What no table holds and every call of its kind can take.
_USUAL = {"boolean": True, "interval": "1 hour", "jsonb": "{}", "json": "{}"}


class NoValues(Exception):
    """A query cannot be called: `args` are the reason, and what to do."""

    @property
    def reason(self) -> str:
        """What is wrong."""
        return str(self.args[0])

    @property
    def help(self) -> str:
        """What to do about it."""
        return str(self.args[1])


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make the arguments of a query's calls.

    Attributes:
        given: values by parameter, taken in turn.
        draws: what is drawn.
        fresh: parameters that must be new in each call, as no two rows may have the same.
    """

    given: Mapping[str, tuple[Any, ...]]
    draws: tuple[Draw, ...]
    fresh: tuple[Wanted, ...] = ()


class Recipes:
    """Makes recipes for the queries of a domain.

    Args:
        tools: what asks the database about statements.
        schema: the domain's name.
        values: reads what is given.
        given: values as PostgreSQL writes them, by `parameter` or `query.parameter`.
    """

    def __init__(
        self,
        tools: AnalysisTools,
        schema: str,
        values: Values,
        given: Mapping[str, tuple[str | None, ...]],
    ) -> None:
        self._tools = tools
        self._schema = schema
        self._values = values
        self._given = given
        self._indexes = read_schema(tools.connection).indexes

    def recipe(self, query: Query, scope: Scope | None) -> Recipe:
        """The recipe for a query in a scope.

        Raises:
            NoValues: a parameter has no values.
            UsageError: a value that is given is none of the parameter's type.
        """
        statement = read_statement(query, query.source.sql, None, self._tools.describer)
        uses = read_uses(statement, self._tools.catalog)
        unique = self._unique_columns(statement)
        given: dict[str, tuple[Any, ...]] = {}
        fresh: list[Wanted] = []
        choices = []
        for parameter in query.parameters:
            texts = self._texts(query.name, parameter.name)
            if texts is not None:
                given[parameter.name] = self._read(query.name, parameter, texts)
                continue
            if _is_left_out(query, parameter):
                continue
            wanted = _wanted(parameter, uses)
            if _can_be_new(wanted.pg_type) and any(o in unique for o in wanted.origins[:1]):
                fresh.append(wanted)
                continue
            sources = sources_of(wanted, self._tools.catalog, query.tables, self._schema)
            usual = self._usual(query, parameter, uses)
            if usual is not None and (parameter.name in _PAGES or not sources):
                given[parameter.name] = usual
            elif sources:
                choices.append((wanted, sources))
            elif not parameter.optional:
                raise _no_source(query, parameter)
        for wanted in self._settings(scope):
            texts = self._texts(query.name, wanted.name)
            if texts is not None:
                given[wanted.name] = tuple(self._value(wanted.pg_type, text) for text in texts)
            elif sources := sources_of(wanted, self._tools.catalog, query.tables, self._schema):
                choices.append((wanted, sources))
            else:
                raise NoValues(
                    f"no column holds values of {wanted.name}, which its scope needs",
                    f"give some: --param {wanted.name}=…",
                )
        return Recipe(given, tuple(plan_draws(choices, self._tools.catalog)), tuple(fresh))

    def arguments(self, recipe: Recipe, count: int) -> list[dict[str, Any]]:
        """Makes the arguments of `count` calls at most, scope settings among them.

        Raises:
            NoValues: the tables are empty.
        """
        drawn = [self._draw(draw, count) for draw in recipe.draws]
        length = min(map(len, drawn)) if drawn else _several(recipe, count)
        return [
            {
                **{name: values[at % len(values)] for name, values in recipe.given.items()},
                **{name: value for rows in drawn for name, value in rows[at].items()},
                **{wanted.name: _new(wanted.name, wanted.pg_type) for wanted in recipe.fresh},
            }
            for at in range(length)
        ]

    def _draw(self, draw: Draw, count: int) -> list[dict[str, Any]]:
        rows = self._values.draw(draw, count)
        if not rows:
            tables = " and ".join(f"{schema}.{name}" for schema, name in draw.tables)
            names = ", ".join(wanted.name for wanted, _ in draw.columns)
            raise NoValues(
                f"there is no row in {tables} to draw {names} from",
                f"load some, or give values: --param {draw.columns[0][0].name}=…",
            )
        return rows

    def _texts(self, query: str, parameter: str) -> tuple[str | None, ...] | None:
        for key in (f"{self._schema}.{query}.{parameter}", f"{query}.{parameter}", parameter):
            if key in self._given:
                return self._given[key]
        return None

    def _read(
        self, query: str, parameter: Parameter, texts: Sequence[str | None]
    ) -> tuple[Any, ...]:
        try:
            return tuple(self._value(parameter.pg_type, text) for text in texts)
        except psycopg.DataError as error:
            raise UsageError(
                f"a value that is given for {query}.{parameter.name} is no {parameter.pg_type.name}"
            ) from error

    def _value(self, pg_type: PgType, text: str | None) -> Any:
        return None if text is None else self._values.read(pg_type, text)

    def _usual(self, query: Query, parameter: Parameter, uses: Uses) -> tuple[Any, ...] | None:
        """A value for what no table holds."""
        name = parameter.pg_type.name
        if name in _INTEGERS and (parameter.name in uses.limits or parameter.name in _PAGES):
            return (PAGE,)
        if name in _INTEGERS and parameter.name in uses.offsets:
            return (0,)
        if parameter.nullable and query.writes:
            return (None,)
        if parameter.pg_type.labels:
            return parameter.pg_type.labels
        if name in _USUAL:
            usual = _USUAL[name]
            return (
                self._values.read(parameter.pg_type, usual) if isinstance(usual, str) else usual,
            )
        return None

    def _unique_columns(self, statement: Statement) -> set[ColumnOrigin]:
        """Columns in which a row that a statement adds must differ from all others.

        A column that refers to another table is none of them, even if it is part of a key.
        """
        targets = set(inserted_into(statement))
        found = set()
        for index in self._indexes:
            if index.relid in targets and index.is_unique:
                relation = self._tools.catalog.relations[index.relid]
                referring = {own for key in relation.foreign_keys for own, _ in key.columns}
                own = (index.read_columns - referring) & relation.columns.keys()
                found |= {relation.origin(n) for n in own if not relation.columns[n].choices}
        return found

    def _settings(self, scope: Scope | None) -> Iterator[Wanted]:
        """The values that a scope takes."""
        for setting, type_ in scope.settings if scope is not None else ():
            yield Wanted(setting.rpartition(".")[2], self._tools.catalog.type(_SETTING_OIDS[type_]))


_SETTING_OIDS = {
    "uuid": 2950, "text": 25, "smallint": 21, "integer": 23, "bigint": 20, "boolean": 16,
}  # fmt: skip


def _wanted(parameter: Parameter, uses: Uses) -> Wanted:
    origins = list(uses.columns.get(parameter.name, ()))
    if parameter.origin is not None:
        origins = [parameter.origin, *(o for o in origins if o != parameter.origin)]
    return Wanted(parameter.name, parameter.pg_type, tuple(origins), parameter.nullable)


def _is_left_out(query: Query, parameter: Parameter) -> bool:
    """Whether a call need not name a parameter, and should not.

    What a patch sets has to be named, or nothing would be written; but not what may be NULL.
    """
    if parameter.default is not None:
        return True
    return parameter.optional and (parameter.nullable or not query.writes)


def _no_source(query: Query, parameter: Parameter) -> NoValues:
    return NoValues(
        f"no column of type {parameter.pg_type.name} is compared with {parameter.name}, or named "
        "after it",
        f"give values: --param {query.name}.{parameter.name}=…, or in pyproject.toml",
    )


def _several(recipe: Recipe, count: int) -> int:
    """How many calls differ of a query without drawn values."""
    if recipe.fresh:
        return count
    return max([1, *map(len, recipe.given.values())])


def _can_be_new(pg_type: PgType) -> bool:
    return pg_type.kind is TypeKind.BASE and pg_type.name in {
        "uuid", "bytea", "text", "character varying", *_INTEGERS
    }  # fmt: skip


def _new(name: str, pg_type: PgType) -> Any:
    """A value that no row has yet; a text is short, as there may be a limit to its length."""
    if pg_type.name == "uuid":
        return uuid.uuid4()
    if pg_type.name == "bytea":
        return os.urandom(32)
    if pg_type.name in _INTEGERS:
        return next(_numbers)
    text = f"b{os.urandom(8).hex()}"
    return f"{text}@example.com" if "email" in name else text


_numbers = itertools.count(2_000_000_000)


def read_given(items: Sequence[str]) -> dict[str, tuple[str | None, ...]]:
    """Reads options such as `limit=50`, `recent_orders.email=…`; NAME alone is NULL.

    The same name given again is another value, and calls take them in turn.
    """
    found: dict[str, tuple[str | None, ...]] = {}
    for item in items:
        name, equals, value = item.partition("=")
        found[name] = (*found.get(name, ()), value if equals else None)
    return found
