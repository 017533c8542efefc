-- Reports of content and people, and the queue of those who decide about them.

-- name: create_flag(target_type, target_id, reporter_id, reason, description)<!
-- Reports something and returns the flag.
-- A target that does not exist violates moderation_flags_target_id_fkey. NULL for
-- reporter_id means that a program reports.
-- @row ModerationFlag
-- @param reporter_id = None
-- @param description = None
INSERT INTO storyverse.moderation_flags AS flag (
    target_type,
    target_id,
    reporter_id,
    reason,
    description
)
VALUES (
    :target_type,
    :target_id,
    :reporter_id,
    :reason,
    :description
)
RETURNING
    flag.id,
    flag.target_type,
    flag.target_id,
    flag.reporter_id,
    flag.reason,
    flag.description,
    flag.status,
    flag.reviewed_by,
    flag.reviewed_at,
    flag.action_taken,
    flag.notes,
    flag.created_at;

-- name: flag_by_id(flag_id)^
-- Returns a flag.
-- @row ModerationFlag
SELECT
    flag.id,
    flag.target_type,
    flag.target_id,
    flag.reporter_id,
    flag.reason,
    flag.description,
    flag.status,
    flag.reviewed_by,
    flag.reviewed_at,
    flag.action_taken,
    flag.notes,
    flag.created_at
FROM storyverse.moderation_flags AS flag
WHERE flag.id = :flag_id;

-- name: pending_moderation(after_created_at, after_id, limit)
-- Returns a page of the flags that nobody has taken yet, oldest first, with what they
-- are about.
-- target_text is the title of an idea or scene, the continuation of a segment, the name
-- of a user or topic; target_user_id is who made it. Both are NULL once it is gone.
-- reporter_username is NULL if a program reported. The next page starts after
-- created_at and id of the last row; NULLs start at the oldest.
-- @param after_created_at = None
-- @param after_id = None
-- @param limit = 50
WITH page AS (
    SELECT
        flag.id,
        flag.target_type,
        flag.target_id,
        flag.reporter_id,
        flag.reason,
        flag.description,
        flag.created_at
    FROM storyverse.moderation_flags AS flag
    WHERE
        flag.status = 'pending'
        AND (flag.created_at, flag.id) > (
            COALESCE(:after_created_at::timestamptz, '-infinity'),
            COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
        )
    ORDER BY flag.created_at, flag.id
    LIMIT :limit
)

SELECT
    page.id,
    page.target_type,
    page.target_id,
    page.reporter_id,
    page.reason,
    page.description,
    page.created_at,
    reporter.username AS reporter_username,
    target.text AS target_text,
    target.user_id AS target_user_id
FROM page
LEFT JOIN storyverse.users AS reporter ON reporter.id = page.reporter_id
LEFT JOIN LATERAL (
    SELECT
        idea.title AS text,
        idea.user_id
    FROM storyverse.ideas AS idea
    WHERE
        page.target_type = 'idea'
        AND idea.id = page.target_id
    UNION ALL
    SELECT
        scene.title,
        scene.user_id
    FROM storyverse.scenes AS scene
    WHERE
        page.target_type = 'scene'
        AND scene.id = page.target_id
    UNION ALL
    SELECT
        segment.input_text,
        segment.user_id
    FROM storyverse.segments AS segment
    WHERE
        page.target_type = 'segment'
        AND segment.id = page.target_id
    UNION ALL
    SELECT
        account.username,
        account.id
    FROM storyverse.users AS account
    WHERE
        page.target_type = 'user'
        AND account.id = page.target_id
    UNION ALL
    SELECT
        topic.name,
        NULL
    FROM storyverse.topics AS topic
    WHERE
        page.target_type = 'topic'
        AND topic.id = page.target_id
) AS target ON TRUE
ORDER BY page.created_at, page.id
LIMIT :limit;

