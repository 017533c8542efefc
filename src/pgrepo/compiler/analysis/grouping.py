"""Groups: whether there are any, and whether every one has a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.nodes import Node

# GroupingSetKind, src/include/nodes/parsenodes.h: (), (a, b), ROLLUP, CUBE, GROUPING SETS.
_EMPTY, _SIMPLE, _ROLLUP, _CUBE, _SETS = range(5)


def groups_have_rows(query: Node) -> bool:
    """Whether what an aggregate is computed of has at least one row.

    The empty grouping set is one group of all rows, also where there are none.
    """
    sets = query.items("groupingSets")
    if sets:
        return not all(map(_has_empty_set, sets))  # several are combined with each other
    return bool(query.items("groupClause"))


def _has_empty_set(item: Node) -> bool:
    kind = item.integer("kind")
    if kind == _SETS:
        return any(map(_has_empty_set, item.items("content")))
    return kind != _SIMPLE


def is_one_group(query: Node) -> bool:
    """Whether all rows are one group, also where there are none: aggregates without GROUP BY."""
    grouped = query.items("groupClause") or query.items("groupingSets")
    return not grouped and (query.flag("hasAggs") or query.node("havingQual") is not None)


def always_groups(item: Node, reference: int) -> bool:
    """Whether every set that an item of GROUP BY stands for holds the expression."""
    kind = item.integer("kind")
    if kind == _SETS:
        return all(always_groups(part, reference) for part in item.items("content"))
    return kind == _SIMPLE and reference in item.integers("content")
