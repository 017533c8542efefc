"""Whether an expression can be NULL: one rule a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis import total
from pgrepo.compiler.analysis.choices import strip_relabel
from pgrepo.compiler.analysis.facts import NOT_NULL, NULLABLE, Fact, Known, either
from pgrepo.compiler.analysis.grouping import groups_have_rows
from pgrepo.compiler.analysis.scope import FULL
from pgrepo.compiler.analysis.strict import var_key
from pgrepo.compiler.analysis.truth import TRUE
from pgrepo.compiler.model import TypeKind

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Scope

Rule = Callable[["Expressions", "Node", "Scope"], Fact]

_ALWAYS = frozenset({
    "NULLTEST", "BOOLEANTEST", "DISTINCTEXPR", "GROUPINGFUNC", "NEXTVALUEEXPR", "MERGESUPPORTFUNC",
    "ARRAYEXPR", "ARRAY", "ROWEXPR", "ROW",
})  # fmt: skip
_ALL_ARGUMENTS = frozenset({"ROWCOMPAREEXPR"})
_ONE_ARGUMENT = frozenset({
    "RELABELTYPE", "COLLATEEXPR", "COERCETODOMAIN", "ARRAYCOERCEEXPR", "CONVERTROWTYPEEXPR",
    "NAMEDARGEXPR", "JSONISPREDICATE",
})  # fmt: skip
# Known, and nullable for all that can be proved here.
_NULLABLE = frozenset({
    "PARAM", "FIELDSTORE", "CASETESTEXPR", "COERCETODOMAINVALUE", "SETTODEFAULT",
    "CURRENTOFEXPR", "JSONEXPR", "JSONVALUEEXPR", "XMLEXPR", "RETURNINGEXPR", "SUBSCRIPTINGREF",
})  # fmt: skip
# Whose constant is that of what they refer to.
_CARRIERS = frozenset({"VAR", "SUBLINK"})
# Frame options of windowDef: where the frame starts and ends, and what it excludes
# (src/include/nodes/parsenodes.h).
_FRAME_START_UNBOUNDED, _FRAME_START_CURRENT, _FRAME_START_BEFORE = 0x20, 0x200, 0x800
_FRAME_END_UNBOUNDED, _FRAME_END_CURRENT, _FRAME_END_AFTER = 0x100, 0x400, 0x4000
_FRAME_OF_RANGE = 0x2
_FRAME_EXCLUDES = 0x8000 | 0x10000 | 0x20000
_MOST_SPLITS = 3  # full joins that are looked at from both sides
_ONE = Known(1)
_CURRENT_SCHEMA = 14  # SQLValueFunctionOp: NULL where no schema of the path exists


class Expressions:
    """Facts about expressions."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._catalog = analyser.catalog
        # Nullability and shape ask for the same parts, at every depth; a scope is kept so that
        # its id stays its own.
        self._known: dict[tuple[int, int], tuple[Scope, Fact]] = {}

    def fact(self, node: Node, scope: Scope) -> Fact:
        """What is known of an expression's value in a scope."""
        key = (id(node), id(scope))
        if key not in self._known:
            known = self._fact(node, scope)
            if node.tag not in _CARRIERS:
                known = known.known(self._analyser.constants.of(node, scope))
            shape = self._analyser.shapes.of(node, scope)
            fact = replace(known, json=shape) if shape else known
            self._known[key] = (scope, fact)
        return self._known[key][1]

    def _fact(self, node: Node, scope: Scope) -> Fact:
        tag = node.tag
        rule = _RULES.get(tag)
        if rule is not None:
            return rule(self, node, scope)
        if tag in _ALWAYS:
            return NOT_NULL
        if tag in _ALL_ARGUMENTS:
            return either(not self._all_not_null(_arguments(node), scope))
        if tag in _ONE_ARGUMENT:
            inner = node.node("arg")
            return self._cast(node, inner, scope) if inner is not None else NULLABLE
        if tag not in _NULLABLE:
            self._analyser.not_understood.add(tag)
        return NULLABLE

    def _all_not_null(self, nodes: list[Node], scope: Scope) -> bool:
        return not any(self.fact(node, scope).nullable for node in nodes)

    def _cast(self, node: Node, inner: Node, scope: Scope) -> Fact:
        known = self.fact(inner, scope)
        if node.tag in {"RELABELTYPE", "COLLATEEXPR"}:
            # Under another type or collation it may equal other values.
            return replace(known, constant=None)
        # A row converted to its parent's type has its columns in another order.
        row = None if node.tag == "CONVERTROWTYPEEXPR" else known.row
        return Fact(known.nullable, json=known.json, row=row)

    # Columns, constants -----------------------------------------------------------------

    def variable(self, node: Node, scope: Scope) -> Fact:
        """A column: of its source, nulled by outer joins, saved by conditions."""
        level = scope.up(node.integer("varlevelsup"))
        varno, attno = node.integer("varno"), node.integer("varattno")
        if varno <= 0:
            return NULLABLE
        if var_key(node).column in level.null:
            return NULLABLE.known(Known(None))
        known = self._analyser.written.column(node, level)
        if known is None:
            known = self._analyser.source_column(level, varno, attno)
            if not level.survives(varno, attno, node.integers("varnullingrels")):
                return known.nulled()
        return known.proved() if var_key(node).column in level.not_null else known

    def constant(self, node: Node, _scope: Scope) -> Fact:
        """A literal."""
        return either(node.flag("constisnull"))

    def value_function(self, node: Node, _scope: Scope) -> Fact:
        """CURRENT_DATE and its like."""
        return either(node.integer("op") == _CURRENT_SCHEMA)

    def field(self, node: Node, scope: Scope) -> Fact:
        """A member of a whole row."""
        inner = node.node("arg")
        row = self.fact(inner, scope) if inner is not None else NULLABLE
        for member in row.row or ():
            if member.number == node.integer("fieldnum"):
                return member.fact.nulled() if row.nullable else member.fact
        return NULLABLE

    # Choices -----------------------------------------------------------------------------

    def coalesce(self, node: Node, scope: Scope) -> Fact:
        """The first argument that is not NULL."""
        nullable = all(self.fact(item, scope).nullable for item in node.items("args"))
        return either(nullable and self._of_each_side(self.coalesce, node, scope))

    def _of_each_side(self, rule: Callable[[Node, Scope], Fact], node: Node, scope: Scope) -> bool:
        """Whether an expression can be NULL where one side of a full join or the other is there."""
        undecided = [
            join.ways(index)
            for index, join in scope.joins.items()
            if join.kind == FULL and not join.ways(index) & scope.happened_not
        ]
        if len(undecided) > _MOST_SPLITS:
            return True
        return all(
            any(rule(node, scope.excluding(frozenset({way}))).nullable for way in ways)
            for ways in undecided
        )

    def nullif(self, node: Node, scope: Scope) -> Fact:
        """NULL where the two are equal, which nothing is to NULL."""
        value, other = _arguments(node)
        if self._analyser.constants.of(other, scope) == Known(None):
            return either(self.fact(value, scope).nullable)
        return NULLABLE

    def case(self, node: Node, scope: Scope) -> Fact:
        """Each arm, in the light of its condition."""
        arms = self._analyser.truth.arms(node, scope)
        nullable = any(arm is None or self.fact(arm, taken).nullable for arm, taken in arms)
        return either(nullable and self._of_each_side(self.case, node, scope))

    def condition(self, node: Node, scope: Scope) -> Fact:
        """AND, OR, NOT; a comparison with the elements of an array."""
        return either(None in self._analyser.truth.outcomes(node, scope))

    # Operators and functions ---------------------------------------------------------------

    def operator(self, node: Node, scope: Scope) -> Fact:
        """An operator: not null if it is total and its arguments are not null."""
        arguments = _arguments(node)
        if not self._analyser.totality.is_total_operator(node, arguments):
            return NULLABLE
        return either(not self._all_not_null(arguments, scope))

    def function(self, node: Node, scope: Scope) -> Fact:
        """A function call: not null if it is total and its arguments are not null."""
        function = self._catalog.functions.get(node.integer("funcid"))
        if function is None or not function.builtin:
            return NULLABLE
        arguments = _arguments(node)
        if node.flag("funcretset"):
            total_set = function.strict and function.name in total.TOTAL_SET_FUNCTIONS
            return either(not total_set or _returns_several_sets(scope))
        # VARIADIC NULL makes all of these NULL.
        certain = arguments[-1:] if node.flag("funcvariadic") else []
        if function.name in total.NEVER_NULL_FUNCTIONS:
            return either(not self._all_not_null(certain, scope))
        if function.name in {"format", "concat_ws"}:
            return either(not self._all_not_null([arguments[0], *certain], scope))
        if not self._analyser.totality.is_total_function(node, function.name, arguments):
            return NULLABLE
        return either(not self._all_not_null(arguments, scope))

    def io_cast(self, node: Node, scope: Scope) -> Fact:
        """A cast by way of the text form."""
        inner = node["arg"]
        target = self._catalog.type(node.integer("resulttype"))
        if target.kind not in {TypeKind.BASE, TypeKind.ENUM}:
            return NULLABLE
        return either(self.fact(inner, scope).nullable)

    # Aggregates, windows, sub-queries --------------------------------------------------------

    def aggregate(self, node: Node, scope: Scope) -> Fact:
        """An aggregate: NULL over no rows, and there are rows only in a group."""
        function = self._catalog.functions.get(node.integer("aggfnoid"))
        if function is None or not function.builtin:
            return NULLABLE
        if function.name in total.COUNTING_AGGREGATES:
            return NOT_NULL
        level = scope.up(node.integer("agglevelsup"))
        kept = self._analyser.truth.outcomes(node.node("aggfilter"), scope) == TRUE
        if not kept or not self._has_input(level):
            return NULLABLE
        if function.name in total.COLLECTING_AGGREGATES:
            return NOT_NULL
        arguments = [target["expr"] for target in node.items("args")]
        is_total = function.name in total.TOTAL_AGGREGATES
        return either(not (is_total and self._all_not_null(arguments[:1], scope)))

    def _has_input(self, level: Scope) -> bool:
        """Whether what an aggregate is computed of has at least one row."""
        if level.has_rows or groups_have_rows(level.query):
            return True
        having = self._analyser.truth.over_no_rows(level.query.node("havingQual"), level)
        return True not in having or self._analyser.surely_has_input(level)

    def window(self, node: Node, scope: Scope) -> Fact:
        """A window function: NULL over an empty frame."""
        function = self._catalog.functions.get(node.integer("winfnoid"))
        if function is None or not function.builtin:
            return NULLABLE
        name, arguments = function.name, _arguments(node)
        # The CASE around it speaks of its own row alone.
        scope = self._analyser.scope(scope.query, scope.parent, scope.recursion)
        if name in total.TOTAL_WINDOW_FUNCTIONS or name in total.COUNTING_AGGREGATES:
            return NOT_NULL
        all_not_null = self._all_not_null(arguments, scope)
        if name == "ntile" or (name in {"lag", "lead"} and len(arguments) == 3):
            return either(not all_not_null)
        kept = self._analyser.truth.outcomes(node.node("aggfilter"), scope) == TRUE
        has_rows = _frame_has_current_row(node, scope) and kept
        if has_rows and name in total.COLLECTING_AGGREGATES:
            return NOT_NULL
        is_first = name == "nth_value" and self._analyser.constants.of(arguments[1], scope) == _ONE
        of_frame = (
            name in total.TOTAL_AGGREGATES or name in {"first_value", "last_value"} or is_first
        )
        return either(not (has_rows and of_frame and all_not_null))

    def sub_query(self, node: Node, scope: Scope) -> Fact:
        """A sub-query in an expression."""
        query = node.node("subselect")
        kind = node.integer("subLinkType")
        if kind in {0, 6}:  # EXISTS, ARRAY
            return NOT_NULL
        if query is None or kind not in {1, 2, 4}:
            return NULLABLE
        if not self._analyser.can_have_rows(query, scope):
            return NULLABLE.known(Known(None)) if kind == 4 else NOT_NULL
        inner = self._analyser.result(query, scope)
        if kind == 4:  # a scalar sub-query
            always = self._analyser.rows(query, scope).at_least_one
            return inner[0] if always else inner[0].nulled()
        test = node.node("testexpr")  # x IN (SELECT …), x = ALL (SELECT …)
        if test is None or test.tag != "OPEXPR" or any(fact.nullable for fact in inner):
            return NULLABLE
        value, element = _arguments(test)
        # Anything but the bare element is a cast of which nothing is known.
        is_total = self._analyser.totality.is_total_operator(test, [value, element]) and (
            strip_relabel(element).tag == "PARAM"
        )
        return either(not is_total or self.fact(value, scope).nullable)

    def json_constructor(self, node: Node, scope: Scope) -> Fact:
        """JSON_OBJECT, JSON_ARRAY, their aggregates, JSON, JSON_SCALAR, JSON_SERIALIZE."""
        inner = node.node("func")
        if node.integer("type") in {3, 4}:  # JSON_OBJECTAGG, JSON_ARRAYAGG
            return self.fact(inner, scope) if inner is not None else NULLABLE
        if node.integer("type") in {1, 2}:  # JSON_OBJECT, JSON_ARRAY
            return NOT_NULL
        return either(not self._all_not_null(_arguments(node), scope))


