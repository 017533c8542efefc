"""Generated speech, recordings and study materials, through the generated package."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from pgrepo import Database
from pgrepo.domains.littlemonster import Littlemonster

if TYPE_CHECKING:
    from collections.abc import Iterator

NEVER = UUID(int=0)
SOON = datetime(2100, 1, 1, tzinfo=UTC)


class Platform:
    """The domain on a connection whose transaction is rolled back, and its users."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.domain = Littlemonster(connection)
        self.audio = self.domain.tts_audio_files
        self.recordings = self.domain.recordings
        self.materials = self.domain.study_materials

    def user(self, email: str = "ada@example.org") -> UUID:
        """A new account's id."""
        made: UUID = self.value(
            "INSERT INTO littlemonster.users (email) VALUES (%s) RETURNING id", email
        )
        return made

    def value(self, query: LiteralString, *arguments: object) -> Any:
        """Asks the database for one value."""
        row = self.connection.execute(query, arguments).fetchone()
        assert row is not None
        return row[0]

    def refuses(self, query: LiteralString, *arguments: object) -> str | None:
        """The constraint that a statement violates."""
        with (
            pytest.raises(psycopg.errors.IntegrityError) as caught,
            self.connection.transaction(),
        ):
            self.connection.execute(query, arguments)
        return caught.value.diag.constraint_name


@pytest.fixture
def platform(littlemonster_url: str) -> Iterator[Platform]:
    """An empty platform."""
    with psycopg.connect(littlemonster_url) as connection:
        yield Platform(connection)
        connection.rollback()


def test_speech_is_found_again(platform: Platform) -> None:
    """By text, voice and settings, in whatever order their keys are, and by nothing less."""
    user, other = platform.user(), platform.user("bob@example.org")
    audio = platform.audio
    said: dict[str, Any] = {
        "user_id": user,
        "text": "Guten Tag, 世界",
        "voice": "nova",
        "settings": {"speed": 1.25, "model": "speech-1"},
    }
    assert audio.audio_of_text(**said) is None
    kept = audio.store_audio(**said, storage_url="s3://a", duration_ms=900)
    assert (kept.settings, kept.mime_type, len(kept.text_hash)) == (
        said["settings"], "audio/mpeg", 32,
    )  # fmt: skip
    again = {**said, "settings": {"model": "speech-1", "speed": 1.25}}
    assert audio.audio_of_text(**again) == kept
    assert audio.audio_by_text_hash(user_id=user, text_hash=kept.text_hash) == kept
    assert audio.audio_by_text_hash(user_id=other, text_hash=kept.text_hash) is None
    for change in (
        {"user_id": other}, {"text": "guten Tag, 世界"}, {"voice": "alloy"}, {"settings": None},
        {"settings": {"model": "speech-1", "speed": "1.25"}},
    ):  # fmt: skip
        assert audio.audio_of_text(**(said | change)) is None, change
    # Text cannot run into voice.
    hashes = {
        platform.value("SELECT littlemonster.speech_hash(%s, %s, '{}')", text, voice)
        for text, voice in (("ab", "c"), ("a", "bc"), ('a","b', "c"), ("abc", ""))
    }
    assert len(hashes) == 4


def test_the_first_speech_stays(littlemonster_url: str) -> None:
    """Of many who generate the same at once, all get one row."""
    with Database(littlemonster_url, max_size=8) as database:
        with psycopg.connect(littlemonster_url, autocommit=True) as connection:
            user = Platform(connection).user()
        audio = Littlemonster(database).tts_audio_files

        def generate(number: int) -> str:
            row = audio.store_audio(
                user_id=user, text="Once", voice="nova", storage_url=f"s3://{number}"
            )
            return row.storage_url

        with ThreadPoolExecutor(8) as threads:
            urls = set(threads.map(generate, range(32)))
        assert len(urls) == 1
        assert [row.storage_url for row in audio.audio_of_user(user_id=user)] == list(urls)


def test_unused_speech_is_purged(platform: Platform) -> None:
    """The longest unused first; what is used is spared; listening writes once a day."""
    user = platform.user()
    kept = [
        platform.audio.store_audio(user_id=user, text=f"{n}", voice="v", storage_url=f"s3://{n}")
        for n in range(4)
    ]
    assert platform.audio.touch_audio(audio_id=kept[0].id) == 0
    for days, audio in zip((0, 40, 50, 60), kept, strict=True):
        platform.connection.execute(
            "UPDATE littlemonster.tts_audio_files SET last_used_at = now() - %s WHERE id = %s",
            [timedelta(days=days), audio.id],
        )
    assert platform.audio.touch_audio(audio_id=kept[1].id) == 1
    month_ago = datetime.now(UTC) - timedelta(days=30)
    purge = platform.audio.purge_unused_audio
    assert [row.storage_url for row in purge(unused_since=month_ago, batch_size=1)] == ["s3://3"]
    assert [row.storage_url for row in purge(unused_since=month_ago)] == ["s3://2"]
    assert purge(unused_since=month_ago) == []
    left = platform.audio.audio_of_user(user_id=user)
    assert {row.id for row in left} == {kept[0].id, kept[1].id}


