"""Whole statements, and the queries inside them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from .expressions import Col, Random, Scope, condition, integer
from .relations import from_clause, keyed
from .selects import aggregates, limit, select, where
from .writes import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .selects import Typed


@st.composite
def statements(draw: Any, *, version: int) -> str:
    """A statement over the random schema."""
    random = Random(draw, _for_expression, query)
    if random.chance(15):
        return write(random, version)
    return query(random, ())[0]


def query(random: Random, outer: tuple[Col, ...]) -> Typed:
    """A query of any form."""
    with _deeper(random):
        form = random.pick(["select"] * 12 + ["with"] * 2 + ["set"] * 2 + ["keyed"] * 3)
        if form == "with":
            return _with(random, outer)
        if form == "set":
            return _set_operation(random, outer)
        return _keyed(random, outer) if form == "keyed" else select(random, outer)


@contextmanager
def _deeper(random: Random) -> Iterator[None]:
    ctes = random.ctes
    random.level += 1
    yield
    random.level -= 1
    random.ctes = ctes


def _for_expression(random: Random, outer: tuple[Col, ...], kind: str) -> str:
    with _deeper(random):
        if kind == "any":
            return select(random, outer)[0]
        if kind == "column":
            return select(random, outer, ("int",))[0]
        return f"({_scalar(random, outer)})"


def _scalar(random: Random, outer: tuple[Col, ...]) -> str:
    """A query of one column and at most one row."""
    form = random.pick(["plain", "one", "limit", "aggregate", "aggregate"])
    if form == "plain":
        condition_ = f" WHERE {condition(random, Scope((), outer))}" if random.chance(30) else ""
        return f"SELECT {integer(random, Scope((), outer))}{condition_}"
    relation = from_clause(random, outer)
    if form == "aggregate":
        value = aggregates(relation)(random, Scope((), outer, None, 1))
        value = f"COALESCE({value}, 0)" if random.chance(40) else value
        return f"SELECT {value} FROM {relation.sql}{where(random, relation, outer)}"
    value = integer(random, Scope(relation.cols, outer))
    if form == "one" and relation.keys:
        key = f"{random.pick(relation.keys)} = {integer(random, Scope((), outer, None, 0))}"
        return f"SELECT {value} FROM {relation.sql} WHERE {key} LIMIT 1"
    return f"SELECT {value} FROM {relation.sql}{where(random, relation, outer)} LIMIT 1"


def _keyed(random: Random, outer: tuple[Col, ...]) -> Typed:
    """A query whose sources are tied to each other by their keys: is it one row?"""
    relation, ties = keyed(random, outer)
    integers = [col.ref for col in relation.cols if col.type == "int"]
    tied = f" WHERE {' AND '.join(ties)}" if ties else ""
    return f"SELECT {random.pick(integers)} AS {random.name('o')} FROM {relation.sql}{tied}", (
        "int",
    )


def _with(random: Random, outer: tuple[Col, ...]) -> Typed:
    items = []
    for _ in range(random.pick([1, 1, 2])):
        name = random.name("w")
        if random.chance(40):
            items.append(f"{name} AS ({_recursive(random, outer, name)})")
            random.ctes = (*random.ctes, (name, ("int", "int", "int")))
        else:
            sql, types = query(random, outer)
            items.append(f"{name} AS {random.pick(['', 'MATERIALIZED '])}({sql})")
            random.ctes = (*random.ctes, (name, types))
    sql, types = select(random, outer)
    if random.chance(40):
        sql, types = f"SELECT * FROM {random.ctes[-1][0]}", random.ctes[-1][1]
    return f"WITH RECURSIVE {', '.join(items)} {sql}", types


def _recursive(random: Random, outer: tuple[Col, ...], name: str) -> str:
    """At most three turns, counted in the first column."""
    first, second = (integer(random, Scope((), outer, None, 0)) for _ in range(2))
    itself = tuple(Col(f"{name}.{letter}", "int") for letter in "pq")
    joined = ""
    if random.chance(40) and not random.is_deep:
        other = from_clause(random, outer)
        on = condition(random, Scope(itself + other.cols, outer, None, 1))
        joined = f" {random.pick(['JOIN', 'LEFT JOIN'])} {other.sql} ON {on}"
        itself += other.cols
    third, fourth = (integer(random, Scope(itself, outer, None, 1)) for _ in range(2))
    every = random.pick(["", "ALL "])
    return (
        f"SELECT 0 AS k, ({first})::int AS p, ({second})::int AS q UNION {every}"
        f"SELECT {name}.k + 1, ({third})::int, ({fourth})::int FROM {name}{joined} "
        f"WHERE {name}.k < 2"
    )


def _set_operation(random: Random, outer: tuple[Col, ...]) -> Typed:
    types = tuple(random.pick(["int", "text"]) for _ in range(random.pick([1, 2])))
    parts = [f"({select(random, outer, types)[0]})" for _ in range(random.pick([2, 2, 3]))]
    sql = parts[0]
    for part in parts[1:]:
        word = random.pick(["UNION", "INTERSECT", "EXCEPT"]) + random.pick(["", " ALL"])
        sql = f"({sql} {word} {part})"
    return sql + limit(random), types
