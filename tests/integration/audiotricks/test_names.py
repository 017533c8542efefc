"""Every table and column of the reference document exists, and each index that it has a use for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.reference_names import columns_named, columns_of, differences

if TYPE_CHECKING:
    import psycopg

REFERENCE = Path(__file__).with_name("reference_names.txt")
# What the document calls a future enhancement.
TABLES_BEYOND = {"audit_log"}
# Mended: a time without a zone is a different one everywhere.
SPELT = {"timestamp": "timestamp with time zone"}

# The purposes of the document's indexes: the table and the columns, or expressions, that lead.
INDEXES = {
    "user lookup by email": ("users", "lower((email)::text)", True),
    "user lookup by username": ("users", "lower((username)::text)", True),
    "session validation": ("sessions", "token_hash", True),
    "sessions of a user": ("sessions", "user_id", False),
    "settings of a user": ("user_settings", "user_id", True),
    "history retrieval": ("audio_history", "user_id, created_at DESC", False),
    "transcript search": ("audio_history", "words", False),
}
DEFAULTS = {
    ("users", "is_active"): "true",
    ("user_settings", "preferred_language"): "'en'",
    ("user_settings", "summary_quality"): "'balanced'",
    ("user_settings", "settings_json"): "'{}'",
}


def test_the_reference_is_whole() -> None:
    """Four tables; an empty file would make the next test say nothing."""
    tables = columns_named(REFERENCE, SPELT)
    assert {table: len(columns) for table, columns in tables.items()} == {
        "users": 8,
        "sessions": 5,
        "user_settings": 7,
        "audio_history": 11,
    }


def test_tables_and_columns(observer: psycopg.Connection[Any]) -> None:
    """Nothing is missing or of another type, and no table is there without a word about it."""
    live, wanted = columns_of(observer, "audiotricks"), columns_named(REFERENCE, SPELT)
    assert set(live) - set(wanted) == TABLES_BEYOND
    assert differences(live, wanted) == []


def test_purposes_of_indexes(observer: psycopg.Connection[Any]) -> None:
    """Each has an index that begins with what it looks for, unique where that is promised."""
    found = observer.execute(
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'audiotricks'"
    ).fetchall()
    for purpose, (table, keys, unique) in INDEXES.items():
        assert any(
            table == name
            and f"({keys}" in definition
            and (not unique or definition.startswith("CREATE UNIQUE"))
            for name, definition in found
        ), purpose


def test_defaults(observer: psycopg.Connection[Any]) -> None:
    """The values that rows begin with are the document's."""
    for (table, column), value in DEFAULTS.items():
        row = observer.execute(
            "SELECT column_default FROM information_schema.columns "
            "WHERE table_schema = 'audiotricks' AND table_name = %s AND column_name = %s",
            (table, column),
        ).fetchone()
        assert row is not None
        assert row[0].partition("::")[0] == value


def test_foreign_keys_cascade(observer: psycopg.Connection[Any]) -> None:
    """Whoever deletes a user leaves no orphans."""
    rows = observer.execute(
        """
        SELECT conrelid::regclass::text, confrelid::regclass::text, confdeltype
        FROM pg_constraint AS c INNER JOIN pg_class AS class ON class.oid = c.conrelid
        WHERE contype = 'f' AND connamespace = 'audiotricks'::regnamespace
            AND NOT class.relispartition
        ORDER BY 1
        """
    ).fetchall()
    assert rows == [
        (f"audiotricks.{table}", "audiotricks.users", "c")
        for table in ("audio_history", "sessions", "user_settings")
    ]