-- name: claim_moderation(reviewer_id, batch_size)
-- Takes the oldest pending flags for a moderator, skipping those that others are
-- taking.
-- They are reviewing until resolve_flag, dismiss_flag or release_flag. In no particular
-- order.
-- @row ModerationFlag
-- @param reviewer_id: uuid.UUID
-- @param batch_size = 1
WITH taken AS MATERIALIZED (
    SELECT flag.id
    FROM storyverse.moderation_flags AS flag
    WHERE flag.status = 'pending'
    ORDER BY flag.created_at, flag.id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

UPDATE storyverse.moderation_flags AS flag
SET
    status = 'reviewing',
    reviewed_by = :reviewer_id,
    reviewed_at = now()
WHERE flag.id = ANY (ARRAY(SELECT taken.id FROM taken))
RETURNING
    flag.id,
    flag.target_type,
    flag.target_id,
    flag.reporter_id,
    flag.reason,
    flag.description,
    flag.status,
    flag.reviewed_by,
    flag.reviewed_at,
    flag.action_taken,
    flag.notes,
    flag.created_at;

-- name: flags_under_review(reviewer_id, limit)
-- Returns the flags that a moderator has taken and not decided, oldest first.
-- @row ModerationFlag
-- @param limit = 50
SELECT
    flag.id,
    flag.target_type,
    flag.target_id,
    flag.reporter_id,
    flag.reason,
    flag.description,
    flag.status,
    flag.reviewed_by,
    flag.reviewed_at,
    flag.action_taken,
    flag.notes,
    flag.created_at
FROM storyverse.moderation_flags AS flag
WHERE
    flag.status = 'reviewing'
    AND flag.reviewed_by = :reviewer_id
ORDER BY flag.created_at, flag.id
LIMIT :limit;

-- name: resolve_flag(flag_id, reviewer_id, action_taken, notes)<!
-- Notes that a moderator has acted on a flag, and returns it.
-- The flag must be pending, or be reviewed by this moderator; else none.
-- @row ModerationFlag
-- @param reviewer_id: uuid.UUID
-- @param action_taken: str
-- @param notes = None
UPDATE storyverse.moderation_flags AS flag
SET
    status = 'resolved',
    reviewed_by = :reviewer_id,
    reviewed_at = now(),
    action_taken = :action_taken,
    notes = :notes
WHERE
    flag.id = :flag_id
    AND (
        flag.status = 'pending'
        OR (
            flag.status = 'reviewing'
            AND flag.reviewed_by = :reviewer_id
        )
    )
RETURNING
    flag.id,
    flag.target_type,
    flag.target_id,
    flag.reporter_id,
    flag.reason,
    flag.description,
    flag.status,
    flag.reviewed_by,
    flag.reviewed_at,
    flag.action_taken,
    flag.notes,
    flag.created_at;

-- name: dismiss_flag(flag_id, reviewer_id, notes)<!
-- Notes that a moderator has found nothing wrong, and returns the flag.
-- The flag must be pending, or be reviewed by this moderator; else none.
-- @row ModerationFlag
-- @param reviewer_id: uuid.UUID
-- @param notes = None
UPDATE storyverse.moderation_flags AS flag
SET
    status = 'dismissed',
    reviewed_by = :reviewer_id,
    reviewed_at = now(),
    notes = :notes
WHERE
    flag.id = :flag_id
    AND (
        flag.status = 'pending'
        OR (
            flag.status = 'reviewing'
            AND flag.reviewed_by = :reviewer_id
        )
    )
RETURNING
    flag.id,
    flag.target_type,
    flag.target_id,
    flag.reporter_id,
    flag.reason,
    flag.description,
    flag.status,
    flag.reviewed_by,
    flag.reviewed_at,
    flag.action_taken,
    flag.notes,
    flag.created_at;

-- name: release_flag(flag_id, reviewer_id)!
-- Puts a flag that a moderator has taken back among the pending ones.
-- Returns 1, or 0 if this moderator is not reviewing it.
UPDATE storyverse.moderation_flags AS flag
SET
    status = 'pending',
    reviewed_by = NULL,
    reviewed_at = NULL
WHERE
    flag.id = :flag_id
    AND flag.status = 'reviewing'
    AND flag.reviewed_by = :reviewer_id;

-- name: release_flags_taken_before(before, batch_size)!
-- Puts flags back among the pending ones that moderators took before a time and have
-- not decided; returns how many.
-- @param batch_size = 100
WITH forgotten AS MATERIALIZED (
    SELECT flag.id
    FROM storyverse.moderation_flags AS flag
    WHERE
        flag.status = 'reviewing'
        AND flag.reviewed_at < :before
    ORDER BY flag.reviewed_at, flag.id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

UPDATE storyverse.moderation_flags AS flag
SET
    status = 'pending',
    reviewed_by = NULL,
    reviewed_at = NULL
WHERE flag.id = ANY (ARRAY(SELECT forgotten.id FROM forgotten));

-- name: moderation_counts()
-- Returns how many flags are pending and how many are being reviewed, for each kind of
-- target that has any, and since when the oldest one is pending.
-- Reads the open flags alone, however many have been decided.
-- @allow PGR511: partial indexes hold the open flags, and they are few
SELECT
    open_flag.target_type,
    count(*) FILTER (WHERE open_flag.is_pending) AS pending,
    count(*) FILTER (WHERE NOT open_flag.is_pending) AS reviewing,
    min(open_flag.created_at) FILTER (WHERE open_flag.is_pending) AS oldest_pending_at
FROM (
    SELECT
        flag.target_type,
        flag.created_at,
        TRUE AS is_pending
    FROM storyverse.moderation_flags AS flag
    WHERE flag.status = 'pending'
    UNION ALL
    SELECT
        flag.target_type,
        flag.created_at,
        FALSE
    FROM storyverse.moderation_flags AS flag
    WHERE flag.status = 'reviewing'
) AS open_flag
GROUP BY open_flag.target_type
ORDER BY open_flag.target_type;

-- name: flags_of_target(target_type, target_id, before_created_at, before_id, limit)
-- Returns a page of the flags of one target, whatever became of them, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row ModerationFlag
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    flag.id,
    flag.target_type,
    flag.target_id,
    flag.reporter_id,
    flag.reason,
    flag.description,
    flag.status,
    flag.reviewed_by,
    flag.reviewed_at,
    flag.action_taken,
    flag.notes,
    flag.created_at
FROM storyverse.moderation_flags AS flag
WHERE
    flag.target_type = :target_type
    AND flag.target_id = :target_id
    AND (flag.created_at, flag.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY flag.created_at DESC, flag.id DESC
LIMIT :limit;

-- name: flags_of_reporter(reporter_id, before_created_at, before_id, limit)
-- Returns a page of what somebody has reported, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row ModerationFlag
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    flag.id,
    flag.target_type,
    flag.target_id,
    flag.reporter_id,
    flag.reason,
    flag.description,
    flag.status,
    flag.reviewed_by,
    flag.reviewed_at,
    flag.action_taken,
    flag.notes,
    flag.created_at
FROM storyverse.moderation_flags AS flag
WHERE
    flag.reporter_id = :reporter_id
    AND (flag.created_at, flag.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY flag.created_at DESC, flag.id DESC
LIMIT :limit;

-- name: delete_flag(flag_id)!
-- Erases a flag that was decided; returns 1, or 0 if it is open or does not exist.
DELETE FROM storyverse.moderation_flags AS flag
WHERE
    flag.id = :flag_id
    AND flag.status IN ('resolved', 'dismissed');
