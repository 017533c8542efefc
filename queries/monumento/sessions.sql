-- Recorded conversations, live and archived.

-- name: create_session(user_id, vibe, mode, duration_minutes, status, metadata)<!
-- Creates a session and returns it.
-- NULL metadata means none, an empty object.
-- @row Session
-- @param status = 'draft'
-- @param metadata = None
INSERT INTO monumento.sessions AS session (
    user_id,
    vibe,
    mode,
    duration_minutes,
    status,
    metadata
)
VALUES (
    :user_id,
    :vibe,
    :mode,
    :duration_minutes,
    :status,
    COALESCE(:metadata::jsonb, '{}')
)
RETURNING
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at;

-- name: session_by_id(session_id)^
-- Returns a live session.
-- @row Session
SELECT
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL;

-- name: sessions_by_ids(session_ids)
-- Returns live sessions by their ids. An id without a live session is not a key.
-- @row Session
-- @key_by id
SELECT
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE
    session.id = ANY (:session_ids)
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL
ORDER BY session.id;

-- name: session_with_messages(session_id)^
-- Returns a live session with everything said in it, in spoken order.
-- offset is ms from the start of the session. An empty session has no messages: [].
-- Reads the months in which it was stored. Those that were archived are not there.
-- @column messages: list[pgrepo.domains.monumento.documents.SpokenMessage] not null
SELECT
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at,
    monumento.spoken_messages(
        session.id, session.messages_from, session.messages_until
    ) AS messages
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL;

-- name: session_metadata(session_id)$
-- Returns the metadata of a live session.
-- From a cache it can be five minutes old where not the session was changed but its
-- account was deleted, or where it was archived.
-- @cache 5min by session_id
SELECT session.metadata
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL
    AND account.deleted_at IS NULL;

-- name: recent_sessions(user_id, limit)
-- Returns the newest conversations of a live account with their message counts, newest
-- first.
-- first_message_at and last_message_at are Unix times in ms, NULL in an empty session.
-- Sessions keep all three, so the cost follows the limit and not the history. Messages
-- of months that were archived count too. The second limit removes no row: without it
-- PostgreSQL expects a prepared statement to return a tenth of the history, and plans
-- every call anew.
-- @param limit = 10
WITH page AS (
    SELECT
        session.id,
        session.user_id,
        session.vibe,
        session.mode,
        session.duration_minutes,
        session.video_url,
        session.transcript_url,
        session.thumbnail_url,
        session.metadata,
        session.status,
        session.created_at,
        session.updated_at,
        session.message_count,
        session.first_message_at,
        session.last_message_at
    FROM monumento.sessions AS session
    WHERE
        session.user_id = :user_id
        AND session.deleted_at IS NULL
        AND EXISTS (
            SELECT 1
            FROM monumento.users AS account
            WHERE
                account.id = :user_id
                AND account.deleted_at IS NULL
        )
    ORDER BY session.created_at DESC, session.id DESC
    LIMIT :limit
)

SELECT
    page.id,
    page.user_id,
    page.vibe,
    page.mode,
    page.duration_minutes,
    page.video_url,
    page.transcript_url,
    page.thumbnail_url,
    page.metadata,
    page.status,
    page.created_at,
    page.updated_at,
    page.message_count,
    page.first_message_at,
    page.last_message_at
FROM page
ORDER BY page.created_at DESC, page.id DESC
LIMIT :limit;

