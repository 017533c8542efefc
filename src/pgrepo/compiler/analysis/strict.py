"""Which columns a condition proves not null.

A strict operator or function answers NULL when an argument is NULL, and a row is kept only where
the condition is true; so `a.x = b.y` that was true had neither side NULL.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.nodes import Node


class VarKey(NamedTuple):
    """A column of the query's own level, with the outer joins below the place it is read at."""

    varno: int
    attno: int
    nulling: frozenset[int]


Proved = frozenset[VarKey]
_NOTHING: Proved = frozenset()
_PASSING = frozenset({"RELABELTYPE", "ARRAYCOERCEEXPR", "COLLATEEXPR", "CONVERTROWTYPEEXPR"})


class StrictReader:
    """Reads conditions.

    Args:
        catalog: tells which functions are strict.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def if_true(self, node: Node | None) -> Proved:
        """The columns that are not null where the condition is true."""
        if node is None:
            return _NOTHING
        if node.tag == "BOOLEXPR":
            parts = node.items("args")
            match node["boolop"]:
                case "and":
                    return _union(self.if_true(part) for part in parts)
                case "or":
                    return _intersection(self.if_true(part) for part in parts)
                case _:
                    return self.if_false(parts[0])
        if node.tag == "NULLTEST":
            is_not_null = node.integer("nulltesttype") == 1
            plain = is_not_null and not node.flag("argisrow")
            return self.if_not_null(node.node("arg")) if plain else _NOTHING
        if node.tag == "BOOLEANTEST":
            return self._boolean_test(node)
        if node.tag == "SCALARARRAYOPEXPR":
            return self._any_of(node)
        return self.if_not_null(node)

    def if_false(self, node: Node | None) -> Proved:
        """The columns that are not null where the condition is false (not: unknown)."""
        if node is not None and node.tag == "BOOLEXPR":
            parts = node.items("args")
            match node["boolop"]:
                case "and":
                    return _intersection(self.if_false(part) for part in parts)
                case "or":
                    return _union(self.if_false(part) for part in parts)
                case _:
                    return self.if_true(parts[0])
        if node is not None and node.tag == "NULLTEST":
            is_null = node.integer("nulltesttype") == 0
            plain = is_null and not node.flag("argisrow")
            return self.if_not_null(node.node("arg")) if plain else _NOTHING
        if node is not None and node.tag in {"BOOLEANTEST", "SCALARARRAYOPEXPR"}:
            return _NOTHING
        return self.if_not_null(node)

    def if_not_null(self, node: Node | None) -> Proved:
        """The columns that are not null where the expression is not null."""
        if node is None:
            return _NOTHING
        if node.tag == "VAR":
            key = VarKey(
                node.integer("varno"), node.integer("varattno"), node.integers("varnullingrels")
            )
            return frozenset({key}) if node.integer("varlevelsup") == 0 else _NOTHING
        if node.tag in {"OPEXPR", "FUNCEXPR"}:
            return self._strict_arguments(node)
        if node.tag in _PASSING:
            return self.if_not_null(node.node("arg"))
        return _NOTHING

    def _strict_arguments(self, node: Node) -> Proved:
        oid = node.integer("opfuncid" if node.tag == "OPEXPR" else "funcid")
        function = self._catalog.functions.get(oid)
        if function is None or not function.strict or node.flag("funcretset"):
            return _NOTHING
        return _union(self.if_not_null(argument) for argument in node.items("args"))

    def _boolean_test(self, node: Node) -> Proved:
        argument = node.node("arg")
        match node.integer("booltesttype"):
            case 0:  # IS TRUE
                return self.if_true(argument)
            case 2:  # IS FALSE
                return self.if_false(argument)
            case 5:  # IS NOT UNKNOWN
                return self.if_not_null(argument)
            case _:
                return _NOTHING

    def _any_of(self, node: Node) -> Proved:
        # `x <> ALL ('{}')` is true for a NULL x, `x = ANY (…)` never is.
        function = self._catalog.functions.get(node.integer("opfuncid"))
        if not node.flag("useOr") or function is None or not function.strict:
            return _NOTHING
        return _union(self.if_not_null(argument) for argument in node.items("args"))


def _union(sets: Iterable[Proved]) -> Proved:
    return frozenset().union(*sets)


def _intersection(sets: Iterable[Proved]) -> Proved:
    return reduce(frozenset.intersection, list(sets))
