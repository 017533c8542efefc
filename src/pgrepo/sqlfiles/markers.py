"""`-- @optional` at the end of a line: which part of the statement it marks.

The line's first token decides, WHERE, AND, OR, SET and the like aside: the smallest part that it
belongs to is marked. A line on which a reader could think of another part is an error.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.conditions import Part, find_parts
from pgrepo.sqlfiles.lexer import TokenKind, significant
from pgrepo.sqlfiles.variants import Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.lexer import Token
    from pgrepo.sqlfiles.source import Source

_MARKER = re.compile(r"--\s*@optional\s*")
_WORD = re.compile(r"(?<!\w)@optional\b")
_CODE = "PGR133"
_OWN_LINE = "put the predicate, or the item of the SET list, on a line of its own"


def is_marker(token: Token) -> bool:
    """Whether a token is an `-- @optional`."""
    return token.kind is TokenKind.LINE_COMMENT and _MARKER.fullmatch(token.text) is not None


@dataclass(slots=True)
class _Reader:
    source: Source
    query: str
    tokens: list[Token]
    errors: list[SourceError] = field(default_factory=list)
    marked: dict[Part, Token] = field(default_factory=dict)

    def fail(self, token: Token, message: str, help: str, code: str = _CODE) -> None:
        start, end = token.start, token.start + len(token.text.rstrip())
        self.errors.append(self.source.error(code, message, start, end, help, self.query))

    def read(self, marker: Token, parts: Sequence[Part], leads: frozenset[int]) -> None:
        """Finds the part that a marker marks."""
        line = self._line(marker)
        first = next((index for index in line if index not in leads), None)
        if not line:
            advice = "put it at the end of the line of a predicate or of an item of a SET list"
            self.fail(marker, "@optional stands on a line without SQL", advice)
            return
        holding = [part for part in parts if first is not None and part.start <= first < part.end]
        if first is None or not holding:
            self.fail(
                marker,
                "no predicate and no item of a SET list begins on this line",
                "it works in WHERE, ON, HAVING and SET: " + _OWN_LINE,
            )
            return
        part = min(holding, key=lambda part: part.end - part.start)
        if self._is_ambiguous(part, parts, range(first, line[-1] + 1)):
            self.fail(marker, "it is not clear what on this line is optional", _OWN_LINE)
        elif all(self.tokens[i].kind is not TokenKind.PARAMETER for i in _inside(part)):
            self.fail(
                marker,
                "what @optional marks has no parameter that could be left out",
                "remove the marker, or move it to the line of the parameter",
                "PGR134",
            )
        else:
            self._mark(part, marker)

    def _line(self, marker: Token) -> range:
        """The significant tokens before the marker on its line."""
        begin = self.source.text.rfind("\n", 0, marker.start) + 1
        starts = [token.start for token in self.tokens]
        # A string or comment that began on an earlier line belongs to this one too.
        first = next((i for i, token in enumerate(self.tokens) if token.end > begin), len(starts))
        return range(first, bisect_left(starts, marker.start))

    @staticmethod
    def _is_ambiguous(part: Part, parts: Sequence[Part], line: range) -> bool:
        for other in parts:
            begins = line.start < other.start < line.stop
            is_inside = part.start <= other.start and other.end <= part.end
            if begins and other != part and not (is_inside and part.end <= line.stop):
                return True
            holds = other.start <= part.start and part.end <= other.end and other != part
            if holds and other.start < line.start and other.end <= line.stop:
                return True
        return False

    def _mark(self, part: Part, marker: Token) -> None:
        for other in self.marked:
            if other != part and other.start < part.end and part.start < other.end:
                self.fail(
                    marker,
                    "@optional marks a part of what another @optional marks",
                    "mark the whole, or the parts of it",
                )
                return
        self.marked.setdefault(part, marker)


def read_markers(
    source: Source, body: Sequence[Token], query: str
) -> tuple[tuple[Option, ...], list[SourceError]]:
    """Reads the markers of a query.

    Args:
        source: the file.
        body: the query's tokens, comments included.
        query: its name.

    Returns:
        Its options in the order of their first parts, and what is wrong.
    """
    markers = [token for token in body if is_marker(token)]
    reader = _Reader(source, query, significant(list(body)))
    _refuse_malformed(reader, body)
    if markers:
        found = find_parts(reader.tokens)
        for marker in markers:
            reader.read(marker, found.all, found.leads)
        _refuse_other_uses(reader)
    return _options(reader), reader.errors


def _inside(part: Part) -> range:
    return range(part.start, part.end)


def _names(reader: _Reader, part: Part) -> list[str]:
    found = (reader.tokens[index] for index in _inside(part))
    return [token.text[1:] for token in found if token.kind is TokenKind.PARAMETER]


def _refuse_malformed(reader: _Reader, body: Sequence[Token]) -> None:
    """Refuses comments that were surely meant as markers."""
    for token in body:
        if token.is_comment and not is_marker(token) and _WORD.search(token.text):
            reader.fail(
                token,
                "@optional is the only thing in its comment, and that begins with --",
                "write -- @optional at the end of the line, and the rest elsewhere",
                "PGR121",
            )


def _refuse_other_uses(reader: _Reader) -> None:
    """Refuses parameters that would still be there when what is marked is not."""
    marked = {index for part in reader.marked for index in _inside(part)}
    droppable = {name for part in reader.marked for name in _names(reader, part)}
    for index, token in enumerate(reader.tokens):
        is_parameter = token.kind is TokenKind.PARAMETER
        if is_parameter and index not in marked and token.text[1:] in droppable:
            droppable.remove(token.text[1:])
            reader.fail(
                token,
                f"{token.text} stands here too, where no @optional would leave it out",
                "mark this line as well, or pass another parameter here",
                "PGR134",
            )


def _options(reader: _Reader) -> tuple[Option, ...]:
    """Joins parts that share parameters: they are left out together."""
    groups: list[tuple[set[str], list[Part]]] = []
    for part in sorted(reader.marked, key=lambda part: part.start):
        names, parts = set(_names(reader, part)), [part]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names |= group[0]
            parts += group[1]
        groups.append((names, parts))
    options = []
    for _, parts in groups:
        parts.sort(key=lambda part: part.start)
        ordered = dict.fromkeys(name for part in parts for name in _names(reader, part))
        options.append(Option(tuple(ordered), tuple(parts)))
    return tuple(sorted(options, key=lambda option: option.parts[0].start))
