"""The columns of what stands in FROM, and of a query's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.emptiness import can_have_rows
from pgrepo.compiler.analysis.facts import NOT_NULL, NULLABLE, Fact, Member, either, type_of
from pgrepo.compiler.analysis.scope import FULL, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.nodes import Node

_SELECT = 1
_JOIN = 2  # RTEKind
_UNION, _INTERSECT = 1, 2


# A query, the scope around it (both by id), and the columns of it that are known not to be NULL.
_Asked = tuple[int, int, frozenset[int]]
_NOTHING: frozenset[int] = frozenset()


class Sources:
    """Facts about columns."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._catalog = analyser.catalog
        # Every column of a sub-query asks for the whole; a scope is kept so that its id stays its.
        self._results: dict[_Asked, tuple[Scope | None, list[Fact]]] = {}
        # RTEKind, src/include/nodes/parsenodes.h; what is not here is nullable.
        self._rules: dict[int, Callable[[Scope, Node, int, int], Fact]] = {
            0: self._relation,
            1: self._sub_query,
            2: self._join,
            3: self._function,
            5: self._values,
            6: self._cte,
            9: self._group,
        }

    def column(self, scope: Scope, index: int, attno: int) -> Fact:
        """A column of the range-table entry; outer joins above it are the caller's business."""
        entry = scope.source(index)
        if attno == 0:
            row = self.columns(scope, index)
            return Fact(nullable=not row, row=row or None)
        rule = self._rules.get(entry.integer("rtekind"))
        return rule(scope, entry, index, attno) if rule else NULLABLE

    def columns(self, scope: Scope, index: int) -> tuple[Member, ...]:
        """All columns of the entry. Empty where they are not known."""
        entry = scope.source(index)
        relation = self._catalog.relations.get(entry.integer("relid"))
        types = self._column_types(entry)
        if relation is not None:  # also a view, which has become a sub-query
            named = [
                (number, column.name, column.pg_type.oid)
                for number, column in relation.columns.items()
            ]
        else:
            names = entry["eref"].items("colnames")
            named = [
                (number, name, oid)
                for number, (name, oid) in enumerate(zip(names, types, strict=False), start=1)
            ]
        return tuple(
            Member(number, name, oid, self.column(scope, index, number))
            for number, name, oid in named
        )

    def _column_types(self, entry: Node) -> list[int]:
        query = entry.node("subquery")
        if query is not None:
            return [type_of(item["expr"]) for item in visible_targets(query)]
        if entry.integer("rtekind") == _JOIN:
            return [type_of(item) if item else 0 for item in entry.items("joinaliasvars")]
        return [int(oid) for oid in entry.items("coltypes")]  # of VALUES and WITH

    # What stands in FROM --------------------------------------------------------------------

    def _relation(self, _scope: Scope, entry: Node, _index: int, attno: int) -> Fact:
        if attno < 0:
            return NOT_NULL  # ctid, tableoid and the like
        relation = self._catalog.relations.get(entry.integer("relid"))
        column = relation.columns.get(attno) if relation else None
        if relation is None or column is None:
            return NULLABLE
        return Fact(nullable=column.nullable, origin=relation.origin(attno))

    def _sub_query(self, scope: Scope, entry: Node, index: int, attno: int) -> Fact:
        facts = self.result(entry["subquery"], scope, not_null=_not_null(scope, index))
        return facts[attno - 1] if attno <= len(facts) else NULLABLE

    def _join(self, scope: Scope, entry: Node, index: int, attno: int) -> Fact:
        aliases = entry.items("joinaliasvars")
        if attno > len(aliases):
            return NULLABLE
        alias: Node = aliases[attno - 1]
        merged = alias.tag in {"COALESCEEXPR", "COALESCE"}
        if entry.integer("jointype") != FULL or not merged:
            return self._analyser.fact(alias, scope)
        # USING in a full join: one of the sides is there, and it may be either.
        inside = scope.without_join(index)
        sides = [self._analyser.fact(side, inside) for side in alias.items("args")]
        return either(any(side.nullable for side in sides))

    def _function(self, scope: Scope, entry: Node, _index: int, attno: int) -> Fact:
        functions = entry.items("functions")
        widths = [function.integer("funccolcount") for function in functions]
        if attno > sum(widths):
            return NOT_NULL  # WITH ORDINALITY
        if len(functions) != 1 or widths != [1]:
            return NULLABLE
        call = functions[0].node("funcexpr")
        return self._analyser.fact(call, scope) if call is not None else NULLABLE

    def _values(self, scope: Scope, entry: Node, _index: int, attno: int) -> Fact:
        rows = entry.items("values_lists")
        first, *others = (self._analyser.fact(row[attno - 1], scope) for row in rows)
        if all(fact == first for fact in others):
            return first
        return either(first.nullable or any(fact.nullable for fact in others))

    def _group(self, scope: Scope, entry: Node, _index: int, attno: int) -> Fact:
        expressions = entry.items("groupexprs")
        if attno > len(expressions):
            return NULLABLE
        return self._analyser.fact(expressions[attno - 1], scope)

    def _cte(self, scope: Scope, entry: Node, index: int, attno: int) -> Fact:
        name = entry["ctename"]
        if name in scope.recursion and entry.flag("self_reference"):
            return scope.recursion[name][attno - 1]
        found = find_cte(scope, entry)
        if found is None:
            return NULLABLE
        level, cte = found
        facts = self._cte_result(level, cte, _not_null(scope, index))
        return facts[attno - 1] if attno <= len(facts) else NULLABLE

    def _cte_result(self, level: Scope, cte: Node, not_null: frozenset[int]) -> list[Fact]:
        query = cte["ctequery"]
        if not cte.flag("cterecursive"):
            return self.result(query, level, not_null=not_null)
        key = (id(query), id(level), _NOTHING)
        if key not in self._results:
            self._results[key] = (level, self._fixpoint(level, cte))
        return self._results[key][1]

    def _fixpoint(self, level: Scope, cte: Node) -> list[Fact]:
        # The greatest one: suppose that nothing is NULL and take back what the query itself
        # contradicts, until nothing changes.
        query = cte["ctequery"]
        assumed = [NOT_NULL] * len(visible_targets(query))
        while True:
            found = self.result(query, level, {**level.recursion, cte["ctename"]: assumed})
            following = [
                either(old.nullable or new.nullable)
                for old, new in zip(assumed, found, strict=True)
            ]
            if following == assumed:
                return found
            assumed = following

    # Results ----------------------------------------------------------------------------------

    def result(
        self,
        query: Node,
        parent: Scope | None,
        recursion: dict[str, list[Fact]] | None = None,
        not_null: frozenset[int] = _NOTHING,
    ) -> list[Fact]:
        """The facts of a query's result columns.

        Args:
            query: the query.
            parent: the scope around it.
            recursion: facts assumed for recursive CTEs.
            not_null: numbers of result columns that are not NULL in the rows of interest: what a
                condition outside says holds inside as well.
        """
        if recursion is not None:
            return self._read_result(
                query, self._analyser.scope(query, parent, recursion), _NOTHING
            )
        key = (id(query), id(parent), not_null)
        if key not in self._results:
            facts = self._read_result(query, self._analyser.scope(query, parent), not_null)
            self._results[key] = (parent, facts)
        return self._results[key][1]

    def _read_result(self, query: Node, scope: Scope, not_null: frozenset[int]) -> list[Fact]:
        operations = query.node("setOperations")
        if operations is not None:
            return self._set_operation(operations, scope, not_null)
        if query.integer("commandType") != _SELECT:
            scope = scope.returning()
        expressions: list[Node] = [target["expr"] for target in visible_targets(query)]
        if _speaks_of_one_row(query):
            for number, item in enumerate(expressions, start=1):
                if number in not_null:
                    scope = scope.assuming(self._analyser.strict.if_not_null(item))
            scope = self._analyser.settled(scope)
        facts = [self._analyser.fact(item, scope) for item in expressions]
        # Of rows that never come everything holds.
        empty = not can_have_rows(query, scope.before or scope, self._analyser)
        return [fact.proved() for fact in facts] if empty else facts

    def _set_operation(self, node: Node, scope: Scope, not_null: frozenset[int]) -> list[Fact]:
        if node.tag == "RANGETBLREF":
            entry = scope.source(node.integer("rtindex"))
            return self.result(entry["subquery"], scope, not_null=not_null)
        left = self._set_operation(node["larg"], scope, not_null)
        right = self._set_operation(node["rarg"], scope, not_null)
        operation = node.integer("op")
        return [_combine(operation, one, other) for one, other in zip(left, right, strict=True)]


