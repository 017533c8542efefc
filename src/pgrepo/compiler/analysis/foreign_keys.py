"""Outer joins that always find their row, because a foreign key says so.

`a LEFT JOIN b ON b.id = a.b_id`, where a.b_id is NOT NULL and references b (id), never puts NULLs
in place of b's columns. That needs a key that is enforced, validated and not deferrable, a
condition that says nothing else, and a referenced table of which no row is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.conditions import column_pair, conjuncts
from pgrepo.compiler.analysis.scope import LEFT, RIGHT

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.catalog import Catalog, Relation
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Join, Nulling, Scope

_SELECT = 1
_RELATION = 0


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key that holds for every row at every moment.

    Attributes:
        target: the OID of the referenced table.
        columns: (referencing, referenced) column numbers.
        operators: the OIDs of the equalities by which they are compared, either way round.
    """

    target: int
    columns: frozenset[tuple[int, int]]
    operators: frozenset[int]


def always_matched(scope: Scope, catalog: Catalog) -> frozenset[Nulling]:
    """The outer joins of a query level that cannot null their side, as ways of becoming NULL.

    Only for a plain SELECT: a row that is locked or updated may have changed its reference since
    the statement began, and is then joined again without looking for the new row.
    """
    query = scope.query
    if query.integer("commandType") != _SELECT or query.items("rowMarks"):
        return frozenset()
    return frozenset(
        (index, "") for index, join in scope.joins.items() if _finds_its_row(join, scope, catalog)
    )


def _finds_its_row(join: Join, scope: Scope, catalog: Catalog) -> bool:
    if join.kind not in {LEFT, RIGHT}:
        return False
    nulled = join.node["rarg" if join.kind == LEFT else "larg"]
    if nulled.tag != "RANGETBLREF":
        return False
    target = _whole_table(scope.source(nulled.integer("rtindex")), catalog)
    pairs = [
        column_pair(condition, nulled.integer("rtindex"))
        for condition in conjuncts(join.node.node("quals"))
    ]
    found = [pair for pair in pairs if pair is not None]
    if target is None or not found or len(found) != len(pairs):
        return False
    sources = {pair.other.integer("varno") for pair in found}
    if len(sources) != 1 or not all(_surely_there(pair.other, scope, catalog) for pair in found):
        return False
    source = catalog.relations[scope.source(sources.pop()).integer("relid")]
    columns = frozenset((pair.other.integer("varattno"), pair.attno) for pair in found)
    return any(
        (key.target, key.columns) == (target.oid, columns)
        and all(pair.operator in key.operators for pair in found)
        for key in source.foreign_keys
    )


def _whole_table(entry: Node, catalog: Catalog) -> Relation | None:
    """The table of an entry that shows all its rows to everybody."""
    relation = catalog.relations.get(entry.integer("relid"))
    plain = (
        entry.integer("rtekind") == _RELATION
        and relation is not None
        and relation.kind in {"r", "p"}
        and not relation.row_security
        and not entry.items("securityQuals")
        and entry.node("tablesample") is None
        # ONLY of a partitioned table reads nothing at all.
        and (relation.kind == "r" or entry.flag("inh"))
    )
    return relation if plain else None


def _surely_there(column: Node, scope: Scope, catalog: Catalog) -> bool:
    """Whether a referencing column is of a table's row that is there, and not NULL in it."""
    varno, attno = column.integer("varno"), column.integer("varattno")
    entry = scope.source(varno)
    relation = catalog.relations.get(entry.integer("relid"))
    if entry.integer("rtekind") != _RELATION or relation is None or attno not in relation.columns:
        return False
    return not relation.columns[attno].nullable and scope.survives(
        varno, attno, column.integers("varnullingrels")
    )
