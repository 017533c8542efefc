-- The parts of scenes, each one video.
--
-- created_at names a segment's monthly partition: with it, a look-up by id reads one
-- month.

-- name: add_segment(scene_id, user_id, job_id, input_text, expanded_script, video_url, duration, bible_version, hls_playlist_url, thumbnail_url, resolution, file_size)<!
-- Adds a segment at the end of a scene and returns it.
-- Segments that are added to one scene at the same time follow each other: the second
-- waits for the first. complete_job adds the segment of a job and the bible with it.
-- @row Segment
-- @param hls_playlist_url = None
-- @param thumbnail_url = None
-- @param resolution = None
-- @param file_size = None
INSERT INTO storyverse.segments AS segment (
    scene_id,
    user_id,
    job_id,
    sequence,
    input_text,
    expanded_script,
    video_url,
    hls_playlist_url,
    thumbnail_url,
    duration,
    resolution,
    file_size,
    bible_version
)
VALUES (
    :scene_id,
    :user_id,
    :job_id,
    storyverse.next_sequence(:scene_id),
    :input_text,
    :expanded_script,
    :video_url,
    :hls_playlist_url,
    :thumbnail_url,
    :duration,
    :resolution,
    :file_size,
    :bible_version
)
RETURNING
    segment.id,
    segment.scene_id,
    segment.user_id,
    segment.job_id,
    segment.sequence,
    segment.input_text,
    segment.expanded_script,
    segment.video_url,
    segment.hls_playlist_url,
    segment.thumbnail_url,
    segment.duration,
    segment.resolution,
    segment.file_size,
    segment.bible_version,
    segment.status,
    segment.created_at;

-- name: segment_by_id(segment_id, created_at)^
-- Returns a segment, whatever its status.
-- @row Segment
SELECT
    segment.id,
    segment.scene_id,
    segment.user_id,
    segment.job_id,
    segment.sequence,
    segment.input_text,
    segment.expanded_script,
    segment.video_url,
    segment.hls_playlist_url,
    segment.thumbnail_url,
    segment.duration,
    segment.resolution,
    segment.file_size,
    segment.bible_version,
    segment.status,
    segment.created_at
FROM storyverse.segments AS segment
WHERE
    segment.id = :segment_id
    AND segment.created_at = :created_at  -- @optional
LIMIT 1;

-- name: scene_playlist(scene_id, after_sequence, limit)
-- Returns the active segments of a scene in sequence.
-- Without a limit all of them; the next page starts after the sequence of the last row.
-- @row Segment
-- @allow PGR507: a trigger keeps a sequence number from being given twice in a scene
-- @param after_sequence = 0
-- @param limit = None
SELECT
    segment.id,
    segment.scene_id,
    segment.user_id,
    segment.job_id,
    segment.sequence,
    segment.input_text,
    segment.expanded_script,
    segment.video_url,
    segment.hls_playlist_url,
    segment.thumbnail_url,
    segment.duration,
    segment.resolution,
    segment.file_size,
    segment.bible_version,
    segment.status,
    segment.created_at
FROM storyverse.segments AS segment
WHERE
    segment.scene_id = :scene_id
    AND segment.sequence > :after_sequence
    AND segment.status = 'active'
ORDER BY segment.sequence
LIMIT :limit;

-- name: segments_by_scene_ids(scene_ids, limit)
-- Returns the first active segments of each of many scenes, in sequence.
-- The limit is one for each scene; scene_playlist goes on from there. A scene without
-- active segments is not a key.
-- @row Segment
-- @group_by scene_id
-- @allow PGR507: a trigger keeps a sequence number from being given twice in a scene
-- @param limit = 20
SELECT
    playlist.id,
    playlist.scene_id,
    playlist.user_id,
    playlist.job_id,
    playlist.sequence,
    playlist.input_text,
    playlist.expanded_script,
    playlist.video_url,
    playlist.hls_playlist_url,
    playlist.thumbnail_url,
    playlist.duration,
    playlist.resolution,
    playlist.file_size,
    playlist.bible_version,
    playlist.status,
    playlist.created_at
