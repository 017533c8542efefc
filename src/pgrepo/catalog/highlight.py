"""SQL and Python as HTML in which the eye finds its way: a few kinds of words told apart. Pure.

`b` is a keyword, `i` a comment, `u` a parameter and `s` a literal: short names, as a page has
thousands of them.
"""

from __future__ import annotations

import re
from html import escape

from pgrepo.sqlfiles.lexer import TokenKind, tokenize

_KEYWORDS = frozenset(
    """
    all and any array as asc between by case cast check coalesce collate conflict constraint cross
    current_date current_timestamp default delete desc distinct do else end except excluded exists
    false filter first following for from full greatest group grouping having ilike in inner
    insert intersect interval into is isnull join key last lateral least left like limit locked
    matched materialized merge natural next not nothing nowait null nullif nulls of offset on only
    or order ordinality outer over partition preceding range recursive returning right row rows
    select set share sets similar skip some symmetric table tablesample then ties to true union
    unique unbounded update using values when where window with within
    """.split()  # noqa: SIM905 - a list would be a page long
)
_MARKS = {
    TokenKind.LINE_COMMENT: "i",
    TokenKind.BLOCK_COMMENT: "i",
    TokenKind.PARAMETER: "u",
    TokenKind.POSITIONAL: "u",
    TokenKind.STRING: "s",
    TokenKind.DOLLAR_STRING: "s",
}
_PYTHON = re.compile(r"\b(?P<b>def|None|True|False)\b|(?P<s>\"(?:[^\"\\]|\\.)*\")")


def highlighted_sql(text: str) -> str:
    """A statement as HTML."""
    parts, end = [], 0
    for token in tokenize(text):
        mark = _MARKS.get(token.kind)
        if token.kind is TokenKind.WORD and token.text.lower() in _KEYWORDS:
            # After a dot it is somebody's name.
            mark = None if text[token.start - 1 : token.start] == "." else "b"
        if mark is not None:
            parts += [escape(text[end : token.start]), _marked(mark, token.text)]
            end = token.end
    return "".join([*parts, escape(text[end:])])


def highlighted_python(text: str) -> str:
    """A method's signature as HTML."""
    parts, end = [], 0
    for match in _PYTHON.finditer(text):
        parts += [escape(text[end : match.start()]), _marked(match.lastgroup or "b", match[0])]
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def _marked(mark: str, text: str) -> str:
    return f"<{mark}>{escape(text)}</{mark}>"
