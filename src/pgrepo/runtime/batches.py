"""What a call in a batch is: it is made, and its answer is taken, without waiting for anything.

A method of a repository is called twice, each time on a stand-in for its repository. The first
time the stand-in notes which query is to be run, and breaks off; the second time it hands over
the answer that has come meanwhile, of which the method makes what it always makes.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeAlias, TypeVar

from pgrepo.errors import UsageError

if TYPE_CHECKING:
    from pgrepo.runtime.pipelined import Asked

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Method: TypeAlias = Callable[P, T]
"""A method of a repository."""

AsyncMethod: TypeAlias = Callable[P, Coroutine[Any, Any, T]]
"""The same for asyncio."""


class Noted(Exception):
    """Breaks a method off when its query is known."""


class Pending(Generic[T_co]):
    """A call in a batch, whose result is there when the batch has ended."""

    def __init__(self, asked: Asked, replay: Callable[[], T_co]) -> None:
        self._asked = asked
        self._replay = replay
        self._results: list[T_co] = []

    def result(self) -> T_co:
        """Returns what the call would have returned by itself.

        Raises:
            UsageError: the batch has not ended.
            BatchError: another call of the batch has failed, and with it this one.
            DatabaseError: this call has failed.
            RowError: it returned another number of rows than it promises.
        """
        if not self._results:
            if not self._asked.done:
                raise UsageError(
                    f"{self._asked.query.label}: there is no result before the batch has been "
                    "sent, which it is at the end of its block"
                )
            self._results.append(self._replay())
        return self._results[0]


def async_outcome(call: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that waits for nothing, and returns its result."""
    try:
        call.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        call.close()
    name = getattr(call, "__qualname__", "this method")
    raise UsageError(f"{name} waits for more than its query, which a call in a batch cannot do")


def sync_outcome(result: T) -> T:
    """Returns the result of a call, which was run before."""
    return result
