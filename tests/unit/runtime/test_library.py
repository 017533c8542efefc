"""Query files against generated statements."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from pgrepo.errors import ProjectError, SourceError, StaleCodeError
from pgrepo.runtime import QueryLibrary, Statement
from pgrepo.sqlfiles.library import load_queries

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A project with one query file."""
    directory = tmp_path / "queries" / "shop"
    directory.mkdir(parents=True)
    (directory / "users.sql").write_text(
        "-- name: user_names(since, until)\n"
        "SELECT name FROM users WHERE seen < :until AND seen > :since AND note <> '100 %';\n"
    )
    (tmp_path / "src").mkdir()
    return directory


def make(directory: Path) -> tuple[QueryLibrary, Statement[Any]]:
    """Makes what a generated module holds."""
    anchor = directory.parent.parent / "src" / "shop.py"
    fingerprint = load_queries(directory)["user_names"].fingerprint
    library = QueryLibrary("shop", str(anchor), "queries/shop")
    return library, Statement("user_names", fingerprint, types=(1184, 1184))


def test_statement_with_its_sql(directory: Path) -> None:
    """The SQL is headed by the label and has $n; parameters are named in their order there."""
    library, statement = make(directory)
    prepared = library.prepare(statement)
    assert prepared.label == "shop.user_names"
    assert prepared.sql == (
        "/* shop.user_names */ "
        "SELECT name FROM users WHERE seen < $1 AND seen > $2 AND note <> '100 %'"
    )
    assert prepared.parameters == ("until", "since")
    assert prepared.types == (1184, 1184)
    assert prepared.decode is None
    assert library.prepare(statement) is prepared


def test_edited_query(directory: Path) -> None:
    """An edited query is refused with its place; one with a new comment is not."""
    library, statement = make(directory)
    file = directory / "users.sql"
    text = file.read_text()
    file.write_text(text.replace("SELECT", "-- Why this.\nSELECT"))
    assert library.prepare(statement).label == "shop.user_names"

    library, statement = make(directory)
    file.write_text("\n" + text.replace("seen >", "seen >="))
    with pytest.raises(StaleCodeError) as caught:
        library.prepare(statement)
    assert str(caught.value).endswith(
        "users.sql:2: query user_names was edited after the module of shop was generated: "
        "run `pgrepo generate`"
    )


def test_removed_query(directory: Path) -> None:
    """A query that is gone is reported by name."""
    library, statement = make(directory)
    (directory / "users.sql").write_text("-- name: other()\nSELECT 1;\n")
    with pytest.raises(StaleCodeError, match=r"no query user_names .* run `pgrepo generate`"):
        library.prepare(statement)


def test_broken_file_and_missing_directory(directory: Path) -> None:
    """Errors of the files come out as they are, each time."""
    library, statement = make(directory)
    (directory / "users.sql").write_text("-- name: broken()\nSELECT 'x;\n")
    for _ in range(2):
        with pytest.raises(SourceError):
            library.prepare(statement)
    with pytest.raises(ProjectError, match="queries/none"):
        QueryLibrary("shop", __file__, "queries/none").prepare(statement)


def test_files_are_read_once(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads need a query first, the files are read once."""
    library, statement = make(directory)
    reads = []

    def counting(path: Path) -> Any:
        reads.append(path)
        return load_queries(path)

    monkeypatch.setattr("pgrepo.sqlfiles.library.load_queries", counting)
    with ThreadPoolExecutor(8) as executor:
        prepared = list(executor.map(library.prepare, [statement] * 50))
    assert len(reads) == 1
    assert {query.sql for query in prepared} == {prepared[0].sql}


def test_nothing_is_read_early(tmp_path: Path) -> None:
    """Making a library touches no file."""
    library = QueryLibrary("shop", str(tmp_path / "none.py"), "queries/none")
    assert repr(library) == "QueryLibrary('shop', 'queries/none')"


def test_copy_is_headed_too(directory: Path) -> None:
    """The COPY of a bulk statement carries the label as well."""
    library, statement = make(directory)
    bulk: Statement[Any] = Statement(
        "user_names", statement.fingerprint, copy="COPY users (name) FROM STDIN (FORMAT binary)"
    )
    copy = library.prepare(bulk).copy
    assert copy == "/* shop.user_names */ COPY users (name) FROM STDIN (FORMAT binary)"
