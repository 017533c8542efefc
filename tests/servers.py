"""PostgreSQL servers of a test's own, to be stopped, killed, followed and promoted.

They are made of the embedded server's programs, listen on a port of the loopback interface and in
a socket directory, and trust everybody there. They do not fsync: what a killed process has
written, the operating system still has.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from pgrepo import _programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SETTINGS = {
    "fsync": "off",
    "listen_addresses": "'127.0.0.1'",
    "max_connections": "100",
    "shared_buffers": "'32MB'",
    "max_wal_size": "'256MB'",
    "wal_level": "replica",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "hot_standby": "on",
    "hot_standby_feedback": "off",
    "wal_keep_size": "'256MB'",
    "wal_retrieve_retry_interval": "'100ms'",
}


@dataclass(frozen=True)
class Server:
    """One server.

    Attributes:
        data: its data directory; the sockets are beside it.
        port: of the loopback interface.
        uid: the user that it runs as.
    """

    data: Path
    port: int
    uid: int

    def url(self, database: str = "postgres") -> str:
        """The URL of a database, over TCP."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def run(self, program: str, *arguments: str) -> str:
        """Runs one of PostgreSQL's programs as the server's user; returns what it printed."""
        return _programs.run(program, *arguments, cwd=self.data.parent, uid=self.uid)

    def configure(self, **settings: str) -> None:
        """Adds settings, as they would stand in postgresql.conf; the next start reads them."""
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def start(self) -> None:
        """Starts it and waits until it takes connections."""
        log, options = str(self.data.parent / "log"), f"-p {self.port} -k {self.data.parent}"
        self.run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", log, "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stops it: "smart", "fast" or "immediate"."""
        self.run("pg_ctl", "stop", "-w", "-D", str(self.data), "-m", mode)

    def kill(self) -> None:
        """Kills the server and all its processes, as a power cut would end them."""
        children = self._children()
        os.kill(self.pid, signal.SIGKILL)
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not self.accepts())
        (self.data / "postmaster.pid").unlink()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile its processes stand still: it takes connections, and never answers."""
        processes = [self.pid, *self._children()]
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(processes):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def promote(self) -> None:
        """Makes a standby a primary, and waits until it is."""
        self.run("pg_ctl", "promote", "-w", "-D", str(self.data))

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def log(self) -> str:
        """What it has logged."""
        return (self.data.parent / "log").read_text(errors="replace")

    def accepts(self) -> bool:
        """Whether it takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Runs a statement on a connection of its own, autocommit; returns its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _children(self) -> list[int]:
        pid = self.pid
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]


@contextlib.contextmanager
def primary(**settings: str) -> Iterator[Server]:
    """A new server that others can follow, running."""
    with _place() as (directory, uid):
        # Not shutil.copytree, which forgets whose the files are.
        subprocess.run(["cp", "-a", _initialised(uid), directory / "data"], check=True)
        server = _server(directory, uid)
        server.configure(**_SETTINGS | settings)
        with _running(server):
            yield server


@contextlib.contextmanager
def standby(leader: Server, name: str = "standby", **settings: str) -> Iterator[Server]:
    """A server that follows another one by streaming replication, running.

    Args:
        leader: whom it follows.
        name: its application_name, which synchronous_standby_names may hold.
        settings: its own, as they would stand in postgresql.conf.
    """
    with _place() as (directory, uid):
        base_backup(leader, directory / "data", "--write-recovery-conf", name=name)
        server = _server(directory, uid)
        server.configure(**settings)
        with _running(server):
            yield server


def base_backup(leader: Server, target: Path, *options: str, name: str = "backup") -> None:
    """Copies a running server's data directory."""
    target.mkdir(mode=0o700)
    if os.getuid() == 0:
        os.chown(target, leader.uid, -1)
    source = f"{leader.url()}?application_name={name}"
    leader.run("pg_basebackup", "-D", str(target), "-d", source, "-c", "fast", *options)


@contextlib.contextmanager
def restored(data: Path, leader: Server, **settings: str) -> Iterator[Server]:
    """A server on a copied data directory, running; it recovers as the settings say."""
    server = Server(data, free_port(), leader.uid)
    server.configure(**settings)
    with _running(server):
        yield server


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits until something is so; fails when it never is."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@contextlib.contextmanager
def paused(follower: Server) -> Iterator[None]:
    """A standby that replays nothing."""
    follower.execute("SELECT pg_wal_replay_pause()")
    until(lambda: follower.execute("SELECT pg_get_wal_replay_pause_state()") == [("paused",)])
    try:
        yield
    finally:
        follower.execute("SELECT pg_wal_replay_resume()")


@contextlib.contextmanager
def _place() -> Iterator[tuple[Path, int]]:
    """A directory for a server, and the user that owns it."""
    uid = _programs.server_account() if os.getuid() == 0 else os.getuid()
    with tempfile.TemporaryDirectory(prefix="pgrepo-server-") as name:
        directory = Path(name)
        if os.getuid() == 0:
            os.chown(directory, uid, -1)
            _programs.open_way(directory)
        yield directory, uid


@contextlib.contextmanager
def _running(server: Server) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        with contextlib.suppress(Exception):  # it may have been stopped or killed by the test
            server.stop("immediate")


def _server(directory: Path, uid: int) -> Server:
    return Server(directory / "data", free_port(), uid)


@functools.cache
def _initialised(uid: int) -> Path:
    """A data directory to copy: making one takes seconds. It stays until the process ends."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    directory, _ = stack.enter_context(_place())
    data = str(directory / "data")
    initdb = ("-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    _programs.run("initdb", *initdb, cwd=directory, uid=uid)
    return Path(data)


def free_port() -> int:
    """A port of the loopback interface on which nobody listens.

    It is none of those that systems give to outgoing connections: while a server is down for a
    moment, such a connection, even one to the server itself, could take its port.
    """
    while True:
        port = random.randrange(16_384, 32_768)  # noqa: S311 - no secret
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
