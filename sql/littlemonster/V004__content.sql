-- What people study with: generated speech, recordings, and study materials that are
-- found by their words and by their meaning.
-- Depends on users, set_updated_at(), transcription_jobs and transcriptions, and on the
-- extension vector. It is asked for by its bare name, and so is its type: it may lie in
-- any schema of the search path, put there by another domain or by the host.

CREATE EXTENSION IF NOT EXISTS vector;

-- Functions come first here: generated columns need them. They are IMMUTABLE in fact,
-- though convert_to() may not say so of itself: a database never changes its encoding.
-- A jsonb array, so that no text can run into the voice that follows it; equal settings
-- make equal jsonb, in whatever order their keys were given.
CREATE FUNCTION littlemonster.speech_hash(text text, voice text, settings jsonb)
RETURNS bytea
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN sha256(convert_to(jsonb_build_array(text, voice, settings)::text, 'UTF8'));

-- A text column with a closed list, and not regconfig: pg_upgrade refuses tables that
-- keep object ids of text search configurations.
CREATE FUNCTION littlemonster.text_search_config(language text)
RETURNS regconfig
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN CASE language
    WHEN 'dutch' THEN 'pg_catalog.dutch'::regconfig
    WHEN 'english' THEN 'pg_catalog.english'::regconfig
    WHEN 'french' THEN 'pg_catalog.french'::regconfig
    WHEN 'german' THEN 'pg_catalog.german'::regconfig
    WHEN 'italian' THEN 'pg_catalog.italian'::regconfig
    WHEN 'portuguese' THEN 'pg_catalog.portuguese'::regconfig
    WHEN 'spanish' THEN 'pg_catalog.spanish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig
END;

-- The owner is one of the words, so that the index on the words finds those of one user
-- alone; a GIN index could hold user_id itself only with another extension. The blank
-- in it keeps it apart from every word that a text can contain.
CREATE FUNCTION littlemonster.material_words(
    user_id uuid,
    language text,
    title text,
    content text
)
RETURNS tsvector
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN setweight(
    to_tsvector(littlemonster.text_search_config(language), title), 'A'
)
|| to_tsvector(littlemonster.text_search_config(language), content)
|| array_to_tsvector(ARRAY['owner ' || user_id::text]);

-- A search for stop words alone finds nothing, rather than all that the user has.
CREATE FUNCTION littlemonster.material_query(
    user_id uuid,
    language text,
    words text
)
RETURNS tsquery
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN (
    SELECT
        CASE
            WHEN numnode(parsed.query) > 0
                THEN parsed.query && quote_literal('owner ' || user_id::text)::tsquery
        END
    FROM (
        SELECT
            websearch_to_tsquery(
                littlemonster.text_search_config(language), words
            ) AS query
    ) AS parsed
);

-- Mends, here and below: the reference names these tables and not their columns. Equal
-- text, voice and settings give equal speech, and text_hash, computed by the database
-- alone, finds what was made before. It is unique for a user and not for everybody:
-- whoever leaves takes all that is theirs along, and nobody learns what others had read
-- out to them.
CREATE TABLE littlemonster.tts_audio_files (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    text text NOT NULL,
    voice varchar(100) NOT NULL,
    settings jsonb DEFAULT '{}' NOT NULL,
    text_hash bytea GENERATED ALWAYS AS (
        littlemonster.speech_hash(text, voice, settings)
    ) STORED NOT NULL,
    storage_url text NOT NULL,
    mime_type varchar(100) DEFAULT 'audio/mpeg' NOT NULL,
    file_size_bytes bigint,
    duration_ms integer,
    created_at timestamptz DEFAULT now() NOT NULL,
    last_used_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT tts_audio_files_pkey PRIMARY KEY (id),
    CONSTRAINT tts_audio_files_user_id_text_hash_key UNIQUE (user_id, text_hash),
    CONSTRAINT tts_audio_files_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT tts_audio_files_text_check CHECK (text <> ''),
    CONSTRAINT tts_audio_files_settings_check CHECK (
        jsonb_typeof(settings) = 'object'
    ),
    CONSTRAINT tts_audio_files_file_size_bytes_check CHECK (file_size_bytes >= 0),
    CONSTRAINT tts_audio_files_duration_ms_check CHECK (duration_ms >= 0)
);

