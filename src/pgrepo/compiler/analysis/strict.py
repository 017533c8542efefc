"""Which columns a condition proves not null.

A strict operator or function answers NULL when an argument is NULL, and a row is kept only where
the condition is true; so `a.x = b.y` that was true had neither side NULL.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from pgrepo.compiler.analysis.conditions import array_elements, surely_has_element
from pgrepo.compiler.analysis.facts import ANY_SUBLINK, EXISTS_SUBLINK, EXTERNAL
from pgrepo.compiler.analysis.grouping import is_one_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pgrepo.compiler.analysis.catalog import Catalog, Function
    from pgrepo.compiler.analysis.facts import Known
    from pgrepo.compiler.analysis.nodes import Node


class VarKey(NamedTuple):
    """A column of the query's own level, with the outer joins below the place it is read at.

    The image is 1 for `old.column` in RETURNING, 2 for `new.column`, and otherwise 0.
    """

    varno: int
    attno: int
    image: int
    nulling: frozenset[int]

    @property
    def column(self) -> Column:
        """What is read, wherever that is."""
        return self.varno, self.attno, self.image


Column = tuple[int, int, int]


Proved = frozenset[VarKey]
_NOTHING: Proved = frozenset()
_PASSING = frozenset({"RELABELTYPE", "ARRAYCOERCEEXPR", "COLLATEEXPR", "CONVERTROWTYPEEXPR"})


class StrictReader:
    """Reads conditions.

    Args:
        catalog: tells which functions are strict.
        literal: the value of an expression of literals alone, None for any other.
        level: how many queries out the columns are: 1 while a sub-query's condition is read for
            what it proves of the query around it.
    """

    def __init__(
        self, catalog: Catalog, literal: Callable[[Node], Known | None], level: int = 0
    ) -> None:
        self._catalog = catalog
        self._literal = literal
        self._level = level

    def if_true(self, node: Node | None) -> Proved:
        """The columns that are not null where the condition is true."""
        if node is None:
            return _NOTHING
        match node.tag:
            case "BOOLEXPR":
                return self._connected(node, is_true=True)
            case "NULLTEST":
                return self._null_test(node, tests_for_null=False)
            case "BOOLEANTEST":
                return self._boolean_test(node, is_true=True)
            case "SCALARARRAYOPEXPR":
                return self._array(node, every=not node.flag("useOr"))
            case "SUBLINK":
                return self._sub_query(node)
            case "DISTINCTEXPR":
                return self._differing(node, is_null=True)
            case _:
                return self.if_not_null(node)

    def if_false(self, node: Node | None) -> Proved:
        """The columns that are not null where the condition is false (not: unknown)."""
        if node is None:
            return _NOTHING
        match node.tag:
            case "BOOLEXPR":
                return self._connected(node, is_true=False)
            case "NULLTEST":
                return self._null_test(node, tests_for_null=True)
            case "BOOLEANTEST":
                return self._boolean_test(node, is_true=False)
            case "SCALARARRAYOPEXPR":
                return self._array(node, every=node.flag("useOr"))
            case "DISTINCTEXPR":
                return self._differing(node, is_null=False)
            case "SUBLINK":
                return _NOTHING
            case _:
                return self.if_not_null(node)

    def if_not_null(self, node: Node | None) -> Proved:
        """The columns that are not null where the expression is not null."""
        if node is None:
            return _NOTHING
        match node.tag:
            case "VAR":
                own = node.integer("varlevelsup") == self._level
                return frozenset({var_key(node)}) if own else _NOTHING
            case "OPEXPR" | "FUNCEXPR":
                return self._strict_arguments(node)
            case "COALESCEEXPR" | "COALESCE" | "MINMAXEXPR" | "MINMAX":
                return _intersection(self.if_not_null(item) for item in node.items("args"))
            case "NULLIFEXPR":
                return self.if_not_null(node.items("args")[0])
            case "ROWCOMPAREEXPR":  # `(a, b) < (c, d)` looks at a and c, and then perhaps further
                first = [node.items("largs")[0], node.items("rargs")[0]]
                return _union(map(self.if_not_null, first))
            case "CASEEXPR" | "CASE":
                return _intersection(self._arms(node))
            case "BOOLEXPR" if node["boolop"] == "not":
                return self.if_not_null(node.items("args")[0])
            case "BOOLEXPR":
                return self.if_true(node) & self.if_false(node)
            case tag if tag in _PASSING:
                return self.if_not_null(node.node("arg"))
            case _:
                return _NOTHING

    def _connected(self, node: Node, *, is_true: bool) -> Proved:
        """AND, OR and NOT."""
        parts, read = node.items("args"), self.if_true if is_true else self.if_false
        if node["boolop"] == "not":
            return self.if_false(parts[0]) if is_true else self.if_true(parts[0])
        # AND is false, as OR is true, where one part is.
        if (node["boolop"] == "and") == is_true:
            return _union(map(read, parts))
        literals = [(part, self._literal(part)) for part in parts]
        able = [part for part, known in literals if known is None or known.value is is_true]
        return _intersection(map(read, able))

    def _null_test(self, node: Node, *, tests_for_null: bool) -> Proved:
        """`x IS NOT NULL` that is true, or `x IS NULL` that is false."""
        argument = node["arg"]
        if (node.integer("nulltesttype") == 0) != tests_for_null:
            return _NOTHING
        if not node.flag("argisrow"):
            return self.if_not_null(argument)
        # A row is NOT NULL if every field is; that it is not NULL says only that one of them is.
        is_list = argument.tag in {"ROWEXPR", "ROW"} and not tests_for_null
        fields = argument.items("args") if is_list else []
        return _union(self.if_not_null(field) for field in fields)

    def _boolean_test(self, node: Node, *, is_true: bool) -> Proved:
        """`x IS TRUE` and its like, and what is left where they do not hold."""
        argument = node.node("arg")
        # BoolTestType: 0 to 5 are IS TRUE, IS NOT TRUE, IS FALSE, IS NOT FALSE, IS UNKNOWN,
        # IS NOT UNKNOWN: each odd one denies the one before.
        kind = node.integer("booltesttype") ^ (0 if is_true else 1)
        match kind:
            case 0:
                return self.if_true(argument)
            case 2:
                return self.if_false(argument)
            case 5:
                return self.if_not_null(argument)
            case _:
                return _NOTHING

    def _differing(self, node: Node, *, is_null: bool) -> Proved:
        """`x IS DISTINCT FROM NULL`, and `x IS DISTINCT FROM 1` that is false."""
        one, other = node.items("args")
        proved = _NOTHING
        for side, against in ((one, other), (other, one)):
            known = self._literal(against)
            if known is not None and (known.value is None) == is_null:
                proved |= self.if_not_null(side)
        return proved

    def _strict_arguments(self, node: Node) -> Proved:
        function = self._function(node)
        if function is None or not function.strict or node.flag("funcretset"):
            return _NOTHING
        return _union(self.if_not_null(argument) for argument in node.items("args"))

    def _function(self, node: Node) -> Function | None:
        oid = node.integer("funcid") or node.integer("opfuncid")
        return self._catalog.functions.get(oid)

    def _array(self, node: Node, *, every: bool) -> Proved:
        """A comparison with an array that is decided by one element, or by every one.

        `x = ANY (…)` is true for one; `x <> ALL (…)` for every one, and so for a NULL and an
        empty array.
        """
        function = self._function(node)
        value, array = node.items("args")
        if function is None or not function.strict:
            return _NOTHING
        if not every:
            return self.if_not_null(value) | self.if_not_null(array)
        elements = array_elements(array) or []
        proved = _union(map(self.if_not_null, [array, *elements]))
        return proved | self.if_not_null(value) if surely_has_element(array) else proved

    def _arms(self, node: Node) -> Iterable[Proved]:
        """For each arm of a CASE that can be not null, what it proves then."""
        for arm in node.items("args"):
            if not is_null_literal(arm["result"]):
                yield self.if_true(arm.node("expr")) | self.if_not_null(arm["result"])
        default = node.node("defresult")
        if default is not None and not is_null_literal(default):
            yield self.if_not_null(default)

    def _sub_query(self, node: Node) -> Proved:
        """EXISTS (…) and `x IN (…)` that are true: one row met the sub-query's conditions."""
        query, kind = node["subselect"], node.integer("subLinkType")
        if kind not in {EXISTS_SUBLINK, ANY_SUBLINK}:
            return _NOTHING
        tested = self.if_true(node.node("testexpr")) if kind == ANY_SUBLINK else _NOTHING
        if is_one_group(query) or query.items("groupingSets") or query.node("setOperations"):
            return tested
        tree = query.node("jointree")
        inside = type(self)(self._catalog, self._literal, self._level + 1)
        return tested | inside.if_true(tree.node("quals") if tree is not None else None)


