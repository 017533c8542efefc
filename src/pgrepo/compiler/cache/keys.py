"""All that an analysis depends on, as fingerprints.

Two runs may share an analysis only where nothing differs that could change it: pgrepo's own code,
the server with what is installed on it, the settings that a session starts with, every byte of
the DDL, the text of the query. The day is part of it because DDL may ask what day it is: monthly
partitions are made so.
"""

from __future__ import annotations

import functools
import hashlib
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrepo.sqlfiles.queries import NamedQuery

_LIBRARIES = ("psycopg", "aiosql", "msgspec")
# Generated modules change with every `generate`, and no analysis looks at them.
_APART = frozenset({"domains", "_sync"})

# What a session starts with can change what a statement means (search_path), what the DDL makes
# (default_text_search_config) and which plan is best (random_page_cost). Extensions come in the
# version that the server has.
_SERVER = """
SELECT
    version(), current_user::text, current_setting('is_superuser'),
    (SELECT array_agg(name || '=' || setting ORDER BY name) FROM pg_catalog.pg_settings
     WHERE source <> 'default' AND context IN ('user', 'superuser')
         AND name NOT LIKE 'transaction\\_%' AND name <> 'application_name'),
    (SELECT array_agg(setconfig::text ORDER BY setrole) FROM pg_catalog.pg_db_role_setting
     WHERE setdatabase = 0 AND setrole IN (0, current_user::regrole)),
    (SELECT array_agg(name || '=' || default_version ORDER BY name)
     FROM pg_catalog.pg_available_extensions),
    (SELECT ARRAY[encoding::text, datcollate, datctype] FROM pg_catalog.pg_database
     WHERE datname = 'template0')
"""


def fingerprint(*parts: object) -> str:
    """The SHA-256 of plain data, hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def server_key(server: str) -> str:
    """What of a server can change an analysis.

    Raises:
        psycopg.Error: it cannot be reached.
    """
    with psycopg.connect(server, autocommit=True) as connection:
        row = connection.execute(_SERVER).fetchone()
    return fingerprint(row, datetime.now(UTC).date())


def files_key(paths: Iterable[Path]) -> str:
    """The names and the content of files, and those of the SQL files in directories."""
    return fingerprint(*(_content(file) for path in paths for file in _sql_files(path)))


def schema_key(server: str, ddl: Sequence[Path]) -> str:
    """All that the analyses of the queries of one schema have in common.

    Args:
        server: the key of the server.
        ddl: directories and files of DDL, in the order in which they are applied.
    """
    return fingerprint(_code_key(), server, *(files_key([path]) for path in ddl))


def query_key(query: NamedQuery) -> str:
    """What of a query's file can change its analysis: its own text, and nothing else in there."""
    written = query.source.text[query.offset : query.body[1]]
    return fingerprint(written, query.operation.value, query.parameters, query.positions)


@functools.cache
def _code_key() -> str:
    package = Path(__file__).parents[2]
    sources = (
        path
        for path in sorted(package.rglob("*.py"))
        if _APART.isdisjoint(path.relative_to(package).parts)
    )
    return fingerprint(
        platform.python_version(),
        [version(name) for name in _LIBRARIES],
        [(path.relative_to(package).as_posix(), _digest(path)) for path in sources],
    )


def _sql_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() == ".sql")


def _content(path: Path) -> tuple[str, str]:
    return path.name, _digest(path) if path.is_file() else ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
