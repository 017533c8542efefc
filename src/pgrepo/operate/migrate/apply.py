"""Applies DDL files: each once, in order, whole or not at all; and afterMigrate.sql at the end."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from pgrepo.errors import ChecksumError, MigrationError, MigrationFailed
from pgrepo.operate.migrate import ledger, leftovers
from pgrepo.operate.migrate.failure import failure
from pgrepo.operate.migrate.plan import State, Version, plan
from pgrepo.operate.migrate.schemas import check_schemas, starting_over
from pgrepo.operate.migrate.session import (
    Session,
    StatementFailed,
    jittered,
    migration_lock,
    open_session,
)
from pgrepo.operate.migrate.statements import index_statement, read_script
from pgrepo.project import DomainFiles
from pgrepo.sqlfiles.ddl import read_after_migrate, read_ddl_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pgrepo.operate.migrate.plan import FileStatus, Plan
    from pgrepo.operate.migrate.session import Target
    from pgrepo.operate.migrate.statements import Script
    from pgrepo.sqlfiles.ddl import DdlFile


@dataclass(frozen=True, slots=True)
class AppliedFile:
    """A file that this call has applied."""

    version: Version
    name: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class _Run:
    """What applying one domain's files has in hand."""

    session: Session
    domain: str
    wait: float
    lock_timeout: float


def migrate(
    target: Target,
    domain: DomainFiles | str,
    directory: Path | None = None,
    *,
    wait: float = 60.0,
    lock_timeout: float = 0.5,
    on_applied: Callable[[AppliedFile], None] | None = None,
) -> list[AppliedFile]:
    """Applies the files of a domain that the database has not seen, in order of version.

    Then it runs the domain's afterMigrate.sql, also when there was nothing to apply.

    Args:
        target: a libpq URL or conninfo string, or an idle psycopg connection.
        domain: a domain of the project, or a name for the files in `directory`.
        directory: where the files are; only with a name.
        wait: seconds to wait for another migrator, and for the table locks of one file.
        lock_timeout: seconds after which a file waiting for a table lock steps back, so that
            those queueing behind it may pass, before it tries again.
        on_applied: called after each file.

    Returns:
        What this call applied; nothing when the database is up to date.

    Raises:
        ChecksumError: an applied file was edited.
        MigrationLocked: another migrator held the lock for longer than `wait`.
        MigrationFailed: PostgreSQL refused a file; the files before it stay applied.
        MigrationError: an applied file is missing, a new one has an old version, or the schemas
            that applied files made are not there.
        SourceError: a file cannot be run as a migration.
    """
    name, files = domain_files(domain, directory)
    callback = after_migrate(domain, directory)
    with open_session(target) as session:
        if not checked_plan(session, name, files).pending and callback is None:
            return []
        with migration_lock(session, wait):
            # Another migrator may have done the work while we waited.
            pending = checked_plan(session, name, files).pending
            scripts = [(entry, _script(entry)) for entry in pending]
            last = None if callback is None else read_script(callback)
            if pending:
                ledger.ensure(session)
            run = _Run(session, name, wait, lock_timeout)
            applied = [_apply(run, entry, script, on_applied) for entry, script in scripts]
            if last is not None:
                _run_callback(run, last)
            return applied


def status(target: Target, domain: DomainFiles | str, directory: Path | None = None) -> Plan:
    """Returns where every version of a domain stands; changes nothing.

    Raises:
        MigrationError: files are recorded as applied, and their schemas are not there.
    """
    name, files = domain_files(domain, directory)
    with open_session(target) as session:
        found = plan(name, files, ledger.read(session, name))
        check_schemas(session, found)
        return found


def apply_files(
    session: Session, domain: str, files: list[DdlFile], callback: DdlFile | None = None
) -> None:
    """Applies these files, and no others, to a database of our own that has an empty ledger."""
    run = _Run(session, domain, wait=60.0, lock_timeout=0.5)
    for entry in plan(domain, files, []).files:
        _apply(run, entry, _script(entry), None)
    if callback is not None:
        _run_callback(run, read_script(callback))


def domain_files(
    domain: DomainFiles | str, directory: Path | None = None
) -> tuple[str, list[DdlFile]]:
    """Returns a domain's name and its DDL files."""
    if isinstance(domain, DomainFiles):
        return domain.name, read_ddl_directory(domain.sql, domain.root)
    if directory is None:
        raise MigrationError(f"where are the files of {domain}? give their directory")
    return domain, read_ddl_directory(directory, directory.parent)


def after_migrate(domain: DomainFiles | str, directory: Path | None = None) -> DdlFile | None:
    """Returns a domain's afterMigrate.sql, None where it has none."""
    if isinstance(domain, DomainFiles):
        return read_after_migrate(domain.sql, domain.root)
    return None if directory is None else read_after_migrate(directory, directory.parent)


