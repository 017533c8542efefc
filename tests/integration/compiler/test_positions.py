"""The place of a mistake, whatever stands around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgrepo.errors import SourceError
from pgrepo.sqlfiles.queries import read_query_file

if TYPE_CHECKING:
    from pathlib import Path

    from .laboratory import Laboratory

# White space and comments that may stand between any two words; aiosql takes some of them away.
_BETWEEN = st.lists(
    st.sampled_from([
        " ", "\n", "\t", "\n\n", "\n    ", " /* ä 日本 🎉 */ ", " /* a\n b */ ", "\n-- a line\n",
        " -- behind\n", "\n\t-- ünïcödé 🎉\n",
    ]),
    min_size=1,
    max_size=3,
).map("".join)  # fmt: skip
_WORDS = ["SELECT", "id", ",", "'ä🎉 日本'", "AS", "e", ",", ":first::int", "AS", "f", ","]
_MORE = ["AS", "g", "FROM", "a", "WHERE", "id", "=", ":second", "AND", "n", "=", ":first"]
# A mistake, and the part of it that the caret must stand under.
_MISTAKES = [
    ("misspelt", "misspelt"),
    ("a.misspelt", "a.misspelt"),
    ('"Mis spelt"', '"Mis spelt"'),
    ("nofunction(:second)", "nofunction"),
    ("1::notype", "notype"),
    ("n + t", "+"),
    ("'x'::int", "'x'"),
]


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    mistake=st.sampled_from(_MISTAKES),
    between=st.lists(_BETWEEN, min_size=30, max_size=30),
)
def test_position(
    newest: Laboratory, tmp_path: Path, mistake: tuple[str, str], between: list[str]
) -> None:
    """PostgreSQL counts in what it was sent; the error points into the file."""
    wrong, marked = mistake
    words = [*_WORDS, wrong, *_MORE]
    text = "".join(word + gap for word, gap in zip(words, between, strict=False)) + ";\n"
    path = tmp_path / "queries.sql"
    path.write_text(f"-- name: query(first, second)\n{text}", encoding="utf-8")
    file = read_query_file(path, tmp_path)
    assert file.errors == ()
    with pytest.raises(SourceError) as raised:
        newest.analyser.analyse(file.queries[0])
    error = raised.value
    lines = path.read_text(encoding="utf-8").split("\n")
    assert error.source_line == lines[error.line - 1]
    assert error.source_line[error.column - 1 :].startswith(marked)
    assert error.width == len(marked)
