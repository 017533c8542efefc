-- Sound that the tenants keep.

-- name: add_audio(tenant_id, filename, s3_key, file_size, duration, bitrate, sample_rate, channels)<!
-- Records a audio whose file is in the tenant's bucket, and returns it.
-- @param duration = None
-- @param bitrate = None
-- @param sample_rate = None
-- @param channels = None
INSERT INTO mindia.audios AS audio (
    tenant_id,
    filename,
    s3_key,
    file_size,
    duration,
    bitrate,
    sample_rate,
    channels
)
VALUES (
    :tenant_id,
    :filename,
    :s3_key,
    :file_size,
    :duration,
    :bitrate,
    :sample_rate,
    :channels
)
RETURNING
    audio.id,
    audio.tenant_id,
    audio.filename,
    audio.s3_key,
    audio.file_size,
    audio.duration,
    audio.bitrate,
    audio.sample_rate,
    audio.channels,
    audio.uploaded_at;

-- name: audio_by_id(tenant_id, audio_id)^
-- Returns a audio.
SELECT
    audio.id,
    audio.tenant_id,
    audio.filename,
    audio.s3_key,
    audio.file_size,
    audio.duration,
    audio.bitrate,
    audio.sample_rate,
    audio.channels,
    audio.uploaded_at
FROM mindia.audios AS audio
WHERE
    audio.tenant_id = :tenant_id
    AND audio.id = :audio_id;

-- name: audios_page(tenant_id, before_uploaded_at, before_id, limit)
-- Returns a page of a tenant's audios, newest first.
-- The next page starts before uploaded_at and id of the last row; NULLs start at the
-- newest.
-- @param before_uploaded_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    audio.id,
    audio.tenant_id,
    audio.filename,
    audio.s3_key,
    audio.file_size,
    audio.duration,
    audio.bitrate,
    audio.sample_rate,
    audio.channels,
    audio.uploaded_at
FROM mindia.audios AS audio
WHERE
    audio.tenant_id = :tenant_id
    AND (audio.uploaded_at, audio.id) < (
        CASE
            WHEN :before_uploaded_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_uploaded_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY audio.uploaded_at DESC, audio.id DESC
LIMIT :limit;

-- name: update_audio(tenant_id, audio_id, filename, s3_key, file_size, duration, bitrate, sample_rate, channels)<!
-- Changes the given fields of a audio and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty.
UPDATE mindia.audios AS audio
SET
    filename = :filename,  -- @optional
    s3_key = :s3_key,  -- @optional
    file_size = :file_size,  -- @optional
    duration = :duration,  -- @optional
    bitrate = :bitrate,  -- @optional
    sample_rate = :sample_rate,  -- @optional
    channels = :channels  -- @optional
WHERE
    audio.tenant_id = :tenant_id
    AND audio.id = :audio_id
RETURNING
    audio.id,
    audio.tenant_id,
    audio.filename,
    audio.s3_key,
    audio.file_size,
    audio.duration,
    audio.bitrate,
    audio.sample_rate,
    audio.channels,
    audio.uploaded_at;

-- name: delete_audio(tenant_id, audio_id)<!
-- Forgets a audio and returns where it lies, for the caller to delete; none if
-- there is none.
-- @row DeletedAudio
DELETE FROM mindia.audios AS audio
WHERE
    audio.tenant_id = :tenant_id
    AND audio.id = :audio_id
RETURNING
    audio.id,
    audio.s3_key;
