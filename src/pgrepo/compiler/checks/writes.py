"""PGR505: UPDATE and DELETE that reach every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.conditions import conjuncts
from pgrepo.compiler.analysis.nodes import constant_integer
from pgrepo.compiler.checks.places import table_offset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.checks.findings import Finding, Statement

_VERBS = {2: "UPDATE", 4: "DELETE"}


def check_where(statement: Statement, catalog: Catalog) -> Iterator[Finding]:
    """Finds UPDATE and DELETE without WHERE, also inside WITH.

    `WHERE true` says that every row is meant. But where callers leave out what `@optional` marks,
    TRUE is what is left in its place, and nobody has said anything.
    """
    for query, _ in statement.queries:
        verb = _VERBS.get(query.integer("commandType"))
        tree = query.node("jointree")
        if verb is None or tree is None:
            continue
        condition = tree.node("quals")
        if condition is not None and not _is_left_out(condition, statement):
            continue
        entry = query.items("rtable")[query.integer("resultRelation") - 1]
        relation = catalog.relations.get(entry.integer("relid"))
        if relation is not None:
            effect = f"changes every row of {relation.name}"
            yield statement.finding(
                "PGR505",
                f"this {verb} has no WHERE, and {effect}"
                if condition is None
                else f"this {verb} {effect}",
                table_offset(statement.sql, relation.schema, relation.name, after=verb),
                help="name the rows in WHERE, or write WHERE true if all of them are meant"
                if condition is None
                else "keep a condition that is not @optional",
            )


def _is_left_out(condition: Node, statement: Statement) -> bool:
    """Whether nothing is left of WHERE in a variant."""
    variant = statement.variant
    return (
        variant is not None
        and bool(variant.choice.absent)
        and all(_is_true(part) for part in conjuncts(condition))
    )


def _is_true(node: Node) -> bool:
    return node.tag == "CONST" and constant_integer(node) == 1
