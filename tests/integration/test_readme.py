"""The README's example and quickstart, done as a reader would."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pgrepo

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Block, Walk

ROOT = Path(__file__).resolve().parents[2]


def test_readme(blocks: Callable[[str], list[Block]], walk: Walk) -> None:
    """Every file, command and output of the README is real."""
    page = blocks("README.md")
    assert [block.title for block in page if block.title][:2] == [
        "sql/V001__books.sql",
        "queries/books.sql",
    ]
    walk.assert_works(page)
    assert walk.here == walk.home / "shop"


def test_what_is_said_of_the_package() -> None:
    """Version, Python, extras and dependencies are those of pyproject.toml."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"Version {pgrepo.__version__}," in text
    assert project["version"] == pgrepo.__version__
    assert f"Python {project['requires-python'].removeprefix('>=')} or later" in text
    assert {"cli", "embedded"} <= project["optional-dependencies"].keys()
    for requirement in project["dependencies"]:
        assert requirement.split(">")[0].split("[")[0] in text
