"""What was made of recordings, the search through it, and what people prefer."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

from pgrepo import CheckViolation
from pgrepo.domains.audiotricks.documents import (
    AudioDefaults,
    KeyMoment,
    KeyMoments,
    Notifications,
    ProcessingOptions,
    UserSettings,
)
from pgrepo.operate.migrate import verify
from pgrepo.project import shipped_domain

if TYPE_CHECKING:
    from uuid import UUID

    from pgrepo.domains.audiotricks import Audiotricks

ADD = """
INSERT INTO audiotricks.audio_history (user_id, title, created_at, transcript)
SELECT %s, 'Entry ' || n, date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    + n / 2 * interval '10 days', 'Said ' || n
FROM generate_series(0, 17) AS n
"""


def test_an_entry_from_beginning_to_end(audiotricks: Audiotricks, user_id: UUID) -> None:
    """Added with its documents, read, patched, deleted; nobody else's id helps."""
    history = audiotricks.audio_history
    moments = KeyMoments(
        [
            KeyMoment(timestamp="00:01:23", description="Introduction begins", confidence=0.95),
            KeyMoment(timestamp="100:05:47", description="Main topic"),
        ]
    )
    options = ProcessingOptions(
        language="en", model="whisper-1", summary_style="detailed", include_timestamps=True
    )
    added = history.add_history(
        user_id=user_id,
        title="Lecture",
        audio_url="https://media.example.com/1.mp3",
        file_size_bytes=2**40,
        duration_seconds=3600,
        transcript="All that was said.",
        key_moments=moments,
        processing_options=options,
    )
    assert added.key_moments == moments
    assert added.processing_options == options
    assert history.history_entry(user_id=user_id, history_id=added.id) == added
    assert history.history_entry(user_id=uuid.uuid4(), history_id=added.id) is None
    changed = history.update_history(
        user_id=user_id,
        history_id=added.id,
        created_at=added.created_at,
        title=None,
        key_moments=KeyMoments(),
    )
    assert changed is not None
    assert (changed.title, changed.key_moments, changed.transcript) == (None, [], added.transcript)
    assert history.delete_history(user_id=uuid.uuid4(), history_id=added.id) == 0
    assert (
        history.delete_history(user_id=user_id, history_id=added.id, created_at=added.created_at)
        == 1
    )


def test_documents_keep_what_they_do_not_know(
    audiotricks: Audiotricks, observer: psycopg.Connection[Any], user_id: UUID
) -> None:
    """Keys of a later version survive being read, changed and written back."""
    observer.execute(
        """
        INSERT INTO audiotricks.audio_history (user_id, key_moments, processing_options)
        VALUES (%s, '[{"timestamp": "00:00:01", "description": "A", "speaker": "B"}]',
            '{"language": "en", "temperature": 0.2}')
        """,
        (user_id,),
    )
    (found,) = audiotricks.audio_history.history_page(user_id=user_id)
    assert found.key_moments is not None
    assert found.processing_options is not None
    found.key_moments[0].description = "C"
    found.processing_options.model = "whisper-2"
    audiotricks.audio_history.update_history(
        user_id=user_id,
        history_id=found.id,
        created_at=found.created_at,
        key_moments=found.key_moments,
        processing_options=found.processing_options,
    )
    row = observer.execute(
        "SELECT key_moments, processing_options FROM audiotricks.audio_history"
    ).fetchone()
    assert row == (
        [{"timestamp": "00:00:01", "description": "C", "speaker": "B"}],
        {"language": "en", "temperature": 0.2, "model": "whisper-2"},
    )


@pytest.mark.parametrize(
    "moments",
    [
        "{}",
        "[1]",
        '[{"description": "A"}]',
        '[{"timestamp": "0:1", "description": "A"}]',
        '[{"timestamp": "00:00:01"}]',
        '[{"timestamp": "00:00:01", "description": 1}]',
        '[{"timestamp": "00:00:01", "description": "A", "confidence": 2}]',
        '[{"timestamp": "00:00:01", "description": "A", "confidence": "high"}]',
    ],
)
def test_key_moments_have_a_shape(
    observer: psycopg.Connection[Any], user_id: UUID, moments: str
) -> None:
    """In the database as in the classes."""
    with pytest.raises(psycopg.errors.CheckViolation, match="key_moments_check"):
        observer.execute(
            "INSERT INTO audiotricks.audio_history (user_id, key_moments) VALUES (%s, %s)",
            (user_id, moments),
        )
    with pytest.raises(msgspec.ValidationError):
        KeyMoments.__from_json__(moments)