def checked_plan(session: Session, domain: str, files: list[DdlFile]) -> Plan:
    """Returns the plan; raises MigrationError when the files and the ledger disagree."""
    found = plan(domain, files, ledger.read(session, domain))
    try:
        found.check()
    except ChecksumError as error:
        raise ChecksumError(f"{error}{starting_over(session, domain)}") from None
    check_schemas(session, found)
    return found


def _script(status: FileStatus) -> Script:
    assert status.file is not None  # pending files have one
    script = read_script(status.file)
    if not status.file.transactional:
        statement = index_statement(script.text(0))
        if statement is not None and statement.verb == "CREATE" and statement.index is None:
            first = script.statements[0][0]
            raise script.source.error(
                "PGR404",
                "the index has no name",
                first.start,
                script.statements[0][-1].end,
                help="name it: only so can an interrupted build be found and removed",
            )
    return script


def _apply(
    run: _Run, status: FileStatus, script: Script, on_applied: Callable[[AppliedFile], None] | None
) -> AppliedFile:
    file = status.file
    assert file is not None  # pending files have one
    began = time.monotonic()
    with _told_of(script):
        if status.row is not None and status.row.statement is not None:
            leftovers.remove(run.session, status.row.statement)
        if file.transactional:
            _apply_in_transaction(run, file, script, began)
        else:
            _apply_without_transaction(run, status, file, script, began)
    run.session.reset()
    applied = AppliedFile(file.version, file.name, _milliseconds(began))
    if on_applied is not None:
        on_applied(applied)
    return applied


def _run_callback(run: _Run, script: Script) -> None:
    """Runs afterMigrate.sql, which has no row in the ledger: it runs each time."""
    with _told_of(script):
        _in_transaction(run, script, time.monotonic(), lambda: None)
    run.session.reset()


@contextlib.contextmanager
def _told_of(script: Script) -> Iterator[None]:
    """Tells PostgreSQL's refusal with the place in the file."""
    try:
        yield
    except StatementFailed as error:
        raise failure(script, error.error, error.index) from error.error
    except psycopg.Error as error:  # at COMMIT, or around the file
        raise failure(script, error, len(script.statements)) from error


def _apply_in_transaction(run: _Run, file: DdlFile, script: Script, began: float) -> None:
    def record() -> None:
        ledger.record_applied(run.session, run.domain, file, milliseconds=_milliseconds(began))

    _in_transaction(run, script, began, record)


def _in_transaction(run: _Run, script: Script, began: float, record: Callable[[], None]) -> None:
    """Runs a file, and what notes it, in one transaction; steps back from locks it has to await."""
    while True:
        try:
            with run.session.connection.transaction():
                _set_lock_timeout(run.session, run.lock_timeout)
                run.session.run_script(script.source.text)
                if not run.session.in_transaction:
                    name = script.source.name
                    raise MigrationFailed(f"{name} ended its transaction; it must not")
                run.session.reset_role()
                record()
        except StatementFailed as error:
            is_lock = isinstance(
                error.error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected
            )
            if not is_lock or time.monotonic() - began > run.wait:
                raise
            time.sleep(jittered(run.lock_timeout))
        else:
            return


def _apply_without_transaction(
    run: _Run, status: FileStatus, file: DdlFile, script: Script, began: float
) -> None:
    session = run.session
    statement = script.text(0)
    is_retry = status.state is State.STARTED
    if is_retry and _was_completed(session, status, statement):
        ledger.record_applied(session, run.domain, file)
        return
    # An index that is there before the statement is not this statement's. PostgreSQL will say so
    # at once, and nothing must be noted that a retry could take for the statement's own work.
    is_ours = not leftovers.is_done(session, statement)
    if is_ours:
        ledger.record_started(session, run.domain, file, statement)
    try:
        session.run_script(script.source.text)
    except StatementFailed:
        if is_ours:
            leftovers.remove(session, statement)
            ledger.forget(session, run.domain, file)
        raise
    ledger.record_applied(session, run.domain, file, milliseconds=_milliseconds(began))


def _was_completed(session: Session, status: FileStatus, statement: str) -> bool:
    """Whether the interrupted run of the very same statement had come to its end."""
    assert status.row is not None
    return status.row.statement == statement and leftovers.is_done(session, statement)


def _set_lock_timeout(session: Session, seconds: float) -> None:
    session.execute(
        "SELECT pg_catalog.set_config('lock_timeout', %(timeout)s, true)",
        {"timeout": f"{int(seconds * 1000)}ms"},
    )


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
