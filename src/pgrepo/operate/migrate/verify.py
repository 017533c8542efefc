"""Whether the live schema is what its files make of an empty database."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from pgrepo import embedded
from pgrepo.errors import MigrationError
from pgrepo.operate.migrate import ledger
from pgrepo.operate.migrate.apply import after_migrate, apply_files, checked_plan, domain_files
from pgrepo.operate.migrate.dump import dump
from pgrepo.operate.migrate.plan import State
from pgrepo.operate.migrate.session import Session, StatementFailed, conninfo, open_session
from pgrepo.operate.migrate.snapshot import (
    Difference,
    Snapshot,
    differences,
    take_snapshot,
)
from pgrepo.scratch import empty_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.operate.migrate.session import Target
    from pgrepo.project import DomainFiles
    from pgrepo.sqlfiles.ddl import DdlFile


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found.

    Attributes:
        differences: where the live schema is not what the applied files make.
        pending: the names of the files that are not applied yet, and were left out.
    """

    differences: tuple[Difference, ...]
    pending: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Whether the live schema is what the applied files make."""
        return not self.differences

    def render(self) -> str:
        """Returns the differences as text, one object after the other."""
        return "\n".join(difference.render() for difference in self.differences)


def verify(
    target: Target, domain: DomainFiles | str, directory: Path | None = None
) -> Verification:
    """Builds the schema from the applied files in a scratch database and compares the two.

    The scratch database is made on the same server, or, where that is not allowed, on the
    embedded one. Partitions are left out: they come and go with the data they hold.

    Raises:
        ChecksumError: an applied file was edited.
        MigrationError: an applied file is missing.
    """
    name, files = domain_files(domain, directory)
    with open_session(target) as session:
        found = checked_plan(session, name, files)
    applied = [entry.file for entry in found.files if entry.state is State.APPLIED and entry.file]
    # It may call what a pending file only creates.
    callback = None if found.pending else after_migrate(domain, directory)
    return Verification(
        differences=tuple(compare(target, name, applied, callback)),
        pending=tuple(entry.name for entry in found.pending),
    )


def compare(
    target: Target, domain: str, files: list[DdlFile], callback: DdlFile | None = None
) -> list[Difference]:
    """Compares a live schema with what the files make of an empty database.

    PostgreSQL spells some expressions another way once they were dumped and restored, such as
    `status IN ('a', 'b')` on a varchar. A database that was restored does not differ by that.
    """
    with open_session(target) as session:
        database = take_snapshot(session, domain)
        with (
            scratch_database(session, conninfo(target)) as scratch_url,
            open_session(scratch_url) as scratch,
        ):
            ledger.ensure(scratch)
            apply_files(scratch, domain, files, callback)
            found = differences(take_snapshot(scratch, domain), database)
            if not found:
                return []
            with _restored(session, target, scratch_url, domain) as restored:
                return [
                    difference
                    for difference in found
                    if difference.in_database is None
                    or difference.in_database != restored.get((difference.kind, difference.name))
                ]


@contextlib.contextmanager
def _restored(session: Session, target: Target, url: str, domain: str) -> Iterator[Snapshot]:
    """The objects of a schema as they are after a dump and a restore; none without pg_dump."""
    try:
        text = dump(url, domain)
    except MigrationError:
        yield {}
        return
    with scratch_database(session, conninfo(target)) as other, open_session(other) as scratch:
        try:
            scratch.run_script(text)
        except StatementFailed:  # then nothing is taken to be equal that is not
            yield {}
            return
        yield take_snapshot(scratch, domain)


@contextlib.contextmanager
def scratch_database(session: Session, target: str) -> Iterator[str]:
    """Makes an empty database and gives its conninfo; drops it in the end."""
    with contextlib.ExitStack() as stack:
        try:
            name = stack.enter_context(empty_database(session.connection))
        except psycopg.errors.InsufficientPrivilege:
            url = stack.enter_context(_embedded_scratch())
        else:
            url = make_conninfo(target, dbname=name)
        yield url


@contextlib.contextmanager
def _embedded_scratch() -> Iterator[str]:
    directory = Path(tempfile.mkdtemp(prefix="pgrepo-verify-"))
    try:
        yield embedded.dsn(directory / "pg")
    finally:
        embedded.stop(directory / "pg")
        shutil.rmtree(directory, ignore_errors=True)