def _not_null(scope: Scope, index: int) -> frozenset[int]:
    """The columns of an entry that a scope's conditions exclude from being NULL."""
    return frozenset(attno for varno, attno, _ in scope.not_null if varno == index)


def _speaks_of_one_row(query: Node) -> bool:
    """Whether what a result column says of a column in FROM holds wherever that one is read.

    Window functions look at other rows. What a write returns has an old and a new image.
    """
    return query.integer("commandType") == _SELECT and not query.flag("hasWindowFuncs")


def _combine(operation: int, left: Fact, right: Fact) -> Fact:
    if operation == _UNION:
        same = left == right
        return left if same else either(left.nullable or right.nullable)
    if operation == _INTERSECT:
        return either(left.nullable and right.nullable)
    return left  # EXCEPT


def result_targets(query: Node) -> list[Node]:
    """The target entries that make a query's result: of RETURNING where it is no SELECT."""
    is_select = query.integer("commandType") == _SELECT
    return query.items("targetList" if is_select else "returningList")


def visible_targets(query: Node) -> list[Node]:
    """Those that are no mere sort or group key."""
    return [target for target in result_targets(query) if not target.flag("resjunk")]


def find_cte(scope: Scope, entry: Node) -> tuple[Scope, Node] | None:
    """The WITH item that a range-table entry names, and the level it belongs to."""
    level = scope.up(entry.integer("ctelevelsup"))
    for cte in level.query.items("cteList"):
        if cte["ctename"] == entry["ctename"]:
            return level, cte
    return None
