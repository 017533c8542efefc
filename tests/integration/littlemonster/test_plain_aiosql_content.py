"""The query files of content and conversations run in plain aiosql, without pgrepo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from tests.integration.plain_aiosql import not_called

if TYPE_CHECKING:
    import uuid

    from tests.integration.littlemonster.conftest import Files

NAMES = ("tts_audio_files", "recordings", "study_materials", "conversations", "messages")
FIRST_PAGE: dict[str, Any] = {"before_created_at": None, "before_id": None, "limit": 10}
OLDEST_PAGE: dict[str, Any] = {"after_created_at": None, "after_id": None, "limit": 10}
SOON = datetime(2100, 1, 1, tzinfo=UTC)
EAST = f"[1{',0' * 767}]"
NORTH_EAST = f"[1,1{',0' * 766}]"


def material(files: Files, user_id: uuid.UUID, **options: Any) -> uuid.UUID:
    """A new material's id."""
    given: dict[str, Any] = {
        "title": "Cells",
        "content": "A cell has a membrane.",
        "kind": "note",
        "language": "english",
        "source_url": None,
        "metadata": None,
        "recording_id": None,
        "transcription_id": None,
    }
    row = files.study_materials.create_material(user_id=user_id, **(given | options))
    material_id: uuid.UUID = row[0]
    return material_id


def test_tts_audio_files(files: Files) -> None:
    """Every query of tts_audio_files.sql."""
    audio, user_id = files.tts_audio_files, files.user()
    said = {"user_id": user_id, "text": "Hello", "voice": "nova", "settings": Jsonb({"speed": 1})}
    file = {"mime_type": "audio/ogg", "file_size_bytes": 5, "duration_ms": None}
    assert audio.audio_of_text(**said) is None
    kept = audio.store_audio(storage_url="s3://a", **said, **file)
    assert audio.store_audio(storage_url="s3://b", **said, **file)[6] == "s3://a"
    assert audio.audio_of_text(**said) == kept
    assert audio.audio_by_text_hash(user_id=user_id, text_hash=kept[5]) == kept
    assert audio.audio_by_id(audio_id=kept[0]) == kept
    assert audio.audio_of_user(user_id=user_id, **FIRST_PAGE) == [kept]
    assert audio.touch_audio(audio_id=kept[0]) == 0
    assert audio.update_audio(audio_id=kept[0], storage_url="s3://c", **file)[6] == "s3://c"
    assert audio.purge_unused_audio(unused_since=SOON, batch_size=5) == [
        (kept[0], user_id, "s3://c")
    ]
    assert audio.delete_audio(audio_id=kept[0]) == 0


def test_recordings(files: Files) -> None:
    """Every query of recordings.sql."""
    recordings, user_id = files.recordings, files.user()
    file = {"mime_type": "audio/mp4", "file_size_bytes": None, "duration_ms": 60_000}
    first, second = (
        recordings.create_recording(
            user_id=user_id, title=title, status="uploading", storage_url=None, recorded_at=None,
            **file,
        )[0]
        for title in ("Lecture", "Seminar")
    )  # fmt: skip
    assert recordings.finish_upload(recording_id=first, storage_url="s3://a", **file)[5] == "ready"
    waiting = recordings.abandoned_uploads(started_before=SOON, **OLDEST_PAGE)
    assert [row[0] for row in waiting] == [second]
    assert recordings.fail_upload(recording_id=second) == 1
    ready = recordings.recordings_of_user(user_id=user_id, status="ready", **FIRST_PAGE)
    assert ready == [recordings.recording_by_id(recording_id=first)]
    changed = recordings.update_recording(
        recording_id=first, title="Lecture 1", transcription_job_id=None, transcription_id=None,
        recorded_at=SOON,
    )  # fmt: skip
    assert changed[4] == "Lecture 1"
    assert recordings.delete_recording(recording_id=first) == 1


