"""Which of true, false and NULL a condition can be.

What a condition is made of is taken to be independent, so more may be found than can happen, never
less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.choices import strip_relabel
from pgrepo.compiler.analysis.conditions import array_elements, surely_without_null
from pgrepo.compiler.analysis.facts import EXISTS_SUBLINK
from pgrepo.compiler.analysis.grouping import is_one_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.catalog import Operator
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Scope
    from pgrepo.compiler.analysis.strict import Proved
    from pgrepo.compiler.analysis.totality import Totality

Outcomes = frozenset[bool | None]

TRUE: Outcomes = frozenset({True})
FALSE: Outcomes = frozenset({False})
NULL: Outcomes = frozenset({None})
CERTAIN = TRUE | FALSE
# BoolTestType: what is tested, and what it is when that holds.
_TESTS: dict[int, tuple[bool | None, bool]] = {
    0: (True, True), 1: (True, False), 2: (False, True), 3: (False, False),
    4: (None, True), 5: (None, False),
}  # fmt: skip
# What these operators say of a value and itself.
_REFLEXIVE = {"=": TRUE, "<=": TRUE, ">=": TRUE, "<>": FALSE, "<": FALSE, ">": FALSE}


class Truth:
    """Looks which outcomes a condition can have."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        # As in `Expressions`: a scope is kept so that its id stays its own.
        self._known: dict[tuple[int, int], tuple[Scope, Outcomes]] = {}
        self._rules: dict[str, Callable[[Node, Scope], Outcomes]] = {
            "BOOLEXPR": self._connected,
            "NULLTEST": self._null_test,
            "BOOLEANTEST": self._boolean_test,
            "DISTINCTEXPR": self._distinct,
            "SCALARARRAYOPEXPR": self._array,
            "SUBLINK": self._sub_query,
        }

    def decides(self, node: Node) -> bool:
        """Whether there is a rule for this kind of node."""
        is_test = node.tag != "SUBLINK" or node.integer("subLinkType") == EXISTS_SUBLINK
        return node.tag in self._rules and is_test

    def outcomes(self, node: Node | None, scope: Scope) -> Outcomes:
        """What a condition can be; a missing one is true."""
        if node is None:
            return TRUE
        key = (id(node), id(scope))
        if key not in self._known:
            self._known[key] = (scope, self._outcomes(node, scope))
        return self._known[key][1]

    def arms(self, node: Node, scope: Scope) -> list[tuple[Node | None, Scope]]:
        """The results of a CASE that can be reached, each in the light of the conditions.

        None stands for the NULL of a missing ELSE.
        """
        found: list[tuple[Node | None, Scope]] = []
        for arm in node.items("args"):
            condition = arm.node("expr")
            outcomes = self.outcomes(condition, scope)
            of_none = self.over_no_rows(condition, scope)
            if True in outcomes:
                taken = scope.assuming(self._analyser.strict.if_true(condition))
                found.append(
                    (arm["result"], taken if True in of_none else taken.over(has_rows=True))
                )
            if outcomes == TRUE:
                return found
            # Not having held, it was false, unless it can be NULL.
            if None not in outcomes:
                scope = scope.assuming(self._analyser.strict.if_false(condition))
            scope = scope.over(has_rows=True) if of_none == TRUE else scope
        return [*found, (node.node("defresult"), scope)]

    def over_no_rows(self, condition: Node | None, scope: Scope) -> Outcomes:
        """What a condition with aggregates can be where there are no rows.

        What it cannot be then says that there are some: `count(*) > 0`, `max(x) = 1`.
        """
        if not is_one_group(scope.query) or scope.has_rows is not None:
            return CERTAIN | NULL
        return self.outcomes(condition, scope.over(has_rows=False))

    def _outcomes(self, node: Node, scope: Scope) -> Outcomes:
        if self.decides(node):
            return self._rules[node.tag](node, scope)
        known = self._analyser.constants.of(node, scope)
        if known is not None:
            return frozenset({None if known.value is None else bool(known.value)})
        found = CERTAIN | NULL if self._analyser.fact(node, scope).nullable else CERTAIN
        if node.tag == "OPEXPR" and len(node.items("args")) == 2:
            operator = self._analyser.catalog.operators.get(node.integer("opno"))
            left, right = node.items("args")
            found &= _reflexive(operator, left, right, self._analyser.totality) | NULL
        return found

    # Connectives ---------------------------------------------------------------------------

    def _connected(self, node: Node, scope: Scope) -> Outcomes:
        parts = node.items("args")
        if node["boolop"] == "not":
            return frozenset(_not(item) for item in self.outcomes(parts[0], scope))
        is_and = node["boolop"] == "and"
        found = [self.outcomes(part, scope) for part in parts]
        together = _together(found, is_and)
        if None not in together:
            return together
        # It is NULL only if no part decides it; so a part that is never NULL must hold (under
        # AND, and under OR must not) where another one is.
        strict = self._analyser.strict
        read = strict.if_true if is_and else strict.if_false
        sure = [part for part, item in zip(parts, found, strict=True) if None not in item]
        proved: Proved = frozenset().union(*map(read, sure))
        inside = scope.assuming(proved)
        if inside is scope:
            return together
        narrowed = _together([self.outcomes(part, inside) for part in parts], is_and)
        return together if None in narrowed else together - NULL

    # Tests -----------------------------------------------------------------------------------

    def _null_test(self, node: Node, scope: Scope) -> Outcomes:
        if node.flag("argisrow"):
            return CERTAIN
        is_null = self._is_null(node["arg"], scope)
        if node.integer("nulltesttype") == 0:
            return is_null
        return frozenset(not item for item in is_null)

    def _is_null(self, node: Node, scope: Scope) -> Outcomes:
        known = self._analyser.constants.of(node, scope)
        if known is not None:
            return TRUE if known.value is None else FALSE
        return CERTAIN if self._analyser.fact(node, scope).nullable else FALSE

    def _boolean_test(self, node: Node, scope: Scope) -> Outcomes:
        tested, holds = _TESTS[node.integer("booltesttype")]
        found = self.outcomes(node["arg"], scope)
        return frozenset((item is tested) == holds for item in found)

    def _distinct(self, node: Node, scope: Scope) -> Outcomes:
        left, right = node.items("args")
        operator = self._analyser.catalog.operators.get(node.integer("opno"))
        if operator is None or not operator.builtin:
            return CERTAIN
        nulls = [self._is_null(side, scope) for side in (left, right)]
        if nulls == [TRUE, TRUE] or (same(left, right) and self._analyser.totality.is_plain(left)):
            return FALSE
        if nulls in ([TRUE, FALSE], [FALSE, TRUE]):
            return TRUE
        known = [self._analyser.constants.of(side, scope) for side in (left, right)]
        equal = self._analyser.constants.compare("=", *known)
        return CERTAIN if equal is None or equal.value is None else frozenset({not equal.value})

    def _array(self, node: Node, scope: Scope) -> Outcomes:
        """`x = ANY (array)`, `x <> ALL (array)`: what it is of each element, connected."""
        value, array = node.items("args")
        elements = array_elements(array)
        if elements is not None:
            each = [self._compared(node, value, element, scope) for element in elements]
            return _together(each, is_and=not node.flag("useOr"))
        full = surely_without_null(array) and self._is_total(node, value, value, scope)
        return CERTAIN if full else CERTAIN | NULL

    def _compared(self, node: Node, value: Node, element: Node, scope: Scope) -> Outcomes:
        """What the operator makes of the value and one element."""
        operator = self._analyser.catalog.operators.get(node.integer("opno"))
        known = [self._analyser.constants.of(item, scope) for item in (value, element)]
        result = None
        if operator is not None and operator.builtin:
            result = self._analyser.constants.compare(operator.name, *known)
        if result is not None:
            return frozenset({None if result.value is None else bool(result.value)})
        found = _reflexive(operator, value, element, self._analyser.totality)
        return found if self._is_total(node, value, element, scope) else found | NULL

    def _is_total(self, node: Node, value: Node, element: Node, scope: Scope) -> bool:
        operator = self._analyser.catalog.operators.get(node.integer("opno"))
        if operator is None or not operator.builtin or not self._analyser.totality.is_plain(value):
            return False
        return not any(self._analyser.fact(item, scope).nullable for item in (value, element))

    def _sub_query(self, node: Node, scope: Scope) -> Outcomes:
        """EXISTS."""
        if not self._analyser.can_have_rows(node["subselect"], scope):
            return FALSE
        rows = self._analyser.rows(node["subselect"], scope)
        return TRUE if rows.at_least_one else CERTAIN


