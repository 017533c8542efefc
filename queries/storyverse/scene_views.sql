-- Who watched which scene.

-- name: record_views(scene_ids, user_ids, ip_hashes)!
-- Records many views at once: the n-th elements of the arrays are those of one view.
-- Of a view by nobody who is logged in, the element of user_ids is NULL; ip_hashes
-- holds keyed hashes of addresses, or NULL. Views of scenes that are gone are left out,
-- so that one of them does not hold up the others, and views by accounts that are gone
-- are anonymous. Returns how many were recorded. Locks the scenes, which the counting
-- would do a moment later, in the order of their ids.
-- @param user_ids: collections.abc.Sequence[uuid.UUID | None]
-- @param ip_hashes: collections.abc.Sequence[str | None]
WITH watched AS (
    SELECT
        part.scene_id,
        part.user_id,
        part.ip_hash
    FROM unnest(:scene_ids::uuid[], :user_ids::uuid[], :ip_hashes::text[])
        AS part (scene_id, user_id, ip_hash)
),

locked AS MATERIALIZED (
    SELECT scene.id
    FROM storyverse.scenes AS scene
    WHERE scene.id IN (SELECT watched.scene_id FROM watched)
    ORDER BY scene.id
    FOR NO KEY UPDATE
)

INSERT INTO storyverse.scene_views (scene_id, user_id, ip_hash)
SELECT
    locked.id,
    account.id,
    watched.ip_hash
FROM watched
INNER JOIN locked ON locked.id = watched.scene_id
LEFT JOIN storyverse.users AS account ON account.id = watched.user_id;

-- name: daily_views(scene_id, since, until)
-- Returns how often a scene was viewed on each day (UTC) with a view, oldest first.
-- viewers counts accounts and addresses. since is the first moment that counts, until
-- the first that does not.
SELECT
    date_trunc('day', watched.created_at, 'UTC') AS day,
    count(*) AS views,
    count(DISTINCT COALESCE(watched.user_id::text, watched.ip_hash)) AS viewers
FROM storyverse.scene_views AS watched
WHERE
    watched.scene_id = :scene_id
    AND watched.created_at >= :since
    AND watched.created_at < :until
GROUP BY date_trunc('day', watched.created_at, 'UTC')
ORDER BY date_trunc('day', watched.created_at, 'UTC');
