"""What hangs off many rows, loaded in one call: compared with a call for each of them."""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgrepo import Database
from pgrepo.domains.monumento import Monumento

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of account n, every third is deleted; of session n, every fifth. Session n has n % 7 messages
# and n % 4 files, many of them of one moment.
ROWS = """
INSERT INTO monumento.users (id, email, password_hash, deleted_at)
SELECT lpad(n::text, 32, '0')::uuid, n || '@example.org', 'hash', CASE WHEN n % 3 = 0 THEN now() END
FROM generate_series(1, 9) AS n;
INSERT INTO monumento.sessions (id, user_id, vibe, mode, duration_minutes, created_at, deleted_at)
SELECT
    lpad(n::text, 32, '0')::uuid, lpad((n * n % 8 + 1)::text, 32, '0')::uuid, 'The Historian',
    'Auto-Pilot', 10, '2026-01-01'::timestamptz + n / 4 * interval '1 day',
    CASE WHEN n % 5 = 0 THEN now() END
FROM generate_series(1, 60) AS n;
INSERT INTO monumento.messages (session_id, role, text, timestamp, relative_offset)
SELECT lpad(n::text, 32, '0')::uuid, 'user', 'message ' || m, 1000 + m / 2, m
FROM generate_series(1, 60) AS n, generate_series(1, n % 7) AS m;
INSERT INTO monumento.media_files
    (session_id, file_type, storage_url, file_size_bytes, created_at)
SELECT lpad(n::text, 32, '0')::uuid, 'video', 's3://file', m, '2026-01-01'
FROM generate_series(1, 60) AS n, generate_series(1, n % 4) AS m;
"""


def numbered(number: int) -> uuid.UUID:
    return uuid.UUID(f"{number:032}")


@pytest.fixture
def monumento(monumento_url: str) -> Iterator[Monumento]:
    """The domain, with rows."""
    with psycopg.connect(monumento_url) as connection:
        connection.execute(ROWS)
    with Database(monumento_url) as database:
        yield Monumento(database)


def test_loaders(monumento: Monumento) -> None:
    """Each key has what a call for it alone returns; what has nothing is no key."""
    dice = random.Random(7)  # noqa: S311
    sessions, found = monumento.sessions, set()
    for limit in (1, 3, 50):
        ids = [numbered(dice.randrange(70)) for _ in range(40)]
        users = [numbered(number) for number in range(12)]
        assert sessions.sessions_by_ids(session_ids=ids) == {
            key: row for key in ids if (row := sessions.session_by_id(session_id=key)) is not None
        }
        of_users = sessions.sessions_by_user_ids(user_ids=[*users, *users], limit=limit)
        assert of_users == {
            key: rows for key in users if (rows := sessions.sessions_page(user_id=key, limit=limit))
        }
        said = monumento.messages.messages_by_session_ids(session_ids=ids, limit=limit)
        assert said == {
            key: others
            for key in ids
            if (others := monumento.messages.messages_of_session(session_id=key, limit=limit))
        }
        files = monumento.media_files.media_by_session_ids(session_ids=ids, limit=limit)
        assert files == {
            key: more
            for key in ids
            if (more := monumento.media_files.media_of_session(session_id=key, limit=limit))
        }
        found |= {len(rows) for loaded in (of_users, said, files) for rows in loaded.values()}
    assert found >= {1, 2, 3, 4, 5, 6}
    assert monumento.messages.messages_by_session_ids(session_ids=[]) == {}


def test_in_two_calls(monumento: Monumento) -> None:
    """A page of sessions and all that was said in them."""
    page = monumento.sessions.sessions_page(user_id=numbered(2), limit=20)
    said = monumento.messages.messages_by_session_ids(session_ids=[row.id for row in page])
    texts = {row.id: [message.text for message in said.get(row.id, [])] for row in page}
    assert any(texts.values())
    assert all(len(told) == int(key.hex) % 7 for key, told in texts.items())
