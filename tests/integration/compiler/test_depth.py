"""Statements as deep as nobody writes them: the work must not double with every level.

There is no clock here; if it did double, these tests would not end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.model import Cardinality

if TYPE_CHECKING:
    from .laboratory import Laboratory

_NAMES = [f"c{number}" for number in range(12)]


def _columns(prefix: str, suffix: str = "") -> str:
    return ", ".join(f"{prefix}{name}{suffix}" for name in _NAMES)


def test_recursive_queries_over_each_other(newest: Laboratory) -> None:
    """Ten of them, each of twelve columns and over the one before."""
    ones = ", ".join("1" for _ in _NAMES)
    items = [f"r0 ({_columns('')}) AS (SELECT {ones})"]
    for number in range(1, 11):
        before, own = f"r{number - 1}", f"r{number}"
        turn = f"SELECT {_columns('x.', ' + 1')} FROM {own} AS x WHERE x.c0 < 2"
        items.append(
            f"{own} ({_columns('')}) AS (SELECT {_columns('')} FROM {before} UNION {turn})"
        )
    sql = f"WITH RECURSIVE {', '.join(items)} SELECT {_columns('r10.')} FROM r10"
    query = newest.analyse(sql)
    assert not any(column.nullable for column in query.columns)
    newest.witness(sql)


def test_nested_choices(newest: Laboratory) -> None:
    """CASE and COALESCE inside each other, of numbers and of documents."""
    number, document = "x", "json_build_object('x', x)"
    for level in range(40):
        number = f"CASE WHEN x > {level} THEN COALESCE({number}, 1) ELSE {level} END"
        document = f"COALESCE(CASE WHEN n > {level} THEN {document} END, json_build_object('x', x))"
    sql = f"SELECT {number} AS number, {document} AS document FROM a"
    query = newest.analyse(sql)
    assert [column.nullable for column in query.columns] == [False, False]
    assert query.columns[1].json is not None
    newest.witness(sql)


def test_nested_sub_queries(newest: Laboratory) -> None:
    """Sub-queries used twice, inside each other: PostgreSQL's own tree is what doubles."""
    sql = "SELECT n FROM a"
    for level in range(6):
        sql = f"SELECT l.n FROM ({sql}) AS l LEFT JOIN ({sql}) AS r ON r.n = l.n + {level} LIMIT 1"
    query = newest.analyse(sql)
    assert (query.columns[0].nullable, query.cardinality) == (False, Cardinality.ZERO_OR_ONE)
