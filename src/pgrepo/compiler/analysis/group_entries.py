"""GROUP BY in the trees of PostgreSQL 16 and 17, brought into the form of 18.

Grouping sets put NULL in place of a grouped expression. 18 says so in the tree: such an expression
is a column of a range-table entry of its own, nulled by that entry. Before, it stands in the tree
as any other, and the planner finds it again by comparing.
"""

from __future__ import annotations

from typing import Any

from pgrepo.compiler.analysis.facts import type_of
from pgrepo.compiler.analysis.grouping import always_groups
from pgrepo.compiler.analysis.nodes import Node

_GROUP = "9"  # RTEKind
# What differs between two expressions that are the same: where they stand, how they were called.
_IRRELEVANT = frozenset({"location", "varnosyn", "varattnosyn", "stmt_location", "stmt_len"})
# These look at the rows of a group, or at the sets themselves: the field that holds their level,
# and the arguments in them that are grouped all the same.
_OF_ROWS = {"AGGREF": ("agglevelsup", "aggdirectargs"), "GROUPINGFUNC": ("agglevelsup", "")}


def add_group_entries(tree: Node) -> None:
    """Adds the entries that 18 has to every query with grouping sets; changes the tree."""
    for query in [node for node in tree.walk() if node.tag == "QUERY"]:
        if query.items("groupingSets") and not query.flag("hasGroupRTE"):
            _Grouped(query).rewrite()


class _Grouped:
    """One query with grouping sets."""

    def __init__(self, query: Node) -> None:
        clauses = {clause.integer("tleSortGroupRef") for clause in query.items("groupClause")}
        targets = [
            target
            for target in query.items("targetList")
            if target.integer("ressortgroupref") in clauses
        ]
        self._query = query
        self._expressions: list[Node] = [target["expr"] for target in targets]
        # In which of them NULL can stand; what every set holds is never replaced.
        self._nulled = [
            not any(
                always_groups(item, target.integer("ressortgroupref"))
                for item in query.items("groupingSets")
            )
            for target in targets
        ]
        self._index = len(query.items("rtable")) + 1

    def rewrite(self) -> None:
        query = self._query
        entry = Node("RANGETBLENTRY", {"rtekind": _GROUP, "groupexprs": self._expressions})
        query.fields["rtable"] = [*query.items("rtable"), entry]
        query.fields["hasGroupRTE"] = "true"
        for target in query.items("targetList"):
            target.fields["expr"] = self._replaced(target["expr"], 0)
        query.fields["havingQual"] = self._replaced(query.get("havingQual"), 0)

    def _replaced(self, value: Any, depth: int) -> Any:
        """An expression with columns of the entry for what is grouped in it.

        Args:
            value: a field's value.
            depth: how many queries below the grouped one it stands.
        """
        if isinstance(value, list):
            return [self._replaced(item, depth) for item in value]
        if not isinstance(value, Node):
            return value
        for number, expression in enumerate(self._expressions, start=1):
            if _is_same(value, expression, depth):
                return self._column(number, expression, depth)
        level, direct = _OF_ROWS.get(value.tag, ("", ""))
        of_rows = bool(level) and value.integer(level) >= depth
        inside = depth + 1 if value.tag == "QUERY" else depth
        for name in [direct] if of_rows else list(value.fields):
            if name in value.fields:
                value.fields[name] = self._replaced(value.fields[name], inside)
        return value

    def _column(self, number: int, expression: Node, depth: int) -> Node:
        return Node(
            "VAR",
            {
                "varno": str(self._index),
                "varattno": str(number),
                "vartype": str(type_of(expression)),
                "varnullingrels": [str(self._index)] if self._nulled[number - 1] else [],
                "varlevelsup": str(depth),
            },
        )


def _is_same(node: Node, expression: Node, depth: int) -> bool:
    """Whether an expression is a grouped one; inside sub-queries only a column can be."""
    if expression.tag != "VAR" or node.tag != "VAR":
        return depth == 0 and _equal(node, expression)
    same = all(node.integer(name) == expression.integer(name) for name in ("varno", "varattno"))
    return same and node.integer("varlevelsup") == expression.integer("varlevelsup") + depth


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Node) and isinstance(other, Node):
        names = one.fields.keys() - _IRRELEVANT
        return (
            one.tag == other.tag
            and names == other.fields.keys() - _IRRELEVANT
            and all(_equal(one.fields[name], other.fields[name]) for name in names)
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
