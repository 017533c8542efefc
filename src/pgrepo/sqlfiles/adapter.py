"""The aiosql driver adapter: `:name` becomes `$n`.

aiosql hands every query's SQL to `process_sql`; what that returns is what we execute.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrepo.sqlfiles.header import Operation
from pgrepo.sqlfiles.lexer import Token, TokenKind, tokenize
from pgrepo.sqlfiles.variants import NO_VARIANTS, Variants

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aiosql.types import SQLOperationType


_OPERATIONS = {
    "SELECT": Operation.MANY,
    "SELECT_ONE": Operation.ONE,
    "SELECT_VALUE": Operation.VALUE,
    "INSERT_UPDATE_DELETE": Operation.AFFECTED,
    "INSERT_RETURNING": Operation.RETURNING,
    "INSERT_UPDATE_DELETE_MANY": Operation.BULK,
}
_GLUES = {TokenKind.WORD, TokenKind.NUMBER, TokenKind.PARAMETER}


@dataclass(frozen=True, slots=True)
class Numbered:
    """SQL whose parameters are numbered.

    Attributes:
        sql: what is executed.
        positions: the name of every `$n`, in order.
        texts: the texts of the tokens of `sql`.
    """

    sql: str
    positions: tuple[str, ...]
    texts: tuple[str, ...]

    def fingerprint(self, operation: Operation, variants: Variants = NO_VARIANTS) -> str:
        """Returns 16 hexadecimal digits that change when the query does.

        White space between tokens does not count, so that a reformatted file needs no new code.
        """
        varying = variants.fingerprint_parts()
        parts = (operation.value, ",".join(self.positions), *self.texts, *varying)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class AiosqlQuery:
    """A query as aiosql handed it over, and what our adapter made of it.

    Attributes:
        name: the query's name.
        operation: what aiosql takes the operator for.
        received: the SQL that aiosql handed over, `:name` parameters and all.
        tokens: the tokens of `received`.
        numbered: what is executed.
    """

    name: str
    operation: Operation
    received: str
    tokens: list[Token]
    numbered: Numbered


class NumberedParameters:
    """A driver adapter for aiosql's loader that keeps what it made of every query."""

    def __init__(self) -> None:
        self.queries: list[AiosqlQuery] = []

    def process_sql(self, query_name: str, op_type: SQLOperationType, sql: str) -> str:
        """Returns the SQL with `$n` for `:name`, without comments and the closing semicolon."""
        if op_type.name not in _OPERATIONS:
            raise ValueError(f"{query_name}: aiosql's {op_type.name} is not supported")
        tokens = tokenize(sql)
        numbered = number_parameters(sql, tokens)
        operation = _OPERATIONS[op_type.name]
        self.queries.append(AiosqlQuery(query_name, operation, sql, tokens, numbered))
        return numbered.sql


def load_with_aiosql(text: str, path: Path | str = "<text>") -> list[AiosqlQuery]:
    """Loads the text of a query file as any aiosql user would, with our adapter.

    Raises:
        aiosql.utils.SQLParseException: aiosql does not accept the text.
        LexError: aiosql handed over something that has no tokens.
        ValueError: a parameter cannot be a Python name.
    """
    # aiosql imports every driver adapter it has: too slow to pay on `import pgrepo`.
    from aiosql.query_loader import QueryLoader  # noqa: PLC0415

    adapter = NumberedParameters()
    # The loader calls nothing but process_sql; the rest of aiosql's protocol executes.
    driver: Any = adapter
    QueryLoader(driver, None, attribute="__").load_query_data_from_sql(text, [], path)
    return adapter.queries


def number_parameters(sql: str, tokens: Iterable[Token]) -> Numbered:
    """Turns every `:name` into `$n`, numbered in order of first appearance.

    Comments (but for planner hints), blank lines and closing semicolons are left out.
    """
    kept = [t for t in tokens if not t.is_comment or t.text.startswith("/*+")]
    while kept and (kept[-1].text == ";" or kept[-1].is_comment):
        kept.pop()
    numbers: dict[str, int] = {}
    texts: list[str] = []
    pieces: list[str] = []
    for before, token in zip([None, *kept], kept, strict=False):
        if before is not None:
            pieces.append(_gap(sql, before, token))
        text = token.text
        if token.kind is TokenKind.PARAMETER:
            text = f"${numbers.setdefault(text[1:], len(numbers) + 1)}"
        texts.append(text)
        pieces.append(text)
    return Numbered("".join(pieces), tuple(numbers), tuple(texts))


def _gap(sql: str, before: Token, token: Token) -> str:
    """Returns the white space to put between two tokens: at most one line break."""
    gap = sql[before.end : token.start]
    if not gap:
        # LIMIT:n would become the identifier LIMIT$1.
        return " " if token.kind is TokenKind.PARAMETER and before.kind in _GLUES else ""
    if gap.isspace() and "\n" not in gap:
        return gap
    if "\n" not in gap:
        return " "  # a comment stood here
    indent = gap.rpartition("\n")[2]
    return "\n" + (indent if indent.isspace() else "")
