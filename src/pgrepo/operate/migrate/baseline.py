"""Adopts a database whose schema is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrepo.errors import MigrationError
from pgrepo.operate.migrate import ledger
from pgrepo.operate.migrate.apply import after_migrate, checked_plan, domain_files
from pgrepo.operate.migrate.plan import format_version, parse_version
from pgrepo.operate.migrate.session import migration_lock, open_session
from pgrepo.operate.migrate.verify import compare

if TYPE_CHECKING:
    from pathlib import Path

    from pgrepo.operate.migrate.plan import Version
    from pgrepo.operate.migrate.session import Target
    from pgrepo.operate.migrate.snapshot import Difference
    from pgrepo.project import DomainFiles
    from pgrepo.sqlfiles.ddl import DdlFile


def baseline(
    target: Target,
    domain: DomainFiles | str,
    directory: Path | None = None,
    *,
    version: str | Version,
    verify: bool = False,
    wait: float = 60.0,
) -> list[DdlFile]:
    """Takes the files up to a version as applied without running them.

    Args:
        target: a libpq URL or conninfo string, or an idle psycopg connection.
        domain: a domain of the project, or a name for the files in `directory`.
        directory: where the files are; only with a name.
        version: the last version that the database has: 3, V003, 2.1.
        verify: first build the schema from those files in a scratch database, and refuse when
            the live one differs.
        wait: seconds to wait for another migrator.

    Returns:
        The files that were not in the ledger before.
    """
    name, files = domain_files(domain, directory)
    last = parse_version(version) if isinstance(version, str) else version
    if last not in {file.version for file in files}:
        versions = ", ".join(format_version(file.version) for file in files) or "none"
        raise MigrationError(f"{name} has no version {format_version(last)}; it has {versions}")
    if verify:
        # The callback may call what a later file only creates.
        callback = after_migrate(domain, directory) if last == files[-1].version else None
        known = [file for file in files if file.version <= last]
        _refuse_difference(compare(target, name, known, callback), name)
    with open_session(target) as session, migration_lock(session, wait):
        pending = checked_plan(session, name, files).pending
        adopted = [entry.file for entry in pending if entry.file and entry.version <= last]
        ledger.ensure(session)
        with session.connection.transaction():
            for file in adopted:
                ledger.record_applied(session, name, file, baseline=True)
    return adopted


def _refuse_difference(differences: list[Difference], domain: str) -> None:
    if differences:
        listed = "\n".join(difference.render() for difference in differences)
        raise MigrationError(
            f"the schema {domain} is not what its files make of an empty database:\n{listed}"
        )
