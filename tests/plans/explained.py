"""Plans as PostgreSQL explains them, and what tests ask of one.

A plan is the list of its nodes, from the top down, each with what EXPLAIN's JSON says of it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import ClientCursor, RawCursor

from pgrepo.project import shipped_domain
from pgrepo.sqlfiles.library import load_queries
from pgrepo.sqlfiles.variants import Choice
from tests.conftest import fresh_database

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from psycopg import Connection
    from pytest_postgresql.executors import NoopExecutor

    from pgrepo.sqlfiles.library import LoadedQuery
    from pgrepo.sqlfiles.named_query import NamedQuery
    from pgrepo.sqlfiles.variants import Variant

    Node = dict[str, Any]
    Plan = list[Node]


def filled_database(
    server_url: str, executor: NoopExecutor, statements: Iterable[str]
) -> Iterator[Connection[Any]]:
    """A connection to a new database in which these statements have been executed."""
    for url in fresh_database(server_url, executor):
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())
            yield connection


@cache
def queries_of(domain: str) -> Mapping[str, LoadedQuery]:
    """A domain's queries by name, read once."""
    return load_queries(shipped_domain(domain).queries)


def only(
    query: LoadedQuery | NamedQuery, given: Collection[str], order: str | None = None
) -> Variant:
    """The variant with these optional parameters and no others, in its usual or another order."""
    absent = frozenset(
        number
        for number, option in enumerate(query.variants.options)
        if not set(option.parameters) & set(given)
    )
    choice = Choice(absent, order or query.variants.whole.order)
    return query.variants.variant(query.sql, query.positions, choice)


def generic_plan(connection: Connection[Any], statement: str) -> Plan:
    """A statement's plan for whatever values, not executed."""
    return _explained(RawCursor(connection), f"EXPLAIN (GENERIC_PLAN, FORMAT json) {statement}")


def executed_plan(
    connection: Connection[Any], statement: str, values: Sequence[object] = ()
) -> Plan:
    """A statement's plan as it ran with these values."""
    explain = f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) {statement}"
    return _explained(RawCursor(connection), explain, values)


def executed_query(
    connection: Connection[Any],
    query: LoadedQuery,
    given: Collection[str],
    arguments: Mapping[str, str],
) -> Plan:
    """The plan of a query's variant as it ran: the one that it has as a prepared statement.

    Args:
        connection: where it runs.
        query: what is executed.
        given: the optional parameters that the variant has.
        arguments: SQL for the values of parameters; a parameter that has none here is NULL.
    """
    variant = only(query, given)
    values = ", ".join(arguments.get(query.positions[number], "NULL") for number in variant.kept)
    with ClientCursor(connection) as cursor:
        cursor.execute(f"PREPARE asked AS {variant.sql}".encode())
        explain = f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) EXECUTE asked({values})"
        found = _explained(cursor, explain)
        cursor.execute("DEALLOCATE asked")
    return found


def _explained(
    cursor: RawCursor[Any] | ClientCursor[Any], explain: str, values: Sequence[object] = ()
) -> Plan:
    """The plan that an EXPLAIN tells."""
    row = cursor.execute(explain.encode(), values or None).fetchone()
    assert row is not None
    told = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return _nodes(told[0]["Plan"])


def _nodes(node: Node) -> Plan:
    """A node of a plan and all below it."""
    return [node, *(inner for child in node.get("Plans", []) for inner in _nodes(child))]


def indexes(plan: Plan) -> set[str]:
    """The indexes that are used."""
    return {node["Index Name"] for node in plan if "Index Name" in node}


def indexes_of_any_month(plan: Plan) -> set[str]:
    """The same, whatever the months of the partitions that have them."""
    return {re.sub(r"_\d{4}_\d\d_", "_", index) for index in indexes(plan)}


def scanned(plan: Plan) -> set[str]:
    """The tables that are read from end to end."""
    return {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}


def kinds(plan: Plan) -> set[str]:
    """What the steps of a plan are."""
    return {node["Node Type"] for node in plan}


def rows_read(plan: Plan) -> float:
    """How many rows an executed plan read from tables and indexes, those thrown away included."""
    return sum(_rows(node) for node in plan if "Relation Name" in node)


def most_rows(plan: Plan) -> float:
    """Of all nodes of an executed plan, the most rows that one of them read or passed on."""
    return max(_rows(node) for node in plan)


def _rows(node: Node) -> float:
    """The rows that a node read or passed on, in all its loops."""
    return float(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    )
