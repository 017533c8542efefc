"""The hooks that projects with pre-commit can use."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from pgrepo.cli.main import build_app

ROOT = Path(__file__).resolve().parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_ids() -> None:
    """There is one to check and one to generate."""
    assert [hook["id"] for hook in HOOKS] == ["pgrepo-check", "pgrepo-generate"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hook(hook: dict[str, object]) -> None:
    """Each names a verb that exists, and needs extras that exist; and wants no file names."""
    assert {"id", "name", "description", "entry", "language", "files"} <= hook.keys()
    program, verb = str(hook["entry"]).split()
    assert program == "pgrepo"
    assert verb in get_command(build_app()).commands
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    pattern = re.compile(str(hook["files"]))
    assert pattern.search("src/shop/queries/orders.sql")
    assert pattern.search("pyproject.toml")
    assert not pattern.search("README.md")
    [package] = hook["additional_dependencies"]
    extras = re.fullmatch(r"\.\[(.*)\]", package)
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(extras[1].split(",")) <= pyproject["project"]["optional-dependencies"].keys()
