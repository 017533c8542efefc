"""The file of results: what is written is read again, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgrepo.bench.results import read_results, write_results
from pgrepo.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.bench.conftest import MakeQuery, MakeResults


def test_round_trip(make_results: MakeResults, make_query: MakeQuery, tmp_path: Path) -> None:
    """All of it comes back as it was."""
    results = make_results((0.1, [make_query("a", 10)]), (1, [make_query("a", 20, scope="x")]))
    write_results(results, tmp_path / "r.json")
    assert read_results(tmp_path / "r.json") == results


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no file of"),
        ("[1, 2]", "no file of"),
        ("{}", "no file of"),
        ('{"format": "pgrepo-bench", "version": 99}', "version 99"),
        ('{"format": "pgrepo-bench", "version": 1}', "no file of"),
        ('{"format": "pgrepo-bench", "version": 1, "domains": 5}', "no file of"),
    ],
)
def test_other_files(text: str, told: str, tmp_path: Path) -> None:
    """Another kind of file, or one of another version, is refused, and says what to do."""
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(ProjectError, match=told) as raised:
        read_results(path)
    assert "pgrepo bench --json" in str(raised.value)
    assert str(path) in str(raised.value)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(ProjectError, match=r"nothing.json: it cannot be read"):
        read_results(tmp_path / "nothing.json")


def test_no_directory(make_results: MakeResults, tmp_path: Path) -> None:
    """A place that cannot be written to is named."""
    with pytest.raises(ProjectError, match=r"it cannot be written"):
        write_results(make_results(), tmp_path / "none" / "r.json")
