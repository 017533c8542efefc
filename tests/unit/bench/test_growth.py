"""How cost grows: exponents, their names, and when nothing is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.bench.growth import Point, growth, growth_of


def points(exponent: float, *scales: float) -> list[Point]:
    """Rounds that go as a power of the scale, within 1 %."""
    return [Point(s, tuple(100 * s**exponent * (1 + n / 1000) for n in range(10))) for s in scales]


@given(st.floats(-1, 2), st.lists(st.floats(0.01, 100), min_size=2, max_size=6, unique=True))
def test_exponent(exponent: float, scales: list[float]) -> None:
    """The exponent of a power is found, whatever the scales."""
    if max(scales) / min(scales) < 1.5:
        return
    found = growth(points(exponent, *scales))
    assert found is not None
    assert found.exponent == pytest.approx(exponent, abs=1e-6)


@pytest.mark.parametrize(
    ("exponent", "words"),
    [
        (0, "flat"),
        (-0.5, "flat"),
        (0.15, "grows slowly"),
        (0.5, "grows"),
        (1.0, "grows as the data"),
        (1.6, "grows faster than the data"),
    ],
)
def test_words(exponent: float, words: str) -> None:
    """Each kind of growth has its name."""
    found = growth(points(exponent, 0.1, 1, 10))
    assert found is not None
    assert found.words == words
    assert found.factor == pytest.approx(100)


def test_sentence() -> None:
    """The sentence says how much for how much."""
    assert str(growth(points(1, 1, 10))) == "grows as the data: 10x for 10x the data"
    assert str(growth(points(0, 1, 10))) == "flat"


def test_noise_is_flat() -> None:
    """Rounds that overlap are no growth, even where their medians differ."""
    small = Point(1, (90, 95, 100, 140, 150))
    large = Point(10, (80, 99, 125, 150, 160))
    found = growth([large, small])
    assert found is not None
    assert found.ratio == pytest.approx(1.25)
    assert found.words == "flat"


def test_a_slower_machine() -> None:
    """What grew as SELECT 1 did is flat; what grew beyond it is told by how much beyond."""
    small = Point(1, tuple(100.0 + n for n in range(10)), (20.0,) * 10)
    large = Point(10, tuple(200.0 + n for n in range(10)), (40.0,) * 10)
    found = growth([small, large])
    assert found is not None
    assert found.words == "flat"
    found = growth([small, Point(10, tuple(800.0 + n for n in range(10)), (40.0,) * 10)])
    assert found is not None
    assert found.words == "grows"
    assert found.ratio == pytest.approx(4, rel=0.05)


def test_one_scale() -> None:
    """Of one scale there is nothing to say."""
    assert growth(points(1, 3)) is None
    assert growth([Point(1, ()), Point(2, (5.0,))]) is None


def test_of_a_domain(make_results, make_query) -> None:  # type: ignore[no-untyped-def]
    """It is read off a domain's scales; a query that one of them lacks has none."""
    results = make_results(
        (0.1, [make_query("a", 100)]), (1, [make_query("a", 1000), make_query("b", 5)])
    )
    found = growth_of(results.domains[0], "a")
    assert found is not None
    assert found.words == "grows as the data"
    assert growth_of(results.domains[0], "b") is None
