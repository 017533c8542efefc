"""Measures whether the cost of shipped statements stays flat as there is more and more data.

Calls are what a driver sends: a prepared statement, binary results, over libpq, nothing decoded.
A turn is ten calls, so that none is mostly measured on processor caches that another one has just
filled.
"""

from __future__ import annotations

import itertools
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import harness
import psycopg
from psycopg.pq import ExecStatus
from results import Target, Work

from pgrepo.sqlfiles.variants import Choice

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pgrepo.sqlfiles.library import LoadedQuery

FLAT_AT_MOST = 1.5
SIZES = ("1x", "10x", "100x")


@dataclass(frozen=True)
class Contestant:
    """A statement prepared on a connection of its own, and the arguments of its calls in turn."""

    name: str
    connection: psycopg.Connection[Any]
    arguments: Iterator[Sequence[Any]]  # bytes and None, which psycopg does not own up to
    rows: int

    def run(self) -> float:
        """One call, µs."""
        arguments = next(self.arguments)
        started = time.perf_counter()
        result = self.connection.pgconn.exec_prepared(b"contestant", arguments, None, 1)
        taken = time.perf_counter() - started
        assert result.status == ExecStatus.TUPLES_OK, result.error_message
        assert result.ntuples == self.rows, (self.name, result.ntuples)
        return taken * 1e6


def variant(
    query: LoadedQuery, given: Collection[str] = (), order: str | None = None
) -> tuple[str, list[str]]:
    """The variant with these optional parameters and no others, and the name of each $n."""
    absent = frozenset(
        number
        for number, option in enumerate(query.variants.options)
        if not set(option.parameters) & set(given)
    )
    chosen = query.variants.variant(query.sql, query.positions, Choice(absent, order))
    return chosen.sql, [query.positions[number] for number in chosen.kept]


def enter(
    name: str, url: str, query: LoadedQuery, order: str | None, rows: int, **given: Sequence[object]
) -> Contestant:
    """Connects and prepares; each parameter takes its values in turn, all at the same pace."""
    text, names = variant(query, given, order)
    return prepare(name, url, text, zip(*(given[name] for name in names), strict=True), rows)


def prepare(
    name: str, url: str, statement: str, calls: Iterable[Sequence[object]], rows: int
) -> Contestant:
    """Connects and prepares a statement for calls with these arguments, again and again."""
    connection = psycopg.connect(url, autocommit=True)
    result = connection.pgconn.prepare(b"contestant", statement.encode())
    assert result.status == ExecStatus.COMMAND_OK, result.error_message
    texts = [[None if value is None else str(value).encode() for value in call] for call in calls]
    return Contestant(name, connection, itertools.cycle(texts), rows)


def measure(entrants: Sequence[Contestant], rounds: int) -> list[float]:
    """The median time of each, µs.

    They take turns, so that a disturbance strikes all alike.
    """
    times: list[list[float]] = [[] for _ in entrants]
    for round_number in range(rounds + 5):
        for entrant, kept in zip(entrants, times, strict=True):
            turn = [entrant.run() for _ in range(10)]
            if round_number >= 5:  # the first five warm up
                kept.extend(turn)
    return [statistics.median(taken) for taken in times]


def works(
    heats: dict[str, list[Contestant]], rounds: int, *, free: Collection[str] = ()
) -> list[Work]:
    """Measures each call at its three sizes.

    Args:
        heats: of each call the contestants, smallest data first.
        rounds: turns of ten calls each.
        free: the calls that have no target.
    """
    found = []
    for call, entrants in heats.items():
        medians = measure(entrants, rounds)
        work = Work(call, "µs a call", dict(zip(SIZES, medians, strict=True)))
        if call not in free:
            ratio = medians[-1] / medians[0]
            work.targets.append(Target("its time at 1x", ratio, at_most=FLAT_AT_MOST))
        found.append(work)
    return found


def report(
    options: Namespace, heats: dict[str, list[Contestant]], *, free: Collection[str] = ()
) -> int:
    """Measures, closes the connections and reports; returns the exit status."""
    entrants = [entrant for each in heats.values() for entrant in each]
    found = works(heats, options.rounds, free=free)
    version = entrants[0].connection.info.server_version
    close(entrants)
    return harness.finish(options, version, found)


def close(entrants: Iterable[Contestant]) -> None:
    """Closes all connections."""
    for entrant in entrants:
        entrant.connection.close()