def test_pages(
    audiotricks: Audiotricks, observer: psycopg.Connection[Any], user_id: UUID, other_id: UUID
) -> None:
    """Across months and through equal times: each entry once, newest first, in both forms."""
    observer.execute(ADD, (user_id,))
    observer.execute(ADD, (other_id,))
    history = audiotricks.audio_history
    paged: list[Any] = []
    before: dict[str, Any] = {}
    while page := history.history_page(user_id=user_id, limit=4, **before):
        paged += page
        before = {"before_created_at": page[-1].created_at, "before_id": page[-1].id}
    assert len({row.created_at.month for row in paged}) >= 3
    assert sorted(row.title for row in paged) == sorted(f"Entry {n}" for n in range(18))
    keys = [(row.created_at, row.id) for row in paged]
    assert keys == sorted(keys, reverse=True)
    by_number = [
        row
        for offset in range(0, 20, 4)
        for row in history.history_at_offset(user_id=user_id, limit=4, offset=offset)
    ]
    assert by_number == paged
    assert {row.user_id for row in paged} == {user_id}


def test_search(audiotricks: Audiotricks, user_id: UUID, other_id: UUID) -> None:
    """Ranked by where it is found, with the words marked; of this user alone."""
    history = audiotricks.audio_history
    texts = {
        "title": {"title": "Glaciers"},
        "summary": {"title": "Ice", "summary": "What a glacier does."},
        "transcript": {"title": "Water", "transcript": "Then the glaciers melted. " + "No. " * 50},
        "none": {"title": "Rivers", "transcript": "Nothing of the kind."},
    }
    ids = {
        history.add_history(user_id=user_id, **fields).id: name  # type: ignore[arg-type]
        for name, fields in texts.items()
    }
    history.add_history(user_id=other_id, title="Glaciers")
    found = history.search_history(user_id=user_id, words="glacier")
    assert [ids[row.id] for row in found] == ["title", "summary", "transcript"]
    assert [row.rank for row in found] == sorted((row.rank for row in found), reverse=True)
    assert "«glaciers» melted" in found[2].headline
    assert [row.headline for row in found[:1]] == ["«Glaciers»"]

    def titles(words: str, **more: Any) -> list[str | None]:
        return [row.title for row in history.search_history(user_id=user_id, words=words, **more)]

    assert titles('"glaciers melted"') == ["Water"]
    assert titles("glacier -melt", limit=1) == ["Glaciers"]
    assert sorted(map(str, titles("river or ice"))) == ["Ice", "Rivers"]
    for words in ("", "the", "' & | !", "owner", f"owner {user_id}", f"'owner {other_id}'"):
        assert titles(words) == [], words
    now = datetime.now(UTC)
    assert titles("glacier", since=now + timedelta(days=1)) == []
    assert len(titles("glacier", since=now - timedelta(days=1), until=now)) == 3


def test_a_transcript_of_any_length_is_stored(audiotricks: Audiotricks, user_id: UUID) -> None:
    """Beyond 1 MB of different words PostgreSQL has no room; then the beginning is searched."""
    history = audiotricks.audio_history
    endless = " ".join(f"word{n:x}é" for n in range(120_000))
    added = history.add_history(
        user_id=user_id, title="Endless", transcript=endless, summary=endless
    )
    assert added.transcript == endless
    assert len(history.search_history(user_id=user_id, words="word5é")) == 1
    assert history.search_history(user_id=user_id, words=f"word{119_999:x}é") == []


