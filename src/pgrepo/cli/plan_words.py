"""A plan in plain words: a short sentence for each step, the most expensive first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.checks.plans import bare, efforts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrepo.compiler.checks.plans import PlanNode

_ACTUAL = re.compile(
    r"\(actual time=[\d.]+\.\.(?P<time>[\d.]+) rows=(?P<rows>[\d.]+) loops=(?P<loops>\d+)\)"
)
# Told with the node above them, or nothing to tell.
_SILENT = frozenset(
    {"Bitmap Index Scan", "Hash", "Result", "Subquery Scan", "BitmapAnd", "BitmapOr"}
)


@dataclass(frozen=True, slots=True)
class Actual:
    """What a step really did: milliseconds in all, rows each time, and how many times."""

    milliseconds: float
    rows: float
    loops: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan.

    Attributes:
        share: its part of the whole, between 0 and 1, the steps below it aside.
        words: what it does.
        numbers: how much of it.
    """

    share: float
    words: str
    numbers: str


def steps(plan: PlanNode, text: str = "") -> list[Step]:
    """The steps of a plan, by what they cost.

    Args:
        plan: the plan.
        text: what EXPLAIN ANALYZE printed of the same plan; without it, all is expected.
    """
    actual = read_actual(plan, text)
    measured = {node: did.milliseconds for node, did in actual.items()}
    whole = measured or efforts(plan)
    own = {
        node: max(0.0, whole[node] - sum(whole[child] for child in node.children))
        for node in plan.walk()
    }
    total = sum(own.values()) or 1.0
    told = [node for node in plan.walk() if node.kind not in _SILENT]
    told.sort(key=lambda node: -_with_silent(node, own))
    return [
        Step(_with_silent(node, own) / total, words(node), _numbers(node, actual)) for node in told
    ]


def _with_silent(node: PlanNode, own: Mapping[PlanNode, float]) -> float:
    """What a step costs, and those below it that are told with it."""
    silent = (child for child in node.children if child.kind in _SILENT)
    return own[node] + sum(_with_silent(child, own) for child in silent)


def read_actual(plan: PlanNode, text: str) -> dict[PlanNode, Actual]:
    """What EXPLAIN ANALYZE measured; nothing where it did not, or of another plan."""
    lines = [line for line in text.splitlines() if "(cost=" in line]
    nodes = list(plan.walk())
    if "(actual " not in text or len(lines) != len(nodes):
        return {}
    found = {}
    for node, line in zip(nodes, lines, strict=True):
        match = _ACTUAL.search(line)
        if match is None:
            found[node] = Actual(0.0, 0.0, 0)
            continue
        loops = int(match["loops"])
        found[node] = Actual(float(match["time"]) * loops, float(match["rows"]), loops)
    return found


def _numbers(node: PlanNode, actual: Mapping[PlanNode, Actual]) -> str:
    expected = _count(node.rows)
    if not actual:
        return f"about {expected}"
    did = actual[node]
    if did.loops == 0:
        return "never run"
    times = f", {did.loops:,} times" if did.loops > 1 else ""
    return f"{_count(did.rows)}{times}, {expected} expected; {did.milliseconds:.2f} ms in all"


def _count(rows: float) -> str:
    return "1 row" if rows == 1 else f"{rows:,.0f} rows"


# Sentences --------------------------------------------------------------------------------------


def words(node: PlanNode) -> str:
    """What a node does, in a sentence without an end."""
    rule = _RULES.get(node.kind)
    return rule(node) if rule is not None else node.kind.lower()


def _table(node: PlanNode) -> str:
    table = node.table
    if table is None:
        return node.alias
    return table[1] if node.alias in {"", table[1]} else f"{table[1]} ({node.alias})"


def _keeping(node: PlanNode) -> str:
    condition = node.fields.get("Filter")
    return f", and keeps those where {bare(condition)}" if condition else ""


def _sequential(node: PlanNode) -> str:
    condition = node.fields.get("Filter")
    kept = f" and keeps the rows where {bare(condition)}" if condition else ""
    return f"reads all of {_table(node)}{kept}"


def _by_index(node: PlanNode) -> str:
    name, condition = node.fields["Index Name"], node.fields.get("Index Cond")
    if condition is None:
        return f"reads {_table(node)} in the order of the index {name}{_keeping(node)}"
    return f"finds rows of {_table(node)} by the index {name}: {bare(condition)}{_keeping(node)}"


