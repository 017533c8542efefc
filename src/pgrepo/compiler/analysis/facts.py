"""What the analysis knows of one expression, and the little it reads straight off a node."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.model import ColumnOrigin, JsonArray, JsonObject

# The field that holds the result type's OID, by node.
_TYPE_FIELDS = {
    "VAR": "vartype",
    "CONST": "consttype",
    "PARAM": "paramtype",
    "AGGREF": "aggtype",
    "WINDOWFUNC": "wintype",
    "FUNCEXPR": "funcresulttype",
    "NAMEDARGEXPR": None,
    "OPEXPR": "opresulttype",
    "DISTINCTEXPR": "opresulttype",
    "NULLIFEXPR": "opresulttype",
    "SUBSCRIPTINGREF": "refrestype",
    "FIELDSELECT": "resulttype",
    "FIELDSTORE": "resulttype",
    "RELABELTYPE": "resulttype",
    "COERCEVIAIO": "resulttype",
    "ARRAYCOERCEEXPR": "resulttype",
    "CONVERTROWTYPEEXPR": "resulttype",
    "COERCETODOMAIN": "resulttype",
    "CASEEXPR": "casetype",
    "CASE": "casetype",
    "ARRAYEXPR": "array_typeid",
    "ARRAY": "array_typeid",
    "ROWEXPR": "row_typeid",
    "ROW": "row_typeid",
    "COALESCEEXPR": "coalescetype",
    "COALESCE": "coalescetype",
    "MINMAXEXPR": "minmaxtype",
    "MINMAX": "minmaxtype",
    "SQLVALUEFUNCTION": "type",
    "XMLEXPR": "type",
    "NEXTVALUEEXPR": "typeId",
}
EXISTS_SUBLINK, ANY_SUBLINK, EXPR_SUBLINK, ARRAY_SUBLINK = 0, 2, 4, 6
EXTERNAL = 0  # PARAM_EXTERN: a parameter of the statement
_BOOLEAN = 16
_INTEGER = 23
_BOOLEAN_NODES = frozenset({
    "BOOLEXPR", "NULLTEST", "BOOLEANTEST", "SCALARARRAYOPEXPR", "ROWCOMPAREEXPR", "JSONISPREDICATE",
})  # fmt: skip


class Known(NamedTuple):
    """A value that is known before anything runs; None is NULL."""

    value: int | str | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of an expression's value.

    Attributes:
        nullable: False only where it is proved that it is never NULL.
        origin: the table column whose value it is, unchanged.
        json: the shape of a json value which the statement builds.
        row: for a whole row, its columns.
        constant: the value itself, where it is the same in every run.
    """

    nullable: bool
    origin: ColumnOrigin | None = None
    json: JsonObject | JsonArray | None = None
    row: tuple[Member, ...] | None = None
    constant: Known | None = None

    def nulled(self) -> Fact:
        """The same value where an outer join may have put NULL in its place."""
        return self if self.nullable else replace(self, nullable=True, constant=None)

    def proved(self) -> Fact:
        """The same value where a condition has excluded NULL."""
        return replace(self, nullable=False, constant=None) if self.nullable else self

    def known(self, constant: Known | None) -> Fact:
        """The same value where it is a constant."""
        if constant is None:
            return self
        return replace(self, nullable=constant.value is None, constant=constant)


@dataclass(frozen=True, slots=True)
class Member:
    """A column of a whole row: its number (dropped columns leave gaps), name, type OID, value."""

    number: int
    name: str
    type_oid: int
    fact: Fact


NULLABLE = Fact(nullable=True)
NOT_NULL = Fact(nullable=False)


def either(nullable: bool) -> Fact:
    """A value of which nothing else is known."""
    return NULLABLE if nullable else NOT_NULL


def type_of(node: Node) -> int:
    """The OID of an expression's type; 0 where the node does not say."""
    if node.tag in _BOOLEAN_NODES:
        return _BOOLEAN
    if node.tag == "GROUPINGFUNC":
        return _INTEGER
    if node.tag == "SUBLINK":
        return _sublink_type(node)
    if node.tag in {"JSONCONSTRUCTOREXPR", "JSONEXPR"}:
        returning = node.node("returning")
        return returning.integer("typid") if returning is not None else 0
    field = _TYPE_FIELDS.get(node.tag)
    if field is not None:
        return node.integer(field)
    inner = node.node("arg")
    return type_of(inner) if inner is not None else 0


def _sublink_type(node: Node) -> int:
    kind, query = node.integer("subLinkType"), node.node("subselect")
    if query is None or kind not in {EXPR_SUBLINK, ARRAY_SUBLINK}:
        return _BOOLEAN
    targets = query.items("targetList")
    # Which array type holds the elements is for the catalog to say.
    return type_of(targets[0]["expr"]) if targets and kind == EXPR_SUBLINK else 0
