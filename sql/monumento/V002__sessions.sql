-- Recorded conversations, and the guard of their status.
-- Depends on users and set_updated_at().

-- Mends: metadata is never NULL, so that merging into it cannot lose the new keys.
-- vibe and mode stay open: they are labels of the product, and the list of vibes is
-- explicitly unfinished.
CREATE TABLE monumento.sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    vibe varchar(50) NOT NULL,
    mode varchar(50) NOT NULL,
    duration_minutes integer NOT NULL,
    video_url text,
    transcript_url text,
    thumbnail_url text,
    metadata jsonb DEFAULT '{}' NOT NULL,
    status text DEFAULT 'draft' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES monumento.users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_duration_minutes_check CHECK (duration_minutes >= 0),
    CONSTRAINT sessions_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    CONSTRAINT sessions_status_check CHECK (
        status IN ('draft', 'recording', 'processing', 'completed')
    )
);

-- The cascade from users looks for deleted sessions too, which the next index omits.
CREATE INDEX sessions_user_id_idx
    ON monumento.sessions (user_id);

-- A user's pages, newest first: the hot path.
CREATE INDEX sessions_user_id_created_at_idx
    ON monumento.sessions (user_id, created_at DESC, id DESC)
    WHERE deleted_at IS NULL;

-- Archiving takes the oldest first. The expression keeps this index out of every other
-- query: an index on created_at itself looks cheap for finding one user's newest
-- sessions, and then reads past everybody else's.
CREATE INDEX sessions_created_at_utc_idx
    ON monumento.sessions ((created_at AT TIME ZONE 'UTC'), id)
    WHERE deleted_at IS NULL;

-- Work queues, oldest first.
CREATE INDEX sessions_status_created_at_idx
    ON monumento.sessions (status, created_at, id)
    WHERE deleted_at IS NULL;

-- jsonb_path_ops serves @> alone, at about half the size of the default class.
CREATE INDEX sessions_metadata_idx
    ON monumento.sessions USING gin (metadata jsonb_path_ops);

CREATE FUNCTION monumento.check_session_status_step()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    steps CONSTANT text[] := ARRAY['draft', 'recording', 'processing', 'completed'];
    next_step CONSTANT text := steps[array_position(steps, OLD.status) + 1];
BEGIN
    -- An unknown status is left to sessions_status_check.
    IF NEW.status = ANY (steps) AND NEW.status IS DISTINCT FROM next_step THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = format(
                'session status cannot step from %s to %s', OLD.status, NEW.status
            ),
            HINT = COALESCE(
                'The only step from ' || OLD.status || ' is to ' || next_step || '.',
                'No step leads out of ' || OLD.status || '.'
            ),
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'status',
            CONSTRAINT = 'sessions_status_step';
    END IF;
    RETURN NEW;
END;
$$;

-- A trigger sees the row as locked: of two concurrent steps the second is judged by
-- the status that the first one left.
CREATE TRIGGER sessions_check_status_step
    BEFORE UPDATE ON monumento.sessions
    FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION monumento.check_session_status_step();

CREATE TRIGGER sessions_set_updated_at
    BEFORE UPDATE ON monumento.sessions
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION monumento.set_updated_at();

COMMENT ON TABLE monumento.sessions IS
    'Recorded conversations.';
COMMENT ON COLUMN monumento.sessions.vibe IS
    'The interviewer''s manner, such as The Historian or The Celebrator.';
COMMENT ON COLUMN monumento.sessions.mode IS
    'Who leads the conversation, such as Auto-Pilot or Director Mode.';
COMMENT ON COLUMN monumento.sessions.duration_minutes IS
    'Length of the conversation, minutes.';
COMMENT ON COLUMN monumento.sessions.metadata IS
    'A JSON object: director context, photos, topics.';
COMMENT ON COLUMN monumento.sessions.status IS
    'Steps from draft to recording, processing and completed, one at a time.';
COMMENT ON COLUMN monumento.sessions.updated_at IS
    'Time of the last change, kept by a trigger.';
COMMENT ON COLUMN monumento.sessions.deleted_at IS
    'Time of the soft deletion; NULL while the session is live.';
COMMENT ON FUNCTION monumento.check_session_status_step() IS
    'Refuses every change of status except the step to the next one, as a violation '
    'of sessions_status_step.';
