-- Films that the tenants keep, processed to be streamed.

-- name: add_video(tenant_id, filename, s3_key, file_size, duration, width, height)<!
-- Records a video whose file is in the tenant's bucket, and returns it.
-- @param duration = None
-- @param width = None
-- @param height = None
INSERT INTO mindia.videos AS video (
    tenant_id,
    filename,
    s3_key,
    file_size,
    duration,
    width,
    height
)
VALUES (
    :tenant_id,
    :filename,
    :s3_key,
    :file_size,
    :duration,
    :width,
    :height
)
RETURNING
    video.id,
    video.tenant_id,
    video.filename,
    video.s3_key,
    video.file_size,
    video.processing_status,
    video.hls_master_key,
    video.duration,
    video.width,
    video.height,
    video.uploaded_at;

-- name: video_by_id(tenant_id, video_id)^
-- Returns a video.
SELECT
    video.id,
    video.tenant_id,
    video.filename,
    video.s3_key,
    video.file_size,
    video.processing_status,
    video.hls_master_key,
    video.duration,
    video.width,
    video.height,
    video.uploaded_at
FROM mindia.videos AS video
WHERE
    video.tenant_id = :tenant_id
    AND video.id = :video_id;

-- name: videos_page(tenant_id, before_uploaded_at, before_id, limit)
-- Returns a page of a tenant's videos, newest first.
-- The next page starts before uploaded_at and id of the last row; NULLs start at the
-- newest.
-- @param before_uploaded_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    video.id,
    video.tenant_id,
    video.filename,
    video.s3_key,
    video.file_size,
    video.processing_status,
    video.hls_master_key,
    video.duration,
    video.width,
    video.height,
    video.uploaded_at
FROM mindia.videos AS video
WHERE
    video.tenant_id = :tenant_id
    AND (video.uploaded_at, video.id) < (
        CASE
            WHEN :before_uploaded_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_uploaded_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY video.uploaded_at DESC, video.id DESC
LIMIT :limit;

-- name: update_video(tenant_id, video_id, filename, s3_key, file_size, hls_master_key, duration, width, height)<!
-- Changes the given fields of a video and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty.
UPDATE mindia.videos AS video
SET
    filename = :filename,  -- @optional
    s3_key = :s3_key,  -- @optional
    file_size = :file_size,  -- @optional
    hls_master_key = :hls_master_key,  -- @optional
    duration = :duration,  -- @optional
    width = :width,  -- @optional
    height = :height  -- @optional
WHERE
    video.tenant_id = :tenant_id
    AND video.id = :video_id
RETURNING
    video.id,
    video.tenant_id,
    video.filename,
    video.s3_key,
    video.file_size,
    video.processing_status,
    video.hls_master_key,
    video.duration,
    video.width,
    video.height,
    video.uploaded_at;

-- name: set_processing_status(tenant_id, video_id, processing_status, hls_master_key, duration, width, height)<!
-- Notes how far the processing of a video is, and what it found out, and returns the
-- video; none if there is none.
-- Only what is processing can complete or fail: another step changes nothing and
-- violates videos_processing_status_step (23514). The status that it already has is no
-- step, so the call can be repeated. What is not given stays as it is.
UPDATE mindia.videos AS video
SET
    processing_status = :processing_status,
    hls_master_key = :hls_master_key,  -- @optional
    duration = :duration,  -- @optional
    width = :width,  -- @optional
    height = :height  -- @optional
WHERE
    video.tenant_id = :tenant_id
    AND video.id = :video_id
RETURNING
    video.id,
    video.tenant_id,
    video.filename,
    video.s3_key,
    video.file_size,
    video.processing_status,
    video.hls_master_key,
    video.duration,
    video.width,
    video.height,
    video.uploaded_at;

-- name: unprocessed_videos(tenant_id, processing_status, after_uploaded_at, after_id, limit)
-- Returns a page of a tenant's videos that are not completed, oldest first, of one
-- status if it is given.
-- Reads all of these that are in between.
-- The next page starts after uploaded_at and id of the last row; NULLs start at the
-- oldest.
-- @param after_uploaded_at = None
-- @param after_id = None
-- @param limit = 50
SELECT
    video.id,
    video.tenant_id,
    video.filename,
    video.s3_key,
    video.file_size,
    video.processing_status,
    video.hls_master_key,
    video.duration,
    video.width,
    video.height,
    video.uploaded_at
FROM mindia.videos AS video
WHERE
    video.tenant_id = :tenant_id
    AND video.processing_status <> 'completed'
    AND video.processing_status = :processing_status  -- @optional
    AND (video.uploaded_at, video.id) > (
        CASE
            WHEN :after_uploaded_at::timestamptz IS NULL THEN '-infinity'
            ELSE :after_uploaded_at
        END,
        CASE
            WHEN :after_id::uuid IS NULL THEN '00000000-0000-0000-0000-000000000000'
            ELSE :after_id
        END
    )
ORDER BY video.uploaded_at, video.id
LIMIT :limit;

-- name: delete_video(tenant_id, video_id)<!
-- Forgets a video and returns where it lies, for the caller to delete; none if
-- there is none.
-- @row DeletedVideo
DELETE FROM mindia.videos AS video
WHERE
    video.tenant_id = :tenant_id
    AND video.id = :video_id
RETURNING
    video.id,
    video.s3_key,
    video.hls_master_key;
