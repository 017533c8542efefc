-- Stories, begun from an idea and continued segment by segment.

-- name: create_scene(idea_id, user_id, title, description, thumbnail_url)<!
-- Begins a scene from a listed idea and returns it; none if the idea is not listed.
-- It has the idea's topic, and version 1 of a bible in which nothing is established.
-- @param description = None
-- @param thumbnail_url = None
INSERT INTO storyverse.scenes AS scene (
    idea_id,
    user_id,
    topic_id,
    title,
    description,
    thumbnail_url
)
SELECT
    idea.id,
    :user_id,
    idea.topic_id,
    :title,
    :description,
    :thumbnail_url
FROM storyverse.ideas AS idea
WHERE
    idea.id = :idea_id
    AND idea.status = 'active'
    AND idea.moderation_status = 'approved'
RETURNING
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at;

-- name: scene_by_id(scene_id)^
-- Returns a scene, whatever its status.
SELECT
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at
FROM storyverse.scenes AS scene
WHERE scene.id = :scene_id;

-- name: scenes_by_ids(scene_ids)
-- Returns scenes by their ids, whatever their status. An id without a scene is not a
-- key.
-- @key_by id
SELECT
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at
FROM storyverse.scenes AS scene
WHERE scene.id = ANY (:scene_ids)
ORDER BY scene.id;

-- name: scenes_by_topic(topic_id, before_active_at, before_active_id, before_created_at, before_id, below_like_count, below_id, limit)
-- Returns a page of the listed scenes of a topic: recently active, newest or most liked
-- first.
-- Listed are active and locked scenes. Each order has its own pair of parameters for
-- the next page, taken from the last row: active goes on before active_at and id,
-- newest before created_at and id, popular below like_count and id. Likes and segments
-- move scenes while somebody turns pages: one may then be seen twice or not at all.
-- The cost follows the page. The limit and the key of the last row stand in sub-queries
-- as in ideas_by_topic.
-- @order_by active: scene.active_at DESC, scene.id DESC
-- @order_by newest: scene.created_at DESC, scene.id DESC
-- @order_by popular: scene.like_count DESC, scene.id DESC
-- @param limit = 50
SELECT
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at
FROM storyverse.scenes AS scene
WHERE
    scene.topic_id = :topic_id
    AND scene.status IN ('active', 'locked')
    AND (scene.active_at, scene.id)
    < (SELECT :before_active_at::timestamptz, :before_active_id::uuid)  -- @optional
    AND (scene.created_at, scene.id)
    < (SELECT :before_created_at::timestamptz, :before_id::uuid)  -- @optional
    AND (scene.like_count, scene.id)
    < (SELECT :below_like_count::integer, :below_id::uuid)  -- @optional
ORDER BY scene.active_at DESC, scene.id DESC
LIMIT (SELECT :limit::bigint);

