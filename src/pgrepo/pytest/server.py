"""The embedded server that tests run on, which need not survive anything.

What takes time in making a database is to make several hundred files, and to wait until the disk
holds them. So this server is another one than `pgrepo generate` uses: in memory, where the machine
has a place for that, and with `fsync` off. It keeps its templates for the next run, until the
machine is started anew.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import LiteralString

import psycopg

from pgrepo import embedded
from pgrepo.errors import EmbeddedServerError

_MEMORY = Path("/dev/shm")  # noqa: S108 - only a directory of one's own in it is used
_ROOM = 1 << 30
"""So many bytes must be free there. The server takes a tenth of that, each database 10 MB more."""

_HURRY: dict[LiteralString, LiteralString] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # The log takes as much room as it may.
    "min_wal_size": "32MB",
    "max_wal_size": "128MB",
}
"""What a database that lives for a moment can do without."""


def start() -> str:
    """Starts the server, or joins those who use it, and returns its URL.

    It stops when the last process that called this ends.

    Raises:
        EmbeddedServerError: it does not start, or somebody else has its directory.
    """
    url = embedded.dsn(_directory() / f"pg{embedded.MAJOR}")
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SHOW fsync").fetchone()
        if row != ("off",):
            for setting, value in _HURRY.items():
                connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
            connection.execute("SELECT pg_catalog.pg_reload_conf()")
    return url


def _directory() -> Path:
    """This user's directory while the machine runs: without fsync, files may not outlive that."""
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM
    parent = _MEMORY if in_memory else Path(tempfile.gettempdir())
    name = f"pgrepo-pytest-{os.getuid()}"
    path = parent / f"{name}-{_boot()}"
    path.mkdir(mode=0o700, exist_ok=True)
    # In a directory that everybody may write to, the name may have been taken by somebody.
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise EmbeddedServerError(f"{path} is not a directory of your own: remove it")
    for earlier in parent.glob(f"{name}-*"):
        if earlier != path:
            shutil.rmtree(earlier, ignore_errors=True)
    return path


def _boot() -> str:
    """What is another one each time that the machine is started."""
    try:
        found = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except FileNotFoundError:  # macOS
        command = ("sysctl", "-n", "kern.bootsessionuuid")
        found = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return found.strip().lower()[:13]
