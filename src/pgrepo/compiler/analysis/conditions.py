"""Conditions taken apart: what stands between AND, what equals what, what an array holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.choices import strip_relabel
from pgrepo.compiler.analysis.nodes import constant_bytes

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


def array_elements(array: Node) -> list[Node] | None:
    """The expressions of `ARRAY[…]` or of `IN (…)`; None where they are not written out."""
    array = strip_relabel(array)
    # An array of arrays may have a NULL, or nothing, inside one of them.
    is_list = array.tag in {"ARRAYEXPR", "ARRAY"} and not array.flag("multidims")
    return array.items("elements") if is_list else None


def surely_has_element(array: Node) -> bool:
    """Whether an array is there and not empty."""
    return bool(array_elements(array)) or _array_header(array)[0] > 0


def surely_without_null(array: Node) -> bool:
    """Whether an array is a literal in which there is no NULL."""
    dimensions, offset = _array_header(array)
    return dimensions >= 0 and offset == 0


def _array_header(array: Node) -> tuple[int, int]:
    """The number of dimensions of a literal, and where its data begin if it has NULLs, or 0.

    That is how the server holds an array (ArrayType in src/include/utils/array.h); -1 dimensions
    for what is no such literal.
    """
    array = strip_relabel(array)
    data = constant_bytes(array) if array.tag == "CONST" else None
    if data is None or array.get("constlen") != "-1" or len(data) < 12:
        return -1, 0
    if data[0] & 1:  # a short header, which no literal has
        return -1, 0
    return int.from_bytes(data[4:8], "little"), int.from_bytes(data[8:12], "little")
