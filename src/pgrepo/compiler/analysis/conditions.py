"""Conditions taken apart: what stands between AND, and which column equals what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.choices import strip_relabel

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.nodes import Node


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """`column = other column`: the operator, the first column's number, the second as a VAR."""

    operator: int
    attno: int
    other: Node


def conjuncts(node: Node | None) -> list[Node]:
    """The conditions that must all be true."""
    if node is None:
        return []
    if node.tag == "BOOLEXPR" and node["boolop"] == "and":
        return [part for item in node.items("args") for part in conjuncts(item)]
    return [node]


def column_pair(condition: Node, index: int) -> ColumnPair | None:
    """Reads `entry.column <operator> other.column`, whichever way round it is written."""
    if condition.tag != "OPEXPR" or len(condition.items("args")) != 2:
        return None
    left, right = (strip_relabel(side) for side in condition.items("args"))
    if any(side.tag != "VAR" or side.integer("varlevelsup") != 0 for side in (left, right)):
        return None
    for one, other in ((left, right), (right, left)):
        if one.integer("varno") == index and other.integer("varno") != index:
            return ColumnPair(condition.integer("opno"), one.integer("varattno"), other)
    return None