def test_a_file_that_moves(platform: Platform) -> None:
    """What is known of a file can change; what was said, and how, cannot."""
    user = platform.user()
    kept = platform.audio.store_audio(
        user_id=user, text="a", voice="v", storage_url="s3://a", duration_ms=5
    )
    moved = platform.audio.update_audio(audio_id=kept.id, storage_url="s3://b", duration_ms=None)
    assert moved is not None
    assert (moved.storage_url, moved.duration_ms) == ("s3://b", None)
    assert platform.audio.audio_by_id(audio_id=kept.id) == moved
    assert moved.text_hash == kept.text_hash
    assert platform.audio.update_audio(audio_id=NEVER, storage_url="s3://c") is None
    assert platform.audio.delete_audio(audio_id=kept.id) == 1
    assert platform.audio.delete_audio(audio_id=kept.id) == 0


def test_an_upload(platform: Platform) -> None:
    """From nothing to a file, or to none; and what never ended is found."""
    user = platform.user()
    recordings = platform.recordings
    first, second, third = (
        recordings.create_recording(user_id=user, title=f"Lecture {n}", mime_type="audio/mp4")
        for n in range(3)
    )
    done = recordings.finish_upload(recording_id=first.id, storage_url="s3://x", duration_ms=5)
    assert done is not None
    assert (done.status, done.storage_url, done.mime_type) == ("ready", "s3://x", "audio/mp4")
    assert recordings.finish_upload(recording_id=first.id, storage_url="s3://y") is None
    assert recordings.fail_upload(recording_id=second.id) == 1
    assert recordings.fail_upload(recording_id=second.id) == 0
    assert [row.id for row in recordings.abandoned_uploads(started_before=SOON)] == [third.id]
    assert [row.id for row in recordings.recordings_of_user(user_id=user, status="ready")] == [
        first.id
    ]
    assert platform.refuses(
        "UPDATE littlemonster.recordings SET status = 'ready' WHERE id = %s", second.id
    ) == "recordings_storage_url_check"  # fmt: skip
    renamed = recordings.update_recording(recording_id=first.id, title="Renamed")
    assert renamed is not None
    assert (renamed.title, renamed.storage_url) == ("Renamed", "s3://x")
    assert recordings.update_recording(recording_id=NEVER) is None


def test_pages(platform: Platform) -> None:
    """Keyset pages show every row once, equal times included."""
    user = platform.user()
    made = [
        platform.materials.create_material(user_id=user, title=f"{n}", content="x" * 300)
        for n in range(7)
    ]
    seen: list[UUID] = []
    cursor: dict[str, Any] = {}
    while page := platform.materials.materials_of_user(user_id=user, limit=3, **cursor):
        seen += [row.id for row in page]
        cursor = {"before_created_at": page[-1].created_at, "before_id": page[-1].id}
        assert all(row.excerpt == "x" * 200 for row in page)
    assert seen == sorted((row.id for row in made), reverse=True)
    waiting = platform.materials.materials_without_embedding(limit=4)
    rest = platform.materials.materials_without_embedding(
        after_created_at=waiting[-1].created_at, after_id=waiting[-1].id
    )
    assert [row.id for row in [*waiting, *rest]] == seen[::-1]


def test_an_embedding_belongs_to_a_text(platform: Platform) -> None:
    """It is stored for the version it was computed from, and goes when the text does."""
    materials = platform.materials
    made = materials.create_material(user_id=platform.user(), title="Cells", content="membrane")
    vector = [1.0] + [0.0] * 767
    set_embedding = materials.set_embedding
    assert set_embedding(
        material_id=made.id, content_version=1, embedding=vector, embedding_model="m"
    ) == 1  # fmt: skip
    assert materials.materials_without_embedding() == []

    kind = materials.update_material(material_id=made.id, kind="summary", metadata={"page": 1})
    assert kind is not None
    assert (kind.embedding_model, kind.content_version, kind.metadata) == ("m", 1, {"page": 1})
    text = materials.update_material(material_id=made.id, content="membrane and nucleus")
    assert text is not None
    assert (text.embedding_model, text.embedded_at, text.content_version) == (None, None, 2)
    assert set_embedding(
        material_id=made.id, content_version=1, embedding=vector, embedding_model="m"
    ) == 0  # fmt: skip
    (waiting,) = materials.materials_without_embedding()
    assert (waiting.id, waiting.content_version) == (made.id, 2)
    assert set_embedding(
        material_id=waiting.id,
        content_version=waiting.content_version,
        embedding=vector,
        embedding_model="m",
    ) == 1  # fmt: skip
    assert materials.clear_embedding(material_id=made.id) == 1
    assert materials.clear_embedding(material_id=made.id) == 0