-- The row is there before the file is: an upload that never ends leaves a trace that
-- can be swept up. Deleting a job or a transcription leaves the recording, which can be
-- transcribed again.
CREATE TABLE littlemonster.recordings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    transcription_job_id uuid,
    transcription_id uuid,
    title varchar(255) NOT NULL,
    status text DEFAULT 'uploading' NOT NULL,
    storage_url text,
    mime_type varchar(100),
    file_size_bytes bigint,
    duration_ms integer,
    recorded_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT recordings_pkey PRIMARY KEY (id),
    CONSTRAINT recordings_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT recordings_transcription_job_id_fkey FOREIGN KEY (transcription_job_id)
        REFERENCES littlemonster.transcription_jobs (id) ON DELETE SET NULL,
    CONSTRAINT recordings_transcription_id_fkey FOREIGN KEY (transcription_id)
        REFERENCES littlemonster.transcriptions (id) ON DELETE SET NULL,
    CONSTRAINT recordings_status_check CHECK (
        status IN ('uploading', 'ready', 'failed')
    ),
    CONSTRAINT recordings_storage_url_check CHECK (
        status <> 'ready' OR storage_url IS NOT NULL
    ),
    CONSTRAINT recordings_file_size_bytes_check CHECK (file_size_bytes >= 0),
    CONSTRAINT recordings_duration_ms_check CHECK (duration_ms >= 0)
);

-- The embedding stays inside its row, which PostgreSQL would move out with its 3 kB: a
-- search by meaning reads all embeddings of a user, and so reads a page for each and
-- not two. Two rows then share a page; only what is too long for that is moved out. The
-- limit on content keeps words below the 1 MB that a tsvector may have. A vector of
-- zeros has no direction, and so no distance by cosine.
CREATE TABLE littlemonster.study_materials (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    recording_id uuid,
    transcription_id uuid,
    kind text DEFAULT 'note' NOT NULL,
    title varchar(255) NOT NULL,
    content text NOT NULL,
    language text DEFAULT 'english' NOT NULL,
    source_url text,
    metadata jsonb DEFAULT '{}' NOT NULL,
    content_version integer DEFAULT 1 NOT NULL,
    words tsvector GENERATED ALWAYS AS (
        littlemonster.material_words(user_id, language, title::text, content)
    ) STORED NOT NULL,
    embedding vector(768) STORAGE PLAIN,
    embedding_model varchar(100),
    embedded_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT study_materials_pkey PRIMARY KEY (id),
    CONSTRAINT study_materials_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT study_materials_recording_id_fkey FOREIGN KEY (recording_id)
        REFERENCES littlemonster.recordings (id) ON DELETE SET NULL,
    CONSTRAINT study_materials_transcription_id_fkey FOREIGN KEY (transcription_id)
        REFERENCES littlemonster.transcriptions (id) ON DELETE SET NULL,
    CONSTRAINT study_materials_kind_check CHECK (
        kind IN ('note', 'document', 'transcript', 'summary', 'flashcard')
    ),
    CONSTRAINT study_materials_content_check CHECK (octet_length(content) <= 262144),
    CONSTRAINT study_materials_language_check CHECK (
        language IN (
            'simple', 'dutch', 'english', 'french', 'german', 'italian', 'portuguese',
            'spanish'
        )
    ),
    CONSTRAINT study_materials_metadata_check CHECK (
        jsonb_typeof(metadata) = 'object'
    ),
    CONSTRAINT study_materials_embedding_check CHECK (
        num_nonnulls(embedding, embedding_model, embedded_at) IN (0, 3)
        AND (embedding IS NULL OR vector_norm(embedding) > 0)
    )
)
WITH (toast_tuple_target = 4080);

CREATE INDEX tts_audio_files_user_id_created_at_idx
    ON littlemonster.tts_audio_files (user_id, created_at DESC, id DESC);

-- What was not listened to for longest is purged first.
CREATE INDEX tts_audio_files_last_used_at_idx
    ON littlemonster.tts_audio_files (last_used_at, id);

CREATE INDEX recordings_user_id_created_at_idx
    ON littlemonster.recordings (user_id, created_at DESC, id DESC);

