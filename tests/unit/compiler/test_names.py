"""Names in Python for things named in SQL."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.compiler.names import attribute, class_name, constant, singular


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recent_sessions", "RecentSessions"),
        ("users", "Users"),
        ("userID", "UserID"),
        ("deep-dive", "DeepDive"),
        ("a b", "AB"),
        ("2fa_codes", "Row2faCodes"),
        ("_private", "Private"),
        ("", "Row"),
    ],
)
def test_class_name(name: str, expected: str) -> None:
    """Words begin with a capital; a class never begins with a digit."""
    assert class_name(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sessions", "session"),
        ("media_files", "media_file"),
        ("categories", "category"),
        ("ties", "tie"),
        ("addresses", "address"),
        ("boxes", "box"),
        ("batches", "batch"),
        ("wishes", "wish"),
        ("quizzes", "quizz"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("class", "class"),
        ("user_news", "user_news"),
        ("news", "news"),
        ("data", "data"),
        ("gas", "gas"),
        ("session", "session"),
    ],
)
def test_singular(name: str, expected: str) -> None:
    """The last word alone, and only where it looks like a plural."""
    assert singular(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id", "id"),
        ("class", "class_"),
        ("from", "from_"),
        ("None", "None_"),
        ("self", "self_"),
        ("Mixed Case", "Mixed_Case"),
        ("a-b", "a_b"),
        ("2nd", "column_2nd"),
        ("", "column"),
        ("größe", "größe"),
        ("match", "match"),
    ],
)
def test_attribute(name: str, expected: str) -> None:
    """Keywords get an underscore, what cannot stand in a name becomes one."""
    assert attribute(name) == expected


# Letters, digits, marks and spaces of any script; superscript digits are left out.
_names = st.text(st.characters(codec="utf-8", categories=["L", "Nd", "P", "S", "Z"]), max_size=20)


@given(_names)
def test_attribute_is_an_identifier(name: str) -> None:
    """Whatever PostgreSQL lets a column be called, Python takes its name."""
    assert attribute(name).isidentifier()
    assert not keyword.iskeyword(attribute(name))


@given(_names)
def test_class_name_is_an_identifier(name: str) -> None:
    """Likewise for classes."""
    assert class_name(name).isidentifier()


def test_constant() -> None:
    """A statement's name."""
    assert constant("recent_sessions") == "_RECENT_SESSIONS"
