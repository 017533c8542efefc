# Derived from src/pgrepo/runtime/_async/batch.py by tools/async_to_sync.py: do not edit.
"""Calls that are collected, and then made together."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from pgrepo.errors import BatchError, UsageError
from pgrepo.runtime._sync import wire
from pgrepo.runtime._sync.cached import Call, stale_slots
from pgrepo.runtime._sync.repository import Repository
from pgrepo.runtime.batches import Method, Noted, P, Pending, T, sync_outcome
from pgrepo.runtime.pipelined import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from pgrepo.runtime._sync.sources import Connections
    from pgrepo.runtime.library import QueryLibrary
    from pgrepo.runtime.statement import Statement


class Batch:
    """Collects calls of one domain, and makes them in one round trip when its block ends.

    ```python
    with shop.batch() as batch:
        order = batch.add(shop.orders.order_by_id, order_id=order_id)
        lines = batch.add(shop.orders.lines_of_order, order_id=order_id)
    print(order.result(), lines.result())
    ```

    They are one transaction, or part of the one that the domain is bound to. If PostgreSQL refuses
    one, leaving the block raises its error, no other call has a result, and nothing is committed.
    A block that is left by an exception sends nothing, and so does an empty one. Nothing in it is
    answered from a cache.
    """

    def __init__(self, source: Connections, queries: QueryLibrary, *, commit: bool) -> None:
        self._source = source
        self._queries = queries
        self._commit = commit
        self._turns: list[_Turn] = []
        self._ended = False

    def add(self, method: Method[P, T], *args: P.args, **kwargs: P.kwargs) -> Pending[T]:
        """Adds a call, to be made after those that were added before.

        Args:
            method: a method of one of the domain's repositories, not called.
            args: its arguments.
            kwargs: its arguments.

        Raises:
            UsageError: the batch has ended, or no such call can be made in it: one of another
                domain, a stream, rows of a bulk call.
        """
        if self._ended:
            raise UsageError("this batch has ended: make another one")
        turn = _Turn(self._repository(method))
        function: Callable[..., Any] = method.__func__  # type: ignore[attr-defined]
        call = partial(function, turn.stand_in, *args, **kwargs)
        try:
            sync_outcome(call())
        except Noted:
            assert turn.asked is not None
            self._turns.append(turn)
            return Pending(turn.asked, partial(turn.replay, call))
        raise UsageError(f"{_name(method)} runs no query, so there is nothing to batch")

    def _repository(self, method: Callable[..., object]) -> Repository:
        repository = getattr(method, "__self__", None)
        if not isinstance(repository, Repository):
            raise UsageError(
                "batch.add() takes a method of a repository and its arguments, such as "
                f"batch.add(shop.orders.order_by_id, order_id=1), and not {_name(method)}"
            )
        # They are the batch's own names for what a repository keeps to itself.
        same = repository._source is self._source and repository._queries is self._queries  # noqa: SLF001
        if not same:
            raise UsageError(
                f"{_name(method)} belongs to another domain than this batch, or to another "
                "transaction, scope or connection: take the batch and its calls from the same one"
            )
        return repository

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended = True
        if raised is not None:
            self._leave("its batch was left by an exception, and not sent", raised)
            return
        if not self._turns:
            return
        try:
            observer = self._source.observer
            with nullcontext() if observer is None else observer.batch(len(self._turns)):
                self._source.together(self._asked, commit=self._commit)
        except BaseException as error:
            blamed = next((each for each in self._asked if each.error is error), None)
            culprit = "its batch" if blamed is None else f"{blamed.query.label} in its batch"
            self._leave(f"{culprit} has failed", error)
            raise
        finally:
            # Also after an error, for COMMIT may have taken place all the same.
            if self._source.cache is not None:
                self._source.forget([slot for turn in self._turns for slot in turn.stale()])
        for each in self._asked:
            each.done = True

    @property
    def _asked(self) -> list[Asked]:
        return [turn.asked for turn in self._turns if turn.asked is not None]

    def _leave(self, why: str, error: BaseException) -> None:
        for each in self._asked:
            each.done = True
            if each.error is None:
                each.error = BatchError(f"{each.query.label} has no result, because {why}")
                each.error.__cause__ = error


class _Turn:
    """What stands in for a repository while one of its methods is called.

    Attributes:
        stand_in: the repository, as far as the method can see.
        asked: what the method has asked for.
    """

    def __init__(self, repository: Repository) -> None:
        self.asked: Asked | None = None
        self._call: Call | None = None
        self._queries = repository._queries  # noqa: SLF001 - as above
        self._answered = False
        self.stand_in = stand_in = object.__new__(type(repository))
        instead = {"_run": self._run, "_bulk": _refuse_bulk, "_stream": _refuse_stream}
        stand_in.__dict__.update(repository.__dict__, **instead)

    def replay(self, call: Callable[[], Any]) -> Any:
        """Calls the method again, now that there is an answer."""
        self._answered = False
        return sync_outcome(call())

    def stale(self) -> list[str]:
        """Names the kept answers that the call has made old."""
        assert self._call is not None
        assert self.asked is not None
        caching = self._call.statement.caching
        if not isinstance(caching, tuple):
            return []
        answer = self.asked.answer
        return stale_slots(self._call, caching, answer if isinstance(answer, list) else ())

    def _run(
        self,
        run: Callable[..., Any],
        statement: Statement[Any],
        values: Sequence[object],
        order_by: str | None,
    ) -> Any:
        if self.asked is None:
            query, given = self._queries.choose(statement, values, order_by)
            self._call = Call(statement, query, values)
            self.asked = Asked(query, given, counts=run is wire.affect)
            raise Noted
        if self._answered:
            raise UsageError(
                f"{self.asked.query.label} is only the first query of this method: in a batch, "
                "add a call for each query"
            )
        self._answered = True
        return self.asked.take()


def _name(method: Callable[..., object]) -> str:
    return getattr(method, "__qualname__", type(method).__name__)


def _refuse_bulk(*_: object) -> Any:
    raise UsageError("rows of a bulk call are sent as they come, and not in a batch: call it")


def _refuse_stream(*_: object, **__: object) -> Any:
    raise UsageError(
        "a stream fetches its rows page by page, and not in a batch: add the method without "
        "stream_, or call it"
    )
