"""recent_sessions: is its cost flat as a user's history grows, and what does that save?

Two questions, answered with ratios of medians from one run, server and client on one core:

1. flat: recent_sessions for users with 10 and with 1,000 past sessions of 40 messages each,
   either in a database of its own. Target: 1,000 costs at most 1.5 times what 10 does.
2. saved: at 100 sessions, recent_sessions beside the reference document's own way, which is its
   query (join all messages, group, sort, keep ten) on its indexes. Target: at least 20 times as
   fast. Its query on our indexes stands beside them, to tell what the indexes do from what the
   query does; that one has no target.

What a call is, and who disturbs whom, growth.py says.

    python benchmarks/monumento_recent_sessions.py [--check] [--json FILE]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import aiosql
import growth
import harness
import psycopg
from results import Target, Work

if TYPE_CHECKING:
    from typing import LiteralString

ROOT = Path(__file__).resolve().parents[1]
QUERIES = ROOT / "queries" / "monumento"

MESSAGES = 40
SAVED_AT_LEAST = 20.0

# What the reference document does, in our style and on our tables.
JOIN_EVERYTHING = """
SELECT
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at,
    count(message.id) AS message_count,
    min(message.timestamp) AS first_message_at,
    max(message.timestamp) AS last_message_at
FROM monumento.sessions AS session
LEFT JOIN monumento.messages AS message ON message.session_id = session.id
WHERE
    session.user_id = $1
    AND session.deleted_at IS NULL
GROUP BY session.id
ORDER BY session.created_at DESC
LIMIT $2
"""

# The document's indexes instead of ours, on the tables that the query reads.
DOCUMENT_INDEXES: tuple[LiteralString, ...] = (
    "DROP INDEX monumento.sessions_user_id_created_at_idx",
    "DROP INDEX monumento.sessions_created_at_utc_idx",
    "DROP INDEX monumento.sessions_status_created_at_idx",
    "DROP INDEX monumento.messages_session_id_timestamp_idx",
    "CREATE INDEX ON monumento.sessions (created_at DESC)",
    "CREATE INDEX ON monumento.sessions (status)",
    "CREATE INDEX ON monumento.messages (session_id)",
    "CREATE INDEX ON monumento.messages (timestamp)",
)

# Every user records once a day, one after the other within an evening hour, and rows are stored
# in the order in which things happen: neither a user's sessions nor, where many talk at once, a
# session's messages lie side by side on disk.
FILL: tuple[LiteralString, ...] = (
    """
    INSERT INTO monumento.users (email, password_hash)
    SELECT 'user' || n || '@example.com', 'none'
    FROM generate_series(1, %(users)s) AS n
    """,
    """
    INSERT INTO monumento.sessions (
        user_id, vibe, mode, duration_minutes, status, metadata, created_at
    )
    SELECT
        account.id,
        'The Historian',
        'Auto-Pilot',
        8,
        'completed',
        jsonb_build_object('topics', jsonb_build_array('topic ' || day)),
        timestamptz '2020-01-01 19:00:00+00'
        + day * interval '1 day'
        + account.turn * interval '1 hour' / %(users)s
    FROM generate_series(1, %(sessions)s) AS day
    CROSS JOIN (
        SELECT id, row_number() OVER (ORDER BY id) AS turn FROM monumento.users
    ) AS account
    ORDER BY day, account.turn
    """,
    """
    INSERT INTO monumento.messages (session_id, role, text, timestamp, relative_offset)
    SELECT
        session.id,
        CASE WHEN n %% 2 = 0 THEN 'user' ELSE 'ai' END,
        repeat('what I remember of it, ', 1 + n %% 8),
        spoken.at,
        n * 12000
    FROM monumento.sessions AS session
    CROSS JOIN generate_series(1, %(messages)s) AS n
    CROSS JOIN LATERAL (
        SELECT (extract(epoch FROM session.created_at) * 1000)::bigint + n * 12000 AS at
    ) AS spoken
    ORDER BY spoken.at
    """,
)


def build(url: str, users: int, sessions: int, changes: tuple[LiteralString, ...] = ()) -> str:
    """A new database in which every user has so many past sessions; its URL."""
    built = harness.database(url, f"history_{sessions}_{len(changes)}", "monumento")
    with psycopg.connect(built, autocommit=True) as connection:
        for change in changes:
            connection.execute(change)
        arguments = {"users": users, "sessions": sessions, "messages": MESSAGES}
        for step in FILL:
            connection.execute(step, arguments)
        connection.execute("VACUUM (ANALYZE)")
    return built


def enter(name: str, url: str, statement: str) -> growth.Contestant:
    """The latest ten sessions of one user after the other."""
    users = harness.rows(url, "SELECT id FROM monumento.users")
    return growth.prepare(name, url, statement, [(user, 10) for (user,) in users], rows=10)


def recent_sessions() -> str:
    """Our statement, out of its query file, with $1 and $2."""
    text = aiosql.from_path(QUERIES / "sessions.sql", "psycopg").recent_sessions.sql
    text = text.rstrip().removesuffix(";")
    return re.sub(r"%\((\w+)\)s", lambda m: {"user_id": "$1", "limit": "$2"}[m[1]], text)


def heats(url: str) -> tuple[list[growth.Contestant], list[growth.Contestant]]:
    """Ours for short and long histories, and ours beside the document's way."""
    ours = recent_sessions()
    short, middle, long = (
        build(url, users, sessions) for users, sessions in ((20, 10), (100, 100), (20, 1000))
    )
    as_documented = build(url, 100, 100, DOCUMENT_INDEXES)
    flat = [
        enter("ours, 10 sessions", short, ours),
        enter("ours, 1,000 sessions", long, ours),
    ]
    saved = [
        enter("ours, 100 sessions", middle, ours),
        enter("document's query, our indexes, 100", middle, JOIN_EVERYTHING),
        enter("document's query and indexes, 100", as_documented, JOIN_EVERYTHING),
    ]
    return flat, saved


def works(medians: dict[str, float]) -> list[Work]:
    """The two questions, and what the query saves without the indexes."""
    flat = {name: medians[name] for name in ("ours, 10 sessions", "ours, 1,000 sessions")}
    saved = {name: median for name, median in medians.items() if name not in flat}
    ratio = medians["ours, 1,000 sessions"] / medians["ours, 10 sessions"]
    times = medians["document's query and indexes, 100"] / medians["ours, 100 sessions"]
    return [
        Work(
            "recent_sessions, as the history grows",
            "µs a call",
            flat,
            [Target("its time at 10 sessions", ratio, at_most=growth.FLAT_AT_MOST)],
        ),
        Work(
            "recent_sessions, beside the document's way",
            "µs a call",
            saved,
            [Target("as fast as the document's query and indexes", times, at_least=SAVED_AT_LEAST)],
        ),
    ]


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__, 50, of="turns of ten calls each").parse_args()
    with harness.server() as url:
        flat, saved = heats(url)
        version = flat[0].connection.info.server_version
        medians = {
            entrant.name: median
            for entrants in (flat, saved)
            for entrant, median in zip(
                entrants, growth.measure(entrants, options.rounds), strict=True
            )
        }
        growth.close(flat + saved)
    return harness.finish(options, version, works(medians))


if __name__ == "__main__":
    sys.exit(main())
