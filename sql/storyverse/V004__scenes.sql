-- The scenes, and the counters of ideas and topics that follow from them.
-- Depends on users, topics, ideas and set_updated_at().

-- Mends: a scene's topic is its idea's, and moves with it. There is no foreign key to
-- topics, because the one to ideas says more. active_at is the time to order recently
-- active scenes by: last_segment_at, by which the reference schema ordered them, is
-- NULL until somebody continues the scene.
CREATE TABLE storyverse.scenes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    idea_id uuid NOT NULL,
    user_id uuid NOT NULL,
    topic_id uuid NOT NULL,
    title varchar(200) NOT NULL,
    description text,
    status varchar(20) DEFAULT 'active' NOT NULL,
    segment_count integer DEFAULT 0 NOT NULL,
    total_duration integer DEFAULT 0 NOT NULL,
    contributor_count integer DEFAULT 0 NOT NULL,
    view_count integer DEFAULT 0 NOT NULL,
    like_count integer DEFAULT 0 NOT NULL,
    thumbnail_url varchar(500),
    bible_version integer DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    last_segment_at timestamptz,
    active_at timestamptz
        GENERATED ALWAYS AS (COALESCE(last_segment_at, created_at)) STORED NOT NULL,
    CONSTRAINT scenes_pkey PRIMARY KEY (id),
    CONSTRAINT scenes_idea_id_topic_id_fkey FOREIGN KEY (idea_id, topic_id)
        REFERENCES storyverse.ideas (id, topic_id) ON UPDATE CASCADE,
    CONSTRAINT scenes_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES storyverse.users (id),
    CONSTRAINT scenes_status_check CHECK (
        status IN ('active', 'hidden', 'removed', 'locked')
    ),
    CONSTRAINT scenes_bible_version_check CHECK (bible_version >= 1)
)
-- As for ideas: a view must not touch the indexes.
WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);

-- The foreign key to ideas, for scenes that are not listed too.
CREATE INDEX scenes_idea_id_topic_id_idx
    ON storyverse.scenes (idea_id, topic_id);

CREATE INDEX scenes_user_id_created_at_idx
    ON storyverse.scenes (user_id, created_at DESC, id DESC);

CREATE INDEX scenes_idea_id_created_at_idx
    ON storyverse.scenes (idea_id, created_at DESC, id DESC)
    WHERE status IN ('active', 'locked');

-- The pages of a topic, in each order; see ideas for why none is on the time alone.
CREATE INDEX scenes_topic_id_active_at_idx
    ON storyverse.scenes (topic_id, active_at DESC, id DESC)
    WHERE status IN ('active', 'locked');

CREATE INDEX scenes_topic_id_created_at_idx
    ON storyverse.scenes (topic_id, created_at DESC, id DESC)
    WHERE status IN ('active', 'locked');

CREATE INDEX scenes_topic_id_like_count_idx
    ON storyverse.scenes (topic_id, like_count DESC, id DESC)
    WHERE status IN ('active', 'locked');

-- The three functions that add to counters take arrays, of which the n-th elements
-- belong together; NULL stands for zeros. They lock the rows in the order of their
-- keys, and only then change them, in a statement of its own: two that count for the
-- same rows wait for each other instead of locking each other out, and the second adds
-- to what the first has left. With arrays instead of the transition tables no plan is
-- kept that was made for a bulk insert and reads a whole table for one row.
CREATE FUNCTION storyverse.add_to_scenes(ids uuid[], likes bigint[], views bigint[])
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM storyverse.scenes AS scene
    WHERE scene.id = ANY (ids)
    ORDER BY scene.id
    FOR NO KEY UPDATE;

    UPDATE storyverse.scenes AS scene
    SET
        like_count = scene.like_count + change.likes,
        view_count = scene.view_count + change.views
    FROM (
        SELECT
            part.id,
            COALESCE(sum(part.likes), 0) AS likes,
            COALESCE(sum(part.views), 0) AS views
        FROM unnest(ids, likes, views) AS part (id, likes, views)
        GROUP BY part.id
    ) AS change
    WHERE scene.id = change.id;
