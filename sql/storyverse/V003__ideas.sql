-- The ideas from which scenes begin.
-- Depends on users, topics, categories and set_updated_at().

-- Mends: tags are never NULL; the category is one of the idea's topic, and an idea
-- whose category is deleted has none. id and topic_id together are unique so that a
-- scene's foreign key can say that its topic is its idea's.
CREATE TABLE storyverse.ideas (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    topic_id uuid NOT NULL,
    category_id uuid,
    title varchar(200) NOT NULL,
    prompt text NOT NULL,
    tags text[] DEFAULT '{}' NOT NULL,
    status varchar(20) DEFAULT 'active' NOT NULL,
    moderation_status varchar(20) DEFAULT 'pending' NOT NULL,
    scene_count integer DEFAULT 0 NOT NULL,
    like_count integer DEFAULT 0 NOT NULL,
    view_count integer DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT ideas_pkey PRIMARY KEY (id),
    CONSTRAINT ideas_id_topic_id_key UNIQUE (id, topic_id),
    CONSTRAINT ideas_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES storyverse.users (id),
    CONSTRAINT ideas_topic_id_fkey FOREIGN KEY (topic_id)
        REFERENCES storyverse.topics (id),
    CONSTRAINT ideas_topic_id_category_id_fkey FOREIGN KEY (topic_id, category_id)
        REFERENCES storyverse.categories (topic_id, id)
        ON DELETE SET NULL (category_id),
    CONSTRAINT ideas_tags_check CHECK (array_position(tags, NULL) IS NULL),
    CONSTRAINT ideas_status_check CHECK (status IN ('active', 'hidden', 'removed')),
    CONSTRAINT ideas_moderation_status_check CHECK (
        moderation_status IN ('pending', 'approved', 'rejected')
    )
)
-- Views are counted most of all. Room on the page lets such an update stay there and
-- leave the indexes alone, none of which holds view_count.
WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);

-- The foreign keys to topics and categories, for ideas that are not listed too.
CREATE INDEX ideas_topic_id_category_id_idx
    ON storyverse.ideas (topic_id, category_id);

CREATE INDEX ideas_user_id_created_at_idx
    ON storyverse.ideas (user_id, created_at DESC, id DESC);

-- The pages of a topic and of a category, in each order. An index on created_at or
-- like_count alone, as the reference schema had, looks cheap for one topic's page, and
-- then reads past everybody else's.
CREATE INDEX ideas_topic_id_created_at_idx
    ON storyverse.ideas (topic_id, created_at DESC, id DESC)
    WHERE status = 'active' AND moderation_status = 'approved';

CREATE INDEX ideas_topic_id_like_count_idx
    ON storyverse.ideas (topic_id, like_count DESC, id DESC)
    WHERE status = 'active' AND moderation_status = 'approved';

CREATE INDEX ideas_category_id_created_at_idx
    ON storyverse.ideas (category_id, created_at DESC, id DESC)
    WHERE status = 'active' AND moderation_status = 'approved';

CREATE INDEX ideas_category_id_like_count_idx
    ON storyverse.ideas (category_id, like_count DESC, id DESC)
    WHERE status = 'active' AND moderation_status = 'approved';

CREATE INDEX ideas_tags_idx
    ON storyverse.ideas USING gin (tags)
    WHERE status = 'active' AND moderation_status = 'approved';

-- A category is of one topic only. Taking them for independent, PostgreSQL would expect
-- so few ideas of a category that it would rather sort them all than read a page in
-- order.
CREATE STATISTICS storyverse.ideas_topic_id_category_id_stat (dependencies)
    ON topic_id, category_id
    FROM storyverse.ideas;

-- The moderators' queue, oldest first. It holds what waits and nothing else.
CREATE INDEX ideas_created_at_idx
    ON storyverse.ideas (created_at, id)
    WHERE status = 'active' AND moderation_status = 'pending';

-- Counters are no news about an idea.
CREATE TRIGGER ideas_set_updated_at
    BEFORE UPDATE ON storyverse.ideas
    FOR EACH ROW
    WHEN (
        (
            OLD.user_id,
            OLD.topic_id,
            OLD.category_id,
            OLD.title,
            OLD.prompt,
            OLD.tags,
            OLD.status,
            OLD.moderation_status
        ) IS DISTINCT FROM (
            NEW.user_id,
            NEW.topic_id,
            NEW.category_id,
            NEW.title,
            NEW.prompt,
            NEW.tags,
            NEW.status,
            NEW.moderation_status
        )
    )
    EXECUTE FUNCTION storyverse.set_updated_at();

COMMENT ON TABLE storyverse.ideas IS
    'Story ideas, from which scenes begin.';
COMMENT ON COLUMN storyverse.ideas.user_id IS
    'Whose idea it is.';
COMMENT ON COLUMN storyverse.ideas.category_id IS
    'A category of the idea''s topic, or none.';
COMMENT ON COLUMN storyverse.ideas.prompt IS
    'What the first scene is made from.';
COMMENT ON COLUMN storyverse.ideas.tags IS
    'Free words to find the idea by; none of them NULL.';
COMMENT ON COLUMN storyverse.ideas.status IS
    'hidden: taken out of lists, for the time being. removed: for good.';
COMMENT ON COLUMN storyverse.ideas.moderation_status IS
    'An idea is listed once it is approved.';
COMMENT ON COLUMN storyverse.ideas.scene_count IS
    'Number of its scenes that are active or locked, kept by triggers.';
COMMENT ON COLUMN storyverse.ideas.like_count IS
    'Number of its likes, whatever its status, kept by triggers.';
COMMENT ON COLUMN storyverse.ideas.view_count IS
    'Number of views of its scenes, whatever their status, kept by triggers.';
COMMENT ON COLUMN storyverse.ideas.updated_at IS
    'Time of the last change, kept by a trigger; counters do not count.';
