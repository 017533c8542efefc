"""`@order_by newest: created_at DESC, id DESC`: the orders that a caller may choose from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.conditions import keywords
from pgrepo.sqlfiles.header import identifier_problem
from pgrepo.sqlfiles.lexer import LexError, TokenKind, significant, tokenize
from pgrepo.sqlfiles.variants import Order, Ordering

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.comments import CommentLine
    from pgrepo.sqlfiles.lexer import Token
    from pgrepo.sqlfiles.source import Source

_FORM = "@order_by name: expression DESC, other_expression"
_LINE = re.compile(r"@order_by(?!\w)\s*(?P<rest>.*)")
_REST = re.compile(r"(?P<name>[^\s:]+)\s*:\s*(?P<text>\S.*?)\s*")
_CODE = "PGR135"
_LIST_ENDS = frozenset({"LIMIT", "OFFSET", "FETCH", "FOR", "UNION", "INTERSECT", "EXCEPT"})
_OPENING, _CLOSING = frozenset("(["), frozenset(")]")


@dataclass(slots=True)
class _Reader:
    source: Source
    query: str
    parameters: Collection[str]
    orders: list[Order] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)

    def fail(self, code: str, message: str, span: tuple[int, int], help: str) -> None:
        self.errors.append(self.source.error(code, message, *span, help=help, query=self.query))

    def read(self, start: int, found: re.Match[str]) -> None:
        """Reads a line that begins at an offset of the file."""
        at = start + found.start("rest")
        parts = _REST.fullmatch(found["rest"])
        if parts is None:
            span = (start, start + found.end())
            self.fail("PGR121", "@order_by is not complete", span, f"write {_FORM}")
            return
        name, text = parts["name"], parts["text"]
        problem = identifier_problem(name)
        if problem is None and any(order.name == name for order in self.orders):
            problem = f"@order_by {name} is given twice"
        if problem is not None:
            span = (at, at + len(name))
            self.fail("PGR121", problem, span, "give every order a Python name of its own")
        elif self._is_list(text, at + parts.start("text")):
            self.orders.append(Order(name, text, at + parts.start("text")))

    def _is_list(self, text: str, at: int) -> bool:
        try:
            tokens = tokenize(text)
        except LexError as error:
            self.fail("PGR101", error.message, (at + error.start, at + error.end), error.help)
            return False
        stray, unknown = _stray(tokens), self._unknown(tokens)
        if stray is not None:
            self.fail(
                "PGR121",
                f"{stray.text} does not belong here",
                (at + stray.start, at + stray.end),
                f"write what stands after ORDER BY and no more: {_FORM}",
            )
        elif unknown is not None:
            self.fail(
                _CODE,
                f"{unknown.text} is not a parameter that the statement always has",
                (at + unknown.start, at + unknown.end),
                "use it in the statement too, outside of what @optional marks",
            )
        return stray is None and unknown is None

    def _unknown(self, tokens: Sequence[Token]) -> Token | None:
        parameters = (token for token in tokens if token.kind is TokenKind.PARAMETER)
        return next((t for t in parameters if t.text[1:] not in self.parameters), None)

    def attach(self, tokens: Sequence[Token], span: tuple[int, int]) -> Ordering | None:
        """Finds the list that the orders may replace; the span is that of the annotation."""
        place = _last_list(tokens)
        if place is None:
            self.fail(
                _CODE,
                f"{self.query} has no ORDER BY of its own that @order_by could replace",
                span,
                "write the default order at the end of the statement, outside of parentheses",
            )
            return None
        start, end = place
        written = _normal(tokens[start:end])
        for order in self.orders:
            if _normal(tokenize(order.text)) == written:
                return Ordering(tuple(self.orders), order.name, start, end)
        span = (tokens[start].start, tokens[end - 1].end)
        text = _on_one_line(tokens[start:end])
        self.fail(
            _CODE,
            "no @order_by names the order that the statement itself has",
            span,
            f"it is the default: write -- @order_by name: {text}",
        )
        return None


def read_ordering(
    source: Source,
    lines: Iterable[CommentLine],
    statement: Sequence[Token],
    query: str,
    parameters: Collection[str],
) -> tuple[Ordering | None, list[SourceError]]:
    """Reads the `@order_by` lines of a query.

    Args:
        source: the file.
        lines: the query's doc comment.
        statement: the query's tokens.
        query: its name.
        parameters: those that an order may use.

    Returns:
        The choices, if there are any and all is right, and what is wrong.
    """
    reader = _Reader(source, query, parameters)
    found = [(line.start, match) for line in lines if (match := _LINE.fullmatch(line.text))]
    for start, match in found:
        reader.read(start, match)
    if not found or reader.errors:
        return None, reader.errors
    start = found[0][0]
    span = (start, start + len("@order_by"))
    return reader.attach(significant(list(statement)), span), reader.errors


def _stray(tokens: Sequence[Token]) -> Token | None:
    """The first token that ends the list or does not belong in it."""
    depth = 0
    for token, word in zip(tokens, keywords(tokens), strict=True):
        depth += (word in _OPENING) - (word in _CLOSING)
        outside = depth == 0 and word in _LIST_ENDS
        if depth < 0 or outside or word == ";" or token.is_comment:
            return token
        if token.kind is TokenKind.POSITIONAL:
            return token
    return next((t for t in reversed(tokens) if t.text in _OPENING), None) if depth else None


def _last_list(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """The list of the last ORDER BY outside of parentheses."""
    depth, start, end = 0, None, len(tokens)
    words = keywords(tokens)
    for index, word in enumerate(words):
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0 and word == "ORDER" and words[index + 1 : index + 2] == ["BY"]:
            start, end = index + 2, len(tokens)
        elif depth == 0 and (word in _LIST_ENDS or word == ";") and start is not None:
            end = min(end, index)
    return (start, end) if start is not None and start < end else None


def _on_one_line(tokens: Sequence[Token]) -> str:
    """What the tokens say, with a space where a comment or white space stands between two."""
    apart = [one.end < other.start for one, other in pairwise(tokens)]
    return "".join(t.text + " " * gap for t, gap in zip(tokens, [*apart, False], strict=True))


def _normal(tokens: Sequence[Token]) -> list[str]:
    return [t.text.lower() if t.kind is TokenKind.WORD else t.text for t in tokens]
