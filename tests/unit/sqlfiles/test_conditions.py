"""Which parts of a statement can be left out: SQL of every kind, taken apart."""

import pytest

from pgrepo.sqlfiles.conditions import Part, find_parts
from pgrepo.sqlfiles.lexer import tokenize


def parts(sql: str) -> tuple[list[tuple[str, str]], list[Part]]:
    """The text of every part with what takes its place, in order of appearance."""
    tokens = tokenize(sql)
    found = sorted(find_parts(tokens).all, key=lambda part: (part.start, -part.end))
    texts = [sql[tokens[part.start].start : tokens[part.end - 1].end] for part in found]
    return list(zip(texts, [part.absent for part in found], strict=True)), found


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a AND b, (c OR d) FROM t", []),
        ("SELECT 1 FROM t WHERE a = 1", [("a = 1", "TRUE")]),
        ("SELECT 1 FROM t where a and NOT b", [("a", "TRUE"), ("NOT b", "TRUE")]),
        ("SELECT 1 FROM t WHERE a OR b", [("a", "FALSE"), ("b", "FALSE")]),
        # AND binds more tightly.
        ("SELECT 1 FROM t WHERE a AND b OR c", [("a", "TRUE"), ("b", "TRUE"), ("c", "FALSE")]),
        ("SELECT 1 FROM t WHERE a OR b AND c", [("a", "FALSE"), ("b", "TRUE"), ("c", "TRUE")]),
        (
            "SELECT 1 FROM t WHERE x BETWEEN 1 AND 2 AND y BETWEEN SYMMETRIC 3 AND 4",
            [("x BETWEEN 1 AND 2", "TRUE"), ("y BETWEEN SYMMETRIC 3 AND 4", "TRUE")],
        ),
        (
            "SELECT 1 FROM t WHERE x BETWEEN (SELECT 1 WHERE p AND q) AND 2 OR z",
            [
                ("x BETWEEN (SELECT 1 WHERE p AND q) AND 2", "FALSE"),
                ("p", "TRUE"),
                ("q", "TRUE"),
                ("z", "FALSE"),
            ],
        ),
        (
            "SELECT 1 FROM t WHERE (a OR b) AND c = ANY (ARRAY[1, 2])",
            [
                ("(a OR b)", "TRUE"),
                ("a", "FALSE"),
                ("b", "FALSE"),
                ("c = ANY (ARRAY[1, 2])", "TRUE"),
            ],
        ),
        (
            "SELECT 1 FROM t WHERE CASE WHEN a AND b THEN c ELSE d OR e END AND f",
            [
                ("CASE WHEN a AND b THEN c ELSE d OR e END", "TRUE"),
                ("a", "TRUE"),
                ("b", "TRUE"),
                ("d", "FALSE"),
                ("e", "FALSE"),
                ("f", "TRUE"),
            ],
        ),
        (
            "SELECT 1 FROM t WHERE coalesce(a AND b, c) AND f(x => d OR e)",
            [
                ("coalesce(a AND b, c)", "TRUE"),
                ("a", "TRUE"),
                ("b", "TRUE"),
                ("f(x => d OR e)", "TRUE"),
                ("d", "FALSE"),
                ("e", "FALSE"),
            ],
        ),
        (
            "SELECT 1 FROM t LEFT JOIN u ON a AND b INNER JOIN (v CROSS JOIN w) ON c, x WHERE d",
            [("a", "TRUE"), ("b", "TRUE"), ("c", "TRUE"), ("d", "TRUE")],
        ),
        ("SELECT 1 FROM a JOIN b JOIN c ON d ON e", [("d", "TRUE"), ("e", "TRUE")]),
        ("SELECT 1 FROM a JOIN b USING (c) WHERE d", [("d", "TRUE")]),
        (
            "SELECT a, count(*) FILTER (WHERE b) FROM t GROUP BY a HAVING c AND d ORDER BY e",
            [("b", "TRUE"), ("c", "TRUE"), ("d", "TRUE")],
        ),
        ("SELECT DISTINCT ON (a) a FROM t WHERE b LIMIT 1", [("b", "TRUE")]),
        ("SELECT 1 WHERE a LIMIT (SELECT 1 WHERE b)", [("a", "TRUE"), ("b", "TRUE")]),
        ("SELECT 1 WHERE a OFFSET 1 FETCH NEXT ROW ONLY FOR UPDATE", [("a", "TRUE")]),
        ("SELECT 1 WHERE a WINDOW w AS (ORDER BY x)", [("a", "TRUE")]),
        ("SELECT 1 WHERE a UNION SELECT 2 WHERE b", [("a", "TRUE"), ("b", "TRUE")]),
        (
            "WITH x AS (SELECT 1 WHERE a AND b) SELECT 1 FROM x WHERE c",
            [("a", "TRUE"), ("b", "TRUE"), ("c", "TRUE")],
        ),
        # Words that are only names here, and words that begin nothing.
        (
            "SELECT t.where AS where FROM t WHERE t.and = t.limit AND t.set IS DISTINCT FROM 1",
            [("t.and = t.limit", "TRUE"), ("t.set IS DISTINCT FROM 1", "TRUE")],
        ),
        (
            "SELECT 1 WHERE a = :b::timestamp with time zone AND left(c, 1) = 'x'",
            [("a = :b::timestamp with time zone", "TRUE"), ("left(c, 1) = 'x'", "TRUE")],
        ),
        (
            "SELECT 1 WHERE substring(a FROM 1 FOR 2) = 'x' AND j IS JSON WITH UNIQUE KEYS",
            [("substring(a FROM 1 FOR 2) = 'x'", "TRUE"), ("j IS JSON WITH UNIQUE KEYS", "TRUE")],
        ),
        (
            "SELECT 1 WHERE json_value(a, '$' NULL ON EMPTY ERROR ON ERROR) = 'x' AND b",
            [("json_value(a, '$' NULL ON EMPTY ERROR ON ERROR) = 'x'", "TRUE"), ("b", "TRUE")],
        ),
        ("DELETE FROM t USING u WHERE a AND b RETURNING c", [("a", "TRUE"), ("b", "TRUE")]),
        (
            "SELECT 1 WHERE EXISTS (VALUES (a)) AND b;",
            [("EXISTS (VALUES (a))", "TRUE"), ("b", "TRUE")],
        ),
    ],
)
def test_predicates(sql: str, expected: list[tuple[str, str]]) -> None:
    """Every operand of a condition, with the value that changes nothing there."""
    assert parts(sql)[0] == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE t SET a = 1, b = 2", [("a = 1", "a = t.a"), ("b = 2", "b = t.b")]),
        ("UPDATE s.t AS x SET a = 1 WHERE b", [("a = 1", "a = x.a"), ("b", "TRUE")]),
        ("UPDATE ONLY s.t * x SET a = 1", [("a = 1", "a = x.a")]),
        ("UPDATE ONLY (s.t) SET a = 1", [("a = 1", "a = t.a")]),
        ('UPDATE "T" SET "A b" = 1', [('"A b" = 1', '"A b" = "T"."A b"')]),
        ("UPDATE t SET (a, b) = (1, 2)", [("(a, b) = (1, 2)", "a = t.a")]),
        (
            "UPDATE t SET a = x AND y, b[1] = 2, c.d = 3",
            [("a = x AND y", "a = t.a"), ("b[1] = 2", "b = t.b"), ("c.d = 3", "c = t.c")],
        ),
        (
            "UPDATE t SET a = b IS DISTINCT FROM c FROM u WHERE d RETURNING e",
            [("a = b IS DISTINCT FROM c", "a = t.a"), ("d", "TRUE")],
        ),
        (
            "UPDATE t SET a = (SELECT 1 FROM u WHERE b AND c), d = DEFAULT",
            [
                ("a = (SELECT 1 FROM u WHERE b AND c)", "a = t.a"),
                ("b", "TRUE"),
                ("c", "TRUE"),
                ("d = DEFAULT", "d = t.d"),
            ],
        ),
        (
            "INSERT INTO s.t SELECT 1 WHERE x ON CONFLICT (a) WHERE y DO UPDATE SET b = 1 WHERE z",
            [("x", "TRUE"), ("y", "TRUE"), ("b = 1", "b = t.b"), ("z", "TRUE")],
        ),
        (
            "INSERT INTO t AS x VALUES (1) ON CONFLICT ON CONSTRAINT c DO UPDATE SET b = 1",
            [("b = 1", "b = x.b")],
        ),
        (
            "WITH w AS (UPDATE t SET a = 1) INSERT INTO u SELECT 1 ON CONFLICT DO UPDATE SET a = 2",
            [("a = 1", "a = t.a"), ("a = 2", "a = u.a")],
        ),
        (
            """
            MERGE INTO t AS x USING u ON a AND b
            WHEN MATCHED AND c THEN UPDATE SET d = 1, e = 2
            WHEN NOT MATCHED THEN INSERT VALUES (1)
            """,
            [("a", "TRUE"), ("b", "TRUE"), ("d = 1", "d = x.d"), ("e = 2", "e = x.e")],
        ),
        ("SELECT 1 FROM t WHERE a FOR NO KEY UPDATE", [("a", "TRUE")]),
    ],
)
def test_items(sql: str, expected: list[tuple[str, str]]) -> None:
    """Every item of a SET list, with the one that changes nothing."""
    assert parts(sql)[0] == expected


def test_an_item_knows_its_list() -> None:
    """What is left of a list decides what is to be done with the commas."""
    _, found = parts("UPDATE t SET a = 1, b = f(2, 3), c = 4 WHERE d")
    assert [part.items for part in found[:3]] == [((3, 6), (7, 15), (16, 19))] * 3
    assert found[3].items == ()


@pytest.mark.parametrize(
    "sql", ["SELECT ) WHERE a AND", "WHERE", "UPDATE", "SET a END", "ON ( AND", ""]
)
def test_what_is_no_sql(sql: str) -> None:
    """Nothing beyond its tokens is found; PostgreSQL refuses it later, with a better message."""
    tokens = tokenize(sql)
    assert find_parts(tokens).leads <= set(range(len(tokens)))