def test_study_materials(files: Files) -> None:
    """Every query of study_materials.sql."""
    materials, user_id = files.study_materials, files.user()
    first = material(files, user_id)
    second = material(files, user_id, title="Waves", content="Sound is one.")
    waiting = materials.materials_without_embedding(**OLDEST_PAGE)
    assert {row[0] for row in waiting} == {first, second}
    for material_id, embedding in ((first, EAST), (second, NORTH_EAST)):
        assert materials.set_embedding(
            material_id=material_id, content_version=1, embedding=embedding, embedding_model="m"
        ) == 1  # fmt: skip
    asked = {"user_id": user_id, "language": "english", "kind": "note", "candidates": 9, "limit": 9}
    found = materials.search_materials(words="membranes", embedding=EAST, **asked)
    assert [(row[0], row[-3], row[-2]) for row in found] == [(first, 1, 1), (second, None, 2)]
    by_words = materials.search_materials(words="sound", embedding=None, **asked)
    assert [(row[0], row[-3], row[-2]) for row in by_words] == [(second, 1, None)]
    similar = materials.similar_materials(material_id=first, limit=5)
    assert [(row[0], round(row[-1], 3)) for row in similar] == [(second, 0.707)]
    assert materials.material_by_id(material_id=first)[11] == "m"
    assert materials.clear_embedding(material_id=first) == 1
    changed = materials.update_material(
        material_id=second, title="Waves", content="Light is one.", kind="summary",
        language="english", source_url=None, metadata=Jsonb({"page": 1}),
    )  # fmt: skip
    assert (changed[4], changed[10], changed[11]) == ("summary", 2, None)
    page = materials.materials_of_user(user_id=user_id, kind="summary", **FIRST_PAGE)
    assert [row[0] for row in page] == [second]
    assert materials.delete_material(material_id=second) == 1


def test_conversations(files: Files) -> None:
    """Every query of conversations.sql."""
    conversations, user_id = files.conversations, files.user()
    made = conversations.create_conversation(user_id=user_id, title=None, study_material_id=None)
    assert conversations.conversation_by_id(conversation_id=made[0]) == made
    assert conversations.conversation_with_messages(conversation_id=made[0])[-1] == []
    first_page = {"before_last_activity_at": None, "before_id": None, "limit": 10}
    recent = conversations.recent_conversations(user_id=user_id, status="active", **first_page)
    assert recent == [made]
    archived = conversations.update_conversation(
        conversation_id=made[0], title="Cells", status="archived", study_material_id=None
    )
    assert archived[3:5] == ("Cells", "archived")
    assert conversations.recount_conversation(conversation_id=made[0]) is False
    assert conversations.delete_conversation(conversation_id=made[0]) == 1


def test_messages(files: Files) -> None:
    """Every query of messages.sql."""
    messages = files.messages
    conversation_id = files.conversations.create_conversation(
        user_id=files.user(), title=None, study_material_id=None
    )[0]
    written = {"content": "What is a cell?", "model": None, "token_count": 5}
    first = messages.append_message(
        conversation_id=conversation_id, role="user", metadata=None, recording_id=None,
        tts_audio_file_id=None, **written,
    )  # fmt: skip
    assert first[2] == 1
    row = {
        "conversation_id": conversation_id,
        "position": 2,
        "role": "assistant",
        "metadata": Jsonb({}),
        "created_at": SOON,
    }
    assert messages.add_messages([row | written]) == 1
    assert messages.message_by_id(message_id=first[0]) == first
    page = messages.messages_of_conversation(
        conversation_id=conversation_id, after_position=0, limit=10
    )
    assert [said[2] for said in page] == [1, 2]
    latest = messages.latest_messages(conversation_id=conversation_id, limit=1)
    assert latest == page[1:]
    ids = [conversation_id]
    assert messages.messages_by_conversation_ids(conversation_ids=ids, limit=1) == latest
    changed = messages.update_message(
        message_id=first[0], metadata=Jsonb({"edited": True}), tts_audio_file_id=None, **written
    )
    assert changed[7] == {"edited": True}
    assert messages.delete_message(message_id=first[0]) == 1


def test_every_query_is_called_here(files: Files) -> None:
    """A query added to one of these files needs a call in this module."""
    names = files.names(NAMES)
    assert "search_materials" in names
    assert not_called(names, Path(__file__)) == set()
