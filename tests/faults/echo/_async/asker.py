"""Somebody who asks one question after another, and looks whether each answer is its own."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from .domain import AsyncEcho

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.runtime import AsyncDatabase

_PAGES = 1100
"""More rows than two pages of a stream."""


class AsyncAsker:
    """Somebody who asks.

    Attributes:
        done: how often what was done; "cancelled" and "lost" are calls that PostgreSQL has not
            answered.
        written: the questions whose writing down was acknowledged. Those that begin with "pair"
            are written twice, in one transaction.
    """

    def __init__(self, echo: AsyncEcho, name: str, *, nap: float = 0.003) -> None:
        self.done: Counter[str] = Counter()
        self.written: set[str] = set()
        self._echo = echo
        self._name = name
        self._nap = nap
        self._chance = random.Random(name)  # noqa: S311 - no secret
        self._number = 0
        self._kinds = (
            *(self._ask_one, self._ask_many, self._ask_in_a_scope) * 3,
            self._mark,
            self._mark_in_a_scope,
            self._mark_a_pair,
            self._mark_a_pair_in_a_scope,
            self._read_a_stream,
            self._leave_a_stream,
        )

    async def ask_while(self, going: Callable[[], bool]) -> None:
        """Asks on and on, whatever PostgreSQL breaks off."""
        while going():
            try:
                await self.ask()
            except psycopg.errors.QueryCanceled:
                self.done["cancelled"] += 1
            except psycopg.OperationalError:
                self.done["lost"] += 1

    async def ask(self) -> None:
        """Asks something."""
        self._number += 1
        kind = self._chance.choice(self._kinds)
        await kind(f"{self._name}-{self._number}")
        self.done[kind.__name__] += 1

    async def _ask_one(self, question: str) -> None:
        await self._compare(self._echo, question)

    async def _ask_in_a_scope(self, question: str) -> None:
        await self._compare(self._echo.for_caller(caller=question), question, caller=question)

    async def _ask_many(self, question: str) -> None:
        count = self._chance.randrange(300)
        rows = await self._echo.calls.answers(question=question, count=count)
        expected = [(question, number) for number in range(1, count + 1)]
        assert [(row.question, row.number) for row in rows] == expected

    async def _mark(self, question: str) -> None:
        assert await self._echo.calls.mark(question=question) == question
        self.written.add(question)

    async def _mark_in_a_scope(self, question: str) -> None:
        scoped = self._echo.for_caller(caller=question)
        assert await scoped.calls.mark(question=question) == question
        self.written.add(question)

    async def _mark_a_pair(self, question: str) -> None:
        await self._mark_twice(self._echo, f"pair-{question}")

    async def _mark_a_pair_in_a_scope(self, question: str) -> None:
        question = f"pair-{question}"
        await self._mark_twice(self._echo.for_caller(caller=question), question, caller=question)

    async def _mark_twice(self, echo: AsyncEcho, question: str, caller: str | None = None) -> None:
        async with echo.transaction() as tx:
            assert await tx.calls.mark(question=question) == question
            first = await self._compare(tx, question, caller)
            async with tx.transaction() as savepoint:
                assert await savepoint.calls.mark(question=question) == question
            assert await self._compare(tx, question, caller) == first
        self.written.add(question)

    async def _read_a_stream(self, question: str) -> None:
        stream = self._echo.calls.stream_answers(question=question, count=_PAGES)
        rows = [(row.question, row.number) async for row in stream]
        assert rows == [(question, number) for number in range(1, _PAGES + 1)]

    async def _leave_a_stream(self, question: str) -> None:
        left = self._chance.randrange(1, _PAGES)
        async with self._echo.calls.stream_answers(question=question, count=_PAGES) as stream:
            async for row in stream:
                assert row.question == question
                if row.number == left:
                    break

    async def _compare(self, echo: AsyncEcho, question: str, caller: str | None = None) -> int:
        seconds = self._nap * self._chance.random()
        answer = await echo.calls.answer(question=question, seconds=seconds)
        # A setting that was once set in a session is empty afterwards.
        assert (answer.question, answer.caller or None) == (question, caller)
        return answer.session


async def assert_whole(database: AsyncDatabase, missing: int = 0) -> None:
    """All connections that the pool may have are there, clean, and answer their own question.

    Args:
        database: whose pool it is.
        missing: how many connections are known to be missing.
    """
    async with AsyncExitStack() as stack:
        size = database.pool.max_size - missing
        connections = [await stack.enter_async_context(database.connection()) for _ in range(size)]
        assert len(set(connections)) == size
        for number, connection in enumerate(connections):
            assert connection.info.transaction_status == TransactionStatus.IDLE
            assert connection.info.pipeline_status == PipelineStatus.OFF
            assert not connection.lock.locked()
            question = f"whole-{number}"
            async with AsyncEcho(connection).transaction() as tx:
                answer = await tx.calls.answer(question=question, seconds=0)
            assert (answer.question, answer.caller or None) == (question, None)
