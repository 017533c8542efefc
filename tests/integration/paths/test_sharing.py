"""Threads and tasks that share a connection, on every way to the server: each its own answer."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection, Connection

from pgrepo.runtime._async import wire as async_wire
from pgrepo.runtime._sync import wire

from ._async.questions import EVERY, INVERSE, NUMBERS, ask
from ._async.questions import assert_clean as assert_async_clean
from ._sync.questions import assert_clean

if TYPE_CHECKING:
    from collections.abc import Sequence

_ECHO = ask("SELECT $1, pg_sleep($2) IS NULL", "int4", "float8", name="echo")
_CALLS = 60


def expected(number: int) -> Sequence[tuple[Any, ...]]:
    """What a caller must get."""
    if number % 3 == 0:
        return [(number, False)]
    return [] if number % 3 == 1 else [(n, f"n{n}") for n in range(1, number + 1)]


@EVERY
async def test_tasks(where: dict[str, Any]) -> None:
    """Tasks ask on one connection at the same time, in a transaction too; some ask in vain."""
    async with await AsyncConnection.connect(**where, autocommit=True) as connection:

        async def call(number: int) -> Sequence[tuple[Any, ...]]:
            if number % 3 == 0:
                return await async_wire.fetch(connection, _ECHO, (number, 0.001))
            if number % 3 == 1:
                try:
                    await async_wire.fetch(connection, INVERSE, (0,))
                except psycopg.errors.DivisionByZero:
                    return []
            return await async_wire.fetch(connection, NUMBERS, (number,))

        answers = await asyncio.gather(*map(call, range(_CALLS)))
        assert answers == list(map(expected, range(_CALLS)))
        async with connection.transaction():
            numbers = [number for number in range(_CALLS) if number % 3 != 1]
            answers = await asyncio.gather(*map(call, numbers))
        assert answers == list(map(expected, numbers))
        await assert_async_clean(connection)


@EVERY
def test_threads(where: dict[str, Any]) -> None:
    """Threads ask on one connection at the same time, in a transaction too; some ask in vain."""
    with Connection.connect(**where, autocommit=True) as connection, ThreadPoolExecutor(8) as pool:

        def call(number: int) -> Sequence[tuple[Any, ...]]:
            if number % 3 == 0:
                return wire.fetch(connection, _ECHO, (number, 0.001))
            if number % 3 == 1:
                try:
                    wire.fetch(connection, INVERSE, (0,))
                except psycopg.errors.DivisionByZero:
                    return []
            return wire.fetch(connection, NUMBERS, (number,))

        assert list(pool.map(call, range(_CALLS))) == list(map(expected, range(_CALLS)))
        with connection.transaction():
            numbers = [number for number in range(_CALLS) if number % 3 != 1]
            assert list(pool.map(call, numbers)) == list(map(expected, numbers))
        assert_clean(connection)
