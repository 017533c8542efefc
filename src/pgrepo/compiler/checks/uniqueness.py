"""Can rows tie? Whether some columns may tell all rows of a query apart.

The analysis (`cardinality`) proves that there is at most one row. The checks need the opposite: to
be sure that there can be several. So this reads the same trees and believes everything that could
keep the rows apart: partial, deferred and expression indexes, exclusion constraints, conditions
with sub-queries, row security, and whatever it does not understand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.conditions import conjuncts
from pgrepo.compiler.analysis.nodes import constant_integer
from pgrepo.compiler.analysis.scope import FULL, INNER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.checks.schema import Schema

Column = tuple[int, int]
"""A source's number in the range table, and a column's number in it."""

_JOIN, _GROUP = 2, 9  # of RTEKind
_SELECT, _INSERT, _MERGE = 1, 3, 5  # of CmdType
_ANY = 2  # of SubLinkType
_CTID = -1  # the number of that system column


@dataclass(slots=True)
class Level:
    """One query while it is being read.

    Attributes:
        query: the QUERY.
        around: the QUERYs around it, the nearest first.
        sources: what stands in FROM: numbers in the range table.
        conditions: all that WHERE and ON demand, apart.
        fixed: columns that have one value only.
        single: sources of which there is at most one row.
        unknown: something is not understood; the rows may be distinct after all.
    """

    query: Node
    around: tuple[Node, ...]
    sources: list[int] = field(default_factory=list)
    conditions: list[Node] = field(default_factory=list)
    fixed: set[Column] = field(default_factory=set)
    single: set[int] = field(default_factory=set)
    unknown: bool = False

    def entry(self, index: int) -> Node:
        """A range-table entry."""
        found: Node = self.query.items("rtable")[index - 1]
        return found

    def columns(self, node: Node, depth: int = 0) -> Iterator[Column]:
        """The columns of this level's sources that an expression reads."""
        if node.tag == "VAR" and node.integer("varlevelsup") == depth:
            yield from self._resolved(node.integer("varno"), node.integer("varattno"))
        inside = depth + 1 if node.tag == "QUERY" else depth
        for child in node.children():
            yield from self.columns(child, inside)

    def _resolved(self, varno: int, attno: int) -> Iterator[Column]:
        """A column of a join or of the grouped rows is one of what they are made of."""
        field_name = {_JOIN: "joinaliasvars", _GROUP: "groupexprs"}.get(
            self.entry(varno).integer("rtekind") if varno > 0 else -1
        )
        if field_name is None or attno == 0:
            yield varno, attno
            return
        yield from self.columns(self.entry(varno).items(field_name)[attno - 1])

    def is_fixed(self, node: Node) -> bool:
        """Whether an expression has one value only."""
        return all(
            column in self.fixed or column[0] in self.single for column in self.columns(node)
        )


