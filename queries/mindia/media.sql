-- Images, videos, audios and documents of a tenant, taken together.

-- name: media_page(tenant_id, kind, before_uploaded_at, before_id, before_kind, limit)
-- Returns a page of all that a tenant keeps, newest first, of one kind if it is given.
-- processing_status is NULL for all but videos. The next page starts before
-- uploaded_at, id and kind of the last row; NULLs start at the newest.
-- @row MediaFile
-- @param before_uploaded_at = None
-- @param before_id = None
-- @param before_kind = None
-- @param limit = 50
SELECT
    media.kind,
    media.id,
    media.filename,
    media.s3_key,
    media.file_size,
    media.processing_status,
    media.uploaded_at
FROM (
    -- No condition in here: only plain branches are merged in the order of their
    -- indexes. The conditions below reach all four.
    SELECT
        image.tenant_id,
        'image'::mindia.entity_type AS kind,
        image.id,
        image.filename,
        image.s3_key,
        image.file_size,
        NULL AS processing_status,
        image.uploaded_at
    FROM mindia.images AS image
    UNION ALL
    SELECT
        video.tenant_id,
        'video'::mindia.entity_type AS kind,
        video.id,
        video.filename,
        video.s3_key,
        video.file_size,
        video.processing_status,
        video.uploaded_at
    FROM mindia.videos AS video
    UNION ALL
    SELECT
        audio.tenant_id,
        'audio'::mindia.entity_type AS kind,
        audio.id,
        audio.filename,
        audio.s3_key,
        audio.file_size,
        NULL AS processing_status,
        audio.uploaded_at
    FROM mindia.audios AS audio
    UNION ALL
    SELECT
        document.tenant_id,
        'document'::mindia.entity_type AS kind,
        document.id,
        document.filename,
        document.s3_key,
        document.file_size,
        NULL AS processing_status,
        document.uploaded_at
    FROM mindia.documents AS document
) AS media
WHERE
    media.tenant_id = :tenant_id
    AND media.kind = (SELECT :kind::mindia.entity_type)  -- @optional
    -- CASE and not COALESCE, here and on all pages. Under a policy, what could tell
    -- of rows that are not to be seen is kept away from the indexes; PostgreSQL
    -- takes COALESCE for such a thing.
    AND (media.uploaded_at, media.id, media.kind) < (
        CASE
            WHEN :before_uploaded_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_uploaded_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL
                THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END,
        CASE
            WHEN :before_kind::mindia.entity_type IS NULL THEN 'document'
            ELSE :before_kind
        END
    )
ORDER BY media.uploaded_at DESC, media.id DESC, media.kind DESC
-- The sub-selects hide the values from the planner. Seeing that few rows are wanted, it
-- would make a plan for every call, which takes longer than the page.
LIMIT (SELECT :limit::bigint);

-- name: media_by_id(tenant_id, media_id)^
-- Returns one of the things that a tenant keeps, whatever its kind.
-- @row MediaFile
SELECT
    media.kind,
    media.id,
    media.filename,
    media.s3_key,
    media.file_size,
    media.processing_status,
    media.uploaded_at
FROM (
    SELECT
        image.tenant_id,
        'image'::mindia.entity_type AS kind,
        image.id,
        image.filename,
        image.s3_key,
        image.file_size,
        NULL AS processing_status,
        image.uploaded_at
    FROM mindia.images AS image
    UNION ALL
    SELECT
        video.tenant_id,
        'video'::mindia.entity_type AS kind,
        video.id,
        video.filename,
        video.s3_key,
        video.file_size,
        video.processing_status,
        video.uploaded_at
    FROM mindia.videos AS video
    UNION ALL
    SELECT
        audio.tenant_id,
        'audio'::mindia.entity_type AS kind,
        audio.id,
        audio.filename,
        audio.s3_key,
        audio.file_size,
        NULL AS processing_status,
        audio.uploaded_at
    FROM mindia.audios AS audio
    UNION ALL
    SELECT
        document.tenant_id,
        'document'::mindia.entity_type AS kind,
        document.id,
        document.filename,
        document.s3_key,
        document.file_size,
        NULL AS processing_status,
        document.uploaded_at
    FROM mindia.documents AS document
) AS media
WHERE
    media.tenant_id = :tenant_id
    AND media.id = :media_id
ORDER BY media.kind
LIMIT 1;

-- name: storage_by_tenant(tenant_id)
-- Returns how many files a tenant keeps of each kind, and their bytes; all four kinds,
-- also those of which it has none.
-- Reads the index entries of all of them.
SELECT
    stored.kind,
    stored.file_count,
    stored.total_bytes
FROM (
    SELECT
        'image'::mindia.entity_type AS kind,
        count(*) AS file_count,
        COALESCE(sum(image.file_size), 0)::bigint AS total_bytes
    FROM mindia.images AS image
    WHERE image.tenant_id = :tenant_id
    UNION ALL
    SELECT
        'video'::mindia.entity_type AS kind,
        count(*) AS file_count,
        COALESCE(sum(video.file_size), 0)::bigint AS total_bytes
    FROM mindia.videos AS video
    WHERE video.tenant_id = :tenant_id
    UNION ALL
    SELECT
        'audio'::mindia.entity_type AS kind,
        count(*) AS file_count,
        COALESCE(sum(audio.file_size), 0)::bigint AS total_bytes
    FROM mindia.audios AS audio
    WHERE audio.tenant_id = :tenant_id
    UNION ALL
    SELECT
        'document'::mindia.entity_type AS kind,
        count(*) AS file_count,
        COALESCE(sum(document.file_size), 0)::bigint AS total_bytes
    FROM mindia.documents AS document
    WHERE document.tenant_id = :tenant_id
) AS stored
ORDER BY stored.kind;
