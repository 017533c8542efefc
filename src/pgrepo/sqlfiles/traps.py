"""Why aiosql reads a query differently: the known traps, each with its code and its way out.

A trap is found by trial. Every construct that aiosql is known to misread is a suspect; a suspect
that is harmless by itself is let go. Harmless means: with all other suspects blanked out, aiosql
and the lexer agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.agreement import Disagreement, compare
from pgrepo.sqlfiles.lexer import LexError, Token, TokenKind, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.sections import Section
    from pgrepo.sqlfiles.source import Source


@dataclass(frozen=True, slots=True)
class Suspect:
    """A construct that aiosql may misread.

    Attributes:
        code: the code of the trap.
        token: the token it is in.
        blanked: the token's text, as long as before, without the construct.
        mark: what the error points at, offsets in the section.
        message: what aiosql does with it.
        help: how to write it instead.
    """

    code: str
    token: Token
    blanked: str
    mark: tuple[int, int]
    message: str
    help: str


_HEADER = re.compile(r"--\s*name\s*:")
_COLON_WORD = re.compile(r"(?<!:):\w+")
_QUOTE = re.compile(r"['\"]")
_ESCAPE = re.compile(r"\\[\s\S]")
_PLAIN_STRING = re.compile(r"'(?:[^']|'')*'")
_DASHED_LINE = re.compile(r"(?<=\n)[^\S\n]*(?P<mark>--)(?!\s*name\s*:)")
_LINE_END_SPACE = re.compile(r"[^\S\n]+(?=\n)")
_LINE_SEPARATOR = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
_DOLLAR_HAZARD = re.compile(
    rf"{_QUOTE.pattern}|/\*|{_COLON_WORD.pattern}|(?<=\n)[ \t]*--|{_LINE_END_SPACE.pattern}"
)

_NO_COLON = "remove the colon, or move the comment to a line of its own"
_NO_QUOTE = "remove it, or move the comment to a line of its own"
_TO_FUNCTION = "move the text into a function in the sql directory, or pass it as a parameter"
_REBUILD = "pass the text as a parameter, or build it with || and chr(10)"
_PLAIN = "write '' for a quote in a plain string, or use chr(), or pass the text as a parameter"
_NEW_QUERY = "aiosql begins a new query at '-- name:' wherever it stands"


def diagnose(
    source: Source, section: Section, found: Disagreement, query: str | None = None
) -> list[SourceError]:
    """Returns one error for every trap in the section, or PGR106 if no known one explains it."""
    text = source.text[section.start : section.end]
    errors = [
        source.error(
            suspect.code,
            suspect.message,
            section.start + suspect.mark[0],
            section.start + suspect.mark[1],
            help=suspect.help,
            query=query,
        )
        for suspect in _culprits(text, with_header=section.header is not None)
    ]
    if errors:
        return errors
    return [
        source.error(
            "PGR106",
            f"aiosql reads this query differently: {found.message}",
            section.start + found.offset,
            help="write it in another way; spaces around the colon, the quotes or the comment "
            "often help",
            query=query,
        )
    ]


def _culprits(text: str, *, with_header: bool) -> list[Suspect]:
    suspects = list(_suspects(text, with_header=with_header))

    def agrees(kept: Iterable[Suspect]) -> bool:
        return _agrees(_blank(text, suspects, kept), with_header=with_header)

    if not agrees([]):
        return []
    alone = [suspect for suspect in suspects if not agrees([suspect])]
    if alone:
        return alone
    # Only together do they mislead aiosql: name the one that completes the harm.
    for count in range(1, len(suspects) + 1):
        if not agrees(suspects[:count]):
            return [suspects[count - 1]]
    return []


def _agrees(text: str, *, with_header: bool) -> bool:
    try:
        header = tokenize(text)[0] if with_header else None
        return not isinstance(compare(text, header=header), Disagreement)
    except LexError:
        return False


def _blank(text: str, suspects: Sequence[Suspect], kept: Iterable[Suspect]) -> str:
    kept = list(kept)
    characters = list(text)
    for suspect in suspects:
        if suspect not in kept:
            start = suspect.token.start
            for offset, character in enumerate(suspect.blanked, start):
                if character != text[offset]:
                    characters[offset] = character
    return "".join(characters)


def _suspects(text: str, *, with_header: bool) -> Iterator[Suspect]:
    tokens = tokenize(text)
    for index, token in enumerate(tokens):
        if index == 0 and with_header:
            continue
        if token.kind is TokenKind.LINE_COMMENT:
            yield from _line_comment(token)
        elif token.kind is TokenKind.BLOCK_COMMENT:
            after = tokens[index + 1].start if index + 1 < len(tokens) else None
            glued = tokens[index - 1].end == token.start and after == token.end
            yield _block_comment(token, glued=glued)
        elif token.kind is TokenKind.DOLLAR_STRING:
            yield _dollar_string(token)
        elif token.kind in {TokenKind.STRING, TokenKind.QUOTED_IDENTIFIER}:
            yield from _string(token)
        elif token.text == ":":
            yield from _slice(token, text)
        elif token.kind is TokenKind.PARAMETER:
            yield from _attribute(token, tokens[index + 1 : index + 3])
            yield from _after_quote(token, tokens[index - 1])


def _line_comment(token: Token) -> Iterator[Suspect]:
    yield from _spotted(
        "PGR118",
        token,
        _HEADER,
        fill=" ",
        message=_NEW_QUERY,
        help="put it at the beginning of a line if a query begins here, else leave out its colon",
    )
    yield from _spotted(
        "PGR111",
        token,
        _QUOTE,
        fill=" ",
        message="aiosql takes the quote in this comment for the beginning of a string",
        help=_NO_QUOTE,
    )
    yield from _spotted(
        "PGR112",
        token,
        _COLON_WORD,
        fill=" ",
        message="aiosql takes {} in this comment for a parameter",
        help=_NO_COLON,
    )
    yield from _separators(token, " ")


def _block_comment(token: Token, *, glued: bool) -> Suspect:
    nested = "/*" in token.text[2:]
    header = None if nested else _HEADER.search(token.text)
    if nested:
        message = "aiosql ends this comment at its first */"
        advice = "do not nest comments"
    elif header:
        message, advice = _NEW_QUERY, "leave out its colon"
    elif token.text.startswith("/*+"):
        message = "aiosql keeps planner hints and reads what is in this one"
        advice = "leave colons, quotes and -- out of the hint, or write a plain /* comment */"
    elif glued:
        message = "aiosql removes this comment and leaves no space in its place"
        advice = "write a space before or after it"
    else:
        message = "aiosql does not see this as a comment"
        advice = "remove it, or what aiosql takes for an open quote before it"
    mark = header.span() if header else (0, 2)
    blanked = " " * len(token.text)
    return _suspect(
        "PGR118" if header else "PGR117", token, blanked, mark=mark, message=message, help=advice
    )


def _dollar_string(token: Token) -> Suspect:
    blanked = "'" + "x" * (len(token.text) - 2) + "'"
    header = _HEADER.search(token.text)
    if header:
        return _suspect(
            "PGR118",
            token,
            blanked,
            mark=header.span(),
            message=_NEW_QUERY,
            help=_TO_FUNCTION,
        )
    hazard = _DOLLAR_HAZARD.search(token.text)
    return _suspect(
        "PGR114",
        token,
        blanked,
        mark=hazard.span() if hazard else (0, len(token.text)),
        message="aiosql does not know dollar quotes and reads what is inside as SQL",
        help=_TO_FUNCTION,
    )


def _string(token: Token) -> Iterator[Suspect]:
    yield from _spotted("PGR118", token, _HEADER, fill="x", message=_NEW_QUERY, help=_REBUILD)
    escapes = token.text[0] in "eE" or not _PLAIN_STRING.fullmatch(token.text)
    if token.kind is TokenKind.STRING and escapes:
        yield from _spotted(
            "PGR115",
            token,
            _ESCAPE,
            fill="x",
            message="aiosql does not know the escapes of E'' strings and takes a quote for the end",
            help=_PLAIN,
        )
    yield from _spotted(
        "PGR116",
        token,
        _DASHED_LINE,
        fill="x",
        message="aiosql drops this line as a comment, though it is inside a string",
        help=_REBUILD,
    )
    yield from _spotted(
        "PGR106",
        token,
        _LINE_END_SPACE,
        fill="x",
        message="aiosql cuts off the white space at a line's end, though it is inside a string",
        help=_REBUILD,
    )
    yield from _separators(token, "x")


def _separators(token: Token, fill: str) -> Iterator[Suspect]:
    separator = _LINE_SEPARATOR.search(token.text)
    if separator:
        yield from _spotted(
            "PGR106",
            token,
            _LINE_SEPARATOR,
            fill=fill,
            message=f"aiosql breaks the line at the character U+{ord(separator[0]):04X}",
            help="remove it; in a string write it with chr()",
        )


def _slice(token: Token, text: str) -> Iterator[Suspect]:
    word = _COLON_WORD.match(text, token.start)
    if word:
        yield Suspect(
            "PGR113",
            token,
            ",",
            word.span(),
            f"aiosql takes {word[0]} in this array slice for a parameter",
            f"put spaces around the colon, as in [lower : {word[0][1:]}]",
        )


def _attribute(token: Token, following: Sequence[Token]) -> Iterator[Suspect]:
    if len(following) == 2 and following[0].text == "." and following[0].start == token.end:
        dot, attribute = following
        yield Suspect(
            "PGR119",
            dot,
            ",",
            (token.start, attribute.end),
            f"aiosql reads the attribute {attribute.text} of a Python object here",
            "pass the attribute as a parameter of its own; for a field of a composite value write "
            f"({token.text}).{attribute.text}",
        )


def _after_quote(token: Token, before: Token) -> Iterator[Suspect]:
    if before.end == token.start and before.text[-1] in "'\"":
        yield Suspect(
            "PGR106",
            before,
            " " * len(before.text),
            (token.start, token.end),
            f"aiosql does not see the parameter {token.text} so close to the quote",
            "put a space before it",
        )


def _spotted(
    code: str, token: Token, pattern: re.Pattern[str], *, fill: str, message: str, help: str
) -> Iterator[Suspect]:
    """Makes one suspect of all that the pattern finds in a token; the mark is on the first."""
    first = pattern.search(token.text)
    if first:
        blanked = pattern.sub(lambda found: fill * len(found[0]), token.text)
        yield _suspect(
            code,
            token,
            blanked,
            mark=first.span("mark" if "mark" in pattern.groupindex else 0),
            message=message.format(first[0]),
            help=help,
        )


def _suspect(
    code: str, token: Token, blanked: str, *, mark: tuple[int, int], message: str, help: str
) -> Suspect:
    start, end = mark
    return Suspect(code, token, blanked, (token.start + start, token.start + end), message, help)
