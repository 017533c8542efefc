"""Every exception pgrepo raises, in one tree.

```
PgrepoError
├── SourceError            a hand-written file is wrong: file, line, column, caret, help
├── CompilationError       files could not be compiled: holds a SourceError for each mistake
├── ProjectError           [tool.pgrepo] or a path it names is wrong
├── EmbeddedServerError    the private PostgreSQL did not start, stop or answer
├── ServerVersionError     the server is too old for what is asked of it
├── StaleCodeError         a query file was edited without `pgrepo generate`
├── MigrationError         migrating could not go on
│   ├── ChecksumError      an applied file was edited
│   ├── MigrationLocked    another migrator held the lock for too long
│   └── MigrationFailed    PostgreSQL refused a file
├── PartitionError         partitions could not be made, looked at, archived or restored
│   └── ArchiveError       an archive cannot be written, read or trusted; nothing was dropped
├── RowError               a query returned another number of rows than it promises
│   ├── NoRowError
│   └── TooManyRowsError
├── BatchError             a call in a batch has no result, because another one has failed
├── UsageError             the API was called in a way that cannot work
└── DatabaseError          PostgreSQL or the connection failed (also a psycopg.Error)
    ├── StaleVersion       the row has moved on (SQLSTATE PR001): has current_version
    ├── CommitOutcomeUnknown  the answer to a COMMIT was lost
    ├── ResponseTimeout    PostgreSQL has not answered in time; the connection is closed
    ├── UniqueViolation    … and one class for every class in psycopg.errors,
    └── …                  which it also subclasses; see pgrepo.runtime.translate
```

`DatabaseError` and what hangs below it live in `pgrepo.runtime.translate`, because they also
subclass psycopg's classes, and this module imports nothing of psycopg's.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class PgrepoError(Exception):
    """The root: `except PgrepoError` catches whatever pgrepo raises on its own account."""


class SourceError(PgrepoError):
    """A hand-written file is wrong.

    Attributes:
        code: the check's code, such as "PGR203".
        message: one line saying what is wrong.
        file: the path as shown to the user (relative to the project where possible).
        line: 1-based line.
        column: 1-based column, in characters.
        source_line: the text of that line, without its line end.
        width: how many characters the caret underlines, at least 1.
        help: what to do, or None.
        query: the name of the query it is in, or None.
    """

    severity: ClassVar[str] = "error"

    def __init__(
        self,
        *,
        code: str,
        message: str,
        file: str,
        line: int,
        column: int,
        source_line: str,
        width: int = 1,
        help: str | None = None,
        query: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.source_line = source_line
        self.width = width
        self.help = help
        self.query = query

    def __reduce__(self) -> tuple[Callable[[], SourceError], tuple[()]]:
        # An exception is pickled by its positional arguments, and this one takes none.
        return partial(type(self), **vars(self)), ()

    def __str__(self) -> str:
        gutter = " " * len(str(self.line))
        # Tabs keep their place under the caret whatever the terminal's tab stops are.
        before = self.source_line[: self.column - 1]
        indent = "".join("\t" if character == "\t" else " " for character in before)
        room = max(1, len(self.source_line) - len(before))
        where = f"{self.file}:{self.line}:{self.column}"
        lines = [
            f"{where}: {self.severity}[{self.code}]: {self.message}",
            f"{gutter} |",
            f"{self.line} | {self.source_line}",
            f"{gutter} | {indent}{'^' * min(max(1, self.width), room)}",
        ]
        if self.help is not None:
            lines.append(f"{gutter} = help: {self.help}")
        return "\n".join(lines)


class CompilationError(PgrepoError):
    """Hand-written files could not be compiled; nothing was written.

    Attributes:
        errors: one for each mistake, in the order of files and lines.
    """

    def __init__(self, errors: Sequence[SourceError]) -> None:
        super().__init__("\n\n".join(str(error) for error in errors))
        self.errors = tuple(errors)

    def __reduce__(self) -> tuple[type[CompilationError], tuple[Sequence[SourceError]]]:
        return type(self), (self.errors,)


class ProjectError(PgrepoError):
    """`[tool.pgrepo]` in pyproject.toml, or a path it names, is wrong."""


class EmbeddedServerError(PgrepoError):
    """The embedded PostgreSQL could not be started, stopped or reached."""


class ServerVersionError(PgrepoError):
    """The server is too old for what is asked of it."""


class StaleCodeError(PgrepoError):
    """A query file was edited after its module was generated."""


class MigrationError(PgrepoError):
    """Migrating could not go on; nothing of the file in question is applied."""


class ChecksumError(MigrationError):
    """A file that was already applied has been edited."""


class MigrationLocked(MigrationError):
    """Another migrator held the lock for longer than we waited."""


class MigrationFailed(MigrationError):
    """PostgreSQL refused a file; the message says where."""


class PartitionError(PgrepoError):
    """Partitions could not be made, looked at, archived or restored."""


class ArchiveError(PartitionError):
    """An archive cannot be written, read or trusted; what it was to hold is still there."""


class RowError(PgrepoError):
    """A query returned another number of rows than its signature promises."""


class NoRowError(RowError):
    """A query that always returns a row returned none."""


class TooManyRowsError(RowError):
    """A query that returns at most one row returned several."""


class BatchError(PgrepoError):
    """A call in a batch has no result, because the batch as a whole has failed; see its cause."""


class UsageError(PgrepoError):
    """The API was called in a way that cannot work; the message says how to."""
