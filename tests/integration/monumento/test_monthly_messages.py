"""Messages in monthly partitions, and what sessions keep of them, whatever happens to messages."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrepo import CheckViolation, Database
from pgrepo.domains.monumento import Monumento
from pgrepo.domains.monumento.messages import AddMessage
from pgrepo.operate.migrate import migrate, verify
from pgrepo.operate.partitions.archives import archive, restore
from pgrepo.project import shipped_domain
from tests.integration.monumento.plain_files import START, Files

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN = shipped_domain("monumento")
COUNTS = "id, message_count, first_message_at, last_message_at"
KEPT = f"SELECT {COUNTS} FROM monumento.sessions ORDER BY id"
COUNTED = """
SELECT session.id, count(message.id), min(message.timestamp), max(message.timestamp)
FROM monumento.sessions AS session
LEFT JOIN monumento.messages AS message ON message.session_id = session.id
GROUP BY session.id
ORDER BY session.id
"""
HIDDEN = """
SELECT count(*)
FROM monumento.messages AS message
INNER JOIN monumento.sessions AS session ON session.id = message.session_id
WHERE (message.created_at BETWEEN session.messages_from AND session.messages_until) IS NOT TRUE
"""
UNPARTITIONED = """
INSERT INTO monumento.users (id, email, password_hash)
VALUES ('00000000-0000-4000-8000-000000000001', 'ada@example.org', 'hash');
INSERT INTO monumento.sessions (
    id, user_id, vibe, mode, duration_minutes, created_at, updated_at
)
SELECT
    lpad(n::text, 32, '0')::uuid, '00000000-0000-4000-8000-000000000001', 'v', 'm', n,
    '2023-12-31 23:00Z'::timestamptz + n * interval '20 days', '2024-01-01Z'
FROM generate_series(1, 9) AS n;
INSERT INTO monumento.messages (
    session_id, role, text, timestamp, relative_offset, audio_url, created_at
)
SELECT
    session.id, 'user', 'message ' || m, 1000 - m, m, NULLIF('audio ' || m % 3, 'audio 0'),
    session.created_at + m * interval '10 minutes'
FROM monumento.sessions AS session, generate_series(2, session.duration_minutes) AS m;
"""


@pytest.fixture
def connection(monumento_url: str) -> Iterator[psycopg.Connection[Any]]:
    """To a database of the test's own, with partitions of the months of 2024; autocommit."""
    with psycopg.connect(monumento_url, autocommit=True) as connection:
        for month in range(1, 13):
            files = Files(connection).partitions
            files.create_monthly_partition(table_name="messages", year=2024, month=month)
        yield connection


def said(connection: psycopg.Connection[Any], session: uuid.UUID, *moments: datetime) -> None:
    """Stores messages in one statement."""
    connection.execute(
        """
        INSERT INTO monumento.messages (
            session_id, role, text, timestamp, relative_offset, created_at
        )
        SELECT %s, 'ai', 'Hello.', extract(epoch FROM at), 0, at
        FROM unnest(%s::timestamptz[]) AS at
        """,
        (session, list(moments)),
    )


def assert_kept(connection: psycopg.Connection[Any]) -> None:
    """The sessions keep what their messages come to, and every message is between its times."""
    assert connection.execute(KEPT).fetchall() == connection.execute(COUNTED).fetchall()
    assert connection.execute(HIDDEN).fetchone() == (0,)


def test_existing_messages_are_moved(database_url: str) -> None:
    """From the table without partitions, every row as it was; and sessions do not look changed."""
    every = "SELECT m::text FROM monumento.messages AS m ORDER BY m::text"
    sessions = "SELECT id, updated_at FROM monumento.sessions ORDER BY id"
    with psycopg.connect(database_url, autocommit=True) as connection:
        for file in sorted(DOMAIN.sql.glob("V00[1-6]__*.sql")):
            connection.execute(file.read_bytes())
        connection.execute(UNPARTITIONED)
        before = [connection.execute(query).fetchall() for query in (every, sessions)]
        assert len(before[0]) == 36
        for file in sorted(DOMAIN.sql.glob("V00[7-9]__*.sql")):
            connection.execute(file.read_bytes())
        assert [connection.execute(query).fetchall() for query in (every, sessions)] == before
        assert_kept(connection)
        months = [row[1] for row in Files(connection).partitions.partitions()]
        # Of each session with messages the month, and that of the one on the last evening of April.
        assert months == [f"messages_2024_{month:02}" for month in range(2, 7)]


