-- Topics that users propose.

-- name: propose_topic(user_id, name, description)<!
-- Proposes a topic, to be reviewed, and returns the proposal.
-- @param description = None
INSERT INTO storyverse.user_topics AS proposal (user_id, name, description)
VALUES (:user_id, :name, :description)
RETURNING
    proposal.id,
    proposal.user_id,
    proposal.name,
    proposal.description,
    proposal.status,
    proposal.reviewed_by,
    proposal.reviewed_at,
    proposal.rejection_reason,
    proposal.promoted_to_topic_id,
    proposal.created_at;

-- name: user_topic_by_id(user_topic_id)^
-- Returns a proposal.
SELECT
    proposal.id,
    proposal.user_id,
    proposal.name,
    proposal.description,
    proposal.status,
    proposal.reviewed_by,
    proposal.reviewed_at,
    proposal.rejection_reason,
    proposal.promoted_to_topic_id,
    proposal.created_at
FROM storyverse.user_topics AS proposal
WHERE proposal.id = :user_topic_id;

-- name: pending_topics(after_created_at, after_id, limit)
-- Returns a page of the proposals that nobody has reviewed, oldest first.
-- The next page starts after created_at and id of the last row; NULLs start at the
-- oldest. The cost does not grow with what was reviewed.
-- @param after_created_at = None
-- @param after_id = None
-- @param limit = 50
SELECT
    proposal.id,
    proposal.user_id,
    proposal.name,
    proposal.description,
    proposal.status,
    proposal.reviewed_by,
    proposal.reviewed_at,
    proposal.rejection_reason,
    proposal.promoted_to_topic_id,
    proposal.created_at
FROM storyverse.user_topics AS proposal
WHERE
    proposal.status = 'pending'
    AND (proposal.created_at, proposal.id) > (
        COALESCE(:after_created_at::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY proposal.created_at, proposal.id
LIMIT :limit;

-- name: user_topics_of_user(user_id, before_created_at, before_id, limit)
-- Returns a page of what somebody proposed, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    proposal.id,
    proposal.user_id,
    proposal.name,
    proposal.description,
    proposal.status,
    proposal.reviewed_by,
    proposal.reviewed_at,
    proposal.rejection_reason,
    proposal.promoted_to_topic_id,
    proposal.created_at
FROM storyverse.user_topics AS proposal
WHERE
    proposal.user_id = :user_id
    AND (proposal.created_at, proposal.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY proposal.created_at DESC, proposal.id DESC
LIMIT :limit;

-- name: update_user_topic(user_topic_id, name, description)<!
-- Changes the given fields of a proposal and returns it; none once it was reviewed.
-- A patch: what is not given stays as it is, and a NULL description removes it.
UPDATE storyverse.user_topics AS proposal
SET
    name = :name,  -- @optional
    description = :description  -- @optional
WHERE
    proposal.id = :user_topic_id
    AND proposal.status = 'pending'
RETURNING
    proposal.id,
    proposal.user_id,
    proposal.name,
    proposal.description,
    proposal.status,
    proposal.reviewed_by,
    proposal.reviewed_at,
    proposal.rejection_reason,
    proposal.promoted_to_topic_id,
    proposal.created_at;

-- name: approve_topic(user_topic_id, reviewed_by, slug, name, description, icon_url, display_order)<!
-- Approves a proposal, makes a topic of it, and returns the proposal; none if it was
-- reviewed already, by somebody else at the same moment too.
-- Without a name or description the topic has those proposed. A slug that is taken
-- violates topics_slug_key, and the proposal stays pending.
-- @param name = None
-- @param description = None
-- @param icon_url = None
-- @param display_order = 0
WITH pending AS MATERIALIZED (
    SELECT
        proposal.id,
        proposal.name,
        proposal.description
    FROM storyverse.user_topics AS proposal
    WHERE
        proposal.id = :user_topic_id
        AND proposal.status = 'pending'
    FOR NO KEY UPDATE
),

promoted AS (
    INSERT INTO storyverse.topics AS topic (
        name,
        slug,
        description,
        icon_url,
        is_curated,
        display_order
    )
    SELECT
        COALESCE(:name, pending.name),
        :slug,
        COALESCE(:description, pending.description),
        :icon_url,
        false,
        :display_order
    FROM pending
    RETURNING topic.id
)

UPDATE storyverse.user_topics AS proposal
SET
    status = 'approved',
    reviewed_by = :reviewed_by,
    reviewed_at = now(),
    promoted_to_topic_id = promoted.id
FROM promoted
WHERE proposal.id = :user_topic_id
RETURNING
    proposal.id,
    proposal.user_id,
    proposal.name,
    proposal.description,
    proposal.status,
    proposal.reviewed_by,
    proposal.reviewed_at,
    proposal.rejection_reason,
    proposal.promoted_to_topic_id,
    proposal.created_at;

-- name: reject_topic(user_topic_id, reviewed_by, rejection_reason)<!
-- Rejects a proposal and returns it; none if it was reviewed already.
-- @param rejection_reason = None
UPDATE storyverse.user_topics AS proposal
SET
    status = 'rejected',
    reviewed_by = :reviewed_by,
    reviewed_at = now(),
    rejection_reason = :rejection_reason
WHERE
    proposal.id = :user_topic_id
    AND proposal.status = 'pending'
RETURNING
    proposal.id,
    proposal.user_id,
    proposal.name,
    proposal.description,
    proposal.status,
    proposal.reviewed_by,
    proposal.reviewed_at,
    proposal.rejection_reason,
    proposal.promoted_to_topic_id,
    proposal.created_at;

-- name: delete_user_topic(user_topic_id)!
-- Deletes a proposal; a topic that came of it stays. Returns 1, or 0 if there is none.
DELETE FROM storyverse.user_topics AS proposal
WHERE proposal.id = :user_topic_id;
