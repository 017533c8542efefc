"""Which files are applied, which come next, and what forbids going on. Pure."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from pgrepo.errors import ChecksumError, MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pgrepo.sqlfiles.ddl import DdlFile

Version = tuple[int, ...]


class State(enum.StrEnum):
    """Where a version stands."""

    APPLIED = "applied"
    PENDING = "pending"
    STARTED = "started"
    """A no-transaction file whose run was interrupted; migrating runs it again."""
    EDITED = "edited"
    """Applied, and the file has another checksum now."""
    MISSING = "missing"
    """In the ledger, and the file is gone."""
    LATE = "out of order"
    """New, and a later version is applied already."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A row of pgrepo.migrations."""

    version: Version
    description: str
    file: str
    checksum: str
    applied_at: datetime | None
    statement: str | None
    """The statement of a no-transaction file that was started and is not known to have ended."""


@dataclass(frozen=True, slots=True)
class FileStatus:
    """A version, with its file, its row in the ledger, or both."""

    version: Version
    state: State
    file: DdlFile | None
    row: LedgerRow | None

    @property
    def name(self) -> str:
        """The file as messages show it."""
        if self.file is not None:
            return self.file.name
        assert self.row is not None  # a status is about one of the two
        return self.row.file


@dataclass(frozen=True, slots=True)
class Plan:
    """Every version of a domain in order."""

    domain: str
    files: tuple[FileStatus, ...]

    @property
    def pending(self) -> tuple[FileStatus, ...]:
        """What migrating would run, in order."""
        return tuple(file for file in self.files if file.state in (State.PENDING, State.STARTED))

    def check(self) -> None:
        """Raises MigrationError, or ChecksumError, when the files and the ledger disagree."""
        for status in self.files:
            if status.state is State.EDITED:
                raise ChecksumError(_edited(status))
            if status.state is State.MISSING:
                raise MigrationError(_missing(self.domain, status))
            if status.state is State.LATE:
                raise MigrationError(_late(self, status))


def plan(domain: str, files: Iterable[DdlFile], rows: Iterable[LedgerRow]) -> Plan:
    """Sets the files of a domain against its ledger."""
    by_version = {row.version: row for row in rows}
    last_applied = max((v for v, row in by_version.items() if row.applied_at), default=())
    statuses = []
    for file in files:
        row = by_version.pop(file.version, None)
        statuses.append(FileStatus(file.version, _state(file, row, last_applied), file, row))
    statuses += [FileStatus(row.version, State.MISSING, None, row) for row in by_version.values()]
    return Plan(domain, tuple(sorted(statuses, key=lambda status: status.version)))


def format_version(version: Version) -> str:
    """Returns a version as the ledger and messages write it: 2.1."""
    return ".".join(map(str, version))


def parse_version(text: str) -> Version:
    """Reads a version as people write it: 3, V003, 2.1, V2_1."""
    match = re.fullmatch(r"[Vv]?(\d+(?:[._]\d+)*)", text.strip())
    if match is None:
        raise MigrationError(f"{text!r} is not a version; write it as 3, V003 or 2.1")
    version = [int(part) for part in re.split(r"[._]", match[1])]
    while len(version) > 1 and version[-1] == 0:  # 2.0 is 2
        version.pop()
    return tuple(version)


def _state(file: DdlFile, row: LedgerRow | None, last_applied: Version) -> State:
    if row is not None and row.applied_at is not None:
        return State.APPLIED if row.checksum == file.checksum else State.EDITED
    # A file that was only started has changed nothing for good, and may be mended.
    if row is not None:
        return State.STARTED
    return State.LATE if file.version < last_applied else State.PENDING


def _edited(status: FileStatus) -> str:
    assert status.file is not None
    assert status.row is not None
    sums = f"its sha256 is {status.file.checksum}, and {status.row.checksum} was applied"
    if PurePath(status.row.file).name != PurePath(status.name).name:
        return (
            f"{status.name} is not what this database has as version "
            f"{format_version(status.version)}: that was {status.row.file}, perhaps of another "
            f"project; name another database, or write a new version ({sums})"
        )
    return (
        f"{status.name} was edited after it was applied: put the file back as it was, and write "
        f"the change as a new version ({sums})"
    )


def _missing(domain: str, status: FileStatus) -> str:
    return (
        f"version {format_version(status.version)} of {domain} ({status.name}) is in the "
        "database's ledger, and its file is gone; put it back, or use files as new as the database"
    )


def _late(plan: Plan, status: FileStatus) -> str:
    applied = [s for s in plan.files if s.row is not None and s.row.applied_at is not None]
    last = applied[-1]
    return (
        f"{status.name} is new, but {last.name} of a later version is applied already; give the "
        f"new file a version above {format_version(last.version)}"
    )