-- name: sessions_page(user_id, before_created_at, before_id, limit)
-- Returns a page of the sessions of a live account, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row Session
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at
FROM monumento.sessions AS session
WHERE
    session.user_id = :user_id
    AND session.deleted_at IS NULL
    AND (session.created_at, session.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
    AND EXISTS (
        SELECT 1
        FROM monumento.users AS account
        WHERE
            account.id = :user_id
            AND account.deleted_at IS NULL
    )
ORDER BY session.created_at DESC, session.id DESC
LIMIT :limit;

-- name: sessions_by_user_ids(user_ids, limit)
-- Returns the newest sessions of each of many live accounts, newest first.
-- The limit is one for each account. An account without sessions is not a key.
-- @row Session
-- @group_by user_id
-- @param limit = 10
SELECT
    newest.id,
    newest.user_id,
    newest.vibe,
    newest.mode,
    newest.duration_minutes,
    newest.video_url,
    newest.transcript_url,
    newest.thumbnail_url,
    newest.metadata,
    newest.status,
    newest.created_at,
    newest.updated_at
FROM monumento.users AS account
CROSS JOIN LATERAL (
    SELECT
        session.id,
        session.user_id,
        session.vibe,
        session.mode,
        session.duration_minutes,
        session.video_url,
        session.transcript_url,
        session.thumbnail_url,
        session.metadata,
        session.status,
        session.created_at,
        session.updated_at
    FROM monumento.sessions AS session
    WHERE
        session.user_id = account.id
        AND session.deleted_at IS NULL
    ORDER BY session.created_at DESC, session.id DESC
    LIMIT :limit
) AS newest
WHERE
    account.id = ANY (:user_ids)
    AND account.deleted_at IS NULL
ORDER BY newest.user_id, newest.created_at DESC, newest.id DESC;

-- name: search_sessions(user_id, status, vibe, metadata, since, until, limit)
-- Returns the sessions of a live account that match everything that is given.
-- metadata is an object that the session's metadata contains: every given key and
-- value, nested ones too. since is the first created_at to match, until the first not
-- to.
-- @row Session
-- @order_by newest: session.created_at DESC, session.id DESC
-- @order_by oldest: session.created_at, session.id
-- @order_by longest: session.duration_minutes DESC, session.id DESC
-- @allow PGR512: few ask for the longest, and no user has so many that sorting them hurts
-- @param limit = 50
SELECT
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at
FROM monumento.sessions AS session
WHERE
    session.user_id = :user_id
    AND session.deleted_at IS NULL
    AND session.status = :status  -- @optional
    AND session.vibe = :vibe  -- @optional
    AND session.metadata @> :metadata  -- @optional
    AND session.created_at >= :since  -- @optional
    AND session.created_at < :until  -- @optional
    AND EXISTS (
        SELECT 1
        FROM monumento.users AS account
        WHERE
            account.id = :user_id
            AND account.deleted_at IS NULL
    )
ORDER BY session.created_at DESC, session.id DESC
LIMIT :limit;

-- name: sessions_by_status(status, after_created_at, after_id, limit)
-- Returns a page of the live sessions in one status, of all accounts, oldest first.
-- The next page starts after created_at and id of the last row; NULLs start at the
-- oldest.
-- @row Session
-- @param after_created_at = None
-- @param after_id = None
-- @param limit = 50
SELECT
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE
    session.status = :status
    AND session.deleted_at IS NULL
    AND (session.created_at, session.id) > (
        COALESCE(:after_created_at::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
    AND account.deleted_at IS NULL
ORDER BY session.created_at, session.id
LIMIT :limit;

-- name: sessions_by_metadata(metadata, user_id, before_created_at, before_id, limit)
-- Returns a page of the live sessions whose metadata contains an object, newest first.
-- Contains means every given key and value, nested ones too; arrays match in any order.
-- Without a user_id it searches all accounts. The next page starts before created_at
-- and id of the last row; NULLs start at the newest. The cost follows the number of
-- matches.
-- @row Session
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at
FROM monumento.sessions AS session
INNER JOIN monumento.users AS account ON account.id = session.user_id
WHERE
    session.metadata @> :metadata::jsonb
    AND session.user_id = :user_id  -- @optional
    AND session.deleted_at IS NULL
    AND (session.created_at, session.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
    AND account.deleted_at IS NULL
ORDER BY session.created_at DESC, session.id DESC
LIMIT :limit;

-- name: update_session(session_id, vibe, mode, duration_minutes, metadata)<!
-- Changes the given fields of a live session and returns it; none if there is none.
-- A patch: what is not given stays as it is. metadata replaces the whole object;
-- merge_session_metadata changes single keys, set_session_status the status.
-- @row Session
-- @invalidates session_metadata by session_id
UPDATE monumento.sessions AS session
SET
    vibe = :vibe,  -- @optional
    mode = :mode,  -- @optional
    duration_minutes = :duration_minutes,  -- @optional
    metadata = :metadata  -- @optional
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL
RETURNING
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at;

-- name: merge_session_metadata(session_id, metadata)<!
-- Merges an object into the metadata of a live session and returns the session.
-- Given keys are added or overwritten, values whole; the other keys stay.
-- @row Session
-- @invalidates session_metadata by session_id
UPDATE monumento.sessions AS session
SET metadata = session.metadata || :metadata::jsonb
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL
RETURNING
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at;

-- name: set_session_status(session_id, status)<!
-- Takes a live session one step further and returns it; none if there is none.
-- The steps are draft, recording, processing, completed. Any other step changes nothing
-- and violates sessions_status_step (23514). The status it already has is no step, so
-- the call can be repeated.
-- @row Session
UPDATE monumento.sessions AS session
SET status = :status
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL
RETURNING
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at;

-- name: attach_recording(session_id, video_url, transcript_url, thumbnail_url)<!
-- Records where the results of a live session are and returns it; none if there is
-- none.
-- A URL that is not given stays as it is, so each can be attached when it is ready;
-- NULL takes one away.
-- @row Session
UPDATE monumento.sessions AS session
SET
    video_url = :video_url,  -- @optional
    transcript_url = :transcript_url,  -- @optional
    thumbnail_url = :thumbnail_url  -- @optional
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL
RETURNING
    session.id,
    session.user_id,
    session.vibe,
    session.mode,
    session.duration_minutes,
    session.video_url,
    session.transcript_url,
    session.thumbnail_url,
    session.metadata,
    session.status,
    session.created_at,
    session.updated_at;

-- name: soft_delete_session(session_id)!
-- Hides a session from every ordinary read.
-- Returns 1, or 0 if it was deleted already or never existed.
-- @invalidates session_metadata by session_id
UPDATE monumento.sessions AS session
SET deleted_at = now()
WHERE
    session.id = :session_id
    AND session.deleted_at IS NULL;

-- name: restore_session(session_id)!
-- Undoes soft_delete_session.
-- Returns 1, or 0 if the session is live or never existed.
-- @invalidates session_metadata by session_id
UPDATE monumento.sessions AS session
SET deleted_at = NULL
WHERE
    session.id = :session_id
    AND session.deleted_at IS NOT NULL;

-- name: purge_session(session_id)!
-- Erases a soft-deleted session for good, with its messages and media files.
-- Returns 1, or 0 if the session is live or does not exist.
-- @invalidates session_metadata by session_id
DELETE FROM monumento.sessions AS session
WHERE
    session.id = :session_id
    AND session.deleted_at IS NOT NULL;

-- name: archive_sessions(before, batch_size)!
-- Moves the oldest sessions created before a time to the archive, with their messages
-- and media files, and returns how many; 0 means that none are left.
-- Deleted sessions stay where they can be restored. Sessions that another transaction
-- is using are left for the next call, so many may archive at once. Wants READ
-- COMMITTED, the default. AT TIME ZONE changes nothing but the index that serves this.
WITH expired AS MATERIALIZED (
    SELECT
        session.id,
        session.user_id,
        session.vibe,
        session.mode,
        session.duration_minutes,
        session.video_url,
        session.transcript_url,
        session.thumbnail_url,
        session.metadata,
        session.status,
        session.created_at,
        session.updated_at
    FROM monumento.sessions AS session
    WHERE
        (session.created_at AT TIME ZONE 'UTC')
        < (:before::timestamptz AT TIME ZONE 'UTC')
        AND session.deleted_at IS NULL
    ORDER BY (session.created_at AT TIME ZONE 'UTC'), session.id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
),

archived AS (
    INSERT INTO monumento.sessions_archive AS archive (
        id,
        user_id,
        vibe,
        mode,
        duration_minutes,
        video_url,
        transcript_url,
        thumbnail_url,
        metadata,
        status,
        created_at,
        updated_at,
        messages,
        media_files
    )
    SELECT
        expired.id,
        expired.user_id,
        expired.vibe,
        expired.mode,
        expired.duration_minutes,
        expired.video_url,
        expired.transcript_url,
        expired.thumbnail_url,
        expired.metadata,
        expired.status,
        expired.created_at,
        expired.updated_at,
        monumento.messages_document(expired.id),
        monumento.media_files_document(expired.id)
    FROM expired
    RETURNING archive.id
)

DELETE FROM monumento.sessions AS session
WHERE session.id = ANY (ARRAY(SELECT archived.id FROM archived));

-- name: archived_session(session_id)^
-- Returns an archived session of a live account, with its messages in spoken order and
-- its media files, oldest first, as their tables held them.
-- @row ArchivedSession
SELECT
    archived.id,
    archived.user_id,
    archived.vibe,
    archived.mode,
    archived.duration_minutes,
    archived.video_url,
    archived.transcript_url,
    archived.thumbnail_url,
    archived.metadata,
    archived.status,
    archived.created_at,
    archived.updated_at,
    archived.messages,
    archived.media_files,
    archived.archived_at
FROM monumento.sessions_archive AS archived
INNER JOIN monumento.users AS account ON account.id = archived.user_id
WHERE
    archived.id = :session_id
    AND account.deleted_at IS NULL;

-- name: archived_sessions_page(user_id, before_created_at, before_id, limit)
-- Returns a page of the archived sessions of a live account, newest first, without
-- messages and media files.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row ArchivedSessionSummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    archived.id,
    archived.user_id,
    archived.vibe,
    archived.mode,
    archived.duration_minutes,
    archived.video_url,
    archived.transcript_url,
    archived.thumbnail_url,
    archived.metadata,
    archived.status,
    archived.created_at,
    archived.updated_at,
    archived.archived_at
FROM monumento.sessions_archive AS archived
WHERE
    archived.user_id = :user_id
    AND (archived.created_at, archived.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
    AND EXISTS (
        SELECT 1
        FROM monumento.users AS account
        WHERE
            account.id = :user_id
            AND account.deleted_at IS NULL
    )
ORDER BY archived.created_at DESC, archived.id DESC
LIMIT :limit;

-- name: unarchive_session(session_id)!
-- Moves an archived session back, with its messages and media files, as they were.
-- Returns 1, or 0 if it is not in the archive. The months of its messages must have
-- partitions; create_monthly_partition makes one that was archived.
-- @invalidates session_metadata by session_id
WITH taken AS (
    DELETE FROM monumento.sessions_archive AS archive
    WHERE archive.id = :session_id
    RETURNING
        archive.id,
        archive.user_id,
        archive.vibe,
        archive.mode,
        archive.duration_minutes,
        archive.video_url,
        archive.transcript_url,
        archive.thumbnail_url,
        archive.metadata,
        archive.status,
        archive.created_at,
        archive.updated_at,
        archive.messages,
        archive.media_files
),

returned_messages AS (
    INSERT INTO monumento.messages (
        id,
        session_id,
        role,
        text,
        timestamp,
        relative_offset,
        audio_url,
        created_at
    )
    SELECT
        message.id,
        taken.id,
        message.role,
        message.text,
        message.timestamp,
        message.relative_offset,
        message.audio_url,
        message.created_at
    FROM taken
    CROSS JOIN LATERAL jsonb_populate_recordset(
        NULL::monumento.messages, taken.messages
    ) AS message
),

returned_media_files AS (
    INSERT INTO monumento.media_files (
        id,
        session_id,
        file_type,
        storage_url,
        cdn_url,
        file_size_bytes,
        duration_seconds,
        mime_type,
        metadata,
        created_at
    )
    SELECT
        media.id,
        taken.id,
        media.file_type,
        media.storage_url,
        media.cdn_url,
        media.file_size_bytes,
        media.duration_seconds,
        media.mime_type,
        media.metadata,
        media.created_at
    FROM taken
    CROSS JOIN LATERAL jsonb_populate_recordset(
        NULL::monumento.media_files, taken.media_files
    ) AS media
)

INSERT INTO monumento.sessions (
    id,
    user_id,
    vibe,
    mode,
    duration_minutes,
    video_url,
    transcript_url,
    thumbnail_url,
    metadata,
    status,
    created_at,
    updated_at
)
SELECT
    taken.id,
    taken.user_id,
    taken.vibe,
    taken.mode,
    taken.duration_minutes,
    taken.video_url,
    taken.transcript_url,
    taken.thumbnail_url,
    taken.metadata,
    taken.status,
    taken.created_at,
    taken.updated_at
FROM taken;

-- name: recount_messages(after_id, batch_size)^
-- Counts the messages of the next sessions anew, in the order of their ids.
-- repaired is how many sessions had it wrong; 0 proves that none had. Go on after
-- last_id, which is NULL when no session is left. Messages of months that were archived
-- do not count any more. May run while others write.
-- @param after_id = None
-- @param batch_size = 1000
WITH batch AS MATERIALIZED (
    SELECT session.id
    FROM monumento.sessions AS session
    WHERE session.id > COALESCE(
        :after_id::uuid, '00000000-0000-0000-0000-000000000000'
    )
    ORDER BY session.id
    LIMIT :batch_size
)
SELECT
    (SELECT batch.id FROM batch ORDER BY batch.id DESC LIMIT 1) AS last_id,
    COALESCE(
        monumento.recount_messages(ARRAY(SELECT batch.id FROM batch)), 0
    ) AS repaired;