-- name: scenes_of_idea(idea_id, before_created_at, before_id, limit)
-- Returns a page of the listed scenes that began from an idea, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at
FROM storyverse.scenes AS scene
WHERE
    scene.idea_id = :idea_id
    AND scene.status IN ('active', 'locked')
    AND (scene.created_at, scene.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY scene.created_at DESC, scene.id DESC
LIMIT :limit;

-- name: scenes_by_idea_ids(idea_ids, limit)
-- Returns the newest listed scenes of each of many ideas, newest first.
-- The limit is one for each idea; scenes_of_idea goes on from there. An idea without
-- listed scenes is not a key.
-- @row Scene
-- @group_by idea_id
-- @param limit = 10
SELECT
    newest.id,
    newest.idea_id,
    newest.user_id,
    newest.topic_id,
    newest.title,
    newest.description,
    newest.status,
    newest.segment_count,
    newest.total_duration,
    newest.contributor_count,
    newest.view_count,
    newest.like_count,
    newest.thumbnail_url,
    newest.bible_version,
    newest.created_at,
    newest.updated_at,
    newest.last_segment_at,
    newest.active_at
FROM storyverse.ideas AS idea
CROSS JOIN LATERAL (
    SELECT
        scene.id,
        scene.idea_id,
        scene.user_id,
        scene.topic_id,
        scene.title,
        scene.description,
        scene.status,
        scene.segment_count,
        scene.total_duration,
        scene.contributor_count,
        scene.view_count,
        scene.like_count,
        scene.thumbnail_url,
        scene.bible_version,
        scene.created_at,
        scene.updated_at,
        scene.last_segment_at,
        scene.active_at
    FROM storyverse.scenes AS scene
    WHERE
        scene.idea_id = idea.id
        AND scene.status IN ('active', 'locked')
    ORDER BY scene.created_at DESC, scene.id DESC
    LIMIT :limit
) AS newest
WHERE idea.id = ANY (:idea_ids)
ORDER BY newest.idea_id, newest.created_at DESC, newest.id DESC;

-- name: scenes_of_user(user_id, statuses, before_created_at, before_id, limit)
-- Returns a page of the scenes that somebody began, newest first: all of them, for
-- their own eyes and those of moderators, or those in one of the given statuses.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at
FROM storyverse.scenes AS scene
WHERE
    scene.user_id = :user_id
    AND scene.status = ANY (:statuses)  -- @optional
    AND (scene.created_at, scene.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY scene.created_at DESC, scene.id DESC
LIMIT :limit;

-- name: trending_scenes(since, topic_id, limit)
-- Returns the listed scenes that were viewed most since a time, most viewed first, of
-- all topics or of one.
-- recent_views counts the views since then. The cost follows the number of those, not
-- the history.
-- @param limit = 20
SELECT
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at,
    viewed.recent_views
FROM (
    SELECT
        watched.scene_id,
        count(*) AS recent_views
    FROM storyverse.scene_views AS watched
    WHERE watched.created_at >= :since
    GROUP BY watched.scene_id
) AS viewed
INNER JOIN storyverse.scenes AS scene ON scene.id = viewed.scene_id
WHERE
    scene.status IN ('active', 'locked')
    AND scene.topic_id = :topic_id  -- @optional
ORDER BY viewed.recent_views DESC, scene.id DESC
LIMIT :limit;

-- name: update_scene(scene_id, title, description, thumbnail_url)<!
-- Changes the given fields of a scene and returns it; none if it was removed.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty.
UPDATE storyverse.scenes AS scene
SET
    title = :title,  -- @optional
    description = :description,  -- @optional
    thumbnail_url = :thumbnail_url  -- @optional
WHERE
    scene.id = :scene_id
    AND scene.status <> 'removed'
RETURNING
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at;

-- name: set_scene_status(scene_id, status)<!
-- Opens, locks, hides or removes a scene and returns it; none if there is none.
UPDATE storyverse.scenes AS scene
SET status = :status
WHERE scene.id = :scene_id
RETURNING
    scene.id,
    scene.idea_id,
    scene.user_id,
    scene.topic_id,
    scene.title,
    scene.description,
    scene.status,
    scene.segment_count,
    scene.total_duration,
    scene.contributor_count,
    scene.view_count,
    scene.like_count,
    scene.thumbnail_url,
    scene.bible_version,
    scene.created_at,
    scene.updated_at,
    scene.last_segment_at,
    scene.active_at;

-- name: delete_scene(scene_id)!
-- Erases a removed scene for good, with all that belongs to it: segments, jobs, bibles,
-- summaries, likes and views.
-- Returns 1, or 0 if it was not removed or does not exist. Somebody who likes or
-- continues the scene at the same moment can deadlock with this: run it where it is
-- retried.
DELETE FROM storyverse.scenes AS scene
WHERE
    scene.id = :scene_id
    AND scene.status = 'removed';

-- name: recount_scenes(after_id, batch_size)^
-- Counts likes, views, segments, their duration and contributors of the next scenes
-- anew, in the order of their ids.
-- repaired is how many corrections that took; 0 proves that every counter was right. Go
-- on after last_id, which is NULL when no scene is left. May run while others write.
-- @param after_id = None
-- @param batch_size = 1000
WITH batch AS MATERIALIZED (
    SELECT scene.id
    FROM storyverse.scenes AS scene
    WHERE scene.id > COALESCE(
        :after_id::uuid, '00000000-0000-0000-0000-000000000000'
    )
    ORDER BY scene.id
    LIMIT :batch_size
)
SELECT
    (SELECT batch.id FROM batch ORDER BY batch.id DESC LIMIT 1) AS last_id,
    COALESCE(
        storyverse.recount_scenes(ARRAY(SELECT batch.id FROM batch)), 0
    ) AS repaired;
