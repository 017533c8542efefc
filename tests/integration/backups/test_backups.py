"""The page about backups, done on a real server: a dump, and recovery to a moment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest

from pgrepo import Database, _programs
from pgrepo.domains.monumento import Monumento
from pgrepo.operate.migrate import migrate, verify
from pgrepo.project import shipped_domain

from ...servers import base_backup, primary, restored, until  # noqa: TID252 - no package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from tests.integration.conftest import Block, Walk
    from tests.servers import Server

PAGE = "docs/how-to/back-up-and-recover.md"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A directory that the server can write to, and pass to."""
    path = tmp_path / "wal"
    path.mkdir()
    path.chmod(0o777)
    if os.getuid() == 0:
        _programs.open_way(path)
    return path


@pytest.fixture
def settings(
    blocks: Callable[[str], list[Block]], archive: Path
) -> Callable[[str], dict[str, str]]:
    """The settings of a block of the page, with the places filled in."""

    def read(title: str, **places: str) -> dict[str, str]:
        [block] = [block for block in blocks(PAGE) if block.title == title]
        text = block.text.replace("WAL_ARCHIVE", str(archive))
        for name, value in places.items():
            text = text.replace(name, value)
        pairs = (line.split(" = ", 1) for line in text.splitlines())
        return dict(pairs)

    return read


@pytest.fixture
def server(settings: Callable[[str], dict[str, str]]) -> Iterator[Server]:
    """A server that archives its WAL as the page says, with monumento on it."""
    with primary(**settings("postgresql.conf")) as running:
        migrate(running.url(), shipped_domain("monumento"))
        yield running


def add_user(url: str, name: str) -> UUID:
    """A write that somebody will look for."""
    with Database(url) as database:
        user = Monumento(database).users.create_user(
            email=f"{name}-{uuid4()}@example.com", password_hash="x", full_name=name
        )
        return user.id


def test_recovery_to_a_moment(
    server: Server, settings: Callable[..., dict[str, str]], archive: Path
) -> None:
    """Of two writes the one before the moment is there, and the one after it is not."""
    base = server.data.parent / "base"
    base_backup(server, base, "-X", "stream")
    # Not pg_verifybackup: the one in the embedded server's wheel crashes on --version.
    first = add_user(server.url(), "first")
    [[moment]] = server.execute("SELECT clock_timestamp()::text")
    second = add_user(server.url(), "second")
    [[last]] = server.execute("SELECT pg_walfile_name(pg_switch_wal())")
    until((archive / str(last)).exists)
    server.kill()

    (base / "recovery.signal").touch()
    given = settings("base/postgresql.conf", RECOVERY_TIME=str(moment))
    with restored(base, server, **given) as recovered:
        until(lambda: recovered.execute("SELECT pg_is_in_recovery()") == [(False,)])
        with Database(recovered.url()) as database:
            monumento = Monumento(database)
            assert monumento.users.user_by_id(user_id=first) is not None
            assert monumento.users.user_by_id(user_id=second) is None
        assert not verify(recovered.url(), shipped_domain("monumento")).differences
        third = add_user(recovered.url(), "third")
        with psycopg.connect(recovered.url()) as connection:
            found = connection.execute(
                "SELECT id FROM monumento.users WHERE id = ANY (%s)", ([first, second, third],)
            ).fetchall()
        assert {row[0] for row in found} == {first, third}


def test_a_dump_restored(blocks: Callable[[str], list[Block]], walk: Walk, server: Server) -> None:
    """A dump restored into an empty database is what the files make, with all rows."""
    user = add_user(server.url(), "dumped")
    server.execute("CREATE DATABASE restored")
    walk.environment["DATABASE_URL"] = server.url()
    walk.environment["RESTORED_URL"] = server.url("restored")
    walk.environment["PATH"] = f"{_programs.binaries()}:{walk.environment['PATH']}"
    walk.assert_works(blocks(PAGE)[:1])
    with Database(server.url("restored")) as database:
        assert Monumento(database).users.user_by_id(user_id=user) is not None
