"""Plans: digests, accesses, and what changed."""

from __future__ import annotations

from typing import Any

import pytest

from pgrepo.bench.plans import accesses, buffers_of, differences, without_constants
from pgrepo.bench.results import Access, Plan
from pgrepo.compiler.checks.outline import outline, parent_names, shape
from pgrepo.compiler.checks.plans import PlanNode, read_plan


def node(kind: str, *below: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A node as EXPLAIN prints it."""
    named = {name.replace("_", " "): value for name, value in fields.items()}
    return {"Node Type": kind, **named, "Plans": list(below)}


def scan(table: str, index: str | None = None) -> dict[str, Any]:
    """A scan of a table, by an index or not."""
    fields = {"Relation_Name": table, "Schema": "shop"}
    if index is None:
        return node("Seq Scan", **fields)
    return node("Index Scan", **fields, Index_Name=index)


def plan(root: dict[str, Any]) -> PlanNode:
    """The plan as it is read."""
    return read_plan([{"Plan": root}])


@pytest.mark.parametrize(
    ("root", "digest"),
    [
        (scan("orders"), "Seq Scan orders"),
        (
            node("Limit", scan("orders", "orders_email_idx")),
            "Limit > Index Scan orders_email_idx",
        ),
        (
            node("Hash Join", scan("lines"), node("Hash", scan("orders")), Join_Type="Left"),
            "Hash Join Left (Seq Scan lines, Seq Scan orders)",
        ),
        (
            node("Aggregate", node("Sort", scan("orders")), Strategy="Sorted"),
            "Group > Sort > Seq Scan orders",
        ),
        (
            node("ModifyTable", scan("orders"), Operation="Update", Relation_Name="orders"),
            "Update orders > Seq Scan orders",
        ),
        (node("Function Scan", Function_Name="unnest"), "Function Scan unnest"),
        (node("Result"), ""),
        (node("Gather", scan("orders")), "Seq Scan orders"),
    ],
)
def test_shape(root: dict[str, Any], digest: str) -> None:
    """The digest names the nodes, their tables and indexes, and leaves the padding out."""
    assert shape(plan(root)) == digest


def test_partitions_are_one() -> None:
    """Partitions are read alike: they are told once, under their table's name."""
    months = [scan(f"logs_{month}", f"logs_{month}_at_idx") for month in ("05", "06", "07")]
    named = parent_names(
        {f"logs_{m}": "logs" for m in ("05", "06", "07")}
        | {f"logs_{m}_at_idx": "logs_at_idx" for m in ("05", "06", "07")}
    )
    root = plan(node("Append", *months))
    assert shape(root, named) == "Append > Index Scan logs_at_idx"
    assert accesses(root, named) == (Access("Index Scan", "logs", "logs_at_idx"),)
    fewer = plan(node("Append", *months[:2]))
    assert shape(fewer, named) == shape(root, named)


def test_details() -> None:
    """A step tells its conditions; a partition's are those of the table."""
    month = node(
        "Index Scan", Relation_Name="logs_05", Alias="log_1", Index_Name="logs_05_at_idx",
        Index_Cond="(log_1.at > $1)", Filter="(log_1.kind = 'x'::text)",
    )  # fmt: skip
    months = node("Merge Append", month, Sort_Key=["log_1.at"])
    root = plan(node("Limit", node("Sort", months, Sort_Key=["log.at", "log.id"])))
    named = parent_names({"logs_05": "logs", "logs_05_at_idx": "logs_at_idx"})
    [limit] = outline(root, named)
    assert [(depth, step.words, step.detail) for depth, step in limit.walk()] == [
        (0, "Limit", ""),
        (1, "Sort", "by log.at, log.id"),
        (2, "Merge Append", "by log.at"),
        (3, "Index Scan logs_at_idx", "log.at > $1; filter log.kind = 'x'::text"),
    ]


def test_steps_without_a_root() -> None:
    """Where the step at the top says nothing, those below it stand side by side."""
    root = plan(node("Result", scan("orders"), scan("lines")))
    assert [step.words for step in outline(root)] == ["Seq Scan orders", "Seq Scan lines"]
    assert shape(root) == "(Seq Scan orders, Seq Scan lines)"


def test_accesses() -> None:
    """A bitmap's index belongs to the table above it."""
    bitmap = node(
        "Bitmap Heap Scan",
        node("Bitmap Index Scan", Index_Name="orders_at_idx"),
        Relation_Name="orders",
    )
    root = plan(node("Nested Loop", bitmap, scan("lines")))
    assert accesses(root) == (
        Access("Index Scan", "orders", "orders_at_idx"),
        Access("Seq Scan", "lines"),
    )


def test_a_lost_index_is_named(by_index: Plan, by_scan: Plan) -> None:
    """Losing an index says which, and what is done instead."""
    assert differences([by_index], [by_scan]) == [
        "index orders_email_idx is no longer used: Seq Scan on orders"
    ]
    assert differences([by_scan], [by_index]) == [
        "index orders_email_idx is used now: Index Scan on orders by orders_email_idx"
    ]


def test_another_index() -> None:
    """One index in place of another is one sentence."""
    old = Plan("a", (Access("Index Scan", "orders", "one_idx"),), 5)
    new = Plan("b", (Access("Index Only Scan", "orders", "two_idx"),), 5)
    assert differences([old], [new]) == [
        "index one_idx is no longer used: Index Only Scan on orders by two_idx"
    ]


def test_the_same_accesses() -> None:
    """Where tables are reached as before, the shapes are told."""
    way = (Access("Seq Scan", "orders"),)
    assert differences([Plan("Sort > X", way, 5)], [Plan("Hash > X", way, 5)]) == [
        "the plan was Sort > X, and is Hash > X"
    ]


def test_a_plan_in_common(by_index: Plan, by_scan: Plan) -> None:
    """A query with several plans has no other one as long as it shares one; nor has one without."""
    assert differences([by_index, by_scan], [by_scan]) == []
    assert differences([], [by_scan]) == []


def test_buffers() -> None:
    """Blocks found and read."""
    root = plan(node("Seq Scan", Shared_Hit_Blocks=7, Shared_Read_Blocks=2))
    assert buffers_of(root) == (7, 2)


def test_constants_are_left_out() -> None:
    """No value that could be a parameter's stays; names, costs and casts do."""
    explained = [
        {
            "Plan": {
                "Node Type": "Index Scan",
                "Index Name": "t2_idx",
                "Total Cost": 12.5,
                "Index Cond": "((t.email = 'o''hara@example.com'::text) AND (t.n > 42))",
                "Filter": "(t.x2 = ANY ('{1,2}'::integer[]))",
                "Sort Key": ["(t.at + '1 day'::interval)"],
                "Plans": [{"Node Type": "Seq Scan", "Filter": "(id = -3.5)"}],
            }
        }
    ]
    found = without_constants(explained)
    assert found == [
        {
            "Plan": {
                "Node Type": "Index Scan",
                "Index Name": "t2_idx",
                "Total Cost": 12.5,
                "Index Cond": "((t.email = '…'::text) AND (t.n > …))",
                "Filter": "(t.x2 = ANY ('…'::integer[]))",
                "Sort Key": ["(t.at + '…'::interval)"],
                "Plans": [{"Node Type": "Seq Scan", "Filter": "(id = …)"}],
            }
        }
    ]
