"""The parts of a statement that it can do without: operands of AND and OR, items of SET lists.

One pass over the tokens. Parentheses, square brackets and CASE … END make levels; on each level
the operands of WHERE, ON and HAVING (and of any AND or OR deeper inside them) and the items of a
SET list are told apart. All positions are indices of significant tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from pgrepo.sqlfiles.lexer import Token, TokenKind

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Part:
    """A predicate, or an item of a SET list.

    Attributes:
        start: its first token, after the AND, OR or comma before it.
        end: where it ends.
        absent: what stands in its place when it is left out. For an item of a SET list: what
            stands there when all of the list is left out.
        items: of an item, the (start, end) of all items of its list.
    """

    start: int
    end: int
    absent: str
    items: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """What was found.

    Attributes:
        all: the parts; two of them are nested or apart.
        leads: the tokens that stand before a part and do not belong to it: WHERE, ON, HAVING,
            SET, and the AND, OR and commas between parts.
    """

    all: tuple[Part, ...]
    leads: frozenset[int]


class _Mode(Enum):
    CONDITION = auto()  # after WHERE, ON, HAVING: every operand is a part
    EXPRESSION = auto()  # deeper inside: a part is only what AND or OR connects
    SET = auto()


@dataclass(slots=True)
class _Region:
    mode: _Mode
    start: int
    operands: list[tuple[int, int]] = field(default_factory=list)
    connectors: list[int] = field(default_factory=list)
    betweens: int = 0  # whose AND is still to come


@dataclass(slots=True)
class _Level:
    inside: bool  # a condition or a SET list
    region: _Region | None = None
    target: str = ""  # what a SET list's columns belong to
    updates: bool = False  # after UPDATE: SET begins a list


_OPENING = frozenset({"(", "[", "CASE"})
_CLOSING = frozenset({")", "]", "END"})
_ENDS = frozenset(
    {
        *("CROSS", "DO", "EXCEPT", "FETCH", "FOR", "INNER", "INTERSECT", "JOIN", "LIMIT"),
        *("NATURAL", "OFFSET", "RETURNING", "UNION", "WINDOW", ";"),
    }
)
_BEGINS_QUERY = frozenset({"SELECT", "VALUES", "WITH", "TABLE"})
_ENDS_WITH = {
    **dict.fromkeys(("GROUP", "ORDER"), ("BY",)),
    **dict.fromkeys(("LEFT", "RIGHT", "FULL"), ("JOIN", "OUTER")),
}
_SEPARATES = frozenset({",", "WHEN", "THEN", "ELSE", "=>", ":="})
_ON_SOMETHING_ELSE = frozenset({"CONFLICT", "CONSTRAINT", "EMPTY", "ERROR"})
_IDENTIFIERS = frozenset({TokenKind.WORD, TokenKind.QUOTED_IDENTIFIER})


def find_parts(tokens: Sequence[Token]) -> Parts:
    """Finds the parts of a statement.

    Args:
        tokens: its significant tokens.
    """
    return _Scanner(tokens).scan()


def keywords(tokens: Sequence[Token]) -> list[str]:
    """Returns the tokens' texts, words in upper case, but "" for words that are only names.

    After a dot and after AS every word is a name, `session.order` and `AS limit` too.
    """
    found: list[str] = []
    before = ""
    for token in tokens:
        if token.kind is TokenKind.WORD:
            before = "" if before in {".", "AS"} else token.text.upper()
        else:
            before = token.text
        found.append(before)
    return found


class _Scanner:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._words = keywords(tokens)
        self._levels = [_Level(inside=False)]
        self._parts: list[Part] = []
        self._leads: set[int] = set()

    def scan(self) -> Parts:
        for index, word in enumerate(self._words):
            self._read(index, word)
        self._end_region(len(self._tokens))
        return Parts(tuple(self._parts), frozenset(self._leads))

    def _read(self, index: int, word: str) -> None:
        level = self._levels[-1]
        if word in _OPENING:
            self._open(index)
        elif word in _CLOSING:
            self._end_region(index)
            if len(self._levels) > 1:
                self._levels.pop()
        elif word in {"WHERE", "HAVING"} or (word == "ON" and self._is_join_condition(index)):
            self._begin(index, _Mode.CONDITION)
        elif word == "SET" and level.updates:
            level.updates = False
            self._begin(index, _Mode.SET)
        elif word == "UPDATE" or (word == "INTO" and self._word(index - 1) in {"INSERT", "MERGE"}):
            self._note_target(index, word)
        elif self._is_end(index, word):
            self._end_region(index)
        elif level.region is not None:
            self._read_inside(index, word, level.region)

    def _read_inside(self, index: int, word: str, region: _Region) -> None:
        if word == "BETWEEN":
            region.betweens += 1
        elif word == "AND" and region.betweens:
            region.betweens -= 1
        elif word in ({","} if region.mode is _Mode.SET else {"AND", "OR"}):
            self._split(index, region)
        elif word in _SEPARATES:
            self._separate(index, region)

    def _split(self, index: int, region: _Region) -> None:
        region.operands.append((region.start, index))
        region.connectors.append(index)
        region.start = index + 1

    def _separate(self, index: int, region: _Region) -> None:
        """Ends an expression where another one follows, or the condition where none does."""
        self._end_region(index)
        if region.mode is _Mode.EXPRESSION:
            self._levels[-1].region = _Region(_Mode.EXPRESSION, index + 1)

    def _open(self, index: int) -> None:
        outer = self._levels[-1]
        inside = outer.region is not None
        region = _Region(_Mode.EXPRESSION, index + 1) if inside else None
        self._levels.append(_Level(inside, region))

    def _begin(self, index: int, mode: _Mode) -> None:
        self._end_region(index)
        self._leads.add(index)
        self._levels[-1].region = _Region(mode, index + 1)

    def _end_region(self, index: int) -> None:
        level = self._levels[-1]
        region, level.region = level.region, None
        if region is None:
            return
        operands = [*region.operands, (region.start, index)]
        if region.mode is _Mode.SET:
            self._leads.update(region.connectors)
            items = tuple(operands)
            self._parts += [Part(*item, self._unchanged(item, level), items) for item in items]
        elif region.mode is _Mode.CONDITION or len(operands) > 1:
            self._leads.update(region.connectors)
            self._parts += [
                Part(*operand, self._neutral(region.connectors[max(number - 1, 0) : number + 1]))
                for number, operand in enumerate(operands)
            ]

    def _neutral(self, connectors: Sequence[int]) -> str:
        """What changes nothing between these: AND binds more tightly than OR."""
        words = {self._words[index] for index in connectors}
        return "FALSE" if words == {"OR"} else "TRUE"

    def _unchanged(self, item: tuple[int, int], level: _Level) -> str:
        """`vibe = session.vibe` for an item that sets vibe."""
        columns = (t.text for t in self._tokens[slice(*item)] if t.kind in _IDENTIFIERS)
        column = next(columns, "")
        return f"{column} = {level.target}.{column}"

    # Words that mean something only in company ------------------------------------------------

    def _word(self, index: int) -> str:
        return self._words[index] if 0 <= index < len(self._words) else ""

    def _is_join_condition(self, index: int) -> bool:
        return (
            self._word(index - 1) != "DISTINCT" and self._word(index + 1) not in _ON_SOMETHING_ELSE
        )

    def _is_end(self, index: int, word: str) -> bool:
        if word in _ENDS_WITH:
            return self._word(index + 1) in _ENDS_WITH[word]
        region = self._levels[-1].region
        mode = region.mode if region is not None else None
        if word == "FROM":
            return mode is _Mode.SET and self._word(index - 1) != "DISTINCT"
        if word == "ON":
            return self._word(index + 1) == "CONFLICT"
        if word in _BEGINS_QUERY:
            return mode is _Mode.EXPRESSION and region is not None and region.start == index
        if word == "WHEN":  # of MERGE; that of CASE is on a level of its own
            return mode is not _Mode.EXPRESSION
        return word in _ENDS

    def _note_target(self, index: int, word: str) -> None:
        before = self._word(index - 1)
        if before in {"FOR", "KEY"}:  # FOR UPDATE, FOR NO KEY UPDATE
            return
        level = self._levels[-1]
        level.updates = word == "UPDATE"
        # In DO UPDATE and in MERGE … THEN UPDATE the target was named before.
        if before not in {"DO", "THEN"}:
            level.target = self._target(index + 1, may_omit_as=before != "INSERT")

    def _target(self, index: int, *, may_omit_as: bool) -> str:
        """The name under which the table that is named here is known: its alias, or its own."""
        while self._text(index).upper() in {"ONLY", "("}:
            index += 1
        while self._text(index + 1) == ".":
            index += 2
        name, index = self._text(index), index + 1
        while self._text(index) in {"*", ")"}:
            index += 1
        if self._word(index) == "AS":
            return self._text(index + 1)
        follows = self._tokens[index].kind if index < len(self._tokens) else None
        has_alias = follows in _IDENTIFIERS and self._word(index) not in {"SET", "USING"}
        return self._text(index) if may_omit_as and has_alias else name

    def _text(self, index: int) -> str:
        return self._tokens[index].text if index < len(self._tokens) else ""
