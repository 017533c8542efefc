# Derived from tests/faults/echo/_async/domain.py by tools/async_to_sync.py: do not edit.
"""The domain, as `pgrepo generate` would write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pgrepo.runtime import Domain, QueryLibrary, Repository, Scope, Statement
from pgrepo.sqlfiles.library import load_queries, locate

if TYPE_CHECKING:
    from pgrepo.runtime import Source, Stream

_TEXT, _FLOAT8, _INT4 = 25, 701, 23


@dataclass(slots=True)
class Answer:
    """The row of answer."""

    question: str
    caller: str | None
    session: int
    slept: bool


@dataclass(slots=True)
class Part:
    """A row of answers."""

    question: str
    number: int


class Calls(Repository):
    """The calls."""

    def answer(self, *, question: str, seconds: float) -> Answer:
        """Answers, after a while."""
        return self._one(_ANSWER, question, seconds)

    def answers(self, *, question: str, count: int) -> list[Part]:
        """Answers several times."""
        return self._all(_ANSWERS, question, count)

    def stream_answers(self, *, question: str, count: int) -> Stream[Part]:
        """Answers several times, page by page."""
        return self._stream(_ANSWERS, question, count)

    def mark(self, *, question: str) -> str:
        """Writes the question down."""
        return self._value(_MARK, question)


class Echo(Domain):
    """The domain."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, _QUERIES)
        self.calls = Calls(self)

    def for_caller(self, *, caller: str) -> Self:
        """Asks in somebody's name."""
        return self._scoped(_SCOPE, caller)


_SCOPE = Scope("caller", settings=(("echo.caller", "text"),))
_QUERIES = QueryLibrary("echo", __file__, "queries")
_OF = {name: query.fingerprint for name, query in load_queries(locate(__file__, "queries")).items()}
_ANSWER = Statement[Answer](
    "answer", _OF["answer"], types=(_TEXT, _FLOAT8), row=Answer, read_only=True
)
_ANSWERS = Statement[Part](
    "answers", _OF["answers"], types=(_TEXT, _INT4), row=Part, read_only=True
)
_MARK = Statement[str]("mark", _OF["mark"], types=(_TEXT,))
