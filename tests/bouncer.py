"""A PgBouncer of the tests' own, in front of the test server, on a Unix socket.

It pools transactions, as in `pool_mode = transaction`: two server connections for each database
and user, taken in turns, so that nearly every transaction runs in another session than the one
before.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 6432
SERVERS = 2
_START_SECONDS = 20

_SETTINGS = """\
[databases]
* = {server}

[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {directory}
auth_type = trust
auth_file = {directory}/users.txt
admin_users = {admin}
logfile = {directory}/pgbouncer.log
pool_mode = transaction
default_pool_size = {servers}
server_round_robin = 1
server_login_retry = 0.2
max_client_conn = 400
"""
_PREPARES = "max_prepared_statements = 100\n"
_PREPARES_SINCE = (1, 22)
"""1.21 was the first, but does not know the DEALLOCATE ALL that psycopg sends after a rollback."""


def program() -> str | None:
    """Where the program is, if it is installed."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def _version(found: str) -> tuple[int, ...]:
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"PgBouncer (\d+)\.(\d+)", told)
    assert number is not None, told
    return tuple(map(int, number.groups()))


class PgBouncer:
    """A PgBouncer in front of a server, for the users that are named.

    Attributes:
        directory: where its socket, its settings and its log are.
        version: its first two numbers.
        prepares: whether prepared statements get through it.
    """

    def __init__(self, server_url: str, **passwords: str) -> None:
        found = program()
        assert found is not None
        self._program = found
        self.version = _version(found)
        self.prepares = self.version >= _PREPARES_SINCE
        with psycopg.connect(server_url) as connection:
            self._server = connection.info.host, connection.info.port
            self._owner = connection.info.user
            self._users = {self._owner: connection.info.password, **passwords}
        self._process: subprocess.Popen[bytes] | None = None
        # Short, because a socket's address is.
        self.directory = Path(tempfile.mkdtemp(prefix="pgrepo-bouncer-"))

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self._write_settings()
        account = self._account()
        if "user" in account:
            for path in (self.directory, *self.directory.iterdir()):
                os.chown(path, account["user"], account["group"])
        self._process = subprocess.Popen(
            [self._program, "--quiet", self.directory / "pgbouncer.ini"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the tests
            **account,
        )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.ask("SHOW VERSION")
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"PgBouncer does not start:\n{self.log()}") from None
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """Ends it at once, with all connections through it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @contextlib.contextmanager
    def supervised(self) -> Iterator[None]:
        """Meanwhile it is started again when it ends, as systemd would.

        1.18 ends itself now and then where sessions are cancelled and killed: "server in bad
        state".
        """
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.1):
                if self._process is not None and self._process.poll() is not None:
                    self.start()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def remove(self) -> None:
        """Ends it and removes its files."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, direct: str) -> str:
        """The way through it to a database, and as a user, that a URL leads to directly."""
        parts = conninfo_to_dict(direct)
        return self._url(str(parts["dbname"]), str(parts.get("user") or self._owner))

    def ask(self, command: LiteralString) -> list[dict[str, Any]]:
        """Sends a command to its console."""
        url = self._url("pgbouncer", self._owner)
        with psycopg.connect(url, autocommit=True, row_factory=dict_row) as console:
            cursor = console.execute(command)
            return cursor.fetchall() if cursor.description else []

    def _url(self, database: str, user: str) -> str:
        user, database, host = (
            quote(part, safe="") for part in (user, database, str(self.directory))
        )
        return f"postgresql://{user}@/{database}?host={host}&port={PORT}"

    def log(self) -> str:
        """What it has written to its log."""
        path = self.directory / "pgbouncer.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _write_settings(self) -> None:
        host, port = self._server
        settings = _SETTINGS.format(
            server=f"host='{host}' port={port}",
            directory=self.directory,
            port=PORT,
            admin=self._owner,
            servers=SERVERS,
        )
        settings += _PREPARES if self.prepares else ""
        (self.directory / "pgbouncer.ini").write_text(settings)
        users = "".join(f'"{name}" "{password}"\n' for name, password in self._users.items())
        (self.directory / "users.txt").write_text(users)

    def _account(self) -> dict[str, Any]:
        """Whom to run it as: it refuses to be root, and must reach the server's socket."""
        if os.getuid() != 0:
            return {}
        sockets = Path(self._server[0])
        owner = sockets.stat().st_uid if sockets.is_absolute() else 0
        account = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def running(server_url: str, **passwords: str) -> Iterator[PgBouncer]:
    """A PgBouncer for as long as the generator is held."""
    bouncer = PgBouncer(server_url, **passwords)
    try:
        bouncer.start()
        yield bouncer
    finally:
        bouncer.remove()