def _reflexive(operator: Operator | None, left: Node, right: Node, totality: Totality) -> Outcomes:
    """What `x <operator> x` can be, and any other comparison, NULL aside."""
    if operator is None or not operator.builtin or not same(left, right):
        return CERTAIN
    return _REFLEXIVE.get(operator.name, CERTAIN) if totality.is_plain(left) else CERTAIN


def _not(item: bool | None) -> bool | None:
    return None if item is None else not item


def _together(found: Iterable[Outcomes], is_and: bool) -> Outcomes:
    """AND or OR of conditions with these outcomes."""
    together: Outcomes = frozenset({is_and})
    for outcomes in found:
        together = frozenset(_both(one, other, is_and) for one in together for other in outcomes)
    return together


def _both(one: bool | None, other: bool | None, is_and: bool) -> bool | None:
    decisive = not is_and
    if decisive in (one, other):
        return decisive
    return None if None in (one, other) else is_and


def same(left: Node, right: Node) -> bool:
    """Whether two expressions are the same column."""
    left, right = strip_relabel(left), strip_relabel(right)
    fields = ("varno", "varattno", "varlevelsup", "varreturningtype", "vartype")
    return (
        left.tag == right.tag == "VAR"
        and all(left.integer(name) == right.integer(name) for name in fields)
        and left.integers("varnullingrels") == right.integers("varnullingrels")
    )
