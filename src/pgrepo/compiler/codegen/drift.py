"""Which queries a generated module is out of date for."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field


@dataclass(slots=True)
class ModuleParts:
    """A generated module taken apart.

    Attributes:
        fingerprints: of the SQL each query was generated from, by query name.
        texts: all that was written for a query (its statement, methods, row class), likewise.
    """

    fingerprints: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def take_apart(text: str) -> ModuleParts:
    """Reads a generated module; what does not parse has no parts."""
    parts = ModuleParts()
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return parts
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    methods: dict[str, list[str]] = {}
    for owner in classes.values():
        for node in owner.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                methods.setdefault(node.name, []).append(ast.unparse(node))
    for node in tree.body:
        call = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not _is_statement(call):
            continue
        assert isinstance(call, ast.Call)
        name, fingerprint = (ast.literal_eval(item) for item in call.args[:2])
        row = next((item.value for item in call.keywords if item.arg == "row"), None)
        row_class = classes.get(row.id) if isinstance(row, ast.Name) else None
        parts.fingerprints[name] = fingerprint
        parts.texts[name] = "\n".join([
            ast.unparse(node),
            *methods.get(name, []),
            *methods.get(f"stream_{name}", []),
            ast.unparse(row_class) if row_class is not None else "",
        ])  # fmt: skip
    return parts


def _is_statement(node: ast.AST | None) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Statement"
        and len(node.args) >= 2
    )


def changed_queries(present: str, wanted: str) -> dict[str, bool]:
    """The queries of which the two modules differ, in alphabetical order.

    Returns:
        By name, whether the query's own SQL is another; if not, its annotations, its comment or
        the schema are.
    """
    old, new = take_apart(present), take_apart(wanted)
    names = sorted(old.texts.keys() | new.texts.keys())
    return {
        name: old.fingerprints.get(name) != new.fingerprints.get(name)
        for name in names
        if old.texts.get(name) != new.texts.get(name)
    }
