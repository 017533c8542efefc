"""The outline of a plan: its steps without costs, so that equal plans look equal. Pure.

What comes and goes with small differences of cost is left out, and so is how many partitions a
table has: that changes by the month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.compiler.checks.plans import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pgrepo.compiler.checks.plans import PlanNode

PARENTS = """
SELECT c.relname::text, top.relname::text
FROM pg_class AS c JOIN pg_class AS top ON top.oid = pg_partition_root(c.oid)
WHERE c.relispartition
"""
"""Asks for the name of each partition, or index of one, and of what it is a part of."""

_SILENT = frozenset({"Hash", "Result", "Subquery Scan", "Materialize", "Gather", "Gather Merge"})
_PARTS = frozenset({"Append", "Merge Append"})
_CONDITIONS = ("Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "TID Cond")
_FILTERS = ("Join Filter", "Filter")
_LISTS = ("Sort Key", "Group Key")
_NUMBERED = re.compile(r"_\d+\Z")
_ALIAS = re.compile(r"\b\w+(?=\.)")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan.

    Attributes:
        words: such as "Index Scan orders_pkey".
        detail: its conditions or keys, as EXPLAIN prints them; empty where there are none.
        below: the steps that it has its rows from.
    """

    words: str
    detail: str = ""
    below: tuple[Step, ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Step]]:
        """This step and all below it, each with its depth."""
        yield depth, self
        for step in self.below:
            yield from step.walk(depth + 1)


def parent_names(parents: Mapping[str, str]) -> Callable[[str], str]:
    """Names a partition, or an index of one, as what it is a part of.

    Args:
        parents: of each partition, and each index of one, the name at the top.
    """
    return lambda name: parents.get(name, name)


def outline(root: PlanNode, named: Callable[[str], str] = str) -> tuple[Step, ...]:
    """The steps of a plan: mostly one with others below it.

    Args:
        root: the plan.
        named: the name to show for that of a table or an index.
    """
    aliases = frozenset(
        _unnumbered(node.alias)
        for node in root.walk()
        if node.table is not None and named(node.table[1]) != node.table[1]
    )
    return _steps(root, named, aliases)


def _unnumbered(alias: str) -> str:
    """What PostgreSQL has put a number behind, to name a partition in a plan.

    It does so for another use of the table, too; that number grows with the partitions.
    """
    return _NUMBERED.sub("", alias)


def _steps(
    node: PlanNode, named: Callable[[str], str], aliases: frozenset[str]
) -> tuple[Step, ...]:
    below: list[Step] = []
    read: set[str] = set()
    for child in node.children:
        for step in _steps(child, named, aliases):
            # The partitions of a table are read alike.
            if node.kind not in _PARTS or _shape(step) not in read:
                read.add(_shape(step))
                below.append(step)
    words = "" if node.kind in _SILENT else _words(node, named)
    if not words:
        return tuple(below)
    detail = _ALIAS.sub(
        lambda found: name if (name := _unnumbered(found[0])) in aliases else found[0],
        _detail(node),
    )
    return (Step(words, detail, tuple(below)),)


def shape(root: PlanNode, named: Callable[[str], str] = str) -> str:
    """A digest such as "Limit > Nested Loop (Index Scan a_idx, Seq Scan users)".

    Conditions are not in it, so that equal plans have equal digests whatever the data.

    Args:
        root: the plan.
        named: the name to show for that of a table or an index.
    """
    steps = [_shape(step) for step in outline(root, named)]
    return steps[0] if len(steps) == 1 else f"({', '.join(steps)})" if steps else ""


def _shape(step: Step) -> str:
    below = [_shape(inner) for inner in step.below]
    if not below:
        return step.words
    return f"{step.words} > {below[0]}" if len(below) == 1 else f"{step.words} ({', '.join(below)})"


def _words(node: PlanNode, named: Callable[[str], str]) -> str:
    fields = node.fields
    match node.kind:
        case "ModifyTable":
            return (
                f"{fields.get('Operation', 'Write')} {named(node.table[1])}" if node.table else ""
            )
        case "Aggregate":
            by = {"Sorted": "Group", "Hashed": "Hash Aggregate"}
            return by.get(str(fields.get("Strategy")), "Aggregate")
        case "Nested Loop" | "Hash Join" | "Merge Join":
            join = str(fields.get("Join Type", "Inner"))
            return node.kind if join == "Inner" else f"{node.kind} {join}"
        case "Function Scan":
            return f"{node.kind} {fields.get('Function Name', '')}".strip()
        case "CTE Scan":
            return f"{node.kind} {fields.get('CTE Name', '')}".strip()
    if "Index Name" in fields:
        return f"{node.kind} {named(str(fields['Index Name']))}"
    return f"{node.kind} {named(node.table[1])}" if node.table else node.kind


def _detail(node: PlanNode) -> str:
    """What a step looks for, by what it sorts or groups, and what its rows are called."""
    fields = node.fields
    # What a bitmap's rows are checked for anew is the condition of the index below.
    told = [
        bare(str(fields[key]))
        for key in _CONDITIONS
        if key in fields and not (key == "Recheck Cond" and node.children)
    ]
    told += [f"filter {bare(str(fields[key]))}" for key in _FILTERS if key in fields]
    told += [f"by {', '.join(fields[key])}" for key in _LISTS if key in fields]
    name = str(fields.get("Subplan Name", ""))
    told += [f"as {name.removeprefix('CTE ')}"] if name.startswith("CTE ") else []
    return "; ".join(told)
