"""The analysis of one analysed tree: ties together the parts that call each other.

expressions   what is known of a value
constants     values that are known before anything runs
truth         whether a condition can be true, false, NULL
written       what RETURNING says of a row that is being written
sources       what is known of a column of something in FROM, and of a query's result
cardinality   how many rows come back
shapes        what JSON a statement builds
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.cardinality import RowCounter, Rows
from pgrepo.compiler.analysis.conditions import conjuncts
from pgrepo.compiler.analysis.constants import Constants
from pgrepo.compiler.analysis.emptiness import can_have_rows
from pgrepo.compiler.analysis.expressions import Expressions
from pgrepo.compiler.analysis.matching import always_matched
from pgrepo.compiler.analysis.refutation import refuted_nulls
from pgrepo.compiler.analysis.scope import INNER, Scope, open_scope
from pgrepo.compiler.analysis.shapes import Shapes
from pgrepo.compiler.analysis.sources import Sources
from pgrepo.compiler.analysis.strict import StrictReader
from pgrepo.compiler.analysis.totality import Totality
from pgrepo.compiler.analysis.truth import Truth
from pgrepo.compiler.analysis.written import WrittenRows

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.facts import Fact
    from pgrepo.compiler.analysis.nodes import Node

_NOTHING: dict[str, list[Fact]] = {}


class Analyser:
    """Reads facts off analysed trees.

    Args:
        catalog: of the database that analysed them.

    Attributes:
        not_understood: tags of nodes met that no rule knows; what they touch is nullable.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.totality = Totality(catalog)
        self.truth = Truth(self)
        self.constants = Constants(self)
        self.strict = StrictReader(catalog, self.constants.literal)
        self.written = WrittenRows(self)
        self.not_understood: set[str] = set()
        # Kept so that what is remembered of a scope, by its id, is found again.
        self._scopes: dict[tuple[int, int, int], Scope] = {}
        self._expressions = Expressions(self)
        self._sources = Sources(self)
        self._shapes = Shapes(self)
        self._rows = RowCounter(self)

    def scope(
        self, query: Node, parent: Scope | None, recursion: dict[str, list[Fact]] | None = None
    ) -> Scope:
        """Enters a query level."""
        inherited = recursion if recursion is not None else parent.recursion if parent else _NOTHING
        key = (id(query), id(parent), id(inherited))
        if key not in self._scopes:
            self._scopes[key] = self._open(query, parent, inherited)
        return self._scopes[key]

    def _open(self, query: Node, parent: Scope | None, recursion: dict[str, list[Fact]]) -> Scope:
        scope = open_scope(query, parent, self.strict, recursion)
        tree = query.node("jointree")
        for condition in conjuncts(tree.node("quals")) if tree is not None else []:
            scope = scope.assuming(refuted_nulls(condition, scope, self))
        return self.settled(scope)

    def settled(self, scope: Scope) -> Scope:
        """This scope with all that follows from what it excludes."""
        while True:  # a join that is sure makes those sure that hang on it
            wider = self._with_held_conditions(scope.excluding(always_matched(scope, self)))
            if wider is scope:
                return scope
            scope = wider

    def _with_held_conditions(self, scope: Scope) -> Scope:
        """Where an outer join has nulled nothing, its condition held.

        As with all that a scope knows of a join inside another one's side: in the rows where that
        side is there.
        """
        for index, join in scope.joins.items():
            if join.kind != INNER and join.ways(index) <= scope.happened_not:
                scope = scope.assuming(self.strict.if_true(join.node.node("quals")))
        return scope

    def fact(self, node: Node, scope: Scope) -> Fact:
        """What is known of an expression."""
        return self._expressions.fact(node, scope)

    def source_column(self, scope: Scope, index: int, attno: int) -> Fact:
        """What is known of a column of a range-table entry, outer joins above it aside."""
        return self._sources.column(scope, index, attno)

    def result(
        self, query: Node, parent: Scope | None, recursion: dict[str, list[Fact]] | None = None
    ) -> list[Fact]:
        """What is known of each result column of a query."""
        return self._sources.result(query, parent, recursion)

    def rows(self, query: Node, parent: Scope | None) -> Rows:
        """How many rows a query returns."""
        return self._rows.count(query, parent)

    def single_with(
        self,
        query: Node,
        scope: Scope,
        given: frozenset[tuple[int, int]],
        alone: frozenset[int],
    ) -> bool:
        """Whether FROM and WHERE of a query leave one row for each value of columns."""
        return self._rows.single_with(query, scope, given, alone)

    def can_have_rows(self, query: Node, parent: Scope | None) -> bool:
        """Whether a query may return any row."""
        return can_have_rows(query, self.scope(query, parent), self)

    def surely_has_row(self, item: Node, scope: Scope) -> bool:
        """Whether an item of FROM always has a row."""
        return self._rows.surely_has_row(item, scope)

    def surely_has_input(self, scope: Scope) -> bool:
        """Whether FROM and WHERE of a query always leave a row."""
        return self._rows.surely_has_input(scope)

    @property
    def shapes(self) -> Shapes:
        """The reader of JSON shapes."""
        return self._shapes
