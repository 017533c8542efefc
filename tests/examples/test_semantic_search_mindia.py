"""examples/semantic_search_mindia finds what is alike, and nothing of another tenant."""

from __future__ import annotations

import math
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgrepo.operate.load import load_sample
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = Path(__file__).parents[2] / "examples" / "semantic_search_mindia" / "search.py"
MUSEUM = "00000000-0000-4000-8000-000000000001"
RADIO = "00000000-0000-4000-8000-000000000002"


@pytest.fixture
def search(
    mindia_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """Runs the script on a database with the sample; returns the lines that it prints."""
    load_sample(mindia_url, shipped_domain("mindia"))
    monkeypatch.setenv("DATABASE_URL", mindia_url)

    def run(tenant: str, *arguments: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", [str(EXAMPLE), "--tenant", tenant, *arguments])
        runpy.run_path(str(EXAMPLE), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run


def test_search(search: Callable[..., list[str]]) -> None:
    """Everything is indexed once, and the most similar comes first; other tenants have nothing."""
    assert search(MUSEUM, "index") == ["6 embedded"]
    assert search(MUSEUM, "index") == ["0 embedded"]
    found = search(MUSEUM, "find", "a very old crane")
    assert len(found) == 5
    assert found[0].endswith("crane plan")
    assert found[1].endswith("A walk along the quays, past the old cranes.")
    assert search(RADIO, "find", "a very old crane") == []


def test_embedder() -> None:
    """Vectors have length 1, are always the same, and are nearer the more spelling is shared."""
    embed: Callable[[str], list[float]] = runpy.run_path(str(EXAMPLE))["embed"]

    def similarity(one: str, other: str) -> float:
        return sum(a * b for a, b in zip(embed(one), embed(other), strict=True))

    assert math.isclose(math.hypot(*embed("the old harbour")), 1)
    assert math.isclose(similarity("the old harbour", "The OLD harbour!"), 1)
    assert similarity("old crane", "old cranes") > 0.6 > similarity("old crane", "old ship") > 0.2
    assert abs(similarity("ship", "onion")) < 0.2
    with pytest.raises(ValueError, match="no word"):
        embed("…")