def test_migrated_schema(monumento_url: str) -> None:
    """This month and three more have partitions, and the schema is that of the files."""
    with psycopg.connect(monumento_url) as connection:
        assert len(Files(connection).partitions.partitions()) == 4
        assert Files(connection).partitions.ensure_partitions(months_ahead=4)
    assert migrate(monumento_url, DOMAIN) == []
    assert verify(monumento_url, DOMAIN).is_equal


def test_whatever_happens_to_messages(connection: psycopg.Connection[Any]) -> None:
    """After any change, one by one or many at once, over months or not, the counts are exact."""
    files, dice = Files(connection), random.Random(7)  # noqa: S311
    user = files.user()
    sessions = [files.session(user) for _ in range(5)]
    # Of a random part of the messages; a number is a random moment.
    chosen = "ctid::text || tableoid IN (SELECT ctid::text || tableoid FROM monumento.messages {})"
    part = chosen.format("ORDER BY md5(id::text || %(seed)s) LIMIT %(some)s")
    changes = [
        f"DELETE FROM monumento.messages WHERE {part}",
        f"UPDATE monumento.messages SET timestamp = %(number)s WHERE {part}",
        f"UPDATE monumento.messages SET created_at = %(moment)s WHERE {part}",
        f"UPDATE monumento.messages SET session_id = %(session)s WHERE {part}",
        f"UPDATE monumento.messages SET text = text || '!' WHERE {part}",
    ]
    for _ in range(60):
        moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(366))
        said(connection, dice.choice(sessions), *[moment] * dice.randrange(4))
        values = {
            "seed": str(dice.random()), "some": dice.randrange(4), "number": dice.randrange(99),
            "moment": moment, "session": dice.choice(sessions),
        }  # fmt: skip
        connection.execute(dice.choice(changes).encode(), values)
        assert_kept(connection)
    found = files.sessions.recount_messages(after_id=None, batch_size=3)
    assert found == (sorted(sessions)[2], 0)
    assert files.sessions.recount_messages(after_id=max(sessions), batch_size=3) == (None, 0)


def test_recount_repairs(connection: psycopg.Connection[Any]) -> None:
    """What went past the triggers is found."""
    files = Files(connection)
    session = files.session(files.user())
    connection.execute("SET session_replication_role = replica")
    said(connection, session, datetime(2024, 2, 3, tzinfo=UTC), datetime(2024, 4, 5, tzinfo=UTC))
    connection.execute("RESET session_replication_role")
    assert files.sessions.session_with_messages(session_id=session)[12] == []
    assert files.sessions.recount_messages(after_id=None, batch_size=10)[1] == 1
    assert len(files.sessions.session_with_messages(session_id=session)[12]) == 2
    assert_kept(connection)


def test_messages_are_no_news_about_the_session(connection: psycopg.Connection[Any]) -> None:
    """updated_at stays, and no index of the session is written to."""
    files = Files(connection)
    session = files.session(files.user())
    before = files.sessions.session_by_id(session_id=session)
    for offset in range(5):
        files.message(session, offset)
    assert files.sessions.session_by_id(session_id=session) == before
    connection.execute("SELECT pg_stat_force_next_flush()")
    query = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = %s::regclass"
    assert connection.execute(query, ("monumento.sessions",)).fetchone() == (5, 5)


def test_a_session_that_goes_on(connection: psycopg.Connection[Any]) -> None:
    """What was said in several months is read as one, in spoken order, and deleted with it."""
    files = Files(connection)
    session = files.session(files.user())
    moments = [datetime(2024, month, 28, tzinfo=UTC) for month in (7, 2, 12)]
    for moment in moments:
        said(connection, session, moment)
    spoken = files.sessions.session_with_messages(session_id=session)[12]
    assert [message["timestamp"] for message in spoken] == sorted(
        int(moment.timestamp()) for moment in moments
    )
    page = files.messages.messages_of_session(
        session_id=session, after_timestamp=None, after_id=None, limit=10
    )
    assert [row[7] for row in page] == sorted(moments)
    files.sessions.soft_delete_session(session_id=session)
    assert files.sessions.purge_session(session_id=session) == 1
    assert connection.execute("SELECT count(*) FROM monumento.messages").fetchone() == (0,)


