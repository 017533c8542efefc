"""SIGKILL a migrator wherever it is: the next one finishes, each file once, nothing INVALID."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrepo.operate.migrate import State, migrate, status
from pgrepo.operate.migrate.session import open_session
from pgrepo.operate.migrate.snapshot import Snapshot, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .table import Record

pytestmark = pytest.mark.fault(11)

# A migrator that says when it begins, and kills itself after so many calls of its session.
MIGRATOR = """
import os, signal, sys
from pathlib import Path
from pgrepo.operate.migrate import migrate
from pgrepo.operate.migrate.session import Session

url, directory, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
calls = 0

def deadly(method):
    def call(self, *arguments):
        global calls
        result = method(self, *arguments)
        calls += not arguments[0].startswith(("SET", "RESET"))  # these change nothing that stays
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

for name in ("execute", "value", "rows", "run_script"):
    setattr(Session, name, deadly(getattr(Session, name)))
print("begins", flush=True)
migrate(url, "shop", directory)
print(calls, flush=True)
"""

INDEX = "-- pgrepo: no-transaction\nCREATE INDEX CONCURRENTLY {0}_idx ON shop.users ({0});\n"
FILES = {
    "V1__users.sql": "CREATE SCHEMA shop; CREATE TABLE shop.log (file text);"
    "CREATE TABLE shop.users (id int, email text);"
    "INSERT INTO shop.users SELECT i, i::text FROM generate_series(1, 20000) AS i;"
    "INSERT INTO shop.log VALUES ('V1');",
    "V2__id.sql": INDEX.format("id"),
    "V3__slow.sql": "CREATE TABLE shop.a (id int); SELECT pg_sleep(0.05);"
    "INSERT INTO shop.log VALUES ('V3'); SELECT pg_sleep(0.05); CREATE TABLE shop.b (id int);",
    "V4__email.sql": INDEX.format("email"),
    "V5__end.sql": "ALTER TABLE shop.a ADD c int; INSERT INTO shop.log VALUES ('V5');",
}
MIGRATORS = (
    "FROM pg_stat_activity "
    "WHERE application_name = 'pgrepo migrate' AND datname = current_database()"
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the domain that the migrators apply."""
    path = tmp_path_factory.mktemp("killed") / "sql"
    path.mkdir()
    for name, text in FILES.items():
        (path / name).write_text(text)
    return path


@contextlib.contextmanager
def database(server_url: str, name: str) -> Iterator[str]:
    """A database of this name: several are needed at a time."""
    identifier = sql.Identifier(name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(identifier))
        try:
            yield make_conninfo(server_url, dbname=name)
        finally:
            connection.execute(drop)


@pytest.fixture(scope="module")
def reference(server_url: str, directory: Path) -> tuple[Snapshot, int]:
    """What an undisturbed migrator makes, and how many calls it makes for that."""
    with database(server_url, "pgrepo_killed_reference") as url:
        process = start(url, directory)
        calls = int(process.communicate()[0].split()[-1])
        with open_session(url) as session:
            return take_snapshot(session, "shop"), calls