def _returns_several_sets(scope: Scope) -> bool:
    """Whether the target list has several sets, of which the shorter are filled up with NULL.

    One alone has no rows at all where a strict function is given NULL.
    """
    targets: list[Node] = scope.query.items("targetList")
    nodes = [node for target in targets for node in target.walk()]
    return sum(node.flag("funcretset") or node.flag("opretset") for node in nodes) > 1


def _arguments(node: Node) -> list[Node]:
    if node.tag == "ROWCOMPAREEXPR":
        return [*node.items("largs"), *node.items("rargs")]
    return node.items("args")


def _frame_has_current_row(node: Node, scope: Scope) -> bool:
    reference = node.get("winref")
    for clause in scope.query.items("windowClause"):
        if clause.get("winref") == reference:
            options = clause.integer("frameOptions")
            starts = options & (_FRAME_START_UNBOUNDED | _FRAME_START_CURRENT)
            ends = options & (_FRAME_END_UNBOUNDED | _FRAME_END_CURRENT)
            if not options & _FRAME_OF_RANGE:  # where so many rows or groups are counted
                starts |= options & _FRAME_START_BEFORE
                ends |= options & _FRAME_END_AFTER
            return bool(starts and ends and not options & _FRAME_EXCLUDES)
    return False


_RULES: dict[str, Rule] = {
    "VAR": Expressions.variable,
    "CONST": Expressions.constant,
    "SQLVALUEFUNCTION": Expressions.value_function,
    "FIELDSELECT": Expressions.field,
    "COALESCEEXPR": Expressions.coalesce,
    "COALESCE": Expressions.coalesce,
    "MINMAXEXPR": Expressions.coalesce,  # greatest and least skip NULLs
    "MINMAX": Expressions.coalesce,
    "NULLIFEXPR": Expressions.nullif,
    "CASEEXPR": Expressions.case,
    "CASE": Expressions.case,
    "OPEXPR": Expressions.operator,
    "BOOLEXPR": Expressions.condition,
    "SCALARARRAYOPEXPR": Expressions.condition,
    "FUNCEXPR": Expressions.function,
    "COERCEVIAIO": Expressions.io_cast,
    "AGGREF": Expressions.aggregate,
    "WINDOWFUNC": Expressions.window,
    "SUBLINK": Expressions.sub_query,
    "JSONCONSTRUCTOREXPR": Expressions.json_constructor,
}
