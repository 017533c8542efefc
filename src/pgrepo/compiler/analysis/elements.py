"""Which arrays hold no NULL: `CHECK (array_position(tags, NULL) IS NULL)`, from its stored tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.choices import strip_relabel
from pgrepo.compiler.analysis.conditions import conjuncts
from pgrepo.compiler.analysis.nodes import Node, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

_ARRAY_POSITION = 3277  # the one of two arguments: with three, the search may begin further on
_IS_NULL = 0  # of NullTestType


def arrays_without_null(tree: str) -> Iterator[int]:
    """The columns, by number, in whose arrays a CHECK constraint allows no NULL.

    IS NULL is never NULL itself, so that a row for which it is not true is refused.

    Args:
        tree: `pg_constraint.conbin`.
    """
    node = read_tree(tree)
    if isinstance(node, Node):
        for condition in conjuncts(node):
            column = _searched_for_null(condition)
            if column is not None:
                yield column.integer("varattno")


def _searched_for_null(condition: Node) -> Node | None:
    """The column of `array_position(column, NULL) IS NULL`."""
    if condition.tag != "NULLTEST" or condition.integer("nulltesttype") != _IS_NULL:
        return None
    call = condition["arg"]
    if call.tag != "FUNCEXPR" or call.integer("funcid") != _ARRAY_POSITION:
        return None
    array, sought = map(strip_relabel, call.items("args"))
    is_null = sought.tag == "CONST" and sought.flag("constisnull")
    return array if is_null and array.tag == "VAR" else None
