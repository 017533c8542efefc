"""What several schemas have alike is one text: monthly partitions, and how long a retry waits."""

from __future__ import annotations

import importlib.util
import re
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
    """Every schema with monthly partitions or queues has the text with its own name in it."""
    derived = tool.derived_files()
    assert {file.relative_to(ROOT / "sql").as_posix() for file in derived} >= {
        "audiotricks/V005__partitions.sql",
        "littlemonster/V002__transcription.sql",
        "mindia/V005.1__partitions.sql",
        "mindia/V006__webhooks.sql",
    }
    for file, text in derived.items():
        assert file.read_text() == text


def test_no_other_file_makes_partitions_or_delays(tool: ModuleType) -> None:
    """Under another name, or written in another way, they would go unnoticed."""
    known = {*tool.derived_files(), tool.PARTITIONS, tool.RETRY_DELAY}
    makes = re.compile(
        r"^CREATE.*FUNCTION.*\.(create_monthly_partition|retry_delay)\b", re.MULTILINE
    )
    makers = {file for file in (ROOT / "sql").glob("*/*.sql") if makes.search(file.read_text())}
    assert makers == known


def test_only_the_name_of_the_schema_is_replaced(tool: ModuleType) -> None:
    """Line by line, and nowhere in a longer word."""
    source = tool.PARTITIONS.read_text().splitlines()
    derived = tool.partitions_of("shop").splitlines()
    assert len(source) == len(derived)
    assert not any("storyverse" in line for line in derived)
    for before, after in zip(source, derived, strict=True):
        assert before.replace("storyverse", "shop") == after


@pytest.mark.parametrize(
    ("changed", "to"),
    [("% 1000)", "% 999)"), ("LEAST(3600, ", "LEAST(600, "), ("STRICT\n", "")],
    ids=["spread", "longest wait", "property"],
)
def test_a_delay_of_its_own_is_taken_back(tool: ModuleType, changed: str, to: str) -> None:
    """Whatever is different in the function, and nothing outside of it."""
    text = (ROOT / "sql/mindia/V006__webhooks.sql").read_text()
    before, function, after = text.partition("CREATE FUNCTION mindia.retry_delay(")
    edited = before + function + after.replace(changed, to, 1) + "-- The end.\n"
    assert edited != text + "-- The end.\n"
    assert tool.with_retry_delay(edited, "mindia") == text + "-- The end.\n"


def test_the_longest_waits(tool: ModuleType) -> None:
    """A schema has that of the source, unless another one is told."""
    function = "CREATE FUNCTION {}.retry_delay() RETURN 1;"
    assert "LEAST(600, 5 *" in tool.with_retry_delay(function.format("shop"), "shop")
    assert "LEAST(3600, 5 *" in tool.with_retry_delay(function.format("mindia"), "mindia")
