"""Comment blocks as documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.lexer import TokenKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pgrepo.sqlfiles.lexer import Token

_RULER = re.compile(r"[-=*#_~+ ]{3,}")
_BLOCK_MARGIN = re.compile(r"[ \t]*\*?[ \t]?")


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A line of a comment without its comment signs, and where its text begins."""

    text: str
    start: int


def leading_block(text: str, tokens: Sequence[Token], end: int | None = None) -> list[Token]:
    """Returns the comments that follow each other from the first token on.

    A blank line ends the block. `end` is where the token before them ends, if one does.
    """
    block: list[Token] = []
    for token in tokens:
        if not token.is_comment:
            break
        if end is not None and text.count("\n", end, token.start) > 1:
            break
        block.append(token)
        end = token.end
    return block


def comment_lines(tokens: Iterable[Token]) -> list[CommentLine]:
    """Returns the lines of comments; rulers such as `-------` are left out."""
    lines = [line for token in tokens for line in _lines(token)]
    return [line for line in lines if not _RULER.fullmatch(line.text)]


def as_text(lines: Iterable[CommentLine]) -> str:
    """Joins comment lines to a text without blank lines around it."""
    return "\n".join(line.text for line in lines).strip("\n")


def _lines(token: Token) -> Iterator[CommentLine]:
    if token.kind is TokenKind.LINE_COMMENT:
        content = token.text[2:].removeprefix(" ")
        yield CommentLine(content.rstrip(), token.end - len(content))
        return
    offset = token.start + 2
    for number, line in enumerate(token.text[2:-2].split("\n")):
        margin = _BLOCK_MARGIN.match(line)
        skipped = margin.end() if margin else 0
        content = line[skipped:].rstrip()
        if content or number > 0:
            yield CommentLine(content, offset + skipped)
        offset += len(line) + 1
