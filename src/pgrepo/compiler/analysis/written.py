"""What RETURNING says of the row that a statement writes: its values are in the same tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pgrepo.compiler.analysis.facts import Fact
from pgrepo.compiler.analysis.scope import may_lack_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.catalog import Relation
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Scope

# CmdType, and the VarReturningType of a column in RETURNING.
_UPDATE, _INSERT, _DELETE, _MERGE = 2, 3, 4, 5
_OLD, _NEW = 1, 2
_DO_UPDATE = 2


class Action(NamedTuple):
    """One way of writing a row.

    Attributes:
        command: insert, update or delete.
        targets: an entry for each column that it sets.
        condition: what holds for a row that it updates, besides the statement's own conditions.
    """

    command: int
    targets: list[Node]
    condition: Node | None = None


class WrittenRows:
    """Facts about the columns of a written row, as it was and as it is."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser

    def column(self, node: Node, level: Scope) -> Fact | None:
        """The fact of a VAR in RETURNING; None where it is no different from one elsewhere."""
        command = level.query.integer("commandType")
        if level.before is None:
            return None
        varno, attno = node.integer("varno"), node.integer("varattno")
        returning = node.integer("varreturningtype")
        if varno != level.query.integer("resultRelation"):
            return self._source(varno, attno, level) if command == _MERGE else None
        known = self._analyser.source_column(level, varno, attno)
        actions = list(_actions(level.query))
        if returning == _OLD and command == _UPDATE:
            return None
        if command == _DELETE:
            return known.nulled() if returning == _NEW else None
        missing = {_OLD: _INSERT, _NEW: _DELETE}.get(returning)
        nulled = any(action.command == missing for action in actions)
        if returning == _OLD:
            return known.nulled() if nulled else known
        facts = [self._after(action, attno, known, level) for action in actions]
        fact = facts[0] if len(facts) == 1 else self._any_of(facts, known)
        return fact.nulled() if nulled else fact

    def _source(self, varno: int, attno: int, level: Scope) -> Fact | None:
        """A column of MERGE's source, which a target row may have no row of."""
        if not may_lack_source(level.query):
            return None
        return self._analyser.source_column(level, varno, attno).nulled()

    def _any_of(self, facts: list[Fact], known: Fact) -> Fact:
        nullable = any(fact.nullable for fact in facts)
        return Fact(nullable, origin=known.origin, row=known.row)

    def _after(self, action: Action, attno: int, known: Fact, level: Scope) -> Fact:
        """The column as one action leaves it."""
        relation = self._relation(level)
        if not known.nullable or attno <= 0 or relation is None:
            return known
        if action.command == _DELETE or _may_change(action, relation):
            return known
        before = level.before or level
        for target in action.targets:
            if target.integer("resno") == attno:
                value = self._analyser.fact(target["expr"], before)
                return Fact(value.nullable, origin=known.origin, constant=value.constant)
        kept = action.command == _UPDATE and attno not in relation.generated
        return known.proved() if kept and self._was_not_null(action, attno, level) else known

    def _was_not_null(self, action: Action, attno: int, level: Scope) -> bool:
        """Whether a column of the row that is being updated was not NULL before."""
        target = level.query.integer("resultRelation")
        met = self._analyser.strict.if_true(action.condition)
        if (target, attno, 0) in {key.column for key in met}:
            return True
        is_update = level.query.integer("commandType") == _UPDATE
        return is_update and (target, attno, _OLD) in level.not_null

    def _relation(self, level: Scope) -> Relation | None:
        entry = level.source(level.query.integer("resultRelation"))
        relation = self._analyser.catalog.relations.get(entry.integer("relid"))
        return relation if relation is not None and relation.kind in {"r", "p"} else None


def _may_change(action: Action, relation: Relation) -> bool:
    """Whether a row may be written otherwise than the statement says."""
    # An update that moves a row to another partition inserts it there.
    inserts = action.command == _INSERT or relation.kind == "p"
    updates = action.command == _UPDATE and relation.changes_updates
    return updates or (inserts and relation.changes_inserts)


def _actions(query: Node) -> Iterator[Action]:
    """The ways in which a statement may write a row that it returns."""
    command = query.integer("commandType")
    if command != _MERGE:
        yield Action(command, query.items("targetList"))
    conflict = query.node("onConflict")
    if conflict is not None and conflict.integer("action") == _DO_UPDATE:
        where = conflict.node("onConflictWhere")
        yield Action(_UPDATE, conflict.items("onConflictSet"), where)
    for item in query.items("mergeActionList"):
        if item.integer("commandType") in {_UPDATE, _INSERT, _DELETE}:
            command = item.integer("commandType")
            yield Action(command, item.items("targetList"), item.node("qual"))
