"""SELECT of every form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expressions import Col, Random, Scope, condition, integer, text
from .relations import Relation, from_clause

if TYPE_CHECKING:
    from collections.abc import Callable

Typed = tuple[str, tuple[str, ...]]  # a query and the types of its columns

_WRITERS = {"int": integer, "text": text, "bool": condition}
_FRAMES = (
    "UNBOUNDED PRECEDING AND 1 PRECEDING",
    "UNBOUNDED PRECEDING AND CURRENT ROW",
    "1 PRECEDING AND CURRENT ROW",
    "CURRENT ROW AND CURRENT ROW",
    "CURRENT ROW AND UNBOUNDED FOLLOWING",
    "1 FOLLOWING AND UNBOUNDED FOLLOWING",
)

_TESTS = (
    "{} IS NOT NULL",
    "{} IS NULL",
    "{} = 1",
    "{} <> ALL ('{{9}}')",
    "NOT ({} = 1)",
    "NOT (({} = 1) IS TRUE)",
    "({} = 1) IS NOT FALSE",
    "COALESCE({}, 1) = 1",
)


def select(random: Random, outer: tuple[Col, ...], types: tuple[str, ...] | None = None) -> Typed:
    """A SELECT with columns of these types, or of any."""
    if types is None:
        count = random.pick([1, 2, 3, 4])
        types = tuple(random.pick(["int", "int", "text", "bool", "json"]) for _ in range(count))
    form = random.pick(["plain"] * 4 + ["none", "distinct", "total", "groups", "sets", "window"])
    if form == "total":
        return _ungrouped(random, outer, types), types
    if form in {"groups", "sets"}:
        return _grouped(random, outer, types, in_sets=form == "sets"), types
    if form == "none":
        return f"SELECT {_items(random, types, Scope((), outer), None)}", types
    relation = from_clause(random, outer)
    special = windows(relation) if form == "window" else None
    items = _items(random, types, Scope(relation.cols, outer, special), relation)
    distinct = "DISTINCT " if form == "distinct" and "json" not in types else ""
    sql = f"SELECT {distinct}{items} FROM {relation.sql}{where(random, relation, outer)}"
    return sql + limit(random), types


def _ungrouped(random: Random, outer: tuple[Col, ...], types: tuple[str, ...]) -> str:
    relation = from_clause(random, outer)
    items = _items(random, types, Scope((), outer, aggregates(relation)), None, relation)
    having = f" HAVING count(*) {random.pick(['>= 0', '> 1'])}" if random.chance(20) else ""
    kept = where(random, relation, outer)
    return f"SELECT {items} FROM {relation.sql}{kept}{having}"


def _grouped(
    random: Random, outer: tuple[Col, ...], types: tuple[str, ...], *, in_sets: bool
) -> str:
    relation = from_clause(random, outer)
    keys = [random.pick(relation.cols)]
    if len(relation.cols) > 1 and random.chance(60):
        keys.append(random.pick([col for col in relation.cols if col != keys[0]]))
    refs = [key.ref for key in keys]
    grouping = ", ".join(refs)
    if in_sets:
        ways = [f"ROLLUP ({grouping})", f"CUBE ({grouping})", f"GROUPING SETS (({grouping}), ())"]
        ways.append(f"{refs[0]}, ROLLUP ({refs[-1]})")
        ways.append(f"GROUPING SETS ({', '.join(f'({ref})' for ref in refs)})")
        grouping = random.pick(ways)
    scope = Scope(tuple(keys), outer, aggregates(relation))
    items = _items(random, types, scope, None, relation)
    having = f" HAVING {condition(random, scope)}" if random.chance(25) else ""
    kept = where(random, relation, outer)
    return f"SELECT {items} FROM {relation.sql}{kept} GROUP BY {grouping}{having}"


def _items(
    random: Random,
    types: tuple[str, ...],
    scope: Scope,
    rows: Relation | None,
    grouped: Relation | None = None,
) -> str:
    return ", ".join(
        f"{_item(random, kind, scope, rows, grouped)} AS {random.name('o')}" for kind in types
    )


def _item(
    random: Random, kind: str, scope: Scope, rows: Relation | None, grouped: Relation | None
) -> str:
    bare = [col.ref for col in scope.cols if col.type == kind]
    if bare and scope.special is None and random.chance(40):
        return str(random.pick(bare))
    if kind != "json":
        return _WRITERS[kind](random, scope)
    if grouped is not None and random.chance(70):
        return _json_aggregate(random, grouped)
    aliases = _aliases(rows)
    if aliases and random.chance(40):
        return f"to_jsonb({random.pick(aliases)})"
    members = f"'i', {integer(random, scope)}, 't', {text(random, scope)}"
    return f"jsonb_build_object({members})"


def _aliases(relation: Relation | None) -> list[str]:
    refs = [col.ref for col in relation.cols] if relation is not None else []
    return sorted({ref.partition(".")[0] for ref in refs if "." in ref})


def _json_aggregate(random: Random, relation: Relation) -> str:
    scope = Scope(relation.cols, (), None, 1)
    aliases = _aliases(relation)
    value = integer(random, scope)
    if aliases and random.chance(40):
        value = random.pick(aliases)
    elif random.chance(40):
        value = f"jsonb_build_object('i', {integer(random, scope)}, 't', {text(random, scope)})"
    kept = f" FILTER (WHERE {condition(random, scope)})" if random.chance(40) else ""
    aggregate = f"jsonb_agg({value}){kept}"
    return f"COALESCE({aggregate}, '[]')" if random.chance(40) else aggregate


def aggregates(relation: Relation) -> Callable[[Random, Scope], str]:
    """Makes aggregates over the columns of what stands in FROM."""

    def aggregate(random: Random, scope: Scope) -> str:
        inside = Scope(relation.cols, scope.outer if random.chance(10) else (), None, 1)
        name = random.pick(["count", "sum", "max", "min", "bit_or"])
        if name == "count" and random.chance(50):
            return "count(*)"
        kept = f" FILTER (WHERE {condition(random, inside)})" if random.chance(20) else ""
        return f"{name}(({integer(random, inside)})::int){kept}"

    return aggregate


def windows(relation: Relation) -> Callable[[Random, Scope], str]:
    """Likewise window functions."""

    def window(random: Random, _scope: Scope) -> str:
        inside = Scope(relation.cols, (), None, 1)
        call = random.pick([
            "row_number()", "rank()", "ntile(2)", "count(*)", "lag({})", "lead({}, 1, {})",
            "sum({})", "max({})", "first_value({})", "last_value({})", "nth_value({}, 1)",
        ])  # fmt: skip
        for _ in range(call.count("{}")):
            call = call.replace("{}", f"({integer(random, inside)})::int", 1)
        parts = [
            *([f"PARTITION BY {integer(random, inside)}"] if random.chance(40) else []),
            *([f"ORDER BY {integer(random, inside)}"] if random.chance(60) else []),
        ]
        if len(parts) > 0 and "ORDER" in parts[-1] and random.chance(50):
            parts.append(f"{random.pick(['ROWS', 'GROUPS'])} BETWEEN {random.pick(_FRAMES)}")
            parts += ["EXCLUDE CURRENT ROW"] if random.chance(20) else []
        return f"{call} OVER ({' '.join(parts)})"

    return window


def where(random: Random, relation: Relation, outer: tuple[Col, ...]) -> str:
    """A WHERE, or nothing."""
    conditions = []
    if relation.keys and random.chance(25):
        conditions += [
            f"{key} = {integer(random, Scope(relation.cols, outer, None, 0))}"
            for key in relation.keys
            if random.chance(70)
        ]
    integers = [col.ref for col in relation.cols if col.type == "int"]
    if integers and random.chance(40):
        conditions.append(random.pick(_TESTS).format(random.pick(integers)))
    elif random.chance(40):
        conditions.append(condition(random, Scope(relation.cols, outer)))
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def limit(random: Random) -> str:
    """A LIMIT or OFFSET, or nothing."""
    return random.pick([" LIMIT 1", " LIMIT 2", " OFFSET 1"]) if random.chance(12) else ""
