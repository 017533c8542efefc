"""Whether an expression can be NULL: one rule a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis import total
from pgrepo.compiler.analysis.choices import strip_relabel
from pgrepo.compiler.analysis.facts import NOT_NULL, NULLABLE, Fact, either, type_of
from pgrepo.compiler.analysis.nodes import constant_text
from pgrepo.compiler.model import TypeKind

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Scope

Rule = Callable[["Expressions", "Node", "Scope"], Fact]

_SET_RETURNING = NULLABLE
_ALWAYS = frozenset({
    "NULLTEST", "BOOLEANTEST", "DISTINCTEXPR", "GROUPINGFUNC", "NEXTVALUEEXPR", "MERGESUPPORTFUNC",
    "ARRAYEXPR", "ARRAY", "ROWEXPR", "ROW",
})  # fmt: skip
_ALL_ARGUMENTS = frozenset({"BOOLEXPR", "ROWCOMPAREEXPR"})
_ONE_ARGUMENT = frozenset({
    "RELABELTYPE", "COLLATEEXPR", "COERCETODOMAIN", "ARRAYCOERCEEXPR", "CONVERTROWTYPEEXPR",
    "NAMEDARGEXPR", "JSONISPREDICATE",
})  # fmt: skip
# Known, and nullable for all that can be proved here.
_NULLABLE = frozenset({
    "PARAM", "NULLIFEXPR", "FIELDSTORE", "CASETESTEXPR", "COERCETODOMAINVALUE", "SETTODEFAULT",
    "CURRENTOFEXPR", "JSONEXPR", "JSONVALUEEXPR", "XMLEXPR", "RETURNINGEXPR", "SUBSCRIPTINGREF",
})  # fmt: skip
# Frame options of windowDef: where the frame starts and ends, and what it excludes
# (src/include/nodes/parsenodes.h).
_FRAME_START_UNBOUNDED, _FRAME_START_CURRENT = 0x20, 0x200
_FRAME_END_UNBOUNDED, _FRAME_END_CURRENT = 0x100, 0x400
_FRAME_EXCLUDES = 0x8000 | 0x10000 | 0x20000
# CmdType, and the VarReturningType of a column in RETURNING.
_UPDATE, _INSERT, _DELETE, _MERGE = 2, 3, 4, 5
_DEFAULT, _OLD, _NEW = 0, 1, 2
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
            shape = self._analyser.shapes.of(node, scope)
            fact = Fact(known.nullable, known.origin, shape, known.row) if shape else known
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
            return known
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
        written = self._written_row(node, level)
        if written is not None:
            return written
        known = self._analyser.source_column(level, varno, attno)
        if not level.survives(varno, attno, node.integers("varnullingrels")):
            return known.nulled()
        return known.proved() if (varno, attno) in level.not_null else known

    def _written_row(self, node: Node, level: Scope) -> Fact | None:
        """The fact of a column in RETURNING, where conditions speak of the row as it was."""
        command, target = level.query.integer("commandType"), level.query.integer("resultRelation")
        if command not in {_UPDATE, _INSERT, _DELETE, _MERGE}:
            return None
        varno, attno = node.integer("varno"), node.integer("varattno")
        returning = node.integer("varreturningtype")
        known = self._analyser.source_column(level, varno, attno)
        if command == _MERGE and varno != target:
            return known.nulled()  # a row may have had no match
        as_it_was = (command == _DELETE and returning != _NEW) or (
            command == _UPDATE and returning == _OLD
        )
        if varno != target or as_it_was:
            return None
        as_written = returning == _DEFAULT or (returning == _NEW and command in {_UPDATE, _INSERT})
        return known if as_written else known.nulled()

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
        return either(all(self.fact(item, scope).nullable for item in node.items("args")))

    def case(self, node: Node, scope: Scope) -> Fact:
        """Each arm, in the light of its condition."""
        default = node.node("defresult")
        if default is None:
            return NULLABLE
        nullable = False
        remaining = scope
        for arm in node.items("args"):
            condition = arm.node("expr")
            taken = remaining.assuming(self._analyser.strict.if_true(condition))
            nullable |= self.fact(arm["result"], taken).nullable
            # Unlike its falsehood, that a null test did not hold is certain.
            if condition is not None and condition.tag == "NULLTEST":
                remaining = remaining.assuming(self._analyser.strict.if_false(condition))
        return either(nullable or self.fact(default, remaining).nullable)

    # Operators and functions ---------------------------------------------------------------

    def operator(self, node: Node, scope: Scope) -> Fact:
        """An operator: not null if it is total and its arguments are not null."""
        arguments = _arguments(node)
        if not self._is_total_operator(node, arguments):
            return NULLABLE
        return either(not self._all_not_null(arguments, scope))

    def _is_total_operator(self, node: Node, arguments: list[Node]) -> bool:
        operator = self._catalog.operators.get(node.integer("opno"))
        if operator is None:
            return False
        types = [self._base_type(type_of(argument)) for argument in arguments]
        if not operator.builtin:
            names = {self._catalog.type(oid).name for oid in types if oid}
            of_vectors = any(name in {"vector", "halfvec", "sparsevec"} for name in names)
            return of_vectors and operator.name in total.VECTOR_OPERATORS
        if all(self._is_plain(oid) for oid in types):
            return operator.name in total.PLAIN_OPERATORS
        allowed = set(total.ANY_TYPE_OPERATORS)
        kinds = {self._catalog.type(oid).kind for oid in types if oid}
        if kinds & {TypeKind.ARRAY}:
            allowed |= total.ARRAY_OPERATORS
        if types and types[0] == 3802:  # jsonb
            allowed |= total.JSON_OPERATORS
        geometric = any(600 <= oid <= 604 or oid in {628, 718} for oid in types)
        return operator.name in allowed and not geometric

    def _is_plain(self, oid: int) -> bool:
        return oid in total.PLAIN_TYPES or (
            oid != 0 and self._catalog.type(oid).kind is TypeKind.ENUM
        )

    def _base_type(self, oid: int) -> int:
        while oid and (found := self._catalog.type(oid)).kind is TypeKind.DOMAIN:
            oid = found.element.oid if found.element else 0
        return oid

    def any_of(self, node: Node, scope: Scope) -> Fact:
        """`x = ANY (array)`: an element that is NULL makes it unknown."""
        value, array = _arguments(node)
        operator = self._catalog.operators.get(node.integer("opno"))
        total_operator = operator is not None and operator.builtin and self._is_plain(
            self._base_type(type_of(value))
        )  # fmt: skip
        # An array of arrays may have a NULL inside one of them.
        is_list = array.tag in {"ARRAYEXPR", "ARRAY"} and not array.flag("multidims")
        elements = array.items("elements") if is_list else None
        if not total_operator or elements is None:
            return NULLABLE
        return either(not self._all_not_null([value, *elements], scope))

    def function(self, node: Node, scope: Scope) -> Fact:
        """A function call: not null if it is total and its arguments are not null."""
        function = self._catalog.functions.get(node.integer("funcid"))
        if function is None or not function.builtin:
            return NULLABLE
        arguments = _arguments(node)
        if node.flag("funcretset"):
            return self._set_function(node, function.name, arguments, scope)
        # VARIADIC NULL makes all of these NULL.
        certain = arguments[-1:] if node.flag("funcvariadic") else []
        if function.name in total.NEVER_NULL_FUNCTIONS:
            return either(not self._all_not_null(certain, scope))
        if function.name in {"format", "concat_ws"}:
            return either(not self._all_not_null([arguments[0], *certain], scope))
        if not self._is_total_function(node, function.name, arguments):
            return NULLABLE
        return either(not self._all_not_null(arguments, scope))

    def _set_function(self, node: Node, name: str, arguments: list[Node], scope: Scope) -> Fact:
        # Of several in one target list the shorter ones are filled up with NULL.
        several = sum(
            1 for target in scope.query.items("targetList") for inner in target.walk()
            if inner.flag("funcretset") or inner.flag("opretset")
        )  # fmt: skip
        if several > 1 or name not in total.TOTAL_SET_FUNCTIONS:
            return _SET_RETURNING
        return either(not self._all_not_null(arguments, scope))

    def _is_total_function(self, node: Node, name: str, arguments: list[Node]) -> bool:
        if name in total.ANY_ARGUMENT_FUNCTIONS:
            return True
        types = [self._base_type(type_of(argument)) for argument in arguments]
        if not all(self._is_plain(oid) for oid in types):
            return False
        if name in {"date_part", "extract"}:
            return (constant_text(arguments[0]) or "").lower() in total.TIMELESS_FIELDS
        if name == "substring":
            return set(types[1:]) <= {23}
        if name == "to_timestamp":
            return len(arguments) == 1
        if name in {"time", "timetz"} and set(types) & {1114, 1184}:
            return False  # an infinite time stamp has no time of day
        is_cast = node.integer("funcformat") in {1, 2}
        return name in total.PLAIN_FUNCTIONS or (is_cast and name in total.CAST_FUNCTIONS)

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
        has_rows = bool(level.query.items("groupClause")) and not level.query.items("groupingSets")
        if not has_rows or node.node("aggfilter") is not None:
            return NULLABLE
        if function.name in total.COLLECTING_AGGREGATES:
            return NOT_NULL
        arguments = [target["expr"] for target in node.items("args")]
        is_total = function.name in total.TOTAL_AGGREGATES
        return either(not (is_total and self._all_not_null(arguments[:1], scope)))

    def window(self, node: Node, scope: Scope) -> Fact:
        """A window function: NULL over an empty frame."""
        function = self._catalog.functions.get(node.integer("winfnoid"))
        if function is None or not function.builtin:
            return NULLABLE
        name, arguments = function.name, _arguments(node)
        if name in total.TOTAL_WINDOW_FUNCTIONS or name in total.COUNTING_AGGREGATES:
            return NOT_NULL
        all_not_null = self._all_not_null(arguments, scope)
        if name == "ntile" or (name in {"lag", "lead"} and len(arguments) == 3):
            return either(not all_not_null)
        has_rows = _frame_has_current_row(node, scope) and node.node("aggfilter") is None
        if has_rows and name in total.COLLECTING_AGGREGATES:
            return NOT_NULL
        of_frame = name in total.TOTAL_AGGREGATES or name in {"first_value", "last_value"}
        return either(not (has_rows and of_frame and all_not_null))

    def sub_query(self, node: Node, scope: Scope) -> Fact:
        """A sub-query in an expression."""
        query = node.node("subselect")
        kind = node.integer("subLinkType")
        if kind in {0, 6}:  # EXISTS, ARRAY
            return NOT_NULL
        if query is None or kind not in {1, 2, 4}:
            return NULLABLE
        inner = self._analyser.result(query, scope)
        if kind == 4:  # a scalar sub-query
            always = self._analyser.rows(query, scope).at_least_one
            return inner[0] if always else inner[0].nulled()
        test = node.node("testexpr")  # x IN (SELECT …), x = ALL (SELECT …)
        if test is None or test.tag != "OPEXPR" or any(fact.nullable for fact in inner):
            return NULLABLE
        value, element = _arguments(test)
        # Anything but the bare element is a cast of which nothing is known.
        is_total = self._is_total_operator(test, [value, element]) and (
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
    "CASEEXPR": Expressions.case,
    "CASE": Expressions.case,
    "OPEXPR": Expressions.operator,
    "SCALARARRAYOPEXPR": Expressions.any_of,
    "FUNCEXPR": Expressions.function,
    "COERCEVIAIO": Expressions.io_cast,
    "AGGREF": Expressions.aggregate,
    "WINDOWFUNC": Expressions.window,
    "SUBLINK": Expressions.sub_query,
    "JSONCONSTRUCTOREXPR": Expressions.json_constructor,
}
