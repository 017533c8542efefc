"""The making of monthly partitions is one text, whatever schema it is made for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tool() -> ModuleType:
    """tools/derive_sql.py, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("derive_sql", ROOT / "tools/derive_sql.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_file_differs(tool: ModuleType) -> None:
    """Every schema with monthly partitions has the text with its own name in it."""
    targets = tool.targets()
    assert ROOT / "sql/mindia/V005.1__partitions.sql" in targets
    for file in targets:
        assert file.read_text() == tool.derive(file.parent.name)


def test_only_the_name_of_the_schema_is_replaced(tool: ModuleType) -> None:
    """Line by line, and nowhere in a longer word."""
    source = tool.SOURCE.read_text().splitlines()
    derived = tool.derive("shop").splitlines()
    assert len(source) == len(derived)
    assert not any("storyverse" in line for line in derived)
    for before, after in zip(source, derived, strict=True):
        assert before.replace("storyverse", "shop") == after
