-- Reports of content and people, and what moderators made of them.
-- Depends on users, topics, ideas, scenes and segments.

-- Mends: target_id is of five tables, one of them partitioned, so a trigger looks for
-- the target. A flag outlives what it is about: it is the record of what was decided.
-- Likewise a reporter or moderator who goes leaves the flag behind.
CREATE TABLE storyverse.moderation_flags (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    target_type varchar(20) NOT NULL,
    target_id uuid NOT NULL,
    reporter_id uuid,
    reason varchar(50) NOT NULL,
    description text,
    status varchar(20) DEFAULT 'pending' NOT NULL,
    reviewed_by uuid,
    reviewed_at timestamptz,
    action_taken varchar(50),
    notes text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT moderation_flags_pkey PRIMARY KEY (id),
    CONSTRAINT moderation_flags_reporter_id_fkey FOREIGN KEY (reporter_id)
        REFERENCES storyverse.users (id) ON DELETE SET NULL,
    CONSTRAINT moderation_flags_reviewed_by_fkey FOREIGN KEY (reviewed_by)
        REFERENCES storyverse.users (id) ON DELETE SET NULL,
    CONSTRAINT moderation_flags_target_type_check CHECK (
        target_type IN ('idea', 'scene', 'segment', 'user', 'topic')
    ),
    CONSTRAINT moderation_flags_status_check CHECK (
        status IN ('pending', 'reviewing', 'resolved', 'dismissed')
    )
);

-- The queue of moderators, oldest first. However many flags have been decided, it holds
-- those that have not.
CREATE INDEX moderation_flags_created_at_idx
    ON storyverse.moderation_flags (created_at, id)
    WHERE status = 'pending';

-- What moderators are at, for those who never come back to it.
CREATE INDEX moderation_flags_reviewed_at_idx
    ON storyverse.moderation_flags (reviewed_at, id)
    WHERE status = 'reviewing';

CREATE INDEX moderation_flags_target_type_target_id_created_at_idx
    ON storyverse.moderation_flags (
        target_type, target_id, created_at DESC, id DESC
    );

CREATE INDEX moderation_flags_reporter_id_created_at_idx
    ON storyverse.moderation_flags (reporter_id, created_at DESC, id DESC)
    WHERE reporter_id IS NOT NULL;

CREATE INDEX moderation_flags_reviewed_by_idx
    ON storyverse.moderation_flags (reviewed_by)
    WHERE reviewed_by IS NOT NULL;

CREATE FUNCTION storyverse.check_flag_targets()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    missing record;
BEGIN
    SELECT added.target_type, added.target_id
    INTO missing
    FROM added
    WHERE NOT CASE added.target_type
        WHEN 'idea' THEN EXISTS (
            SELECT 1 FROM storyverse.ideas AS idea WHERE idea.id = added.target_id
        )
        WHEN 'scene' THEN EXISTS (
            SELECT 1 FROM storyverse.scenes AS scene WHERE scene.id = added.target_id
        )
        WHEN 'segment' THEN EXISTS (
            SELECT 1
            FROM storyverse.segments AS segment
            WHERE segment.id = added.target_id
        )
        WHEN 'user' THEN EXISTS (
            SELECT 1 FROM storyverse.users AS account WHERE account.id = added.target_id
        )
        WHEN 'topic' THEN EXISTS (
            SELECT 1 FROM storyverse.topics AS topic WHERE topic.id = added.target_id
        )
    END
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            MESSAGE = 'the target of a flag does not exist',
            DETAIL = format(
                'There is no %s with the id %s.', missing.target_type, missing.target_id
            ),
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'target_id',
            CONSTRAINT = 'moderation_flags_target_id_fkey';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER moderation_flags_check_targets
    AFTER INSERT ON storyverse.moderation_flags
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.check_flag_targets();

COMMENT ON TABLE storyverse.moderation_flags IS
    'Reports of content and people.';
COMMENT ON COLUMN storyverse.moderation_flags.target_type IS
    'What is reported: an idea, scene, segment, user or topic.';
COMMENT ON COLUMN storyverse.moderation_flags.target_id IS
    'Its id, in the table that target_type says.';
COMMENT ON COLUMN storyverse.moderation_flags.reporter_id IS
    'Who reported it; NULL if a program did.';
COMMENT ON COLUMN storyverse.moderation_flags.reason IS
    'Why, in a word, such as spam.';
COMMENT ON COLUMN storyverse.moderation_flags.status IS
    'pending until a moderator takes it, reviewing until they decide, then resolved '
    '(something was done) or dismissed.';
COMMENT ON COLUMN storyverse.moderation_flags.reviewed_by IS
    'The moderator who is at it or has decided.';
COMMENT ON COLUMN storyverse.moderation_flags.reviewed_at IS
    'Time at which they took it, and then at which they decided.';
COMMENT ON COLUMN storyverse.moderation_flags.action_taken IS
    'What was done, in a word, such as hidden.';
COMMENT ON COLUMN storyverse.moderation_flags.notes IS
    'From moderator to moderator.';
COMMENT ON FUNCTION storyverse.check_flag_targets() IS
    'Refuses flags whose target does not exist, as violations of '
    'moderation_flags_target_id_fkey.';
