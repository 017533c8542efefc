"""Messages in 36 monthly partitions: what do they cost those who read and write conversations?

session_with_messages and recent_sessions on the partitioned table, beside what they were on a
table without partitions: its schema up to V006, its queries, the same rows. Target: at most 1.3
times as long. Beside them stands what PostgreSQL makes of the old queries on the partitioned
table once they bound created_at by values from the session: it prunes as well, but while it
executes, and by then it has made all partitions ready. add_message is measured too; what the
session keeps of its messages is kept up to date by it. That one has no target.

Calls are what a driver sends: a prepared statement, binary, over libpq, and nothing decoded.
Server and client are on one core.

    python benchmarks/monumento_partitions.py [--rounds 60] [--check] [--json FILE]
"""

from __future__ import annotations

import contextlib
import itertools
import re
import sys
from typing import TYPE_CHECKING, LiteralString, TypeAlias

import aiosql
import harness
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus
from results import Work

from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MONUMENTO = shipped_domain("monumento")
MONTHS, AHEAD = 36, 3  # of which every migration makes those ahead
MESSAGES = 40
AT_MOST = 1.3
CALLS = 10
Entry: TypeAlias = "tuple[str, str, Sequence[list[bytes]]]"
"""A contestant: the URL of its database, its statement, and arguments by turns."""
OURS, PLAIN, RUN_TIME = "36 partitions", "no partitions", "36 partitions, old query with bounds"

PARTITIONS: LiteralString = """
SELECT monumento.create_monthly_partition(
    'messages', extract(year FROM month)::integer, extract(month FROM month)::integer
)
FROM generate_series(
    date_trunc('month', now() AT TIME ZONE 'UTC') - %s * interval '1 month',
    date_trunc('month', now() AT TIME ZONE 'UTC'),
    '1 month'
) AS month
"""

# 30 people who record every ten days, up to now.
FILL: tuple[LiteralString, ...] = (
    """
    INSERT INTO monumento.users (email, password_hash)
    SELECT 'user' || n || '@example.com', 'none' FROM generate_series(1, 30) AS n
    """,
    """
    INSERT INTO monumento.sessions (
        id, user_id, vibe, mode, duration_minutes, status, metadata, created_at
    )
    SELECT
        md5(account.email || n)::uuid, account.id, 'The Historian', 'Auto-Pilot', 8, 'completed',
        jsonb_build_object('topics', jsonb_build_array('topic ' || n)),
        date_trunc('minute', now()) - n * interval '9 days 17 hours'
    FROM generate_series(1, 100) AS n CROSS JOIN monumento.users AS account
    ORDER BY n DESC, account.email
    """,
    """
    INSERT INTO monumento.messages (
        session_id, role, text, timestamp, relative_offset, created_at
    )
    SELECT
        session.id, CASE WHEN n %% 2 = 0 THEN 'user' ELSE 'ai' END,
        repeat('what I remember of it, ', 1 + n %% 8),
        (extract(epoch FROM session.created_at) * 1000)::bigint + n * 12000, n * 12000,
        session.created_at + n * interval '12 seconds'
    FROM monumento.sessions AS session CROSS JOIN generate_series(1, %s) AS n
    ORDER BY session.created_at, n
    """,
)

SESSION = """
    session.id, session.user_id, session.vibe, session.mode, session.duration_minutes,
    session.video_url, session.transcript_url, session.thumbnail_url, session.metadata,
    session.status, session.created_at, session.updated_at
"""
OLD_WHOLE = f"""
SELECT {SESSION}, spoken.messages
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
CROSS JOIN LATERAL (
    SELECT
        COALESCE(
            json_agg(
                json_build_object(
                    'id', message.id, 'role', message.role, 'text', message.text,
                    'timestamp', message.timestamp, 'offset', message.relative_offset,
                    'audio_url', message.audio_url
                )
                ORDER BY message.timestamp, message.id
            ),
            '[]'
        ) AS messages
    FROM monumento.messages AS message
    WHERE message.session_id = session.id BOUNDS
) AS spoken
WHERE session.id = $1 AND session.deleted_at IS NULL AND account.deleted_at IS NULL
"""
OLD_RECENT = f"""
WITH session AS (
    SELECT session.* FROM monumento.sessions AS session
    WHERE
        session.user_id = $1
        AND session.deleted_at IS NULL
        AND EXISTS (
            SELECT 1 FROM monumento.users AS account
            WHERE account.id = $1 AND account.deleted_at IS NULL
        )
    ORDER BY session.created_at DESC, session.id DESC
    LIMIT $2
)
SELECT {SESSION}, spoken.message_count, spoken.first_message_at, spoken.last_message_at
FROM session
CROSS JOIN LATERAL (
    SELECT
        count(*) AS message_count,
        min(message.timestamp) AS first_message_at,
        max(message.timestamp) AS last_message_at
    FROM monumento.messages AS message
    WHERE message.session_id = session.id BOUNDS
) AS spoken
ORDER BY session.created_at DESC, session.id DESC
LIMIT $2
"""
BOUNDS = "AND message.created_at BETWEEN session.messages_from AND session.messages_until"


