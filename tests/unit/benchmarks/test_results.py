"""What benchmarks find, as JSON, and which targets it meets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from results import Results, Target, Work, read, read_all, shown, write

if TYPE_CHECKING:
    from pathlib import Path


def test_a_target_is_a_limit_from_above_or_from_below() -> None:
    """What lies on the limit meets it."""
    above = [Target("other", measured, at_most=0.5) for measured in (0.49, 0.5, 0.51)]
    assert [target.met for target in above] == [True, True, False]
    below = [Target("other", measured, at_least=0.9) for measured in (0.89, 0.9, 0.91)]
    assert [target.met for target in below] == [False, True, True]


def test_a_target_in_words() -> None:
    """They tell the limit, its unit and whose time is multiplied."""
    assert Target("psycopg", 0.4712, at_most=0.55).wanted == "≤ 0.55 \u00d7 psycopg"
    assert Target("psycopg", 0.4712, at_most=0.55).reached == "0.47 \u00d7"
    assert Target("a bare COPY", 0.5, at_least=0.9).wanted == "≥ 0.9 \u00d7 a bare COPY"
    assert Target("(cold)", 4.2, at_most=5, unit="s").wanted == "≤ 5 s (cold)"


def test_aim_divides_medians_and_passes_over_who_is_absent() -> None:
    """A peer that is not installed has no target."""
    work = Work("read", "µs a call", {"pgrepo": 20.0, "psycopg": 40.0})
    work.aim("pgrepo", {"psycopg": 0.55, "asyncpg": 0.55})
    assert work.targets == [Target("psycopg", 0.5, at_most=0.55)]


def test_written_and_read_again(tmp_path: Path) -> None:
    """Nothing is lost; the file tells of each target whether it is met."""
    work = Work("read", "µs a call", {"pgrepo": 20.0, "psycopg": 30.0})
    work.aim("pgrepo", {"psycopg": 0.55})
    results = Results("reads", {"date": "2026-01-02", "postgresql": None}, [work], {"rows": [1]})
    file = tmp_path / "made" / "reads.json"
    write(file, results)
    assert read(file) == results
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["met"] is False
    assert document["works"][0]["targets"][0]["met"] is False
    assert read_all(tmp_path / "made") == {"reads": results}


@pytest.mark.parametrize("text", ["[]", '{"format": 0}', '{"median_us": {}}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    """An old file is not taken for a new one."""
    file = tmp_path / "old.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"old\.json is not of format 1"):
        read(file)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1234, "0.12"), (9.994, "9.99"), (12.345, "12.3"), (99.96, "100"), (1234.5, "1,234")],
)
def test_three_digits_are_shown(number: float, text: str) -> None:
    """More would look more exact than the figures are."""
    assert shown(number) == text


def test_the_table_of_a_work() -> None:
    """It shows the first contestant's part of each other's time, and the verdicts."""
    work = Work("read", "µs a call", {"pgrepo": 20.0, "psycopg": 30.0})
    work.aim("pgrepo", {"psycopg": 0.55})
    assert work.table().splitlines() == [
        "read (µs a call)",
        "  pgrepo        20.0    1.00",
        "  psycopg       30.0    0.67",
        "  target ≤ 0.55 \u00d7 psycopg: 0.67 \u00d7, MISSED",
    ]
