"""A query file cut into its queries, at the `-- name:` lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgrepo.sqlfiles.header import is_header
from pgrepo.sqlfiles.lexer import LexError, Token, TokenKind, tokenize

HEADER_LINE = re.compile(r"^[ \t]*(--\s*name\s*:)", re.MULTILINE)
_MAY_SPAN_LINES = (TokenKind.STRING, TokenKind.DOLLAR_STRING, TokenKind.QUOTED_IDENTIFIER)


@dataclass(frozen=True, slots=True)
class Section:
    """A header and all that follows it up to the next one; or what precedes the first.

    Attributes:
        start: offset of the header comment.
        end: offset of the next header, or of the end of the file.
        header: the header comment, None before the first query.
        body: the tokens after the header, comments included.
        problem: why the rest of the section has no tokens, or None.
    """

    start: int
    end: int
    header: Token | None
    body: list[Token]
    problem: LexError | None


def split_sections(text: str) -> list[Section]:
    """Returns the part before the first query, then one section a query.

    Text that has no tokens spoils its own section alone.
    """
    tokens, problems = _tokenize_leniently(text)
    cuts = [index for index, token in enumerate(tokens) if _begins_query(text, token)]
    sections = []
    open_brackets = 0
    for first, last in zip([-1, *cuts], [*cuts, len(tokens)], strict=True):
        header = tokens[first] if first >= 0 else None
        start = header.start if header else 0
        end = tokens[last].start if last < len(tokens) else len(text)
        problem = next((p for p in problems if start <= p.start < end), None)
        body = tokens[first + 1 : last]
        if header and problem is None and open_brackets:
            # An unclosed [ of an earlier query must not turn this one's parameters into slices.
            body = tokenize(text, header.end, end)
        open_brackets += _open_brackets(body)
        sections.append(Section(start, end, header, body, problem))
    return sections


def _open_brackets(tokens: list[Token]) -> int:
    texts = [token.text for token in tokens]
    return sum(map(texts.count, "([")) - sum(map(texts.count, ")]"))


def starts_line(text: str, offset: int) -> bool:
    """Whether only white space precedes the offset on its line."""
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()


def _begins_query(text: str, token: Token) -> bool:
    return (
        token.kind is TokenKind.LINE_COMMENT and is_header(token) and starts_line(text, token.start)
    )


def _tokenize_leniently(text: str) -> tuple[list[Token], list[LexError]]:
    """Returns the tokens of the text, resuming at the next header after a problem."""
    tokens: list[Token] = []
    problems: list[LexError] = []
    position = 0
    while True:
        try:
            found = tokenize(text, position)
        except LexError as error:
            found = tokenize(text, position, error.start)
            problem: LexError | None = error
            resume = _next_header(text, error.end)
        else:
            problem, resume = None, len(text)
        swallowing = _first_swallowing(text, found)
        if swallowing is not None:
            index, resume = swallowing
            line = text.count("\n", 0, resume) + 1
            message = f"the string is not closed before the query that begins in line {line}"
            problem = LexError(message, found[index].start, found[index].start + 1)
            del found[index:]
        tokens += found
        if problem is not None:
            problems.append(problem)
        if resume >= len(text):
            return tokens, problems
        position = resume


def _next_header(text: str, offset: int) -> int:
    found = HEADER_LINE.search(text, offset)
    return found.start(1) if found else len(text)


def _first_swallowing(text: str, tokens: list[Token]) -> tuple[int, int] | None:
    """Finds a string that someone forgot to close, so that it reaches into a later query.

    A string that is meant to hold a header line is told apart by what follows: only after an
    unclosed one does the text from that header on make sense by itself.
    """
    for index, token in enumerate(tokens):
        if token.kind not in _MAY_SPAN_LINES or "\n" not in token.text:
            continue
        inside = _next_header(text, token.start)
        if inside < token.end and _has_tokens(text, inside):
            return index, inside
    return None


def _has_tokens(text: str, header: int) -> bool:
    after = text.find("\n", header)
    end = _next_header(text, after) if after >= 0 else len(text)
    try:
        tokenize(text, header, end)
    except LexError:
        return False
    return True
