"""Python source as it is laid out."""

from __future__ import annotations

import ast
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.compiler.codegen.text import call, docstring, imports, indented, literal, quoted

_prose = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=200)


@given(_prose, st.integers(0, 2))
def test_docstring_says_what_it_was_given(text: str, levels: int) -> None:
    """Quotes, backslashes and all: Python reads back the words that went in."""
    lines = docstring([text], levels)
    head = "".join(f"{'    ' * level}class C:\n" for level in range(levels))
    source = head + "\n".join(lines) + "\n"
    if not lines:
        assert not text.strip()
        return
    node: ast.AST = ast.parse(source)
    for _ in range(levels):
        assert isinstance(node, ast.Module | ast.ClassDef)
        node = node.body[0]
    assert isinstance(node, ast.Module | ast.ClassDef)
    read = inspect.cleandoc(ast.get_docstring(node, clean=True) or "")
    assert read.split() == inspect.cleandoc(text).split()


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_docstring_is_wrapped(levels: int) -> None:
    """No line is wider than 88 characters, and paragraphs are set apart."""
    lines = docstring(["First sentence.", "word " * 60, "Last."], levels)
    indent = "    " * levels
    assert lines[0] == f'{indent}"""First sentence.'
    assert lines[1] == ""
    assert lines[-2:] == [f"{indent}Last.", f'{indent}"""']
    assert max(map(len, lines)) <= 88


def test_short_docstrings() -> None:
    """One line where it fits; a quote at its end is kept apart from the closing ones."""
    assert docstring(["Says it."], 1) == ['    """Says it."""']
    assert docstring(['Says "so"'], 0) == ['"""Says "so\\""""']
    assert docstring(["a\\b"], 0) == ['"""a\\\\b"""']
    assert docstring(["  "], 0) == []
    assert docstring([], 0) == []


@pytest.mark.parametrize("length", range(76, 92))
def test_quotes_never_stand_alone_after_one_line(length: int) -> None:
    """A line that is a little too long for its quotes is wrapped, as linters want it."""
    text = ("word " * 30)[: length - 1] + "."
    lines = docstring([text], 0)
    assert len(lines) != 2
    assert all(len(line) <= 88 for line in lines)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_quoted_is_a_literal(text: str) -> None:
    """A literal of the text, in double quotes unless there are some in it."""
    literal_text = quoted(text)
    assert ast.literal_eval(literal_text) == text
    if '"' not in text:
        assert literal_text.startswith('"')


def test_call() -> None:
    """On one line where it fits, else one argument a line with a comma after the last."""
    assert call("f", ["a", "b"], " -> int:") == ["f(a, b) -> int:"]
    assert call("f", []) == ["f()"]
    long = ["a" * 40, "b" * 44]
    assert call("f", long) == ["f(", f"    {long[0]},", f"    {long[1]},", ")"]
    exact = ["a" * 40, "b" * 43]
    assert call("f", exact) == [f"f({exact[0]}, {exact[1]})"]
    assert len(call("f", exact)[0]) == 88
    assert call("f", exact, "", 1)[0] == "    f("


def test_imports() -> None:
    """The standard library, then others, then the package's own; names as ruff sorts them."""
    wanted = [
        ("pgrepo.runtime", "Repository"),
        ("pgrepo.runtime", "JSON"),
        (".tables", "User"),
        ("uuid", "UUID"),
        ("collections.abc", "Iterable"),
        ("shop.types", "tag"),
        ("shop.types", "Tag"),
        ("shop.types", "TAGS"),
    ]
    assert imports(wanted) == [
        "from collections.abc import Iterable",
        "from uuid import UUID",
        "",
        "from pgrepo.runtime import JSON, Repository",
        "from shop.types import TAGS, Tag, tag",
        "",
        "from .tables import User",
    ]


def test_long_import() -> None:
    """Too many names for a line stand one a line."""
    names = [f"Name{number:02}" for number in range(12)]
    lines = imports([("shop.types", name) for name in names])
    assert lines == ["from shop.types import (", *(f"    {name}," for name in names), ")"]


def test_literal() -> None:
    """An alias, on one line where it fits."""
    assert literal("Mood", ["sad", 'a "b"']) == ['Mood: TypeAlias = Literal["sad", \'a "b"\']']
    many = literal("Mood", ["x" * 30, "y" * 30, "z" * 30])
    assert many[0] == "Mood: TypeAlias = Literal["
    assert many[-2:] == [f'    "{"z" * 30}",', "]"]


def test_indented() -> None:
    """Empty lines stay empty."""
    assert indented(["a", "", "b"], 2) == ["        a", "", "        b"]
