"""The query files at run time: loaded by aiosql, once, when a domain is first used.

Importing this module is cheap; aiosql is imported by the first `load_queries`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pgrepo.errors import ProjectError, SourceError
from pgrepo.sqlfiles.variants import NO_VARIANTS, Variants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrepo.sqlfiles.source import Source


@dataclass(frozen=True, slots=True)
class LoadedQuery:
    """A query as it is executed.

    Attributes:
        name: the query's name.
        sql: the text to execute, with `$n` parameters.
        positions: the parameter name of every `$n`.
        fingerprint: that of `NamedQuery`; generated code must hold the same.
        file: the path of the query file.
        line: the line of its '-- name:' comment.
        variants: what callers may leave out, and the orders that they may choose from.
    """

    name: str
    sql: str
    positions: tuple[str, ...]
    fingerprint: str
    file: str
    line: int
    variants: Variants = NO_VARIANTS


def load_queries(directory: Path) -> dict[str, LoadedQuery]:
    """Loads the query files of a directory through aiosql, in order of name.

    Raises:
        SourceError: a file is wrong, or aiosql would misread it; the first error of the first
            such file.
        ProjectError: there is no such directory.
    """
    from pgrepo.sqlfiles.source import read_source  # noqa: PLC0415

    if not directory.is_dir():
        raise ProjectError(f"no directory {directory}, from which the queries are loaded")
    queries: dict[str, LoadedQuery] = {}
    for path in sorted(directory.iterdir()):
        if path.suffix != ".sql" or not path.is_file():
            continue
        for query in _load_file(read_source(path)):
            if query.name in queries:
                raise _first_error(directory)
            queries[query.name] = query
    return queries


def _load_file(source: Source) -> Iterator[LoadedQuery]:
    """Yields a file's queries, after the check that aiosql has read what is written there."""
    from pgrepo.sqlfiles.agreement import (  # noqa: PLC0415
        Disagreement,
        first_difference,
        try_aiosql,
    )
    from pgrepo.sqlfiles.dynamic import read_variants  # noqa: PLC0415
    from pgrepo.sqlfiles.lexer import significant  # noqa: PLC0415
    from pgrepo.sqlfiles.sections import split_sections  # noqa: PLC0415

    preamble, *sections = split_sections(source.text)
    loaded = try_aiosql(source.text)
    dropped = preamble.problem or significant(preamble.body)
    if dropped or isinstance(loaded, Disagreement) or len(loaded) != len(sections):
        raise _first_error_of(source)
    for section, query in zip(sections, loaded, strict=True):
        if section.problem is not None or first_difference(section.body, query):
            raise _first_error_of(source)
        variants, errors = read_variants(source, section, query)
        if errors:
            raise _first_error_of(source)
        yield LoadedQuery(
            name=query.name,
            sql=query.numbered.sql,
            positions=query.numbered.positions,
            fingerprint=query.numbered.fingerprint(query.operation, variants),
            file=source.path.as_posix(),
            line=source.position(section.start)[0],
            variants=variants,
        )


def _first_error(directory: Path) -> SourceError:
    """Reads a directory again, slowly and with care, to say what is wrong with it."""
    from pgrepo.sqlfiles.queries import read_query_directory  # noqa: PLC0415

    errors = (error for file in read_query_directory(directory) for error in file.errors)
    return next(errors)


def _first_error_of(source: Source) -> SourceError:
    from pgrepo.sqlfiles.queries import read_queries  # noqa: PLC0415

    errors = read_queries(source).errors
    if errors:
        return errors[0]
    return source.error(
        "PGR106",
        "aiosql reads this file differently as a whole than query by query",
        0,
        help="please report this with the file; meanwhile split it",
    )


def locate(anchor: str | Path, relative: str) -> Path:
    """Returns the nearest directory `relative` beside or above a file.

    From a generated module's `__file__` this finds the SQL both in an installed wheel, where it
    lies inside the package, and in a checkout, where it lies at the top.

    Raises:
        ProjectError: no directory above the file contains it.
    """
    for ancestor in Path(anchor).resolve().parents:
        directory = ancestor / relative
        if directory.is_dir():
            return directory
    raise ProjectError(
        f"no directory {relative!r} beside or above {anchor}; "
        "keep it where it was when `pgrepo generate` ran"
    )
