"""The schema of the random queries, and random rows for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

DDL = """
CREATE TABLE t1 (id int PRIMARY KEY, n int NOT NULL, x int, s text);
CREATE TABLE t2 (id int PRIMARY KEY, t1_id int, n int NOT NULL, x int UNIQUE, s text NOT NULL);
CREATE TABLE t3 (n int NOT NULL, m int NOT NULL, x int, UNIQUE (n, m));
CREATE TABLE t4 (x int, s text);
CREATE TABLE t5 (id int PRIMARY KEY, t1_id int NOT NULL REFERENCES t1 (id), x int);
CREATE VIEW v1 AS
    SELECT a.id, a.n, b.id AS b_id, b.s FROM t1 AS a LEFT JOIN t2 AS b ON b.t1_id = a.id;
CREATE VIEW v2 AS SELECT n, count(*) AS c, max(x) AS x FROM t3 GROUP BY n;
CREATE VIEW v3 AS SELECT x, s FROM t4 WHERE x IS NOT NULL;
CREATE VIEW v4 AS SELECT a.n, b.x FROM t1 AS a FULL JOIN t3 AS b ON b.n = a.id;
"""

# Every table and view with its columns: name and type.
COLUMNS = {
    "t1": (("id", "int"), ("n", "int"), ("x", "int"), ("s", "text")),
    "t2": (("id", "int"), ("t1_id", "int"), ("n", "int"), ("x", "int"), ("s", "text")),
    "t3": (("n", "int"), ("m", "int"), ("x", "int")),
    "t4": (("x", "int"), ("s", "text")),
    "t5": (("id", "int"), ("t1_id", "int"), ("x", "int")),
    "v1": (("id", "int"), ("n", "int"), ("b_id", "int"), ("s", "text")),
    "v2": (("n", "int"), ("c", "int"), ("x", "int")),
    "v3": (("x", "int"), ("s", "text")),
    "v4": (("n", "int"), ("x", "int")),
}
KEYS = {"t1": ("id",), "t2": ("id", "x"), "t5": ("id",)}
STATES = tuple(f"rows{number}" for number in range(10))


@dataclass(frozen=True)
class Rows:
    """The rows of one state of the data, by table."""

    tables: dict[str, list[tuple[Any, ...]]]


def random_rows(random: Random, *, empty: bool = False) -> Rows:
    """Few rows of few values, so that joins match, miss and match twice."""

    def number(null: float = 0.4) -> int | None:
        return None if random.random() < null else random.randint(0, 3)

    def text(null: float = 0.4) -> str | None:
        return None if random.random() < null else random.choice(["", "a", "b"])

    def size() -> int:
        return 0 if empty else random.randint(0, 4)

    unique = random.sample([0, 1, 2, 3, None, None], 4)
    ids = random.sample(range(5), size())
    pairs = random.sample([(n, m) for n in range(3) for m in range(2)], size())
    return Rows({
        "t1": [(key, number(0), number(), text()) for key in ids],
        "t2": [
            (key, number(), number(0), unique[place], text(0))
            for place, key in enumerate(random.sample(range(5), size()))
        ],
        "t3": [(n, m, number()) for n, m in pairs],
        "t4": [(number(), text()) for _ in range(size())],
        "t5": [(key, random.choice(ids), number()) for key in range(size() if ids else 0)],
    })  # fmt: skip
