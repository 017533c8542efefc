"""The analysis of one analysed tree: ties together the parts that call each other.

expressions   what is known of a value
sources       what is known of a column of something in FROM, and of a query's result
cardinality   how many rows come back
shapes        what JSON a statement builds
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.cardinality import RowCounter, Rows
from pgrepo.compiler.analysis.expressions import Expressions
from pgrepo.compiler.analysis.foreign_keys import always_matched
from pgrepo.compiler.analysis.scope import Scope, open_scope
from pgrepo.compiler.analysis.shapes import Shapes
from pgrepo.compiler.analysis.sources import Sources
from pgrepo.compiler.analysis.strict import StrictReader

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.facts import Fact
    from pgrepo.compiler.analysis.nodes import Node


class Analyser:
    """Reads facts off analysed trees.

    Args:
        catalog: of the database that analysed them.

    Attributes:
        not_understood: tags of nodes met that no rule knows; what they touch is nullable.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.strict = StrictReader(catalog)
        self.not_understood: set[str] = set()
        self._expressions = Expressions(self)
        self._sources = Sources(self)
        self._shapes = Shapes(self)
        self._rows = RowCounter(self)

    def scope(
        self, query: Node, parent: Scope | None, recursion: dict[str, list[Fact]] | None = None
    ) -> Scope:
        """Enters a query level."""
        inherited = recursion if recursion is not None else (parent.recursion if parent else {})
        scope = open_scope(query, parent, self.strict, inherited)
        while True:  # a join that is sure makes those sure that hang on it
            sure = always_matched(scope, self.catalog) - scope.happened_not
            if not sure:
                return scope
            scope = replace(scope, happened_not=scope.happened_not | sure)

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

    @property
    def shapes(self) -> Shapes:
        """The reader of JSON shapes."""
        return self._shapes
