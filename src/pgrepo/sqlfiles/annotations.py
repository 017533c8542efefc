"""Annotations: lines of a query's doc comment that begin with `@`."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.caching import (
    CACHE_FORM,
    INVALIDATES_FORM,
    CacheAnnotation,
    InvalidatesAnnotation,
    parse_cache,
    parse_invalidates,
)
from pgrepo.sqlfiles.header import identifier_problem, nearest
from pgrepo.sqlfiles.keys import KeyAnnotation, parse_key, unquoted
from pgrepo.sqlfiles.python_types import is_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.comments import CommentLine
    from pgrepo.sqlfiles.source import Source
    from pgrepo.sqlfiles.variants import Variants


@dataclass(frozen=True, slots=True)
class ColumnAnnotation:
    """`@column name: python.Type`, `@column name not null`; the span is that of the name."""

    name: str
    type: str | None
    not_null: bool
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ParameterAnnotation:
    """`@param name: Type`, `@param limit = 10`; the span is that of the name.

    The default is a Python literal, as written.
    """

    name: str
    type: str | None
    default: str | None
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class AllowAnnotation:
    """`@allow PGR507: why`: an accepted finding of `pgrepo check`; the span is that of the code."""

    code: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Annotations:
    """All annotations of a query.

    Attributes:
        row: the name of its row class.
        key: what its rows are found by.
        cache: how long its answers are kept.
        invalidates: whose answers it makes old.
        primary: where `@primary` is, which keeps it off replicas.
    """

    row: str | None = None
    row_span: tuple[int, int] | None = None
    columns: tuple[ColumnAnnotation, ...] = ()
    parameters: tuple[ParameterAnnotation, ...] = ()
    allows: tuple[AllowAnnotation, ...] = ()
    key: KeyAnnotation | None = None
    cache: CacheAnnotation | None = None
    invalidates: tuple[InvalidatesAnnotation, ...] = ()
    primary: tuple[int, int] | None = None


ANNOTATION = re.compile(r"@(?P<word>[A-Za-z_]\w*)(?P<rest>.*)")

_FORMS = {
    "row": "@row ClassName",
    "column": "@column name: python.Type, @column name not null, or both",
    "param": "@param name: python.Type, @param name = 10 or @param name: int = 10",
    "allow": "@allow PGR507: why that is right here",
    "group_by": "@group_by column, or several with commas between them",
    "key_by": "@key_by column, or several with commas between them",
    "cache": CACHE_FORM,
    "invalidates": INVALIDATES_FORM,
    "primary": "@primary, and nothing after it",
}
_WORDS = (*_FORMS, "optional", "order_by")
_ROW = re.compile(r"\s+(?P<name>\S+)\s*")
_COLUMN = re.compile(
    r'\s+(?P<name>"(?:[^"]|"")+"|\w+)\s*(?::\s*(?P<type>.*?))??\s*(?P<not_null>\bnot\s+null)?\s*',
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"\s+(?P<name>\w+)\s*(?::\s*(?P<type>[^=]*?)\s*)?(?:=\s*(?P<default>.*))?")
_ALLOW = re.compile(r"\s+(?P<name>PGR5\d\d)\s*:\s*\S.*")


@dataclass(slots=True)
class _Reader:
    source: Source
    query: str
    declared: Sequence[str]
    errors: list[SourceError] = field(default_factory=list)
    row: str | None = None
    row_span: tuple[int, int] | None = None
    columns: list[ColumnAnnotation] = field(default_factory=list)
    parameters: list[ParameterAnnotation] = field(default_factory=list)
    allows: list[AllowAnnotation] = field(default_factory=list)
    key: KeyAnnotation | None = None
    cache: CacheAnnotation | None = None
    invalidates: list[InvalidatesAnnotation] = field(default_factory=list)
    primary: tuple[int, int] | None = None

    def read(self, line: CommentLine, found: re.Match[str]) -> None:
        word, rest = found["word"], found["rest"]
        at = line.start + found.start("rest")
        if word == "row":
            self._read_row(rest, at)
        elif word == "column":
            self._read_column(rest, at)
        elif word == "param":
            self._read_parameter(rest, at)
        elif word == "allow":
            self._read_allow(rest, at)
        elif word in {"group_by", "key_by"}:
            self._read_key(word, rest, at)
        elif word == "cache":
            self._read_cache(rest, at)
        elif word == "invalidates":
            self._read_invalidates(rest, at)
        elif word == "primary":
            self._read_primary(rest, (line.start + found.start(), at))
        elif word == "optional":
            self._fail(
                "PGR122",
                "@optional marks nothing here",
                (line.start + found.start(), at),
                "write -- @optional at the end of the line of a predicate or a SET item",
            )
        elif word != "order_by":  # see ordering
            self._fail(
                "PGR120",
                f"there is no annotation @{word}",
                (line.start + found.start(), at),
                _suggestion(word, _WORDS, "@")
                or "the annotations are @row, @column, @param, @group_by, @key_by, @cache, "
                "@invalidates, @primary, @allow, @optional and @order_by",
            )

    def _read_row(self, rest: str, at: int) -> None:
        found = _ROW.fullmatch(rest)
        if found is None:
            self._malformed("row", rest, at)
            return
        span = _span(found, at)
        problem = identifier_problem(found["name"])
        if problem is None and self.row is not None:
            problem = "@row is given twice"
        if problem is not None:
            self._fail("PGR121", problem, span, f"write {_FORMS['row']} once")
            return
        self.row, self.row_span = found["name"], span

    def _read_column(self, rest: str, at: int) -> None:
        found = _COLUMN.fullmatch(rest)
        if found is None or not (found["type"] or found["not_null"]):
            self._malformed("column", rest, at)
            return
        name, span = unquoted(found["name"]), _span(found, at)
        if self._is_bad_type(found, at) or self._is_twice("column", name, self.columns, span):
            return
        not_null = found["not_null"] is not None
        self.columns.append(ColumnAnnotation(name, found["type"], not_null, span))

    def _read_parameter(self, rest: str, at: int) -> None:
        found = _PARAMETER.fullmatch(rest)
        if found is None or not (found["type"] or found["default"]):
            self._malformed("param", rest, at)
            return
        name, span = found["name"], _span(found, at)
        if self._is_unknown(name, span):
            return
        if self._is_bad_type(found, at) or self._is_bad_default(found, at):
            return
        if not self._is_twice("param", name, self.parameters, span):
            default = found["default"].strip() if found["default"] else None
            self.parameters.append(ParameterAnnotation(name, found["type"], default, span))

    def _read_allow(self, rest: str, at: int) -> None:
        found = _ALLOW.fullmatch(rest)
        if found is None:
            self._malformed("allow", rest, at)
            return
        code, span = found["name"], _span(found, at)
        if any(code == other.code for other in self.allows):
            self._fail("PGR121", f"@allow {code} is given twice", span, "one line covers them all")
            return
        self.allows.append(AllowAnnotation(code, span))

    def _read_key(self, word: str, rest: str, at: int) -> None:
        key = parse_key(word, rest, at)
        if key is None:
            self._malformed(word, rest, at)
        elif self.key is not None:
            told = "twice" if word == self.key.word else f"beside @{self.key.word}"
            self._fail("PGR121", f"@{word} is given {told}", key.span, "rows have one key")
        elif len(set(key.names)) < len(key.names):
            self._fail("PGR121", "a column is named twice", key.span, f"write {_FORMS[word]}")
        else:
            self.key = key

    def _read_cache(self, rest: str, at: int) -> None:
        cache = parse_cache(rest, at)
        if cache is None:
            self._malformed("cache", rest, at)
        elif self.cache is not None:
            self._fail("PGR121", "@cache is given twice", cache.span, "keep one of them")
        elif not any(map(self._is_unknown, cache.by, cache.by_spans)):
            self.cache = cache

    def _read_invalidates(self, rest: str, at: int) -> None:
        invalidates = parse_invalidates(rest, at)
        if invalidates is None:
            self._malformed("invalidates", rest, at)
        else:
            # What they are by may be columns, which only PostgreSQL knows.
            self.invalidates.append(invalidates)

    def _read_primary(self, rest: str, span: tuple[int, int]) -> None:
        if rest.strip():
            self._malformed("primary", rest, span[1])
        elif self.primary is not None:
            self._fail("PGR121", "@primary is given twice", span, "keep one of them")
        else:
            self.primary = span

    def _is_unknown(self, parameter: str, span: tuple[int, int]) -> bool:
        if parameter in self.declared:
            return False
        takes = ", ".join(self.declared) or "no parameters"
        advice = _suggestion(parameter, self.declared) or f"{self.query} takes {takes}"
        self._fail("PGR122", f"{self.query} has no parameter {parameter!r}", span, advice)
        return True

    def _is_bad_type(self, found: re.Match[str], at: int) -> bool:
        text = found["type"]
        if text is None or is_type(text):
            return False
        start, end = found.span("type")
        message = f"{text!r} is not a Python type" if text else "a type is missing here"
        span = (at + start, at + end)
        self._fail("PGR121", message, span, "write a type as in Python, such as list[uuid.UUID]")
        return True

    def _is_bad_default(self, found: re.Match[str], at: int) -> bool:
        if found["default"] is None:
            return False
        try:
            ast.literal_eval(found["default"].strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            start, end = found.span("default")
            self._fail(
                "PGR121",
                f"the default {found['default'].strip()!r} is not a Python literal",
                (at + start, at + end),
                "write a number, a string in quotes, True, False or None",
            )
            return True
        return False

    def _is_twice(
        self,
        word: str,
        name: str,
        earlier: Iterable[ColumnAnnotation | ParameterAnnotation],
        span: tuple[int, int],
    ) -> bool:
        if all(name != other.name for other in earlier):
            return False
        self._fail("PGR121", f"@{word} {name} is given twice", span, "put both into one line")
        return True

    def _malformed(self, word: str, rest: str, at: int) -> None:
        start = at + len(rest) - len(rest.lstrip())
        self._fail(
            "PGR121",
            f"@{word} is not complete" if rest.strip() else f"@{word} says nothing",
            (start - len(word) - 1, at) if not rest.strip() else (start, at + len(rest)),
            f"write {_FORMS[word]}",
        )

    def _fail(self, code: str, message: str, span: tuple[int, int], help: str) -> None:
        self.errors.append(self.source.error(code, message, *span, help=help, query=self.query))


def read_annotations(
    source: Source, lines: Iterable[CommentLine], query: str, declared: Sequence[str]
) -> tuple[Annotations, list[CommentLine], list[SourceError]]:
    """Reads the annotations in a query's doc comment.

    Returns them, the lines that are none, and an error for every one that is wrong.
    """
    reader = _Reader(source, query, declared)
    prose = []
    for line in lines:
        found = ANNOTATION.match(line.text)
        if found is None:
            prose.append(line)
        else:
            reader.read(line, found)
    annotations = Annotations(
        reader.row,
        reader.row_span,
        tuple(reader.columns),
        tuple(reader.parameters),
        tuple(reader.allows),
        reader.key,
        reader.cache,
        tuple(reader.invalidates),
        reader.primary,
    )
    return annotations, prose, reader.errors


def misplaced(source: Source, lines: Iterable[CommentLine], query: str | None) -> list[SourceError]:
    """Returns an error for every annotation among lines where none belongs but `@optional`."""
    found = ((line, ANNOTATION.match(line.text)) for line in lines)
    return [
        _misplaced(source, line, match, query)
        for line, match in found
        if match is not None and (match["word"] != "optional" or query is None)
    ]


def _misplaced(
    source: Source, line: CommentLine, match: re.Match[str], query: str | None
) -> SourceError:
    word, span = match["word"], (line.start, line.start + match.start("rest"))
    meant = None if word in _WORDS else _suggestion(word, _WORDS, "@")
    if meant:
        return source.error("PGR120", f"there is no annotation @{word}", *span, meant, query)
    return source.error(
        "PGR122",
        f"@{word} belongs to no query here",
        *span,
        help="move it into the comment block directly below the query's '-- name:' line",
        query=query,
    )


def optional_with_default(
    source: Source, annotations: Annotations, variants: Variants, query: str
) -> list[SourceError]:
    """Returns an error for every default of a parameter that may be left out."""
    return [
        source.error(
            "PGR134",
            f"{note.name} is left out where it is not given, so it has no other default",
            *note.span,
            help=f"remove = {note.default}, or the @optional",
            query=query,
        )
        for note in annotations.parameters
        if note.default is not None and note.name in variants.parameters
    ]


def _span(found: re.Match[str], at: int) -> tuple[int, int]:
    start, end = found.span("name")
    return at + start, at + end


def _suggestion(name: str, choices: Iterable[str], sign: str = "") -> str | None:
    meant = nearest(name, list(choices))
    return f"did you mean {sign}{meant}?" if meant else None
