"""PGR508: a parameter that may be None, in a condition that is never true then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.conditions import conjuncts
from pgrepo.compiler.analysis.parameters import null_aware_arguments, parameter_number
from pgrepo.compiler.analysis.scope import INNER, LEFT, RIGHT
from pgrepo.compiler.analysis.strict import ParameterReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.checks.findings import Finding, Statement
    from pgrepo.compiler.model import Parameter

_VERBS = frozenset({1, 2, 4})  # SELECT, UPDATE, DELETE; MERGE has a use for rows without a match
_COMPARISONS = frozenset({"OPEXPR", "SCALARARRAYOPEXPR"})
_WRITTEN = {"~~": "LIKE", "~~*": "ILIKE", "!~~": "NOT LIKE", "!~~*": "NOT ILIKE"}


def check_absent(statement: Statement, catalog: Catalog) -> Iterator[Finding]:
    """Finds conditions on every row of a statement that None for a parameter makes NULL.

    Only the statement itself is looked at: that a query inside it finds nothing may be meant. And
    where it asks whether the parameter is NULL, it is known what comes of that.
    """
    tree = statement.tree
    if tree is None or tree.integer("commandType") not in _VERBS:
        return
    nullable = {p.name: p for p in statement.query.parameters if _may_be_none(p)}
    if not nullable:
        return
    asked = {number for node in tree.walk() for number in null_aware_arguments(node)}
    reader = ParameterReader(catalog, literal=lambda _: None)
    for condition in _conditions(tree):
        for number in sorted(reader.needed(condition) - asked):
            name = statement.parameter(number)
            if name in nullable:
                yield _finding(statement, condition, number, catalog)


def _may_be_none(parameter: Parameter) -> bool:
    """Whether an annotation says so; what the analysis allows by itself is nobody's promise."""
    declared = (parameter.annotated_type or "").replace(" ", "")
    is_declared = "None" in declared.split("|") or declared.startswith("Optional[")
    return not parameter.optional and (parameter.default == "None" or is_declared)


def _conditions(query: Node) -> Iterator[Node]:
    """What must be true of every row: parts of WHERE, of HAVING, and of inner joins."""
    tree = query.node("jointree")
    if tree is not None:
        yield from conjuncts(tree.node("quals"))
        for item in tree.items("fromlist"):
            yield from _join_conditions(item)
    yield from conjuncts(query.node("havingQual"))


def _join_conditions(item: Node) -> Iterator[Node]:
    if item.tag != "JOINEXPR":
        return
    kind = item.integer("jointype")
    if kind == INNER:
        yield from conjuncts(item.node("quals"))
    for side, kinds in (("larg", (INNER, LEFT)), ("rarg", (INNER, RIGHT))):
        if kind in kinds:
            yield from _join_conditions(item[side])


def _finding(statement: Statement, condition: Node, number: int, catalog: Catalog) -> Finding:
    name = statement.parameter(number)
    found = next(node for node in condition.walk() if parameter_number(node) == number)
    sign = _sign(condition, found, catalog)
    by_null = "; or write IS NOT DISTINCT FROM to find the rows with NULL" if sign == "=" else ""
    return statement.finding(
        "PGR508",
        f"{name} may be None, and {sign} NULL is never true: no row is found then",
        statement.offset(_place(found)),
        help="for a filter that callers may leave out, write it on a line of its own that ends "
        f"with -- @optional, and take None from its @param{by_null}",
    )


def _sign(condition: Node, parameter: Node, catalog: Catalog) -> str:
    """The comparison that a parameter is a part of, as it is written."""
    for node in condition.walk():
        if node.tag in _COMPARISONS and any(below is parameter for below in node.walk()):
            operator = catalog.operators.get(node.integer("opno"))
            sign = operator.name if operator is not None else "this with"
            every = "ANY of" if node.flag("useOr") else "ALL of"
            sign = _WRITTEN.get(sign, sign)
            return sign if node.tag == "OPEXPR" else f"{sign} {every}"
    return "this with"


def _place(parameter: Node) -> int:
    """Where a parameter stands, which a cast around it does not say."""
    return next(node.integer("location") for node in parameter.walk() if node.tag == "PARAM")
