-- Work to be done in the background, in queues by name.
-- Depends on users and retry_delay().

-- Mends: the reference names the table and not its columns. A job without a user is
-- the platform's own.
CREATE TABLE littlemonster.jobs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid,
    queue varchar(63) DEFAULT 'default' NOT NULL,
    job_type varchar(100) NOT NULL,
    idempotency_key varchar(200),
    payload jsonb DEFAULT '{}' NOT NULL,
    result jsonb,
    priority integer DEFAULT 0 NOT NULL,
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
    CONSTRAINT jobs_pkey PRIMARY KEY (id),
    CONSTRAINT jobs_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES littlemonster.users (id) ON DELETE CASCADE,
    CONSTRAINT jobs_queue_check CHECK (queue ~ '^[a-z][a-z0-9_.-]*$'),
    CONSTRAINT jobs_job_type_check CHECK (job_type ~ '^[a-z][a-z0-9_.-]*$'),
    CONSTRAINT jobs_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT jobs_priority_check CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT jobs_status_check CHECK (
        status IN ('pending', 'running', 'completed', 'failed', 'cancelled')
    ),
    CONSTRAINT jobs_progress_check CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT jobs_retry_count_check CHECK (retry_count >= 0),
    CONSTRAINT jobs_max_retries_check CHECK (max_retries BETWEEN 0 AND 100),
    CONSTRAINT jobs_lease_expires_at_check CHECK (
        (lease_expires_at IS NOT NULL) = (status = 'running')
    ),
    CONSTRAINT jobs_started_at_check CHECK (
        started_at IS NOT NULL OR status <> 'running'
    ),
    CONSTRAINT jobs_finished_at_check CHECK (
        (finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))
    )
)
-- As for transcription_jobs: room for heartbeats on the page, and dead rows cleaned
-- away by their number alone.
WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0.05
);

-- Claimable rows only. A claim goes through the ten priorities from the highest, and of
-- each takes those that are due. So jobs that are not due, however many and however
-- urgent, are never read: in one range ordered by priority they would stand in front of
-- everything below them.
CREATE INDEX jobs_queue_priority_run_at_idx
    ON littlemonster.jobs (queue, priority, run_at, id)
    WHERE status = 'pending';

-- What rescuing looks through: as many rows as there are claims.
CREATE INDEX jobs_queue_started_at_idx
    ON littlemonster.jobs (queue, started_at, id)
    WHERE status = 'running';

-- Without the platform's own jobs, which would be most of it.
CREATE INDEX jobs_user_id_created_at_idx
    ON littlemonster.jobs (user_id, created_at DESC, id DESC)
    WHERE user_id IS NOT NULL;

-- What is purged, longest finished first.
CREATE INDEX jobs_finished_at_idx
    ON littlemonster.jobs (finished_at, id)
    WHERE status IN ('completed', 'failed', 'cancelled');

-- What an operator has to look at. The predicate keeps it small.
CREATE INDEX jobs_queue_finished_at_idx
    ON littlemonster.jobs (queue, finished_at DESC, id DESC)
    WHERE status = 'failed';

-- Most jobs have no key and cost this index nothing.
CREATE UNIQUE INDEX jobs_queue_idempotency_key_key
    ON littlemonster.jobs (queue, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

CREATE FUNCTION littlemonster.notify_jobs()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('littlemonster_jobs', '');
    RETURN NULL;
END;
$$;

CREATE TRIGGER jobs_notify
    AFTER INSERT ON littlemonster.jobs
    FOR EACH STATEMENT
    EXECUTE FUNCTION littlemonster.notify_jobs();

COMMENT ON TABLE littlemonster.jobs IS
    'Work to be done in the background: queues by name, fenced by lease.';
COMMENT ON COLUMN littlemonster.jobs.user_id IS
    'For whom the work is done; NULL if for the platform itself.';
COMMENT ON COLUMN littlemonster.jobs.queue IS
    'Name of the queue. Workers claim from one queue at a time.';
COMMENT ON COLUMN littlemonster.jobs.job_type IS
    'What is to be done: the name of the worker''s function.';
COMMENT ON COLUMN littlemonster.jobs.idempotency_key IS
    'Names the request: of the requests of a queue with one key the first makes the '
    'job, until that is purged.';
COMMENT ON COLUMN littlemonster.jobs.payload IS
    'A JSON object: what the worker needs to know.';
COMMENT ON COLUMN littlemonster.jobs.result IS
    'What the worker made of it; NULL until it has completed.';
COMMENT ON COLUMN littlemonster.jobs.priority IS
    'From 0 to 9; higher goes first.';
COMMENT ON COLUMN littlemonster.jobs.status IS
    'pending until claimed, running until completed or failed; a failed attempt that '
    'is tried again is pending. cancelled can follow on pending and running.';
COMMENT ON COLUMN littlemonster.jobs.progress IS
    'How much of it is done, percent, as the worker last told.';
COMMENT ON COLUMN littlemonster.jobs.run_at IS
    'The time before which the job is not claimed.';
COMMENT ON COLUMN littlemonster.jobs.retry_count IS
    'How many attempts have failed.';
COMMENT ON COLUMN littlemonster.jobs.max_retries IS
    'How many failed attempts are followed by another.';
COMMENT ON COLUMN littlemonster.jobs.lease IS
    'Number of the last claim. Whoever works on the job presents the number it got, '
    'and changes nothing once the job was claimed anew.';
COMMENT ON COLUMN littlemonster.jobs.lease_expires_at IS
    'Time at which the claim is lost unless it is extended; NULL unless running.';
COMMENT ON COLUMN littlemonster.jobs.claimed_by IS
    'Name of the worker that claimed it last.';
COMMENT ON COLUMN littlemonster.jobs.error_code IS
    'Why the last attempt failed, as a word for programs; lease_expired if its worker '
    'was lost. NULL once it has completed.';
COMMENT ON COLUMN littlemonster.jobs.error_message IS
    'Why the last attempt failed, for people.';
COMMENT ON COLUMN littlemonster.jobs.started_at IS
    'Time of the last claim.';
COMMENT ON COLUMN littlemonster.jobs.finished_at IS
    'Time at which it was completed, had failed for good, or was cancelled.';
COMMENT ON FUNCTION littlemonster.notify_jobs() IS
    'Wakes workers that listen on littlemonster_jobs.';