def build(url: str, name: str, *, partitioned: bool) -> str:
    """A new database with the conversations, and the messages in one table or in many; its URL."""
    if partitioned:
        built = harness.database(url, name, "monumento")
    else:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        built = make_conninfo(url, dbname=name)
    with psycopg.connect(built, autocommit=True) as connection:
        if partitioned:
            connection.execute(PARTITIONS, (MONTHS - AHEAD - 1,))
        else:
            for file in sorted(MONUMENTO.sql.glob("V00[1-6]__*.sql")):
                connection.execute(file.read_bytes())
        for step in FILL:
            connection.execute(step, (MESSAGES,) if "%s" in step else None)
        connection.execute("VACUUM ANALYZE")
    return built


def shipped(file: str, name: str) -> str:
    """A statement out of the query files, with $1, $2 … in the order of its parameters."""
    text = getattr(aiosql.from_path(MONUMENTO.queries / file, "psycopg"), name).sql
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", text)
    return str(numbered.rstrip().removesuffix(";"))


@contextlib.contextmanager
def contestant(
    url: str, statement: str, arguments: Sequence[list[bytes]]
) -> Iterator[harness.Turn]:
    """A statement, prepared on a connection of its own, that is called with these by turns."""
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.pgconn.prepare(b"it", statement.encode()).status == ExecStatus.COMMAND_OK
        given = itertools.cycle(arguments)

        def run() -> None:
            values = next(given)
            found = connection.pgconn.exec_prepared(b"it", values, [1] * len(values), 1)
            assert found.ntuples, found.error_message

        yield harness.repeated(run)


def keys(url: str, query: LiteralString) -> list[bytes]:
    """Ids, as they are sent."""
    return [key.bytes for (key,) in harness.rows(url, query)]


def measure(entries: Mapping[str, Entry], rounds: int) -> dict[str, float]:
    """The median time of each, µs: they take turns of ten calls."""
    with contextlib.ExitStack() as stack:
        turns = {name: stack.enter_context(contestant(*entry)) for name, entry in entries.items()}
        return harness.interleaved(turns, rounds, CALLS, warm_up=5)


def works(plain: str, months: str, rounds: int) -> list[Work]:
    """All three."""
    sessions = keys(plain, "SELECT id FROM monumento.sessions ORDER BY id")
    users = {url: keys(url, "SELECT id FROM monumento.users") for url in (plain, months)}
    wholes = [[key] for key in sessions]
    pages = {url: [[key, (10).to_bytes(8, "big")] for key in found] for url, found in users.items()}
    at = 1_767_225_600_000
    said = [[key, b"ai", b"Go on.", at.to_bytes(8, "big"), bytes(8), b""] for key in sessions]
    whole = {
        OURS: (months, shipped("sessions.sql", "session_with_messages"), wholes),
        PLAIN: (plain, OLD_WHOLE.replace("BOUNDS", ""), wholes),
        RUN_TIME: (months, OLD_WHOLE.replace("BOUNDS", BOUNDS), wholes),
    }
    recent = {
        OURS: (months, shipped("sessions.sql", "recent_sessions"), pages[months]),
        PLAIN: (plain, OLD_RECENT.replace("BOUNDS", ""), pages[plain]),
        RUN_TIME: (months, OLD_RECENT.replace("BOUNDS", BOUNDS), pages[months]),
    }
    add = shipped("messages.sql", "add_message")
    added = {OURS: (months, add, said), PLAIN: (plain, add, said)}
    found = [
        Work(name, "µs a call", measure(entries, rounds))
        for name, entries in (
            ("session_with_messages, 40 messages, of 36 months", whole),
            ("recent_sessions, of 36 months", recent),
            ("add_message, to 36 months", added),
        )
    ]
    for work in found[:2]:
        work.aim(OURS, {PLAIN: AT_MOST})
    return found


def main() -> int:
    """Builds, measures, reports."""
    options = harness.command_line(__doc__, 60, of="turns of ten calls each").parse_args()
    with harness.server() as url:
        plain = build(url, "plain", partitioned=False)
        months = build(url, "months", partitioned=True)
        with psycopg.connect(months) as connection:
            version = connection.info.server_version
        found = works(plain, months, options.rounds)
    return harness.finish(options, version, found)


if __name__ == "__main__":
    sys.exit(main())
