-- Generated speech, kept to be heard again.

-- name: audio_by_text_hash(user_id, text_hash)^
-- Returns the speech that a user had generated before, by the hash of what is said and
-- how.
-- The hash is the text_hash of another row, or what speech_hash() makes of text, voice
-- and settings; audio_of_text takes those instead.
SELECT
    audio.id,
    audio.user_id,
    audio.text,
    audio.voice,
    audio.settings,
    audio.text_hash,
    audio.storage_url,
    audio.mime_type,
    audio.file_size_bytes,
    audio.duration_ms,
    audio.created_at,
    audio.last_used_at
FROM littlemonster.tts_audio_files AS audio
WHERE
    audio.user_id = :user_id
    AND audio.text_hash = :text_hash;

-- name: audio_of_text(user_id, text, voice, settings)^
-- Returns the speech that a user had generated before of this text, with this voice and
-- these settings, in whatever order their keys are.
-- None means that it has to be generated, and then kept with store_audio. NULL settings
-- mean none, an empty object.
-- @param settings = None
SELECT
    audio.id,
    audio.user_id,
    audio.text,
    audio.voice,
    audio.settings,
    audio.text_hash,
    audio.storage_url,
    audio.mime_type,
    audio.file_size_bytes,
    audio.duration_ms,
    audio.created_at,
    audio.last_used_at
FROM littlemonster.tts_audio_files AS audio
WHERE
    audio.user_id = :user_id
    AND audio.text_hash = littlemonster.speech_hash(
        :text, :voice, COALESCE(:settings::jsonb, '{}')
    );

-- name: store_audio(user_id, text, voice, settings, storage_url, mime_type, file_size_bytes, duration_ms)<!
-- Keeps generated speech and returns its row.
-- Where two callers generated the same speech, the first one's file stays and both get
-- its row: a caller whose storage_url is not in it may drop the file. NULL settings
-- mean none, an empty object.
-- @param settings = None
-- @param mime_type = 'audio/mpeg'
-- @param file_size_bytes = None
-- @param duration_ms = None
INSERT INTO littlemonster.tts_audio_files AS audio (
    user_id,
    text,
    voice,
    settings,
    storage_url,
    mime_type,
    file_size_bytes,
    duration_ms
)
VALUES (
    :user_id,
    :text,
    :voice,
    COALESCE(:settings::jsonb, '{}'),
    :storage_url,
    :mime_type,
    :file_size_bytes,
    :duration_ms
)
ON CONFLICT (user_id, text_hash) DO UPDATE
SET last_used_at = EXCLUDED.last_used_at
RETURNING
    audio.id,
    audio.user_id,
    audio.text,
    audio.voice,
    audio.settings,
    audio.text_hash,
    audio.storage_url,
    audio.mime_type,
    audio.file_size_bytes,
    audio.duration_ms,
    audio.created_at,
    audio.last_used_at;

-- name: audio_by_id(audio_id)^
-- Returns one piece of generated speech.
SELECT
    audio.id,
    audio.user_id,
    audio.text,
    audio.voice,
    audio.settings,
    audio.text_hash,
    audio.storage_url,
    audio.mime_type,
    audio.file_size_bytes,
    audio.duration_ms,
    audio.created_at,
    audio.last_used_at
FROM littlemonster.tts_audio_files AS audio
WHERE audio.id = :audio_id;

-- name: audio_of_user(user_id, before_created_at, before_id, limit)
-- Returns a page of a user's generated speech, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    audio.id,
    audio.user_id,
    audio.text,
    audio.voice,
    audio.settings,
    audio.text_hash,
    audio.storage_url,
    audio.mime_type,
    audio.file_size_bytes,
    audio.duration_ms,
    audio.created_at,
    audio.last_used_at
FROM littlemonster.tts_audio_files AS audio
WHERE
    audio.user_id = :user_id
    AND (audio.created_at, audio.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY audio.created_at DESC, audio.id DESC
LIMIT :limit;

-- name: touch_audio(audio_id)!
-- Notes that speech is being used, so that purge_unused_audio spares it.
-- Returns 1, or 0 if that was noted less than a day ago or there is none: so that
-- listening does not write a row each time.
UPDATE littlemonster.tts_audio_files AS audio
SET last_used_at = now()
WHERE
    audio.id = :audio_id
    AND audio.last_used_at < now() - interval '1 day';

-- name: update_audio(audio_id, storage_url, mime_type, file_size_bytes, duration_ms)<!
-- Changes where and what the file of some speech is, and returns the row; none if there
-- is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty. Another text, voice or setting is another row.
UPDATE littlemonster.tts_audio_files AS audio
SET
    storage_url = :storage_url,  -- @optional
    mime_type = :mime_type,  -- @optional
    file_size_bytes = :file_size_bytes,  -- @optional
    duration_ms = :duration_ms  -- @optional
WHERE audio.id = :audio_id
RETURNING
    audio.id,
    audio.user_id,
    audio.text,
    audio.voice,
    audio.settings,
    audio.text_hash,
    audio.storage_url,
    audio.mime_type,
    audio.file_size_bytes,
    audio.duration_ms,
    audio.created_at,
    audio.last_used_at;

-- name: delete_audio(audio_id)!
-- Forgets generated speech; returns 1, or 0 if there is none. Messages that were read
-- out with it stay. The stored file is the business of the caller.
DELETE FROM littlemonster.tts_audio_files AS audio
WHERE audio.id = :audio_id;

-- name: purge_unused_audio(unused_since, batch_size)
-- Forgets speech that nobody has used since a time, the longest unused first, and
-- returns where the files are, which the caller drops.
-- In no order. Skips what another purge holds, so several can run; call it until it
-- returns nothing. An array, because PostgreSQL would join a batch of unknown size by
-- reading the whole table.
-- @param batch_size = 1000
WITH unused AS MATERIALIZED (
    SELECT audio.id
    FROM littlemonster.tts_audio_files AS audio
    WHERE audio.last_used_at < :unused_since
    ORDER BY audio.last_used_at, audio.id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM littlemonster.tts_audio_files AS audio
WHERE audio.id = ANY (ARRAY(SELECT unused.id FROM unused))
RETURNING
    audio.id,
    audio.user_id,
    audio.storage_url;
