-- The numbering of segments, and what scenes count of them.
-- Depends on scenes and segments.

-- VOLATILE on purpose: only such a function sees, in a statement that has waited for
-- the scene's lock, what the transaction it waited for has committed.
CREATE FUNCTION storyverse.next_sequence(of_scene uuid)
RETURNS integer
LANGUAGE plpgsql
VOLATILE
AS $$
BEGIN
    -- Without a lock two transactions would take the same number. The weakest one that
    -- excludes its like, so that foreign key checks pass.
    PERFORM 1
    FROM storyverse.scenes AS scene
    WHERE scene.id = of_scene
    FOR NO KEY UPDATE;
    RETURN (
        SELECT COALESCE(max(segment.sequence), 0) + 1
        FROM storyverse.segments AS segment
        WHERE segment.scene_id = of_scene
    );
END;
$$;

-- What follows locks the scenes in the order of their ids before it reads what it
-- counts. So two of them never wait for each other, and the second one counts what
-- the first has committed.
--
-- What was added goes into arrays first. A session keeps the plan of a statement that
-- reads the transition table itself, and one made for a bulk insert is ruinous for the
-- single ones that follow.
CREATE FUNCTION storyverse.count_added_segments()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    scenes uuid[];
    sequences integer[];
    taken record;
BEGIN
    SELECT array_agg(added.scene_id), array_agg(added.sequence)
    INTO scenes, sequences
    FROM added;

    PERFORM 1
    FROM storyverse.scenes AS scene
    WHERE scene.id = ANY (scenes)
    ORDER BY scene.id
    FOR NO KEY UPDATE;

    -- What UNIQUE (scene_id, sequence) would say, which a partitioned table cannot.
    SELECT segment.scene_id, segment.sequence
    INTO taken
    FROM (
        SELECT DISTINCT number.scene_id, number.sequence
        FROM unnest(scenes, sequences) AS number (scene_id, sequence)
    ) AS given
    INNER JOIN storyverse.segments AS segment
        ON
            segment.scene_id = given.scene_id
            AND segment.sequence = given.sequence
    GROUP BY segment.scene_id, segment.sequence
    HAVING count(*) > 1
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'unique_violation',
            MESSAGE = 'two segments of a scene have the same sequence number',
            DETAIL = format(
                'Key (scene_id, sequence)=(%s, %s) already exists.',
                taken.scene_id, taken.sequence
            ),
            HINT = 'Take the number from storyverse.next_sequence().',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            CONSTRAINT = 'segments_scene_id_sequence_key';
    END IF;

    PERFORM storyverse.add_segments_to_scenes(
        array_agg(contribution.scene_id),
        array_agg(contribution.user_id),
        array_agg(contribution.segments),
        array_agg(contribution.seconds),
        array_agg(contribution.last_at)
    )
    FROM (
        SELECT
            added.scene_id,
            added.user_id,
            count(*) AS segments,
            sum(added.duration) AS seconds,
            max(added.created_at) AS last_at
        FROM added
        WHERE added.status = 'active'
        GROUP BY added.scene_id, added.user_id
    ) AS contribution;
    RETURN NULL;
END;
$$;

CREATE FUNCTION storyverse.add_segments_to_scenes(
    scenes uuid[],
    users uuid[],
    segments bigint[],
    seconds bigint[],
    times timestamptz[]
)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE storyverse.scenes AS scene
    SET
        segment_count = scene.segment_count + news.segments,
        total_duration = scene.total_duration + news.seconds,
        contributor_count = scene.contributor_count + news.contributors,
        last_segment_at = GREATEST(scene.last_segment_at, news.last_at)
    FROM (
        SELECT
            contribution.scene_id,
            sum(contribution.segments) AS segments,
            sum(contribution.seconds) AS seconds,
            max(contribution.last_at) AS last_at,
            -- Whoever has no more segments than were added is new to the scene.
            count(*) FILTER (
                WHERE contribution.segments = (
                    SELECT count(*)
                    FROM (
                        SELECT 1
                        FROM storyverse.segments AS segment
                        WHERE
                            segment.user_id = contribution.user_id
                            AND segment.scene_id = contribution.scene_id
                            AND segment.status = 'active'
                        LIMIT contribution.segments + 1
                    ) AS known
                )
            ) AS contributors
        FROM unnest(scenes, users, segments, seconds, times)
            AS contribution (scene_id, user_id, segments, seconds, last_at)
        GROUP BY contribution.scene_id
    ) AS news
    WHERE scene.id = news.scene_id;