def _by_index_alone(node: PlanNode) -> str:
    name, condition = node.fields["Index Name"], node.fields.get("Index Cond")
    where = f": {bare(condition)}" if condition else ", from end to end"
    return f"reads the index {name} alone, not {_table(node)}{where}{_keeping(node)}"


def _by_bitmap(node: PlanNode) -> str:
    indexes = [below for below in node.walk() if below.kind == "Bitmap Index Scan"]
    parts = [
        f"{index.fields['Index Name']}: {bare(index.fields.get('Index Cond', 'all of it'))}"
        for index in indexes
    ]
    plural = "indexes" if len(parts) > 1 else "index"
    found = f"the {plural} {' and '.join(parts)}"
    return f"finds rows of {_table(node)} by {found}{_keeping(node)}"


def _loop(node: PlanNode) -> str:
    outer, inner = node.children[0], node.children[1]
    extra = node.fields.get("Join Filter")
    where = f", and keeps pairs where {bare(extra)}" if extra else ""
    return f"for each of {_count(outer.rows)} of {_what(outer)} looks at {_what(inner)}{where}"


def _hash_join(node: PlanNode) -> str:
    outer, inner = node.children[0], node.children[1]
    condition = bare(node.fields.get("Hash Cond", ""))
    return f"puts {_what(inner)} into a hash table and meets it with {_what(outer)}: {condition}"


def _merge_join(node: PlanNode) -> str:
    outer, inner = node.children[0], node.children[1]
    condition = bare(node.fields.get("Merge Cond", ""))
    return f"runs through {_what(outer)} and {_what(inner)} side by side: {condition}"


def _what(node: PlanNode) -> str:
    """What the rows of a node are made of."""
    names = []
    for below in node.walk():
        if below.kind == "CTE Scan":
            names.append(str(below.fields["CTE Name"]))
        elif below.kind == "Function Scan":
            names.append(f"{below.fields.get('Function Name', 'a function')}()")
        elif below.table is not None:
            names.append(below.table[1])
    found = list(dict.fromkeys(names))
    return " and ".join(found) if found else "one row"


def _sort(node: PlanNode) -> str:
    keys = ", ".join(node.fields["Sort Key"])
    presorted = node.fields.get("Presorted Key")
    begun = f", which come in the order of {', '.join(presorted)}" if presorted else ""
    return f"sorts {_count(node.children[0].rows)}{begun} by {keys}"


def _aggregate(node: PlanNode) -> str:
    keys = node.fields.get("Group Key")
    what = f"groups {_count(node.children[0].rows)}" if keys else "computes aggregates"
    return f"{what} by {', '.join(keys)}" if keys else f"{what} of {_count(node.children[0].rows)}"


def _write(node: PlanNode) -> str:
    verb = {"Insert": "inserts into", "Update": "updates", "Delete": "deletes from"}
    operation = str(node.fields.get("Operation", "writes"))
    return f"{verb.get(operation, operation.lower() + 's into')} {_table(node)}"


_RULES: dict[str, Callable[[PlanNode], str]] = {
    "Seq Scan": _sequential,
    "Index Scan": _by_index,
    "Index Only Scan": _by_index_alone,
    "Bitmap Heap Scan": _by_bitmap,
    "Nested Loop": _loop,
    "Hash Join": _hash_join,
    "Merge Join": _merge_join,
    "Sort": _sort,
    "Incremental Sort": _sort,
    "Aggregate": _aggregate,
    "ModifyTable": _write,
    "Limit": lambda node: f"stops after {_count(node.rows)}",
    "LockRows": lambda _: "locks the rows",
    "Materialize": lambda node: f"keeps {_what(node)} at hand, to read it again",
    "Memoize": lambda node: f"remembers what it found for each {node.fields.get('Cache Key')}",
    "CTE Scan": lambda node: f"reads the rows of {node.fields['CTE Name']}{_keeping(node)}",
    "Function Scan": lambda node: f"calls {node.fields.get('Function Name', 'a function')}()",
    "Values Scan": lambda _: "reads the list of VALUES",
    "WindowAgg": lambda _: "computes window functions",
    "Unique": lambda _: "drops repeated rows",
    "Append": lambda node: f"puts {_what(node)} one after the other",
    "Gather": lambda node: (
        f"collects from {node.fields.get('Workers Planned', 1)} parallel workers"
    ),
}
