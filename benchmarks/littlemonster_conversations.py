"""littlemonster: is the cost of its hot calls flat as there is more and more of everything?

Medians of one run, server and client on one core, of the shipped statements:

* recent_conversations: a user with 10, 100 and 1,000 past conversations of 10 messages each;
* append_message: to a conversation of 10, 100 and 1,000 messages;
* search_materials, by words, by meaning and by both: a user with 100 materials in a database of
  1, 10 and 100 such users, all of whom have the same words.

Target for each: the largest costs at most 1.5 times what the smallest does. To see what keeps
recent_conversations flat, a statement that counts messages and looks for the last one by grouping
all of them stands beside it; that one has no target.

Commits do not wait for the disk, which would be most of what an append takes.

    python benchmarks/littlemonster_conversations.py [--rounds 40] [--check] [--json FILE]
"""

from __future__ import annotations

import itertools
import sys
from typing import LiteralString

import growth
import harness
import psycopg
from psycopg.pq import ExecStatus

from pgrepo.project import shipped_domain
from pgrepo.sqlfiles.library import load_queries

SIZES = (10, 100, 1000)
USERS = 20

# What one would write without the columns that conversations keep, on the same indexes.
GROUPED = """
SELECT
    conversation.id,
    conversation.title,
    count(message.id) AS message_count,
    (array_agg(message.content ORDER BY message.position DESC))[1] AS last_message,
    COALESCE(max(message.created_at), conversation.created_at) AS last_activity_at
FROM littlemonster.conversations AS conversation
LEFT JOIN littlemonster.messages AS message ON message.conversation_id = conversation.id
WHERE
    conversation.user_id = $1
    AND conversation.status = 'active'
GROUP BY conversation.id
ORDER BY last_activity_at DESC, conversation.id DESC
LIMIT 20
"""

# Rows are stored in the order in which things happen: everybody talks every day, so neither a
# user's conversations nor a conversation's messages lie side by side on disk. The triggers that
# count are passed over, and what they would have counted is put in.
CONVERSATIONS: tuple[LiteralString, ...] = (
    "SET session_replication_role = replica",
    """
    INSERT INTO littlemonster.users (id, email)
    SELECT md5('user ' || n)::uuid, n || '@example.com' FROM generate_series(1, %(users)s) AS n
    """,
    """
    INSERT INTO littlemonster.conversations (
        id, user_id, title, message_count, last_position, last_message, last_message_role,
        last_message_at, last_activity_at, created_at
    )
    SELECT
        md5(n || ' ' || c)::uuid, md5('user ' || n)::uuid, 'Questions ' || c,
        %(messages)s, %(messages)s, repeat('what I want to know, ', 1 + %(messages)s %% 8), 'user',
        begun.at + %(messages)s * interval '1 minute',
        begun.at + %(messages)s * interval '1 minute', begun.at
    FROM generate_series(1, %(conversations)s) AS c
    CROSS JOIN generate_series(1, %(users)s) AS n
    CROSS JOIN LATERAL (
        SELECT timestamptz '2020-01-01' + c * interval '1 day' + n * interval '1 second' AS at
    ) AS begun
    """,
    """
    INSERT INTO littlemonster.messages (conversation_id, position, role, content, created_at)
    SELECT
        conversation.id, p, 'user', repeat('what I want to know, ', 1 + p %% 8),
        conversation.created_at + p * interval '1 minute'
    FROM littlemonster.conversations AS conversation
    CROSS JOIN generate_series(1, %(messages)s) AS p
    ORDER BY date_trunc('day', conversation.created_at), p, conversation.id
    """,
    "SET session_replication_role = origin",
)
MATERIALS: tuple[LiteralString, ...] = (
    """
    INSERT INTO littlemonster.users (id, email)
    SELECT md5('user ' || n)::uuid, n || '@example.com' FROM generate_series(1, %(users)s) AS n
    """,
    """
    INSERT INTO littlemonster.study_materials (
        user_id, title, content, embedding, embedding_model, embedded_at, created_at
    )
    WITH direction AS MATERIALIZED (
        SELECT
            number,
            (
                SELECT array_agg(sin(number * axis * 1.7) ORDER BY axis)
                FROM generate_series(1, 768) AS axis
            )::real[]::vector(768) AS vector
        FROM generate_series(1, 100) AS number
    )
    SELECT
        md5('user ' || n)::uuid,
        (ARRAY['Cells', 'Plants', 'Waves', 'Atoms'])[1 + m %% 4] || ' ' || m,
        repeat((ARRAY['light and cell ', 'leaf and light ', 'sound ', 'charge '])[1 + m %% 4], 20)
        || md5(n || ' ' || m),
        direction.vector, 'model', now(), timestamptz '2020-01-01' + m * interval '1 day'
    FROM generate_series(1, 100) AS m
    CROSS JOIN generate_series(1, %(users)s) AS n
    INNER JOIN direction ON direction.number = m
    """,
)


