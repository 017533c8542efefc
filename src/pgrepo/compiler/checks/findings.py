"""What the checks find, and what they look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrepo.compiler.analysis.describe import Describer
from pgrepo.compiler.analysis.patches import telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.describe import Description
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.checks.places import DdlPlaces
    from pgrepo.compiler.checks.schema import Schema
    from pgrepo.compiler.model import Query
    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.variants import Variant

_POSITIONAL = re.compile(r"\$(\d+)")

GATED = frozenset({"PGR511", "PGR512", "PGR603"})
"""The findings that only plans can show."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and that can be allowed.

    Attributes:
        error: how to tell it.
        subject: the query, index or constraint that it is about.
    """

    error: SourceError
    subject: str


class Recorder(Describer):
    """A Describer that keeps what it was told, for the checks to read again."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__(connection)
        self._known: dict[str, Description] = {}

    def describe(self, sql: str, parameter_types: Sequence[int] | None = None) -> Description:
        """Describes a statement, which is asked of the server once."""
        if parameter_types is not None:
            return super().describe(sql, parameter_types)
        if sql not in self._known:
            self._known[sql] = super().describe(sql)
        return self._known[sql]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that a query can execute: the query's own, or a variant of it.

    Attributes:
        query: the query.
        sql: the text.
        tree: its analysed tree; None where it does not have exactly one.
        variant: which variant it is; None where nothing varies.
        queries: every QUERY in the tree, each with those around it, the nearest first.
    """

    query: Query
    sql: str
    tree: Node | None
    variant: Variant | None
    queries: tuple[tuple[Node, tuple[Node, ...]], ...] = ()

    def finding(
        self, code: str, message: str, at: int | None = None, help: str | None = None
    ) -> Finding:
        """A finding about the name or token at an offset in `sql`; without one, of all of it."""
        source = self.query.source
        message += self._when()
        if at is None:
            error = source.source.error(code, message, *source.name_span, help, source.name)
        elif self.variant is None:
            error = source.error(code, message, at, help=help)
        else:
            error = source.error_in_variant(code, message, self.variant, at, help)
        return Finding(error, source.name)

    def offset(self, location: int) -> int | None:
        """The offset in `sql` of a location that PostgreSQL counts in bytes, -1 for none."""
        if location < 0:
            return None
        return len(self.sql.encode()[:location].decode("utf-8", "ignore"))

    def named(self, text: str) -> str:
        """A text of PostgreSQL's with parameters by name.

        Before PostgreSQL 17 a plan writes the result of a sub-plan like a parameter.
        """
        known = self.query.source.positions if self.variant is None else self.variant.kept

        def name(found: re.Match[str]) -> str:
            number = int(found[1])
            return f":{self.parameter(number)}" if 0 < number <= len(known) else found[0]

        return _POSITIONAL.sub(name, text)

    def parameter(self, number: int) -> str:
        """The name of `$number`."""
        position = number - 1 if self.variant is None else self.variant.kept[number - 1]
        return self.query.source.positions[position]

    def _when(self) -> str:
        """Says which variant it is; nothing of the whole statement."""
        if self.variant is None:
            return ""
        variants, choice = self.query.source.variants, self.variant.choice
        absent = {name for number in choice.absent for name in variants.options[number].parameters}
        told = [f"without {', '.join(sorted(absent))}"] if absent else []
        if choice.order != variants.whole.order:
            told.append(f"with order_by {choice.order!r}")
        return f" ({' and '.join(told)})" if told else ""


@dataclass(frozen=True, slots=True)
class Subject:
    """All that is checked.

    Attributes:
        catalog: of the scratch database.
        schema: its indexes and foreign keys.
        places: finds objects in the DDL files.
        by_query: of each query that PostgreSQL accepts its statements.
    """

    catalog: Catalog
    schema: Schema
    places: DdlPlaces
    by_query: tuple[tuple[Statement, ...], ...]

    @property
    def statements(self) -> Iterator[Statement]:
        """All statements."""
        return (statement for statements in self.by_query for statement in statements)


def statements_of(query: Query, describer: Describer) -> Iterator[Statement]:
    """The statements of an analysed query that can differ in anything, the whole one first."""
    source = query.source
    if not source.variants:
        yield read_statement(query, source.sql, None, describer)
        return
    whole = source.variants.variant(source.sql, source.positions, source.variants.whole)
    choices, _ = telling(source.variants, describer.describe(whole.sql))
    for choice in choices:
        variant = source.variants.variant(source.sql, source.positions, choice)
        yield read_statement(query, variant.sql, variant, describer)


def read_statement(
    query: Query, sql: str, variant: Variant | None, describer: Describer
) -> Statement:
    """Reads a statement's tree."""
    trees = describer.describe(sql).trees
    if len(trees) != 1:
        return Statement(query, sql, None, variant)
    return Statement(query, sql, trees[0], variant, tuple(_queries_below(trees[0], ())))


def _queries_below(node: Node, around: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    if node.tag == "QUERY":
        yield node, around
        around = (node, *around)
    for child in node.children():
        yield from _queries_below(child, around)
