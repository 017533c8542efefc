"""PGR507: rows in no certain order, and a LIMIT that cuts through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.checks.places import order_by_offset
from pgrepo.compiler.checks.uniqueness import results, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.catalog import Catalog
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.checks.findings import Finding, Statement
    from pgrepo.compiler.checks.uniqueness import Column, Level, Uniqueness

_SELECT = 1
_WITH_TIES = 1
# What rows of a FROM list come from without an order of their own: tables and joins of them.
_UNORDERED = frozenset({0, 2})
_EXISTS = 0
# Aggregates whose values say nothing about which rows they were made of.
_TELLS_NOTHING = frozenset({
    "count", "sum", "avg", "bool_and", "bool_or", "every", "stddev", "stddev_pop", "stddev_samp",
    "variance", "var_pop", "var_samp",
})  # fmt: skip


def check_order(
    statement: Statement, catalog: Catalog, uniqueness: Uniqueness
) -> Iterator[Finding]:
    """Finds every LIMIT whose ORDER BY leaves ties, and one without ORDER BY on what is returned.

    In sub-queries nothing is said of the latter: that any rows will do is how a table is purged in
    portions.
    """
    for query, around in statement.queries:
        limit = query.node("limitCount")
        if limit is None or _is_only_asked_for(query, around):
            continue
        if query.integer("limitOption") == _WITH_TIES or limit.flag("constisnull"):
            continue
        is_ordered = bool(query.items("sortClause"))
        if not is_ordered and (around or not _is_of_tables(query)):
            continue
        level = _tied(query, around, catalog, uniqueness)
        if level is not None:
            yield _finding(statement, query, level, catalog, is_ordered=is_ordered)


def _finding(
    statement: Statement, query: Node, level: Level, catalog: Catalog, *, is_ordered: bool
) -> Finding:
    if is_ordered:
        told = "rows can tie in this order, and then it is left to chance which of them LIMIT keeps"
        return statement.finding(
            "PGR507", told, order_place(statement, query), help=_advice(level, catalog)
        )
    told = "without ORDER BY it is left to chance which rows LIMIT keeps"
    place = next(_limit_places(statement, query), None)
    return statement.finding("PGR507", told, place, help="say in which order: ORDER BY …")


def _is_of_tables(query: Node) -> bool:
    """Whether a query reads tables, and nothing that may have an order of its own."""
    sources = {entry.integer("rtekind") for entry in query.items("rtable")}
    return query.integer("commandType") == _SELECT and 0 in sources and sources <= _UNORDERED


def _is_only_asked_for(query: Node, around: tuple[Node, ...]) -> bool:
    """Whether a query stands in EXISTS, where the order of its rows does not matter."""
    return any(
        node.tag == "SUBLINK"
        and node.integer("subLinkType") == _EXISTS
        and node.node("subselect") is query
        for node in (around[0].walk() if around else ())
    )


def _tied(
    query: Node, around: tuple[Node, ...], catalog: Catalog, uniqueness: Uniqueness
) -> Level | None:
    """The query as far as its sort keys determine it, where they leave rows that differ."""
    keys = [target_of(query, clause) for clause in query.items("sortClause")]
    nodes = [node for key in keys if key is not None for node in key.walk()]
    if any(node.tag in {"WINDOWFUNC", "SUBLINK"} for node in nodes):
        return None
    plain = uniqueness.read(query, around, ())
    fixed = [column for key in keys if key is not None for column in _told(key, plain, catalog)]
    level = uniqueness.read(query, around, fixed)
    if level.unknown or plain.unknown or uniqueness.is_single(level):
        return None
    # Rows that tie and look the same are the same to whoever gets them.
    shown = [target["expr"] for target in results(query) if not target.flag("resjunk")]
    return None if all(_is_same(expression, level) for expression in shown) else level


def _is_same(expression: Node, level: Level) -> bool:
    """Whether a value is the same in all rows that tie."""
    computed = any(node.tag in {"AGGREF", "WINDOWFUNC"} for node in expression.walk())
    return not computed and level.is_fixed(expression)


def _told(key: Node, level: Level, catalog: Catalog) -> Iterator[Column]:
    """The columns that a sort key tells apart."""
    if key.tag == "AGGREF":
        function = catalog.functions.get(key.integer("aggfnoid"))
        if function is not None and function.builtin and function.name in _TELLS_NOTHING:
            return
    if not list(key.children()) or key.tag == "VAR":
        yield from level.columns(key)
        return
    for child in key.children():
        yield from _told(child, level, catalog)


def order_place(statement: Statement, query: Node) -> int | None:
    """Where the ORDER BY of a query with LIMIT begins its list."""
    at = next(_limit_places(statement, query), None)
    return order_by_offset(statement.sql, at) if at is not None else None


def _limit_places(statement: Statement, query: Node) -> Iterator[int]:
    """Where the parts of LIMIT's count stand."""
    places = (statement.offset(node.integer("location")) for node in query["limitCount"].walk())
    return (place for place in places if place)


def _advice(level: Level, catalog: Catalog) -> str:
    """Names what is left of a key of a table that is still open."""
    if level.query.items("groupClause") or level.query.items("distinctClause"):
        return "end it with the columns that tell the rows apart: those of GROUP BY or DISTINCT"
    for index in level.sources:
        entry = level.entry(index)
        relation = catalog.relations.get(entry.integer("relid"))
        if index in level.single or relation is None:
            continue
        if not relation.keys:
            return f"{relation.name} has no unique key to end it with: add one"
        alias = entry["eref"]["aliasname"]
        key = sorted(attnum for attnum, _ in min(relation.keys, key=len))
        open_columns = [attnum for attnum in key if (index, attnum) not in level.fixed]
        columns = [relation.columns[attnum].name for attnum in open_columns]
        return "end it with a unique key: " + ", ".join(f"{alias}.{name}" for name in columns)
    return "end it with columns that tell all rows apart"
