"""Small instances of the random schema, by the hundred: what a search over data looks at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Instance = dict[str, list[dict[str, Any]]]

_TEXTS = ("", "a", "b", "ab", "a0")


@dataclass(frozen=True)
class _Kind:
    """How random rows are drawn.

    Attributes:
        sizes: how many rows a table has.
        numbers: what an integer may be.
        null: how often a nullable column is NULL.
        same: how often a number is the row's own key, so that everything matches.
    """

    sizes: tuple[int, ...]
    numbers: tuple[int, ...]
    null: float
    same: float = 0.0


_KINDS = (
    _Kind((2, 3, 4), (0, 1, 2, 3), 0.3),
    _Kind((1, 2), (0, 1), 0.5),
    _Kind((3, 5), (0, 1, 2), 0.1),
    _Kind((0, 1, 2), (0, 1, 2), 0.4),
    _Kind((1, 2, 3), (1,), 0.0),
    _Kind((2, 4), (0, 1, 2, 3), 0.9),
    _Kind((1,), (-1, 0, 1, 2, 3), 0.4),
    _Kind((0, 3), (0, 1, 9), 0.3),
    _Kind((3, 4), (-3, 0, 1, 2, 5, 12), 0.2),
    _Kind((1, 2, 3), (0, 1, 2), 0.1, same=0.7),
    _Kind((1, 2), (0, 1, 2, 3), 0.3, same=0.8),
)


def instances(seed: int) -> Iterator[Instance]:
    """Instances without end: random ones of every kind in turn, the systematic ones between."""
    random = Random(seed)  # noqa: S311 (test data)
    systematic = _systematic()
    while True:
        for kind in _KINDS:
            yield _drawn(random, kind)
        if (instance := next(systematic, None)) is not None:
            yield instance


def _systematic() -> Iterator[Instance]:
    """No rows, and at most one row a table with NULL or not in every nullable column."""
    yield {}
    for key, null_numbers, null_texts in product((0, 1), (True, False), (True, False)):
        number, text = None if null_numbers else key, None if null_texts else "a"
        full = _instance(
            t1=[(key, key, number, text)],
            t2=[(key, number, key, number, text or "")],
            t3=[(key, key, number)],
            t4=[(number, text)],
            t5=[(key, key, number)],
        )
        yield full
        for table in ("t1", "t2", "t3", "t4", "t5"):
            emptied = {table} | ({"t5"} if table == "t1" else set())
            yield {name: rows for name, rows in full.items() if name not in emptied}


def _drawn(random: Random, kind: _Kind) -> Instance:
    def number(key: int, null: float = kind.null) -> int | None:
        if random.random() < null:
            return None
        return key if random.random() < kind.same else random.choice(kind.numbers)

    def text(null: float = kind.null) -> str | None:
        return None if random.random() < null else random.choice(_TEXTS)

    def keys() -> list[int]:
        # The fewer there are to choose from, the more often two tables have the same.
        values = [0, 1, 2] if kind.same else sorted({*kind.numbers, 0, 1, 2, 3, 4})
        return random.sample(values, min(random.choice(kind.sizes), len(values)))

    ids, pairs = keys(), list(product(range(3), range(2)))
    return _instance(
        t1=[(key, number(key, 0), number(key), text()) for key in ids],
        t2=[
            (key, number(key), number(key, 0), x, text(0))
            for key, x in _with_unique(keys(), number, random)
        ],
        t3=[(n, m, number(n)) for n, m in random.sample(pairs, random.choice(kind.sizes))],
        t4=[(number(key), text()) for key in range(random.choice(kind.sizes))],
        t5=[(key, _of(ids, key, random), number(key)) for key in keys() if ids],
    )


def _with_unique(
    keys: list[int], number: Callable[[int], int | None], random: Random
) -> Iterator[tuple[int, int | None]]:
    """Each key with a value that no other has."""
    used: set[int | None] = set()
    for key in keys:
        value = number(key)
        if value in used and value is not None:
            value = random.choice([None, -5 - key])
        used.add(value)
        yield key, value


def _of(ids: list[int], key: int, random: Random) -> int:
    """A key of another table, the same if it is there."""
    return key if key in ids and random.random() < 0.5 else random.choice(ids)


_NAMES = {
    "t1": ("id", "n", "x", "s"),
    "t2": ("id", "t1_id", "n", "x", "s"),
    "t3": ("n", "m", "x"),
    "t4": ("x", "s"),
    "t5": ("id", "t1_id", "x"),
}


def _instance(**tables: list[tuple[Any, ...]]) -> Instance:
    return {
        table: [dict(zip(_NAMES[table], row, strict=True)) for row in rows]
        for table, rows in tables.items()
    }


def documents(seed: int, count: int) -> list[str]:
    """So many instances as JSON."""
    found = instances(seed)
    return [json.dumps(next(found)) for _ in range(count)]
