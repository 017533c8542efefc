-- Old sessions, moved out of the way of the live ones.
-- Depends on users, sessions, messages and media_files.

-- One row holds all of a session: messages and media files become documents, which
-- PostgreSQL compresses. They keep every column of their tables (session_id excepted),
-- so that a session can be moved back as it was.
CREATE TABLE monumento.sessions_archive (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    vibe varchar(50) NOT NULL,
    mode varchar(50) NOT NULL,
    duration_minutes integer NOT NULL,
    video_url text,
    transcript_url text,
    thumbnail_url text,
    metadata jsonb NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    messages jsonb NOT NULL,
    media_files jsonb NOT NULL,
    archived_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT sessions_archive_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_archive_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES monumento.users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_archive_status_check CHECK (
        status IN ('draft', 'recording', 'processing', 'completed')
    ),
    CONSTRAINT sessions_archive_messages_check CHECK (
        jsonb_typeof(messages) = 'array'
    ),
    CONSTRAINT sessions_archive_media_files_check CHECK (
        jsonb_typeof(media_files) = 'array'
    )
);

CREATE INDEX sessions_archive_user_id_created_at_idx
    ON monumento.sessions_archive (user_id, created_at DESC, id DESC);

-- VOLATILE on purpose, here and below: such a function reads what is committed when it
-- is called, not when the statement began. archive_sessions calls them on sessions it
-- has locked, to which nobody can add any more, so a message that was committed while
-- the statement ran is archived, not lost to the cascade. FOR UPDATE likewise waits for
-- whoever is correcting a message.
CREATE FUNCTION monumento.messages_document(of_session uuid)
RETURNS jsonb
LANGUAGE sql
VOLATILE
AS $$
    SELECT
        COALESCE(
            jsonb_agg(
                to_jsonb(locked.message) - 'session_id'
                ORDER BY (locked.message).timestamp, (locked.message).id
            ),
            '[]'
        )
    FROM (
        SELECT message
        FROM monumento.messages AS message
        WHERE message.session_id = of_session
        FOR UPDATE
    ) AS locked;
$$;

CREATE FUNCTION monumento.media_files_document(of_session uuid)
RETURNS jsonb
LANGUAGE sql
VOLATILE
AS $$
    SELECT
        COALESCE(
            jsonb_agg(
                to_jsonb(locked.media) - 'session_id'
                ORDER BY (locked.media).created_at, (locked.media).id
            ),
            '[]'
        )
    FROM (
        SELECT media
        FROM monumento.media_files AS media
        WHERE media.session_id = of_session
        FOR UPDATE
    ) AS locked;
$$;

COMMENT ON TABLE monumento.sessions_archive IS
    'Sessions moved out of the live tables, each with all its messages and files.';
COMMENT ON COLUMN monumento.sessions_archive.duration_minutes IS
    'Length of the conversation, minutes.';
COMMENT ON COLUMN monumento.sessions_archive.metadata IS
    'A JSON object: director context, photos, topics.';
COMMENT ON COLUMN monumento.sessions_archive.updated_at IS
    'Time of the last change before the session was archived.';
COMMENT ON COLUMN monumento.sessions_archive.messages IS
    'A JSON array of the messages, in spoken order.';
COMMENT ON COLUMN monumento.sessions_archive.media_files IS
    'A JSON array of the media files, oldest first.';
COMMENT ON COLUMN monumento.sessions_archive.archived_at IS
    'Time at which the session was moved here.';
COMMENT ON FUNCTION monumento.messages_document(uuid) IS
    'Locks the messages of a session and returns them as a JSON array, in spoken '
    'order.';
COMMENT ON FUNCTION monumento.media_files_document(uuid) IS
    'Locks the media files of a session and returns them as a JSON array, oldest '
    'first.';
