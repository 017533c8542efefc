"""What a running PostgreSQL leaves in its data directory: its process, socket and state."""

from __future__ import annotations

import importlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pgrepo.errors import EmbeddedServerError

USER = "postgres"
PORT = 5432
_NOBODYS_PID = 2**22 + 1  # above the largest number that Linux or macOS gives a process


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What a running server wrote into postmaster.pid."""

    pid: int
    port: int
    socket_dir: str
    ready: bool

    def accepts(self) -> bool:
        """Whether its socket takes connections."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(f"{self.socket_dir}/.s.PGSQL.{self.port}")
            except OSError:
                return False
        return True

    def url(self, database: str) -> str:
        """Returns the libpq URL of one of its databases."""
        # The port is named because PGPORT would otherwise choose another one.
        host = quote(os.fsencode(self.socket_dir))
        return f"postgresql://{USER}@/{quote(database, safe='')}?host={host}&port={self.port}"


def read_postmaster(directory: Path) -> Postmaster | None:
    """Reads the pid file of a data directory; None when there is none."""
    try:
        lines = os.fsdecode((directory / "postmaster.pid").read_bytes()).splitlines()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise EmbeddedServerError(
            f"{directory} belongs to another user: give the embedded server a data directory "
            "of your own, or run as its owner"
        ) from error
    if len(lines) < 8:  # still being written: the last line is the state
        return Postmaster(int(lines[0]), 0, "", ready=False) if lines else None
    state = lines[7].strip()
    return Postmaster(int(lines[0]), int(lines[3]), lines[4], ready=state in ("ready", "standby"))


def is_postgres(pid: int) -> bool:
    """Whether a process lives and is a PostgreSQL server."""
    psutil = importlib.import_module("psutil")  # comes with the extra, untyped
    try:
        process = psutil.Process(abs(pid))
        return bool(process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def is_uprooted(pid: int) -> bool:
    """Whether a server's program was removed, as with the virtual environment it came with.

    It goes on, but can load no library, such as PL/pgSQL. False where that cannot be known.
    """
    try:
        return Path(f"/proc/{pid}/exe").readlink().name.endswith(" (deleted)")
    except OSError:
        return False


def disown_stale_lock(path: Path) -> None:
    """Lets PostgreSQL start although a lock file names a living process that is no server.

    After a crash of the machine the number may be another program's by now; in a container that
    reaps no zombies a killed server keeps its own. The file is not removed: PostgreSQL looks into
    the rest of it for processes that the dead server left behind.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return
    if lines and lines[0].strip().isdigit() and not is_postgres(int(lines[0])):
        path.write_bytes(b"".join([b"%d\n" % _NOBODYS_PID, *lines[1:]]))
