-- Likes and views, the counters that follow from them, and what proves all counters.
-- Depends on users, topics, ideas, scenes and recount_segments().

-- Mends: a like is of something that exists. idea_id and scene_id hold target_id for
-- the foreign keys, so that a like goes when its target goes, and likewise when the
-- one who likes goes.
CREATE TABLE storyverse.likes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    target_type varchar(20) NOT NULL,
    target_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    idea_id uuid
        GENERATED ALWAYS AS (CASE WHEN target_type = 'idea' THEN target_id END) STORED,
    scene_id uuid
        GENERATED ALWAYS AS (CASE WHEN target_type = 'scene' THEN target_id END) STORED,
    CONSTRAINT likes_pkey PRIMARY KEY (id),
    CONSTRAINT likes_user_id_target_type_target_id_key
        UNIQUE (user_id, target_type, target_id),
    CONSTRAINT likes_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES storyverse.users (id) ON DELETE CASCADE,
    CONSTRAINT likes_idea_id_fkey FOREIGN KEY (idea_id)
        REFERENCES storyverse.ideas (id) ON DELETE CASCADE,
    CONSTRAINT likes_scene_id_fkey FOREIGN KEY (scene_id)
        REFERENCES storyverse.scenes (id) ON DELETE CASCADE,
    CONSTRAINT likes_target_type_check CHECK (target_type IN ('idea', 'scene'))
);

CREATE INDEX likes_idea_id_created_at_idx
    ON storyverse.likes (idea_id, created_at DESC, id DESC)
    WHERE idea_id IS NOT NULL;

CREATE INDEX likes_scene_id_created_at_idx
    ON storyverse.likes (scene_id, created_at DESC, id DESC)
    WHERE scene_id IS NOT NULL;

-- What somebody likes, of one kind, newest first.
CREATE INDEX likes_user_id_target_type_created_at_idx
    ON storyverse.likes (user_id, target_type, created_at DESC, id DESC);

-- Mends: views go with their scene; those of somebody who goes become anonymous, so
-- that counters stay. ip_hash is of a keyed hash, because there are so few addresses
-- that any other can be undone by trying all.
CREATE TABLE storyverse.scene_views (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    scene_id uuid NOT NULL,
    user_id uuid,
    ip_hash varchar(64),
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT scene_views_pkey PRIMARY KEY (id),
    CONSTRAINT scene_views_scene_id_fkey FOREIGN KEY (scene_id)
        REFERENCES storyverse.scenes (id) ON DELETE CASCADE,
    CONSTRAINT scene_views_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES storyverse.users (id) ON DELETE SET NULL,
    CONSTRAINT scene_views_ip_hash_check CHECK (ip_hash ~ '^[0-9a-f]{64}$')
);

CREATE INDEX scene_views_scene_id_created_at_idx
    ON storyverse.scene_views (scene_id, created_at);

CREATE INDEX scene_views_user_id_idx
    ON storyverse.scene_views (user_id)
    WHERE user_id IS NOT NULL;

-- What is watched lately: it holds all that counting the views of a period reads.
CREATE INDEX scene_views_created_at_scene_id_idx
    ON storyverse.scene_views (created_at, scene_id);

CREATE FUNCTION storyverse.count_likes()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    targets uuid[];
    likes bigint[];
BEGIN
    SELECT
        array_agg(change.scene_id),
        array_agg(change.likes * TG_ARGV[0]::integer)
    INTO targets, likes
    FROM (
        SELECT
            liked.scene_id,
            count(*) AS likes
        FROM changed AS liked
        WHERE liked.scene_id IS NOT NULL
        GROUP BY liked.scene_id
    ) AS change;
    IF targets IS NOT NULL THEN
        PERFORM storyverse.add_to_scenes(targets, likes, NULL);
    END IF;

    SELECT
        array_agg(change.idea_id),
        array_agg(change.likes * TG_ARGV[0]::integer)
    INTO targets, likes
    FROM (
        SELECT
            liked.idea_id,
            count(*) AS likes
        FROM changed AS liked
        WHERE liked.idea_id IS NOT NULL
        GROUP BY liked.idea_id
    ) AS change;
    IF targets IS NOT NULL THEN
        PERFORM storyverse.add_to_ideas(targets, NULL, likes, NULL);
    END IF;
    RETURN NULL;
END;
$$;

CREATE FUNCTION storyverse.count_scene_views()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    scenes uuid[];
    views bigint[];
BEGIN
    SELECT
        array_agg(change.scene_id),
        array_agg(change.views * TG_ARGV[0]::integer)
    INTO scenes, views
    FROM (
        SELECT
            viewed.scene_id,
            count(*) AS views
        FROM changed AS viewed
        GROUP BY viewed.scene_id
    ) AS change;
    IF scenes IS NOT NULL THEN
        PERFORM storyverse.add_to_scenes(scenes, NULL, views);
    END IF;
    RETURN NULL;
END;
$$;

-- Whoever counts anew must see all that was counted: it locks the row first, so that
-- nobody can count for it meanwhile, and only then reads, in a statement of its own.
-- What others have written and not yet counted is not committed, hence not read, and is
-- added once this transaction ends. All of it wants READ COMMITTED, the default.
CREATE FUNCTION storyverse.recount_scenes(of_scenes uuid[])
RETURNS integer
LANGUAGE plpgsql
VOLATILE
AS $$
DECLARE
    repaired integer;
