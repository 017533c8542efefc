"""What a statement compares its parameters with: the columns whose values suit them.

The analysis keeps one column for a parameter, and only where that is sure to have its type (`=`).
Values to call a query with need less: whatever stands on the other side of any operator, inside
COALESCE or lower(). Whether the types fit, `drawing` looks.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgrepo.compiler.checks.uniqueness import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.checks.findings import Statement
    from pgrepo.compiler.model import ColumnOrigin

_ROWS = frozenset({"ROWCOMPAREEXPR", "ROWCOMPARE"})
_COMPARISONS = _ROWS | {"OPEXPR", "SCALARARRAYOPEXPR", "DISTINCTEXPR", "NULLIFEXPR"}
_TABLE = 0  # of RTEKind
_INSERT = 3  # of CmdType
_EXTERNAL = 0  # PARAM_EXTERN


@dataclass(slots=True)
class Uses:
    """What the parameters of a statement are for, by name.

    Attributes:
        columns: what each is compared with; the columns of equalities first.
        limits: those that say how many rows.
        offsets: those that say how many rows are passed over.
    """

    columns: dict[str, list[ColumnOrigin]] = field(default_factory=dict)
    limits: set[str] = field(default_factory=set)
    offsets: set[str] = field(default_factory=set)


def read_uses(statement: Statement, catalog: Catalog) -> Uses:
    """Reads the uses of all parameters off an analysed statement."""
    uses = Uses()
    found: list[tuple[bool, str, ColumnOrigin]] = []
    for query, around in statement.queries:
        for clause, names in (("limitCount", uses.limits), ("limitOffset", uses.offsets)):
            below = query.node(clause)
            names.update(map(statement.parameter, _parameters(below) if below else ()))
        level = Level(query, around)
        for node in _comparisons(query):
            operator = catalog.operators.get(node.integer("opno"))
            loose = operator is None or operator.name != "="
            for one, other in _sides(node):
                origins = list(_origins(other, level, catalog))
                for name in map(statement.parameter, _parameters(one)):
                    found += [(loose, name, origin) for origin in origins]
    for _, name, origin in sorted(found, key=lambda item: item[0]):
        known = uses.columns.setdefault(name, [])
        if origin not in known:
            known.append(origin)
    return uses


def inserted_into(statement: Statement) -> Iterator[int]:
    """The OIDs of the tables that a statement adds rows to."""
    for query, _ in statement.queries:
        if query.integer("commandType") == _INSERT:
            yield query.items("rtable")[query.integer("resultRelation") - 1].integer("relid")


def _comparisons(node: Node) -> Iterator[Node]:
    """The comparisons of a query, sub-queries in it aside."""
    for child in node.children():
        if child.tag in _COMPARISONS:
            yield child
        if child.tag != "QUERY":
            yield from _comparisons(child)


def _sides(node: Node) -> Iterator[tuple[Node, Node]]:
    """What is compared with what, both ways round."""
    if node.tag in _ROWS:
        pairs = list(zip(node.items("largs"), node.items("rargs"), strict=False))
    else:
        pairs = list(itertools.pairwise(node.items("args")))
    for one, other in pairs:
        yield one, other
        yield other, one


def _origins(node: Node, level: Level, catalog: Catalog) -> Iterator[ColumnOrigin]:
    """The table columns that an expression is made of."""
    for varno, attno in level.columns(node):
        entry = level.entry(varno) if varno > 0 else None
        if entry is not None and entry.integer("rtekind") == _TABLE:
            relation = catalog.relations.get(entry.integer("relid"))
            if relation is not None and attno in relation.columns:
                yield relation.origin(attno)


def _parameters(node: Node) -> Iterator[int]:
    """The parameters in an expression, sub-queries and inner comparisons aside."""
    if node.tag == "PARAM" and node.integer("paramkind") == _EXTERNAL:
        yield node.integer("paramid")
    if node.tag == "QUERY" or node.tag in _COMPARISONS - {"OPEXPR"}:
        return
    for child in node.children():
        yield from _parameters(child)
