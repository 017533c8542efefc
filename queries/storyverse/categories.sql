-- Parts of topics.

-- name: create_category(topic_id, name, slug, description, display_order, is_active)<!
-- Creates a category and returns it.
-- A slug that is taken within the topic violates categories_topic_id_slug_key.
-- @param description = None
-- @param display_order = 0
-- @param is_active = True
INSERT INTO storyverse.categories AS category (
    topic_id,
    name,
    slug,
    description,
    display_order,
    is_active
)
VALUES (:topic_id, :name, :slug, :description, :display_order, :is_active)
RETURNING
    category.id,
    category.topic_id,
    category.name,
    category.slug,
    category.description,
    category.display_order,
    category.is_active,
    category.created_at;

-- name: category_by_id(category_id)^
-- Returns a category, closed ones too.
SELECT
    category.id,
    category.topic_id,
    category.name,
    category.slug,
    category.description,
    category.display_order,
    category.is_active,
    category.created_at
FROM storyverse.categories AS category
WHERE category.id = :category_id;

-- name: category_by_slug(topic_id, slug)^
-- Returns the open category of a topic with a slug.
SELECT
    category.id,
    category.topic_id,
    category.name,
    category.slug,
    category.description,
    category.display_order,
    category.is_active,
    category.created_at
FROM storyverse.categories AS category
WHERE
    category.topic_id = :topic_id
    AND category.slug = :slug
    AND category.is_active;

-- name: categories_of_topic(topic_id, is_active, after_display_order, after_id, limit)
-- Returns a page of the open categories of a topic, or of the closed ones, in the order
-- to show them.
-- The next page starts after display_order and id of the last row; NULLs start at the
-- first.
-- @param is_active = True
-- @param after_display_order = None
-- @param after_id = None
-- @param limit = 50
SELECT
    category.id,
    category.topic_id,
    category.name,
    category.slug,
    category.description,
    category.display_order,
    category.is_active,
    category.created_at
FROM storyverse.categories AS category
WHERE
    category.topic_id = :topic_id
    AND category.is_active = :is_active
    AND (category.display_order, category.id) > (
        COALESCE(:after_display_order::integer, -2147483648),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY category.display_order, category.id
LIMIT :limit;

-- name: update_category(category_id, name, slug, description, display_order, is_active)<!
-- Changes the given fields of a category and returns it; none if there is none.
-- A patch: what is not given stays as it is, and a NULL description removes it.
UPDATE storyverse.categories AS category
SET
    name = :name,  -- @optional
    slug = :slug,  -- @optional
    description = :description,  -- @optional
    display_order = :display_order,  -- @optional
    is_active = :is_active  -- @optional
WHERE category.id = :category_id
RETURNING
    category.id,
    category.topic_id,
    category.name,
    category.slug,
    category.description,
    category.display_order,
    category.is_active,
    category.created_at;

-- name: delete_category(category_id)!
-- Deletes a category; its ideas stay, without one. Returns 1, or 0 if there is none.
DELETE FROM storyverse.categories AS category
WHERE category.id = :category_id;