def start(url: str, directory: Path, last: int = -1) -> subprocess.Popen[str]:
    """Starts a migrator in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", MIGRATOR, url, str(directory), str(last)],
        stdout=subprocess.PIPE,
        text=True,
    )


def assert_whole(url: str, directory: Path, reference: Snapshot) -> None:
    """Migrates again, and looks at everything a kill could have spoilt."""
    migrate(url, "shop", directory)
    plan = status(url, "shop", directory)
    assert [file.state for file in plan.files] == [State.APPLIED] * len(FILES)
    with psycopg.connect(url) as connection:
        logged = connection.execute("SELECT file FROM shop.log ORDER BY file").fetchall()
        assert logged == [("V1",), ("V3",), ("V5",)]
        invalid = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        assert connection.execute(invalid).fetchall() == []
    with open_session(url) as session:
        assert take_snapshot(session, "shop") == reference


def assert_killed(process: subprocess.Popen[str]) -> None:
    """Waits for the end, which must be that of SIGKILL."""
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def in_parallel(work: Any, points: list[Any]) -> None:
    """Tries the points, a few at a time, each in a database of its own."""
    with ThreadPoolExecutor(4) as pool:
        for outcome in [pool.submit(work, point) for point in points]:
            outcome.result()


def test_killed_between_statements(
    server_url: str, directory: Path, reference: tuple[Snapshot, int], record: Record
) -> None:
    """After each of its statements from the first to the last, some 30 points."""
    snapshot, calls = reference

    def work(call: int) -> None:
        with database(server_url, f"pgrepo_killed_after_{call}") as url:
            assert_killed(start(url, directory, call))
            assert_whole(url, directory, snapshot)

    in_parallel(work, list(range(1, calls + 1)))
    record(operations=calls)


def test_killed_after_a_time(
    server_url: str, directory: Path, reference: tuple[Snapshot, int], record: Record
) -> None:
    """After 0 to 220 ms of migrating, 12 points, in the middle of statements."""
    snapshot, _ = reference

    def work(milliseconds: int) -> None:
        with database(server_url, f"pgrepo_killed_{milliseconds}") as url:
            process = start(url, directory)
            assert process.stdout is not None
            assert process.stdout.readline() == "begins\n"
            time.sleep(milliseconds / 1000)
            process.kill()
            process.communicate()  # it may have been done before
            assert_whole(url, directory, snapshot)

    in_parallel(work, list(range(0, 240, 20)))
    record(operations=12)


@pytest.mark.parametrize("release", ["before the next migrator", "during the next migrator"])
def test_killed_while_an_index_is_built_concurrently(
    server_url: str,
    directory: Path,
    reference: tuple[Snapshot, int],
    release: str,
    record: Record,
) -> None:
    """The build waits for an old transaction; its INVALID index goes, and another is built."""
    with database(server_url, "pgrepo_killed_build") as url, contextlib.ExitStack() as stack:
        watcher = stack.enter_context(psycopg.connect(url, autocommit=True))
        old = stack.enter_context(psycopg.connect(url))
        # While V3 takes its time, a transaction begins that is older than V4's index.
        process = start(url, directory)
        until(
            watcher,
            "SELECT count(*) = 1 FROM pg_index "
            "WHERE indexrelid = to_regclass('shop.id_idx') AND indisvalid",
        )
        old.execute("INSERT INTO shop.users VALUES (0, '0')")
        building = (
            "SELECT count(*) = 1 FROM pg_stat_progress_create_index "
            "WHERE index_relid = to_regclass('shop.email_idx')"
        )
        until(watcher, building)
        (orphan,) = watcher.execute(f"SELECT min(pid) {MIGRATORS}").fetchone() or (0,)
        process.kill()
        assert_killed(process)
        assert watcher.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'shop.email_idx'::regclass"
        ).fetchone() == (False,)
        if release == "before the next migrator":
            # The server gives the build up by itself, though nothing lets it go on.
            until(watcher, f"SELECT count(*) = 0 {MIGRATORS}")
            old.rollback()
            assert_whole(url, directory, reference[0])
        else:
            with ThreadPoolExecutor(1) as pool:
                done = pool.submit(assert_whole, url, directory, reference[0])
                until(watcher, f"SELECT count(*) = 1 {MIGRATORS} AND pid <> {orphan}")
                old.rollback()
                done.result()
    record(operations=1)


def until(connection: psycopg.Connection[Any], condition: str) -> None:
    """Waits for a condition; it is a failure when it does not come to be."""
    for _ in range(3000):
        row = connection.execute(condition).fetchone()
        assert row is not None
        if row[0]:
            return
        time.sleep(0.005)
    pytest.fail(f"never true: {condition}")
