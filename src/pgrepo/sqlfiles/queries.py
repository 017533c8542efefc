"""Query files: aiosql's format, read and checked; every error with its place and its way out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.errors import ProjectError, SourceError
from pgrepo.sqlfiles.adapter import AiosqlQuery, number_parameters
from pgrepo.sqlfiles.agreement import Disagreement, compare
from pgrepo.sqlfiles.annotations import misplaced, optional_with_default, read_annotations
from pgrepo.sqlfiles.caching import caching_of_no_answers
from pgrepo.sqlfiles.comments import as_text, comment_lines, leading_block
from pgrepo.sqlfiles.dynamic import read_variants
from pgrepo.sqlfiles.header import Header, Operation, is_almost_header, parse_header
from pgrepo.sqlfiles.keys import key_of_no_rows
from pgrepo.sqlfiles.lexer import LexError, TokenKind, significant, tokenize
from pgrepo.sqlfiles.named_query import NamedQuery
from pgrepo.sqlfiles.rules import check_plain, check_query
from pgrepo.sqlfiles.sections import Section, split_sections
from pgrepo.sqlfiles.source import Source, read_source, shown_name
from pgrepo.sqlfiles.traps import diagnose

if TYPE_CHECKING:
    from pathlib import Path

    from pgrepo.sqlfiles.lexer import Token

__all__ = [
    "NamedQuery",
    "Operation",
    "QueryFile",
    "is_plain",
    "query_paths",
    "read_plain_query",
    "read_queries",
    "read_query_directory",
    "read_query_file",
]


@dataclass(frozen=True, slots=True)
class QueryFile:
    """A query file: what could be read of it, and an error for everything else.

    Attributes:
        source: the file.
        name: the file's name without its suffix.
        doc: the comment block at the top, before the first query.
        queries: the queries that are right, in order.
        errors: what is wrong, in order.
    """

    source: Source
    name: str
    doc: str
    queries: tuple[NamedQuery, ...]
    errors: tuple[SourceError, ...]


def query_paths(directory: Path) -> list[Path]:
    """Returns the query files of a directory in order of name.

    Raises:
        ProjectError: there is no such directory.
    """
    if not directory.is_dir():
        raise ProjectError(
            f"no directory {directory}; create it, or correct `queries` in [tool.pgrepo]"
        )
    return sorted(path for path in directory.iterdir() if path.suffix == ".sql" and path.is_file())


def read_query_directory(path: Path, root: Path | None = None) -> list[QueryFile]:
    """Reads the query files of a directory in order of name.

    A name that an earlier file has too is an error (PGR105) in the later one: aiosql would let
    one of the two win, depending on the file system.
    """
    files: list[QueryFile] = []
    seen: dict[str, NamedQuery] = {}
    for entry in query_paths(path):
        file = read_query_file(entry, root)
        errors = list(file.errors)
        queries = []
        for query in file.queries:
            earlier = seen.setdefault(query.name, query)
            if earlier is query:
                queries.append(query)
            else:
                errors.append(_taken(query.source, query.name, query.name_span, earlier))
        files.append(dataclasses.replace(file, queries=tuple(queries), errors=_in_order(errors)))
    return files


def read_query_file(path: Path, root: Path | None = None) -> QueryFile:
    """Reads a query file; whatever is wrong with it is in `errors` of the result."""
    try:
        source = read_source(path, root)
    except SourceError as error:
        return QueryFile(Source("", path, shown_name(path, root)), path.stem, "", (), (error,))
    return read_queries(source)


def read_queries(source: Source) -> QueryFile:
    """Reads the queries of a text; see `read_query_file`."""
    preamble, *sections = split_sections(source.text)
    doc, errors = _read_preamble(source, preamble)
    if not sections and not errors:
        errors.append(
            source.error(
                "PGR131",
                "the file holds no query",
                0,
                help="begin each query with a line such as -- name: recent_sessions(user_id)",
            )
        )
    queries: dict[str, NamedQuery] = {}
    for section in sections:
        query, problems = _read_section(source, section)
        errors += problems
        if query is not None:
            earlier = queries.setdefault(query.name, query)
            if earlier is not query:
                errors.append(_taken(source, query.name, query.name_span, earlier))
    return QueryFile(source, source.path.stem, doc, tuple(queries.values()), _in_order(errors))


def is_plain(source: Source) -> bool:
    """Whether a text is one plain statement: it has no '-- name:' line."""
    return len(split_sections(source.text)) == 1


def read_plain_query(path: Path, root: Path | None = None) -> QueryFile:
    """Reads a file with one statement, parameters $1 to $n; they are called p1 to pn."""
    try:
        source = read_source(path, root)
    except SourceError as error:
        return QueryFile(Source("", path, shown_name(path, root)), path.stem, "", (), (error,))
    name = path.stem
    try:
        tokens = tokenize(source.text)
    except LexError as problem:
        failure = _lexing_error(source, problem, name)
        return QueryFile(source, name, "", (), (failure,))
    written = significant(tokens)
    errors = check_plain(source, tokens, name)
    highest = max((int(t.text[1:]) for t in written if t.kind is TokenKind.POSITIONAL), default=0)
    positions = tuple(f"p{number}" for number in range(1, highest + 1))
    lines = comment_lines(leading_block(source.text, tokens))
    annotations, prose, problems = read_annotations(source, lines, name, positions)
    errors += problems
    if errors:
        return QueryFile(source, name, as_text(prose), (), _in_order(errors))
    numbered = dataclasses.replace(number_parameters(source.text, tokens), positions=positions)
    query = NamedQuery(
        name=name,
        operation=Operation.MANY,
        parameters=positions,
        positions=positions,
        sql=numbered.sql,
        doc=as_text(prose),
        annotations=annotations,
        source=source,
        offset=0,
        name_span=(written[0].start, written[0].end),
        body=(0, len(source.text)),
        fingerprint=numbered.fingerprint(Operation.MANY),
    )
    return QueryFile(source, name, query.doc, (query,), ())


def _read_preamble(source: Source, preamble: Section) -> tuple[str, list[SourceError]]:
    """Reads what precedes the first query: comments, of which the first block is the doc."""
    if preamble.problem is not None:
        return "", [_lexing_error(source, preamble.problem)]
    written = significant(preamble.body)
    if written:
        return "", [
            source.error(
                "PGR102",
                "this stands before the first '-- name:' line, so aiosql drops it",
                written[0].start,
                written[0].end,
                help="begin each query with a line such as -- name: recent_sessions(user_id)",
            )
        ]
    lines = comment_lines(leading_block(source.text, preamble.body))
    errors = misplaced(source, comment_lines(preamble.body), None)
    errors += _almost_headers(source, preamble.body, None)
    found = compare(source.text[: preamble.end], header=None)
    if isinstance(found, Disagreement):
        errors += diagnose(source, preamble, found)
    return as_text(lines), errors


def _read_section(source: Source, section: Section) -> tuple[NamedQuery | None, list[SourceError]]:
    assert section.header is not None  # only the preamble has none
    try:
        header = parse_header(source, section.header.start, section.header.end)
    except SourceError as error:
        return None, [error]
    if section.problem is not None:
        return None, [_lexing_error(source, section.problem, header.name)]
    errors = _almost_headers(source, section.body, header.name)
    errors += check_query(source, section, header)
    if errors:
        return None, errors
    text = source.text[section.start : section.end]
    found = compare(text, header=tokenize(text)[0])
    if isinstance(found, Disagreement):
        return None, diagnose(source, section, found, header.name)
    assert found is not None  # there is a header
    return _build(source, section, header, found)


def _build(
    source: Source, section: Section, header: Header, loaded: AiosqlQuery
) -> tuple[NamedQuery | None, list[SourceError]]:
    assert section.header is not None
    numbered = loaded.numbered
    if header.parameters is None:
        parameters = numbered.positions
    else:
        parameters = tuple(declared.name for declared in header.parameters)
    block = leading_block(source.text, section.body, section.header.end)
    lines = comment_lines(block)
    annotations, prose, errors = read_annotations(source, lines, header.name, parameters)
    outside = [token for token in section.body if token.is_comment and token not in block]
    errors += misplaced(source, comment_lines(outside), header.name)
    variants, problems = read_variants(source, section, loaded)
    errors += problems or optional_with_default(source, annotations, variants, header.name)
    errors += key_of_no_rows(source, annotations.key, header)
    errors += caching_of_no_answers(source, annotations.cache, annotations.invalidates, header)
    if errors:
        return None, errors
    query = NamedQuery(
        name=header.name,
        operation=header.operation,
        parameters=parameters,
        positions=numbered.positions,
        sql=numbered.sql,
        doc=as_text(prose),
        annotations=annotations,
        source=source,
        offset=section.start,
        name_span=header.name_span,
        body=(section.header.end, section.end),
        fingerprint=numbered.fingerprint(header.operation, variants),
        variants=variants,
    )
    return query, []


def _almost_headers(source: Source, body: list[Token], query: str | None) -> list[SourceError]:
    return [
        source.error(
            "PGR102",
            "aiosql does not see this as the beginning of a query",
            token.start,
            token.end,
            help="write -- name: in lower case, with two dashes",
            query=query,
        )
        for token in body
        if token.kind is TokenKind.LINE_COMMENT and is_almost_header(token)
    ]


def _lexing_error(source: Source, problem: LexError, query: str | None = None) -> SourceError:
    return source.error(
        "PGR101", problem.message, problem.start, problem.end, help=problem.help, query=query
    )


def _taken(source: Source, name: str, span: tuple[int, int], earlier: NamedQuery) -> SourceError:
    return source.error(
        "PGR105",
        f"there is a query {name} already",
        *span,
        help=f"rename one of the two; the other is at {earlier.source.name}:{earlier.line}",
        query=name,
    )


def _in_order(errors: list[SourceError]) -> tuple[SourceError, ...]:
    return tuple(sorted(errors, key=lambda error: (error.line, error.column)))
