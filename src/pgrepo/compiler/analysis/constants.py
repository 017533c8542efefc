"""Values that are the same in every run: literals, and what is made of nothing else.

PostgreSQL folds them when it plans, and the tree is printed before that. Only integers, booleans
and texts are computed here, with what means the same in Python.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

from pgrepo.compiler.analysis import total
from pgrepo.compiler.analysis.facts import EXPR_SUBLINK, Known, type_of
from pgrepo.compiler.analysis.nodes import Node, constant_integer, constant_text
from pgrepo.compiler.analysis.scope import Scope
from pgrepo.compiler.analysis.strict import var_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.compiler.analysis.analyser import Analyser

_NULL = Known(None)
# What an expression may consist of that has the same value everywhere.
_CLOSED = frozenset({
    "CONST", "RELABELTYPE", "COERCEVIAIO", "OPEXPR", "FUNCEXPR", "NULLIFEXPR", "COALESCEEXPR",
    "COALESCE", "MINMAXEXPR", "MINMAX", "BOOLEXPR", "NULLTEST", "BOOLEANTEST", "DISTINCTEXPR",
    "SCALARARRAYOPEXPR", "ARRAYEXPR", "ARRAY",
})  # fmt: skip
_NOWHERE = Scope(Node("QUERY", {}), None)
_BOOLEAN, _INTEGERS = 16, frozenset({20, 21, 23})
_TEXTS = frozenset({25, 1043})  # equal where they are the same; of character(n) that is not so

_Table = dict[str, "Callable[..., Any]"]
_EQUALITIES: _Table = {"=": operator.eq, "<>": operator.ne}
_OF_INTEGERS: _Table = {
    **_EQUALITIES, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub, "*": operator.mul,
    "int2": int, "int4": int, "int8": int, "abs": abs,
}  # fmt: skip


def _like(text: str, pattern: str) -> bool | None:
    """What LIKE says; None for a pattern with an escape, or one that takes long to match."""
    if "\\" in pattern or pattern.count("%") > 2:
        return None
    parts = (".*" if sign == "%" else "." if sign == "_" else re.escape(sign) for sign in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


# The order of texts is the collation's business.
_OF_TEXTS: _Table = {
    **_EQUALITIES, "||": operator.add, "textcat": operator.add, "length": len, "text": str,
    "~~": _like,
}  # fmt: skip


class Constants:
    """Finds values that are known."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._catalog = analyser.catalog
        # As in `Expressions`: a scope is kept so that its id stays its own.
        self._found: dict[tuple[int, int], tuple[Scope, Known | None]] = {}
        self._rules: dict[str, Callable[[Node, Scope], Known | None]] = {
            "CONST": self._literal,
            "AGGREF": self._aggregate,
            "RELABELTYPE": self._relabelled,
            "COERCEVIAIO": self._written_out,
            "OPEXPR": self._operator,
            "FUNCEXPR": self._function,
            "NULLIFEXPR": self._nullif,
            "COALESCEEXPR": self._coalesce,
            "COALESCE": self._coalesce,
            "MINMAXEXPR": self._extreme,
            "MINMAX": self._extreme,
            "CASEEXPR": self._case,
            "CASE": self._case,
        }

    def of(self, node: Node, scope: Scope) -> Known | None:
        """The value of an expression; None where it is not known."""
        key = (id(node), id(scope))
        if key not in self._found:
            self._found[key] = (scope, self._of(node, scope))
        return self._found[key][1]

    def literal(self, node: Node) -> Known | None:
        """The value of an expression in which there are literals alone."""
        closed = all(part.tag in _CLOSED for part in node.walk())
        return self.of(node, _NOWHERE) if closed else None

    def _of(self, node: Node, scope: Scope) -> Known | None:
        if node.tag == "VAR" and var_key(node).column in scope.up(node.integer("varlevelsup")).null:
            return _NULL
        is_scalar = node.tag == "SUBLINK" and node.integer("subLinkType") == EXPR_SUBLINK
        if node.tag == "VAR" or is_scalar:
            return self._analyser.fact(node, scope).constant
        if (rule := self._rules.get(node.tag)) is not None:
            return rule(node, scope)
        if type_of(node) == _BOOLEAN and self._analyser.truth.decides(node):
            outcomes = self._analyser.truth.outcomes(node, scope)
            return Known(*outcomes) if len(outcomes) == 1 else None
        return None

    def compare(self, name: str, left: Known | None, right: Known | None) -> Known | None:
        """What a built-in strict operator makes of two values."""
        if _NULL in (left, right):
            return _NULL
        return _computed(name, [left, right])

    def _literal(self, node: Node, _scope: Scope) -> Known | None:
        if node.flag("constisnull"):
            return _NULL
        number = constant_integer(node)
        if number is not None:
            return Known(bool(number & 1) if type_of(node) == _BOOLEAN else number)
        text = constant_text(node) if type_of(node) in _TEXTS else None
        return Known(text) if text is not None else None

    def _aggregate(self, node: Node, scope: Scope) -> Known | None:
        """What an aggregate is of no rows."""
        function = self._catalog.functions.get(node.integer("aggfnoid"))
        if node.integer("agglevelsup") or scope.has_rows is not False:
            return None
        if function is None or not function.builtin:
            return None
        if function.name in total.COUNTING_AGGREGATES:
            return Known(0)
        is_null = function.name in total.TOTAL_AGGREGATES | total.COLLECTING_AGGREGATES
        return _NULL if is_null else None

    def _relabelled(self, node: Node, scope: Scope) -> Known | None:
        known = self.of(node["arg"], scope)
        same = known == _NULL or type_of(node) in _TEXTS
        return known if same else None

    def _written_out(self, node: Node, scope: Scope) -> Known | None:
        """A cast by way of the text form."""
        known = self.of(node["arg"], scope)
        # NULL stays NULL, but for a domain's own conversion.
        if known == _NULL and type_of(node) in _TEXTS | _INTEGERS | {_BOOLEAN}:
            return _NULL
        digits = known is not None and type(known.value) is int and type_of(node) in _TEXTS
        return Known(str(known.value)) if known is not None and digits else None

    def _operator(self, node: Node, scope: Scope) -> Known | None:
        found = self._catalog.operators.get(node.integer("opno"))
        if found is None or not found.builtin or node.flag("opretset"):
            return None
        return self._strict_call(node.integer("opfuncid"), found.name, node, scope)

    def _function(self, node: Node, scope: Scope) -> Known | None:
        found = self._catalog.functions.get(node.integer("funcid"))
        if found is None or not found.builtin or node.flag("funcretset"):
            return None
        return self._strict_call(node.integer("funcid"), found.name, node, scope)

    def _strict_call(self, oid: int, name: str, node: Node, scope: Scope) -> Known | None:
        function = self._catalog.functions.get(oid)
        if function is None or not function.strict:
            return None
        arguments = [self.of(argument, scope) for argument in node.items("args")]
        return _NULL if _NULL in arguments else _computed(name, arguments)

    def _nullif(self, node: Node, scope: Scope) -> Known | None:
        found = self._catalog.operators.get(node.integer("opno"))
        left, right = (self.of(argument, scope) for argument in node.items("args"))
        if found is None or not found.builtin or found.name != "=" or left is None:
            return None
        equal = self.compare("=", left, right)
        if equal is None:
            return None
        return _NULL if equal.value else left

    def _coalesce(self, node: Node, scope: Scope) -> Known | None:
        for argument in node.items("args"):
            known = self.of(argument, scope)
            if known != _NULL:
                return known
        return _NULL

    def _extreme(self, node: Node, scope: Scope) -> Known | None:
        """GREATEST or LEAST, which skip NULLs."""
        known = [self.of(argument, scope) for argument in node.items("args")]
        numbers = [item.value for item in known if item is not None and type(item.value) is int]
        if len(numbers) + known.count(_NULL) < len(known):
            return None
        if not numbers:
            return _NULL
        return Known(max(numbers) if node.integer("op") == 0 else min(numbers))

    def _case(self, node: Node, scope: Scope) -> Known | None:
        results = [
            self.of(result, taken) if result is not None else _NULL
            for result, taken in self._analyser.truth.arms(node, scope)
        ]
        return results[0] if results and results.count(results[0]) == len(results) else None


def _computed(name: str, arguments: list[Known | None]) -> Known | None:
    """What a function or operator makes of values, none of which is NULL."""
    values = [argument.value for argument in arguments if argument is not None]
    kinds = {type(value) for value in values}
    if len(values) < len(arguments) or len(kinds) != 1:
        return None
    tables: dict[type, _Table] = {int: _OF_INTEGERS, str: _OF_TEXTS, bool: _EQUALITIES}
    function = tables[kinds.pop()].get(name)
    unary = {"int2", "int4", "int8", "abs", "length", "text"}
    if function is None or len(values) != (1 if name in unary else 2):
        return None
    value = function(*values)
    return Known(value) if value is not None else None
