"""What a statement does with its parameters: which column each one feeds or is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.choices import strip_casts
from pgrepo.compiler.analysis.facts import EXTERNAL, type_of
from pgrepo.compiler.analysis.nodes import constant_integer
from pgrepo.compiler.pytypes import VECTORS, bare_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.catalog import Catalog, Relation
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.model import ColumnOrigin

_UPDATE, _INSERT = 2, 3
_RELATION, _VALUES = 0, 5


@dataclass(frozen=True, slots=True)
class ParameterUse:
    """How the statement uses one parameter.

    Attributes:
        nullable: NULL makes sense for it: it feeds a nullable column, or something looks
            whether it is NULL (COALESCE, IS NULL, IS DISTINCT FROM), and no use forbids it.
        origin: the column it feeds, or else the first it is compared with.
        dimensions: of a vector, how many it is made to have: `$1::vector(768)`, or by a column
            of that type which it feeds.
    """

    nullable: bool
    origin: ColumnOrigin | None
    dimensions: int | None = None


def read_parameters(query: Node, catalog: Catalog, count: int) -> list[ParameterUse]:
    """Reads the uses of `$1` … `$count` off an analysed tree."""
    reader = _Reader(catalog)
    reader.read(query)
    return [reader.use(number) for number in range(1, count + 1)]


def copied_columns(query: Node, catalog: Catalog, count: int) -> tuple[Relation, list[str]] | None:
    """Where rows of parameters could go by COPY instead.

    Returns:
        The table and the columns that `$1` … `$count` feed, in that order; None unless the
        statement is an INSERT of one row in which every column is given one parameter as it is.
    """
    plain = (
        query.integer("commandType") == _INSERT
        and not query.items("returningList")
        and not query.items("cteList")
        and query.node("onConflict") is None
        and not _from_items(query)
    )
    relation = target_table(query, catalog)
    if not plain or relation is None or relation.kind not in {"r", "p"} or relation.row_security:
        return None
    fed: dict[int, int] = {}
    for target in query.items("targetList"):
        number, attnum = parameter_number(target["expr"]), target.integer("resno")
        if number is None:
            continue
        value = strip_casts(target["expr"])
        same_type = type_of(value) == relation.columns[attnum].pg_type.oid
        if number in fed or not same_type:
            return None
        fed[number] = attnum
    everything = sorted(fed) == list(range(1, count + 1))
    if not everything or set(fed.values()) != named_columns(query):
        return None
    return relation, [relation.columns[fed[number]].name for number in range(1, count + 1)]


def named_columns(query: Node) -> set[int]:
    """The columns that an INSERT gives a value; the others get their defaults."""
    # Attribute numbers are printed from FirstLowInvalidHeapAttributeNumber (-7) up.
    return {
        number - 7
        for permission in query.items("rteperminfos")
        for number in permission.integers("insertedCols")
    }


class _Reader:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._assigned: dict[int, list[tuple[ColumnOrigin, bool]]] = {}
        self._compared: dict[int, list[ColumnOrigin]] = {}
        self._null_aware: set[int] = set()
        self._dimensions: dict[int, int] = {}

    def use(self, number: int) -> ParameterUse:
        assigned = self._assigned.get(number, [])
        compared = self._compared.get(number, [])
        accepts = number in self._null_aware or any(nullable for _, nullable in assigned)
        forbidden = any(not nullable for _, nullable in assigned)
        origins = [origin for origin, _ in assigned] or compared
        return ParameterUse(
            accepts and not forbidden,
            origins[0] if origins else None,
            self._dimensions.get(number),
        )

    def read(self, query: Node) -> None:
        for node in query.walk():
            if node.tag == "QUERY":
                self._assignments(node)
        self._expressions(query, [])

    def _assignments(self, query: Node) -> None:
        if query.integer("commandType") not in {_UPDATE, _INSERT}:
            return
        relation = target_table(query, self._catalog)
        if relation is None:
            return
        for target in query.items("targetList"):
            self._assign(query, relation, target)
        conflict = query.node("onConflict")
        for target in conflict.items("onConflictSet") if conflict else []:
            self._assign(query, relation, target)

    def _assign(self, query: Node, relation: Relation, target: Node) -> None:
        attnum = target.integer("resno")
        column = relation.columns.get(attnum)
        if column is None:
            return
        for value in _values_of(query, target["expr"]):
            number = parameter_number(value)
            if number is not None:
                entry = (relation.origin(attnum), column.nullable)
                self._assigned.setdefault(number, []).append(entry)
            for inner in null_aware_arguments(value):
                compared = self._compared.setdefault(inner, [])
                compared.append(relation.origin(attnum))

    def _expressions(self, node: Node, levels: list[Node]) -> None:
        if node.tag == "QUERY":
            levels = [*levels, node]
        elif node.tag in {"OPEXPR", "DISTINCTEXPR", "NULLIFEXPR", "SCALARARRAYOPEXPR"}:
            self._comparison(node, levels)
        elif node.tag == "FUNCEXPR":
            self._length_coercion(node)
        self._null_aware.update(null_aware_arguments(node))
        for child in node.children():
            self._expressions(child, levels)

    def _comparison(self, node: Node, levels: list[Node]) -> None:
        arguments = node.items("args")
        operator = self._catalog.operators.get(node.integer("opno"))
        if len(arguments) != 2 or operator is None or operator.name not in {"=", "<>"}:
            return
        for one, other in (arguments, reversed(arguments)):
            number = parameter_number(one)
            origin = self._column(strip_casts(other), levels) if number is not None else None
            if number is not None and origin is not None:
                self._compared.setdefault(number, []).append(origin)

    def _length_coercion(self, node: Node) -> None:
        arguments = node.items("args")
        if node.integer("funcformat") not in {1, 2} or len(arguments) != 3:
            return
        number, length = parameter_number(arguments[0]), arguments[1]
        if number is None or length.tag != "CONST":
            return
        pg_type = self._catalog.type(node.integer("funcresulttype"))
        dimensions = constant_integer(length)
        # pgvector's type modifier is the number of dimensions, and -1 stands for any.
        if bare_name(pg_type) in VECTORS and dimensions is not None and dimensions > 0:
            self._dimensions[number] = dimensions

    def _column(self, node: Node, levels: list[Node]) -> ColumnOrigin | None:
        if node.tag != "VAR" or node.integer("varlevelsup") >= len(levels):
            return None
        query = levels[-1 - node.integer("varlevelsup")]
        entries, varno = query.items("rtable"), node.integer("varno")
        if not 1 <= varno <= len(entries) or entries[varno - 1].integer("rtekind") != _RELATION:
            return None
        relation = self._catalog.relations.get(entries[varno - 1].integer("relid"))
        attno = node.integer("varattno")
        return relation.origin(attno) if relation and attno in relation.columns else None


def parameter_number(node: Node) -> int | None:
    """The number of a parameter, casts around it aside; None for anything else."""
    plain = strip_casts(node)
    if plain.tag == "FUNCEXPR" and plain.integer("funcformat") in {1, 2}:
        # A length coercion such as varchar(50), or a cast between number types.
        plain = strip_casts(plain.items("args")[0])
    is_parameter = plain.tag == "PARAM" and plain.integer("paramkind") == EXTERNAL
    return plain.integer("paramid") if is_parameter else None


def null_aware_arguments(node: Node) -> Iterator[int]:
    """The parameters of which this node looks whether they are NULL."""
    if node.tag in {"COALESCEEXPR", "COALESCE"}:
        arguments = node.items("args")[:-1]
    elif node.tag == "DISTINCTEXPR":
        arguments = node.items("args")
    elif node.tag == "NULLTEST":
        arguments = [node["arg"]]
    else:
        return
    for argument in arguments:
        number = parameter_number(argument)
        if number is not None:
            yield number


def target_table(query: Node, catalog: Catalog) -> Relation | None:
    """The table that a statement writes to."""
    index = query.integer("resultRelation")
    if not index:
        return None
    return catalog.relations.get(query.items("rtable")[index - 1].integer("relid"))


def _from_items(query: Node) -> list[Node]:
    tree = query.node("jointree")
    return tree.items("fromlist") if tree is not None else []


def _values_of(query: Node, expression: Node) -> list[Node]:
    """The expressions behind a target: itself, or a VALUES list's column."""
    plain = strip_casts(expression)
    if plain.tag != "VAR":
        return [expression]
    entries, varno = query.items("rtable"), plain.integer("varno")
    if not 1 <= varno <= len(entries) or entries[varno - 1].integer("rtekind") != _VALUES:
        return []
    attno = plain.integer("varattno")
    return [row[attno - 1] for row in entries[varno - 1].items("values_lists")]
