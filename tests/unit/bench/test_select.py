"""Patterns of queries, and values given on the command line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgrepo.bench.recipes import read_given
from pgrepo.bench.select import Selection, chosen_queries
from pgrepo.bench.words import amount, duration, per_second, size
from pgrepo.errors import UsageError
from pgrepo.project import BenchSettings, shipped_domain

DOMAINS = [shipped_domain("monumento"), shipped_domain("mindia")]


def names(selection: Selection) -> list[str]:
    """The names of what is chosen."""
    return [
        f"{chosen.files.name}.{query.name}"
        for chosen in chosen_queries(DOMAINS, selection)
        for query, _ in chosen.queries
    ]


def test_patterns() -> None:
    """Names, and names with a domain; several are any of them."""
    assert names(Selection(("user_by_email",)))[0] == "monumento.user_by_email"
    assert set(names(Selection(("monumento.user_*",)))) == {
        f"monumento.user_{name}"
        for name in ("by_id", "by_email", "by_stripe_customer", "credentials", "profile", "stats")
    }
    several = names(Selection(("user_by_email", "mindia.user_by_id")))
    assert several == ["monumento.user_by_email", "mindia.user_by_id", "mindia.user_by_email"]
    assert len(names(Selection())) > 100


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (Selection(("recent_sesions",)), "--query recent_sesions.*did you mean recent_sessions?"),
        (Selection(("zzz*",)), "pgrepo describe"),
    ],
)
def test_idle_patterns(selection: Selection, told: str) -> None:
    """A pattern that fits nothing is a mistake, and what was meant is suggested."""
    with pytest.raises(UsageError, match=told):
        names(selection)


def test_skip() -> None:
    """What the configuration leaves out is listed as left out."""
    [monumento] = DOMAINS[:1]
    quiet = replace(monumento, bench=BenchSettings(skip=("user_*", "monumento.recent_*")))
    [chosen] = chosen_queries([quiet], Selection())
    assert "user_by_id" not in [query.name for query, _ in chosen.queries]
    assert {"user_by_id", "recent_sessions"} <= {item.name for item in chosen.skipped}


def test_read_given() -> None:
    """NAME=VALUE, NAME alone, the same name again, and values with an equals sign in them."""
    assert read_given(["a=1", "q.b=x=y", "a=", "c"]) == {
        "a": ("1", ""),
        "q.b": ("x=y",),
        "c": (None,),
    }


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (duration(0.5), "0.50 µs"),
        (duration(87.43), "87.4 µs"),
        (duration(999.9), "1.00 ms"),
        (duration(1204), "1.20 ms"),
        (duration(3_050_000), "3.05 s"),
        (size(812_345), "812 kB"),
        (size(10), "10 bytes"),
        (size(1_400_000_000), "1.4 GB"),
        (amount(10), "10"),
        (amount(3.42), "3.4"),
        (amount(12345.6), "12,346"),
        (per_second(8210.4), "8,210"),
        (per_second(3.44), "3.4"),
    ],
)
def test_numbers(written: str, told: str) -> None:
    """Numbers as people read them."""
    assert written == told