-- Uploads that never ended, oldest first.
CREATE INDEX recordings_created_at_idx
    ON littlemonster.recordings (created_at, id)
    WHERE status = 'uploading';

-- Few rows refer to a job or to a transcription; only those are in these indexes.
CREATE INDEX recordings_transcription_job_id_idx
    ON littlemonster.recordings (transcription_job_id)
    WHERE transcription_job_id IS NOT NULL;

CREATE INDEX recordings_transcription_id_idx
    ON littlemonster.recordings (transcription_id)
    WHERE transcription_id IS NOT NULL;

-- Pages, and the search by meaning, which compares all of one user's embeddings. There
-- is no HNSW index on purpose: nobody searches across users, and among many users it
-- finds the neighbours of everybody first. Measured with 1,000 materials of a user
-- among 50,000, the 40 nearest: below 2 ms and exact this way; by HNSW, scanned
-- iteratively, 29 to 75 ms, and up to 11 of the 40 are missed.
CREATE INDEX study_materials_user_id_created_at_idx
    ON littlemonster.study_materials (user_id, created_at DESC, id DESC);

CREATE INDEX study_materials_recording_id_idx
    ON littlemonster.study_materials (recording_id)
    WHERE recording_id IS NOT NULL;

CREATE INDEX study_materials_transcription_id_idx
    ON littlemonster.study_materials (transcription_id)
    WHERE transcription_id IS NOT NULL;

-- Without the list of what is yet to be merged, which every search would read through.
CREATE INDEX study_materials_words_idx
    ON littlemonster.study_materials USING gin (words) WITH (fastupdate = off);

-- What waits for its embedding, oldest first; empty when all is done.
CREATE INDEX study_materials_created_at_idx
    ON littlemonster.study_materials (created_at, id)
    WHERE embedding IS NULL;

CREATE FUNCTION littlemonster.outdate_embedding()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.content_version = OLD.content_version + 1;
    NEW.embedding = NULL;
    NEW.embedding_model = NULL;
    NEW.embedded_at = NULL;
    RETURN NEW;
END;
$$;

CREATE TRIGGER recordings_set_updated_at
    BEFORE UPDATE ON littlemonster.recordings
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION littlemonster.set_updated_at();

-- An embedding of what the text was before would find it by what it no longer says.
CREATE TRIGGER study_materials_outdate_embedding
    BEFORE UPDATE ON littlemonster.study_materials
    FOR EACH ROW
    WHEN (
        OLD.title IS DISTINCT FROM NEW.title
        OR OLD.content IS DISTINCT FROM NEW.content
    )
    EXECUTE FUNCTION littlemonster.outdate_embedding();

-- Column by column: NEW.* would take in words, which is not yet generated here. For the
-- embedding speaks embedded_at: PostgreSQL writes IS DISTINCT FROM into a dump without
-- the schema of its operator, and could not read one back where that is not pg_catalog.
CREATE TRIGGER study_materials_set_updated_at
    BEFORE UPDATE ON littlemonster.study_materials
    FOR EACH ROW
    WHEN (
        OLD.user_id IS DISTINCT FROM NEW.user_id
        OR OLD.recording_id IS DISTINCT FROM NEW.recording_id
        OR OLD.transcription_id IS DISTINCT FROM NEW.transcription_id
        OR OLD.kind IS DISTINCT FROM NEW.kind
        OR OLD.title IS DISTINCT FROM NEW.title
        OR OLD.content IS DISTINCT FROM NEW.content
        OR OLD.language IS DISTINCT FROM NEW.language
        OR OLD.source_url IS DISTINCT FROM NEW.source_url
        OR OLD.metadata IS DISTINCT FROM NEW.metadata
        OR OLD.embedding_model IS DISTINCT FROM NEW.embedding_model
        OR OLD.embedded_at IS DISTINCT FROM NEW.embedded_at
    )
    EXECUTE FUNCTION littlemonster.set_updated_at();

COMMENT ON FUNCTION littlemonster.speech_hash(text, text, jsonb) IS
    'Returns the SHA-256 by which generated speech is found again: of its text, voice '
    'and settings.';
COMMENT ON FUNCTION littlemonster.text_search_config(text) IS
    'Returns the text search configuration of a language; simple for those it does not '
    'know.';
