"""Queries that never return a row, because a condition in them is never true.

Nobody writes one on purpose as a whole; as a part of UNION, or under EXISTS, it says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.compiler.analysis.facts import Known
from pgrepo.compiler.analysis.grouping import groups_have_rows, is_one_group
from pgrepo.compiler.analysis.scope import FULL, INNER, LEFT, RIGHT

if TYPE_CHECKING:
    from pgrepo.compiler.analysis.analyser import Analyser
    from pgrepo.compiler.analysis.nodes import Node
    from pgrepo.compiler.analysis.scope import Scope

_SELECT = 1
_SUB_QUERY = 1  # RTEKind


def can_have_rows(query: Node, scope: Scope, analyser: Analyser) -> bool:
    """Whether a query may return any row.

    Args:
        query: the query.
        scope: its own.
        analyser: decides conditions.
    """
    tree = query.node("jointree")
    has_empty_set = bool(query.items("groupingSets")) and not groups_have_rows(query)
    if tree is None or query.integer("commandType") != _SELECT:
        return True
    if is_one_group(query) or has_empty_set:
        return True
    before = scope.unfiltered()
    can_hold = True in analyser.truth.outcomes(tree.node("quals"), before)
    return can_hold and all(
        _item_can_have_rows(item, before, analyser) for item in tree.items("fromlist")
    )


def _item_can_have_rows(item: Node, scope: Scope, analyser: Analyser) -> bool:
    """Whether an item of FROM may have any row."""
    if item.tag == "RANGETBLREF":
        entry = scope.source(item.integer("rtindex"))
        if entry.integer("rtekind") == _SUB_QUERY:
            return analyser.can_have_rows(entry["subquery"], scope)
        calls = [part.node("funcexpr") for part in entry.items("functions")]
        return not calls or any(_call(call, scope, analyser) for call in calls)
    left, right = (_item_can_have_rows(item[side], scope, analyser) for side in ("larg", "rarg"))
    can_hold = True in analyser.truth.outcomes(item.node("quals"), scope)
    return {
        INNER: left and right and can_hold,
        LEFT: left,
        RIGHT: right,
        FULL: left or right,
    }.get(item.integer("jointype"), True)


def _call(call: Node | None, scope: Scope, analyser: Analyser) -> bool:
    """The same of a set-returning function, which is strict: for NULL it returns nothing."""
    if call is None or not call.flag("funcretset"):
        return True
    function = analyser.catalog.functions.get(call.integer("funcid"))
    known = [analyser.constants.of(argument, scope) for argument in call.items("args")]
    return function is None or not function.strict or Known(None) not in known
