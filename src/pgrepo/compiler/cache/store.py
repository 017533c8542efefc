"""The files of the cache: `.pgrepo_cache/` beside pyproject.toml, one file a schema."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pgrepo.compiler.cache.codec import Decoder, Encoder, stable
from pgrepo.compiler.cache.keys import query_key, schema_key, server_key
from pgrepo.compiler.model import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.compiler.model import Table
    from pgrepo.sqlfiles.queries import NamedQuery

DIRECTORY = ".pgrepo_cache"
_IGNORED = "# Made by pgrepo; it may be deleted at any time.\n*\n"
_KEPT_SECONDS = 7 * 86_400
_QUERY_FIELDS = tuple(item.name for item in dataclasses.fields(Query) if item.name != "source")


class KeptError(msgspec.Struct):
    """The attributes of a SourceError."""

    code: str
    message: str
    file: str
    line: int
    column: int
    source_line: str
    width: int
    help: str | None
    query: str | None


class Report(msgspec.Struct):
    """What was found wrong with a domain's files, and what could not be looked at."""

    key: str
    errors: list[KeptError]
    notes: list[str]


class _Content(msgspec.Struct):
    """What a file holds; tables and queries are encoded, and need the types."""

    types: list[Any]
    tables: Any
    queries: dict[str, Any]
    comments: dict[str, str | None]
    reports: dict[str, Report]


class Cache:
    """What is known of one schema and of queries on it.

    Args:
        path: the file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = False
        self._tables: tuple[Table, ...] | None = None
        self._queries: dict[str, tuple[Any, ...]] = {}
        self._comments: dict[str, str | None] = {}
        self._reports: dict[str, Report] = {}
        # Whatever a damaged file makes of this, it says nothing.
        with contextlib.suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
            self._load(path.read_bytes())

    def query(self, query: NamedQuery) -> Query | None:
        """What was found out of a query."""
        values = self._queries.get(query_key(query))
        return None if values is None else _as_query(query, values)

    def keep_query(self, found: Query) -> Query:
        """Keeps what was found out of a query; returns it as `query` will."""
        values = stable(tuple(getattr(found, name) for name in _QUERY_FIELDS))
        self._queries[query_key(found.source)] = values
        self._changed = True
        return _as_query(found.source, values)

    def tables(self) -> tuple[Table, ...] | None:
        """The tables, if they are known."""
        return self._tables

    def keep_tables(self, tables: tuple[Table, ...]) -> tuple[Table, ...]:
        """Keeps the tables; returns them as `tables` will."""
        found: tuple[Table, ...] = stable(tables)
        self._tables = found
        self._changed = True
        return found

    def comments(self) -> dict[str, str | None]:
        """The comments of schemas, as far as they are known."""
        return self._comments

    def keep_comment(self, schema: str, comment: str | None) -> None:
        """Keeps the comment of a schema."""
        self._comments[schema] = comment
        self._changed = True

    def report(self, domain: str, key: str) -> Report | None:
        """What was found wrong with a domain's files, if its last report has this key."""
        found = self._reports.get(domain)
        return found if found is not None and found.key == key else None

    def keep_report(self, domain: str, report: Report) -> None:
        """Keeps what was found wrong, in the place of the domain's last report."""
        self._reports[domain] = report
        self._changed = True

    def save(self) -> None:
        """Writes the file, if there is anything new, at once: others may be reading it.

        Of two who write at the same time the later one wins, and the other's work is done again.
        A directory that cannot be written is none of the caller's business.
        """
        if not self._changed:
            return
        encoder = Encoder()
        tables, queries = encoder.encode(self._tables), dict(self._encoded(encoder))
        content = _Content(encoder.types, tables, queries, self._comments, self._reports)
        with contextlib.suppress(OSError):
            replace(self._path, _sealed(msgspec.json.encode(content)))
            _sweep(self._path.parent)
        self._changed = False

    def _encoded(self, encoder: Encoder) -> list[tuple[str, Any]]:
        return [(key, encoder.encode(values)) for key, values in self._queries.items()]

    def _load(self, data: bytes) -> None:
        content = msgspec.json.decode(_unsealed(data), type=_Content)
        decoder = Decoder(content.types)
        tables = decoder.decode(content.tables)
        queries = {key: decoder.decode(values) for key, values in content.queries.items()}
        if any(len(values) != len(_QUERY_FIELDS) for values in queries.values()):
            raise ValueError("a query has other fields")
        self._tables, self._queries = tables, queries
        self._comments, self._reports = content.comments, content.reports


def open_cache(root: Path, server: str, ddl: Sequence[Path]) -> Cache:
    """The cache of a schema.

    Args:
        root: the project.
        server: a connection string.
        ddl: directories and files of DDL, in the order in which they are applied.

    Raises:
        psycopg.Error: the server cannot be reached.
    """
    key = schema_key(server_key(server), ddl)
    return Cache(root / DIRECTORY / f"{key}.json")


def _as_query(source: NamedQuery, values: tuple[Any, ...]) -> Query:
    return Query(source=source, **dict(zip(_QUERY_FIELDS, values, strict=True)))


def _sealed(data: bytes) -> bytes:
    """Content below its checksum, which tells a file that was damaged or edited."""
    return hashlib.sha256(data).hexdigest().encode() + b"\n" + data


def _unsealed(data: bytes) -> bytes:
    seal, _, content = data.partition(b"\n")
    if hashlib.sha256(content).hexdigest().encode() != seal:
        raise ValueError("the checksum is another one")
    return content


def replace(path: Path, data: bytes) -> None:
    """Writes a file of the cache, whole or not at all; makes the directory when need be."""
    directory = path.parent
    directory.mkdir(exist_ok=True)
    ignored = directory / ".gitignore"
    if not ignored.exists():
        ignored.write_text(_IGNORED, encoding="utf-8")
    descriptor, name = tempfile.mkstemp(dir=directory, suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sweep(directory: Path) -> None:
    """Removes files that no run has written for long: of DDL, servers and days gone by."""
    oldest = time.time() - _KEPT_SECONDS
    for path in directory.iterdir():
        if path.suffix in {".json", ".tmp"} and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
