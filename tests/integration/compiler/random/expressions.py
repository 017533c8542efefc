"""Random scalar expressions and conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Col:
    """Something that can be referred to: its text, and "int", "text" or "bool"."""

    ref: str
    type: str


@dataclass
class Random:
    """Where the choices come from, and what they depend on.

    Attributes:
        draw: hypothesis' own.
        sub_query: makes a query for an expression: "scalar" (in parentheses), "column" or "any".
        table: makes a query for FROM, and says its columns' types.
        ctes: the WITH items in sight, with the types of their columns.
        level: how deep in queries it is.
        names: how many were given.
    """

    draw: Callable[[st.SearchStrategy[Any]], Any]
    sub_query: Callable[[Random, tuple[Col, ...], str], str]
    table: Callable[[Random, tuple[Col, ...]], tuple[str, tuple[str, ...]]]
    ctes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    level: int = 0
    names: int = 0

    @property
    def is_deep(self) -> bool:
        """Whether there are levels enough."""
        return self.level >= 3

    def pick(self, options: Sequence[Any]) -> Any:
        """One of several."""
        return options[self.draw(st.integers(0, len(options) - 1))]

    def chance(self, percent: int) -> bool:
        """True so often; False is the simpler choice."""
        return bool(self.draw(st.integers(1, 100)) > 100 - percent)

    def name(self, prefix: str) -> str:
        """A name not used before."""
        self.names += 1
        return f"{prefix}{self.names}"


@dataclass(frozen=True)
class Scope:
    """What expressions may refer to.

    Attributes:
        cols: the columns of the own level.
        outer: those of the levels around it.
        special: makes aggregates or window functions, where they may stand.
        depth: how deep expressions may still nest.
    """

    cols: tuple[Col, ...]
    outer: tuple[Col, ...] = ()
    special: Callable[[Random, Scope], str] | None = None
    depth: int = 2

    def deeper(self) -> Scope:
        """The scope of a part of an expression."""
        return Scope(self.cols, self.outer, self.special, self.depth - 1)


def integer(random: Random, scope: Scope) -> str:
    """An expression of type integer."""
    if scope.special is not None and random.chance(50):
        return scope.special(random, scope)
    if scope.depth <= 0 or random.chance(45):
        return _leaf(random, scope, "int", ["0", "1", "2", "NULL::int"])
    inner = scope.deeper()
    forms = [
        lambda: f"({integer(random, inner)} + {integer(random, inner)})",
        lambda: f"COALESCE({integer(random, inner)}, {integer(random, inner)})",
        lambda: f"NULLIF({integer(random, inner)}, {integer(random, inner)})",
        lambda: f"GREATEST({integer(random, inner)}, {integer(random, inner)})",
        lambda: f"abs({integer(random, inner)})",
        lambda: f"length({text(random, inner)})",
        lambda: _case(random, inner, integer),
        lambda: _scalar(random, inner),
        lambda: f"({integer(random, inner)})::bigint",
    ]
    return str(random.pick(forms)())


def text(random: Random, scope: Scope) -> str:
    """An expression of type text."""
    if scope.depth <= 0 or random.chance(45):
        return _leaf(random, scope, "text", ["''", "'a'", "NULL::text"])
    inner = scope.deeper()
    forms = [
        lambda: f"({text(random, inner)} || {text(random, inner)})",
        lambda: f"({integer(random, inner)})::text",
        lambda: f"COALESCE({text(random, inner)}, 'b')",
        lambda: f"concat({text(random, inner)}, 'c')",
        lambda: _case(random, inner, text),
    ]
    return str(random.pick(forms)())


def condition(random: Random, scope: Scope) -> str:
    """An expression of type boolean."""
    inner = scope.deeper()
    if scope.depth > 0 and random.chance(40):
        connected: list[Callable[[], str]] = [
            lambda: f"({condition(random, inner)} AND {condition(random, inner)})",
            lambda: f"({condition(random, inner)} OR {condition(random, inner)})",
            lambda: f"(NOT {condition(random, inner)})",
            lambda: f"(({condition(random, inner)}) IS {random.pick(_TESTS)})",
            lambda: _existence(random, inner),
        ]
        return str(random.pick(connected)())
    small = Scope(scope.cols, scope.outer, scope.special, min(scope.depth - 1, 1))
    one, other = integer(random, small), integer(random, small)
    forms = [
        lambda: f"({one} = {other})",
        lambda: f"({one} {random.pick(['<', '<>', '>='])} {other})",
        lambda: f"({one} IS NOT NULL)",
        lambda: f"({one} IS NULL)",
        lambda: f"({one} IS DISTINCT FROM {other})",
        lambda: f"({one} IN (1, {other}))",
        lambda: f"({one} = ANY (ARRAY[0, {other}]))",
        lambda: f"({one} <> ALL (ARRAY[0, {other}]))",
        lambda: f"(({one}, {other}) = (1, 1))",
        lambda: f"({one} BETWEEN 0 AND {other})",
        lambda: f"({text(random, small)} LIKE 'a%')",
        lambda: random.pick(["true", "false", "NULL::boolean"]),
    ]
    return str(random.pick(forms)())


_TESTS = ["TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN", "NULL", "NOT NULL"]


def _leaf(random: Random, scope: Scope, type_name: str, constants: Sequence[str]) -> str:
    own = [col.ref for col in scope.cols if col.type == type_name]
    outer = [col.ref for col in scope.outer if col.type == type_name]
    if own and random.chance(75):
        return str(random.pick(own))
    if outer and random.chance(60):
        return str(random.pick(outer))
    return str(random.pick(constants))


def _case(random: Random, scope: Scope, arm: Callable[[Random, Scope], str]) -> str:
    arms = [
        f"WHEN {condition(random, scope)} THEN {arm(random, scope)}"
        for _ in range(random.pick([1, 2]))
    ]
    default = f" ELSE {arm(random, scope)}" if random.chance(75) else ""
    return f"CASE {' '.join(arms)}{default} END"


def _scalar(random: Random, scope: Scope) -> str:
    if random.is_deep:
        return "3"
    return random.sub_query(random, scope.outer + scope.cols, "scalar")


def _existence(random: Random, scope: Scope) -> str:
    if random.is_deep:
        return "true"
    around = scope.outer + scope.cols
    if random.chance(50):
        return f"EXISTS ({random.sub_query(random, around, 'any')})"
    negation = random.pick(["", "NOT "])
    value = integer(random, Scope(scope.cols, scope.outer, None, 0))
    return f"({value} {negation}IN ({random.sub_query(random, around, 'column')}))"