def test_settings(audiotricks: Audiotricks, user_id: UUID) -> None:
    """Usual ones first; changes are merged however deep they lie."""
    settings = audiotricks.user_settings
    assert settings.settings_of(user_id=user_id) is None
    made = settings.set_preferences(user_id=user_id, preferred_language="pt-BR")
    assert (made.preferred_language, made.summary_quality) == ("pt-BR", "balanced")
    assert made.settings_json == UserSettings()
    settings.merge_settings(
        user_id=user_id,
        changes=UserSettings(
            theme="dark", auto_save=True, notifications=Notifications(email=True, browser=False)
        ),
    )
    merged = settings.merge_settings(
        user_id=user_id,
        changes=UserSettings(
            theme="light",
            notifications=Notifications(browser=True),
            audio_defaults=AudioDefaults(format="mp3"),
        ),
    )
    assert merged.settings_json == UserSettings(
        theme="light",
        auto_save=True,
        notifications=Notifications(email=True, browser=True),
        audio_defaults=AudioDefaults(format="mp3"),
    )
    assert merged.preferred_language == "pt-BR"
    assert merged.updated_at > made.updated_at
    kept = settings.set_preferences(user_id=user_id, summary_quality="detailed")
    assert (kept.preferred_language, kept.summary_quality) == ("pt-BR", "detailed")
    replaced = settings.replace_settings(user_id=user_id, document=UserSettings(auto_save=False))
    assert replaced.settings_json == UserSettings(auto_save=False)
    assert settings.settings_of(user_id=user_id) == replaced
    assert settings.delete_settings(user_id=user_id) == 1
    with pytest.raises(CheckViolation):
        settings.set_preferences(user_id=user_id, preferred_language="!")


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ('{"a": "b"}', '{"a": "c"}', '{"a": "c"}'),
        ('{"a": "b"}', '{"b": "c"}', '{"a": "b", "b": "c"}'),
        ('{"a": "b"}', '{"a": null}', "{}"),
        ('{"a": "b", "b": "c"}', '{"a": null}', '{"b": "c"}'),
        ('{"a": ["b"]}', '{"a": "c"}', '{"a": "c"}'),
        ('{"a": "c"}', '{"a": ["b"]}', '{"a": ["b"]}'),
        ('{"a": {"b": "c"}}', '{"a": {"b": "d", "c": null}}', '{"a": {"b": "d"}}'),
        ('{"a": [{"b": "c"}]}', '{"a": [1]}', '{"a": [1]}'),
        ('["a", "b"]', '["c", "d"]', '["c", "d"]'),
        ('{"a": "b"}', '["c"]', '["c"]'),
        ('{"a": "foo"}', "null", "null"),
        ('{"a": "foo"}', '"bar"', '"bar"'),
        ('{"e": null}', '{"a": 1}', '{"e": null, "a": 1}'),
        ("[1, 2]", '{"a": "b", "c": null}', '{"a": "b"}'),
        ("{}", '{"a": {"bb": {"ccc": null}}}', '{"a": {"bb": {}}}'),
    ],
)
def test_merge_patch(
    observer: psycopg.Connection[Any], target: str, patch: str, result: str
) -> None:
    """The examples of RFC 7396, all of them."""
    row = observer.execute(
        "SELECT audiotricks.merge_patch(%s, %s) = %s::jsonb", (target, patch, result)
    ).fetchone()
    assert row == (True,)


def test_people(audiotricks: Audiotricks, user_id: UUID, other_id: UUID) -> None:
    """Found by what they are called, changed, closed, opened again, and erased with all."""
    users = audiotricks.users
    ada = users.user_by_id(user_id=user_id)
    assert ada is not None
    assert users.user_by_email(email="ADA@example.org") == ada
    assert users.user_by_username(username="ADA") == ada
    assert [row.id for row in users.users_page()] == [other_id, user_id]
    changed = users.update_user(user_id=user_id, email="lovelace@example.org")
    assert changed is not None
    assert (changed.email, changed.username) == ("lovelace@example.org", "ada")
    assert changed.updated_at > ada.updated_at
    seen = users.touch_last_login(user_id=user_id)
    assert seen is not None
    assert seen.updated_at == changed.updated_at
    audiotricks.audio_history.add_history(user_id=user_id)
    audiotricks.user_settings.set_preferences(user_id=user_id)
    assert users.delete_user(user_id=user_id) == 0
    assert [users.deactivate_user(user_id=user_id) for _ in range(2)] == [1, 0]
    assert users.user_by_username(username="ada") is None
    assert users.update_user(user_id=user_id, username="gone") is None
    assert [users.reactivate_user(user_id=user_id) for _ in range(2)] == [1, 0]
    users.deactivate_user(user_id=user_id)
    assert users.delete_user(user_id=user_id) == 1
    assert audiotricks.audio_history.history_page(user_id=user_id) == []
    assert audiotricks.user_settings.settings_of(user_id=user_id) is None


def test_partitions(audiotricks: Audiotricks, audiotricks_url: str) -> None:
    """Deploying has made this month's and three more of both tables, as the files say."""
    made = audiotricks.partitions.partitions()
    by_table = {
        table: [p for p in made if p.table_name == table]
        for table in ("audio_history", "audit_log")
    }
    assert {table: len(found) for table, found in by_table.items()} == {
        "audio_history": 4,
        "audit_log": 4,
    }
    assert audiotricks.partitions.ensure_partitions() == []
    assert verify(audiotricks_url, shipped_domain("audiotricks")).is_equal
