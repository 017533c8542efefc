-- What stories are about.

-- name: create_topic(name, slug, description, icon_url, is_curated, is_active, display_order)<!
-- Creates a topic and returns it.
-- A slug that is taken violates topics_slug_key.
-- @param description = None
-- @param icon_url = None
-- @param is_curated = True
-- @param is_active = True
-- @param display_order = 0
INSERT INTO storyverse.topics AS topic (
    name,
    slug,
    description,
    icon_url,
    is_curated,
    is_active,
    display_order
)
VALUES (
    :name,
    :slug,
    :description,
    :icon_url,
    :is_curated,
    :is_active,
    :display_order
)
RETURNING
    topic.id,
    topic.name,
    topic.slug,
    topic.description,
    topic.icon_url,
    topic.is_curated,
    topic.is_active,
    topic.display_order,
    topic.scene_count,
    topic.created_at,
    topic.updated_at;

-- name: topic_by_id(topic_id)^
-- Returns a topic, closed ones too.
SELECT
    topic.id,
    topic.name,
    topic.slug,
    topic.description,
    topic.icon_url,
    topic.is_curated,
    topic.is_active,
    topic.display_order,
    topic.scene_count,
    topic.created_at,
    topic.updated_at
FROM storyverse.topics AS topic
WHERE topic.id = :topic_id;

-- name: topic_by_slug(slug)^
-- Returns the open topic with a slug.
SELECT
    topic.id,
    topic.name,
    topic.slug,
    topic.description,
    topic.icon_url,
    topic.is_curated,
    topic.is_active,
    topic.display_order,
    topic.scene_count,
    topic.created_at,
    topic.updated_at
FROM storyverse.topics AS topic
WHERE
    topic.slug = :slug
    AND topic.is_active;

-- name: topics_page(is_active, after_display_order, after_id, limit)
-- Returns a page of the open topics, or of the closed ones, in the order to show them.
-- The next page starts after display_order and id of the last row; NULLs start at the
-- first.
-- @param is_active = True
-- @param after_display_order = None
-- @param after_id = None
-- @param limit = 50
SELECT
    topic.id,
    topic.name,
    topic.slug,
    topic.description,
    topic.icon_url,
    topic.is_curated,
    topic.is_active,
    topic.display_order,
    topic.scene_count,
    topic.created_at,
    topic.updated_at
FROM storyverse.topics AS topic
WHERE
    topic.is_active = :is_active
    AND (topic.display_order, topic.id) > (
        COALESCE(:after_display_order::integer, -2147483648),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY topic.display_order, topic.id
LIMIT :limit;

-- name: update_topic(topic_id, name, slug, description, icon_url, is_curated, is_active, display_order)<!
-- Changes the given fields of a topic and returns it; none if there is none.
-- A patch: what is not given stays as it is, and NULL empties a field that may be
-- empty. A topic that is not active is closed: it is no longer found by its slug, nor
-- among the open ones.
UPDATE storyverse.topics AS topic
SET
    name = :name,  -- @optional
    slug = :slug,  -- @optional
    description = :description,  -- @optional
    icon_url = :icon_url,  -- @optional
    is_curated = :is_curated,  -- @optional
    is_active = :is_active,  -- @optional
    display_order = :display_order  -- @optional
WHERE topic.id = :topic_id
RETURNING
    topic.id,
    topic.name,
    topic.slug,
    topic.description,
    topic.icon_url,
    topic.is_curated,
    topic.is_active,
    topic.display_order,
    topic.scene_count,
    topic.created_at,
    topic.updated_at;

-- name: delete_topic(topic_id)!
-- Deletes a topic with its categories; returns 1, or 0 if there is none.
-- A topic with ideas violates ideas_topic_id_fkey, and can be closed instead.
DELETE FROM storyverse.topics AS topic
WHERE topic.id = :topic_id;

-- name: recount_topics(after_id, batch_size)^
-- Counts the scenes of the next topics anew, in the order of their ids.
-- repaired is how many were wrong; 0 proves that none was. Go on after last_id, which
-- is NULL when no topic is left. May run while others write.
-- @param after_id = None
-- @param batch_size = 1000
WITH batch AS MATERIALIZED (
    SELECT topic.id
    FROM storyverse.topics AS topic
    WHERE topic.id > COALESCE(
        :after_id::uuid, '00000000-0000-0000-0000-000000000000'
    )
    ORDER BY topic.id
    LIMIT :batch_size
)
SELECT
    (SELECT batch.id FROM batch ORDER BY batch.id DESC LIMIT 1) AS last_id,
    COALESCE(
        storyverse.recount_topics(ARRAY(SELECT batch.id FROM batch)), 0
    ) AS repaired;