COMMENT ON FUNCTION littlemonster.material_words(uuid, text, text, text) IS
    'Returns what a search by words looks for a material in: its title, weighed A, its '
    'content, weighed D, and its owner.';
COMMENT ON FUNCTION littlemonster.material_query(uuid, text, text) IS
    'Returns the words of a web-style search, and the owner, as a query on words; NULL '
    'when no word is left to look for.';
COMMENT ON FUNCTION littlemonster.outdate_embedding() IS
    'Takes the embedding away from a material whose text changes, and counts the '
    'version of the text up.';
COMMENT ON TABLE littlemonster.tts_audio_files IS
    'Generated speech, kept to be heard again.';
COMMENT ON COLUMN littlemonster.tts_audio_files.settings IS
    'A JSON object: model, speed, format and whatever else changes the sound.';
COMMENT ON COLUMN littlemonster.tts_audio_files.text_hash IS
    'SHA-256 of text, voice and settings, as speech_hash() computes it.';
COMMENT ON COLUMN littlemonster.tts_audio_files.storage_url IS
    'Where the file is kept.';
COMMENT ON COLUMN littlemonster.tts_audio_files.file_size_bytes IS
    'Size, bytes; NULL until it is known.';
COMMENT ON COLUMN littlemonster.tts_audio_files.duration_ms IS
    'Playing time, ms; NULL until it is known.';
COMMENT ON COLUMN littlemonster.tts_audio_files.last_used_at IS
    'When it was last asked for, to within a day.';
COMMENT ON TABLE littlemonster.recordings IS
    'What users recorded or uploaded: lectures, thoughts, questions.';
COMMENT ON COLUMN littlemonster.recordings.transcription_job_id IS
    'The job that transcribes it, while that is kept; NULL when none was asked for.';
COMMENT ON COLUMN littlemonster.recordings.transcription_id IS
    'Its transcription; NULL while there is none.';
COMMENT ON COLUMN littlemonster.recordings.status IS
    'uploading until the file is stored, then ready, or failed.';
COMMENT ON COLUMN littlemonster.recordings.storage_url IS
    'Where the file is kept; NULL until it is ready.';
COMMENT ON COLUMN littlemonster.recordings.file_size_bytes IS
    'Size, bytes; NULL until it is known.';
COMMENT ON COLUMN littlemonster.recordings.duration_ms IS
    'Playing time, ms; NULL until it is known.';
COMMENT ON COLUMN littlemonster.recordings.recorded_at IS
    'When it was recorded, if the device said so; it was added at created_at.';
COMMENT ON COLUMN littlemonster.recordings.updated_at IS
    'Time of the last change, kept by a trigger.';
COMMENT ON TABLE littlemonster.study_materials IS
    'Texts to study, found by their words and by their meaning.';
COMMENT ON COLUMN littlemonster.study_materials.recording_id IS
    'The recording that it came of; NULL for anything else.';
COMMENT ON COLUMN littlemonster.study_materials.transcription_id IS
    'The transcription that it came of; NULL for anything else.';
COMMENT ON COLUMN littlemonster.study_materials.content IS
    'The text, at most 256 kB; what one embedding is to stand for is better short.';
COMMENT ON COLUMN littlemonster.study_materials.language IS
    'Whose stems and stop words its words are taken by; simple has neither.';
COMMENT ON COLUMN littlemonster.study_materials.metadata IS
    'A JSON object: pages, chapters, tags, whatever the source gave.';
COMMENT ON COLUMN littlemonster.study_materials.content_version IS
    'Counts the changes of title and content, from 1; set_embedding must present it.';
COMMENT ON COLUMN littlemonster.study_materials.words IS
    'What a search by words looks at, generated.';
COMMENT ON COLUMN littlemonster.study_materials.embedding IS
    'Meaning of title and content; NULL until it is computed, and after they change.';
COMMENT ON COLUMN littlemonster.study_materials.embedding_model IS
    'What computed the embedding; embeddings of two models cannot be compared.';
COMMENT ON COLUMN littlemonster.study_materials.embedded_at IS
    'When the embedding was stored.';
COMMENT ON COLUMN littlemonster.study_materials.updated_at IS
    'Time of the last change, kept by a trigger.';
