"""What stands in FROM."""

from __future__ import annotations

from dataclasses import dataclass

from .expressions import Col, Random, Scope, condition, integer
from .schema import COLUMNS, KEYS


@dataclass(frozen=True)
class Relation:
    """An item of FROM: its text, the columns it offers, and the last one merged by USING."""

    sql: str
    cols: tuple[Col, ...]
    merged: str | None = None
    keys: tuple[str, ...] = ()


def from_clause(random: Random, outer: tuple[Col, ...]) -> Relation:
    """One item, or a tree of joins."""
    relation = leaf(random, outer)
    while random.chance(50) and len(relation.cols) < 12:
        relation = _joined(random, outer, relation)
    return relation


_KEYED = ("t1", "t2", "t5")


def keyed(random: Random, outer: tuple[Col, ...]) -> tuple[Relation, list[str]]:
    """A few tables and LATERAL rows, and conditions that may tie them by their keys."""
    relation = _table(random, random.pick(_KEYED))
    tables = [relation]
    for _ in range(random.pick([0, 1, 1, 2])):
        if random.chance(50):
            value = integer(random, Scope(relation.cols, outer, None, 0))
            right = _aliased(random, f"(SELECT {value})", ("int",), None)
            right = Relation(f"LATERAL {right.sql}", right.cols)
        else:
            right = _table(random, random.pick(_KEYED))
            tables.append(right)
        cols = relation.cols + right.cols
        kinds = ["CROSS JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]
        kind = random.pick(kinds if right.keys else kinds[:3])
        tie = _tie(random, cols, random.pick([right, *tables]))
        on = "" if kind == "CROSS JOIN" else f" ON {tie}"
        relation = Relation(f"{relation.sql} {kind} {right.sql}{on}", cols)
    ties = [_tie(random, relation.cols, table) for table in tables if random.chance(80)]
    return relation, ties


def _tie(random: Random, cols: tuple[Col, ...], relation: Relation) -> str:
    if not relation.keys:
        return "true"
    return f"{random.pick(relation.keys)} = {integer(random, Scope(cols, (), None, 0))}"


def leaf(random: Random, outer: tuple[Col, ...], using: str | None = None) -> Relation:
    """A table, view, WITH item, VALUES, function or sub-query; `using` names an integer column."""
    kind = random.pick(["table"] * 8 + ["query"] * 3 + ["values", "series", "cte", "cte"])
    if kind == "query" and using is None and not random.is_deep:
        return _sub_query(random, outer)
    ctes = [item for item in random.ctes if using is None or "int" in item[1]]
    if kind == "cte" and ctes:
        name, types = random.pick(ctes)
        return _aliased(random, name, types, using)
    if kind == "values":
        rows = [
            f"({random.pick(['0', '1'])}, {integer(random, Scope((), outer, None, 1))})"
            for _ in range(random.pick([1, 2]))
        ]
        return _aliased(random, f"(VALUES {', '.join(rows)})", ("int", "int"), using)
    if kind == "series":
        end = integer(random, Scope((), outer, None, 0))
        return _aliased(random, f"generate_series(0, {end})", ("int",), using)
    return _table(random, random.pick(sorted(COLUMNS)), using)


def _table(random: Random, name: str, using: str | None = None) -> Relation:
    return _aliased(random, name, tuple(kind for _, kind in COLUMNS[name]), using)


def _aliased(random: Random, sql: str, types: tuple[str, ...], using: str | None) -> Relation:
    names, alias = [random.name("c") for _ in types], random.name("r")
    if using is not None:
        integers = [number for number, kind in enumerate(types) if kind == "int"]
        names[random.pick(integers)] = using
    cols = tuple(Col(f"{alias}.{name}", kind) for name, kind in zip(names, types, strict=True))
    keys = [
        col.ref
        for (column, _), col in zip(COLUMNS.get(sql, ()), cols, strict=False)
        if column in KEYS.get(sql, ())
    ]
    return Relation(f"{sql} AS {alias} ({', '.join(names)})", cols, keys=tuple(keys))


def _sub_query(random: Random, outer: tuple[Col, ...], lateral: tuple[Col, ...] = ()) -> Relation:
    sql, types = random.table(random, outer + lateral)
    relation = _aliased(random, f"({sql})", types, None)
    return Relation(f"LATERAL {relation.sql}" if lateral else relation.sql, relation.cols)


def _joined(random: Random, outer: tuple[Col, ...], left: Relation) -> Relation:
    kind = random.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "USING"])
    if kind == "USING":
        return _using(random, outer, left)
    laterally = kind in {"JOIN", "LEFT JOIN", "CROSS JOIN"} and not random.is_deep
    if laterally and random.chance(25):
        right = _sub_query(random, outer, left.cols)
    elif random.chance(35):
        right = _joined(random, outer, leaf(random, outer))
    else:
        right = leaf(random, outer)
    cols = left.cols + right.cols
    keys = left.keys + right.keys
    if kind == "CROSS JOIN":
        return Relation(f"({left.sql} CROSS JOIN {right.sql})", cols, keys=keys)
    on = _join_condition(random, outer, kind, left, right)
    joined = Relation(f"({left.sql} {kind} {right.sql} ON {on})", cols, left.merged, keys)
    return _hidden(random, joined) if random.chance(10) else joined


def _join_condition(
    random: Random, outer: tuple[Col, ...], kind: str, left: Relation, right: Relation
) -> str:
    mine = [col.ref for col in left.cols if col.type == "int"]
    its = [col.ref for col in right.cols if col.type == "int"]
    if mine and its and (kind == "FULL JOIN" or random.chance(60)):
        its = list(right.keys) if right.keys and random.chance(50) else its
        equality = f"{random.pick(mine)} = {random.pick(its)}"
        if kind == "FULL JOIN" or random.chance(60):
            return equality
        more = condition(random, Scope(left.cols + right.cols, outer, None, 1))
        return f"{equality} AND {more}"
    if kind == "FULL JOIN":
        return "true"
    return condition(random, Scope(left.cols + right.cols, outer, None, 1))


def _using(random: Random, outer: tuple[Col, ...], left: Relation) -> Relation:
    kind = random.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
    name = left.merged or random.name("m")
    if left.merged is None:
        left = leaf(random, outer, using=name)
    right = leaf(random, outer, using=name)
    merged = Col(name, "int")
    others = tuple(col for col in left.cols if col.ref != name)
    return Relation(
        f"({left.sql} {kind} {right.sql} USING ({name}))", (merged, *others, *right.cols), name
    )


def _hidden(random: Random, relation: Relation) -> Relation:
    """A join under an alias, which hides the names inside."""
    alias = random.name("j")
    bare = [col.ref.rpartition(".")[2] for col in relation.cols]
    cols = tuple(
        Col(f"{alias}.{name}", col.type)
        for name, col in zip(bare, relation.cols, strict=True)
        if bare.count(name) == 1
    )
    return Relation(f"{relation.sql} AS {alias}", cols) if cols else relation
