"""PostgreSQL's lexical rules, with aiosql's `:name` parameters.

One compiled expression finds every token that a regular expression can describe. What it cannot
is finished by hand: nested comments, dollar quotes, the continuation of an escape string, and
the colon of an array slice. Follows PostgreSQL's `scan.l` with standard_conforming_strings on.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass


class TokenKind(enum.Enum):
    """What a token is. White space is not a token."""

    WORD = "word"
    QUOTED_IDENTIFIER = "quoted identifier"
    STRING = "string"
    DOLLAR_STRING = "dollar-quoted string"
    NUMBER = "number"
    PARAMETER = "parameter"
    POSITIONAL = "positional parameter"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"
    LINE_COMMENT = "line comment"
    BLOCK_COMMENT = "block comment"


@dataclass(frozen=True, slots=True)
class Token:
    """A token, its place in the text, and its text as written."""

    kind: TokenKind
    start: int
    end: int
    text: str

    @property
    def is_comment(self) -> bool:
        """Whether PostgreSQL reads the token as white space."""
        return self.kind is TokenKind.LINE_COMMENT or self.kind is TokenKind.BLOCK_COMMENT


class LexError(ValueError):
    """Text that has no tokens: something is opened and never closed."""

    def __init__(
        self, message: str, start: int, end: int, help: str = "close it, or remove what opens it"
    ) -> None:
        super().__init__(message)
        self.help = help
        self.message = message
        self.start = start
        self.end = end


_LETTER = r"A-Za-z_\x80-\U0010ffff"
_DIGITS = r"[0-9](?:_?[0-9])*+"
_NUMBER = (
    r"0[xX](?:_?[0-9A-Fa-f])++|0[oO](?:_?[0-7])++|0[bB](?:_?[01])++"
    rf"|(?:{_DIGITS}(?:\.(?!\.)(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+\-]?{_DIGITS})?"
)
# A comment may begin within a run of operator characters. With one of ~!@#^&|`?% in it an operator
# may end in + or -, else it may not.
_COMMON = r"(?!--|/\*)[+\-*/<>=]"
_SPECIAL_CHARACTER = r"[~!@#^&|`?%]"
_OPERATOR = (
    rf"(?:{_COMMON})*+{_SPECIAL_CHARACTER}(?:{_COMMON}|{_SPECIAL_CHARACTER})*+"
    rf"|(?:{_COMMON})*(?!/\*)[*/<>=]|[+\-]"
)

# The order is that of frequency where it does not matter otherwise. `stop` and `other` make the
# expression match everywhere.
_GROUPS: tuple[tuple[str, TokenKind | None, str], ...] = (
    (
        "word",
        TokenKind.WORD,
        rf"(?![bBeEnNxX]'|[uU]&['\"])[{_LETTER}][{_LETTER}0-9$]*+",
    ),
    ("punctuation", TokenKind.PUNCTUATION, r"[,()\[\];]|\.\.|\.(?![0-9])|::|:="),
    ("parameter", TokenKind.PARAMETER, r":[^\W\d]\w*+"),
    ("line_comment", TokenKind.LINE_COMMENT, r"--[^\n\r]*+"),
    ("block_comment", TokenKind.BLOCK_COMMENT, r"/\*"),
    ("operator", TokenKind.OPERATOR, _OPERATOR),
    ("string", TokenKind.STRING, r"[bBxX]'[^']*+'|(?:[nN]|[uU]&)?'(?:[^']++|'')*+'"),
    ("number", TokenKind.NUMBER, _NUMBER),
    ("quoted", TokenKind.QUOTED_IDENTIFIER, r"(?:[uU]&)?\"(?:[^\"]++|\"\")*+\""),
    ("escape", TokenKind.STRING, r"[eE]'(?:[^'\\]++|\\[\s\S]|'')*+'"),
    ("positional", TokenKind.POSITIONAL, r"\$[0-9]++"),
    ("dollar", TokenKind.DOLLAR_STRING, rf"\$(?:[{_LETTER}][{_LETTER}0-9]*+)?\$"),
    ("stop", None, r"\Z"),
    ("unclosed", None, r"(?:[bBeEnNxX]|[uU]&)?'|(?:[uU]&)?\""),
    ("other", TokenKind.PUNCTUATION, r"[\s\S]"),
)
_TOKEN = re.compile(
    r"[ \t\n\r\f\v]*+(?:" + "|".join(f"(?P<{name}>{rule})" for name, _, rule in _GROUPS) + ")"
)
_KINDS: tuple[TokenKind | None, ...] = (None, *(kind for _, kind, _ in _GROUPS))
_SPECIAL = frozenset(
    _TOKEN.groupindex[name]
    for name in (
        *("punctuation", "parameter", "block_comment", "string", "dollar"),
        *("stop", "unclosed", "other"),
    )
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_ESCAPE_BODY = re.compile(r"'(?:[^'\\]++|\\[\s\S]|'')*+'")

# Words after which an expression begins, so that a colon after them starts a parameter.
_BEFORE_EXPRESSION = frozenset(
    """
    all and any array as asymmetric between both by case cast collate distinct else escape
    except fetch filter for from group having ilike in intersect into is leading like limit not
    offset on only or order over returning select similar some symmetric then to trailing union
    using values variadic when where with zone
    """.split()  # noqa: SIM905 (a list has no room for so many)
)
_OPERANDS = frozenset(
    {
        TokenKind.WORD,
        TokenKind.QUOTED_IDENTIFIER,
        TokenKind.STRING,
        TokenKind.DOLLAR_STRING,
        TokenKind.NUMBER,
        TokenKind.PARAMETER,
        TokenKind.POSITIONAL,
    }
)


def tokenize(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Returns the tokens of the text between two offsets, comments included.

    Raises:
        LexError: a string, quoted identifier, dollar quote or block comment is not closed.
    """
    limit = len(text) if end is None else end
    tokens: list[Token] = []
    brackets: list[str] = []
    match = _TOKEN.match
    position = start
    while True:
        found = match(text, position, limit)
        assert found is not None  # "other" matches any character, "stop" the end
        group = found.lastindex or 0
        begin, position = found.span(group)
        kind = _KINDS[group]
        if group in _SPECIAL:
            rule = found.lastgroup
            if rule == "stop":
                return tokens
            if rule == "punctuation":
                _follow_brackets(text[begin], brackets)
            elif rule == "parameter":
                if brackets and brackets[-1] == "[" and _ends_operand(tokens):
                    kind, position = TokenKind.PUNCTUATION, begin + 1
            else:
                position = _finish(rule, text, (begin, position, limit), tokens)
        assert kind is not None  # only "stop" and "unclosed" have none
        tokens.append(Token(kind, begin, position, text[begin:position]))


