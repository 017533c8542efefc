-- What happened in stretches of scenes, in few words: the long memory of the next job.

-- name: add_summary(scene_id, summary, segments_covered)<!
-- Adds a summary of the segments with these sequence numbers and returns it.
-- @row SceneSummary
-- @param segments_covered: list[int]
-- @column segments_covered: list[int]
INSERT INTO storyverse.scene_summaries AS entry (
    scene_id,
    summary,
    segments_covered
)
VALUES (
    :scene_id,
    :summary,
    :segments_covered
)
RETURNING
    entry.id,
    entry.scene_id,
    entry.summary,
    entry.segments_covered,
    entry.created_at,
    entry.updated_at;

-- name: summary_by_id(summary_id)^
-- Returns a summary.
-- @row SceneSummary
-- @column segments_covered: list[int]
SELECT
    entry.id,
    entry.scene_id,
    entry.summary,
    entry.segments_covered,
    entry.created_at,
    entry.updated_at
FROM storyverse.scene_summaries AS entry
WHERE entry.id = :summary_id;

-- name: summaries_of_scene(scene_id, before_created_at, before_id, limit)
-- Returns a page of the summaries of a scene, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row SceneSummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
-- @column segments_covered: list[int]
SELECT
    entry.id,
    entry.scene_id,
    entry.summary,
    entry.segments_covered,
    entry.created_at,
    entry.updated_at
FROM storyverse.scene_summaries AS entry
WHERE
    entry.scene_id = :scene_id
    AND (entry.created_at, entry.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY entry.created_at DESC, entry.id DESC
LIMIT :limit;

-- name: update_summary(summary_id, summary, segments_covered)<!
-- Changes the given fields of a summary and returns it; none if there is none.
-- @row SceneSummary
-- @param segments_covered: list[int]
-- @column segments_covered: list[int]
UPDATE storyverse.scene_summaries AS entry
SET
    summary = :summary,  -- @optional
    segments_covered = :segments_covered  -- @optional
WHERE entry.id = :summary_id
RETURNING
    entry.id,
    entry.scene_id,
    entry.summary,
    entry.segments_covered,
    entry.created_at,
    entry.updated_at;

-- name: delete_summary(summary_id)!
-- Deletes a summary.
-- Returns 1, or 0 if there is none.
DELETE FROM storyverse.scene_summaries AS entry
WHERE entry.id = :summary_id;