FROM storyverse.scenes AS scene
CROSS JOIN LATERAL (
    SELECT
        segment.id,
        segment.scene_id,
        segment.user_id,
        segment.job_id,
        segment.sequence,
        segment.input_text,
        segment.expanded_script,
        segment.video_url,
        segment.hls_playlist_url,
        segment.thumbnail_url,
        segment.duration,
        segment.resolution,
        segment.file_size,
        segment.bible_version,
        segment.status,
        segment.created_at
    FROM storyverse.segments AS segment
    WHERE
        segment.scene_id = scene.id
        AND segment.status = 'active'
    ORDER BY segment.sequence
    LIMIT :limit
) AS playlist
WHERE scene.id = ANY (:scene_ids)
ORDER BY playlist.scene_id, playlist.sequence;

-- name: recent_segments(scene_id, n)
-- Returns the last active segments of a scene, in sequence: what the next job works
-- from.
-- @row Segment
-- @allow PGR507: a trigger keeps a sequence number from being given twice in a scene
-- @param n = 5
WITH latest AS (
    SELECT
        segment.id,
        segment.scene_id,
        segment.user_id,
        segment.job_id,
        segment.sequence,
        segment.input_text,
        segment.expanded_script,
        segment.video_url,
        segment.hls_playlist_url,
        segment.thumbnail_url,
        segment.duration,
        segment.resolution,
        segment.file_size,
        segment.bible_version,
        segment.status,
        segment.created_at
    FROM storyverse.segments AS segment
    WHERE
        segment.scene_id = :scene_id
        AND segment.status = 'active'
    ORDER BY segment.sequence DESC
    LIMIT :n
)

SELECT
    latest.id,
    latest.scene_id,
    latest.user_id,
    latest.job_id,
    latest.sequence,
    latest.input_text,
    latest.expanded_script,
    latest.video_url,
    latest.hls_playlist_url,
    latest.thumbnail_url,
    latest.duration,
    latest.resolution,
    latest.file_size,
    latest.bible_version,
    latest.status,
    latest.created_at
FROM latest
ORDER BY latest.sequence;

-- name: set_segment_status(segment_id, status, created_at)<!
-- Shows, hides or removes a segment and returns it; none if there is none.
-- Its scene counts active segments only.
-- @row Segment
UPDATE storyverse.segments AS segment
SET status = :status
WHERE
    segment.id = :segment_id
    AND segment.created_at = :created_at  -- @optional
RETURNING
    segment.id,
    segment.scene_id,
    segment.user_id,
    segment.job_id,
    segment.sequence,
    segment.input_text,
    segment.expanded_script,
    segment.video_url,
    segment.hls_playlist_url,
    segment.thumbnail_url,
    segment.duration,
    segment.resolution,
    segment.file_size,
    segment.bible_version,
    segment.status,
    segment.created_at;

-- name: update_segment(segment_id, created_at, expanded_script, video_url, hls_playlist_url, thumbnail_url, duration, resolution, file_size)<!
-- Changes the given fields of a segment and returns it; none if there is none.
-- A patch: what is not given stays as it is, NULL takes it away. set_segment_status
-- changes the status; the place in the scene never changes.
-- @row Segment
UPDATE storyverse.segments AS segment
SET
    expanded_script = :expanded_script,  -- @optional
    video_url = :video_url,  -- @optional
    hls_playlist_url = :hls_playlist_url,  -- @optional
    thumbnail_url = :thumbnail_url,  -- @optional
    duration = :duration,  -- @optional
    resolution = :resolution,  -- @optional
    file_size = :file_size  -- @optional
WHERE
    segment.id = :segment_id
    AND segment.created_at = :created_at
RETURNING
    segment.id,
    segment.scene_id,
    segment.user_id,
    segment.job_id,
    segment.sequence,
    segment.input_text,
    segment.expanded_script,
    segment.video_url,
    segment.hls_playlist_url,
    segment.thumbnail_url,
    segment.duration,
    segment.resolution,
    segment.file_size,
    segment.bible_version,
    segment.status,
    segment.created_at;
