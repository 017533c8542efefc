"""36 months of messages: what belongs to one conversation is read from its months alone.

The plans are those of prepared statements, which know no values. 41 conversations of 20 messages
lie in each of the months, and one goes on in the month after.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.plans.explained import (
    executed_plan,
    executed_query,
    filled_database,
    generic_plan,
    indexes,
    only,
    queries_of,
    scanned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection
    from pytest_postgresql.executors import NoopExecutor

    from tests.plans.explained import Plan

MONTHS = 36
AHEAD = 3  # which every migration makes
ONE, ANOTHER, GOES_ON = 700, 300, 99
FILL = (
    f"""
    CREATE TEMPORARY TABLE months AS
    SELECT n, date_trunc('month', now() AT TIME ZONE 'UTC') - n * interval '1 month' AS begins
    FROM generate_series(0, {MONTHS - AHEAD - 1}) AS n
    """,
    """
    SELECT monumento.create_monthly_partition(
        'messages', extract(year FROM begins)::integer, extract(month FROM begins)::integer
    ) FROM months
    """,
    "INSERT INTO monumento.users (email, password_hash) VALUES ('ada@example.org', 'hash')",
    f"""
    CREATE TEMPORARY TABLE said AS
    SELECT 100 * month.n + s AS n, month.begins AT TIME ZONE 'UTC' AS at
    FROM months AS month CROSS JOIN generate_series(0, 40) AS s
    UNION ALL
    SELECT {GOES_ON}, begins AT TIME ZONE 'UTC' FROM months WHERE n IN (4, 5)
    """,
    """
    INSERT INTO monumento.sessions (id, user_id, vibe, mode, duration_minutes, created_at)
    SELECT lpad(said.n::text, 32, '0')::uuid, account.id, 'v', 'm', 1, min(said.at)
    FROM said CROSS JOIN monumento.users AS account
    GROUP BY said.n, account.id
    """,
    """
    INSERT INTO monumento.messages (
        session_id, role, text, timestamp, relative_offset, created_at
    )
    SELECT lpad(said.n::text, 32, '0')::uuid, 'ai', 'message ' || m, m, m,
        said.at + m * interval '1 second'
    FROM said CROSS JOIN generate_series(1, 20) AS m
    """,
    "VACUUM ANALYZE",
    "SET plan_cache_mode = force_generic_plan",
)
NAMES = "SELECT n, 'messages_' || to_char(begins, 'YYYY_MM') FROM months"
# The indexes that this transaction has opened, by their partitions: of a plan that is kept, only
# those of what its executor has made ready.
OPENED = """
SELECT DISTINCT index.indrelid::regclass::text
FROM pg_locks AS held
INNER JOIN pg_index AS index ON index.indexrelid = held.relation
INNER JOIN pg_inherits AS inherits ON inherits.inhrelid = index.indrelid
WHERE
    held.pid = pg_backend_pid()
    AND inherits.inhparent = 'monumento.messages'::regclass
