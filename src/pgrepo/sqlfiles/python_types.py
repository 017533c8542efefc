"""Python types, as hand-written files name them."""

from __future__ import annotations

import ast

_TYPE_NODES = (
    ast.Expression,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Tuple,
    ast.List,
    ast.BinOp,
    ast.BitOr,
    ast.UnaryOp,
    ast.USub,
    ast.Constant,
    ast.Load,
)


def is_type(text: str) -> bool:
    """Tells whether a text is a type as it may stand in an annotation."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    if isinstance(tree.body, ast.Constant) and tree.body.value is not None:
        return False
    return all(isinstance(node, _TYPE_NODES) for node in ast.walk(tree))
