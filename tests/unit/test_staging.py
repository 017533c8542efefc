"""Inserts of one row, rewritten to insert many."""

from __future__ import annotations

import pytest

from pgrepo.sqlfiles.staging import read_staging


def rewritten(sql: str, count: int = 2) -> str | None:
    staging = read_staging(sql, count)
    return None if staging is None else " ".join(staging.from_table("rows").split())


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "INSERT INTO s.t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
            (
                "INSERT INTO s.t (a, b) SELECT pgrepo_rows.p1, pgrepo_rows.p2 FROM rows "
                "AS pgrepo_rows (p1, p2) ON CONFLICT (a) DO UPDATE SET b = excluded.b"
            ),
        ),
        (
            'insert into t as x ("a,b", c) overriding system value values (f($2, $1), now())',
            (
                'insert into t as x ("a,b", c) overriding system value SELECT '
                "f(pgrepo_rows.p2, pgrepo_rows.p1), now() FROM rows AS pgrepo_rows (p1, p2)"
            ),
        ),
        (
            "INSERT INTO t (a, b, c) VALUES ($1::int[], DEFAULT, ($1)[$2]);",
            (
                "INSERT INTO t (a, c) SELECT pgrepo_rows.p1::int[], "
                "(pgrepo_rows.p1)[pgrepo_rows.p2] FROM rows AS pgrepo_rows (p1, p2);"
            ),
        ),
        (
            "INSERT INTO t (a) -- VALUES (1)\nVALUES (/* $1 */ '$1, ' || $1 || (VALUES ($2)))",
            (
                "INSERT INTO t (a) -- VALUES (1) SELECT '$1, ' || pgrepo_rows.p1 || "
                "(VALUES (pgrepo_rows.p2)) FROM rows AS pgrepo_rows (p1, p2)"
            ),
        ),
    ],
)
def test_rewritten(sql: str, expected: str) -> None:
    """Parameters become columns of the rows, DEFAULT goes with its column, the rest stays."""
    assert rewritten(sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "",
        "UPDATE t SET a = $1",
        "WITH x AS (SELECT 1) INSERT INTO t (a) VALUES ($1)",
        "INSERT INTO t DEFAULT VALUES",
        "INSERT INTO t VALUES ($1, $2)",
        "INSERT INTO t (a) VALUES ($1), ($2)",
        "INSERT INTO t (a) SELECT a FROM (VALUES ($1)) AS x (a)",
        "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = $2",
        "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = 1 WHERE t.c = $2",
        "INSERT INTO t (a) VALUES (DEFAULT)",
    ],
)
def test_left_alone(sql: str) -> None:
    """What is no insert of one row, or has parameters elsewhere, is not rewritten."""
    assert rewritten(sql) is None


def test_values() -> None:
    """The first row says the types of all."""
    staging = read_staging("INSERT INTO t (a, b) VALUES ($1, $2)", 2)
    assert staging is not None
    assert staging.from_values(("integer", "s.kind"), 3).endswith(
        "FROM (VALUES ($1::integer, $2::s.kind), ($3, $4), ($5, $6)) AS pgrepo_rows (p1, p2)"
    )
