"""The text of every error about a hand-written file, place, caret, help and all."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pgrepo.errors import SourceError
from pgrepo.sqlfiles.ddl import read_ddl_directory
from pgrepo.sqlfiles.queries import read_plain_query, read_query_directory, read_query_file

HERE = Path(__file__).parent
Golden = Callable[[str, Path], None]


def _named(path: Path) -> str:
    return path.stem


def _text(errors: Iterable[SourceError]) -> str:
    return "".join(f"{error}\n\n" for error in errors)


@pytest.mark.parametrize("path", sorted((HERE / "queries").glob("*.sql")), ids=_named)
def test_query_file(path: Path, golden: Golden) -> None:
    """Every broken query of a file is reported; one called `good` is read all the same."""
    file = read_query_file(path, path.parent)
    assert file.errors
    assert [query.name for query in file.queries if query.name == "good"] == ["good"] * (
        "-- name: good(" in file.source.text
    )
    golden(_text(file.errors), path.with_suffix(".txt"))


@pytest.mark.parametrize("path", sorted((HERE / "plain").glob("*.sql")), ids=_named)
def test_plain_query(path: Path, golden: Golden) -> None:
    """A plain statement with something wrong is reported and not read."""
    file = read_plain_query(path, path.parent)
    assert file.errors
    assert file.queries == ()
    golden(_text(file.errors), path.with_suffix(".txt"))


@pytest.mark.parametrize("path", sorted((HERE / "directories").iterdir()), ids=_named)
def test_query_directory(path: Path, golden: Golden) -> None:
    """What only shows when all files of a directory are read."""
    errors = [error for file in read_query_directory(path, path) for error in file.errors]
    assert errors
    golden(_text(errors), path / "expected.txt")


@pytest.mark.parametrize("path", sorted((HERE / "ddl").iterdir()), ids=_named)
def test_ddl_directory(path: Path, golden: Golden) -> None:
    """A directory of DDL files is refused as a whole, with the first error."""
    with pytest.raises(SourceError) as raised:
        read_ddl_directory(path, path)
    golden(f"{raised.value}\n", path / "expected.txt")
