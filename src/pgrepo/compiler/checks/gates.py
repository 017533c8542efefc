"""PGR511 and PGR512: plans on tables as large as the hot ones will be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.compiler.checks.candidates import Candidates
from pgrepo.compiler.checks.indexes import check_unused
from pgrepo.compiler.checks.ordering import order_place
from pgrepo.compiler.checks.places import table_offset
from pgrepo.compiler.checks.plans import Planner, bare, efforts, with_limits
from pgrepo.compiler.checks.statistics import OLDEST, PER_PARENT, enlarge, leaves_of
from pgrepo.compiler.checks.uniqueness import Uniqueness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.compiler.analysis.catalog import Relation
    from pgrepo.compiler.checks.candidates import Candidate
    from pgrepo.compiler.checks.findings import Finding, Statement, Subject
    from pgrepo.compiler.checks.plans import PlanNode
    from pgrepo.compiler.checks.uniqueness import Level

# A scan counts where at least so much of it is run, and an index as better where so much is saved.
_RUN, _SAVED = 0.05, 0.5
_SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan"})


def check_plans(
    subject: Subject,
    connection: psycopg.Connection[Any],
    hot: Sequence[Relation],
    *,
    complete: bool,
) -> tuple[list[Finding] | None, str | None]:
    """Checks the plans of all statements, with statistics as of millions of rows.

    Args:
        subject: what is checked.
        connection: to its scratch database; nobody else may need its settings any more.
        hot: the tables that are large.
        complete: whether the subject has all queries; else some index may seem unused.

    Returns:
        What was found, or None and why nothing could be looked for.
    """
    if not hot:
        return [], None
    version = connection.info.server_version
    if version < OLDEST:
        return None, (
            f"plans are not checked: that needs PostgreSQL {OLDEST // 10000}, and the server is "
            f"{version // 10000}"
        )
    planner = Planner(connection)
    try:
        enlarge(connection, hot, subject.schema)
    except psycopg.Error as error:
        why = error.diag.message_primary or str(error)
        return None, f"plans are not checked: no statistics can be set ({why})"
    relations = subject.catalog.relations
    read = {
        (relations[oid].schema, relations[oid].name): table
        for table in hot
        for oid in [table.oid, *leaves_of(connection, table.oid)]
    }
    gates = Gates(subject, connection, planner, read)
    found = [finding for statement in subject.statements for finding in gates.check(statement)]
    if complete and gates.planned_all:
        found += check_unused(subject, gates.used, {table.oid for table in hot})
    return found, None


class Gates:
    """Looks at one statement after the other.

    Args:
        subject: what is checked.
        connection: to its scratch database.
        planner: asks for plans there.
        hot: the hot tables by the (schema, name) pairs of themselves and their partitions.

    Attributes:
        used: (schema, name) of the indexes in all plans.
        planned_all: whether PostgreSQL has made a plan of every statement.
    """

    def __init__(
        self,
        subject: Subject,
        connection: psycopg.Connection[Any],
        planner: Planner,
        hot: dict[tuple[str, str], Relation],
    ) -> None:
        self._catalog = subject.catalog
        self._uniqueness = Uniqueness(subject.catalog, subject.schema)
        self._candidates = Candidates(subject, connection)
        self._planner = planner
        self._hot = hot
        self.used: set[tuple[str, str]] = set()
        self.planned_all = True

    def check(self, statement: Statement) -> Iterator[Finding]:
        """The findings of a statement: its sorts only where no scan is wrong already."""
        if statement.tree is None:
            self.planned_all = False
            return
        sql = with_limits(statement)
        plan = self._planner.plan(sql)
        if plan is None:
            self.planned_all = False
            return
        self.used.update(node.index for node in plan.walk() if node.index is not None)
        scan = self._full_scan(plan, sql)
        if scan is not None:
            yield self._scan_finding(statement, sql, scan)
        else:
            yield from self._sort_findings(statement, sql, plan)

    # Scans ------------------------------------------------------------------------------------

    def _full_scan(self, plan: PlanNode, sql: str) -> PlanNode | None:
        """The scan of a hot table from end to end, where PostgreSQL cannot do without one.

        Where it could, it thinks that the scan is cheaper. That may be wrong of the values that
        a caller gives: a generic plan expects of `created_at > $1` a third of the table.
        """
        found = self._read_whole(plan)
        if not found:
            return None
        without = self._planner.plan(sql, sequential=False)
        if without is None:
            return None
        self.used.update(node.index for node in without.walk() if node.index is not None)
        unavoidable = {(node.table, node.alias) for node in self._read_whole(without)}
        if not unavoidable:
            return None
        return next((node for node in found if (node.table, node.alias) in unavoidable), found[0])

    def _read_whole(self, plan: PlanNode) -> list[PlanNode]:
        """The hot tables' scans that no condition guides and nothing stops early, worst first."""
        shares = efforts(plan)
        found = [
            node
            for node in plan.walk()
            if node.kind in _SCANS
            and node.table in self._hot
            and not node.has_condition
            and shares[node] >= _RUN * node.cost
        ]
        return sorted(found, key=lambda node: -shares[node])

    def _scan_finding(self, statement: Statement, sql: str, scan: PlanNode) -> Finding:
        assert scan.table is not None
        table = self._hot[scan.table]
        condition = scan.fields.get("Filter")
        told = f", looking for {statement.named(bare(condition))}" if condition else ""
        tried = self._for_scan(statement, scan)
        candidate = next((index for index in tried if self._ends_scans(index, sql)), None)
        return statement.finding(
            "PGR511",
            f"every call reads all of {table.name}{told}",
            table_offset(statement.sql, table.schema, table.name, alias=_plain_alias(scan.alias)),
            help=f"an index would do: {self._candidates.written(candidate)}"
            if candidate is not None
            else "let a condition or an order that an index has lead to the rows that are needed",
        )

    def _for_scan(self, statement: Statement, scan: PlanNode) -> list[Candidate]:
        """Indexes that may lead to fewer rows: of the table that is read whole, then of others."""
        its: list[Candidate] = []
        others: list[Candidate] = []
        for query, around in statement.queries:
            level = self._uniqueness.read(query, around, ())
            for index in level.sources:
                relation = self._hot_relation(level, index)
                if relation is None:
                    continue
                is_its = scan.table == (relation.schema, relation.name)
                is_its &= level.entry(index)["eref"]["aliasname"] == _plain_alias(scan.alias)
                found = self._candidates.for_conditions(level, index, relation)
                (its if is_its else others).extend(found)
        return its + others

    def _ends_scans(self, candidate: Candidate, sql: str) -> bool:
        with self._candidates.trying(candidate):
            plan = self._planner.plan(sql)
        return plan is not None and not self._read_whole(plan)

    # Sorts ------------------------------------------------------------------------------------

    def _sort_findings(self, statement: Statement, sql: str, plan: PlanNode) -> Iterator[Finding]:
        """Sorts of many rows for a LIMIT that an index on one hot table would make unnecessary."""
        if not _large_sorts(plan):
            return
        for query, around in statement.queries:
            if query.node("limitCount") is None or not query.items("sortClause"):
                continue
            level = self._uniqueness.read(query, around, ())
            for index in level.sources:
                relation = self._hot_relation(level, index)
                if relation is None:
                    continue
                candidate = self._candidates.for_order(level, index, relation)
                if candidate is not None and self._avoids_sort(candidate, sql, plan):
                    yield statement.finding(
                        "PGR512",
                        f"no index has {relation.name} in this order: all rows that match are "
                        "sorted for the few that LIMIT keeps",
                        order_place(statement, query),
                        help=f"an index would do: {self._candidates.written(candidate)}",
                    )

    def _hot_relation(self, level: Level, index: int) -> Relation | None:
        relation = self._catalog.relations.get(level.entry(index).integer("relid"))
        if relation is None or relation.kind not in {"r", "p"}:
            return None
        return self._hot.get((relation.schema, relation.name))

    def _avoids_sort(self, candidate: Candidate, sql: str, plan: PlanNode) -> bool:
        with self._candidates.trying(candidate):
            better = self._planner.plan(sql)
        return (
            better is not None
            and len(_large_sorts(better)) < len(_large_sorts(plan))
            and better.cost <= _SAVED * plan.cost
        )


def _large_sorts(plan: PlanNode) -> list[PlanNode]:
    """The sorts of so many rows that their number must be that of a history, not of a page."""
    shares = efforts(plan)
    return [
        node
        for node in plan.walk()
        if node.kind == "Sort"
        and node.children[0].rows >= PER_PARENT / 2
        and shares[node] >= _RUN * node.cost
    ]


def _plain_alias(alias: str) -> str:
    """The alias without the number that EXPLAIN gives to a repeated one."""
    return re.sub(r"_\d+$", "", alias)
