"""Whether aiosql reads a query as PostgreSQL will.

aiosql finds comments, strings and parameters with regular expressions that know less of
PostgreSQL than our lexer does. So both read the same text, and both must come to the same tokens
(comments aside) and the same parameters in the same places.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.adapter import AiosqlQuery, load_with_aiosql
from pgrepo.sqlfiles.lexer import LexError, Token, TokenKind, significant, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

# Stands after the text to be judged. Where aiosql believes a quote or a comment still open at
# the end of a query, it misreads this, as it would misread the next query of the file.
_CANARY = "\n-- name: canary()\nSELECT '', \"a\" /* ' \" */ ;\n"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How aiosql reads a text differently, and the offset from where on."""

    message: str
    offset: int


def compare(text: str, *, header: Token | None) -> AiosqlQuery | Disagreement | None:
    """Loads one query through aiosql; the header is the first token of the text.

    Without a header (the part before a file's first query) there is nothing to return but None.
    """
    body = tokenize(text, header.end if header else 0)
    begin = body[0].start if body else 0
    loaded = try_aiosql(text + _CANARY, begin)
    if isinstance(loaded, Disagreement):
        return loaded
    expected = 1 if header is None else 2
    if len(loaded) != expected:
        return Disagreement(f"aiosql reads {len(loaded) - 1} queries here", begin)
    if loaded[-1].received != _canary_as_read():
        return Disagreement("aiosql believes a quote or comment still open at the end", begin)
    if header is None:
        return None
    return first_difference(body, loaded[0]) or loaded[0]


@functools.cache
def _canary_as_read() -> str:
    return load_with_aiosql(_CANARY)[0].received


def try_aiosql(text: str, begin: int = 0) -> list[AiosqlQuery] | Disagreement:
    """Loads a text through aiosql; the offset of a disagreement is then `begin`."""
    from aiosql.utils import SQLLoadException, SQLParseException  # noqa: PLC0415

    try:
        return load_with_aiosql(text)
    except (SQLParseException, SQLLoadException, ValueError) as error:
        said = f"what aiosql reads cannot be split: {error}"
        message = said if isinstance(error, LexError) else f"aiosql says: {error}"
        return Disagreement(message, begin)


def first_difference(body: Sequence[Token], query: AiosqlQuery) -> Disagreement | None:
    """Compares the tokens of a query's own text with what aiosql made of it."""
    written = [token for token in body if not token.is_comment]
    received = significant(query.tokens)
    last = written[-1].start if written else 0
    for ours, theirs in itertools.zip_longest(written, received):
        if ours is None or theirs is None or ours.text != theirs.text:
            offset = ours.start if ours else last
            if theirs is None:
                return Disagreement("aiosql loses the rest of the query from here on", offset)
            return Disagreement(f"aiosql reads {_short(theirs.text)} here", offset)
    return _parameter_difference(written, received, query.received)


def _parameter_difference(
    written: Sequence[Token], received: Sequence[Token], sql: str
) -> Disagreement | None:
    """Compares the parameters, given that the tokens are the same."""
    references = _aiosql_references(sql)
    for ours, theirs in zip(written, received, strict=True):
        if (theirs.kind is TokenKind.PARAMETER) != (theirs.start in references):
            message = (
                f"aiosql does not see the parameter {ours.text}"
                if ours.kind is TokenKind.PARAMETER
                else f"aiosql takes {references[theirs.start]} for a parameter"
            )
            return Disagreement(message, ours.start)
    starts = {token.start for token in received}
    strays = [start for start in references if start not in starts]
    if strays:
        # In a comment or a string: point at what holds it or follows it.
        place = next((i for i, t in enumerate(received) if t.end > strays[0]), len(received) - 1)
        message = f"aiosql takes {references[strays[0]]} for a parameter"
        return Disagreement(message, written[place].start)
    return None


def _aiosql_references(sql: str) -> dict[int, str]:
    """Returns what aiosql takes for parameters, by offset of the colon."""
    from aiosql.utils import VAR_REF  # noqa: PLC0415

    return {
        found.start("var_name") - 1: f":{found['var_name']}"
        for found in VAR_REF.finditer(sql)
        if found["var_name"] is not None
    }


def _short(text: str) -> str:
    line = text.split("\n", 1)[0]
    return line if len(line) <= 40 and line == text else f"{line[:37]}…"
