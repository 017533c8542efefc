"""Comparing runs: what is slower is found, and what is noise is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgrepo.bench.compare import compare
from pgrepo.bench.results import Settings

if TYPE_CHECKING:
    from pgrepo.bench.results import Plan
    from tests.unit.bench.conftest import MakeQuery, MakeResults

NAMES = [f"query_{number}" for number in range(20)]


def test_slower_is_found(make_results: MakeResults, make_query: MakeQuery) -> None:
    """One of twenty queries that takes 1.5 times as long is named, and no other."""
    before = make_results((1, [make_query(name, 100) for name in NAMES]))
    now = [make_query(name, 150 if name == "query_7" else 100, seed=1) for name in NAMES]
    found = compare(before, make_results((1, now)))
    [slow] = found.slower
    assert slow.label == "shop.query_7"
    assert slow.ratio == pytest.approx(1.5, rel=0.05)
    assert slow.p < 0.01
    assert found.faster == ()
    assert found.notes == ()


def test_faster_is_found(make_results: MakeResults, make_query: MakeQuery) -> None:
    """The other direction."""
    before = make_results((1, [make_query(name, 100) for name in NAMES]))
    now = [make_query(name, 40 if name == "query_3" else 100, seed=1) for name in NAMES]
    found = compare(before, make_results((1, now)))
    assert [change.label for change in found.faster] == ["shop.query_3"]
    assert found.faster[0].ratio == pytest.approx(0.4, rel=0.05)
    assert found.slower == ()


@settings(max_examples=30)
@given(seed=st.integers(1, 10**6))
def test_noise_is_not_slower(make_results: MakeResults, make_query: MakeQuery, seed: int) -> None:
    """Runs of the same queries may differ by chance, but not by 15 % within 3 % of noise."""
    before = make_results((1, [make_query(name, 100) for name in NAMES]))
    now = make_results((1, [make_query(name, 100, seed=seed) for name in NAMES]))
    found = compare(before, now)
    assert (found.slower, found.faster) == ((), ())


def test_too_small_an_effect(make_results: MakeResults, make_query: MakeQuery) -> None:
    """What is beyond chance and below the least effect is not called slower; --least decides."""
    before = make_results((1, [make_query("a", 100)]))
    now = make_results((1, [make_query("a", 110, seed=1)]))
    assert compare(before, now).slower == ()
    assert compare(before, now, least=1.05).slower != ()


def test_a_slower_machine(make_results: MakeResults, make_query: MakeQuery) -> None:
    """Where SELECT 1 takes twice as long, queries that do so too are not slower."""
    before = make_results((1, [make_query("a", 100), make_query("b", 100)]))
    now = make_results(
        (
            1,
            [
                make_query("a", 200, seed=1, floor=(40.0,) * 10),
                make_query("b", 400, seed=1, floor=(40.0,) * 10),
            ],
        )
    )
    found = compare(before, now)
    assert [change.label for change in found.slower] == ["shop.b"]
    assert found.slower[0].ratio == pytest.approx(2, rel=0.1)
    assert found.floor == pytest.approx(2)


def test_a_faster_floor(make_results: MakeResults, make_query: MakeQuery) -> None:
    """A floor that became faster makes no query slow."""
    before = make_results((1, [make_query("a", 100)]))
    now = make_results((1, [make_query("a", 100, seed=1, floor=(10.0,) * 10)]))
    assert compare(before, now).slower == ()


def test_scales_are_told_apart(make_results: MakeResults, make_query: MakeQuery) -> None:
    """The same query is compared at each scale with itself there."""
    before = make_results((0.1, [make_query("a", 100)]), (1, [make_query("a", 200)]))
    now = make_results((0.1, [make_query("a", 100, seed=1)]), (1, [make_query("a", 900, seed=1)]))
    found = compare(before, now)
    assert [(change.label, change.scale) for change in found.slower] == [("shop.a", 1)]


def test_a_changed_plan(make_results: MakeResults, make_query: MakeQuery, by_scan: Plan) -> None:
    """A changed plan is told, slower or not."""
    before = make_results((1, [make_query("a", 100), make_query("b", 100)]))
    now = make_results(
        (
            1,
            [
                make_query("a", 300, seed=1, plans=(by_scan,)),
                make_query("b", 100, seed=1, plans=(by_scan,)),
            ],
        )
    )
    found = compare(before, now)
    told = ("index orders_email_idx is no longer used: Seq Scan on orders",)
    assert [change.plans for change in found.slower] == [told]
    assert [change.label for change in found.replanned] == ["shop.a", "shop.b"]


def test_unmatched(make_results: MakeResults, make_query: MakeQuery) -> None:
    """What only one run has is named."""
    before = make_results((0.1, [make_query("a", 100), make_query("gone", 100)]))
    now = make_results((0.1, [make_query("a", 100), make_query("new", 100)]))
    found = compare(before, now)
    assert found.added == ("shop.new at scale 0.1",)
    assert found.removed == ("shop.gone at scale 0.1",)


def test_notes(make_results: MakeResults, make_query: MakeQuery) -> None:
    """What makes two runs hard to compare is said."""
    few = [make_query(name, 100, count=3) for name in NAMES]
    before = make_results((1, few), server="17.2")
    now = replace(make_results((1, few)), settings=Settings(4, 1.0, 3))
    notes = " ".join(compare(before, now).notes)
    assert "--concurrency 1" in notes
    assert "PostgreSQL 17.2" in notes
    assert "more --rounds" in notes
    apart = compare(make_results((1, few)), make_results((2, few)))
    assert "nothing is compared" in " ".join(apart.notes)
    scoped = make_results((1, [make_query("a", 100, scope="tenant")]))
    assert "another scope" in compare(make_results((1, [make_query("a", 100)])), scoped).notes[0]