def test_what_a_material_cannot_be(platform: Platform) -> None:
    """The database refuses what search could not work with, and what lists do not know."""
    made = platform.materials.create_material(user_id=platform.user(), title="t", content="c")
    zeros = f"[{','.join(['0'] * 768)}]"
    assert platform.refuses(
        """
        UPDATE littlemonster.study_materials
        SET embedding = %s, embedding_model = 'm', embedded_at = now()
        WHERE id = %s
        """,
        zeros,
        made.id,
    ) == "study_materials_embedding_check"  # fmt: skip
    for column, value in (
        ("embedding_model", "m"), ("kind", "poem"), ("language", "klingon"), ("metadata", "[]"),
        ("content", "é" * 131_073),
    ):  # fmt: skip
        change = psycopg.sql.SQL(
            "UPDATE littlemonster.study_materials SET {} = %s WHERE id = %s"
        ).format(psycopg.sql.Identifier(column))
        with (
            pytest.raises(psycopg.errors.CheckViolation) as caught,
            platform.connection.transaction(),
        ):
            platform.connection.execute(change, [value, made.id])
        name = "embedding" if column == "embedding_model" else column
        assert caught.value.diag.constraint_name == f"study_materials_{name}_check"


def test_as_many_words_as_fit(platform: Platform) -> None:
    """The longest content that is allowed is never too much for a tsvector."""
    words = " ".join(f"{n:x}é" for n in range(60_000))
    longest = words.encode()[:262_144].decode(errors="ignore")
    made = platform.materials.create_material(
        user_id=platform.user(), title="t" * 255, content=longest, language="simple"
    )
    assert made.content == longest


def test_updated_at(platform: Platform) -> None:
    """It moves with a change, and not without one."""
    made = platform.materials.create_material(user_id=platform.user(), title="t", content="c")
    platform.connection.execute(
        "UPDATE littlemonster.study_materials SET updated_at = '2020-01-01', title = 't2'"
    )
    changed = platform.materials.material_by_id(material_id=made.id)
    assert changed is not None
    assert changed.updated_at == made.updated_at  # the time of this transaction
    platform.connection.execute(
        "ALTER TABLE littlemonster.study_materials DISABLE TRIGGER study_materials_set_updated_at"
    )
    platform.connection.execute(
        "UPDATE littlemonster.study_materials SET updated_at = '2020-01-01'"
    )
    platform.connection.execute(
        "ALTER TABLE littlemonster.study_materials ENABLE TRIGGER study_materials_set_updated_at"
    )
    same = platform.materials.update_material(material_id=made.id, title="t2")
    assert same is not None
    assert same.updated_at.year == 2020


def test_deletions(platform: Platform) -> None:
    """What came of a recording outlives it; nothing outlives its user."""
    user = platform.user()
    recording = platform.recordings.create_recording(user_id=user, title="Lecture")
    material = platform.materials.create_material(
        user_id=user, title="Notes", content="Text", recording_id=recording.id
    )
    audio = platform.audio.store_audio(user_id=user, text="a", voice="v", storage_url="s3://a")
    conversation = platform.domain.conversations.create_conversation(
        user_id=user, study_material_id=material.id
    )
    message = platform.domain.messages.append_message(
        conversation_id=conversation.id,
        role="user",
        content="?",
        recording_id=recording.id,
        tts_audio_file_id=audio.id,
    )
    assert message is not None
    assert platform.recordings.delete_recording(recording_id=recording.id) == 1
    assert platform.audio.delete_audio(audio_id=audio.id) == 1
    kept = platform.materials.material_by_id(material_id=material.id)
    said = platform.domain.messages.message_by_id(message_id=message.id)
    assert kept is not None
    assert said is not None
    assert (kept.recording_id, said.recording_id, said.tts_audio_file_id) == (None, None, None)
    assert platform.materials.delete_material(material_id=material.id) == 1
    about = platform.domain.conversations.conversation_by_id(conversation_id=conversation.id)
    assert about is not None
    assert (about.study_material_id, about.message_count) == (None, 1)
    platform.materials.create_material(user_id=user, title="Notes", content="Text")
    platform.audio.store_audio(user_id=user, text="b", voice="v", storage_url="s3://b")
    platform.recordings.create_recording(user_id=user, title="Another")

    platform.connection.execute("DELETE FROM littlemonster.users WHERE id = %s", [user])
    for table in ("tts_audio_files", "recordings", "study_materials", "conversations", "messages"):
        count = psycopg.sql.SQL("SELECT count(*) FROM {}").format(
            psycopg.sql.Identifier("littlemonster", table)
        )
        row = platform.connection.execute(count).fetchone()
        assert row == (0,), table