END;
$$;

CREATE FUNCTION storyverse.add_to_ideas(
    ids uuid[],
    scenes bigint[],
    likes bigint[],
    views bigint[]
)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM storyverse.ideas AS idea
    WHERE idea.id = ANY (ids)
    ORDER BY idea.id
    FOR NO KEY UPDATE;

    UPDATE storyverse.ideas AS idea
    SET
        scene_count = idea.scene_count + change.scenes,
        like_count = idea.like_count + change.likes,
        view_count = idea.view_count + change.views
    FROM (
        SELECT
            part.id,
            COALESCE(sum(part.scenes), 0) AS scenes,
            COALESCE(sum(part.likes), 0) AS likes,
            COALESCE(sum(part.views), 0) AS views
        FROM unnest(ids, scenes, likes, views) AS part (id, scenes, likes, views)
        GROUP BY part.id
    ) AS change
    WHERE idea.id = change.id;
END;
$$;

CREATE FUNCTION storyverse.add_to_topics(ids uuid[], scenes bigint[])
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM storyverse.topics AS topic
    WHERE topic.id = ANY (ids)
    ORDER BY topic.id
    FOR NO KEY UPDATE;

    UPDATE storyverse.topics AS topic
    SET scene_count = topic.scene_count + change.scenes
    FROM (
        SELECT
            part.id,
            sum(part.scenes) AS scenes
        FROM unnest(ids, scenes) AS part (id, scenes)
        GROUP BY part.id
        HAVING sum(part.scenes) <> 0
    ) AS change
    WHERE topic.id = change.id;
END;
$$;

CREATE FUNCTION storyverse.count_scenes()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    ideas uuid[];
    topics uuid[];
    scenes bigint[];
    views bigint[];
BEGIN
    SELECT
        array_agg(change.idea_id),
        array_agg(change.topic_id),
        array_agg(change.scenes * TG_ARGV[0]::integer),
        array_agg(change.views * TG_ARGV[0]::integer)
    INTO ideas, topics, scenes, views
    FROM (
        SELECT
            scene.idea_id,
            scene.topic_id,
            count(*) FILTER (WHERE scene.status IN ('active', 'locked')) AS scenes,
            sum(scene.view_count) AS views
        FROM changed AS scene
        GROUP BY scene.idea_id, scene.topic_id
    ) AS change;
    IF ideas IS NOT NULL THEN
        PERFORM storyverse.add_to_ideas(ideas, scenes, NULL, views);
        PERFORM storyverse.add_to_topics(topics, scenes);
    END IF;
    RETURN NULL;
END;
$$;

-- Most updates count likes or segments: their differences are all 0, and HAVING leaves
-- nothing of them.
CREATE FUNCTION storyverse.count_changed_scenes()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    ideas uuid[];
    topics uuid[];
    scenes bigint[];
    views bigint[];
BEGIN
    SELECT
        array_agg(change.idea_id),
        array_agg(change.topic_id),
        array_agg(change.scenes),
        array_agg(change.views)
    INTO ideas, topics, scenes, views
    FROM (
        SELECT
            part.idea_id,
            part.topic_id,
            sum(part.scenes) AS scenes,
            sum(part.views) AS views
        FROM (
            SELECT
                scene.idea_id,
                scene.topic_id,
                (scene.status IN ('active', 'locked'))::integer AS scenes,
                scene.view_count AS views
            FROM new_rows AS scene
            UNION ALL
            SELECT
                scene.idea_id,
                scene.topic_id,
                -(scene.status IN ('active', 'locked'))::integer AS scenes,
                -scene.view_count AS views
            FROM old_rows AS scene
        ) AS part
        GROUP BY part.idea_id, part.topic_id
        HAVING sum(part.scenes) <> 0 OR sum(part.views) <> 0
    ) AS change;
    IF ideas IS NOT NULL THEN
        PERFORM storyverse.add_to_ideas(ideas, scenes, NULL, views);
    END IF;
    -- Views are no topic's business, and all scenes of a topic share its row.
    IF 0 <> ANY (scenes) THEN
        PERFORM storyverse.add_to_topics(topics, scenes);
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER scenes_count_inserted
    AFTER INSERT ON storyverse.scenes
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_scenes('1');

