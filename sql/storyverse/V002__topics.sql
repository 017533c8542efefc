-- What stories are about: topics, their categories, and the topics that people propose.
-- Depends on users and set_updated_at().

CREATE TABLE storyverse.topics (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name varchar(100) NOT NULL,
    slug varchar(100) NOT NULL,
    description text,
    icon_url varchar(500),
    is_curated boolean DEFAULT true NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    display_order integer DEFAULT 0 NOT NULL,
    scene_count integer DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT topics_pkey PRIMARY KEY (id),
    CONSTRAINT topics_slug_key UNIQUE (slug)
);

CREATE INDEX topics_is_active_display_order_idx
    ON storyverse.topics (is_active, display_order, id);

-- Mends: a review always has its time, only what was rejected has a reason, and only
-- what was approved is promoted. Closing what a topic came from does not touch the
-- topic, so promoted_to_topic_id is emptied when the topic goes.
CREATE TABLE storyverse.user_topics (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    name varchar(100) NOT NULL,
    description text,
    status varchar(20) DEFAULT 'pending' NOT NULL,
    reviewed_by uuid,
    reviewed_at timestamptz,
    rejection_reason text,
    promoted_to_topic_id uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT user_topics_pkey PRIMARY KEY (id),
    CONSTRAINT user_topics_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES storyverse.users (id),
    CONSTRAINT user_topics_reviewed_by_fkey FOREIGN KEY (reviewed_by)
        REFERENCES storyverse.users (id),
    CONSTRAINT user_topics_promoted_to_topic_id_fkey FOREIGN KEY (promoted_to_topic_id)
        REFERENCES storyverse.topics (id) ON DELETE SET NULL,
    CONSTRAINT user_topics_status_check CHECK (
        status IN ('pending', 'approved', 'rejected')
    ),
    CONSTRAINT user_topics_reviewed_at_check CHECK (
        (status = 'pending') = (reviewed_at IS NULL)
    ),
    CONSTRAINT user_topics_rejection_reason_check CHECK (
        rejection_reason IS NULL OR status = 'rejected'
    ),
    CONSTRAINT user_topics_promoted_to_topic_id_check CHECK (
        promoted_to_topic_id IS NULL OR status = 'approved'
    )
);

-- The reviewers' queue, oldest first. It holds what waits and nothing else, so it
-- stays small whatever was proposed in all the years.
CREATE INDEX user_topics_created_at_idx
    ON storyverse.user_topics (created_at, id)
    WHERE status = 'pending';

CREATE INDEX user_topics_user_id_created_at_idx
    ON storyverse.user_topics (user_id, created_at DESC, id DESC);

CREATE INDEX user_topics_reviewed_by_idx
    ON storyverse.user_topics (reviewed_by)
    WHERE reviewed_by IS NOT NULL;

CREATE INDEX user_topics_promoted_to_topic_id_idx
    ON storyverse.user_topics (promoted_to_topic_id)
    WHERE promoted_to_topic_id IS NOT NULL;

-- topic_id and id together are unique so that an idea's foreign key can say that its
-- category is one of its topic.
CREATE TABLE storyverse.categories (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    topic_id uuid NOT NULL,
    name varchar(100) NOT NULL,
    slug varchar(100) NOT NULL,
    description text,
    display_order integer DEFAULT 0 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT categories_pkey PRIMARY KEY (id),
    CONSTRAINT categories_topic_id_fkey FOREIGN KEY (topic_id)
        REFERENCES storyverse.topics (id) ON DELETE CASCADE,
    CONSTRAINT categories_topic_id_slug_key UNIQUE (topic_id, slug),
    CONSTRAINT categories_topic_id_id_key UNIQUE (topic_id, id)
);

CREATE INDEX categories_topic_id_is_active_display_order_idx
    ON storyverse.categories (topic_id, is_active, display_order, id);

-- A topic's counter is no news about the topic.
CREATE TRIGGER topics_set_updated_at
    BEFORE UPDATE ON storyverse.topics
    FOR EACH ROW
    WHEN (
        (
            OLD.name,
            OLD.slug,
            OLD.description,
            OLD.icon_url,
            OLD.is_curated,
            OLD.is_active,
            OLD.display_order
        ) IS DISTINCT FROM (
            NEW.name,
            NEW.slug,
            NEW.description,
            NEW.icon_url,
            NEW.is_curated,
            NEW.is_active,
            NEW.display_order
        )
    )
    EXECUTE FUNCTION storyverse.set_updated_at();

COMMENT ON TABLE storyverse.topics IS
    'What stories are about.';
COMMENT ON COLUMN storyverse.topics.slug IS
    'The name in URLs, unique.';
COMMENT ON COLUMN storyverse.topics.is_curated IS
    'Whether the editors chose the topic; false if it was proposed by a user.';
COMMENT ON COLUMN storyverse.topics.is_active IS
    'False once the topic is closed: it is no longer listed; what belongs to it stays.';
COMMENT ON COLUMN storyverse.topics.display_order IS
    'Where the topic stands in lists, lowest first.';
COMMENT ON COLUMN storyverse.topics.scene_count IS
    'Number of its scenes that are active or locked, kept by triggers.';
COMMENT ON COLUMN storyverse.topics.updated_at IS
    'Time of the last change, kept by a trigger; the counter does not count.';
COMMENT ON TABLE storyverse.user_topics IS
    'Topics that users propose, and what became of them.';
COMMENT ON COLUMN storyverse.user_topics.user_id IS
    'Who proposed it.';
COMMENT ON COLUMN storyverse.user_topics.reviewed_at IS
    'Time of the review; NULL while it is pending.';
COMMENT ON COLUMN storyverse.user_topics.rejection_reason IS
    'Why it was rejected, for the one who proposed it.';
COMMENT ON COLUMN storyverse.user_topics.promoted_to_topic_id IS
    'The topic that came of it.';
COMMENT ON TABLE storyverse.categories IS
    'Parts of a topic.';
COMMENT ON COLUMN storyverse.categories.slug IS
    'The name in URLs, unique within the topic.';
COMMENT ON COLUMN storyverse.categories.display_order IS
    'Where the category stands within its topic, lowest first.';
COMMENT ON COLUMN storyverse.categories.is_active IS
    'False once the category is closed: it is no longer listed, its ideas still are.';
