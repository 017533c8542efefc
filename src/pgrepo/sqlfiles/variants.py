"""The variants of a statement: with this or that left out, in one order or another.

`@optional` and `@order_by` say what may vary (see `markers` and `ordering`). A variant is made of
the executed SQL, by the compiler, which has PostgreSQL check every one, and by the runtime, which
makes those that are called.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, product
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pgrepo.sqlfiles.conditions import Part

MAX_VARIANTS = 1024


@dataclass(frozen=True, slots=True)
class Option:
    """Parameters that are given together or not at all, and what goes when they are not."""

    parameters: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A choice of @order_by: its expressions, and where they stand in the file."""

    name: str
    text: str
    offset: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ordering:
    """All choices of @order_by.

    Attributes:
        orders: the choices.
        default: the name of the one that the statement itself has.
        start: where the list after ORDER BY begins, a number of a significant token.
        end: where it ends.
    """

    orders: tuple[Order, ...]
    default: str
    start: int
    end: int


class Choice(NamedTuple):
    """Names a variant: the options that are left out, by number, and the order."""

    absent: frozenset[int]
    order: str | None


class Place(NamedTuple):
    """Where a token of a variant comes from.

    It begins at `at` in the variant's SQL. It is a significant token of the whole statement, or,
    where there is an offset, it stands there in the text of the order.
    """

    at: int
    token: int
    offset: int | None


Origin = tuple[int, int | None]
"""A token's number in the whole statement, and its offset in the text of an order (see Place)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A statement that can be executed.

    Attributes:
        choice: which one it is.
        sql: its text; parameters are `$1` to `$n`.
        kept: for each of them, which parameter of the whole statement it is, counted from 0.
        pieces: its tokens, each with the gap before it.
        origins: where its tokens come from.
    """

    choice: Choice
    sql: str
    kept: tuple[int, ...]
    pieces: tuple[str, ...] = field(repr=False)
    origins: tuple[Origin, ...] = field(repr=False)

    @property
    def places(self) -> list[Place]:
        """Where its tokens come from, in order."""
        ends = list(accumulate(map(len, self.pieces)))
        return [Place(end, *origin) for end, origin in zip(ends[::2], self.origins, strict=True)]


@dataclass(frozen=True, slots=True)
class Variants:
    """What may vary in a statement; by default nothing."""

    options: tuple[Option, ...] = ()
    ordering: Ordering | None = None

    def __bool__(self) -> bool:
        return bool(self.options) or self.ordering is not None

    @property
    def count(self) -> int:
        """How many variants there are."""
        return (1 << len(self.options)) * len(self._orders())

    @property
    def parameters(self) -> frozenset[str]:
        """The parameters that may be left out."""
        return frozenset(name for option in self.options for name in option.parameters)

    @property
    def assignments(self) -> frozenset[int]:
        """The numbers of options that leave out items of a SET list, and nothing else."""
        options = enumerate(self.options)
        return frozenset(n for n, option in options if all(part.items for part in option.parts))

    @property
    def whole(self) -> Choice:
        """Names the statement as it is written."""
        return Choice(frozenset(), self.ordering.default if self.ordering else None)

    def choices(self) -> Iterator[Choice]:
        """Names every variant: first the statement as it is written, those that omit most last."""
        numbers = range(len(self.options))
        flags = sorted(product((False, True), repeat=len(self.options)), key=sum)
        absent = [frozenset(n for n in numbers if omitted[n]) for omitted in flags]
        orders = sorted(self._orders(), key=lambda name: name != self.whole.order)
        return (Choice(left_out, order) for left_out in absent for order in orders)

    def _orders(self) -> tuple[str | None, ...]:
        return tuple(order.name for order in self.ordering.orders) if self.ordering else (None,)

    def fingerprint_parts(self) -> Iterator[str]:
        """Returns texts that change when what may vary does."""
        from pgrepo.sqlfiles.lexer import tokenize  # noqa: PLC0415

        for option in self.options:
            spans = [f"{part.start}-{part.end}" for part in option.parts]
            yield f"@optional {' '.join(spans)}"
        for order in self.ordering.orders if self.ordering else ():
            yield f"@order_by {order.name}"
            yield from (token.text for token in tokenize(order.text))

    def variant(self, sql: str, positions: Sequence[str], choice: Choice) -> Variant:
        """Makes one variant.

        Args:
            sql: the whole statement, as it is executed.
            positions: the parameter name of every `$n` in it.
            choice: which variant.
        """
        edits = _omissions(
            [part for number in choice.absent for part in self.options[number].parts]
        )
        if self.ordering is not None and choice.order != self.ordering.default:
            text = next(order.text for order in self.ordering.orders if order.name == choice.order)
            edits.append(_Edit(self.ordering.start, self.ordering.end, text, is_order=True))
        return _render(sql, sorted(edits), positions, choice)


