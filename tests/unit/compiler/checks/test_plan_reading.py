"""Plans: what each step costs, and how that is told."""

from __future__ import annotations

from typing import Any

import pytest

from pgrepo.cli.plan_words import read_actual, steps, words
from pgrepo.compiler.checks.plans import bare, efforts, read_plan


def node(
    kind: str, cost: float, rows: float, *plans: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """A node as EXPLAIN (FORMAT JSON) prints it."""
    fields = {key.replace("_", " "): value for key, value in more.items()}
    return {
        "Node Type": kind,
        "Total Cost": cost,
        "Plan Rows": rows,
        "Plans": list(plans),
        **fields,
    }


SCAN = node(
    "Seq Scan", 1000.0, 500, Relation_Name="orders", Schema="shop", Alias="o",
    Filter="(o.status = $1)", Parent_Relationship="Outer",
)  # fmt: skip
LOOKUP = node(
    "Index Scan", 2.0, 1, Relation_Name="lines", Schema="shop", Alias="lines",
    Index_Name="lines_pkey", Index_Cond="(lines.order_id = o.id)", Parent_Relationship="Inner",
)  # fmt: skip
LOOP = node("Nested Loop", 2010.0, 500, SCAN, LOOKUP, Parent_Relationship="Outer")


def test_efforts_of_a_loop() -> None:
    """The inner side counts as often as it is run."""
    plan = read_plan([{"Plan": LOOP}])
    shares = [efforts(plan)[found] for found in plan.walk()]
    assert shares == [2010.0, pytest.approx(1000.0), pytest.approx(1000.0)]


def test_efforts_below_limit() -> None:
    """What LIMIT stops early counts as far as it is run."""
    plan = read_plan([{"Plan": node("Limit", 20.1, 5, LOOP)}])
    shares = {found.kind: share for found, share in efforts(plan).items()}
    assert shares["Nested Loop"] == pytest.approx(20.1)
    assert shares["Seq Scan"] == pytest.approx(10.0)
    assert shares["Index Scan"] == pytest.approx(10.0)


def test_steps() -> None:
    """Sentences, the most expensive step first; shares are of the whole."""
    told = steps(read_plan([{"Plan": LOOP}]))
    assert [step.words for step in told] == [
        "reads all of orders (o) and keeps the rows where o.status = $1",
        "finds rows of lines by the index lines_pkey: lines.order_id = o.id",
        "for each of 500 rows of orders looks at lines",
    ]
    assert sum(step.share for step in told) == pytest.approx(1.0)
    assert told[0].numbers == "about 500 rows"


TEXT = """\
Nested Loop  (cost=0..2010 rows=500) (actual time=0.5..8.0 rows=3.00 loops=1)
  ->  Seq Scan on orders o  (cost=0..1000 rows=500) (actual time=0.1..2.0 rows=3.00 loops=1)
        Filter: (status = $1)
  ->  Index Scan using lines_pkey on lines (cost=0..2 rows=1) (actual time=1.0..1.5 rows=1 loops=3)
"""


def test_actual() -> None:
    """What was measured goes before what was expected."""
    plan = read_plan([{"Plan": LOOP}])
    told = steps(plan, TEXT)
    assert [round(step.share, 2) for step in told] == [0.56, 0.25, 0.19]
    assert told[0].words.startswith("finds rows of lines")
    assert told[0].numbers == "1 row, 3 times, 1 row expected; 4.50 ms in all"
    assert read_actual(plan, TEXT.partition("  ->  Index")[0]) == {}  # of another plan
    assert read_actual(plan, "") == {}


def test_never_run() -> None:
    """A step that was not needed."""
    text = TEXT.replace("(actual time=1.0..1.5 rows=1 loops=3)", "(never executed)")
    assert steps(read_plan([{"Plan": LOOP}]), text)[-1].numbers == "never run"


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("(a = 1)", "a = 1"),
        ("((a = 1) AND (b = 2))", "(a = 1) AND (b = 2)"),
        ("(a) = (b)", "(a) = (b)"),
        ("a", "a"),
    ],
)
def test_bare(condition: str, told: str) -> None:
    """Only parentheses around everything are taken off."""
    assert bare(condition) == told


def test_a_kind_that_nobody_knows() -> None:
    """A node of a newer PostgreSQL is told by its name."""
    assert words(read_plan([{"Plan": node("Quantum Join", 1.0, 1)}])) == "quantum join"
