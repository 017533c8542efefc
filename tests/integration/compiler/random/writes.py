"""Statements that write and return what they wrote."""

from __future__ import annotations

from .expressions import Col, Random, Scope, condition, integer, text
from .relations import from_clause
from .schema import COLUMNS

_TABLES = ("t1", "t3", "t4")  # t2.x is unique, and most changes to it would fail
_FORMS = ("insert", "conflict", "update", "update", "delete", "delete", "merge")


def write(random: Random, version: int) -> str:
    """INSERT, UPDATE, DELETE or (from 17 on) MERGE with RETURNING."""
    random.level += 1
    form = random.pick(_FORMS[: 6 if version < 17 else 7])
    table = {"insert": "t4", "conflict": "t1", "merge": "t4"}.get(form) or random.pick(_TABLES)
    target = tuple(Col(f"target.{name}", kind) for name, kind in COLUMNS[table])
    images = tuple(
        Col(f"{image}.{name}", kind)
        for image in ("old", "new") if version >= 18
        for name, kind in COLUMNS[table]
    )  # fmt: skip
    if form in {"insert", "conflict"}:
        return f"{_insert(random, form)} RETURNING {_items(random, target + images)}"
    if form == "merge":
        return _merge(random, target, images)
    source = from_clause(random, ()) if random.chance(60) else None
    cols = target + (source.cols if source is not None else ())
    where = f" WHERE {condition(random, Scope(cols))}" if random.chance(70) else ""
    returning = _items(random, cols + images)
    if form == "delete":
        using = f" USING {source.sql}" if source is not None else ""
        return f"DELETE FROM {table} AS target{using}{where} RETURNING {returning}"
    value = integer(random, Scope(cols, (), None, 2))
    items = f" FROM {source.sql}" if source is not None else ""
    return f"UPDATE {table} AS target SET x = ({value})::int{items}{where} RETURNING {returning}"


def _insert(random: Random, form: str) -> str:
    nothing = Scope((), (), None, 2)
    if form == "conflict":
        value = integer(random, nothing)
        action = random.pick(
            ["NOTHING", "UPDATE SET x = NULL", "UPDATE SET n = 3 WHERE target.x > 0"]
        )
        rows = (
            random.pick(["(1, 1, %s, NULL)", "(1, 1, %s, NULL), (7, 1, 1, '')"]) % f"({value})::int"
        )
        return f"INSERT INTO t1 AS target VALUES {rows} ON CONFLICT (id) DO {action}"
    if random.chance(50):
        values = f"{integer(random, nothing)}::int, {text(random, nothing)}"
        return f"INSERT INTO t4 AS target (x, s) VALUES ({values})"
    source = from_clause(random, ())
    scope = Scope(source.cols, (), None, 2)
    selected = f"SELECT ({integer(random, scope)})::int, {text(random, scope)} FROM {source.sql}"
    return f"INSERT INTO t4 AS target (x, s) {selected}{random.pick(['', ' LIMIT 1'])}"


def _merge(random: Random, target: tuple[Col, ...], images: tuple[Col, ...]) -> str:
    source = from_clause(random, ())
    cols = target + source.cols
    on = condition(random, Scope(cols, (), None, 1))
    value = integer(random, Scope(source.cols, (), None, 1))
    actions = [
        "WHEN MATCHED THEN UPDATE SET x = NULL",
        "WHEN MATCHED THEN DELETE",
        f"WHEN NOT MATCHED THEN INSERT (x) VALUES (({value})::int)",
        "WHEN NOT MATCHED BY SOURCE THEN DELETE",
    ]
    chosen = [action for action in actions if random.chance(50)] or actions[2:3]
    return (
        f"MERGE INTO t4 AS target USING {source.sql} ON {on} {' '.join(chosen)} "
        f"RETURNING {_items(random, cols + images)}"
    )


def _items(random: Random, cols: tuple[Col, ...]) -> str:
    scope = Scope(cols, (), None, 1)
    count = random.pick([1, 2, 3])
    return ", ".join(f"{integer(random, scope)} AS {random.name('o')}" for _ in range(count))
