-- What is established in scenes, version by version.

-- name: latest_bible(scene_id)^
-- Returns the current bible of a scene; none if there is no such scene.
-- A scene that nobody has added to has version 1, in which nothing is established.
-- @row BibleVersion
-- @column data: pgrepo.domains.storyverse.documents.SceneBible
SELECT
    bible.id,
    bible.scene_id,
    bible.version,
    bible.data,
    bible.created_at,
    bible.created_by_segment_id
FROM storyverse.scene_bibles AS bible
WHERE bible.scene_id = :scene_id
ORDER BY bible.version DESC
LIMIT 1;

-- name: bible_version(scene_id, version)^
-- Returns one version of a scene's bible.
-- @row BibleVersion
-- @column data: pgrepo.domains.storyverse.documents.SceneBible
SELECT
    bible.id,
    bible.scene_id,
    bible.version,
    bible.data,
    bible.created_at,
    bible.created_by_segment_id
FROM storyverse.scene_bibles AS bible
WHERE
    bible.scene_id = :scene_id
    AND bible.version = :version;

-- name: append_bible(scene_id, expected_version, data, segment_id)<!
-- Adds the next version of a scene's bible and returns it; none if there is no such
-- scene.
-- expected_version is the version that data was made from. If another one is current,
-- nothing is stored and StaleVersion tells which. data's own version is set to the new
-- one. segment_id is the segment that brought the version about.
-- @row BibleVersion
-- @param data: pgrepo.domains.storyverse.documents.SceneBible
-- @param segment_id = None
-- @column data: pgrepo.domains.storyverse.documents.SceneBible
WITH scene AS (
    UPDATE storyverse.scenes AS scene
    SET
        bible_version = storyverse.next_version(
            scene.bible_version, :expected_version
        )
    WHERE scene.id = :scene_id
    RETURNING scene.id, scene.bible_version
)

INSERT INTO storyverse.scene_bibles AS bible (
    scene_id,
    version,
    data,
    created_by_segment_id
)
SELECT
    scene.id,
    scene.bible_version,
    jsonb_set(:data, '{version}', to_jsonb(scene.bible_version)),
    :segment_id
FROM scene
RETURNING
    bible.id,
    bible.scene_id,
    bible.version,
    bible.data,
    bible.created_at,
    bible.created_by_segment_id;

-- name: bible_history(scene_id, before_version, limit)
-- Returns a page of the versions of a scene's bible, newest first, without what they
-- say.
-- The next page starts before the version of the last row; NULL starts at the newest.
-- @row BibleVersionSummary
-- @param before_version = None
-- @param limit = 50
SELECT
    bible.id,
    bible.scene_id,
    bible.version,
    bible.created_at,
    bible.created_by_segment_id
FROM storyverse.scene_bibles AS bible
WHERE
    bible.scene_id = :scene_id
    AND bible.version < COALESCE(:before_version::integer, 2147483647)
ORDER BY bible.version DESC
LIMIT :limit;
