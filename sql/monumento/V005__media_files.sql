-- The files that a session produced.
-- Depends on sessions.

-- Mends: metadata is never NULL; no index on file_type alone, because nothing reads
-- the files of one type across all sessions and four values select nothing.
CREATE TABLE monumento.media_files (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    file_type text NOT NULL,
    storage_url text NOT NULL,
    cdn_url text,
    file_size_bytes bigint,
    duration_seconds integer,
    mime_type varchar(100),
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT media_files_pkey PRIMARY KEY (id),
    CONSTRAINT media_files_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES monumento.sessions (id) ON DELETE CASCADE,
    CONSTRAINT media_files_file_type_check CHECK (
        file_type IN ('video', 'audio', 'transcript', 'thumbnail')
    ),
    CONSTRAINT media_files_file_size_bytes_check CHECK (file_size_bytes >= 0),
    CONSTRAINT media_files_duration_seconds_check CHECK (duration_seconds >= 0),
    CONSTRAINT media_files_metadata_check CHECK (jsonb_typeof(metadata) = 'object')
);

CREATE INDEX media_files_session_id_created_at_idx
    ON monumento.media_files (session_id, created_at, id);

COMMENT ON TABLE monumento.media_files IS
    'Files that a session produced.';
COMMENT ON COLUMN monumento.media_files.storage_url IS
    'Where the file is kept.';
COMMENT ON COLUMN monumento.media_files.cdn_url IS
    'Where the file is served from; NULL until it is published.';
COMMENT ON COLUMN monumento.media_files.file_size_bytes IS
    'Size, bytes; NULL until it is known.';
COMMENT ON COLUMN monumento.media_files.duration_seconds IS
    'Playing time, seconds; NULL for what does not play.';
COMMENT ON COLUMN monumento.media_files.metadata IS
    'A JSON object: whatever the encoder reported.';
