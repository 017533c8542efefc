-- Files that the sessions produced.

-- name: add_media_file(session_id, file_type, storage_url, cdn_url, file_size_bytes, duration_seconds, mime_type, metadata)<!
-- Records a file of a session and returns it.
-- NULL metadata means none, an empty object.
-- @param cdn_url = None
-- @param file_size_bytes = None
-- @param duration_seconds = None
-- @param mime_type = None
-- @param metadata = None
INSERT INTO monumento.media_files AS media (
    session_id,
    file_type,
    storage_url,
    cdn_url,
    file_size_bytes,
    duration_seconds,
    mime_type,
    metadata
)
VALUES (
    :session_id,
    :file_type,
    :storage_url,
    :cdn_url,
    :file_size_bytes,
    :duration_seconds,
    :mime_type,
    COALESCE(:metadata::jsonb, '{}')
)
RETURNING
    media.id,
    media.session_id,
    media.file_type,
    media.storage_url,
    media.cdn_url,
    media.file_size_bytes,
    media.duration_seconds,
    media.mime_type,
    media.metadata,
    media.created_at;

-- name: media_file_by_id(media_file_id)^
-- Returns a file of a live session.
SELECT
    media.id,
    media.session_id,
    media.file_type,
    media.storage_url,
    media.cdn_url,
    media.file_size_bytes,
    media.duration_seconds,
    media.mime_type,
    media.metadata,
    media.created_at
FROM monumento.media_files AS media
INNER JOIN monumento.sessions AS session ON session.id = media.session_id
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE
    media.id = :media_file_id
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL;

-- name: media_of_session(session_id, after_created_at, after_id, limit)
-- Returns a page of the files of a live session, oldest first.
-- The next page starts after created_at and id of the last row; NULLs start at the
-- oldest.
-- @param after_created_at = None
-- @param after_id = None
-- @param limit = 100
SELECT
    media.id,
    media.session_id,
    media.file_type,
    media.storage_url,
    media.cdn_url,
    media.file_size_bytes,
    media.duration_seconds,
    media.mime_type,
    media.metadata,
    media.created_at
FROM monumento.media_files AS media
WHERE
    media.session_id = :session_id
    AND (media.created_at, media.id) > (
        COALESCE(:after_created_at::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
    AND EXISTS (
        SELECT 1
        FROM monumento.sessions AS session
        INNER JOIN monumento.users AS account ON account.id = session.user_id
        WHERE
            session.id = :session_id
            AND session.deleted_at IS NULL
            AND account.deleted_at IS NULL
    )
ORDER BY media.created_at, media.id
LIMIT :limit;

-- name: media_by_session_ids(session_ids, limit)
-- Returns the first files of each of many live sessions, oldest first.
-- The limit is one for each session; media_of_session goes on from there. A session
-- without files is not a key.
-- @row MediaFile
-- @group_by session_id
-- @param limit = 100
SELECT
    oldest.id,
    oldest.session_id,
    oldest.file_type,
    oldest.storage_url,
    oldest.cdn_url,
    oldest.file_size_bytes,
    oldest.duration_seconds,
    oldest.mime_type,
    oldest.metadata,
    oldest.created_at
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
CROSS JOIN LATERAL (
    SELECT
        media.id,
        media.session_id,
        media.file_type,
        media.storage_url,
        media.cdn_url,
        media.file_size_bytes,
        media.duration_seconds,
        media.mime_type,
        media.metadata,
        media.created_at
    FROM monumento.media_files AS media
    WHERE media.session_id = session.id
    ORDER BY media.created_at, media.id
    LIMIT :limit
) AS oldest
WHERE
    session.id = ANY (:session_ids)
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL
ORDER BY oldest.session_id, oldest.created_at, oldest.id;

-- name: storage_by_user(user_id)
-- Returns the number of files and their bytes by file type, of a live account.
-- Archived sessions count, deleted ones do not; a file of unknown size counts 0 bytes.
-- Reads all files of the account.
-- @column file_type not null
SELECT
    kept.file_type,
    count(*) AS file_count,
    COALESCE(sum(kept.file_size_bytes), 0)::bigint AS total_bytes
FROM (
    SELECT
        media.file_type,
        media.file_size_bytes
    FROM monumento.sessions AS session
    INNER JOIN monumento.media_files AS media ON media.session_id = session.id
    WHERE
        session.user_id = :user_id
        AND session.deleted_at IS NULL
    UNION ALL
    SELECT
        media.file_type,
        media.file_size_bytes
    FROM monumento.sessions_archive AS archived
    CROSS JOIN LATERAL jsonb_populate_recordset(
        NULL::monumento.media_files, archived.media_files
    ) AS media
    WHERE archived.user_id = :user_id
) AS kept
WHERE
    EXISTS (
        SELECT 1
        FROM monumento.users AS account
        WHERE
            account.id = :user_id
            AND account.deleted_at IS NULL
    )
GROUP BY kept.file_type
ORDER BY kept.file_type;

-- name: update_media_file(media_file_id, storage_url, cdn_url, file_size_bytes, duration_seconds, mime_type, metadata)<!
-- Changes the given fields of a file and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty. metadata replaces the whole object.
UPDATE monumento.media_files AS media
SET
    storage_url = :storage_url,  -- @optional
    cdn_url = :cdn_url,  -- @optional
    file_size_bytes = :file_size_bytes,  -- @optional
    duration_seconds = :duration_seconds,  -- @optional
    mime_type = :mime_type,  -- @optional
    metadata = :metadata  -- @optional
WHERE media.id = :media_file_id
RETURNING
    media.id,
    media.session_id,
    media.file_type,
    media.storage_url,
    media.cdn_url,
    media.file_size_bytes,
    media.duration_seconds,
    media.mime_type,
    media.metadata,
    media.created_at;

-- name: delete_media_file(media_file_id)!
-- Forgets a file; returns 1, or 0 if there is none. The stored bytes are the
-- business of the caller.
DELETE FROM monumento.media_files AS media
WHERE media.id = :media_file_id;
