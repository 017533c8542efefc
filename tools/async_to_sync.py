"""Derives the synchronous flavour of the runtime, and of its tests, from the asynchronous one.

    python tools/async_to_sync.py            writes the derived files
    python tools/async_to_sync.py --check    writes nothing, names those that differ, exits 1

The asynchronous files are written by hand. Deriving is a matter of words: `async` and `await` go,
AsyncX becomes X, and so on, in code, docstrings and comments alike. Then ruff tidies up.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tokenize
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIRECTORIES = {
    "src/pgrepo/runtime/_async": "src/pgrepo/runtime/_sync",
    "src/pgrepo/domains/audiotricks/_async": "src/pgrepo/domains/audiotricks/_sync",
    "tests/integration/_async": "tests/integration/_sync",
    "tests/integration/paths/_async": "tests/integration/paths/_sync",
    "tests/integration/pgtypes/_async": "tests/integration/pgtypes/_sync",
    "tests/faults/echo/_async": "tests/faults/echo/_sync",
    "tests/faults/ledger/_async": "tests/faults/ledger/_sync",
}

# Words that do not follow the rule AsyncX -> X.
WORDS = {
    "AbstractAsyncContextManager": "AbstractContextManager",
    "StopAsyncIteration": "StopIteration",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "_async": "_sync",
    "aclose": "close",
    "anext": "next",
    "async_reconnect": "reconnect",
    "async_outcome": "sync_outcome",
    "async_redis": "sync_redis",
    "async_sleep": "sync_sleep",
    "asynccontextmanager": "contextmanager",
    "asynchronous": "synchronous",
    "enter_async_context": "enter_context",
}
DROPPED = frozenset({"async", "await"})

_WORD = re.compile(r"\w+")
_DROPPED_IN_TEXT = re.compile(r"\b(?:async|await) ")


def main() -> int:
    """Derives, or checks, every file; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check

    derived: dict[Path, str] = {}
    for source_directory, target_directory in DIRECTORIES.items():
        source_files = sorted((ROOT / source_directory).glob("*.py"))
        derived |= {ROOT / target_directory / file.name: derive(file) for file in source_files}
    stale = {
        file
        for target_directory in DIRECTORIES.values()
        for file in (ROOT / target_directory).glob("*.py")
        if file not in derived
    }
    differing = [
        file for file, text in derived.items() if not file.exists() or file.read_text() != text
    ]
    for file in sorted([*differing, *stale]):
        print(f"{'differs' if check else 'written'}: {file.relative_to(ROOT).as_posix()}")
    if check:
        return 1 if differing or stale else 0
    for file in differing:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(derived[file])
    for file in stale:
        file.unlink()
    return 0


def derive(file: Path) -> str:
    """Returns the synchronous flavour of a file, formatted."""
    origin = file.relative_to(ROOT).as_posix()
    header = f"# Derived from {origin} by tools/async_to_sync.py: do not edit.\n"
    if origin.startswith("tests"):
        # Nested `async with` and `[x async for x in y]` have no shorter form; what becomes of
        # them has.
        header += "# ruff: noqa: C416, SIM117\n"
    text = header + to_sync(file.read_text())
    target = next(target for source, target in DIRECTORIES.items() if origin.startswith(source))
    name = f"{target}/{file.name}"
    # Renamed imports sort differently (and ruff would not take modules that do not exist yet for
    # ours), and most files do not need the exemptions.
    ours = ("--config", "lint.isort.known-first-party = ['pgrepo']")
    tidy = ("check", "--fix", "--fixable", "I,RUF100", "--exit-zero", "--quiet", *ours)
    text = _ruff(text, *tidy, "--stdin-filename", name, "-")
    return _ruff(text, "format", "--stdin-filename", name, "-")


def to_sync(text: str) -> str:
    """Returns Python source with the asynchronous words replaced."""
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    # Backwards, so that the positions of what is still to be replaced stay valid.
    for token, following in reversed(list(pairwise(tokens))):
        if token.type == tokenize.NAME and token.string in DROPPED:
            _replace(lines, token.start, following.start, "")
        elif token.type == tokenize.NAME:
            _replace(lines, token.start, token.end, _renamed(token.string))
        elif token.type in _TEXT_TOKENS:
            _replace(lines, token.start, token.end, _renamed_text(token.string))
    return "".join(lines)


_TEXT_TOKENS = {
    getattr(tokenize, name)
    for name in ("STRING", "COMMENT", "FSTRING_MIDDLE", "TSTRING_MIDDLE")
    if hasattr(tokenize, name)
}


def _renamed(word: str) -> str:
    if word in WORDS:
        return WORDS[word]
    return re.sub(r"^(_?)Async(?=[A-Z])", r"\1", word)


def _renamed_text(text: str) -> str:
    return _WORD.sub(lambda match: _renamed(match[0]), _DROPPED_IN_TEXT.sub("", text))


def _replace(lines: list[str], start: tuple[int, int], end: tuple[int, int], text: str) -> None:
    """Replaces what lies between two (line, column) positions."""
    (first, left), (last, right) = start, end
    lines[first - 1 : last] = [lines[first - 1][:left] + text + lines[last - 1][right:]]


def _ruff(text: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments]
    return subprocess.run(
        command, cwd=ROOT, input=text, capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
