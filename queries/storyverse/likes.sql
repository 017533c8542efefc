-- Who likes which idea or scene.

-- name: like(user_id, target_type, target_id)!
-- Records that somebody likes an idea or a scene.
-- Returns 1, or 0 if they did already. A target that does not exist violates
-- likes_idea_id_fkey or likes_scene_id_fkey.
INSERT INTO storyverse.likes (user_id, target_type, target_id)
VALUES (:user_id, :target_type, :target_id)
ON CONFLICT ON CONSTRAINT likes_user_id_target_type_target_id_key DO NOTHING;

-- name: unlike(user_id, target_type, target_id)!
-- Takes a like back; returns 1, or 0 if there was none.
DELETE FROM storyverse.likes AS liked
WHERE
    liked.user_id = :user_id
    AND liked.target_type = :target_type
    AND liked.target_id = :target_id;

-- name: like_by_id(like_id)^
-- Returns a like.
-- @row Like
SELECT
    liked.id,
    liked.user_id,
    liked.target_type,
    liked.target_id,
    liked.created_at
FROM storyverse.likes AS liked
WHERE liked.id = :like_id;

-- name: likes_of_user(user_id, target_type, before_created_at, before_id, limit)
-- Returns a page of the ideas or of the scenes that somebody likes, latest like first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- latest.
-- @row Like
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    liked.id,
    liked.user_id,
    liked.target_type,
    liked.target_id,
    liked.created_at
FROM storyverse.likes AS liked
WHERE
    liked.user_id = :user_id
    AND liked.target_type = :target_type
    AND (liked.created_at, liked.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY liked.created_at DESC, liked.id DESC
LIMIT :limit;

-- name: likes_of_idea(idea_id, before_created_at, before_id, limit)
-- Returns a page of the likes of an idea, latest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- latest.
-- @row Like
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    liked.id,
    liked.user_id,
    liked.target_type,
    liked.target_id,
    liked.created_at
FROM storyverse.likes AS liked
WHERE
    liked.idea_id = :idea_id
    AND (liked.created_at, liked.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY liked.created_at DESC, liked.id DESC
LIMIT :limit;

-- name: likes_of_scene(scene_id, before_created_at, before_id, limit)
-- Returns a page of the likes of a scene, latest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- latest.
-- @row Like
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    liked.id,
    liked.user_id,
    liked.target_type,
    liked.target_id,
    liked.created_at
FROM storyverse.likes AS liked
WHERE
    liked.scene_id = :scene_id
    AND (liked.created_at, liked.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY liked.created_at DESC, liked.id DESC
LIMIT :limit;

-- name: liked_among(user_id, target_type, target_ids)
-- Returns which of these ideas or scenes somebody likes, in the order of their ids: the
-- hearts of a page in one call.
SELECT liked.target_id
FROM storyverse.likes AS liked
WHERE
    liked.user_id = :user_id
    AND liked.target_type = :target_type
    AND liked.target_id = ANY (:target_ids)
ORDER BY liked.target_id;
