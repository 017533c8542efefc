"""How many rows a query can return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pgrepo.compiler.analysis.choices import strip_casts, strip_relabel
from pgrepo.compiler.analysis.conditions import conjuncts
from pgrepo.compiler.analysis.nodes import constant_integer
from pgrepo.compiler.analysis.scope import FULL, INNER, LEFT, RIGHT, Scope
from pgrepo.compiler.analysis.sources import find_cte, result_targets
from pgrepo.compiler.analysis.truth import TRUE
from pgrepo.compiler.model import Cardinality

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.nodes import Node

_SELECT, _INSERT, _MERGE = 1, 3, 5
_RELATION = 0
_DO_UPDATE = 2
_STORED = frozenset({"r", "p"})  # tables and partitioned tables: what an INSERT surely fills


@dataclass(frozen=True, slots=True)
class Rows:
    """Bounds on a number of rows."""

    at_least_one: bool
    at_most_one: bool

    @property
    def cardinality(self) -> Cardinality:
        """In the terms of the model."""
        if not self.at_most_one:
            return Cardinality.MANY
        return Cardinality.ONE if self.at_least_one else Cardinality.ZERO_OR_ONE


_ANY = Rows(at_least_one=False, at_most_one=False)


class Equality(NamedTuple):
    """A `column = value` that holds.

    Attributes:
        varno: the column's source.
        attno: its number.
        families: the operator families in whose sense it is equal.
        others: the sources that the value is made of.
    """

    varno: int
    attno: int
    families: frozenset[int]
    others: frozenset[int]


class RowCounter:
    """Counts rows without running anything."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._catalog = analyser.catalog
        self._counted: dict[tuple[int, int], tuple[Scope | None, Rows]] = {}

    def count(self, query: Node, parent: Scope | None) -> Rows:
        """The bounds for a query; a recursive CTE counts as many."""
        key = (id(query), id(parent))  # the parent is kept, so that its id stays its own
        if key not in self._counted:
            self._counted[key] = (parent, self._count(query, parent))
        return self._counted[key][1]

    def _count(self, query: Node, parent: Scope | None) -> Rows:
        scope = self._analyser.scope(query, parent)
        operations = query.node("setOperations")
        if operations is not None:
            return _limited(query, self._set_operation(operations, scope))
        if query.integer("commandType") == _INSERT:
            return self._insert(query, scope)
        if query.integer("commandType") == _MERGE:
            return _ANY  # the target is no part of the join tree
        at_most_one = self._from_at_most_one(query, scope)
        if query.integer("commandType") != _SELECT:
            return Rows(at_least_one=False, at_most_one=at_most_one)
        return _limited(query, self._select(query, scope, at_most_one))

    def _select(self, query: Node, scope: Scope, at_most_one: bool) -> Rows:
        if _returns_sets(query):
            return _ANY
        grouped = bool(query.items("groupClause") or query.items("groupingSets"))
        if query.flag("hasAggs") and not grouped:
            return Rows(at_least_one=query.node("havingQual") is None, at_most_one=True)
        if query.items("groupingSets"):
            return _ANY
        # A row that FOR UPDATE meets may be gone, or skipped, by the time it is locked.
        certain = not query.get("havingQual") and not query.items("rowMarks")
        return Rows(certain and self.surely_has_input(scope), at_most_one)

    def surely_has_input(self, scope: Scope) -> bool:
        """Whether FROM and WHERE of a query always leave a row."""
        tree, before = scope.query.node("jointree"), scope.unfiltered()
        if tree is None:
            return True
        return self._analyser.truth.outcomes(tree.node("quals"), before) == TRUE and all(
            self.surely_has_row(item, before) for item in tree.items("fromlist")
        )

    def surely_has_row(self, item: Node, scope: Scope) -> bool:
        """Whether an item of FROM always has a row."""
        if item.tag == "RANGETBLREF":
            return self._source_rows(scope, item.integer("rtindex")).at_least_one
        kind = item.integer("jointype")
        left, right = (self.surely_has_row(item[side], scope) for side in ("larg", "rarg"))
        always = self._analyser.truth.outcomes(item.node("quals"), scope) == TRUE
        return {
            INNER: left and right and always,
            LEFT: left,
            RIGHT: right,
            FULL: left or right,
        }.get(kind, False)

    def _insert(self, query: Node, scope: Scope) -> Rows:
        target = scope.source(query.integer("resultRelation"))
        relation = self._catalog.relations.get(target.integer("relid"))
        if relation is None or _returns_sets(query):  # VALUES (generate_series(…))
            return _ANY
        certain = relation.kind in _STORED and not relation.may_drop_inserts
        conflict = query.node("onConflict")
        if conflict is not None:
            updates = conflict.integer("action") == _DO_UPDATE
            updates_all = updates and conflict.node("onConflictWhere") is None
            certain &= updates_all and not relation.may_drop_updates
        tree = query.node("jointree")
        sources = tree.items("fromlist") if tree is not None else []
        if not sources:
            return Rows(at_least_one=certain, at_most_one=True)
        rows = self._source_rows(scope, sources[0].integer("rtindex"))
        return Rows(certain and rows.at_least_one, rows.at_most_one)

    def _set_operation(self, node: Node, scope: Scope) -> Rows:
        if node.tag == "RANGETBLREF":
            return self._source_rows(scope, node.integer("rtindex"))
        left = self._set_operation(node["larg"], scope)
        right = self._set_operation(node["rarg"], scope)
        match node.integer("op"):
            case 2:  # INTERSECT
                return Rows(at_least_one=False, at_most_one=left.at_most_one or right.at_most_one)
            case 3:  # EXCEPT
                return Rows(at_least_one=False, at_most_one=left.at_most_one)
            case _:
                return Rows(left.at_least_one or right.at_least_one, at_most_one=False)

    # Sources ------------------------------------------------------------------------------

    def _source_rows(self, scope: Scope, index: int) -> Rows:
        entry = scope.source(index)
        match entry.integer("rtekind"):
            case 1:  # sub-query
                return self.count(entry["subquery"], scope)
            case 3:  # function
                calls = [item.node("funcexpr") for item in entry.items("functions")]
                single = all(call is not None and not call.flag("funcretset") for call in calls)
                return Rows(single or any(self._counts_up(call, scope) for call in calls), single)
            case 5:  # VALUES
                rows = len(entry.items("values_lists"))
                return Rows(at_least_one=rows > 0, at_most_one=rows <= 1)
            case 6:  # WITH
                return self._cte_rows(scope, entry)
            case 8:  # no FROM at all
                return Rows(at_least_one=True, at_most_one=True)
            case _:
                return _ANY

    def _counts_up(self, call: Node | None, scope: Scope) -> bool:
        """Whether it is `generate_series(1, 12)`, which has rows."""
        function = self._catalog.functions.get(call.integer("funcid")) if call is not None else None
        if call is None or function is None or not function.builtin:
            return False
        known = [self._analyser.constants.of(item, scope) for item in call.items("args")]
        bounds = [item.value for item in known if item is not None and type(item.value) is int]
        is_series = function.name == "generate_series" and len(known) == len(bounds) == 2
        return is_series and bounds[0] <= bounds[1]

    def _cte_rows(self, scope: Scope, entry: Node) -> Rows:
        found = find_cte(scope, entry)
        if found is None or found[1].flag("cterecursive"):
            return _ANY
        level, cte = found
        return self.count(cte["ctequery"], level)

    def single_with(
        self,
        query: Node,
        scope: Scope,
        given: frozenset[tuple[int, int]],
        alone: frozenset[int],
    ) -> bool:
        """Whether FROM and WHERE leave at most one combination of rows for each value of columns.

        Args:
            query: the QUERY.
            scope: its own.
            given: the columns: their source and their number in it.
            alone: the sources that have one row for each value of theirs.
        """
        return self._from_at_most_one(query, scope, given, alone)

    def _from_at_most_one(
        self,
        query: Node,
        scope: Scope,
        given: frozenset[tuple[int, int]] = frozenset(),
        alone: frozenset[int] = frozenset(),
    ) -> bool:
        """Whether FROM and WHERE leave at most one combination of rows."""
        tree = query.node("jointree")
        if tree is None:
            return True
        sources = _sources_below(tree)
        if any(join.kind == FULL for join in scope.joins.values()):
            return False
        equalities = self._equalities(tree, scope)
        single = set(alone & sources)
        while True:
            found = {
                index for index in sources - single
                if self._is_single(scope, index, equalities, single, given)
            }  # fmt: skip
            if not found:
                return single == sources
            single |= found

    def _is_single(
        self,
        scope: Scope,
        index: int,
        equalities: list[Equality],
        single: set[int],
        given: frozenset[tuple[int, int]],
    ) -> bool:
        entry = scope.source(index)
        if self._source_rows(scope, index).at_most_one:
            # A LATERAL item has so many rows for each row of what it refers to.
            return _references(entry) <= single
        if entry.integer("rtekind") != _RELATION:
            return False
        relation = self._catalog.relations.get(entry.integer("relid"))
        fixed = {
            (equality.attno, family)
            for equality in equalities
            if equality.varno == index and equality.others <= single
            for family in equality.families
        }
        if relation is None:
            return False
        # Of a given column every index has its own idea of equality.
        return any(
            all(pair in fixed or (index, pair[0]) in given for pair in key) for key in relation.keys
        )

    def _equalities(self, tree: Node, scope: Scope) -> list[Equality]:
        """Every `column = value` that holds.

        A condition of an outer join fixes only columns of the side it may null: the other
        side's rows are kept whether it holds or not.
        """
        found = [
            pair
            for condition in conjuncts(tree.node("quals"))
            for pair in self._equality(condition)
        ]
        for join in scope.joins.values():
            pairs = [
                pair for condition in conjuncts(join.node.node("quals"))
                for pair in self._equality(condition)
            ]  # fmt: skip
            side = {LEFT: join.right, RIGHT: join.left}.get(join.kind, join.left | join.right)
            found += [pair for pair in pairs if pair.varno in side]
        return found

    def _equality(self, condition: Node) -> Iterable[Equality]:
        operator = self._catalog.operators.get(condition.integer("opno"))
        if condition.tag != "OPEXPR" or operator is None or not operator.equality_of:
            return
        if condition.integer("inputcollid") in self._catalog.loose_collations:
            return
        left, right = condition.items("args")
        for column, value in ((left, right), (right, left)):
            plain = strip_relabel(column)
            if plain.tag == "VAR" and plain.integer("varlevelsup") == 0:
                uses_sub_query = any(node.tag == "SUBLINK" for node in value.walk())
                if not uses_sub_query and not self._is_volatile(value):
                    yield Equality(
                        plain.integer("varno"),
                        plain.integer("varattno"),
                        operator.equality_of,
                        _references(value),
                    )

    def _is_volatile(self, value: Node) -> bool:
        for node in value.walk():
            oid = node.integer("funcid") or node.integer("opfuncid")
            function = self._catalog.functions.get(oid) if oid else None
            if function is not None and function.volatile:
                return True
        return False


