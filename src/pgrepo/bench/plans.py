"""Plans told apart: how tables are reached, and what changed in that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pgrepo.bench.results import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pgrepo.bench.results import Plan
    from pgrepo.compiler.checks.plans import PlanNode

_CONDITIONS = ("Cond", "Filter", "Output", "Key", "Conflict", "Call", "Sort", "Group", "Cache")
_QUOTED = re.compile(r"[EB]?'(?:[^']|'')*'")
_NUMBER = re.compile(r"(?<![\w$.])-?\d+(?:\.\d+)?(?![\w.])")


def accesses(root: PlanNode, named: Callable[[str], str] = str) -> tuple[Access, ...]:
    """How a plan reaches its tables, each way once, in the order of the plan."""
    return tuple(dict.fromkeys(_accesses(root, named, "")))


def _accesses(node: PlanNode, named: Callable[[str], str], table: str) -> Iterator[Access]:
    table = named(node.table[1]) if node.table else table
    index = node.fields.get("Index Name")
    if index is not None:
        how = "Index Scan" if node.kind == "Bitmap Index Scan" else node.kind
        yield Access(how, table, named(str(index)))
    elif node.kind in {"Seq Scan", "Sample Scan", "Tid Scan", "Foreign Scan"} and node.table:
        yield Access(node.kind, table)
    for child in node.children:
        yield from _accesses(child, named, table)


def differences(before: Sequence[Plan], after: Sequence[Plan]) -> list[str]:
    """What changed between the plans of a query, a sentence each; nothing where one is shared.

    The plan of a query can depend on the values that it is called with. So it is only called
    another one where none of the explained calls had a plan that any had before.
    """
    if not before or not after or {p.shape for p in before} & {p.shape for p in after}:
        return []
    old, new = before[0], after[0]
    found = list(_index_changes(old, new))
    told = {(access.how, access.table) for access in old.accesses}
    for access in new.accesses:
        if access.index is None and (access.how, access.table) not in told:
            sentence = f"{access.how} on {access.table}"
            if not any(sentence in line for line in found):
                found.append(f"{sentence} is new")
    return found or [f"the plan was {old.shape}, and is {new.shape}"]


def _index_changes(old: Plan, new: Plan) -> Iterator[str]:
    used = {access.index for access in new.accesses}
    for access in old.accesses:
        if access.index is None or access.index in used:
            continue
        now = [way for way in new.accesses if way.table == access.table]
        instead = ", ".join(dict.fromkeys(_way(way) for way in now)) or "nothing reads the table"
        yield f"index {access.index} is no longer used: {instead}"
    known = {access.index for access in old.accesses}
    lost = {access.table for access in old.accesses if access.index and access.index not in used}
    for access in new.accesses:
        if access.index is not None and access.index not in known and access.table not in lost:
            yield f"index {access.index} is used now: {_way(access)}"


def _way(access: Access) -> str:
    by = f" by {access.index}" if access.index else ""
    return f"{access.how} on {access.table}{by}"


def buffers_of(root: PlanNode) -> tuple[int, int]:
    """The blocks of shared memory that a plan found there, and those that it read."""
    fields = root.fields
    return int(fields.get("Shared Hit Blocks", 0)), int(fields.get("Shared Read Blocks", 0))


def without_constants(explained: Any) -> Any:
    """What EXPLAIN printed as JSON, with "…" for the constants in conditions and expressions.

    Those can be values of parameters, which are nobody's business.
    """
    if isinstance(explained, list):
        return [without_constants(item) for item in explained]
    if not isinstance(explained, dict):
        return explained
    return {
        key: _masked(value) if key.endswith(_CONDITIONS) else without_constants(value)
        for key, value in explained.items()
    }


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if not isinstance(value, str):
        return value
    return _NUMBER.sub("…", _QUOTED.sub("'…'", value))
