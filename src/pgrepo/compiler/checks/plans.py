"""Plans: asked of PostgreSQL, read, and their cost shared out."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.sqlfiles.lexer import TokenKind, significant, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgrepo.compiler.checks.findings import Statement

_PAGE = 20
"""What LIMIT is taken to be where the query has no default for it."""


@dataclass(frozen=True, eq=False, slots=True)
class PlanNode:
    """A node of a plan: what EXPLAIN says of it, and the nodes below."""

    fields: Mapping[str, Any]
    children: tuple[PlanNode, ...]

    @property
    def kind(self) -> str:
        """Such as "Index Scan"."""
        return str(self.fields["Node Type"])

    @property
    def table(self) -> tuple[str, str] | None:
        """The schema and name of the table that it reads or writes."""
        if "Relation Name" not in self.fields:
            return None
        return self.fields.get("Schema", ""), self.fields["Relation Name"]

    @property
    def alias(self) -> str:
        """The name that the table has in the statement."""
        return str(self.fields.get("Alias", ""))

    @property
    def index(self) -> tuple[str, str] | None:
        """The schema and name of the index that it reads."""
        name = self.fields.get("Index Name")
        return (self.fields.get("Schema", ""), name) if name is not None else None

    @property
    def rows(self) -> float:
        """How many rows it is expected to return each time."""
        return float(self.fields["Plan Rows"])

    @property
    def cost(self) -> float:
        """What it is expected to cost each time, read to its end."""
        return float(self.fields["Total Cost"])

    @property
    def has_condition(self) -> bool:
        """Whether an index leads it to some of the rows."""
        return "Index Cond" in self.fields or self.kind in {"Bitmap Heap Scan", "Tid Scan"}

    def walk(self) -> Iterator[PlanNode]:
        """This node and all below it, in the order in which EXPLAIN prints them."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_plan(explained: Any) -> PlanNode:
    """Reads what EXPLAIN (FORMAT JSON) returns."""
    return _node(explained[0]["Plan"])


def _node(fields: Mapping[str, Any]) -> PlanNode:
    return PlanNode(fields, tuple(_node(child) for child in fields.get("Plans", ())))


def bare(condition: str) -> str:
    """A condition as EXPLAIN prints it, without the parentheses around all of it."""
    if not (condition.startswith("(") and condition.endswith(")")):
        return condition
    depth = 0
    for number, character in enumerate(condition):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return condition[1:-1] if number == len(condition) - 1 else condition
    return condition


class Planner:
    """Asks for plans on the connection to a scratch database.

    Args:
        connection: autocommit; its settings are changed.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        connection.execute("""
            SET debug_print_rewritten = off;
            SET client_min_messages = warning;
            SET max_parallel_workers_per_gather = 0;
        """)

    def plan(self, sql: str, *, sequential: bool = True) -> PlanNode | None:
        """The generic plan of a statement with `$n`; None where PostgreSQL makes none.

        Args:
            sql: the statement.
            sequential: whether it may choose to read tables from end to end.
        """
        with self._connection.transaction(force_rollback=True):
            if not sequential:
                self._connection.execute("SET LOCAL enable_seqscan = off")
            try:
                row = self._connection.execute(
                    b"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) " + sql.encode()
                ).fetchone()
            except psycopg.Error:  # a constant expression in it fails, which planning computes
                return None
        return read_plan(row[0]) if row is not None else None


def with_limits(statement: Statement) -> str:
    """The statement with a page's size in place of LIMIT's parameters, and OFFSET 0.

    Of a LIMIT that it does not know, PostgreSQL thinks that it keeps a tenth of the rows. That
    makes a plan for a page look like a plan for everything.
    """
    values: dict[int, int] = {}
    for query, _ in statement.queries:
        for clause, value in (("limitCount", None), ("limitOffset", 0)):
            node = query.node(clause)
            for part in node.walk() if node is not None else ():
                at = statement.offset(part.integer("location")) if part.tag == "PARAM" else None
                if at is not None:
                    number = part.integer("paramid")
                    values[at] = _page(statement, number) if value is None else value
    if not values:
        return statement.sql
    pieces, end = [], 0
    for token in significant(tokenize(statement.sql)):
        if token.start in values and token.kind is TokenKind.POSITIONAL:
            pieces += [statement.sql[end : token.start], str(values[token.start])]
            end = token.end
    return "".join([*pieces, statement.sql[end:]])


def _page(statement: Statement, number: int) -> int:
    """The default of a parameter, where it is a number of rows."""
    name = statement.parameter(number)
    for parameter in statement.query.parameters:
        if parameter.name == name and parameter.default is not None:
            value = ast.literal_eval(parameter.default)
            if isinstance(value, int) and value > 0:
                return value
    return _PAGE


def efforts(root: PlanNode) -> dict[PlanNode, float]:
    """The cost of each node with all below it, as much of it as is run.

    EXPLAIN gives each node's cost for one run to its end. A node below LIMIT or EXISTS is stopped
    early, and the inner side of a loop is run many times; but the cost at the top counts it all.
    So what a node costs is shared out among those below it, in proportion where they claim more.
    """
    shares = {root: root.cost}
    for node in root.walk():
        times = shares[node] / node.cost if node.cost else 0.0
        claims = [child.cost * _runs(node, child) * times for child in node.children]
        scale = min(1.0, shares[node] / total) if (total := sum(claims)) > 0 else 1.0
        for child, claim in zip(node.children, claims, strict=True):
            shares[child] = claim * scale
    return shares


def _runs(node: PlanNode, child: PlanNode) -> float:
    relationship = child.fields.get("Parent Relationship")
    if relationship == "Inner" and node.kind == "Nested Loop":
        outer = next(c for c in node.children if c.fields.get("Parent Relationship") == "Outer")
        return max(1.0, outer.rows)
    return max(1.0, node.rows) if relationship == "SubPlan" else 1.0
