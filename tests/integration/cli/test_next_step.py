"""`pgrepo` alone: what to do next in this folder, and nothing started for it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Invoke


@pytest.fixture
def steps(invoke: Invoke, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs a command on an empty database; of `pgrepo` alone returns the commands below `next`."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*arguments: str) -> list[str]:
        ended = invoke(*arguments)
        assert (ended.status, ended.err) == (0, "")
        assert ended.out.count("\n") < 24
        found = re.search(r"^next\n((?:  .*\n)+)", ended.out, re.MULTILINE)
        return re.findall(r"^  (pgrepo \w+)", found[1], re.MULTILINE) if found else []

    return run


def test_from_nothing_to_every_day(steps: Invoke, project: Path) -> None:
    """Generate, migrate, and then there is nothing to do; an edit begins it again."""
    shutil.rmtree(project / ".pgrepo_cache")
    assert steps() == ["pgrepo check", "pgrepo migrate"]
    shutil.rmtree(project / "src/shop/repositories")
    assert steps() == ["pgrepo generate", "pgrepo migrate"]
    steps("generate")
    assert steps() == ["pgrepo migrate"]
    steps("migrate")
    assert steps() == []
    queries = project / "src/shop/queries/orders.sql"
    queries.write_text(queries.read_text().replace("newest first", "the newest first"))
    assert steps() == ["pgrepo generate"]
    steps("generate")
    (project / "src/shop/sql/V002__more.sql").write_text("CREATE TABLE shop.more (id integer);\n")
    assert steps() == ["pgrepo generate", "pgrepo migrate"]


def test_checked(steps: Invoke, project: Path) -> None:
    """A check that finds nothing knows as much as generate."""
    shutil.rmtree(project / ".pgrepo_cache")
    steps("check")
    assert steps() == ["pgrepo migrate"]


def test_edited_after_it_was_applied(steps: Invoke, project: Path) -> None:
    """Where files and database disagree, status tells more."""
    steps("migrate")
    with (project / "src/shop/sql/V001__orders.sql").open("a") as file:
        file.write("-- more\n")
    assert steps() == ["pgrepo generate", "pgrepo status"]


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/x", "garbage"])
def test_database_that_does_not_answer(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """It is said, and is no mistake."""
    monkeypatch.setenv("DATABASE_URL", url)
    ended = invoke()
    assert ended.status == 0
    assert "the database of DATABASE_URL " in ended.out
    assert "pgrepo migrate" not in ended.out


def test_no_project(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside one: how to get one."""
    monkeypatch.chdir(tmp_path)
    ended = invoke()
    assert ended.status == 0
    assert "no project here" in ended.out
    assert "pgrepo init shop" in ended.out
