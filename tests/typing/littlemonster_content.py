"""What type checkers must make of littlemonster's content and conversations; never run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, assert_type
from uuid import UUID

from pgrepo.domains.littlemonster.conversations import (
    ConversationWithMessages,
    ConversationWithMessagesMessage,
)
from pgrepo.domains.littlemonster.study_materials import FoundMaterial, StudyMaterial
from pgrepo.domains.littlemonster.tables import Conversation, Message, Recording, TtsAudioFile
from pgrepo.runtime import JSON

if TYPE_CHECKING:
    from pgrepo.domains.littlemonster import AsyncLittlemonster, Littlemonster

Role = Literal["system", "user", "assistant", "tool"]
Kind = Literal["note", "document", "transcript", "summary", "flashcard"]


def search(littlemonster: Littlemonster, user_id: UUID) -> None:
    """Ranks are missing where a material is in one list alone; a score is always there."""
    found = littlemonster.study_materials.search_materials(
        user_id=user_id, words="cell", embedding=[0.5] * 768, kind="note"
    )
    assert_type(found, list[FoundMaterial])
    assert_type(found[0].words_rank, int | None)
    assert_type(found[0].meaning_rank, int | None)
    assert_type(found[0].score, float)
    assert_type(found[0].kind, Kind)
    assert_type(found[0].recording_id, UUID | None)
    littlemonster.study_materials.search_materials(user_id=user_id, embedding=None)
    littlemonster.study_materials.search_materials(user_id=user_id, kind=None)  # type: ignore[arg-type]
    patched = littlemonster.study_materials.update_material(material_id=user_id, source_url=None)
    assert_type(patched, StudyMaterial | None)
    littlemonster.study_materials.update_material(material_id=user_id, title=None)  # type: ignore[arg-type]


def files(littlemonster: Littlemonster, user_id: UUID) -> None:
    """What is kept is always returned, and what is looked for may be missing."""
    audio = littlemonster.tts_audio_files
    kept = audio.store_audio(user_id=user_id, text="a", voice="b", storage_url="s3://c")
    assert_type(kept, TtsAudioFile)
    assert_type(kept.text_hash, bytes)
    again = audio.audio_by_text_hash(user_id=user_id, text_hash=kept.text_hash)
    assert_type(again, TtsAudioFile | None)
    recording = littlemonster.recordings.recording_by_id(recording_id=user_id)
    assert_type(recording, Recording | None)
    assert recording is not None
    assert_type(recording.status, Literal["uploading", "ready", "failed"])
    assert_type(recording.storage_url, str | None)


def talk(littlemonster: Littlemonster, user_id: UUID) -> None:
    """The messages of a conversation are typed objects, and the last one may be missing."""
    recent = littlemonster.conversations.recent_conversations(user_id=user_id)
    assert_type(recent, list[Conversation])
    assert_type(recent[0].message_count, int)
    assert_type(recent[0].last_message, str | None)
    assert_type(recent[0].last_message_role, Role | None)
    assert_type(recent[0].last_message_at, datetime | None)
    whole = littlemonster.conversations.conversation_with_messages(conversation_id=user_id)
    assert_type(whole, ConversationWithMessages | None)
    assert whole is not None
    assert_type(whole.messages, list[ConversationWithMessagesMessage])
    assert_type(whole.messages[0].position, int)
    assert_type(whole.messages[0].role, Role)
    assert_type(whole.messages[0].created_at, datetime)
    assert_type(whole.messages[0].metadata, JSON)
    assert_type(whole.messages[0].recording_id, UUID | None)


async def append(littlemonster: AsyncLittlemonster, conversation_id: UUID) -> None:
    """There may be no such conversation to append to."""
    said = await littlemonster.messages.append_message(
        conversation_id=conversation_id, role="user", content="?"
    )
    assert_type(said, Message | None)
    await littlemonster.messages.append_message(
        conversation_id=conversation_id,
        role="teacher",  # type: ignore[arg-type]
        content="?",
    )
