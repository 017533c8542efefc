"""Indexes that might help a query, read off its conditions and its order; and trying them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrepo.compiler.analysis.choices import strip_relabel
from pgrepo.compiler.checks.indexes import free_name
from pgrepo.compiler.checks.pages import execute
from pgrepo.compiler.checks.statistics import ROWS, leaves_of, restore
from pgrepo.compiler.checks.uniqueness import target_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from pgrepo.compiler.analysis.catalog import Relation
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.checks.findings import Subject
    from pgrepo.compiler.checks.uniqueness import Column, Level

Part = tuple[int, str]
"""A column's number, and its direction as it is written."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An index that there might be: its table, its columns as written, and a name for it."""

    table: Relation
    columns: tuple[str, ...]
    name: str


class Candidates:
    """Makes candidates.

    Args:
        subject: what is checked.
        connection: to its scratch database.
    """

    def __init__(self, subject: Subject, connection: psycopg.Connection[Any]) -> None:
        self._catalog = subject.catalog
        self._schema = subject.schema
        self._connection = connection

    def for_conditions(self, level: Level, index: int, table: Relation) -> Iterator[Candidate]:
        """Indexes that lead to a source's rows: best with its order, if it has one."""
        equal = self._compared(level, index, joined=False)
        equal = equal or self._compared(level, index, joined=True)
        if equal:
            order = self._order(level, index)
            if order:
                yield self._candidate(table, equal, order)
            yield self._candidate(table, equal, [])

    def for_order(self, level: Level, index: int, table: Relation) -> Candidate | None:
        """The index that has a source's rows in the order that LIMIT wants.

        There is none where other conditions decide which of the rows are wanted: an index in the
        right order would lead past all that are not, and nobody knows how many those are.
        """
        order = self._order(level, index)
        if not order:
            return None
        keys = {(index, attnum) for attnum, _ in order}
        if not all(self._is_harmless(condition, level, keys) for condition in level.conditions):
            return None
        return self._candidate(table, self._compared(level, index, joined=False), order)

    def _is_harmless(self, condition: Node, level: Level, keys: set[Column]) -> bool:
        """Whether a condition is in the index, keeps most rows, or begins a page in its order."""
        columns = set(level.columns(condition))
        if condition.tag in {"NULLTEST", "VAR", "BOOLEANTEST"} or not columns:
            return True
        if condition.tag == "OPEXPR" and self._is_equality(condition):
            return all(
                strip_relabel(side).tag == "VAR" or not list(level.columns(side))
                for side in condition.items("args")
            )
        return condition.tag in {"OPEXPR", "ROWCOMPAREEXPR", "ROWCOMPARE"} and columns <= keys

    def written(self, candidate: Candidate) -> str:
        """The statement that makes the index."""
        table = candidate.table
        schema, name, index = self._catalog.quote([table.schema, table.name, candidate.name])
        return f"CREATE INDEX {index} ON {schema}.{name} ({', '.join(candidate.columns)});"

    @contextmanager
    def trying(self, candidate: Candidate) -> Iterator[None]:
        """The time in which there is such an index."""
        table = candidate.table
        schema, name = self._catalog.quote([table.schema, table.name])
        try:
            with self._connection.transaction(force_rollback=True):
                execute(
                    self._connection,
                    f"CREATE INDEX ON {schema}.{name} ({', '.join(candidate.columns)})",
                )
                self._restore(table)
                yield
        finally:
            # What CREATE INDEX counts is written in place, and outlives the transaction.
            self._restore(table)

    def _restore(self, table: Relation) -> None:
        leaves = leaves_of(self._connection, table.oid)
        for oid in leaves:
            restore(self._connection, oid, ROWS / len(leaves))

    def _compared(self, level: Level, index: int, *, joined: bool) -> list[int]:
        """The columns of a source that are compared for equality: with values, or in joins."""
        found: dict[int, bool] = {}
        for condition in level.conditions:
            if condition.tag != "OPEXPR" or not self._is_equality(condition):
                continue
            left, right = condition.items("args")
            for column, value in ((left, right), (right, left)):
                plain = strip_relabel(column)
                if plain.tag != "VAR" or plain.integer("varlevelsup") != 0:
                    continue
                others = {varno for varno, _ in level.columns(value)}
                is_its = plain.integer("varno") == index and index not in others
                if is_its and bool(others) is joined:
                    found[plain.integer("varattno")] = any(n.tag == "VAR" for n in value.walk())
        # What a query around this one gives comes after what the caller gives.
        return sorted(found, key=lambda attnum: found[attnum])

    def _is_equality(self, condition: Node) -> bool:
        operator = self._catalog.operators.get(condition.integer("opno"))
        return operator is not None and bool(operator.equality_of)

    @staticmethod
    def _order(level: Level, index: int) -> list[Part]:
        """The columns of ORDER BY under LIMIT, if all are of one source; else nothing."""
        if level.query.node("limitCount") is None or level.query.items("groupClause"):
            return []
        found = []
        for clause in level.query.items("sortClause"):
            key = target_of(level.query, clause)
            if key is None or key.tag != "VAR" or key.integer("varlevelsup") != 0:
                return []
            for varno, attno in level.columns(key):
                if varno != index or attno <= 0:
                    return []
                found.append((attno, _direction(clause)))
        return found

    def _candidate(self, table: Relation, equal: Sequence[int], order: Sequence[Part]) -> Candidate:
        parts = [(attnum, "") for attnum in equal]
        parts += [part for part in order if part[0] not in equal]
        names = [table.columns[attnum].name for attnum, _ in parts]
        directions = [direction for _, direction in parts]
        quoted = self._catalog.quote(names)
        return Candidate(
            table,
            tuple(map("".join, zip(quoted, directions, strict=True))),
            free_name(self._schema, table.schema, table.name, names),
        )


def _direction(clause: Node) -> str:
    # Before 18 the tree does not say which direction it is; nor are there plans to check.
    descending, nulls_first = clause.flag("reverse_sort"), clause.flag("nulls_first")
    written = " DESC" if descending else ""
    if nulls_first is not descending:
        written += " NULLS FIRST" if nulls_first else " NULLS LAST"
    return written
