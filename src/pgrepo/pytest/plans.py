"""Asserts how PostgreSQL finds the rows of a query, where there are many.

A test's tables hold a handful of rows, which PostgreSQL rightly reads from end to end. So plans
are those of another database, which has the statistics of large tables, as with `pgrepo explain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrepo.bench.calls import statement_of
from pgrepo.bench.explain import explained
from pgrepo.bench.plans import without_constants
from pgrepo.compiler.analysis.catalog import Catalog
from pgrepo.compiler.checks.plans import read_plan
from pgrepo.compiler.checks.schema import read_schema
from pgrepo.compiler.checks.statistics import OLDEST, ROWS, enlarge, large_tables
from pgrepo.errors import UsageError
from pgrepo.runtime import AsyncRepository, Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg

    from pgrepo.compiler.analysis.catalog import Relation
    from pgrepo.compiler.checks.plans import PlanNode
    from pgrepo.project import DomainFiles
    from pgrepo.runtime.statement import Prepared

_SHOWN = ("Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter")
_LEAVES = """
SELECT n.nspname::text, c.relname::text
FROM unnest(%s::oid[]) AS t (oid)
CROSS JOIN LATERAL (
    SELECT relid::oid FROM pg_partition_tree(t.oid) UNION SELECT t.oid
) AS part (oid)
JOIN pg_class AS c ON c.oid = part.oid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
"""


class AssertPlan:
    """What the fixture `assert_plan` gives: call it with a method and its arguments.

    Args:
        connection: to a database that nobody else uses; autocommit.
        domains: whose hot tables are to be large, or all tables where none is named hot.
    """

    def __init__(self, connection: psycopg.Connection[Any], domains: Sequence[DomainFiles]) -> None:
        self._connection = connection
        connection.execute("SET max_parallel_workers_per_gather = 0")
        catalog = Catalog(connection)
        tables: list[Relation] = []
        for domain in domains:
            tables += large_tables(domain, catalog)
        self._is_large = connection.info.server_version >= OLDEST
        if self._is_large:
            enlarge(connection, tables, read_schema(connection))
        else:
            # There is no telling it then. It reads from end to end what it cannot read otherwise.
            connection.execute("SET enable_seqscan = off")
        self._large = set(connection.execute(_LEAVES, ([table.oid for table in tables],)))

    def __call__(
        self, method: Callable[..., object], /, *, no_seq_scan: bool = True, **arguments: object
    ) -> str:
        """Asserts how the rows of a query are found. The query is not run.

        Args:
            method: a method of a repository, sync or async, such as `shop.orders.recent_orders`.
            no_seq_scan: that no large table is read from end to end.
            arguments: those of the method. The values decide about the plan, and optional ones
                about the statement.

        Returns:
            The plan, as text; "…" stands for values.

        Raises:
            UsageError: it is no method of a repository, or one that has no plan.
            psycopg.Error: PostgreSQL does not explain it.
        """
        __tracebackhide__ = True
        repository = getattr(method, "__self__", None)
        if not isinstance(repository, Repository | AsyncRepository):
            raise UsageError(
                "assert_plan() takes a method of a repository and its arguments, such as "
                f"assert_plan(shop.orders.order_by_id, order_id=1), and not {method!r}"
            )
        query, values = statement_of(method, arguments)
        # What a scope sets decides about the plan, as row-level security does.
        root = self._explain(query, values, repository._source.setup or ())  # noqa: SLF001
        text = "\n".join(_lines(root))
        scans = [n for n in root.walk() if n.kind == "Seq Scan" and n.table in self._large]
        if no_seq_scan and scans:
            names = " and ".join(dict.fromkeys(".".join(n.table or ()) for n in scans))
            raise AssertionError(
                f"{query.label} reads {names} from end to end{self._supposing()}:\n{text}"
            )
        return text

    def _supposing(self) -> str:
        return f", with {ROWS:,} rows in each large table" if self._is_large else ""

    def _explain(self, query: Prepared, values: Sequence[object], setup: Sequence[str]) -> PlanNode:
        with self._connection.transaction(force_rollback=True):
            for command in setup:
                self._connection.execute(command.encode())
            printed = explained(self._connection, query, values, "VERBOSE")
        return read_plan(without_constants(printed))


def _lines(node: PlanNode, depth: int = 0) -> Iterator[str]:
    """A plan as EXPLAIN prints it, without what the cost is made of."""
    margin = "  " * depth
    on = f" on {'.'.join(node.table)} {node.alias}" if node.table else ""
    using = f" using {node.index[1]}" if node.index else ""
    yield f"{margin}{node.kind}{using}{on} (rows={node.rows:.0f})"
    for key in _SHOWN:
        if key in node.fields:
            yield f"{margin}    {key}: {node.fields[key]}"
    for child in node.children:
        yield from _lines(child, depth + 1)