NO_VARIANTS = Variants()


class _Edit(NamedTuple):
    """Tokens of the whole statement, and the text to put in their place."""

    start: int
    end: int
    text: str
    is_order: bool = False


def _omissions(parts: Sequence[Part]) -> list[_Edit]:
    """What to do to leave parts out."""
    edits = [_Edit(part.start, part.end, part.absent) for part in parts if not part.items]
    lists: dict[tuple[tuple[int, int], ...], dict[int, Part]] = {}
    for part in parts:
        if part.items:
            lists.setdefault(part.items, {})[part.start] = part
    for items, absent in lists.items():
        if len(absent) == len(items):
            # An UPDATE sets something.
            (start, _), (_, end) = items[0], items[-1]
            edits.append(_Edit(start, end, absent[start].absent))
        else:
            edits += _item_omissions(items, absent.keys())
    return edits


def _item_omissions(items: Sequence[tuple[int, int]], absent: Collection[int]) -> Iterator[_Edit]:
    """Leaves out some items of a list, each with the comma before it, or else the one after it."""
    is_first = True
    for number, (start, end) in enumerate(items):
        if start not in absent:
            is_first = False
        elif is_first:
            yield _Edit(start, items[number + 1][0], "")
        else:
            yield _Edit(items[number - 1][1], end, "")


@dataclass(slots=True)
class _Writer:
    """Puts a variant together; parameters keep their old numbers for the time being.

    `pieces` are the tokens, each with the gap before it.
    """

    pieces: list[str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)

    def copy(self, whole: Sequence[str], start: int, end: int) -> None:
        """Copies tokens of the whole statement."""
        if start < end:
            self.write(whole[2 * start], whole[2 * start + 1], start)
            self.pieces += whole[2 * start + 2 : 2 * end]
            self.origins += [(token, None) for token in range(start + 1, end)]

    def write(self, gap: str, text: str, token: int, offset: int | None = None) -> None:
        if not gap and self.pieces and _would_join(self.pieces[-1], text):
            gap = " "
        self.pieces += (gap, text)
        self.origins.append((token, offset))

    def finish(self, choice: Choice) -> Variant:
        places = [at for at, piece in enumerate(self.pieces) if at % 2 and _is_parameter(piece)]
        used = sorted({int(self.pieces[at][1:]) for at in places})
        numbers = {f"${old}": f"${new}" for new, old in enumerate(used, start=1)}
        pieces = self.pieces.copy()
        for at in places:
            pieces[at] = numbers[pieces[at]]
        kept = tuple(old - 1 for old in used)
        return Variant(choice, "".join(pieces), kept, tuple(pieces), tuple(self.origins))


def _is_parameter(piece: str) -> bool:
    return piece[0] == "$" and piece[1:].isdecimal()


def _would_join(before: str, after: str) -> bool:
    """Whether two texts, side by side, would be read as one word."""
    return bool(before and after) and _is_word(before[-1]) and _is_word(after[0])


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_$'\""


def _render(sql: str, edits: Sequence[_Edit], positions: Sequence[str], choice: Choice) -> Variant:
    whole = _pieces(sql)
    writer = _Writer()
    index = 0
    for edit in edits:
        writer.copy(whole, index, edit.start)
        gap = whole[2 * edit.start]
        if edit.is_order:
            _write_order(writer, gap, edit, positions)
        elif edit.text:
            writer.write(gap, edit.text, edit.start)
        index = edit.end
    writer.copy(whole, index, len(whole) // 2)
    return writer.finish(choice)


@lru_cache(maxsize=16)  # one variant of a statement is seldom made alone
def _pieces(sql: str) -> list[str]:
    """The significant tokens of a statement, each with the gap before it."""
    from pgrepo.sqlfiles.lexer import significant, tokenize  # noqa: PLC0415

    tokens = significant(tokenize(sql))
    ends = [0, *(token.end for token in tokens)]
    return [
        piece
        for token, end in zip(tokens, ends, strict=False)
        for piece in (sql[end : token.start], token.text)
    ]


def _write_order(writer: _Writer, gap: str, edit: _Edit, positions: Sequence[str]) -> None:
    from pgrepo.sqlfiles.lexer import TokenKind, tokenize  # noqa: PLC0415

    end = 0
    for number, token in enumerate(tokenize(edit.text)):
        is_parameter = token.kind is TokenKind.PARAMETER
        text = f"${positions.index(token.text[1:]) + 1}" if is_parameter else token.text
        before = edit.text[end : token.start] if number else gap
        writer.write(before, text, edit.start, token.start)
        end = token.end
