"""Golden files: expected text kept beside its input."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def golden() -> Callable[[str, Path], None]:
    """Compares a text with a golden file, or writes it when PGREPO_UPDATE_GOLDENS=1."""

    def compare(text: str, path: Path) -> None:
        if os.environ.get("PGREPO_UPDATE_GOLDENS") == "1":
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.exists(), f"no {path.name}: run with PGREPO_UPDATE_GOLDENS=1 and read it"
        assert text == path.read_text(encoding="utf-8")

    return compare
