-- What users recorded or uploaded.

-- name: create_recording(user_id, title, storage_url, mime_type, file_size_bytes, duration_ms, recorded_at, status)<!
-- Adds a recording and returns it.
-- By default it waits for its file, until finish_upload or fail_upload. One that is
-- ready must have a storage_url.
-- @param storage_url = None
-- @param mime_type = None
-- @param file_size_bytes = None
-- @param duration_ms = None
-- @param recorded_at = None
-- @param status = 'uploading'
INSERT INTO littlemonster.recordings AS recording (
    user_id,
    title,
    storage_url,
    mime_type,
    file_size_bytes,
    duration_ms,
    recorded_at,
    status
)
VALUES (
    :user_id,
    :title,
    :storage_url,
    :mime_type,
    :file_size_bytes,
    :duration_ms,
    :recorded_at,
    :status
)
RETURNING
    recording.id,
    recording.user_id,
    recording.transcription_job_id,
    recording.transcription_id,
    recording.title,
    recording.status,
    recording.storage_url,
    recording.mime_type,
    recording.file_size_bytes,
    recording.duration_ms,
    recording.recorded_at,
    recording.created_at,
    recording.updated_at;

-- name: finish_upload(recording_id, storage_url, mime_type, file_size_bytes, duration_ms)<!
-- Makes a recording ready, now that its file is stored, and returns it.
-- None if there is none, or it is not uploading. NULL leaves alone what was known of
-- the file before.
-- @param mime_type = None
-- @param file_size_bytes = None
-- @param duration_ms = None
UPDATE littlemonster.recordings AS recording
SET
    status = 'ready',
    storage_url = :storage_url,
    mime_type = COALESCE(:mime_type, recording.mime_type),
    file_size_bytes = COALESCE(:file_size_bytes, recording.file_size_bytes),
    duration_ms = COALESCE(:duration_ms, recording.duration_ms)
WHERE
    recording.id = :recording_id
    AND recording.status = 'uploading'
RETURNING
    recording.id,
    recording.user_id,
    recording.transcription_job_id,
    recording.transcription_id,
    recording.title,
    recording.status,
    recording.storage_url,
    recording.mime_type,
    recording.file_size_bytes,
    recording.duration_ms,
    recording.recorded_at,
    recording.created_at,
    recording.updated_at;

-- name: fail_upload(recording_id)!
-- Gives a recording up whose file did not arrive; returns 1, or 0 if it is not
-- uploading.
UPDATE littlemonster.recordings AS recording
SET status = 'failed'
WHERE
    recording.id = :recording_id
    AND recording.status = 'uploading';

-- name: recording_by_id(recording_id)^
-- Returns a recording.
SELECT
    recording.id,
    recording.user_id,
    recording.transcription_job_id,
    recording.transcription_id,
    recording.title,
    recording.status,
    recording.storage_url,
    recording.mime_type,
    recording.file_size_bytes,
    recording.duration_ms,
    recording.recorded_at,
    recording.created_at,
    recording.updated_at
FROM littlemonster.recordings AS recording
WHERE recording.id = :recording_id;

-- name: recordings_of_user(user_id, status, before_created_at, before_id, limit)
-- Returns a page of a user's recordings, newest first, of one status if it is given.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    recording.id,
    recording.user_id,
    recording.transcription_job_id,
    recording.transcription_id,
    recording.title,
    recording.status,
    recording.storage_url,
    recording.mime_type,
    recording.file_size_bytes,
    recording.duration_ms,
    recording.recorded_at,
    recording.created_at,
    recording.updated_at
FROM littlemonster.recordings AS recording
WHERE
    recording.user_id = :user_id
    AND recording.status = :status  -- @optional
    AND (recording.created_at, recording.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY recording.created_at DESC, recording.id DESC
LIMIT :limit;

-- name: abandoned_uploads(started_before, after_created_at, after_id, limit)
-- Returns a page of the recordings that have been uploading since before a time, oldest
-- first, of all users.
-- The next page starts after created_at and id of the last row; NULLs start at the
-- oldest.
-- @param after_created_at = None
-- @param after_id = None
-- @param limit = 100
SELECT
    recording.id,
    recording.user_id,
    recording.transcription_job_id,
    recording.transcription_id,
    recording.title,
    recording.status,
    recording.storage_url,
    recording.mime_type,
    recording.file_size_bytes,
    recording.duration_ms,
    recording.recorded_at,
    recording.created_at,
    recording.updated_at
FROM littlemonster.recordings AS recording
WHERE
    recording.status = 'uploading'
    AND recording.created_at < :started_before
    AND (recording.created_at, recording.id) > (
        COALESCE(:after_created_at::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY recording.created_at, recording.id
LIMIT :limit;

-- name: update_recording(recording_id, title, transcription_job_id, transcription_id, recorded_at)<!
-- Changes the given fields of a recording and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty. So is the job noted that transcribes it, and then the transcription.
UPDATE littlemonster.recordings AS recording
SET
    title = :title,  -- @optional
    transcription_job_id = :transcription_job_id,  -- @optional
    transcription_id = :transcription_id,  -- @optional
    recorded_at = :recorded_at  -- @optional
WHERE recording.id = :recording_id
RETURNING
    recording.id,
    recording.user_id,
    recording.transcription_job_id,
    recording.transcription_id,
    recording.title,
    recording.status,
    recording.storage_url,
    recording.mime_type,
    recording.file_size_bytes,
    recording.duration_ms,
    recording.recorded_at,
    recording.created_at,
    recording.updated_at;

-- name: delete_recording(recording_id)!
-- Forgets a recording; returns 1, or 0 if there is none. Its transcription, and the
-- materials and messages that came of it, stay. The stored file is the business of the
-- caller.
DELETE FROM littlemonster.recordings AS recording
WHERE recording.id = :recording_id;
