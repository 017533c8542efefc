"""Outer joins that always find a row, and so put NULL in no column.

Three reasons are known, and a join needs one of them for each side it may null.

* A foreign key: `a LEFT JOIN b ON b.id = a.b_id`, where a.b_id references b (id) and is never
  NULL. The key must be enforced, validated and not deferrable.
* A table joined with itself: `a LEFT JOIN a AS b ON b.n = a.n`, where n is never NULL. Every row
  finds at least itself.
* A side that always has a row, and a condition that is always true:
  `a LEFT JOIN LATERAL (SELECT count(*) FROM b WHERE b.a_id = a.id) AS c ON true`.

For the first two the condition may say nothing else, and no row of the table may be hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.conditions import column_pair, conjuncts
from pgrepo.compiler.analysis.scope import FULL, LEFT, RIGHT
from pgrepo.compiler.analysis.strict import var_key
from pgrepo.compiler.analysis.truth import TRUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.catalog import Catalog, Relation
    from pgrepo.compiler.analysis.conditions import ColumnPair
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Join, Nulling, Scope

_SELECT = 1
_RELATION = 0


def always_matched(scope: Scope, analyser: Analyser) -> frozenset[Nulling]:
    """The outer joins of a query level that cannot null a side, as ways of becoming NULL.

    Only for a plain SELECT: a row that is locked or updated may have changed its reference since
    the statement began, and is then joined again without looking for the new row.
    """
    query = scope.query
    if query.integer("commandType") != _SELECT or query.items("rowMarks"):
        return frozenset()
    return frozenset(
        way
        for index, join in scope.joins.items()
        for way, side in _sides(index, join)
        if way not in scope.happened_not and _finds_a_row(join, side, scope, analyser)
    )


def _sides(index: int, join: Join) -> Iterator[tuple[Nulling, str]]:
    """The sides that a join may null, and the way of becoming NULL that each is."""
    if join.kind in {LEFT, FULL}:
        yield (index, "right" if join.kind == FULL else ""), "rarg"
    if join.kind in {RIGHT, FULL}:
        yield (index, "left" if join.kind == FULL else ""), "larg"


def _finds_a_row(join: Join, side: str, scope: Scope, analyser: Analyser) -> bool:
    nulled = join.node[side]
    if nulled.tag == "RANGETBLREF" and _is_referenced(join, nulled, scope, analyser.catalog):
        return True
    # What the query proves of the nulled side was proved of the rows that were found.
    before = scope.knowing_nothing_of(join.right if side == "rarg" else join.left)
    return analyser.truth.outcomes(join.node.node("quals"), before) == TRUE and (
        analyser.surely_has_row(nulled, before)
    )


def _is_referenced(join: Join, nulled: Node, scope: Scope, catalog: Catalog) -> bool:
    """Whether a key, or being the same row, leads to a row of the nulled side."""
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
    with_children = scope.source(nulled.integer("rtindex")).flag("inh")
    return _has_key(source, target, found) or (
        with_children and _is_itself(source, target, found, catalog)
    )


def _is_itself(
    source: Relation, target: Relation, found: list[ColumnPair], catalog: Catalog
) -> bool:
    return source.oid == target.oid and all(
        pair.attno == pair.other.integer("varattno")
        and pair.operator in catalog.operators
        and catalog.operators[pair.operator].equality_of
        for pair in found
    )


def _has_key(source: Relation, target: Relation, found: list[ColumnPair]) -> bool:
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
    never_null = not relation.columns[attno].nullable or var_key(column).column in scope.not_null
    return never_null and scope.survives(varno, attno, column.integers("varnullingrels"))
