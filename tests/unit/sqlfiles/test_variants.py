"""Variants of generated statements: the tokens that are left, and the parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from pgrepo.sqlfiles.adapter import number_parameters
from pgrepo.sqlfiles.lexer import tokenize
from pgrepo.sqlfiles.queries import read_queries
from pgrepo.sqlfiles.source import Source
from pgrepo.sqlfiles.variants import Choice

if TYPE_CHECKING:
    from pgrepo.sqlfiles.named_query import NamedQuery


@dataclass
class Predicate:
    """Lines of SQL, which may hold a condition of its own; marked on one of them, or not."""

    before: list[str]
    parameters: list[str]
    inner: Condition | None = None
    after: list[str] = field(default_factory=list)
    marked_line: int | None = None

    def all_parameters(self) -> list[str]:
        """Its own, and those of what is inside."""
        inner = self.inner.predicates if self.inner else []
        return [*self.parameters, *(name for one in inner for name in one.all_parameters())]

    def lines(self, absent: frozenset[str] | None) -> list[str]:
        """The SQL; with the markers, or without what is absent."""
        inner = self.inner.lines(absent) if self.inner else []
        lines = [*self.before, *inner, *self.after]
        if self.marked_line is not None and absent is None:
            # Never in the inner condition, where another predicate would be meant.
            outer = [*range(len(self.before)), *range(len(lines) - len(self.after), len(lines))]
            lines[outer[self.marked_line % len(outer)]] += "  -- @optional"
        return lines

    def is_absent(self, absent: frozenset[str] | None) -> bool:
        """Whether it is left out when these parameters are."""
        return self.marked_line is not None and bool(set(self.all_parameters()) & (absent or set()))


@dataclass
class Condition:
    """Predicates and what connects them."""

    predicates: list[Predicate]
    connectors: list[str]

    def lines(self, absent: frozenset[str] | None) -> list[str]:
        """As `Predicate.lines`."""
        lines: list[str] = []
        for number, predicate in enumerate(self.predicates):
            around = set(self.connectors[max(number - 1, 0) : number + 1])
            gone = predicate.is_absent(absent)
            neutral = "FALSE" if around == {"OR"} else "TRUE"
            own = [neutral] if gone else predicate.lines(absent)
            if number:
                own[0] = f"{self.connectors[number - 1]} {own[0]}"
            lines += own
        return lines


MOST_MARKS = 6  # all variants of every example are compared
SIMPLE = (
    ("t.a = :{}", 1),
    ("NOT t.b", 0),
    ("t.c BETWEEN :{} AND :{}", 2),
    ("t.d IS DISTINCT FROM :{}", 1),
    ("t.e IN (:{}, ':x', :{}::int)", 2),
    ("CASE WHEN t.f THEN :{} ELSE false END", 1),
    ("(t.g, t.h) < (:{}, 1)", 1),
)


class Names:
    """Parameter names: new ones, and now and then one that was marked before."""

    def __init__(self) -> None:
        self.count = 0
        self.marks = 0
        self.marked: list[str] = []

    def draw(self, draw: st.DrawFn, count: int, *, marked: bool) -> list[str]:
        """So many names, for something that is marked or is not."""
        names = []
        for _ in range(count):
            if marked and self.marked and draw(st.integers(0, 3)) == 0:
                names.append(draw(st.sampled_from(self.marked)))
                continue
            self.count += 1
            names.append(f"p{self.count}")
        self.marked += names if marked else []
        return names


def draw_predicate(draw: st.DrawFn, names: Names, depth: int, *, may_mark: bool) -> Predicate:
    is_marked = may_mark and names.marks < MOST_MARKS and draw(st.booleans())
    names.marks += is_marked
    line = draw(st.integers(0, 5)) if is_marked else None
    form = draw(st.sampled_from(["simple", "group", "exists"])) if depth else "simple"
    if form == "simple":
        text, count = draw(st.sampled_from([f for f in SIMPLE if f[1] or not is_marked]))
        own = names.draw(draw, count, marked=is_marked)
        return Predicate(
            text.format(*own).replace(" AND ", "\nAND ").split("\n"), own, None, [], line
        )
    # A parenthesis around one predicate would be that predicate.
    least = 2 if form == "group" else 1
    inner_may = may_mark and not is_marked
    inner = draw_condition(draw, names, depth - 1, may_mark=inner_may, least=least)
    if form == "group":
        opening = draw(st.sampled_from(["(", "NOT ("]))
        found = Predicate([opening], [], inner, [")"], line)
    else:
        own = names.draw(draw, 1, marked=is_marked)
        opening = ["EXISTS (", f"SELECT :{own[0]} FROM u WHERE"]
        found = Predicate(opening, own, inner, [")"], line)
    if is_marked:
        # What is inside is left out too.
        names.marked += found.all_parameters()
        if not found.all_parameters():
            found.marked_line = None
    elif form == "exists" and found.parameters[0] in names.marked:
        found.marked_line = None
    return found


def draw_condition(
    draw: st.DrawFn, names: Names, depth: int, *, may_mark: bool, least: int = 1
) -> Condition:
    count = draw(st.integers(least, 3))
    predicates = [draw_predicate(draw, names, depth, may_mark=may_mark) for _ in range(count)]
    connectors = [draw(st.sampled_from(["AND", "OR"])) for _ in predicates[1:]]
    return Condition(predicates, connectors)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """Conditions in which what may be left out has parameters of its own."""
    return draw_condition(draw, Names(), 2, may_mark=True)


def read(lines: list[str]) -> NamedQuery:
    """Reads a statement, declared as it must be."""
    body = "\n".join(lines)
    positions = number_parameters(body, tokenize(body)).positions
    text = f"-- name: q({', '.join(positions)})\n{body};\n"
    file = read_queries(Source(text, Path("q.sql"), "q.sql"))
    assert not file.errors, f"{file.errors[0]}\n{text}"
    return file.queries[0]


def assert_reads(query: NamedQuery, choice: Choice, expected: list[str]) -> None:
    """Compares a variant, token by token, with what it should be."""
    variant = query.variants.variant(query.sql, query.positions, choice)
    wanted = number_parameters("\n".join(expected), tokenize("\n".join(expected)))
    found = tokenize(variant.sql)
    assert [token.text for token in found] == list(wanted.texts)
    assert tuple(query.positions[index] for index in variant.kept) == wanted.positions
    # Every token knows where in the file it comes from.
    places = {place.at: place for place in variant.places}
    whole = tokenize(query.sql)
    starts = [token.start for token in found]
    assert places.keys() <= set(starts)
    if not choice.absent and choice.order == query.variants.whole.order:
        assert variant.sql == query.sql
        assert [places[start].token for start in starts] == list(range(len(whole)))


def left_out(query: NamedQuery, choice: Choice) -> frozenset[str]:
    options = [query.variants.options[number] for number in choice.absent]
    return frozenset(name for option in options for name in option.parameters)


@settings(deadline=None)
@given(conditions(), st.sampled_from(["WHERE", "HAVING", "INNER JOIN v ON"]))
def test_conditions(condition: Condition, clause: str) -> None:
    """What is left out is TRUE beside AND and FALSE beside OR; all else stays as it is."""
    query = read(["SELECT 1 FROM t", clause, *condition.lines(None), "ORDER BY 1"])
    assert query.variants.count == 2 ** len(query.variants.options)
    for choice in query.variants.choices():
        expected = condition.lines(left_out(query, choice))
        assert_reads(query, choice, ["SELECT 1 FROM t", clause, *expected, "ORDER BY 1"])


ITEMS = (
    ("{c} = :{p}", True),
    ("{c} = COALESCE(:{p}, t.{c}\n)", True),
    ("{c} = 1", False),
    ("{c} = (\nSELECT 1 FROM u WHERE :{p} AND u.a\n)", True),
    ("({c}, z) = (:{p}, 2)", True),
    ("{c}[1] = f(:{p}, 3)", True),
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(ITEMS), st.booleans()), min_size=1, max_size=5),
    st.sampled_from([("UPDATE s.x AS t SET", "WHERE t.id = :id"), ("UPDATE t SET", "RETURNING 1")]),
    st.booleans(),
)
def test_set_lists(
    items: list[tuple[tuple[str, bool], bool]], around: tuple[str, str], leading_comma: bool
) -> None:
    """Items go with their commas; of a whole list the first one stays, and changes nothing."""
    texts = [form.format(c=f"c{n}", p=f"p{n}") for n, ((form, _), _) in enumerate(items)]
    marked = [
        n for n, ((_, has_parameter), is_marked) in enumerate(items) if has_parameter and is_marked
    ]
    lines = []
    for number, text in enumerate(texts):
        before = "," if leading_comma and number else ""
        after = "" if leading_comma or number == len(texts) - 1 else ","
        lines.append(f"{before}{text}{after}" + "  -- @optional" * (number in marked))
    query = read([around[0], *lines, around[1]])
    for choice in query.variants.choices():
        absent = left_out(query, choice)
        kept = [text for n, text in enumerate(texts) if f"p{n}" not in absent or n not in marked]
        assert_reads(query, choice, [around[0], ", ".join(kept) or "c0 = t.c0", around[1]])


def test_orders() -> None:
    """An order's parameters are the statement's, whichever it names first."""
    query = read_one(
        "-- name: q(a, b, c)\n"
        "-- @order_by usual: f(:a), id\n"
        "-- @order_by plain: id\n"
        "-- @order_by other:   g( :b , ':c' ),h(:a)\n"
        "SELECT 1 FROM t WHERE\n:b\nAND :c  -- @optional\nORDER BY f(:a), ID\nLIMIT 1;\n"
    )
    assert query.positions == ("b", "c", "a")
    options = [frozenset[int](), frozenset({0})]
    assert [tuple(choice) for choice in query.variants.choices()] == [
        (absent, order) for absent in options for order in ("usual", "plain", "other")
    ]
    start = ["SELECT 1 FROM t WHERE :b"]
    assert_reads(query, Choice(options[0], "usual"), [*start, "AND :c ORDER BY f(:a), ID LIMIT 1"])
    assert_reads(query, Choice(options[1], "plain"), [*start, "AND TRUE ORDER BY id LIMIT 1"])
    assert_reads(
        query,
        Choice(options[1], "other"),
        [*start, "AND TRUE ORDER BY g( :b , ':c' ),h(:a) LIMIT 1"],
    )


def test_tokens_never_join() -> None:
    """However close they are written, what is left stays apart."""
    query = read_one(
        "-- name: q(a, b, c)!\nUPDATE t SET\na=:a,-- @optional\nb='x'\n"
        "WHERE(c=:b)-- @optional\nAND(d=:c)-- @optional\nAND e;\n"
    )
    all_absent = Choice(frozenset({0, 1, 2}), None)
    variant = query.variants.variant(query.sql, query.positions, all_absent)
    expected = "UPDATE t SET b = 'x' WHERE TRUE AND TRUE AND e"
    assert [token.text for token in tokenize(variant.sql)] == expected.split()


def read_one(text: str) -> NamedQuery:
    file = read_queries(Source(text, Path("q.sql"), "q.sql"))
    assert not file.errors, file.errors[0]
    return file.queries[0]
