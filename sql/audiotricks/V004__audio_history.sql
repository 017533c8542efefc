-- What was made of each recording, and the search through it.
-- Depends on users.

-- A tsvector has at most 1 MB. The words of a day of speech fit; what does not is
-- searched by its beginning, because a history that cannot be stored is worse. 100,000
-- characters fit whatever they are.
-- The owner is a word too: a search is an intersection then, and reads what one user
-- has, never what all have.
CREATE FUNCTION audiotricks.history_words(
    user_id uuid,
    title text,
    summary text,
    transcript text
)
RETURNS tsvector
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
AS $$
DECLARE
    owner CONSTANT tsvector := array_to_tsvector(ARRAY['owner ' || user_id::text]);
    heading CONSTANT tsvector := setweight(
        to_tsvector('pg_catalog.english', COALESCE(title, '')), 'A'
    );
BEGIN
    BEGIN
        RETURN owner
            || heading
            || setweight(
                to_tsvector('pg_catalog.english', COALESCE(summary, '')), 'B'
            )
            || to_tsvector('pg_catalog.english', COALESCE(transcript, ''));
    EXCEPTION
        WHEN program_limit_exceeded THEN
            RETURN owner
                || heading
                || setweight(
                    to_tsvector('pg_catalog.english', left(summary, 20000)), 'B'
                )
                || to_tsvector('pg_catalog.english', left(transcript, 100000));
    END;
END;
$$;

-- A search for stop words alone finds nothing, rather than all that the user has.
CREATE FUNCTION audiotricks.history_query(user_id uuid, words text)
RETURNS tsquery
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN CASE
    WHEN numnode(websearch_to_tsquery('pg_catalog.english', words)) > 0
        THEN
            websearch_to_tsquery('pg_catalog.english', words)
            && format('%L', 'owner ' || user_id::text)::tsquery
    ELSE ''::tsquery
END;

-- Mends: a partitioned table's key holds created_at.
CREATE TABLE audiotricks.audio_history (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    title varchar(500),
    audio_url text,
    file_size_bytes bigint,
    duration_seconds integer,
    transcript text,
    summary text,
    key_moments jsonb,
    processing_options jsonb,
    created_at timestamptz DEFAULT now() NOT NULL,
    words tsvector GENERATED ALWAYS AS (
        audiotricks.history_words(user_id, title::text, summary, transcript)
    ) STORED,
    CONSTRAINT audio_history_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT audio_history_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES audiotricks.users (id) ON DELETE CASCADE,
    CONSTRAINT audio_history_file_size_bytes_check CHECK (file_size_bytes >= 0),
    CONSTRAINT audio_history_duration_seconds_check CHECK (duration_seconds >= 0),
    CONSTRAINT audio_history_key_moments_check CHECK (
        jsonb_typeof(key_moments) = 'array'
        AND NOT jsonb_path_exists(
            key_moments,
            'lax $[*] ? (
                @.type() != "object"
                || !(@.timestamp.type() == "string")
                || !(@.timestamp like_regex "^[0-9]{2,}:[0-5][0-9]:[0-5][0-9]$")
                || !(@.description.type() == "string")
                || exists(
                    @.confidence ? (@.type() != "number" || @ < 0 || @ > 1)
                )
            )'
        )
    ),
    CONSTRAINT audio_history_processing_options_check CHECK (
        jsonb_typeof(processing_options) = 'object'
    )
)
PARTITION BY RANGE (created_at);

-- The history in its order, and the cascade from users.
CREATE INDEX audio_history_user_id_created_at_idx
    ON audiotricks.audio_history (user_id, created_at DESC, id DESC);

-- Without the list of what is yet to be merged, which every search would read through.
CREATE INDEX audio_history_words_idx
    ON audiotricks.audio_history USING gin (words) WITH (fastupdate = off);

-- What is added to and hardly ever changed has full pages; vacuum comes by to mark them
-- as visible to all.
CREATE FUNCTION audiotricks.partition_storage(parent regclass)
RETURNS text
LANGUAGE sql
STABLE
RETURN CASE
    WHEN parent = to_regclass('audiotricks.audit_log')
        THEN
            'fillfactor = 100, '
            'autovacuum_vacuum_insert_scale_factor = 0.05, '
            'autovacuum_analyze_scale_factor = 0.05'
END;

COMMENT ON TABLE audiotricks.audio_history IS
    'What was made of recordings; monthly partitions by created_at.';
COMMENT ON COLUMN audiotricks.audio_history.title IS
    'What it is called, or the name of the file.';
COMMENT ON COLUMN audiotricks.audio_history.audio_url IS
    'Where the recording came from.';
COMMENT ON COLUMN audiotricks.audio_history.file_size_bytes IS
    'Size of the recording, bytes.';
COMMENT ON COLUMN audiotricks.audio_history.duration_seconds IS
    'Playing time, s.';
COMMENT ON COLUMN audiotricks.audio_history.transcript IS
    'All that is said.';
COMMENT ON COLUMN audiotricks.audio_history.key_moments IS
    'A JSON array: time, description and confidence of what matters.';
COMMENT ON COLUMN audiotricks.audio_history.processing_options IS
    'A JSON object: how it was processed.';
COMMENT ON COLUMN audiotricks.audio_history.created_at IS
    'Time of processing. A month must have its partition before.';
COMMENT ON COLUMN audiotricks.audio_history.words IS
    'What the search looks at: title, summary and transcript, in this order of weight.';
COMMENT ON FUNCTION audiotricks.history_words(uuid, text, text, text) IS
    'The words of an entry, and its owner.';
COMMENT ON FUNCTION audiotricks.history_query(uuid, text) IS
    'A search as typed into a search engine, through what one user has.';
COMMENT ON FUNCTION audiotricks.partition_storage(regclass) IS
    'The storage parameters of a table''s partitions; NULL for the usual ones.';
