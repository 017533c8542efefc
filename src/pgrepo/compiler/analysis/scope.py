"""One query level: its sources, and what its conditions prove about them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.facts import Fact
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.strict import StrictReader, VarKey

INNER, LEFT, FULL, RIGHT = range(4)

# One way of a column becoming NULL: an outer join's range-table index, and which side or column.
Nulling = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Join:
    """A JOINEXPR and the range-table indexes below each side."""

    node: Node
    kind: int
    left: frozenset[int]
    right: frozenset[int]


@dataclass(frozen=True, slots=True)
class Scope:
    """A query level while its expressions are being read.

    Attributes:
        query: the QUERY node.
        parent: the level that `varlevelsup` 1 means.
        joins: its joins by range-table index.
        not_null: columns (varno, attno) proved not null where no outer join nulls them.
        happened_not: the ways of becoming NULL that a condition has excluded.
        recursion: facts assumed for recursive CTEs by name, while their fixpoint is sought.
    """

    query: Node
    parent: Scope | None
    joins: dict[int, Join] = field(default_factory=dict)
    not_null: frozenset[tuple[int, int]] = frozenset()
    happened_not: frozenset[Nulling] = frozenset()
    recursion: dict[str, list[Fact]] = field(default_factory=dict)

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
        columns = {(key.varno, key.attno) for key in proved}
        ways = {way for key in proved for way in self.nullings(*key)}
        if columns <= self.not_null and ways <= self.happened_not:
            return self
        return replace(
            self,
            not_null=self.not_null | columns,
            happened_not=self.happened_not | ways,
        )

    def without_join(self, index: int) -> Scope:
        """This scope where the join has nulled neither side."""
        ways = {(index, ""), (index, "left"), (index, "right")}
        return replace(self, happened_not=self.happened_not | ways)


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
