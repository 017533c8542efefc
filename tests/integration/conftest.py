"""Documentation that is run: a page is taken apart into its code blocks and walked through.

What a block is, its first line says:

* `sql title="queries/orders.sql"`: a file, written as it stands;
* `sql title="queries/orders.sql (part)"`: what must stand in that file; a line "…" leaves out;
* `diff title="queries/orders.sql"`: an edit of that file, without line numbers;
* `console`: commands after "$ ", each with what it prints; "…" stands for anything;
* `sh` and everything else: not run.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pgrepo
from tests.pages import Block, blocks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBERS = re.compile(r"\d+(?=\\? ms\b)|\d+\\\.\d+(?=s\b)")
_SECONDS = 120


@dataclass
class Walk:
    """A reader who does what a page says.

    Attributes:
        home: the directory that the reader begins in.
        environment: of the commands.
        here: the directory that the reader has gone to.
    """

    home: Path
    environment: dict[str, str]
    here: Path = field(init=False)

    def __post_init__(self) -> None:
        self.here = self.home

    def begin_project(self, *more: str) -> None:
        """Makes the project that pages begin with, as the tutorial does.

        Args:
            more: further commands.
        """
        commands = ("pgrepo init shop", "cd shop", "pgrepo generate", *more)
        self.run("before the page", "".join(f"$ {command}\n" for command in commands))

    def assert_works(self, blocks: list[Block]) -> None:
        """Does every block in order, and compares what comes of it with what the page says."""
        for block in blocks:
            if block.language == "console":
                self.run(block.where, block.text)
            elif block.title.endswith(" (part)"):
                self._compare(block)
            elif block.language == "diff":
                self._edit(block)
            elif block.title:
                path = self.here / block.title
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")

    def _compare(self, block: Block) -> None:
        text = (self.here / block.title.removesuffix(" (part)")).read_text(encoding="utf-8")
        at = 0
        for part in re.split(r"^[ \t]*…\n", block.text, flags=re.MULTILINE):
            at = text.find(part.strip("\n"), at)
            assert at >= 0, f"{block.where}: {block.title} does not have this: {part}"

    def _edit(self, block: Block) -> None:
        path = self.here / block.title
        lines = block.text.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if not line.startswith("+"))
        new = "".join(line[1:] for line in lines if not line.startswith("-"))
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{block.where}: {block.title} does not have this: {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, where: str, sessions: str) -> None:
        """Runs commands, and compares what they print with what is said, where anything is."""
        for session in re.split(r"^\$ ", sessions, flags=re.MULTILINE)[1:]:
            command, _, expected = session.partition("\n")
            status, printed = self._shell(command)
            told = f"{where}: $ {command}\n{printed}"
            matches = _pattern(expected).fullmatch(printed.rstrip() + "\n") is not None
            assert matches, told
            fails = any(word in expected for word in ("rror", " is not what "))
            assert (status != 0) is fails, told

    def _shell(self, command: str) -> tuple[int, str]:
        """Runs a command as a shell would that has run those before it."""
        state = self.home / ".shell"
        script = (
            f'test -f "{state}" && . "{state}"\n{command}\nstatus=$?\n'
            f'export -p > "{state}"; pwd > "{state}.pwd"; exit $status\n'
        )
        with subprocess.Popen(
            ["sh", "-c", script],
            cwd=self.here,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as shell:
            try:
                printed, _ = shell.communicate(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                # Not the shell alone: what it runs has its output open too, and may never end.
                os.killpg(shell.pid, signal.SIGKILL)
                printed, _ = shell.communicate()
                pytest.fail(f"not done after {_SECONDS} s: $ {command}\n{printed}")
        self.here = Path((self.home / ".shell.pwd").read_text().strip())
        return shell.returncode, "\n".join(line.rstrip() for line in printed.splitlines())


def _pattern(expected: str) -> re.Pattern[str]:
    """What a command may print: the text, with "…" and measured times left open."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in expected.rstrip().splitlines()
    ]
    text = _NUMBERS.sub(lambda found: r"\d+" if found[0].isdigit() else r"[\d.]+", "".join(lines))
    return re.compile(text or r"(?s:.*)")


@pytest.fixture(scope="session")
def blocks() -> Callable[[str], list[Block]]:
    """Takes a page apart, named by its path in the repository."""
    return blocks_of


@pytest.fixture
def walk(tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Walk]:
    """A reader in an empty directory, with pgrepo, pytest and mypy installed, and no server."""
    programs = tmp_path / "bin"
    programs.mkdir()
    source = Path(pgrepo.__file__).parents[1]
    for name in ("python", "pgrepo", "pytest", "mypy"):
        module = "" if name == "python" else f"-m {name} "
        program = programs / name
        program.write_text(
            f'#!/bin/sh\nexport PYTHONPATH="${{PYTHONPATH:+$PYTHONPATH:}}{source}"\n'
            f'exec "{sys.executable}" {module}"$@"\n'
        )
        program.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    cache = getattr(pytestconfig, "cache", None)  # not there with -p no:cacheprovider
    mypy_cache = cache.mkdir("mypy") if cache is not None else tmp_path / "mypy"
    environment = {
        key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "PYTHONPATH"}
    } | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "MYPYPATH": str(source),
        "MYPY_CACHE_DIR": str(mypy_cache),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "pgrepo.pytest",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    reader = Walk(home, environment)
    yield reader
    subprocess.run(
        [programs / "pgrepo", "server", "stop"], env=environment, check=False, capture_output=True
    )
