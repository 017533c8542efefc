"""What the reference document promises of the schema, counted in the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import psycopg

TABLES = {
    "users",
    "oauth_connections",
    "refresh_tokens",
    "password_reset_tokens",
    "transcription_jobs",
    "transcriptions",
    "jobs",
    "tts_audio_files",
    "recordings",
    "study_materials",
    "conversations",
    "messages",
}

COUNTS = {
    "indexes": (30, "SELECT count(*) FROM pg_indexes WHERE schemaname = 'littlemonster'"),
    "triggers": (
        4,
        """
        SELECT count(*)
        FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'littlemonster.%'
        """,
    ),
    "foreign keys": (
        15,
        """
        SELECT count(*)
        FROM pg_constraint
        WHERE contype = 'f' AND connamespace = 'littlemonster'::regnamespace
        """,
    ),
}

OWNED = """
SELECT
    foreign_key.conrelid::regclass::text,
    foreign_key.confdeltype::text
FROM pg_constraint AS foreign_key
WHERE
    foreign_key.contype = 'f'
    AND foreign_key.confrelid = 'littlemonster.users'::regclass
"""

BARE_FOREIGN_KEYS = """
SELECT foreign_key.conname
FROM pg_constraint AS foreign_key
WHERE
    foreign_key.contype = 'f'
    AND foreign_key.connamespace = 'littlemonster'::regnamespace
    AND NOT EXISTS (
        SELECT 1
        FROM pg_index AS index
        WHERE
            index.indrelid = foreign_key.conrelid
            AND index.indkey[0] = foreign_key.conkey[1]
            AND (
                index.indpred IS NULL
                OR pg_get_expr(index.indpred, index.indrelid) = format(
                    '(%s IS NOT NULL)',
                    (
                        SELECT attribute.attname
                        FROM pg_attribute AS attribute
                        WHERE
                            attribute.attrelid = foreign_key.conrelid
                            AND attribute.attnum = foreign_key.conkey[1]
                    )
                )
            )
    )
"""

WORDS = """
SELECT
    attribute.attrelid::regclass::text,
    attribute.attname
FROM pg_attribute AS attribute
INNER JOIN pg_class AS class ON class.oid = attribute.attrelid
WHERE
    class.relnamespace = 'littlemonster'::regnamespace
    AND class.relkind = 'r'
    AND attribute.attnum > 0
    AND attribute.attname IN ('status', 'role', 'kind', 'provider', 'revoked_reason')
    AND NOT EXISTS (
        SELECT 1
        FROM pg_constraint AS closed
        WHERE
            closed.contype = 'c'
            AND closed.conrelid = attribute.attrelid
            AND closed.conkey = ARRAY[attribute.attnum]
            AND pg_get_constraintdef(closed.oid) LIKE '%= ANY (ARRAY%'
    )
"""


def names(observer: psycopg.Connection[Any], query: str) -> set[str]:
    """The first column of a query."""
    return {row[0] for row in observer.execute(query).fetchall()}


def test_there_are_the_twelve_tables(observer: psycopg.Connection[Any]) -> None:
    """All that the document names, and none besides."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'littlemonster'"
    assert names(observer, tables) == TABLES


@pytest.mark.parametrize("what", COUNTS)
def test_there_are_as_many_as_promised(observer: psycopg.Connection[Any], what: str) -> None:
    """At least the document's number."""
    promised, query = COUNTS[what]
    row = observer.execute(query).fetchone()
    assert row is not None
    assert row[0] >= promised


def test_what_a_user_owns_goes_with_the_user(observer: psycopg.Connection[Any]) -> None:
    """Every foreign key to users cascades."""
    rules = dict(observer.execute(OWNED).fetchall())
    assert set(rules.values()) == {"c"}
    owners = {f"littlemonster.{table}" for table in TABLES - {"users", "messages"}}
    assert set(rules) == owners, "messages hang off conversations"


def test_every_foreign_key_is_indexed(observer: psycopg.Connection[Any]) -> None:
    """By an index that holds every row which refers to something."""
    assert names(observer, BARE_FOREIGN_KEYS) == set()


def test_words_come_from_closed_lists(observer: psycopg.Connection[Any]) -> None:
    """A CHECK on every column of statuses, roles, kinds and the like."""
    assert names(observer, WORDS) == set()


def test_everything_is_described(observer: psycopg.Connection[Any]) -> None:
    """Each table and function has a comment; the generated docstrings come from there."""
    bare = """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'littlemonster'::regnamespace AND relkind = 'r'
            AND obj_description(oid, 'pg_class') IS NULL
        UNION ALL
        SELECT proname FROM pg_proc
        WHERE pronamespace = 'littlemonster'::regnamespace
            AND obj_description(oid, 'pg_proc') IS NULL
    """
    assert names(observer, bare) == set()
