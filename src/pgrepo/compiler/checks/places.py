"""Where things are written: tables and clauses in a statement, objects in the DDL files."""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.lexer import LexError, Token, TokenKind, name_of, significant, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrepo.errors import SourceError
    from pgrepo.sqlfiles.source import Source

_NAMES = frozenset({TokenKind.WORD, TokenKind.QUOTED_IDENTIFIER})
_BEFORE_TARGET = frozenset({"FROM", "ONLY", "("})


def table_offset(sql: str, schema: str, table: str, *, alias: str = "", after: str = "") -> int:
    """Where a statement names a table; at its beginning, where that cannot be seen.

    Args:
        sql: the statement.
        schema: the table's schema.
        table: its name.
        alias: the name it has in the statement, where several might be meant.
        after: the keyword of the clause that it is meant in, UPDATE or DELETE.
    """
    tokens = significant(tokenize(sql))
    found = list(_mentions(tokens, schema, table))
    if after:
        found = [(start, end) for start, end in found if _verb_before(tokens, start) == after]
    aliased = [(start, end) for start, end in found if alias and alias in _alias(tokens, end)]
    best = aliased or found
    return tokens[best[0][0]].start if best else 0


def _mentions(tokens: Sequence[Token], schema: str, table: str) -> Iterator[tuple[int, int]]:
    """The mentions of a table: the number of the first token, and of the one after the last."""
    for number, token in enumerate(tokens):
        if token.kind not in _NAMES or name_of(token) != table:
            continue
        before = [name_of(item) for item in tokens[max(number - 2, 0) : number]]
        if before == [schema, "."]:
            yield number - 2, number + 1
        elif before[-1:] != ["."] and _begins_table(tokens, number):
            yield number, number + 1


def _begins_table(tokens: Sequence[Token], number: int) -> bool:
    words = {"FROM", "JOIN", "UPDATE", "INTO", "ONLY", "USING"}
    return number > 0 and tokens[number - 1].text.upper() in words


def _verb_before(tokens: Sequence[Token], number: int) -> str:
    number -= 1
    while number >= 0 and tokens[number].text.upper() in _BEFORE_TARGET:
        number -= 1
    return tokens[number].text.upper() if number >= 0 else ""


def _alias(tokens: Sequence[Token], number: int) -> list[str]:
    """What may be the alias after a table's name."""
    following = tokens[number : number + 2]
    is_as = bool(following) and following[0].text.upper() == "AS"
    return [name_of(token) for token in (following[1:] if is_as else following[:1])]


def order_by_offset(sql: str, limit: int) -> int | None:
    """Where the ORDER BY list begins that belongs to the LIMIT whose count is at an offset."""
    tokens = significant(tokenize(sql))
    depth = 0
    for number in range(len(tokens) - 1, 0, -1):
        text = tokens[number].text
        if tokens[number].start >= limit:
            continue
        depth += {")": 1, "(": -1}.get(text, 0)
        if depth < 0:
            return None
        is_order = text.upper() == "BY" and tokens[number - 1].text.upper() == "ORDER"
        if depth == 0 and is_order:
            return tokens[number + 1].start if number + 1 < len(tokens) else None
    return None


