"""The plan: which files come next, and what forbids going on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrepo.errors import ChecksumError, MigrationError
from pgrepo.operate.migrate.plan import (
    LedgerRow,
    State,
    Version,
    format_version,
    parse_version,
    plan,
)
from pgrepo.sqlfiles.ddl import DdlFile

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def file(*version: int, checksum: str = "aa") -> DdlFile:
    """A DDL file of this version."""
    name = f"V{'_'.join(map(str, version))}__t.sql"
    return DdlFile(version, "t", Path(name), name, b"", checksum, transactional=True)


def row(*version: int, checksum: str = "aa", applied: bool = True) -> LedgerRow:
    """A ledger row of this version."""
    name = f"V{'_'.join(map(str, version))}__t.sql"
    return LedgerRow(version, "t", name, checksum, NOW if applied else None, None)


def states(files: list[DdlFile], rows: list[LedgerRow]) -> list[State]:
    """The states of a plan in order."""
    return [status.state for status in plan("shop", files, rows).files]


def test_a_fresh_database_has_everything_pending():
    """In order of version, whatever order the files come in."""
    found = plan("shop", [file(1), file(2), file(1, 1)], [])
    assert [status.version for status in found.pending] == [(1,), (1, 1), (2,)]
    found.check()


def test_what_is_applied_is_not_pending():
    """Only the files after the ledger's end come next."""
    assert states([file(1), file(2)], [row(1)]) == [State.APPLIED, State.PENDING]


def test_a_started_file_comes_next_even_if_it_was_mended():
    """It has changed nothing for good, so its checksum does not matter."""
    found = plan("shop", [file(1), file(2, checksum="bb")], [row(1), row(2, applied=False)])
    assert [status.state for status in found.files] == [State.APPLIED, State.STARTED]
    assert [status.version for status in found.pending] == [(2,)]
    found.check()


@pytest.mark.parametrize(
    ("files", "rows", "error", "words"),
    [
        ([file(1, checksum="bb")], [row(1)], ChecksumError, "V1__t.sql.*put the file back.*bb.*aa"),
        ([file(1)], [row(1), row(2)], MigrationError, "version 2 of shop .V2__t.sql.*gone"),
        ([file(1), file(2)], [row(2)], MigrationError, "V1__t.sql is new.*V2__t.sql.*above 2"),
        ([], [row(1, applied=False)], MigrationError, "version 1 of shop"),
    ],
    ids=["edited", "missing", "out of order", "started and missing"],
)
def test_what_forbids_going_on(files, rows, error, words):
    """Each names the file and says what to do."""
    with pytest.raises(error, match=words):
        plan("shop", files, rows).check()


versions = st.lists(st.integers(0, 20), min_size=1, max_size=3).map(tuple)


@given(st.sets(versions), st.sets(versions))
def test_every_version_is_in_the_plan_once_and_in_order(in_files, in_ledger):
    """Whatever files and rows there are."""
    found = plan("shop", [file(*v) for v in in_files], [row(*v) for v in in_ledger])
    assert [status.version for status in found.files] == sorted(in_files | in_ledger)


@given(st.sets(versions, min_size=1), st.data())
def test_a_plan_that_is_followed_ends(in_files, data):
    """With any first part of the versions applied, the rest is pending and nothing is wrong."""
    ordered = sorted(in_files)
    done = data.draw(st.integers(0, len(ordered)))
    found = plan("shop", [file(*v) for v in ordered], [row(*v) for v in ordered[:done]])
    found.check()
    assert [status.version for status in found.pending] == ordered[done:]


@pytest.mark.parametrize(
    ("text", "version"),
    [("3", (3,)), ("V003", (3,)), ("v2.1", (2, 1)), ("V2_1", (2, 1)), ("2.0", (2,)), ("0", (0,))],
)
def test_versions_are_read_as_people_write_them(text: str, version: Version):
    """Zeros before and after do not count."""
    assert parse_version(text) == version
    assert parse_version(format_version(version)) == version


@pytest.mark.parametrize("text", ["", "latest", "1.", "-1", "V"])
def test_what_is_no_version_is_refused(text):
    """The message shows how one is written."""
    with pytest.raises(MigrationError, match=r"write it as 3, V003 or 2\.1"):
        parse_version(text)
