"""Asks PostgreSQL how calls are executed: plans and buffers, through the runtime's connection."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from msgspec import structs

from pgrepo.bench.plans import accesses, buffers_of, without_constants
from pgrepo.bench.results import Buffers, Plan
from pgrepo.bench.statistics import median
from pgrepo.compiler.checks.outline import PARENTS, parent_names, shape
from pgrepo.compiler.checks.plans import read_plan
from pgrepo.runtime._sync import wire
from pgrepo.runtime.statement import trusted_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrepo.bench.calls import Call
    from pgrepo.runtime.statement import Prepared

Explained: TypeAlias = tuple[Buffers | None, tuple[Plan, ...]]
"""The buffers that calls touched, and the plans that they had."""
EXPLAINED = 5
"""How many calls of a query are explained."""
_OPTIONS = "ANALYZE, BUFFERS, VERBOSE, TIMING OFF"


class Explainer:
    """Explains calls.

    Args:
        connection: to read the catalog with.
        keep: whether to keep what EXPLAIN prints.
    """

    def __init__(self, connection: psycopg.Connection[Any], *, keep: bool) -> None:
        parents = dict(connection.execute(PARENTS).fetchall())
        self._named: Callable[[str], str] = parent_names(parents)
        self._keep = keep

    def explain(self, calls: Sequence[Call]) -> Explained:
        """Explains calls, each in a transaction that is rolled back.

        Returns:
            The median of the buffers that they touched, and the plans that they had.

        Raises:
            psycopg.Error: PostgreSQL does not explain one.
        """
        hits, reads = [], []
        seen: Counter[str] = Counter()
        plans: dict[str, Plan] = {}
        for call in calls:
            printed = _explain(call)
            root = read_plan(printed)
            hit, read = buffers_of(root)
            hits.append(hit)
            reads.append(read)
            digest = shape(root, self._named)
            seen[digest] += 1
            if digest not in plans:
                kept = without_constants(printed) if self._keep else None
                plans[digest] = Plan(digest, accesses(root, self._named), 0, kept)
        ordered = tuple(replace(plans[digest], calls=count) for digest, count in seen.most_common())
        return Buffers(median(hits), median(reads)), ordered


def _explain(call: Call) -> Any:
    """What EXPLAIN prints of a call as JSON."""
    prepared, values = call.statement()
    printed: Any = None
    with call.domain.transaction() as transaction:
        with transaction._source.connection() as connection:  # noqa: SLF001 - of its scope
            printed = explained(connection, prepared, values, _OPTIONS)
        raise psycopg.Rollback
    return printed


def explained(
    connection: psycopg.Connection[Any], query: Prepared, values: Sequence[object], options: str
) -> Any:
    """What EXPLAIN prints of a statement with its values, as JSON.

    Raises:
        psycopg.Error: PostgreSQL does not explain it.
    """
    sql = trusted_sql(f"EXPLAIN ({options}, FORMAT JSON) {query.sql}")
    # A plan has none of the columns that the statement decodes itself.
    asked = structs.replace(query, sql=sql, decode=None, made_of_others=())
    printed = wire.fetch(connection, asked, values)[0][0]
    return json.loads(printed) if isinstance(printed, str | bytes | bytearray) else printed
