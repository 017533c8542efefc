"""The tool that derives the synchronous flavour."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

TOOL = Path(__file__).parent.parent.parent.parent / "tools" / "async_to_sync.py"


@pytest.fixture
def tool() -> ModuleType:
    """The tool as a module."""
    specification = importlib.util.spec_from_file_location("async_to_sync", TOOL)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("async def f():\n    await g()\n", "def f():\n    g()\n"),
        ("async with a as b, c:\n    pass\n", "with a as b, c:\n    pass\n"),
        ("x = [y async for y in z]\n", "x = [y for y in z]\n"),
        ("raise StopAsyncIteration\n", "raise StopIteration\n"),
        ("await anext(it)\nawait it.aclose()\n", "next(it)\nit.close()\n"),
        ("def __aenter__(self): ...\n", "def __enter__(self): ...\n"),
        ("a: AsyncIterator[AsyncShop]\n", "a: Iterator[Shop]\n"),
        ("class _AsyncThing: ...\n", "class _Thing: ...\n"),
        ("from pgrepo.runtime._async import wire\n", "from pgrepo.runtime._sync import wire\n"),
        ("# AsyncShop: await it\n", "# Shop: it\n"),
        ('"""Use `async with AsyncShop(...)`."""\n', '"""Use `with Shop(...)`."""\n'),
        ('f"{AsyncShop.__name__} of {x}"\n', 'f"{Shop.__name__} of {x}"\n'),
        ("Asynchrony = AsyncX\n", "Asynchrony = X\n"),
        ("x = await (\n    f()\n)\n", "x = (\n    f()\n)\n"),
    ],
)
def test_words(tool: ModuleType, text: str, expected: str) -> None:
    """Asynchronous words go, in code, strings and comments; everything else stays."""
    assert tool.to_sync(text) == expected


def test_derived_files_are_up_to_date() -> None:
    """What is committed is what the tool writes."""
    command = [sys.executable, str(TOOL), "--check"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stdout) == (0, "")


def test_check_names_what_differs(
    tool: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """--check writes nothing, names edited, missing and orphaned files, and returns 1."""
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "DIRECTORIES", {"src/_async": "src/_sync"})
    source, target = tmp_path / "src" / "_async", tmp_path / "src" / "_sync"
    source.mkdir(parents=True)
    target.mkdir()
    for name in ("a.py", "b.py", "c.py"):
        (source / name).write_text("async def f() -> None:\n    await g()\n")
    monkeypatch.setattr(sys, "argv", ["async_to_sync.py"])
    assert tool.main() == 0
    derived = (target / "a.py").read_text()
    assert derived.startswith("# Derived from src/_async/a.py by tools/async_to_sync.py")
    assert "def f() -> None:\n    g()\n" in derived
    (target / "a.py").write_text(derived + "edited = True\n")
    (target / "b.py").unlink()
    (target / "orphan.py").touch()
    capsys.readouterr()

    monkeypatch.setattr(sys, "argv", ["async_to_sync.py", "--check"])
    assert tool.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "differs: src/_sync/a.py",
        "differs: src/_sync/b.py",
        "differs: src/_sync/orphan.py",
    ]
    assert not (target / "b.py").exists()

    monkeypatch.setattr(sys, "argv", ["async_to_sync.py"])
    assert tool.main() == 0
    assert (target / "a.py").read_text() == derived
    assert not (target / "orphan.py").exists()