def test_two_who_talk_at_once(connection: psycopg.Connection[Any], monumento_url: str) -> None:
    """Each message counts once; and who adds to the same sessions never waits for each other."""
    files = Files(connection)
    user = files.user()
    sessions = [files.session(user) for _ in range(20)]

    def talk(order: int) -> None:
        with Database(monumento_url) as database:
            messages = Monumento(database).messages
            for turn in range(20):
                messages.add_messages(
                    AddMessage(session, "ai", "Hello.", START + turn, turn, None)
                    for session in sessions[::order]
                )
                messages.add_message(
                    session_id=sessions[order], role="user", text="Yes?",
                    timestamp=START + turn, relative_offset=turn,
                )  # fmt: skip

    failed: list[BaseException] = []

    def run(order: int) -> None:
        try:
            talk(order)
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=run, args=(order,)) for order in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert connection.execute("SELECT count(*) FROM monumento.messages").fetchone() == (1680,)
    assert_kept(connection)


def test_archived_month(
    monumento_url: str, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Its messages count while they are away, and are there again when it is restored."""
    files = Files(connection)
    user = files.user()
    session, other = files.session(user), files.session(user)
    said(connection, session, *(datetime(2024, 3, day, tzinfo=UTC) for day in (1, 2, 3)))
    said(connection, session, datetime(2024, 5, 4, tzinfo=UTC))
    said(connection, other, datetime(2024, 5, 4, tzinfo=UTC))
    kept = "SELECT s::text FROM monumento.sessions AS s ORDER BY id"
    before = connection.execute(kept).fetchall()
    whole = files.sessions.session_with_messages(session_id=session)
    connection.execute("DROP TABLE monumento.messages_2024_01, monumento.messages_2024_02")

    to = str(tmp_path)
    done = archive(monumento_url, "monumento.messages", keep_months=0, to=to)
    assert [(one.partition, one.rows) for one in done[:3]] == [
        ("monumento.messages_2024_03", 3),
        ("monumento.messages_2024_04", 0),
        ("monumento.messages_2024_05", 2),
    ]
    assert connection.execute(kept).fetchall() == before
    recent = files.sessions.recent_sessions(user_id=user, limit=10)
    assert {row[0]: row[12] for row in recent} == {session: 4, other: 1}
    assert files.sessions.session_with_messages(session_id=session)[12] == []

    restore(monumento_url, "monumento.messages", "messages_2024_05", source=to)
    assert len(files.sessions.session_with_messages(session_id=session)[12]) == 1
    connection.execute("DELETE FROM monumento.messages WHERE session_id = %s", (other,))
    restore(monumento_url, "monumento.messages", "messages_2024_03", source=to)
    assert files.sessions.session_with_messages(session_id=session) == whole
    assert_kept(connection)


def test_deleted_while_a_month_is_away(
    monumento_url: str, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """What comes back is read, and counts again after recount_messages."""
    files = Files(connection)
    session = files.session(files.user())
    said(connection, session, datetime(2024, 3, 1, tzinfo=UTC))
    said(connection, session, datetime(2024, 5, 4, tzinfo=UTC))
    archive(monumento_url, "monumento.messages", keep_months=0, to=str(tmp_path))
    restore(monumento_url, "monumento.messages", "messages_2024_05", source=str(tmp_path))
    connection.execute("DELETE FROM monumento.messages")
    assert connection.execute(KEPT).fetchall() == [(session, 0, None, None)]
    restore(monumento_url, "monumento.messages", "messages_2024_03", source=str(tmp_path))
    assert len(files.sessions.session_with_messages(session_id=session)[12]) == 1
    assert files.sessions.recount_messages(after_id=None, batch_size=10)[1] == 1
    assert_kept(connection)


def test_unarchived_into_a_month_without_partition(
    connection: psycopg.Connection[Any], monumento_url: str
) -> None:
    """It is refused and stays in the archive, until create_monthly_partition() has made it."""
    files = Files(connection)
    user = files.user()
    session = files.session(user)
    files.backdate(session, datetime(2024, 3, 1, tzinfo=UTC))
    said(connection, session, datetime(2024, 3, 1, tzinfo=UTC))
    whole = files.sessions.session_with_messages(session_id=session)
    files.sessions.archive_sessions(before=datetime(2024, 4, 1, tzinfo=UTC), batch_size=10)
    connection.execute("DROP TABLE monumento.messages_2024_03")
    with Database(monumento_url) as database:
        monumento = Monumento(database)
        with pytest.raises(
            CheckViolation, match=r"monumento\.messages: no partition takes the row"
        ):
            monumento.sessions.unarchive_session(session_id=session)
        assert monumento.sessions.archived_session(session_id=session) is not None
        made = monumento.partitions.create_monthly_partition(
            table_name="messages", year=2024, month=3
        )
        assert made == "messages_2024_03"
        assert monumento.sessions.unarchive_session(session_id=session) == 1
    assert files.sessions.session_with_messages(session_id=session) == whole
    assert_kept(connection)