BEGIN
    PERFORM 1
    FROM storyverse.scenes AS scene
    WHERE scene.id = ANY (of_scenes)
    ORDER BY scene.id
    FOR NO KEY UPDATE;

    UPDATE storyverse.scenes AS scene
    SET
        like_count = counted.likes,
        view_count = counted.views
    FROM (
        SELECT
            given.id,
            (
                SELECT count(*)
                FROM storyverse.likes AS liked
                WHERE liked.scene_id = given.id
            ) AS likes,
            (
                SELECT count(*)
                FROM storyverse.scene_views AS viewed
                WHERE viewed.scene_id = given.id
            ) AS views
        FROM unnest(of_scenes) AS given (id)
    ) AS counted
    WHERE
        scene.id = counted.id
        AND (scene.like_count, scene.view_count) <> (counted.likes, counted.views);
    GET DIAGNOSTICS repaired = ROW_COUNT;
    RETURN repaired + storyverse.recount_segments(of_scenes);
END;
$$;

CREATE FUNCTION storyverse.recount_ideas(of_ideas uuid[])
RETURNS integer
LANGUAGE plpgsql
VOLATILE
AS $$
DECLARE
    repaired integer;
BEGIN
    PERFORM 1
    FROM storyverse.ideas AS idea
    WHERE idea.id = ANY (of_ideas)
    ORDER BY idea.id
    FOR NO KEY UPDATE;

    UPDATE storyverse.ideas AS idea
    SET
        scene_count = scenes.count,
        view_count = scenes.views,
        like_count = likes.count
    FROM unnest(of_ideas) AS given (id)
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE scene.status IN ('active', 'locked')) AS count,
            COALESCE(sum(scene.view_count), 0) AS views
        FROM storyverse.scenes AS scene
        WHERE scene.idea_id = given.id
    ) AS scenes
    CROSS JOIN LATERAL (
        SELECT count(*) AS count
        FROM storyverse.likes AS liked
        WHERE liked.idea_id = given.id
    ) AS likes
    WHERE
        idea.id = given.id
        AND (idea.scene_count, idea.view_count, idea.like_count)
        <> (scenes.count, scenes.views, likes.count);
    GET DIAGNOSTICS repaired = ROW_COUNT;
    RETURN repaired;
END;
$$;

CREATE FUNCTION storyverse.recount_topics(of_topics uuid[])
RETURNS integer
LANGUAGE plpgsql
VOLATILE
AS $$
DECLARE
    repaired integer;
BEGIN
    PERFORM 1
    FROM storyverse.topics AS topic
    WHERE topic.id = ANY (of_topics)
    ORDER BY topic.id
    FOR NO KEY UPDATE;

    UPDATE storyverse.topics AS topic
    SET scene_count = scenes.count
    FROM unnest(of_topics) AS given (id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS count
        FROM storyverse.scenes AS scene
        WHERE
            scene.topic_id = given.id
            AND scene.status IN ('active', 'locked')
    ) AS scenes
    WHERE
        topic.id = given.id
        AND topic.scene_count <> scenes.count;
    GET DIAGNOSTICS repaired = ROW_COUNT;
    RETURN repaired;
END;
$$;

-- Nobody has a reason to change what was liked or viewed, but whoever does changes no
-- counter wrongly: an update counts as a deletion and an insertion.
CREATE TRIGGER likes_count_inserted
    AFTER INSERT ON storyverse.likes
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_likes('1');

CREATE TRIGGER likes_count_deleted
    AFTER DELETE ON storyverse.likes
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_likes('-1');

CREATE TRIGGER likes_count_updated_from
    AFTER UPDATE ON storyverse.likes
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_likes('-1');

CREATE TRIGGER likes_count_updated_to
    AFTER UPDATE ON storyverse.likes
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_likes('1');

CREATE TRIGGER scene_views_count_inserted
    AFTER INSERT ON storyverse.scene_views
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_scene_views('1');

CREATE TRIGGER scene_views_count_deleted
    AFTER DELETE ON storyverse.scene_views
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_scene_views('-1');

CREATE TRIGGER scene_views_count_updated_from
    AFTER UPDATE ON storyverse.scene_views
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_scene_views('-1');

CREATE TRIGGER scene_views_count_updated_to
    AFTER UPDATE ON storyverse.scene_views
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.count_scene_views('1');

COMMENT ON TABLE storyverse.likes IS
    'Who likes which idea or scene.';
COMMENT ON COLUMN storyverse.likes.target_type IS
    'What is liked: an idea or a scene.';
COMMENT ON COLUMN storyverse.likes.target_id IS
    'The idea or scene that is liked.';
COMMENT ON COLUMN storyverse.likes.idea_id IS
    'target_id if it is an idea''s.';
COMMENT ON COLUMN storyverse.likes.scene_id IS
    'target_id if it is a scene''s.';
COMMENT ON TABLE storyverse.scene_views IS
    'Who watched which scene, one row a view.';
COMMENT ON COLUMN storyverse.scene_views.user_id IS
    'Who watched; NULL if nobody was logged in.';
COMMENT ON COLUMN storyverse.scene_views.ip_hash IS
    'A keyed SHA-256 of the viewer''s address, in lower-case hexadecimal digits.';
COMMENT ON FUNCTION storyverse.count_likes() IS
    'Counts likes for their ideas and scenes, or discounts them; the argument is 1 or '
    '-1.';
COMMENT ON FUNCTION storyverse.count_scene_views() IS
    'Counts views for their scenes, or discounts them; the argument is 1 or -1.';
COMMENT ON FUNCTION storyverse.recount_scenes(uuid[]) IS
    'Counts likes, views and segments of scenes anew and returns how many corrections '
    'that took.';
COMMENT ON FUNCTION storyverse.recount_ideas(uuid[]) IS
    'Counts scenes, likes and views of ideas anew and returns how many were wrong.';
COMMENT ON FUNCTION storyverse.recount_topics(uuid[]) IS
    'Counts the scenes of topics anew and returns how many topics were wrong.';
