"""Which values a CHECK constraint allows: `status IN ('draft', …)`, read from its stored tree."""

from __future__ import annotations

from dataclasses import dataclass

from pgrepo.compiler.analysis.nodes import Node, constant_text, read_tree

# texteq: any other equality may hold between texts that differ, such as 'a' and 'a ' of bpchar.
_TEXT_EQUALITY = 98
_CASTS = {
    "RELABELTYPE": "arg",
    "COERCEVIAIO": "arg",
    "ARRAYCOERCEEXPR": "arg",
    "COERCETODOMAIN": "arg",
    "COLLATEEXPR": "arg",
}


@dataclass(frozen=True, slots=True)
class AllowedValues:
    """A column (by number) and the only texts it may hold."""

    attnum: int
    values: tuple[str, ...]


def strip_casts(node: Node) -> Node:
    """The expression below any number of casts that keep a text's value."""
    while node.tag in _CASTS and isinstance(node.get(_CASTS[node.tag]), Node):
        node = node[_CASTS[node.tag]]
    return node


def strip_relabel(node: Node) -> Node:
    """The expression below casts that change nothing but the type's name."""
    while node.tag == "RELABELTYPE":
        node = node["arg"]
    return node


def allowed_values(
    tree: str, loose_collations: frozenset[int] = frozenset()
) -> AllowedValues | None:
    """Reads a CHECK constraint of the form `column IN (texts)`; None for any other.

    Args:
        tree: `pg_constraint.conbin`.
        loose_collations: those under which different texts are equal.
    """
    node = read_tree(tree)
    if not isinstance(node, Node) or node.tag != "SCALARARRAYOPEXPR" or not node.flag("useOr"):
        return None
    if node.integer("opno") != _TEXT_EQUALITY or node.integer("inputcollid") in loose_collations:
        return None
    args = node.items("args")
    if len(args) != 2:
        return None
    column, array = strip_relabel(args[0]), strip_casts(args[1])
    if column.tag != "VAR" or array.tag != "ARRAYEXPR":
        return None
    values = [constant_text(strip_casts(item)) for item in array.items("elements")]
    texts = tuple(value for value in values if value is not None)
    if not texts or len(texts) != len(values):
        return None
    return AllowedValues(column.integer("varattno"), texts)