class DdlPlaces:
    """Finds objects in DDL files.

    Args:
        sources: the files in the order in which they are applied.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    @cached_property
    def _tokens(self) -> list[list[Token]]:
        """The tokens of each source; mostly there is nothing to find."""
        return [_tokens_of(source) for source in self._sources]

    def error(
        self,
        code: str,
        message: str,
        name: str,
        table: str,
        *,
        columns: Sequence[str] = (),
        help: str,
    ) -> SourceError:
        """The error about an object, at the last place that defines it.

        Where its name is not written, because PostgreSQL made it up, this points at the foreign
        key's columns, at where one of them is defined, or at the table.

        Args:
            code: the code.
            message: what is wrong.
            name: the object's name.
            table: the table that it belongs to.
            columns: the names of the table's columns that it is about.
            help: what to do.
        """
        for sought in (_names, _lists_key, _defines_column, _makes_table):
            for source, tokens in reversed(list(zip(self._sources, self._tokens, strict=True))):
                for number in range(len(tokens) - 1, 0, -1):
                    token = tokens[number]
                    if token.kind in _NAMES and sought(tokens, number, name, table, columns):
                        return source.error(code, message, token.start, token.end, help)
        return self._sources[-1].error(code, message, 0, None, help)


_DEFINING = frozenset({"CONSTRAINT", "INDEX", "EXISTS", "CONCURRENTLY"})
_CONSTRAINTS = frozenset({"CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE", "LIKE"})
_BEFORE_TABLE = frozenset({"IF", "NOT", "EXISTS", "ONLY"})
_NESTING = {"(": 1, "[": 1, ")": -1, "]": -1}


def _names(tokens: Sequence[Token], number: int, name: str, table: str, _: Sequence[str]) -> bool:
    """Whether a token gives the object its name."""
    if name_of(tokens[number]) != name or tokens[number - 1].text.upper() not in _DEFINING:
        return False
    statement = _statement_before(tokens, number)
    if "DROP" in statement[-4:]:
        return False
    makes_index = statement[:1] == ["CREATE"] and "INDEX" in statement
    # Constraints of different tables may have one name.
    return makes_index or _is_about(tokens, number, table)


def _lists_key(
    tokens: Sequence[Token], number: int, _: str, table: str, columns: Sequence[str]
) -> bool:
    """Whether a token begins the columns of FOREIGN KEY, and they are these."""
    before = [token.text.upper() for token in tokens[max(number - 3, 0) : number]]
    listed = tokens[number : number + 2 * len(columns)]
    return (
        before == ["FOREIGN", "KEY", "("]
        and [name_of(token) for token in listed[::2]] == list(columns)
        and listed[-1].text == ")"
        and _is_about(tokens, number, table)
    )


def _defines_column(
    tokens: Sequence[Token], number: int, _: str, table: str, columns: Sequence[str]
) -> bool:
    """Whether a token is one of the columns, where it is defined."""
    token = tokens[number]
    # A column may be called "check"; unquoted, that is a constraint.
    if name_of(token) not in columns or token.text.upper() in _CONSTRAINTS:
        return False
    statement = _statement_before(tokens, number)
    return _is_about(tokens, number, table) and (_begins_item(statement) or _is_added(statement))


def _begins_item(statement: Sequence[str]) -> bool:
    """Whether what follows begins an item of CREATE TABLE's list.

    What an item has in parentheses is deeper, and those of PARTITION BY come after the list.
    """
    if statement[0] != "CREATE" or statement[-1] not in {"(", ","} or "(" not in statement:
        return False
    opened = statement.index("(")
    depths = list(accumulate(_NESTING.get(word, 0) for word in statement[opened:]))
    return min(depths) == depths[-1] == 1 and "AS" not in statement[:opened]


def _is_added(statement: Sequence[str]) -> bool:
    """Whether what follows is a column that ALTER TABLE adds."""
    words = statement[:-3] if statement[-3:] == ["IF", "NOT", "EXISTS"] else statement
    return words[-1] == "ADD" or words[-2:] == ["ADD", "COLUMN"]


def _makes_table(
    tokens: Sequence[Token], number: int, _: str, table: str, __: Sequence[str]
) -> bool:
    """Whether a token is the table's name in CREATE TABLE."""
    statement = _statement_before(tokens, number)
    return (
        name_of(tokens[number]) == table
        and statement[:1] == ["CREATE"]
        and "TABLE" in statement[:4]
        and "(" not in statement
    )


def _is_about(tokens: Sequence[Token], number: int, table: str) -> bool:
    """Whether a token stands in CREATE TABLE or ALTER TABLE of the table."""
    words = _statement_before(tokens, number)
    start = number - len(words)
    if words[:1] not in (["CREATE"], ["ALTER"]) or "TABLE" not in words[:4]:
        return False
    return table == _altered(tokens[start + words.index("TABLE") + 1 : number])


def _altered(tokens: Sequence[Token]) -> str:
    """The name of a table that CREATE or ALTER TABLE names, without its schema."""
    words = [token.text.upper() for token in tokens]
    first = next((n for n, word in enumerate(words) if word not in _BEFORE_TABLE), len(words))
    last = first + 2 if words[first + 1 : first + 2] == ["."] else first
    return name_of(tokens[last]) if last < len(tokens) else ""


def _statement_before(tokens: Sequence[Token], number: int) -> list[str]:
    """The words of a statement up to a token, in upper case."""
    start = number
    while start > 0 and tokens[start - 1].text != ";":
        start -= 1
    return [token.text.upper() for token in tokens[start:number]]


def _tokens_of(source: Source) -> list[Token]:
    try:
        return significant(tokenize(source.text))
    except LexError:  # PostgreSQL has taken it, so it is something only psql reads
        return []
