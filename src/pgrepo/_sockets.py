"""Where the embedded server's socket lies."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

from pgrepo._postmaster import PORT
from pgrepo.errors import EmbeddedServerError

# The address of a Unix socket has room for 103 bytes on macOS and 107 on Linux.
_SOCKET_PATH_BYTES = 103


def socket_directory(directory: Path, uid: int) -> Path:
    """The data directory, or one in /tmp where that has no place in a socket's address.

    Args:
        directory: the data directory.
        uid: its owner.

    Raises:
        EmbeddedServerError: somebody else has the name in /tmp.
    """

    def fits(path: Path) -> bool:
        # libpq takes a comma for the next host; PostgreSQL takes a quote for the start of one.
        address = f"{path}/.s.PGSQL.{PORT}"
        return len(os.fsencode(address)) <= _SOCKET_PATH_BYTES and not set(',"\n') & set(address)

    if fits(directory):
        return directory
    name = f"pgrepo-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]}"
    path = next(
        path
        for path in (Path(tempfile.gettempdir(), name), Path("/tmp", name))  # noqa: S108
        if fits(path)
    )
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, uid, -1)
    # In a directory that everybody may write to, the name may have been taken by somebody.
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise EmbeddedServerError(f"{path} is not a private directory of the server's: remove it")
    return path