class Uniqueness:
    """Answers for one database."""

    def __init__(self, catalog: Catalog, schema: Schema) -> None:
        self._catalog = catalog
        self._keys: dict[int, list[frozenset[int]]] = {}
        self._exclusions: dict[int, list[frozenset[int]]] = {}
        for index in schema.indexes:
            if index.is_exclusion:
                self._exclusions.setdefault(index.relid, []).append(index.read_columns)
            elif index.is_unique:
                self._keys.setdefault(index.relid, []).append(index.read_columns)
        self._constant = {
            (relid, attnum) for relid, attnum, tree in schema.checks if self._fixes(tree)
        }

    def may_be_single(
        self, query: Node, around: tuple[Node, ...] = (), fixed: Iterable[Column] = ()
    ) -> bool:
        """Whether a query may return at most one row for each value of the fixed columns."""
        if _keeps_one(query):
            return True
        level = self.read(query, around, fixed)
        return level.unknown or self.is_single(level)

    def is_single(self, level: Level) -> bool:
        """Whether what has been read leaves at most one row."""
        query = level.query
        if query.flag("hasAggs") and not query.items("groupClause"):
            return True
        clauses = query.items("groupClause") or query.items("distinctClause")
        if clauses:
            keys = [target_of(query, clause) for clause in clauses]
            if all(key is None or level.is_fixed(key) for key in keys):
                return True
        return level.single.issuperset(level.sources)

    def read(self, query: Node, around: tuple[Node, ...], fixed: Iterable[Column]) -> Level:
        """Finds out which columns of a query are fixed, and which sources have one row."""
        level = Level(query, around, fixed=set(fixed))
        command = query.integer("commandType")
        level.unknown = (
            command == _MERGE
            or query.node("setOperations") is not None
            or query.flag("hasTargetSRFs")
            or bool(query.items("groupingSets"))
        )
        tree = query.node("jointree")
        if tree is not None:
            self._enter(level, tree)
        # WHERE false, ON false; and the row that a cursor is at.
        level.unknown |= any(node.tag in {"CONST", "CURRENTOFEXPR"} for node in level.conditions)
        while not level.unknown and self._learn(level):
            pass
        return level

    # The join tree ----------------------------------------------------------------------------

    def _enter(self, level: Level, node: Node) -> set[int]:
        """Collects sources and conditions; returns the tables below a join-tree node."""
        if node.tag == "RANGETBLREF":
            index = node.integer("rtindex")
            level.sources.append(index)
            return {level.entry(index).integer("relid")} - {0}
        level.conditions += conjuncts(node.node("quals"))
        if node.tag == "FROMEXPR":
            return {relid for item in node.items("fromlist") for relid in self._enter(level, item)}
        left, right = self._enter(level, node["larg"]), self._enter(level, node["rarg"])
        kind = node.integer("jointype")
        # An outer join of a table with itself may be how the last of several rows is found.
        level.unknown |= kind == FULL or (kind != INNER and bool(left & right))
        return left | right

    # Conclusions ------------------------------------------------------------------------------

    def _learn(self, level: Level) -> bool:
        """Draws one round of conclusions; False when there are no more."""
        before = len(level.fixed), len(level.single)
        for condition in level.conditions:
            level.fixed.update(self._fixed_by(condition, level))
        level.single.update(
            index
            for index in level.sources
            if index not in level.single and self._may_have_one_row(level, index)
        )
        return (len(level.fixed), len(level.single)) != before

    def _fixed_by(self, condition: Node, level: Level) -> Iterator[Column]:
        tag = condition.tag
        if tag == "BOOLEXPR" and condition["boolop"] == "not":
            inner: Node = condition.items("args")[0]
            if inner.tag == "DISTINCTEXPR":
                yield from self._equal(inner, level)
            elif inner.tag == "VAR":
                yield from level.columns(inner)
        elif tag in {"VAR", "BOOLEANTEST"} or (
            tag == "NULLTEST" and condition.integer("nulltesttype") == 0
        ):
            yield from level.columns(condition)
        elif tag == "OPEXPR" and self._is_equality(condition):
            yield from self._equal(condition, level)
        elif tag == "SUBLINK" and condition.integer("subLinkType") == _ANY:
            query, test = condition.node("subselect"), condition.node("testexpr")
            around = (level.query, *level.around)
            if query is not None and test is not None and self.may_be_single(query, around):
                yield from level.columns(test)

    def _is_equality(self, condition: Node) -> bool:
        operator = self._catalog.operators.get(condition.integer("opno"))
        return operator is None or bool(operator.equality_of) or operator.name == "="

    @staticmethod
    def _equal(condition: Node, level: Level) -> Iterator[Column]:
        arguments = condition.items("args")
        if len(arguments) != 2:
            return
        for column, value in (arguments, reversed(arguments)):
            if level.is_fixed(value):
                yield from level.columns(column)

    def _may_have_one_row(self, level: Level, index: int) -> bool:
        entry = level.entry(index)
        match entry.integer("rtekind"):
            case 0:  # table
                return self._is_found(level, index, entry)
            case 1:  # sub-query
                around = (level.query, *level.around)
                return self._inner_single(level, index, entry["subquery"], around)
            case 5 if level.query.integer("commandType") == _INSERT:  # VALUES
                return len(entry.items("values_lists")) <= 1
            case 6:  # WITH
                return self._cte_single(level, index, entry)
            case _:
                return True

    def _is_found(self, level: Level, index: int, entry: Node) -> bool:
        """Whether a row of a table may be the only one with the fixed columns."""
        relid = entry.integer("relid")
        relation = self._catalog.relations.get(relid)
        if relation is None or relation.row_security:
            return True
        if any(_compares_with(condition, relid) for condition in level.conditions):
            return True
        if (index, _CTID) in level.fixed:
            return True
        fixed = {attno for varno, attno in level.fixed if varno == index}
        fixed |= {attno for table, attno in self._constant if table == relid}
        if any(key <= fixed for key in self._keys.get(relid, ())):
            return True
        named = {
            attno
            for condition in level.conditions
            for varno, attno in level.columns(condition)
            if varno == index
        }
        return any(key <= fixed | named for key in self._exclusions.get(relid, ()))

    def _inner_single(
        self, level: Level, index: int, query: Node, around: tuple[Node, ...]
    ) -> bool:
        """Whether a sub-query may have one row where columns of its result are fixed."""
        outside = Level(query, around)
        wanted = {attno for varno, attno in level.fixed if varno == index}
        fixed = {
            column
            for target in results(query)
            if target.integer("resno") in wanted
            for column in outside.columns(target["expr"])
        }
        if query.flag("hasWindowFuncs") or _keeps_one(query):
            return True
        inner = self.read(query, around, fixed)
        # What else is fixed in there is fixed out here.
        level.fixed.update(
            (index, target.integer("resno"))
            for target in results(query)
            if inner.is_fixed(target["expr"])
        )
        return inner.unknown or self.is_single(inner)

    def _cte_single(self, level: Level, index: int, entry: Node) -> bool:
        levels = (level.query, *level.around)
        up = entry.integer("ctelevelsup")
        found = [
            cte
            for query in levels[up : up + 1]
            for cte in query.items("cteList")
            if cte["ctename"] == entry["ctename"] and not cte.flag("cterecursive")
        ]
        return not found or self._inner_single(level, index, found[0]["ctequery"], levels[up:])

    def _fixes(self, tree: Node) -> bool:
        """Whether a CHECK on one column may leave it one value: `CHECK (id)`, `CHECK (id = 1)`."""
        return tree.tag in {"VAR", "BOOLEANTEST"} or (
            tree.tag == "OPEXPR" and self._is_equality(tree)
        )


def target_of(query: Node, clause: Node) -> Node | None:
    """The expression that a sort, group or distinct clause means."""
    number = clause.integer("tleSortGroupRef")
    for target in query.items("targetList"):
        if target.integer("ressortgroupref") == number:
            expression: Node = target["expr"]
            return expression
    return None


def results(query: Node) -> list[Node]:
    """The targets that make a query's result."""
    is_select = query.integer("commandType") == _SELECT
    found: list[Node] = query.items("targetList" if is_select else "returningList")
    return found


def _keeps_one(query: Node) -> bool:
    """Whether LIMIT keeps one row."""
    limit = query.node("limitCount")
    return limit is not None and any(constant_integer(node) in {0, 1} for node in limit.walk())


def _compares_with(condition: Node, relid: int) -> bool:
    """Whether a condition looks at other rows of the table: this one may be the last of them."""
    return any(
        node.tag == "RANGETBLENTRY" and node.integer("relid") == relid for node in condition.walk()
    )
