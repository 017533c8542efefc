"""`pgrepo explain`: a query's plan, in plain words and in PostgreSQL's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.integration.cli.conftest import Run

USER = "00000000-0000-4000-8000-000000000001"


def test_scratch_database(pgrepo: Run, environment: dict[str, str], server_url: str) -> None:
    """Without a database: types, steps, plan, as if the tables were large."""
    with psycopg.connect(server_url) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("PostgreSQL 18 can be told statistics")
    del environment["DATABASE_URL"]
    told = pgrepo("explain", "monumento.recent_sessions").stdout
    assert "recent_sessions  any number of rows, reads only" in told
    assert "$2  limit" in told
    assert "as if there were 10,000,000 rows in each of" in told
    assert "sessions_user_id_created_at_idx" in told
    assert "stops after 10 rows" in told
    assert "PostgreSQL's EXPLAIN\nLimit  (cost=" in told
    steps = told.partition("as if")[2].partition("PostgreSQL's EXPLAIN")[0].splitlines()
    shares = [int(line.split("%")[0].strip(" <")) for line in steps[1:] if "%  " in line]
    assert shares == sorted(shares, reverse=True)


def test_real_database(pgrepo: Run, monumento_url: str) -> None:
    """Of a database without values: its generic plan; with values: the plan for these."""
    generic = pgrepo("explain", "monumento.user_by_id", "--dsn", monumento_url).stdout
    assert "In the database " in generic
    assert "(id = $1)" in generic
    given = pgrepo(
        "explain", "monumento.user_by_id", "--param", f"user_id={USER}", "--dsn", monumento_url
    ).stdout
    assert f"(id = '{USER}'::uuid)" in given
    assert "actual" not in given


def test_analyze(pgrepo: Run, monumento_url: str) -> None:
    """A statement that writes is run once, told with what it did, and rolled back."""
    told = pgrepo(
        "explain", "monumento.create_user", "--analyze", "--dsn", monumento_url,
        "--param", "email=new@example.com", "--param", "password_hash=x", "--param", "full_name",
    ).stdout  # fmt: skip
    assert "inserts into users (account); 1 row, 1 row expected" in " ".join(told.split())
    assert "(actual time=" in told
    with psycopg.connect(monumento_url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM monumento.users WHERE email = 'new@example.com'"
        ).fetchone()
    assert found == (0,)


def test_variants(pgrepo: Run, monumento_url: str) -> None:
    """Of a dynamic query: the variant that a call with these values executes."""
    told = pgrepo(
        "explain", "monumento.search_sessions", "--dsn", monumento_url,
        "--param", f"user_id={USER}", "--param", "order_by=longest",
    ).stdout  # fmt: skip
    plan = told.partition("PostgreSQL's EXPLAIN")[2]
    assert "duration_minutes DESC" in plan
    assert "metadata" not in plan


@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (["recent_sesions"], "there is no query 'recent_sesions' in monumento, storyverse, ", 1),
        (["recent_sesions"], "; did you mean recent_sessions?", 1),
        (["user_by_id"], "several queries 'user_by_id': say which, as monumento.user_by_id or ", 1),
        (["monumento.xyzzy"], "there is no query 'xyzzy' in monumento; `pgrepo describe` lists", 1),
        (["shop.recent_sessions"], "there is no domain 'shop'", 1),
        (
            ["monumento.user_by_id", "--param", "usr_id=1"],
            "no parameter 'usr_id'; did you mean user_id?",
            2,
        ),
        (["monumento.user_by_id", "--analyze"], "needs a value for user_id: --param user_id=…", 2),
        (
            ["monumento.user_by_id", "--param", "user_id=x"],
            'syntax for type uuid: "x"',
            1,
        ),
        (
            ["monumento.search_sessions", "--param", f"user_id={USER}", "--param", "order_by=vibe"],
            "there is no order 'vibe'; there is newest, oldest, longest",
            2,
        ),
    ],
)
def test_mistakes(
    pgrepo: Run, monumento_url: str, arguments: list[str], words: str, status: int
) -> None:
    """Each is told with the way out; status 2 where the command line is what is wrong."""
    assert words in pgrepo("explain", *arguments, "--dsn", monumento_url, status=status).stderr


def test_analyze_needs_a_database(pgrepo: Run, environment: dict[str, str]) -> None:
    """The scratch database has no data."""
    del environment["DATABASE_URL"]
    error = pgrepo("explain", "monumento.user_by_id", "--analyze", status=2).stderr
    assert "--analyze needs a database with data in it" in error