CREATE TRIGGER scenes_count_deleted
    AFTER DELETE ON storyverse.scenes
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_scenes('-1');

CREATE TRIGGER scenes_count_updated
    AFTER UPDATE ON storyverse.scenes
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_changed_scenes();

-- Counters are no news about a scene, and a segment has last_segment_at.
CREATE TRIGGER scenes_set_updated_at
    BEFORE UPDATE ON storyverse.scenes
    FOR EACH ROW
    WHEN (
        (
            OLD.idea_id,
            OLD.user_id,
            OLD.topic_id,
            OLD.title,
            OLD.description,
            OLD.status,
            OLD.thumbnail_url,
            OLD.bible_version
        ) IS DISTINCT FROM (
            NEW.idea_id,
            NEW.user_id,
            NEW.topic_id,
            NEW.title,
            NEW.description,
            NEW.status,
            NEW.thumbnail_url,
            NEW.bible_version
        )
    )
    EXECUTE FUNCTION storyverse.set_updated_at();

COMMENT ON TABLE storyverse.scenes IS
    'Stories, begun from an idea and continued segment by segment.';
COMMENT ON COLUMN storyverse.scenes.user_id IS
    'Who began it.';
COMMENT ON COLUMN storyverse.scenes.topic_id IS
    'The topic of its idea.';
COMMENT ON COLUMN storyverse.scenes.status IS
    'active: can be continued. locked: listed, and complete. hidden: taken out of '
    'lists, for the time being. removed: for good.';
COMMENT ON COLUMN storyverse.scenes.segment_count IS
    'Number of its active segments, kept by triggers.';
COMMENT ON COLUMN storyverse.scenes.total_duration IS
    'Playing time of its active segments, seconds, kept by triggers.';
COMMENT ON COLUMN storyverse.scenes.contributor_count IS
    'Number of people with an active segment in it, kept by triggers.';
COMMENT ON COLUMN storyverse.scenes.view_count IS
    'Number of its views, whatever its status, kept by triggers.';
COMMENT ON COLUMN storyverse.scenes.like_count IS
    'Number of its likes, whatever its status, kept by triggers.';
COMMENT ON COLUMN storyverse.scenes.bible_version IS
    'The version of its bible that is current, for optimistic locking; the first is 1.';
COMMENT ON COLUMN storyverse.scenes.updated_at IS
    'Time of the last change, kept by a trigger; counters do not count.';
COMMENT ON COLUMN storyverse.scenes.last_segment_at IS
    'Time of the newest active segment, kept by triggers; NULL without one.';
COMMENT ON COLUMN storyverse.scenes.active_at IS
    'last_segment_at, or created_at without one.';
COMMENT ON FUNCTION storyverse.add_to_scenes(uuid[], bigint[], bigint[]) IS
    'Adds to like_count and view_count of scenes.';
COMMENT ON FUNCTION storyverse.add_to_ideas(uuid[], bigint[], bigint[], bigint[]) IS
    'Adds to scene_count, like_count and view_count of ideas.';
COMMENT ON FUNCTION storyverse.add_to_topics(uuid[], bigint[]) IS
    'Adds to scene_count of topics.';
COMMENT ON FUNCTION storyverse.count_scenes() IS
    'Counts inserted scenes for their ideas and topics, or discounts deleted ones; the '
    'argument is 1 or -1.';
COMMENT ON FUNCTION storyverse.count_changed_scenes() IS
    'Counts scenes whose status, views, idea or topic changed for their ideas and '
    'topics.';