END;
$$;

-- Segments are seldom hidden or removed, so this may count the whole scene.
CREATE FUNCTION storyverse.recount_segments(of_scenes uuid[])
RETURNS integer
LANGUAGE plpgsql
VOLATILE
AS $$
DECLARE
    changed integer;
BEGIN
    PERFORM 1
    FROM storyverse.scenes AS scene
    WHERE scene.id = ANY (of_scenes)
    ORDER BY scene.id
    FOR NO KEY UPDATE;

    UPDATE storyverse.scenes AS scene
    SET
        segment_count = counted.segment_count,
        total_duration = counted.total_duration,
        contributor_count = counted.contributor_count,
        last_segment_at = counted.last_segment_at
    FROM (
        SELECT
            given.id,
            count(segment.id) AS segment_count,
            COALESCE(sum(segment.duration), 0) AS total_duration,
            count(DISTINCT segment.user_id) AS contributor_count,
            max(segment.created_at) AS last_segment_at
        FROM (SELECT DISTINCT unnest(of_scenes) AS id) AS given
        LEFT JOIN storyverse.segments AS segment
            ON
                segment.scene_id = given.id
                AND segment.status = 'active'
        GROUP BY given.id
    ) AS counted
    WHERE
        scene.id = counted.id
        AND (
            scene.segment_count,
            scene.total_duration,
            scene.contributor_count,
            scene.last_segment_at
        ) IS DISTINCT FROM (
            counted.segment_count,
            counted.total_duration,
            counted.contributor_count,
            counted.last_segment_at
        );
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END;
$$;

CREATE FUNCTION storyverse.count_changed_segments()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM storyverse.recount_segments(
        ARRAY(
            SELECT unnest(ARRAY[before.scene_id, after.scene_id])
            FROM before
            FULL JOIN after ON after.id = before.id
            WHERE (
                before.scene_id,
                before.user_id,
                before.duration,
                before.created_at,
                before.status = 'active'
            ) IS DISTINCT FROM (
                after.scene_id,
                after.user_id,
                after.duration,
                after.created_at,
                after.status = 'active'
            )
        )
    );
    RETURN NULL;
END;
$$;

CREATE FUNCTION storyverse.count_deleted_segments()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM storyverse.recount_segments(
        ARRAY(SELECT DISTINCT before.scene_id FROM before)
    );
    RETURN NULL;
END;
$$;

-- Statement-level triggers fire for statements on the table itself, not for those that
-- name one of its partitions: always write through the table.
CREATE TRIGGER segments_count_added
    AFTER INSERT ON storyverse.segments
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_added_segments();

CREATE TRIGGER segments_count_changed
    AFTER UPDATE ON storyverse.segments
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_changed_segments();

CREATE TRIGGER segments_count_deleted
    AFTER DELETE ON storyverse.segments
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_deleted_segments();

COMMENT ON FUNCTION storyverse.next_sequence(uuid) IS
    'Locks a scene and returns the sequence number of its next segment.';
COMMENT ON FUNCTION storyverse.count_added_segments() IS
    'Keeps the counters of scenes, and refuses a sequence number given twice as a '
    'violation of segments_scene_id_sequence_key.';
COMMENT ON FUNCTION storyverse.add_segments_to_scenes(
    uuid[], uuid[], bigint[], bigint[], timestamptz[]
) IS
    'Adds what users have contributed to the counters of scenes.';
COMMENT ON FUNCTION storyverse.recount_segments(uuid[]) IS
    'Counts the segments of scenes anew and returns how many scenes were wrong.';
COMMENT ON FUNCTION storyverse.count_changed_segments() IS
    'Keeps the counters of scenes when segments are hidden, shown or changed.';
COMMENT ON FUNCTION storyverse.count_deleted_segments() IS
    'Keeps the counters of scenes when segments are deleted.';
