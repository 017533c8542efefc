-- What was said in recordings.

-- name: create_transcription(user_id, text, title, language, model, segments, confidence, duration_ms)<!
-- Stores a transcription that no job made, and returns it.
-- segments is a JSON array of what was said when; NULL means none.
-- @param title = None
-- @param language = None
-- @param model = None
-- @param segments = None
-- @param confidence = None
-- @param duration_ms = None
INSERT INTO littlemonster.transcriptions AS transcription (
    user_id,
    title,
    language,
    model,
    text,
    segments,
    confidence,
    duration_ms
)
VALUES (
    :user_id,
    :title,
    :language,
    :model,
    :text,
    COALESCE(:segments::jsonb, '[]'),
    :confidence,
    :duration_ms
)
RETURNING
    transcription.id,
    transcription.user_id,
    transcription.job_id,
    transcription.title,
    transcription.language,
    transcription.model,
    transcription.text,
    transcription.segments,
    transcription.confidence,
    transcription.duration_ms,
    transcription.created_at,
    transcription.updated_at;

-- name: transcription_by_id(transcription_id)^
-- Returns a transcription.
SELECT
    transcription.id,
    transcription.user_id,
    transcription.job_id,
    transcription.title,
    transcription.language,
    transcription.model,
    transcription.text,
    transcription.segments,
    transcription.confidence,
    transcription.duration_ms,
    transcription.created_at,
    transcription.updated_at
FROM littlemonster.transcriptions AS transcription
WHERE transcription.id = :transcription_id;

-- name: transcription_of_job(job_id)^
-- Returns what a job made, once it has completed.
SELECT
    transcription.id,
    transcription.user_id,
    transcription.job_id,
    transcription.title,
    transcription.language,
    transcription.model,
    transcription.text,
    transcription.segments,
    transcription.confidence,
    transcription.duration_ms,
    transcription.created_at,
    transcription.updated_at
FROM littlemonster.transcriptions AS transcription
WHERE transcription.job_id = :job_id;

-- name: transcriptions_of_user(user_id, language, before_created_at, before_id, limit)
-- Returns a page of a user's transcriptions, newest first, each with its first 200
-- characters.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row TranscriptionSummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    transcription.id,
    transcription.user_id,
    transcription.job_id,
    transcription.title,
    transcription.language,
    transcription.model,
    left(transcription.text, 200) AS preview,
    transcription.confidence,
    transcription.duration_ms,
    transcription.created_at,
    transcription.updated_at
FROM littlemonster.transcriptions AS transcription
WHERE
    transcription.user_id = :user_id
    AND transcription.language = :language  -- @optional
    AND (transcription.created_at, transcription.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY transcription.created_at DESC, transcription.id DESC
LIMIT :limit;

-- name: update_transcription(transcription_id, title, language, text, segments)<!
-- Corrects the given fields of a transcription and returns it; none if there is none.
-- A patch: what is not given stays as it is; a NULL title or language removes it.
-- segments replaces the whole array.
UPDATE littlemonster.transcriptions AS transcription
SET
    title = :title,  -- @optional
    language = :language,  -- @optional
    text = :text,  -- @optional
    segments = :segments  -- @optional
WHERE transcription.id = :transcription_id
RETURNING
    transcription.id,
    transcription.user_id,
    transcription.job_id,
    transcription.title,
    transcription.language,
    transcription.model,
    transcription.text,
    transcription.segments,
    transcription.confidence,
    transcription.duration_ms,
    transcription.created_at,
    transcription.updated_at;

-- name: delete_transcription(transcription_id)!
-- Deletes a transcription; returns 1, or 0 if there is none. The job that made it, and
-- the stored sound, are left alone.
DELETE FROM littlemonster.transcriptions AS transcription
WHERE transcription.id = :transcription_id;
