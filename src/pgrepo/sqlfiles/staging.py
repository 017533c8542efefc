"""An INSERT of one row of parameters, rewritten to insert many rows at once.

    INSERT INTO shop.products (sku, price) VALUES (:sku, coalesce(:price, 0)) ON CONFLICT …

becomes

    INSERT INTO shop.products (sku, price)
    SELECT pgrepo_rows.p1, coalesce(pgrepo_rows.p2, 0)
    FROM … AS pgrepo_rows (p1, p2) ON CONFLICT …

where `…` is a table that the rows were copied into, or VALUES. The compiler has PostgreSQL check
what comes out (see `compiler.analysis.staging`); at run time the same function makes the same text
of the same statement, whose fingerprint has been compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.lexer import TokenKind, significant, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrepo.sqlfiles.lexer import Token

ROWS = "pgrepo_rows"
"""What the rows are called in the statement, and the temporary table that holds them."""

_OPENING, _CLOSING = frozenset("(["), frozenset(")]")


@dataclass(frozen=True, slots=True)
class Staging:
    """The rewritten statement, in two halves around what the rows come from.

    Attributes:
        head: up to and with FROM.
        tail: from AS on.
        defaults: how many columns are not in it any more, because they get DEFAULT.
    """

    head: str
    tail: str
    defaults: int

    def from_table(self, table: str) -> str:
        """The statement that reads the rows from a table with the columns p1, p2 and so on."""
        return f"{self.head} {table} {self.tail}"

    def from_values(self, types: Sequence[str], rows: int) -> str:
        """The statement that takes the rows as parameters, one row after the other.

        Args:
            types: the SQL types of a row's parameters.
            rows: how many; more than none.
        """
        first = ", ".join(f"${number}::{name}" for number, name in enumerate(types, start=1))
        width = len(types)
        others = (
            ", ".join(f"${start + number}" for number in range(1, width + 1))
            for start in range(width, rows * width, width)
        )
        lists = ", ".join(f"({values})" for values in (first, *others))
        return f"{self.head} (VALUES {lists}) {self.tail}"


def columns_of(count: int) -> tuple[str, ...]:
    """What the columns of the rows are called: p1 for `$1`, and so on."""
    return tuple(f"p{number}" for number in range(1, count + 1))


def read_staging(sql: str, count: int) -> Staging | None:
    """Rewrites a statement with parameters `$1` … `$count`.

    Returns:
        None unless the statement is an INSERT with a list of columns and one row of VALUES, which
        holds all its parameters.
    """
    tokens = significant(tokenize(sql))
    if not tokens or tokens[0].text.upper() != "INSERT":
        return None
    values = _top_level(tokens, "VALUES")
    if values is None or [token.text for token in tokens[values + 1 : values + 2]] != ["("]:
        return None
    end = _closing(tokens, values + 1)
    names = _column_list(tokens, values)
    outside = (*tokens[:values], *tokens[end + 1 :])
    continues = tokens[end + 1 : end + 2]
    if names is None or (continues and continues[0].text == ","):
        return None
    if any(token.kind is TokenKind.POSITIONAL for token in outside):
        return None
    expressions = _split(tokens[values + 2 : end])
    columns = _split(tokens[names[0] + 1 : names[1]])
    kept = [
        (column, expression)
        for column, expression in zip(columns, expressions, strict=False)
        if [token.text.upper() for token in expression] != ["DEFAULT"]
    ]
    if not kept:
        return None
    listed = ", ".join(_text(sql, column) for column, _ in kept)
    selected = ", ".join(_renamed(sql, expression) for _, expression in kept)
    before = sql[: tokens[names[0]].start]
    between = sql[tokens[names[1]].end : tokens[values].start]
    after = sql[tokens[end].end :]
    return Staging(
        f"{before}({listed}){between}SELECT {selected} FROM",
        f"AS {ROWS} ({', '.join(columns_of(count))}){after}",
        len(expressions) - len(kept),
    )


def _column_list(tokens: Sequence[Token], values: int) -> tuple[int, int] | None:
    """Where the list of columns begins and ends."""
    start = next((at for at in range(values) if tokens[at].text == "("), None)
    return None if start is None else (start, _closing(tokens, start))


def _top_level(tokens: Sequence[Token], word: str) -> int | None:
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth == 0 and token.kind is TokenKind.WORD and token.text.upper() == word:
            return at
    return None


def _closing(tokens: Sequence[Token], start: int) -> int:
    """The token that closes what another one opens."""
    depth = 0
    for at in range(start, len(tokens)):
        depth += (tokens[at].text in _OPENING) - (tokens[at].text in _CLOSING)
        if depth == 0:
            return at
    return len(tokens) - 1


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    """What the commas outside of parentheses separate."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth == 0 and token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _text(sql: str, tokens: Sequence[Token]) -> str:
    return sql[tokens[0].start : tokens[-1].end] if tokens else ""


def _renamed(sql: str, tokens: Sequence[Token]) -> str:
    """An expression over the columns of the rows in place of parameters."""
    parts, at = [], tokens[0].start
    for token in tokens:
        if token.kind is TokenKind.POSITIONAL:
            parts += [sql[at : token.start], f"{ROWS}.p{token.text[1:]}"]
            at = token.end
    return "".join([*parts, sql[at : tokens[-1].end]])
