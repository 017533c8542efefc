"""Completion, asked as the shells ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Invoke

SHELLS = ["bash", "zsh", "fish"]


@pytest.fixture
def complete(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """What bash is told for a line whose last word is being typed; no server can be asked."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere.invalid")

    def ask(line: str) -> list[str]:
        monkeypatch.setenv("_PGREPO_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
        ended = invoke()
        assert (ended.status, ended.err) == (0, "")
        return ended.out.split()

    return ask


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pgrepo par", ["partitions"]),
        ("pgrepo partitions e", ["ensure"]),
        ("pgrepo check --wa", ["--watch"]),
        ("pgrepo check sh", ["shop"]),
        ("pgrepo check shop mo", ["monumento"]),
        ("pgrepo load ", ["shop", "monumento", "storyverse", "littlemonster", "mindia",
                          "audiotricks"]),
        ("pgrepo baseline au", ["audiotricks"]),
        ("pgrepo explain rec", ["recent_orders"]),
        ("pgrepo explain shop.rec", ["shop.recent_orders"]),
        ("pgrepo bench --query set", ["set_order_status"]),
        ("pgrepo partitions status st", ["storyverse"]),
    ],
)  # fmt: skip
def test_words(complete: Invoke, line: str, words: list[str]) -> None:
    """Verbs, options, domains and queries, read from files alone."""
    assert complete(line) == words


def test_broken_project(complete: Invoke, project: Path) -> None:
    """A mistake in pyproject.toml is not told while somebody types."""
    (project / "pyproject.toml").write_text("[tool.pgrepo")
    assert complete("pgrepo check mon") == ["monumento"]
    assert complete("pgrepo explain rec") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    """Each shell gets a script of its own."""
    monkeypatch.setenv("_PGREPO_COMPLETE", f"source_{shell}")
    ended = invoke()
    assert ended.status == 0
    assert "_PGREPO_COMPLETE=complete_" + shell in ended.out
