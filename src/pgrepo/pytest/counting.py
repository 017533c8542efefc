"""Counts the queries that a block makes through repositories."""

from __future__ import annotations

from collections import Counter
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo.runtime import AsyncBatch, AsyncRepository, Batch, Repository, Statement
from pgrepo.runtime._async import repository as async_calls
from pgrepo.runtime._sync import repository as sync_calls
from pgrepo.runtime.statement import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.runtime.pipelined import Asked


class AssertQueries:
    """What the fixture `assert_queries` gives."""

    def __call__(self, count: int) -> CountedBlock:
        """Asserts that a block makes so many queries through repositories, sync and async.

        A call that a cache answers is none. A bulk call is one, and so is a stream; a batch is as
        many as it has calls. What goes through psycopg by itself is not seen.

        Args:
            count: how many.
        """
        return CountedBlock(count)


class CountedBlock:
    """A block whose queries are counted.

    It yields their names so far, in their order, such as "shop.order_by_id".
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._made: list[str] = []
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> list[str]:
        # The ways that a call can take.
        for repository in (Repository, AsyncRepository):
            self._note(repository, "_ask")
            self._note(repository, "_stream")
        for module in (sync_calls, async_calls):
            self._note(module, "bulk")  # which is not called where there are no rows
        self._note(Batch, "__exit__")
        self._note(AsyncBatch, "__aexit__")
        return self._made

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        __tracebackhide__ = True
        self._patch.undo()
        if kind is None and len(self._made) != self._count:
            raise AssertionError(self._report())

    def _note(self, owner: object, name: str) -> None:
        """Has a function note the queries that it is called with."""
        function: Callable[..., Any] = getattr(owner, name)

        @wraps(function)
        def noting(*arguments: Any, **keywords: Any) -> Any:
            self._made.extend(_labels(arguments))
            return function(*arguments, **keywords)

        self._patch.setattr(owner, name, noting)

    def _report(self) -> str:
        expected = "1 query" if self._count == 1 else f"{self._count} queries"
        times = Counter(self._made).items()
        lines = [name if number == 1 else f"{name}, {number} times" for name, number in times]
        made = len(self._made)
        return "\n  ".join([f"expected {expected}, and there were {made}", *lines])


def _labels(arguments: tuple[Any, ...]) -> list[str]:
    owner, first = arguments[:2]
    if isinstance(owner, Batch | AsyncBatch):
        # A block that is left by an exception sends nothing.
        asked: list[Asked] = owner._asked if first is None else []  # noqa: SLF001
        return [each.query.label for each in asked]
    if isinstance(first, Statement):
        return [f"{owner._queries.domain}.{first.name}"]  # noqa: SLF001
    return [argument.label for argument in arguments if isinstance(argument, Prepared)]