def build(url: str, name: str, fill: tuple[LiteralString, ...], **sizes: int) -> str:
    """A new database with the schema and so much in it; its URL."""
    built = harness.database(url, name, "littlemonster")
    with psycopg.connect(built, autocommit=True) as connection:
        for step in fill:
            connection.execute(step, sizes)
        connection.execute("VACUUM (ANALYZE)")
    return built


def ids(url: str, query: LiteralString) -> list[str]:
    """What calls are made with, in turn."""
    return [str(row[0]) for row in harness.rows(url, query)]


def enter(
    call: str, size: int, url: str, rows: int, turns: dict[str, list[str]], **same: str
) -> growth.Contestant:
    """A shipped query; what is neither taken in turn nor always the same is NULL."""
    query = load_queries(shipped_domain("littlemonster").queries)[call]
    _, names = growth.variant(query)
    count = len(next(iter(turns.values())))
    given = {name: turns.get(name, [same.get(name)] * count) for name in names}
    return growth.enter(f"{call}, {size:,}", url, query, None, rows, **given)


def enter_grouped(size: int, url: str, users: list[str]) -> growth.Contestant:
    """What the shipped query is compared with."""
    connection = psycopg.connect(url, autocommit=True)
    result = connection.pgconn.prepare(b"contestant", GROUPED.encode())
    assert result.status == ExecStatus.COMMAND_OK, result.error_message
    calls = itertools.cycle([[user.encode()] for user in users])
    return growth.Contestant(f"grouped, {size:,}", connection, calls, min(size, 20))


def conversation_heats(url: str) -> dict[str, list[growth.Contestant]]:
    """Histories of three lengths, and conversations of three lengths."""
    recent, grouped, append = [], [], []
    for size in SIZES:
        built = build(
            url, f"history_{size}", CONVERSATIONS, users=USERS, conversations=size, messages=10
        )
        users = ids(built, "SELECT id FROM littlemonster.users ORDER BY id")
        recent.append(
            enter(
                "recent_conversations", size, built, 10, {"user_id": users},
                status="active", limit="10",
            )
        )  # fmt: skip
        grouped.append(enter_grouped(size, built, users))
        built = build(
            url, f"talk_{size}", CONVERSATIONS, users=USERS, conversations=5, messages=size
        )
        conversations = ids(built, "SELECT id FROM littlemonster.conversations ORDER BY id")
        append.append(
            enter(
                "append_message", size, built, 1, {"conversation_id": conversations},
                role="user", content="And what is that?",
            )
        )  # fmt: skip
    return {
        "recent_conversations": recent,
        "the same, grouped": grouped,
        "append_message": append,
    }


def search_heats(url: str) -> dict[str, list[growth.Contestant]]:
    """One user's materials among those of few and of many."""
    heats: dict[str, list[growth.Contestant]] = {}
    for users in (size // 10 for size in SIZES):
        built = build(url, f"shelves_{users}", MATERIALS, users=users)
        user = ids(built, "SELECT id FROM littlemonster.users ORDER BY id LIMIT 1")
        directions = ids(built, "SELECT embedding FROM littlemonster.study_materials LIMIT 7")
        words = {"words": ["cell light"] * len(directions)}
        meaning = {"embedding": directions}
        for how, turns in (("words", words), ("meaning", meaning), ("both", words | meaning)):
            heats.setdefault(f"search_materials by {how}", []).append(
                enter(
                    "search_materials", users, built, 10, turns,
                    user_id=user[0], language="english", candidates="50", limit="10",
                )
            )  # fmt: skip
    return heats


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__).parse_args()
    with harness.server() as url:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET synchronous_commit = off")
            admin.execute("SELECT pg_reload_conf()")
        contestants = conversation_heats(url) | search_heats(url)
        return growth.report(options, contestants, free=("the same, grouped",))


if __name__ == "__main__":
    sys.exit(main())
