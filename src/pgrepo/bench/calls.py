"""Calls of generated methods: found, bound to arguments, made, and their statements seen."""

from __future__ import annotations

import importlib
import sys
from copy import copy
from dataclasses import dataclass
from functools import partial
from inspect import iscoroutine
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NoReturn, cast

import psycopg

from pgrepo.bench.values import bare_statement
from pgrepo.compiler.names import attribute, class_name
from pgrepo.errors import ProjectError, UsageError
from pgrepo.runtime import Domain, QueryLibrary, Scope
from pgrepo.runtime._sync import wire
from pgrepo.sqlfiles.queries import Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pgrepo.compiler.model import Query
    from pgrepo.project import DomainFiles
    from pgrepo.runtime import Database, Statement
    from pgrepo.runtime.statement import Prepared


def load_domain(files: DomainFiles) -> type[Domain]:
    """Imports a domain's generated class.

    Raises:
        ProjectError: it is not there, or cannot be imported.
    """
    name = class_name(files.name)
    try:
        module = importlib.import_module(_module_of(files))
        found = getattr(module, name)
    except Exception as error:
        raise ProjectError(
            f"{files.name}: its generated package cannot be imported ({error}): run `pgrepo "
            "generate`, and `pgrepo bench` with the project's own Python"
        ) from error
    where = getattr(module, "__file__", None)
    if files.output is not None and (where is None or not _is_in(where, files.output)):
        raise ProjectError(
            f"{files.name}: Python imports {module.__name__} from {where}, not from "
            f"{files.output}: rename one of the two"
        )
    return cast("type[Domain]", found)


def scopes_of(domain: type[Domain]) -> list[Scope]:
    """The scopes that a generated class has, in their order."""
    return [
        value for value in vars(sys.modules[domain.__module__]).values() if isinstance(value, Scope)
    ]


def _module_of(files: DomainFiles) -> str:
    """The name to import a domain's package by; the directory it is in goes on the path."""
    if files.output is None:
        return f"pgrepo.domains.{files.name}"
    top = files.output.resolve()
    parts = [top.name]
    while (top.parent / "__init__.py").is_file():
        top = top.parent
        parts.insert(0, top.name)
    if str(top.parent) not in sys.path:
        sys.path.append(str(top.parent))
    return ".".join(parts)


def _is_in(file: str, directory: Path) -> bool:
    return directory.resolve() in type(directory)(file).resolve().parents


@dataclass(frozen=True, slots=True)
class Method:
    """A query's generated method.

    Attributes:
        query: the query.
        module: the query file's name, which is the repository's.
    """

    query: Query
    module: str

    def of(self, domain: Domain) -> Callable[..., Any]:
        """The method, of a domain.

        Raises:
            ProjectError: there is none.
        """
        repository = getattr(domain, self.module, None)
        found = getattr(repository, attribute(self.query.name), None)
        if found is None:
            raise ProjectError(
                f"{type(domain).__name__} has no {self.module}.{self.query.name}: run `pgrepo "
                "generate`"
            )
        return cast("Callable[..., Any]", found)

    @property
    def writes(self) -> bool:
        """Whether calls of it need to be undone."""
        return not self.query.read_only


@dataclass(frozen=True, slots=True)
class Call:
    """A method with arguments, on a domain in its scope."""

    method: Method
    domain: Domain
    arguments: Mapping[str, Any]

    def make(self) -> Any:
        """Makes the call; what it writes is undone."""
        return self._undone()[0] if self.method.writes else self._bound(self.domain)()

    def timed(self) -> Callable[[], int]:
        """A function that makes the call, and returns the nanoseconds that it took.

        A call that writes is timed alone, without BEGIN and ROLLBACK around it.
        """
        if self.method.writes:
            return lambda: self._undone()[1]
        call = self._bound(self.domain)

        def run() -> int:
            began = perf_counter_ns()
            call()
            return perf_counter_ns() - began

        return run

    def _undone(self) -> tuple[Any, int]:
        result, took = None, 0
        with self.domain.transaction() as transaction:
            call = self._bound(transaction)
            began = perf_counter_ns()
            result = call()
            took = perf_counter_ns() - began
            raise psycopg.Rollback
        return result, took

    def _bound(self, domain: Domain) -> Callable[[], Any]:
        return partial(self.method.of(domain), **self.arguments)

    def statement(self) -> tuple[Prepared, Sequence[object]]:
        """What the call would execute: the statement, or its variant, and its values."""
        return statement_of(self.method.of(self.domain), self.arguments)


def statement_of(
    method: Callable[..., Any], arguments: Mapping[str, Any]
) -> tuple[Prepared, Sequence[object]]:
    """What a call of a repository's method, sync or async, would execute: nothing is.

    Raises:
        UsageError: it takes rows, and has no statement of its own.
    """
    bound: Any = method
    spied = copy(bound.__self__)
    spied._queries = _Spy(spied._queries)  # noqa: SLF001 - nobody else may see statements
    try:
        called = bound.__func__(spied, **arguments)
        if iscoroutine(called):
            called.send(None)  # it waits for nothing before it knows its statement
    except _Seen as seen:
        return seen.prepared, seen.values
    raise AssertionError(f"{bound.__name__} executed nothing")


def calls_of(
    method: Method,
    database: Database,
    domain: type[Domain],
    scope: Scope | None,
    arguments: Sequence[Mapping[str, Any]],
) -> list[Call]:
    """Binds a method to arguments; those that are a scope's settings go to the scope."""
    make = cast("Callable[[Database], Domain]", domain)
    whole = make(database)
    settings = [setting.rpartition(".")[2] for setting, _ in scope.settings] if scope else []
    names = {parameter.name for parameter in method.query.parameters}
    calls = []
    for values in arguments:
        own = {attribute(name): value for name, value in values.items() if name in names}
        bound = whole
        if scope is not None:
            bound = getattr(whole, f"for_{scope.name}")(*(values[name] for name in settings))
        calls.append(Call(method, bound, own))
    return calls


def least_call(database: Database) -> Callable[[], int]:
    """The least that a call can be, through the same pool; returns the nanoseconds it took."""
    statement = bare_statement("SELECT 1")

    def run() -> int:
        began = perf_counter_ns()
        with database.connection() as connection:
            wire.fetch(connection, statement, ())
        return perf_counter_ns() - began

    return run


def rows_of(operation: Operation, result: Any) -> int:
    """How many rows a call returned or affected; a value that is there counts as one."""
    if result is None:
        return 0
    if operation in {Operation.AFFECTED, Operation.BULK}:
        return max(0, int(result))
    if operation is Operation.MANY and isinstance(result, dict):  # found by a key
        return sum(len(rows) if isinstance(rows, list) else 1 for rows in result.values())
    return len(result) if operation is Operation.MANY and isinstance(result, list) else 1


class _Seen(Exception):
    """A statement is known, and need not be executed."""

    def __init__(self, prepared: Prepared, values: Sequence[object]) -> None:
        super().__init__()
        self.prepared = prepared
        self.values = values


class _Spy(QueryLibrary):
    """Stops a call where it knows its statement."""

    def __init__(self, library: QueryLibrary) -> None:
        self._library = library

    def choose(
        self, statement: Statement[Any], values: Sequence[object], order_by: str | None
    ) -> NoReturn:
        """Raises what the library chooses."""
        raise _Seen(*self._library.choose(statement, values, order_by))

    def prepare(self, statement: Statement[Any]) -> NoReturn:
        """Refuses: rows are sent by COPY, or in statements of many rows each."""
        raise UsageError(
            f"{self._library.domain}.{statement.name} takes rows, and has no plan of its own"
        )
