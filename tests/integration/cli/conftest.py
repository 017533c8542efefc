"""The command as a user runs it: a process of its own, in a directory of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pgrepo.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

Invoke = Callable[..., "Ended"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def session_environment(server_url: str) -> dict[str, str]:
    """The environment of a command: the tests' server, and a terminal of known width."""
    return {**os.environ, "DATABASE_URL": server_url, "COLUMNS": "100", "NO_COLOR": "1"}


@pytest.fixture
def environment(session_environment: dict[str, str]) -> dict[str, str]:
    """A copy of it that a test may change."""
    return dict(session_environment)


@pytest.fixture
def pgrepo(environment: dict[str, str], tmp_path: Path) -> Run:
    """Runs pgrepo, in tmp_path unless told otherwise, and checks its exit status."""

    def run(
        *arguments: str | Path, status: int = 0, cwd: Path = tmp_path
    ) -> subprocess.CompletedProcess[str]:
        return run_pgrepo(environment, cwd, *arguments, status=status)

    return run


def run_pgrepo(
    environment: dict[str, str], cwd: Path, *arguments: str | Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Runs pgrepo; whatever happens, nobody is shown a traceback."""
    result = subprocess.run(
        [sys.executable, "-m", "pgrepo", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert result.returncode == status, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    return result


@pytest.fixture(scope="session")
def generated(
    session_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A new project called shop, generated; for copying."""
    directory = tmp_path_factory.mktemp("generated")
    run_pgrepo(session_environment, directory, "init", "shop")
    run_pgrepo(session_environment, directory / "shop", "generate")
    return directory / "shop"


@pytest.fixture
def project(generated: Path, tmp_path: Path) -> Path:
    """A project called shop, generated, to change at will."""
    return shutil.copytree(generated, tmp_path / "shop")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it told."""

    status: int
    out: str
    err: str


@pytest.fixture
def invoke(
    project: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Invoke:
    """Runs the console script in this process, in the project; a traceback fails the test."""
    monkeypatch.chdir(project)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["pgrepo", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        told = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return Ended(caught.value.code, told.out, told.err)

    return run
