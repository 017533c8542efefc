"""Which literals may be the default of a parameter of which type."""

from __future__ import annotations

import ast

import pytest

from pgrepo.compiler.codegen.defaults import fits
from pgrepo.compiler.pytypes import PyType, annotated_type

MOOD = PyType("Mood | None", literals=frozenset({("Mood", ("calm", "sad"))}))


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("int", "5"),
        ("float", "5"),
        ("int | None", "None"),
        ("str | int", "-5"),
        ("bytes", "b'x'"),
        ("Sequence[int | None]", "(1, None)"),
        ("Sequence[str]", "()"),
        ("JSON", "'x'"),
        ("Literal['a', 5]", "5"),
        ("datetime.datetime | None", "None"),
        ("yourpackage.Alias", "'x'"),
        ("dict[str, int]", "None"),
        ("Any", "1.5"),
    ],
)
def test_fits(text: str, default: str) -> None:
    """A literal of the type, of a type that holds all, or of one that pgrepo does not know."""
    assert fits(ast.literal_eval(default), annotated_type(text))


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("int", "'5'"),
        ("int", "True"),
        ("int", "5.0"),
        ("int", "None"),
        ("bool", "1"),
        ("str", "b'x'"),
        ("Sequence[int]", "(1, 'x')"),
        ("Sequence[int]", "1"),
        ("Sequence[int]", "(None,)"),
        ("Literal['a', 5]", "'b'"),
        ("datetime.datetime", "'2026-01-01'"),
        ("decimal.Decimal", "1"),
        ("uuid.UUID | int", "'x'"),
    ],
)
def test_does_not_fit(text: str, default: str) -> None:
    """A literal of another type, as a type checker would say of the signature."""
    assert not fits(ast.literal_eval(default), annotated_type(text))


def test_choices() -> None:
    """Of an enum, or of a column with a CHECK, its values."""
    assert fits("calm", MOOD)
    assert fits(None, MOOD)
    assert not fits("happy", MOOD)