def _follow_brackets(character: str, brackets: list[str]) -> None:
    if character in "([":
        brackets.append(character)
    elif character in ")]" and brackets:
        brackets.pop()


def _ends_operand(tokens: list[Token]) -> bool:
    """Whether a colon after these tokens, inside square brackets, is that of a slice."""
    last = next((token for token in reversed(tokens) if not token.is_comment), None)
    if last is None:
        return False
    if last.kind is TokenKind.WORD:
        return last.text.lower() not in _BEFORE_EXPRESSION
    return last.kind in _OPERANDS or last.text in {")", "]"}


def _finish(rule: str | None, text: str, span: tuple[int, int, int], tokens: list[Token]) -> int:
    """Returns the end of a token whose beginning alone the expression may have matched.

    The span is where the token begins, where the match ends, and where the text does.
    """
    begin, position, limit = span
    if rule == "block_comment":
        return _block_comment_end(text, begin, limit)
    if rule == "dollar":
        tag = text[begin:position]
        close = text.find(tag, position, limit)
        if close < 0:
            raise LexError(f"the dollar quote {tag} is not closed", begin, position)
        return close + len(tag)
    if rule == "string":
        if text[begin] == "'" and _continues_escape(text, begin, tokens):
            continued = _ESCAPE_BODY.match(text, begin, limit)
            if continued is None:
                raise LexError("the string is not closed", begin, begin + 1)
            return continued.end()
    elif rule == "unclosed":
        thing = "quoted identifier" if text[position - 1] == '"' else "string"
        raise LexError(f"the {thing} is not closed", begin, position)
    elif text[begin] == "\0":
        raise LexError("a NUL character cannot be sent to PostgreSQL", begin, position, "remove it")
    return position


def _block_comment_end(text: str, begin: int, limit: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, begin, limit):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise LexError("the block comment is not closed", begin, begin + 2)


def _continues_escape(text: str, begin: int, tokens: list[Token]) -> bool:
    """Whether a plain string continues an E'' string of an earlier line.

    Only white space with a newline and line comments may stand between the two.
    """
    after = begin
    for token in reversed(tokens):
        if token.kind is TokenKind.LINE_COMMENT:
            continue
        if token.kind is not TokenKind.STRING:
            return False
        between = text[token.end : after]
        if "\n" not in between and "\r" not in between:
            return False
        if token.text[0] in "eE":
            return True
        if token.text[0] != "'":
            return False
        after = token.start
    return False


def significant(tokens: list[Token]) -> list[Token]:
    """Returns the tokens that are not comments."""
    return [token for token in tokens if not token.is_comment]


def name_of(token: Token) -> str:
    """The name that a token stands for: folded to lower case, or out of its quotes."""
    if token.kind is TokenKind.QUOTED_IDENTIFIER:
        return token.text[1:-1].replace('""', '"')
    return token.text.lower() if token.kind is TokenKind.WORD else token.text


def split_statements(tokens: list[Token]) -> list[list[Token]]:
    """Returns the significant tokens of every statement, without the semicolons between them.

    Semicolons in parentheses and in BEGIN ATOMIC … END bodies end no statement.
    """
    statements: list[list[Token]] = [[]]
    depth = 0
    blocks = 0
    previous = ""
    for token in significant(tokens):
        word = token.text.upper() if token.kind is TokenKind.WORD else token.text
        if word in {"(", ")"}:
            depth += 1 if word == "(" else -1
        elif (word == "ATOMIC" and previous == "BEGIN") or (blocks and word == "CASE"):
            blocks += 1
        elif blocks and word == "END":
            blocks -= 1
        if word == ";" and depth <= 0 and blocks == 0:
            statements.append([])
        else:
            statements[-1].append(token)
        previous = word
    return [statement for statement in statements if statement]
