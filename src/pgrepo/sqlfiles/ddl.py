"""DDL files: Flyway's names, versions in order, applied once and never edited."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.errors import ProjectError, SourceError
from pgrepo.sqlfiles.lexer import LexError, split_statements, tokenize
from pgrepo.sqlfiles.source import Source, decode_source, shown_name

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"V(?P<version>\d+(?:[._]\d+)*)__(?P<description>.*[^_\s].*)\.sql", re.ASCII)
_DIRECTIVE = re.compile(r"^--[ \t]*pgrepo[ \t]*:[ \t]*(?P<word>.*?)[ \t]*$", re.MULTILINE)
_EXAMPLE = "V001__users.sql"
_CALLBACK = re.compile(r"(?:before|after)[A-Z]\w*?(?:__.*)?\.sql", re.ASCII | re.IGNORECASE)

AFTER_MIGRATE = "afterMigrate.sql"
"""The file that runs after every migration, by Flyway's name; what it does must be repeatable."""


@dataclass(frozen=True, slots=True)
class DdlFile:
    """A versioned DDL file, or afterMigrate.sql.

    Attributes:
        version: the numbers of the version without trailing zeros: V2.1 and V2_1 are (2, 1).
            Empty for afterMigrate.sql.
        description: the words after the version, underscores as spaces.
        path: where the file is.
        name: the path as shown in messages.
        sql: the content, byte for byte.
        checksum: SHA-256 of the content, hexadecimal.
        transactional: whether the file runs in a transaction.
    """

    version: tuple[int, ...]
    description: str
    path: Path
    name: str
    sql: bytes
    checksum: str
    transactional: bool


def read_ddl_directory(path: Path, root: Path | None = None) -> list[DdlFile]:
    """Reads the versioned files of a directory in order; its directories are left alone.

    Raises:
        SourceError: PGR140 a file's name, PGR141 a version given twice, PGR142 a no-transaction
            file without exactly one statement, PGR101 a file that is not text.
        ProjectError: there is no such directory.
    """
    if not path.is_dir():
        raise ProjectError(
            f"no directory {shown_name(path, root)}; create it, or correct `sql` in [tool.pgrepo]"
        )
    files: dict[tuple[int, ...], DdlFile] = {}
    entries = (
        entry
        for entry in path.iterdir()
        if entry.suffix.lower() == ".sql" and entry.name != AFTER_MIGRATE
    )
    for entry in sorted(entry for entry in entries if entry.is_file()):
        file = read_ddl_file(entry, root)
        earlier = files.setdefault(file.version, file)
        if earlier is not file:
            raise decode_source(file.sql, entry, root).error(
                "PGR141",
                f"version {_dotted(file.version)} is that of {earlier.path.name} too",
                0,
                help="give the newer file the next free version; zeros before and after a "
                "version do not count",
            )
    return [files[version] for version in sorted(files)]


def read_ddl_file(path: Path, root: Path | None = None) -> DdlFile:
    """Reads one versioned file; raises SourceError as `read_ddl_directory` does."""
    data = path.read_bytes()
    source = decode_source(data, path, root)
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise _name_error(source)
    version = [int(number) for number in re.split(r"[._]", named["version"])]
    while len(version) > 1 and version[-1] == 0:
        version.pop()
    description = named["description"].replace("_", " ").strip()
    return _file(source, data, tuple(version), description)


def read_after_migrate(path: Path, root: Path | None = None) -> DdlFile | None:
    """Reads a directory's afterMigrate.sql, None where it has none.

    Raises:
        SourceError: PGR142 the file asks to run without a transaction, PGR101 it is not text.
    """
    file = path / AFTER_MIGRATE
    if not file.is_file():
        return None
    data = file.read_bytes()
    source = decode_source(data, file, root)
    found = _file(source, data, (), "after migrate")
    if not found.transactional:
        raise source.error(
            "PGR142",
            f"{AFTER_MIGRATE} always runs in a transaction",
            0,
            help="remove the directive; what cannot run in a transaction belongs into a versioned "
            "file",
        )
    return found


def _file(source: Source, data: bytes, version: tuple[int, ...], description: str) -> DdlFile:
    _check_sendable(source, data)
    return DdlFile(
        version=version,
        description=description,
        path=source.path,
        name=source.name,
        sql=data,
        checksum=hashlib.sha256(data).hexdigest(),
        transactional=_read_transactional(source),
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _name_error(source: Source) -> SourceError:
    name = source.path.name
    if name.startswith("R__"):
        return source.error(
            "PGR140",
            f"{name} is a repeatable file, which pgrepo does not run",
            0,
            help="DDL files are append-only: put the new definition into a new file with the next "
            f"version, such as {_EXAMPLE.replace('users', name[3:-4] or 'view')}",
        )
    if re.match(r"U\d", name):
        return source.error(
            "PGR140",
            f"{name} is an undo file, which pgrepo does not run",
            0,
            help="undo a change with a new file that has the next version",
        )
    if _CALLBACK.fullmatch(name):
        return source.error(
            "PGR140",
            f"{name} is a callback that pgrepo does not run",
            0,
            help=f"of Flyway's callbacks there is {AFTER_MIGRATE} alone, spelt like this",
        )
    return source.error(
        "PGR140",
        f"{name} is not the name of a DDL file",
        0,
        help=f"name it V<version>__<description>.sql, such as {_EXAMPLE} (two underscores); "
        "files that are not migrations belong into a directory of their own, such as sample/",
    )


def _check_sendable(source: Source, data: bytes) -> None:
    """Refuses what psql would send or drop but PostgreSQL cannot read."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise source.error(
            "PGR101",
            "the file begins with a byte order mark, which PostgreSQL refuses",
            0,
            help="save the file as UTF-8 without a byte order mark",
        )
    if "\0" in source.text:
        raise source.error(
            "PGR101",
            "a NUL character cannot be sent to PostgreSQL",
            source.text.index("\0"),
            help="save the file as UTF-8",
        )


def _read_transactional(source: Source) -> bool:
    """Reads the `-- pgrepo: no-transaction` line and checks what it demands of the file."""
    transactional = True
    for directive in _DIRECTIVE.finditer(source.text):
        start, end = directive.span()
        if directive["word"].split()[:1] == ["allow"]:  # for `pgrepo check`
            continue
        if directive["word"] != "no-transaction":
            raise source.error(
                "PGR142",
                f"there is no directive {directive['word']!r}",
                start,
                end,
                help="there are -- pgrepo: no-transaction and -- pgrepo: allow",
            )
        if start != 0:
            raise source.error(
                "PGR142",
                "the directive is not on the first line",
                start,
                end,
                help="move it to the top of the file",
            )
        transactional = False
    if not transactional:
        _check_one_statement(source)
    return transactional


def _check_one_statement(source: Source) -> None:
    try:
        statements = split_statements(tokenize(source.text))
    except LexError as error:
        raise source.error(
            "PGR101", error.message, error.start, error.end, help=error.help
        ) from error
    if len(statements) != 1:
        found = statements[1][0] if statements else None
        raise source.error(
            "PGR142",
            f"a no-transaction file holds one statement, this one {len(statements)}",
            found.start if found else 0,
            found.end if found else None,
            help="give each statement a file of its own, so that a failure leaves none half done",
        )