class ParameterReader(StrictReader):
    """Reads conditions for the parameters, not the columns, that must not be NULL."""

    def needed(self, condition: Node) -> frozenset[int]:
        """The numbers of the parameters with which, if they are NULL, a condition is never true."""
        return frozenset(key.attno for key in self.if_true(condition))

    def if_not_null(self, node: Node | None) -> Proved:
        """The parameters that are not null where the expression is not null."""
        if node is None or node.tag == "VAR":
            return _NOTHING
        if node.tag == "PARAM" and node.integer("paramkind") == EXTERNAL:
            return frozenset({VarKey(0, node.integer("paramid"), 0, frozenset())})
        return super().if_not_null(node)


def var_key(node: Node) -> VarKey:
    """The key of a VAR."""
    return VarKey(
        node.integer("varno"),
        node.integer("varattno"),
        node.integer("varreturningtype"),
        node.integers("varnullingrels"),
    )


def is_null_literal(node: Node) -> bool:
    """Whether it is NULL, written out."""
    return node.tag == "CONST" and node.flag("constisnull")


def _union(sets: Iterable[Proved]) -> Proved:
    return frozenset().union(*sets)


def _intersection(sets: Iterable[Proved]) -> Proved:
    return reduce(frozenset.intersection, found) if (found := list(sets)) else _NOTHING
