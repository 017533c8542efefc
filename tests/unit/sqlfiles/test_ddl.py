"""DDL files: names, versions, order, transactions."""

import hashlib
from pathlib import Path

import pytest

from pgrepo.errors import ProjectError, SourceError
from pgrepo.sqlfiles.ddl import read_after_migrate, read_ddl_directory, read_ddl_file


def test_order_and_contents(tmp_path: Path) -> None:
    """Versions are compared as numbers; directories and other files are left alone."""
    names = ["V10__last.sql", "V001__first_of_all.sql", "V2_1__b.sql", "V2__a.sql", "V2.1.1__c.sql"]
    for name in names:
        (tmp_path / name).write_bytes(b"SELECT 1;\r\n")
    (tmp_path / "README.md").write_text("no SQL")
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "users.sql").write_text("SELECT")
    (tmp_path / "V3__directory.sql").mkdir()
    files = read_ddl_directory(tmp_path, tmp_path.parent)
    assert [file.version for file in files] == [(1,), (2,), (2, 1), (2, 1, 1), (10,)]
    first = files[0]
    assert first.description == "first of all"
    assert first.path == tmp_path / "V001__first_of_all.sql"
    assert first.name == f"{tmp_path.name}/V001__first_of_all.sql"
    assert first.sql == b"SELECT 1;\r\n"
    assert first.checksum == hashlib.sha256(first.sql).hexdigest()
    assert first.transactional


@pytest.mark.parametrize(
    ("name", "version"),
    [("V0__a.sql", (0,)), ("V001.0__a.sql", (1,)), ("V1.0.2__a.sql", (1, 0, 2))],
)
def test_zeros(tmp_path: Path, name: str, version: tuple[int, ...]) -> None:
    """Leading and trailing zeros do not count."""
    path = tmp_path / name
    path.write_text("SELECT 1;")
    assert read_ddl_file(path).version == version


def test_no_transaction(tmp_path: Path) -> None:
    """The directive on the first line, and exactly one statement."""
    path = tmp_path / "V1__index.sql"
    path.write_text(
        "--  pgrepo:no-transaction \n-- why;\nCREATE INDEX CONCURRENTLY a ON t (a);\n;\n"
    )
    assert not read_ddl_file(path).transactional


def test_after_migrate(tmp_path: Path) -> None:
    """It is no versioned file, and is read by itself."""
    (tmp_path / "V1__a.sql").write_text("SELECT 1;")
    assert read_after_migrate(tmp_path) is None
    (tmp_path / "afterMigrate.sql").write_text("SELECT 2; SELECT 3;")
    assert [file.version for file in read_ddl_directory(tmp_path)] == [(1,)]
    file = read_after_migrate(tmp_path, tmp_path.parent)
    assert file is not None
    assert (file.version, file.sql) == ((), b"SELECT 2; SELECT 3;")
    assert file.name == f"{tmp_path.name}/afterMigrate.sql"


def test_after_migrate_runs_in_a_transaction(tmp_path: Path) -> None:
    """The directive is refused with a place."""
    (tmp_path / "afterMigrate.sql").write_text("-- pgrepo: no-transaction\nVACUUM;")
    with pytest.raises(SourceError, match="always runs in a transaction") as raised:
        read_after_migrate(tmp_path)
    assert (raised.value.code, raised.value.line) == ("PGR142", 1)


@pytest.mark.parametrize("name", ["beforeMigrate.sql", "aftermigrate.sql", "afterMigrate__x.sql"])
def test_other_callbacks(tmp_path: Path, name: str) -> None:
    """Callbacks that pgrepo does not run are not passed over in silence."""
    (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(SourceError, match="callback that pgrepo does not run") as raised:
        read_ddl_directory(tmp_path)
    assert raised.value.code == "PGR140"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xef\xbb\xbfSELECT 1;", "byte order mark"),
        (b"SELECT 1;\0", "NUL"),
        (b"SELECT '\xe9';", "not UTF-8"),
    ],
)
def test_what_postgresql_cannot_read(tmp_path: Path, content: bytes, message: str) -> None:
    """Bytes that PostgreSQL would refuse are found before it sees them."""
    path = tmp_path / "V1__a.sql"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as raised:
        read_ddl_file(path)
    assert raised.value.code == "PGR101"


def test_no_directory(tmp_path: Path) -> None:
    """A missing directory is the project's fault, and the message says which."""
    with pytest.raises(ProjectError, match="no directory none"):
        read_ddl_directory(tmp_path / "none", tmp_path)
    assert read_ddl_directory(tmp_path) == []
