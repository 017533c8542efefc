-- Speech to text: the queue of recordings to transcribe, and what came of it.
-- Depends on users and set_updated_at().

-- Mends: the reference names the tables and not their columns. A user's uploads are
-- retried by browsers and phones, so a key of theirs makes enqueuing idempotent.
CREATE TABLE littlemonster.transcription_jobs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    idempotency_key varchar(100),
    storage_url text NOT NULL,
    file_name varchar(255),
    mime_type varchar(100),
    file_size_bytes bigint,
    duration_ms integer,
    language varchar(35),
    model varchar(100),
    status text DEFAULT 'pending' NOT NULL,
    progress integer DEFAULT 0 NOT NULL,
    run_at timestamptz DEFAULT now() NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    max_retries integer DEFAULT 3 NOT NULL,
    lease integer DEFAULT 0 NOT NULL,
    lease_expires_at timestamptz,
    claimed_by text,
    error_code text,
    error_message text,
    created_at timestamptz DEFAULT now() NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT transcription_jobs_pkey PRIMARY KEY (id),
    CONSTRAINT transcription_jobs_user_id_idempotency_key_key
        UNIQUE (user_id, idempotency_key),
    CONSTRAINT transcription_jobs_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT transcription_jobs_storage_url_check CHECK (storage_url <> ''),
    CONSTRAINT transcription_jobs_file_size_bytes_check CHECK (file_size_bytes >= 0),
    CONSTRAINT transcription_jobs_duration_ms_check CHECK (duration_ms >= 0),
    CONSTRAINT transcription_jobs_status_check CHECK (
        status IN ('pending', 'running', 'completed', 'failed', 'cancelled')
    ),
    CONSTRAINT transcription_jobs_progress_check CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT transcription_jobs_retry_count_check CHECK (retry_count >= 0),
    CONSTRAINT transcription_jobs_max_retries_check CHECK (
        max_retries BETWEEN 0 AND 100
    ),
    CONSTRAINT transcription_jobs_lease_expires_at_check CHECK (
        (lease_expires_at IS NOT NULL) = (status = 'running')
    ),
    CONSTRAINT transcription_jobs_started_at_check CHECK (
        started_at IS NOT NULL OR status <> 'running'
    ),
    CONSTRAINT transcription_jobs_finished_at_check CHECK (
        (finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))
    )
)
-- Every job is written at least three times. The free fifth of a page keeps heartbeats
-- on it, where they touch no index; dead rows are cleaned away by the thousand, however
-- many rows the table keeps, because they lie in front of the ones to be claimed.
WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0.05
);

-- A transcript is worth more than the row of the job that made it: purging the job
-- leaves it in place.
CREATE TABLE littlemonster.transcriptions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    job_id uuid,
    title varchar(255),
    language varchar(35),
    model varchar(100),
    text text NOT NULL,
    segments jsonb DEFAULT '[]' NOT NULL,
    confidence real,
    duration_ms integer,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT transcriptions_pkey PRIMARY KEY (id),
    CONSTRAINT transcriptions_job_id_key UNIQUE (job_id),
    CONSTRAINT transcriptions_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT transcriptions_job_id_fkey FOREIGN KEY (job_id)
        REFERENCES littlemonster.transcription_jobs (id) ON DELETE SET NULL,
    CONSTRAINT transcriptions_segments_check CHECK (jsonb_typeof(segments) = 'array'),
    CONSTRAINT transcriptions_confidence_check CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT transcriptions_duration_ms_check CHECK (duration_ms >= 0)
);

-- Claimable rows only, in the order of claiming. A heartbeat changes no column of it,
-- nor of any other index, so it stays a HOT update.
CREATE INDEX transcription_jobs_run_at_idx
    ON littlemonster.transcription_jobs (run_at, id)
    WHERE status = 'pending';

-- What rescuing looks through: as many rows as there are claims. An index on
-- lease_expires_at would cost every heartbeat a new entry in each index of the table.
CREATE INDEX transcription_jobs_started_at_idx
    ON littlemonster.transcription_jobs (started_at, id)
    WHERE status = 'running';

CREATE INDEX transcription_jobs_user_id_created_at_idx
    ON littlemonster.transcription_jobs (user_id, created_at DESC, id DESC);

-- What is purged, longest finished first.
CREATE INDEX transcription_jobs_finished_at_idx
    ON littlemonster.transcription_jobs (finished_at, id)
    WHERE status IN ('completed', 'failed', 'cancelled');

CREATE INDEX transcriptions_user_id_created_at_idx
    ON littlemonster.transcriptions (user_id, created_at DESC, id DESC);

-- Doubles from 5 s to at most 10 min, and spreads by a quarter to either side so that
-- jobs which failed together do not come back together. The spread is a hash and not
-- random(), because an UPDATE that calls a VOLATILE function cannot be sharded.
CREATE FUNCTION littlemonster.retry_delay(retry_count integer, id uuid)
RETURNS interval
LANGUAGE sql
IMMUTABLE
STRICT
PARALLEL SAFE
RETURN interval '1 second'
    * LEAST(600, 5 * power(2, GREATEST(0, LEAST(retry_count, 20) - 1)))
    * (0.75 + 0.5 * abs(uuid_hash_extended(id, retry_count) % 1000) / 1000.0);

