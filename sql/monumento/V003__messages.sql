-- What was said in the sessions.
-- Depends on sessions.

-- The key stays id alone for now. Monthly partitions will need created_at in it;
-- nothing may therefore reference messages.
CREATE TABLE monumento.messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    role text NOT NULL,
    text text NOT NULL,
    timestamp bigint NOT NULL,
    relative_offset bigint NOT NULL,
    audio_url text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT messages_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES monumento.sessions (id) ON DELETE CASCADE,
    CONSTRAINT messages_role_check CHECK (role IN ('ai', 'user')),
    CONSTRAINT messages_timestamp_check CHECK (timestamp >= 0),
    CONSTRAINT messages_relative_offset_check CHECK (relative_offset >= 0)
);

-- Spoken order. It also serves the foreign key, and holds all that recent_sessions
-- reads of a message, so that counting does not visit the table.
CREATE INDEX messages_session_id_timestamp_idx
    ON monumento.messages (session_id, timestamp, id);

COMMENT ON TABLE monumento.messages IS
    'What was said in a session, one row a turn.';
COMMENT ON COLUMN monumento.messages.role IS
    'Who spoke: the interviewer (ai) or the person recording (user).';
COMMENT ON COLUMN monumento.messages.timestamp IS
    'Unix time at which the message was spoken, ms.';
COMMENT ON COLUMN monumento.messages.relative_offset IS
    'Time from the start of the session, ms.';
COMMENT ON COLUMN monumento.messages.audio_url IS
    'The recording of this message alone, where there is one.';
COMMENT ON COLUMN monumento.messages.created_at IS
    'Time at which the row was stored; messages are spoken at timestamp.';
