"""A database of one's own for the time of a compilation: the DDL applied to nothing."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from pgrepo.compiler.analysis.describe import Rejected
from pgrepo.compiler.analysis.rejections import explain
from pgrepo.compiler.failing import failing_statement
from pgrepo.compiler.server import require_version
from pgrepo.scratch import empty_database
from pgrepo.sqlfiles.ddl import read_after_migrate, read_ddl_directory
from pgrepo.sqlfiles.source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.ddl import DdlFile
    from pgrepo.sqlfiles.source import Source

_NEWER = "; name a newer one with --dsn, or none for the embedded one (running needs only 15)"
_NAME = re.compile(r'(?:\w+|"[^"\n]*")(?:\.(?:\w+|"[^"\n]*"))*')
_PSQL_RESTRICT = re.compile(r"^\\(?:un)?restrict .*$", re.MULTILINE)


@contextmanager
def scratch_database(server: str) -> Iterator[psycopg.Connection[Any]]:
    """Creates an empty database, connects to it, and drops it in the end.

    Args:
        server: a connection string to a database on a PostgreSQL of at least version 16, by a
            role that may create databases.

    Yields:
        An autocommit connection.

    Raises:
        psycopg.Error: the server cannot be reached or refuses.
        ServerVersionError: the server is too old.
    """
    with psycopg.connect(server, autocommit=True) as admin:
        require_version(admin, "generating", _NEWER)
        with (
            empty_database(admin) as name,
            psycopg.connect(server, dbname=name, autocommit=True) as connection,
        ):
            yield connection


def apply_directory(
    connection: psycopg.Connection[Any], path: Path, root: Path | None = None
) -> None:
    """Applies a directory's DDL files in order, and then its afterMigrate.sql.

    So a query is planned with the partitions that the migrator would have made.

    Raises:
        SourceError: a file is wrong, or PostgreSQL refuses it; the error says where.
        ProjectError: there is no such directory.
    """
    files = read_ddl_directory(path, root)
    callback = read_after_migrate(path, root)
    apply_files(connection, files if callback is None else [*files, callback], root)


def apply_files(
    connection: psycopg.Connection[Any], files: Sequence[DdlFile], root: Path | None = None
) -> None:
    """Applies DDL files in order.

    Raises:
        SourceError: PostgreSQL refuses one; the error says where in it.
    """
    for file in files:
        try:
            connection.execute(file.sql)
            # As the migrator does: what a file sets must not reach the next one.
            connection.execute("RESET ROLE; RESET ALL")
        except psycopg.Error as error:
            raise _refused(connection, read_source(file.path, root), error) from error


def apply_script(connection: psycopg.Connection[Any], path: Path, root: Path | None = None) -> None:
    """Applies one file of DDL, such as a dump.

    Raises:
        SourceError: PostgreSQL refuses it.
    """
    source = read_source(path, root)
    # psql's own commands, which pg_dump 18 writes around a dump, blanked so that places stay.
    text = _PSQL_RESTRICT.sub(lambda match: " " * len(match.group()), source.text)
    try:
        connection.execute(text.encode())
    except psycopg.Error as error:
        raise _refused(connection, replace(source, text=text), error) from error


def _refused(
    connection: psycopg.Connection[Any], source: Source, error: psycopg.Error
) -> SourceError:
    diagnostic = error.diag
    position = int(diagnostic.statement_position) - 1 if diagnostic.statement_position else None
    code, help_text = explain(
        Rejected(
            error.sqlstate or "",
            diagnostic.message_primary or str(error),
            diagnostic.message_hint,
            position,
        ),
        None,
    )
    message = diagnostic.message_primary or str(error)
    if position is None and (found := failing_statement(connection, source.text, error)):
        return source.error(code, message, *found, help=help_text)
    start = position or 0
    name = _NAME.match(source.text, start)
    return source.error(code, message, start, name.end() if name else None, help=help_text)