def _returns_sets(query: Node) -> bool:
    return query.flag("hasTargetSRFs")


def _limited(query: Node, rows: Rows) -> Rows:
    """What LIMIT and OFFSET leave."""
    count = query.node("limitCount")
    if count is None and query.node("limitOffset") is None:
        return rows
    inner = strip_casts(count) if count is not None else None
    limit = constant_integer(_below_cast(inner)) if inner is not None else None
    with_ties = query.integer("limitOption") == 1
    at_most_one = rows.at_most_one or (limit in {0, 1} and not with_ties)
    surely = (
        rows.at_least_one and query.node("limitOffset") is None and limit is not None and limit > 0
    )
    return Rows(at_least_one=surely, at_most_one=at_most_one)


def _below_cast(node: Node) -> Node:
    """The integer below the cast to bigint that LIMIT adds."""
    if node.tag == "FUNCEXPR" and node.integer("funcformat") in {1, 2}:
        inner: Node = node.items("args")[0]
        return inner
    return node


def _sources_below(tree: Node) -> set[int]:
    return {node.integer("rtindex") for node in _walk_joins(tree) if node.tag == "RANGETBLREF"}


def _walk_joins(node: Node) -> Iterable[Node]:
    yield node
    children = node.items("fromlist") or [
        child for side in ("larg", "rarg") if (child := node.node(side)) is not None
    ]
    for child in children:
        yield from _walk_joins(child)


def _references(node: Node, depth: int = 0) -> frozenset[int]:
    """The sources of this level whose columns an expression or a range-table entry uses."""
    if node.tag == "VAR":
        here = node.integer("varlevelsup") == depth
        return frozenset({node.integer("varno")}) if here else frozenset()
    inside = depth + 1 if node.tag == "QUERY" else depth
    return frozenset().union(*(_references(child, inside) for child in node.children()))


def cardinality_of(query: Node, rows: Rows) -> Cardinality:
    """EXEC for a statement without result columns, else what the bounds say."""
    return rows.cardinality if result_targets(query) else Cardinality.EXEC
