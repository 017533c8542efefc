"""docs/reference/versions.md: its matrix and its sizes are what pyproject.toml and pip say."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/versions.md").read_text(encoding="utf-8")
TOOL = runpy.run_path(str(ROOT / "tools/install_size.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_python_versions() -> None:
    """The classifiers and the page name the same versions; the oldest is the least allowed."""
    pattern = re.compile(r"Programming Language :: Python :: (3\.\d+)$")
    versions = [found[1] for line in PROJECT["classifiers"] if (found := pattern.match(line))]
    assert f"| Python | {', '.join(versions)} |" in PAGE
    assert PROJECT["requires-python"] == f">={versions[0]}"


def test_psycopg() -> None:
    """The least version of psycopg."""
    [wanted] = [item for item in PROJECT["dependencies"] if item.startswith("psycopg[")]
    least = str(Requirement(wanted).specifier).removeprefix(">=")
    assert f"| psycopg | {least} or newer |" in PAGE


def test_dependency_tree_and_sizes() -> None:
    """What is installed is what the page lists, and about as large.

    Other versions, and wheels for another system, have other sizes.
    """
    rows = re.findall(r"^\| ([a-z-]+) \| ([\d.]+) \| (.*?) \|$", PAGE, re.MULTILINE)
    told = {name: float(size) for name, size, _ in rows}
    tree = {name: set(wanted.split(", ")) for name, _, wanted in rows}
    found = TOOL["closure"]("pgrepo")
    together = told.pop("together")
    assert found.keys() <= told.keys()  # newer Pythons need no typing-extensions
    for name in found:
        assert set(TOOL["needs"](name)) <= tree[name]
    assert told["pgrepo"] == pytest.approx(found["pgrepo"], rel=0.25)
    assert together == pytest.approx(sum(found.values()), rel=0.5)


def test_extras() -> None:
    """Each extra for users is on the page with all that it brings."""
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", PAGE, re.MULTILINE))
    extras = PROJECT["optional-dependencies"]
    [everything] = extras["all"]
    assert rows.keys() == {*Requirement(everything).extras, "all"}
    for extra in rows.keys() - {"all"}:
        assert all(Requirement(item).name in rows[extra] for item in extras[extra]), extra
