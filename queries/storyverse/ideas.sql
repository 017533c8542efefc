-- Story ideas, from which scenes begin.

-- name: create_idea(user_id, topic_id, title, prompt, category_id, tags, moderation_status)<!
-- Stores an idea and returns it. It is listed once it is approved.
-- A category of another topic violates ideas_topic_id_category_id_fkey. NULL tags mean
-- none.
-- @row Idea
-- @column tags: list[str]
-- @param category_id = None
-- @param tags: collections.abc.Sequence[str] | None = None
-- @param moderation_status = 'pending'
INSERT INTO storyverse.ideas AS idea (
    user_id,
    topic_id,
    title,
    prompt,
    category_id,
    tags,
    moderation_status
)
VALUES (
    :user_id,
    :topic_id,
    :title,
    :prompt,
    :category_id,
    COALESCE(:tags::text[], '{}'),
    :moderation_status
)
RETURNING
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at;

-- name: idea_by_id(idea_id)^
-- Returns an idea, whatever its status.
-- @row Idea
-- @column tags: list[str]
SELECT
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at
FROM storyverse.ideas AS idea
WHERE idea.id = :idea_id;

-- name: ideas_by_topic(topic_id, category_id, tags, before_created_at, before_id, below_like_count, below_id, limit)
-- Returns a page of the listed ideas of a topic, newest or most liked first.
-- Listed are active ideas that were approved. tags finds those that have all of the
-- given ones. Each order has its own pair of parameters for the next page, taken from
-- the last row: newest goes on before created_at and id, popular below like_count and
-- id. Likes move ideas while somebody turns pages: one may then be seen twice or not at
-- all. The cost follows the page; with tags it follows the number of ideas that have
-- them. The limit and the key of the last row stand in sub-queries, so that PostgreSQL
-- keeps its plan and does not make one for every call, of which it would see how few
-- rows are wanted.
-- @row Idea
-- @column tags: list[str]
-- @order_by newest: idea.created_at DESC, idea.id DESC
-- @order_by popular: idea.like_count DESC, idea.id DESC
-- @param limit = 50
SELECT
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at
FROM storyverse.ideas AS idea
WHERE
    idea.topic_id = :topic_id
    AND idea.category_id = :category_id  -- @optional
    AND idea.tags @> :tags  -- @optional
    AND idea.status = 'active'
    AND idea.moderation_status = 'approved'
    AND (idea.created_at, idea.id)
    < (SELECT :before_created_at::timestamptz, :before_id::uuid)  -- @optional
    AND (idea.like_count, idea.id)
    < (SELECT :below_like_count::integer, :below_id::uuid)  -- @optional
ORDER BY idea.created_at DESC, idea.id DESC
LIMIT (SELECT :limit::bigint);

-- name: ideas_of_user(user_id, statuses, before_created_at, before_id, limit)
-- Returns a page of somebody's ideas, newest first: all of them, for their own eyes and
-- those of moderators, or those in one of the given statuses.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row Idea
-- @column tags: list[str]
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at
FROM storyverse.ideas AS idea
WHERE
    idea.user_id = :user_id
    AND idea.status = ANY (:statuses)  -- @optional
    AND (idea.created_at, idea.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY idea.created_at DESC, idea.id DESC
LIMIT :limit;

-- name: pending_ideas(after_created_at, after_id, limit)
-- Returns a page of the active ideas that nobody has reviewed, oldest first.
-- The next page starts after created_at and id of the last row; NULLs start at the
-- oldest. The cost does not grow with what was reviewed.
-- @row Idea
-- @column tags: list[str]
-- @param after_created_at = None
-- @param after_id = None
-- @param limit = 50
SELECT
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at
FROM storyverse.ideas AS idea
WHERE
    idea.status = 'active'
    AND idea.moderation_status = 'pending'
    AND (idea.created_at, idea.id) > (
        COALESCE(:after_created_at::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY idea.created_at, idea.id
LIMIT :limit;

-- name: update_idea(idea_id, title, prompt, tags)<!
-- Changes the given fields of an idea and returns it; none if it was removed.
-- A patch: what is not given stays as it is.
-- @row Idea
-- @column tags: list[str]
-- @param tags: collections.abc.Sequence[str]
UPDATE storyverse.ideas AS idea
SET
    title = :title,  -- @optional
    prompt = :prompt,  -- @optional
    tags = :tags  -- @optional
WHERE
    idea.id = :idea_id
    AND idea.status <> 'removed'
RETURNING
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at;

-- name: move_idea(idea_id, topic_id, category_id)<!
-- Moves an idea with its scenes to a topic, or within its topic to another category,
-- and returns it; none if there is none.
-- Without a category it has none there. Locks the scenes before the idea, as whoever
-- counts does. Somebody who likes the idea at the same moment can still deadlock with
-- this, because changing a key takes the strongest of locks: run it where it is
-- retried.
-- @row Idea
-- @column tags: list[str]
-- @param category_id = None
WITH scenes AS MATERIALIZED (
    SELECT scene.id
    FROM storyverse.scenes AS scene
    WHERE scene.idea_id = :idea_id
    ORDER BY scene.id
    FOR NO KEY UPDATE
)

UPDATE storyverse.ideas AS idea
SET
    topic_id = :topic_id,
    category_id = :category_id
WHERE
    idea.id = :idea_id
    AND (SELECT count(*) FROM scenes) >= 0
RETURNING
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at;

-- name: set_idea_status(idea_id, status)<!
-- Shows, hides or removes an idea and returns it; none if there is none.
-- Its scenes have a status of their own.
-- @row Idea
-- @column tags: list[str]
UPDATE storyverse.ideas AS idea
SET status = :status
WHERE idea.id = :idea_id
RETURNING
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at;

-- name: review_idea(idea_id, moderation_status)<!
-- Records what moderators think of an idea and returns it; none if there is none.
-- @row Idea
-- @column tags: list[str]
UPDATE storyverse.ideas AS idea
SET moderation_status = :moderation_status
WHERE idea.id = :idea_id
RETURNING
    idea.id,
    idea.user_id,
    idea.topic_id,
    idea.category_id,
    idea.title,
    idea.prompt,
    idea.tags,
    idea.status,
    idea.moderation_status,
    idea.scene_count,
    idea.like_count,
    idea.view_count,
    idea.created_at,
    idea.updated_at;

-- name: delete_idea(idea_id)!
-- Erases an idea for good, with its likes; returns 1, or 0 if there is none.
-- An idea with scenes violates scenes_idea_id_topic_id_fkey, and can be removed by its
-- status instead.
DELETE FROM storyverse.ideas AS idea
WHERE idea.id = :idea_id;

-- name: recount_ideas(after_id, batch_size)^
-- Counts scenes, likes and views of the next ideas anew, in the order of their ids.
-- repaired is how many were wrong; 0 proves that none was. Go on after last_id, which
-- is NULL when no idea is left. May run while others write.
-- @param after_id = None
-- @param batch_size = 1000
WITH batch AS MATERIALIZED (
    SELECT idea.id
    FROM storyverse.ideas AS idea
    WHERE idea.id > COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY idea.id
    LIMIT :batch_size
)
SELECT
    (SELECT batch.id FROM batch ORDER BY batch.id DESC LIMIT 1) AS last_id,
    COALESCE(
        storyverse.recount_ideas(ARRAY(SELECT batch.id FROM batch)), 0
    ) AS repaired;
