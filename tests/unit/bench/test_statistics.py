"""The statistics, held against definitions and against counting."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.bench.statistics import Reservoir, greater, holm, median, percentile, smallest

TIMES = st.lists(st.floats(1, 1e6), min_size=1, max_size=50)


@given(TIMES, st.floats(0, 1))
def test_percentile(values: list[float], share: float) -> None:
    """A percentile lies among the values, and a larger share never gives a smaller one."""
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert ordered[0] <= found * (1 + 1e-9)
    assert found <= ordered[-1] * (1 + 1e-9)
    assert percentile(ordered, 0) == ordered[0]
    assert percentile(ordered, 1) == ordered[-1]
    assert percentile(ordered, share / 2) <= found * (1 + 1e-9)


def test_median() -> None:
    """The middle value, or the middle between two."""
    assert median([3, 1, 2]) == 2
    assert median([4, 1, 2, 3]) == 2.5


@given(st.lists(st.integers(0, 1000), max_size=300), st.integers(1, 50))
def test_reservoir(values: list[int], size: int) -> None:
    """It keeps no more than its size, only what it saw, and counts all."""
    reservoir = Reservoir(size)
    reservoir.add(values[:7])
    reservoir.add(values[7:])
    assert reservoir.seen == len(values)
    assert len(reservoir.values) == min(size, len(values))
    assert not set(reservoir.values) - set(values)


def test_reservoir_is_fair() -> None:
    """Early and late values are kept alike."""
    early = 0
    for seed in range(200):
        reservoir = Reservoir(10, seed)
        reservoir.add(range(100))
        early += sum(value < 50 for value in reservoir.values)
    assert 850 < early < 1150  # of 2000; the deviation is 22


def counted(after: list[float], before: list[float]) -> float:
    """The probability by trying every way to share the values out."""

    def u(one: list[float], other: list[float]) -> float:
        return sum(a > b for a in one for b in other)

    values = [*after, *before]
    least = u(after, before)
    ways = [
        u([values[n] for n in chosen], [v for n, v in enumerate(values) if n not in chosen])
        for chosen in combinations(range(len(values)), len(after))
    ]
    return sum(way >= least for way in ways) / len(ways)


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=9, unique=True), st.data())
def test_greater_is_exact(values: list[float], data: st.DataObject) -> None:
    """Where no values are equal, p is what counting gives."""
    cut = data.draw(st.integers(1, len(values) - 1))
    after, before = values[:cut], values[cut:]
    assert greater(after, before) == pytest.approx(counted(after, before))


def test_greater_with_ties() -> None:
    """Equal values: the same sides say nothing, separate sides much, and all equal nothing."""
    assert greater([1, 2, 2, 3], [1, 2, 2, 3]) > 0.4
    assert greater([5, 5, 6, 6, 7] * 2, [1, 1, 2, 2, 3] * 2) < 0.001
    assert greater([2, 2], [2, 2]) == 1.0
    assert greater([], [1.0]) == 1.0


@given(TIMES, TIMES)
def test_greater_is_a_probability(after: list[float], before: list[float]) -> None:
    """It is between 0 and 1, and both directions cannot be unlikely at once."""
    one, other = greater(after, before), greater(before, after)
    assert 0 <= one <= 1
    assert one + other >= 0.99


def test_smallest() -> None:
    """Complete separation gives the smallest p that there is."""
    assert greater([4, 5, 6], [1, 2, 3]) == pytest.approx(smallest(3, 3)) == pytest.approx(0.05)
    assert smallest(10, 10) == pytest.approx(1 / 184756)


def test_holm() -> None:
    """The example that textbooks have: 0.01, 0.04, 0.03, 0.005 of four tests."""
    corrected = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert corrected == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=20))
def test_holm_only_corrects_upwards(values: dict[str, float]) -> None:
    """No probability becomes smaller, none exceeds 1, and their order stays."""
    corrected = holm(values)
    assert corrected.keys() == values.keys()
    assert all(values[name] <= corrected[name] <= 1 for name in values)
    for one, other in combinations(values, 2):
        if values[one] < values[other]:
            assert corrected[one] <= corrected[other]