"""


@pytest.fixture(scope="module")
def connection(server_url: str, monumento_noproc: NoopExecutor) -> Iterator[Connection[Any]]:
    """To a database with 36 months of messages."""
    for connection in filled_database(server_url, monumento_noproc, FILL):
        query = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'monumento.messages'::regclass"
        assert connection.execute(query).fetchone() == (MONTHS,)
        yield connection


@pytest.fixture(scope="module")
def names(connection: Connection[Any]) -> dict[int, str]:
    """The partitions, by how many months ago they were."""
    return dict(connection.execute(NAMES).fetchall())


def key(number: int) -> str:
    """The id of a session, in SQL."""
    return f"'{number:032}'"


def removed(plan: Plan) -> list[int]:
    """How many partitions each step that reads them left alone before it began."""
    return [node["Subplans Removed"] for node in plan if "Subplans Removed" in node]


def months_read(plan: Plan) -> set[str]:
    """The partitions that were read."""
    return {
        node["Relation Name"]
        for node in plan
        if node.get("Relation Name", "").startswith("messages_") and node["Actual Loops"]
    }


def spoken_messages(connection: Connection[Any]) -> str:
    """The statement in the function, with numbers for its parameters."""
    source = "SELECT prosrc FROM pg_proc WHERE oid = 'monumento.spoken_messages'::regproc"
    row = connection.execute(source).fetchone()
    assert row is not None
    statement = re.search(r"BEGIN(.*?);\s*END", row[0].replace("INTO messages", ""), re.DOTALL)
    assert statement is not None
    names = {"of_session": "$1", "stored_from": "$2", "stored_until": "$3"}
    return re.sub(r"\b(of_session|stored_\w+)\b", lambda found: names[found[0]], statement[1])


def test_session_with_messages(connection: Connection[Any], names: dict[int, str]) -> None:
    """Its executor makes one partition of 36 ready, or two: those that have the messages."""
    query = only(queries_of("monumento")["session_with_messages"], ())
    connection.execute(f"PREPARE whole AS {query.sql}".encode())
    for number, months in ((ONE, [7]), (GOES_ON, [4, 5])):
        call = f"EXECUTE whole({key(number)})".encode()
        connection.execute(call)  # and so it is planned
        with connection.transaction():
            row = connection.execute(call).fetchone()
            assert row is not None
            assert len(row[-1]) == 20 * len(months)
            opened = {name for (name,) in connection.execute(OPENED)}
        assert opened == {f"monumento.{names[month]}" for month in months}
    plan = connection.execute("SELECT generic_plans FROM pg_prepared_statements").fetchall()
    assert plan == [(4,)]
    connection.execute("DEALLOCATE whole")


@pytest.mark.parametrize(("number", "months"), [(ONE, [7]), (GOES_ON, [4, 5])])
def test_plan_of_spoken_messages(
    connection: Connection[Any], names: dict[int, str], number: int, months: list[int]
) -> None:
    """It is pruned by parameters before it begins: the other partitions are not in it."""
    bounds = "SELECT messages_from::text, messages_until::text FROM monumento.sessions WHERE id = "
    row = connection.execute((bounds + key(number)).encode()).fetchone()
    assert row is not None
    types = "uuid, timestamptz, timestamptz"
    connection.execute(f"PREPARE spoken({types}) AS {spoken_messages(connection)}".encode())
    call = f"EXECUTE spoken({key(number)}, '{row[0]}', '{row[1]}')"
    plan = executed_plan(connection, call)
    connection.execute("DEALLOCATE spoken")
    assert removed(plan) == [MONTHS - len(months)]
    assert months_read(plan) == {names[month] for month in months}
    assert not scanned(plan)


def test_recent_sessions(connection: Connection[Any]) -> None:
    """A page of them is read from an index of sessions, and no message."""
    plan = generic_plan(connection, only(queries_of("monumento")["recent_sessions"], ()).sql)
    tables = {node["Relation Name"] for node in plan if "Relation Name" in node}
    assert tables == {"sessions", "users"}
    assert "sessions_user_id_created_at_idx" in indexes(plan)


def test_pages_of_a_conversation(connection: Connection[Any], names: dict[int, str]) -> None:
    """They look into its months alone."""
    page, pages = (
        queries_of("monumento")[name] for name in ("messages_of_session", "messages_by_session_ids")
    )
    for number, months in ((ONE, [7]), (GOES_ON, [4, 5])):
        found = executed_query(connection, page, (), {"session_id": key(number), "limit": "50"})
        assert months_read(found) == {names[month] for month in months}
        keys = {"session_ids": f"ARRAY[{key(number)}, {key(ANOTHER)}]::uuid[]", "limit": "50"}
        found = executed_query(connection, pages, (), keys)
        assert months_read(found) == {names[month] for month in (*months, 3)}


@pytest.mark.parametrize("name", ["message_by_id", "update_message", "delete_message"])
def test_one_message(connection: Connection[Any], names: dict[int, str], name: str) -> None:
    """With created_at its month alone is looked into."""
    query = "SELECT id::text, created_at::text FROM monumento.messages WHERE session_id = "
    row = connection.execute((query + key(ONE)).encode()).fetchone()
    assert row is not None
    arguments = {"message_id": f"'{row[0]}'", "created_at": f"'{row[1]}'", "text": "'corrected'"}
    with connection.transaction(force_rollback=True):
        given = {"created_at", "text"} if name == "update_message" else {"created_at"}
        plan = executed_query(connection, queries_of("monumento")[name], given, arguments)
    assert removed(plan) == [MONTHS - 1]
    assert months_read(plan) == {names[7]}