CREATE FUNCTION littlemonster.notify_transcription_jobs()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('littlemonster_transcription_jobs', '');
    RETURN NULL;
END;
$$;

-- Once a statement, however many jobs it adds: commits that notify wait for each other.
CREATE TRIGGER transcription_jobs_notify
    AFTER INSERT ON littlemonster.transcription_jobs
    FOR EACH STATEMENT
    EXECUTE FUNCTION littlemonster.notify_transcription_jobs();

-- That its job was purged is no news about a transcription.
CREATE TRIGGER transcriptions_set_updated_at
    BEFORE UPDATE ON littlemonster.transcriptions
    FOR EACH ROW
    WHEN (
        OLD.* IS DISTINCT FROM NEW.*
        AND OLD.job_id IS NOT DISTINCT FROM NEW.job_id
    )
    EXECUTE FUNCTION littlemonster.set_updated_at();

COMMENT ON TABLE littlemonster.transcription_jobs IS
    'Recordings to be transcribed: a queue, fenced by lease.';
COMMENT ON COLUMN littlemonster.transcription_jobs.idempotency_key IS
    'Names the request: of a user''s requests with one key the first makes the job.';
COMMENT ON COLUMN littlemonster.transcription_jobs.storage_url IS
    'Where the sound is stored.';
COMMENT ON COLUMN littlemonster.transcription_jobs.duration_ms IS
    'Length of the recording, ms; NULL while it is not known.';
COMMENT ON COLUMN littlemonster.transcription_jobs.language IS
    'Tag of the language spoken, such as en-GB; NULL lets the worker find out.';
COMMENT ON COLUMN littlemonster.transcription_jobs.model IS
    'The model asked for; NULL leaves it to the worker.';
COMMENT ON COLUMN littlemonster.transcription_jobs.status IS
    'pending until claimed, running until completed or failed; a failed attempt that '
    'is tried again is pending. cancelled can follow on pending and running.';
COMMENT ON COLUMN littlemonster.transcription_jobs.progress IS
    'How much of it is done, percent, as the worker last told.';
COMMENT ON COLUMN littlemonster.transcription_jobs.run_at IS
    'The time before which the job is not claimed.';
COMMENT ON COLUMN littlemonster.transcription_jobs.retry_count IS
    'How many attempts have failed.';
COMMENT ON COLUMN littlemonster.transcription_jobs.max_retries IS
    'How many failed attempts are followed by another.';
COMMENT ON COLUMN littlemonster.transcription_jobs.lease IS
    'Number of the last claim. Whoever works on the job presents the number it got, '
    'and changes nothing once the job was claimed anew.';
COMMENT ON COLUMN littlemonster.transcription_jobs.lease_expires_at IS
    'Time at which the claim is lost unless it is extended; NULL unless running.';
COMMENT ON COLUMN littlemonster.transcription_jobs.claimed_by IS
    'Name of the worker that claimed it last.';
COMMENT ON COLUMN littlemonster.transcription_jobs.error_code IS
    'Why the last attempt failed, as a word for programs; lease_expired if its worker '
    'was lost. NULL once it has completed.';
COMMENT ON COLUMN littlemonster.transcription_jobs.error_message IS
    'Why the last attempt failed, for people.';
COMMENT ON COLUMN littlemonster.transcription_jobs.started_at IS
    'Time of the last claim.';
COMMENT ON COLUMN littlemonster.transcription_jobs.finished_at IS
    'Time at which it was completed, had failed for good, or was cancelled.';
COMMENT ON TABLE littlemonster.transcriptions IS
    'What was said in a recording.';
COMMENT ON COLUMN littlemonster.transcriptions.job_id IS
    'The job that made it; NULL once that was purged, or where no job did.';
COMMENT ON COLUMN littlemonster.transcriptions.language IS
    'Tag of the language spoken, as given or found out; NULL if neither.';
COMMENT ON COLUMN littlemonster.transcriptions.model IS
    'The model that wrote it.';
COMMENT ON COLUMN littlemonster.transcriptions.segments IS
    'A JSON array of what was said when, as the model tells it.';
COMMENT ON COLUMN littlemonster.transcriptions.confidence IS
    'How sure the model was, from 0 to 1; NULL where it does not tell.';
COMMENT ON COLUMN littlemonster.transcriptions.duration_ms IS
    'Length of the recording, ms.';
COMMENT ON COLUMN littlemonster.transcriptions.updated_at IS
    'Time of the last change, kept by a trigger; purging the job does not count.';
COMMENT ON FUNCTION littlemonster.retry_delay(integer, uuid) IS
    'How long a job waits before it is tried for the retry_count-th time again.';
COMMENT ON FUNCTION littlemonster.notify_transcription_jobs() IS
    'Wakes workers that listen on littlemonster_transcription_jobs.';
