"""One query level: its sources, and what its conditions prove about them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.facts import Fact
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.strict import Column, StrictReader, VarKey

INNER, LEFT, FULL, RIGHT = range(4)
_DELETE, _OLD = 4, 1  # CmdType, VarReturningType
_NOT_MATCHED_BY_SOURCE = 1  # MergeMatchKind

# One way of a column becoming NULL: an outer join's range-table index, and which side or column.
Nulling = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Join:
    """A JOINEXPR and the range-table indexes below each side."""

    node: Node
    kind: int
    left: frozenset[int]
    right: frozenset[int]

    def ways(self, index: int) -> frozenset[Nulling]:
        """The ways in which it can make columns NULL."""
        sides = {FULL: ("left", "right"), INNER: ()}.get(self.kind, ("",))
        return frozenset((index, side) for side in sides)


@dataclass(frozen=True, slots=True)
class Scope:
    """A query level while its expressions are being read.

    Attributes:
        query: the QUERY node.
        parent: the level that `varlevelsup` 1 means.
        joins: its joins by range-table index.
        not_null: columns proved not null where no outer join nulls them.
        happened_not: the ways of becoming NULL that a condition has excluded.
        recursion: facts assumed for recursive CTEs by name, while their fixpoint is sought.
        null: columns that are supposed to be NULL.
        has_rows: whether the one group that all rows are has any; None where that is not known.
        before: of a scope in which RETURNING is read, the one before the statement wrote.
    """

    query: Node
    parent: Scope | None
    joins: dict[int, Join] = field(default_factory=dict)
    not_null: frozenset[Column] = frozenset()
    happened_not: frozenset[Nulling] = frozenset()
    recursion: dict[str, list[Fact]] = field(default_factory=dict)
    before: Scope | None = None
    has_rows: bool | None = None
    null: frozenset[Column] = frozenset()
    # Scopes made of this one: the same question gives the same object, so that what is
    # remembered of a scope is found again.
    _made: dict[object, Scope] = field(init=False, default_factory=dict, compare=False, repr=False)

    def up(self, levels: int) -> Scope:
        """The scope so many levels out."""
        scope = self
        for _ in range(levels):
            if scope.parent is None:
                raise LookupError("a variable of a level that does not exist")
            scope = scope.parent
        return scope

    def source(self, index: int) -> Node:
        """The range-table entry with this 1-based index."""
        entry: Node = self.query.items("rtable")[index - 1]
        return entry

    def nullings(self, varno: int, attno: int, nulling: frozenset[int]) -> Iterator[Nulling]:
        """The ways in which a column that carries these `varnullingrels` can become NULL."""
        for index in nulling:
            join = self.joins.get(index)
            if join is None:  # the GROUP entry: grouping sets null each column on its own
                yield index, f"{varno}.{attno}"
            elif join.kind == FULL:
                yield index, "left" if varno in join.left else "right"
            else:
                yield index, ""

    def survives(self, varno: int, attno: int, nulling: frozenset[int]) -> bool:
        """Whether every way of becoming NULL is excluded."""
        return all(way in self.happened_not for way in self.nullings(varno, attno, nulling))

    def assuming(self, proved: frozenset[VarKey]) -> Scope:
        """This scope where, besides, these columns are known not to be NULL."""
        columns = {key.column for key in proved}
        ways = {
            way for key in proved for way in self.nullings(key.varno, key.attno, key.nulling)
        }  # fmt: skip
        return self._with(self.not_null | columns, self.happened_not | ways)

    def without_join(self, index: int) -> Scope:
        """This scope where the join has nulled neither side."""
        ways = {(index, ""), (index, "left"), (index, "right")}
        return self._with(self.not_null, self.happened_not | ways)

    def excluding(self, ways: frozenset[Nulling]) -> Scope:
        """This scope where, besides, these ways of becoming NULL did not happen."""
        return self._with(self.not_null, self.happened_not | ways)

    def knowing_nothing_of(self, sources: frozenset[int]) -> Scope:
        """This scope as it is for rows of these sources that no condition has chosen yet."""
        return self._with(
            frozenset(key for key in self.not_null if key[0] not in sources),
            frozenset(way for way in self.happened_not if way[0] not in sources),
        )

    def unfiltered(self) -> Scope:
        """This scope as it is before any condition holds."""
        return self._with(frozenset(), frozenset())

    def supposing_null(self, column: Column) -> Scope:
        """This scope where a column is NULL."""
        if column not in self._made:
            self._made[column] = replace(self, null=self.null | {column})
        return self._made[column]

    def over(self, *, has_rows: bool) -> Scope:
        """This scope for an aggregate without GROUP BY where there are rows, or none."""
        if has_rows not in self._made:
            self._made[has_rows] = replace(self, has_rows=has_rows)
        return self._made[has_rows]

    def returning(self) -> Scope:
        """This scope for RETURNING: what the conditions say, they say of the old image."""
        if may_lack_source(self.query):
            # Even what holds inside the source: there may be no row of it.
            return replace(self, not_null=frozenset(), happened_not=frozenset(), before=self)
        target, command = self.query.integer("resultRelation"), self.query.integer("commandType")
        old = {(varno, attno, _OLD) for varno, attno, _ in self.not_null if varno == target}
        kept = {key for key in self.not_null if key[0] != target or command == _DELETE}
        return replace(self, not_null=frozenset(old | kept), before=self)

    def _with(self, not_null: frozenset[Column], happened_not: frozenset[Nulling]) -> Scope:
        key = (not_null, happened_not)
        if key == (self.not_null, self.happened_not):
            return self
        if key not in self._made:
            self._made[key] = replace(self, not_null=not_null, happened_not=happened_not)
        return self._made[key]


def may_lack_source(query: Node) -> bool:
    """Whether a MERGE may return rows of its target that no row of its source matches."""
    return any(
        action.integer("matchKind") == _NOT_MATCHED_BY_SOURCE
        for action in query.items("mergeActionList")
    )


def open_scope(
    query: Node, parent: Scope | None, strict: StrictReader, recursion: dict[str, list[Fact]]
) -> Scope:
    """Enters a query level: finds its joins and what its conditions prove."""
    tree = query.node("jointree")
    joins: dict[int, Join] = {}
    if tree is not None:
        _collect_joins(tree, joins)
    scope = Scope(query, parent, joins, recursion=recursion)
    for join in joins.values():
        scope = scope.assuming(_proved_by_join(join, strict))
    if tree is not None:
        scope = scope.assuming(strict.if_true(tree.node("quals")))
    return scope.assuming(strict.if_true(query.node("havingQual")))


def _collect_joins(node: Any, joins: dict[int, Join]) -> frozenset[int]:
    """Fills `joins`; returns the range-table indexes below a join-tree node."""
    if node.tag == "RANGETBLREF":
        return frozenset({node.integer("rtindex")})
    if node.tag == "FROMEXPR":
        return frozenset().union(*(_collect_joins(item, joins) for item in node.items("fromlist")))
    left = _collect_joins(node["larg"], joins)
    right = _collect_joins(node["rarg"], joins)
    index = node.integer("rtindex")
    joins[index] = Join(node, node.integer("jointype"), left, right)
    return left | right | {index}


def _proved_by_join(join: Join, strict: StrictReader) -> frozenset[VarKey]:
    """What a join's condition proves of the rows that it did not null itself.

    An inner join keeps only rows where it is true. Of an outer join that holds for the side it
    may null: those rows either met the condition or are NULL altogether, which
    `varnullingrels` says.
    """
    proved = strict.if_true(join.node.node("quals"))
    if join.kind == INNER:
        return proved
    nulled = {LEFT: join.right, RIGHT: join.left}.get(join.kind, frozenset())
    return frozenset(key for key in proved if key.varno in nulled)
