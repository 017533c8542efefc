-- The parts of a scene, the jobs that make them, and the keys that keep a job from
-- being made twice.
-- Depends on users and scenes.

-- Mends: a partitioned table may hold foreign keys, so scene_id and user_id are real
-- ones. job_id is none: jobs are archived after six months and segments stay, and a
-- foreign key would have to name the job's created_at too.
CREATE TABLE storyverse.segments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    scene_id uuid NOT NULL,
    user_id uuid NOT NULL,
    job_id uuid NOT NULL,
    sequence integer NOT NULL,
    input_text text NOT NULL,
    expanded_script text NOT NULL,
    video_url varchar(500) NOT NULL,
    hls_playlist_url varchar(500),
    thumbnail_url varchar(500),
    duration integer NOT NULL,
    resolution varchar(20),
    file_size bigint,
    bible_version integer NOT NULL,
    status varchar(20) DEFAULT 'active' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT segments_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT segments_scene_id_fkey FOREIGN KEY (scene_id)
        REFERENCES storyverse.scenes (id) ON DELETE CASCADE,
    CONSTRAINT segments_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES storyverse.users (id),
    CONSTRAINT segments_sequence_check CHECK (sequence >= 1),
    CONSTRAINT segments_duration_check CHECK (duration >= 0),
    CONSTRAINT segments_file_size_check CHECK (file_size >= 0),
    CONSTRAINT segments_bible_version_check CHECK (bible_version >= 1),
    CONSTRAINT segments_status_check CHECK (
        status IN ('active', 'hidden', 'removed')
    )
)
PARTITION BY RANGE (created_at);

-- Mends: idempotency_key cannot be UNIQUE here, where every key has to hold created_at;
-- job_idempotency_keys holds it. Added: what a fenced queue needs, from run_at on.
CREATE TABLE storyverse.jobs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    scene_id uuid NOT NULL,
    user_id uuid NOT NULL,
    type varchar(50) DEFAULT 'continuation' NOT NULL,
    status varchar(30) DEFAULT 'queued' NOT NULL,
    stage varchar(30) DEFAULT 'pending' NOT NULL,
    progress integer DEFAULT 0 NOT NULL,
    message text,
    input_text text NOT NULL,
    bible_version integer NOT NULL,
    context_data jsonb,
    result_data jsonb,
    error_code varchar(50),
    error_message text,
    retry_count integer DEFAULT 0 NOT NULL,
    max_retries integer DEFAULT 3 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    started_at timestamptz,
    completed_at timestamptz,
    idempotency_key varchar(100),
    run_at timestamptz DEFAULT now() NOT NULL,
    lease integer DEFAULT 0 NOT NULL,
    lease_expires_at timestamptz,
    claimed_by text,
    CONSTRAINT jobs_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT jobs_scene_id_fkey FOREIGN KEY (scene_id)
        REFERENCES storyverse.scenes (id) ON DELETE CASCADE,
    CONSTRAINT jobs_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES storyverse.users (id),
    CONSTRAINT jobs_type_check CHECK (type IN ('continuation')),
    CONSTRAINT jobs_status_check CHECK (
        status IN (
            'queued',
            'processing',
            'script_ready',
            'continuity_checked',
            'preview_ready',
            'final_ready',
            'failed',
            'cancelled'
        )
    ),
    CONSTRAINT jobs_stage_check CHECK (
        stage IN (
            'pending',
            'script_expansion',
            'continuity_validation',
            'video_generation',
            'upload',
            'finalization',
            'completed',
            'error'
        )
    ),
    -- A cancelled job keeps the stage that it was cancelled in.
    CONSTRAINT jobs_status_stage_check CHECK (
        CASE status
            WHEN 'queued' THEN stage = 'pending'
            WHEN 'final_ready' THEN stage = 'completed'
            WHEN 'failed' THEN stage = 'error'
            WHEN 'cancelled' THEN stage NOT IN ('completed', 'error')
            ELSE stage NOT IN ('pending', 'completed', 'error')
        END
    ),
    CONSTRAINT jobs_progress_check CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT jobs_bible_version_check CHECK (bible_version >= 1),
    CONSTRAINT jobs_retry_count_check CHECK (retry_count >= 0),
    CONSTRAINT jobs_max_retries_check CHECK (max_retries >= 0),
    CONSTRAINT jobs_lease_expires_at_check CHECK (
        (lease_expires_at IS NOT NULL) = (
            status IN (
                'processing', 'script_ready', 'continuity_checked', 'preview_ready'
            )
        )
    )
)
PARTITION BY RANGE (created_at);

-- No foreign key to jobs: a month of jobs must be detachable without this table being
-- searched. Keys are purged with the jobs that they name.
CREATE TABLE storyverse.job_idempotency_keys (
    idempotency_key varchar(100) NOT NULL,
    job_id uuid NOT NULL,
    job_created_at timestamptz NOT NULL,
    CONSTRAINT job_idempotency_keys_pkey PRIMARY KEY (idempotency_key)
);

-- The playlist, the next sequence number, and the cascade from scenes.
CREATE INDEX segments_scene_id_sequence_idx
    ON storyverse.segments (scene_id, sequence);

-- Whether a user has contributed to a scene before.
CREATE INDEX segments_user_id_scene_id_idx
    ON storyverse.segments (user_id, scene_id);

-- Claimable rows only, in the order of claiming. No column of it changes while a job
-- is queued, and none of a claimed job's is in it, so a heartbeat stays a HOT update.
CREATE INDEX jobs_run_at_idx
    ON storyverse.jobs (run_at, id)
    WHERE status = 'queued';

-- What rescue_jobs looks through: as many rows as there are claims. An index on
-- lease_expires_at would cost every heartbeat a new entry in each index of the table.
CREATE INDEX jobs_started_at_idx
    ON storyverse.jobs (started_at, id)
    WHERE status IN (
        'processing', 'script_ready', 'continuity_checked', 'preview_ready'
    );

CREATE INDEX jobs_scene_id_created_at_idx
    ON storyverse.jobs (scene_id, created_at DESC, id DESC);

CREATE INDEX jobs_user_id_created_at_idx
    ON storyverse.jobs (user_id, created_at DESC, id DESC);

-- What an operator has to look at. The predicate keeps it small.
CREATE INDEX jobs_created_at_idx
    ON storyverse.jobs (created_at DESC, id DESC)
    WHERE status = 'failed';

CREATE INDEX job_idempotency_keys_job_created_at_idx
    ON storyverse.job_idempotency_keys (job_created_at);

-- Doubles from 5 s to at most 10 min, and spreads by a quarter to either side so that
-- jobs which failed together do not come back together. The spread is a hash and not
-- random(), because an UPDATE that calls a VOLATILE function cannot be sharded.
CREATE FUNCTION storyverse.retry_delay(retry_count integer, id uuid)
RETURNS interval
LANGUAGE sql
IMMUTABLE
STRICT
PARALLEL SAFE
RETURN interval '1 second'
    * LEAST(600, 5 * power(2, GREATEST(0, LEAST(retry_count, 20) - 1)))
    * (0.75 + 0.5 * abs(uuid_hash_extended(id, retry_count) % 1000) / 1000.0);

-- Every job is updated several times in a short life. Room on the page keeps heartbeats
-- from touching the indexes, and dead rows must go before claims have to step over
-- them.
CREATE FUNCTION storyverse.partition_storage(parent regclass)
RETURNS text
LANGUAGE sql
STABLE
RETURN CASE
    WHEN parent = to_regclass('storyverse.jobs')
        THEN
            'fillfactor = 70, '
            'autovacuum_vacuum_scale_factor = 0.01, '
            'autovacuum_vacuum_threshold = 500, '
            'autovacuum_analyze_scale_factor = 0.02, '
            'autovacuum_vacuum_cost_delay = 0'
END;

CREATE FUNCTION storyverse.check_job_step()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    claimed CONSTANT text[] := ARRAY[
        'processing', 'script_ready', 'continuity_checked', 'preview_ready'
    ];
    stages CONSTANT text[] := ARRAY[
        'script_expansion',
        'continuity_validation',
        'video_generation',
        'upload',
        'finalization'
    ];
    old_position CONSTANT integer := array_position(claimed, OLD.status::text);
    new_position CONSTANT integer := array_position(claimed, NEW.status::text);
BEGIN
    IF old_position IS NULL THEN
        IF (OLD.status, NEW.status) IN (
            ('queued', 'processing'), ('queued', 'cancelled'), ('failed', 'queued')
        ) THEN
            RETURN NEW;
        END IF;
    ELSIF new_position IS NULL THEN
        -- The attempt ends, in whatever way. Unknown words are left to the checks.
        RETURN NEW;
    ELSIF
        new_position - old_position IN (0, 1)
        AND array_position(stages, NEW.stage::text)
            >= array_position(stages, OLD.stage::text)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        MESSAGE = format(
            'job cannot step from %s (%s) to %s (%s)',
            OLD.status, OLD.stage, NEW.status, NEW.stage
        ),
        HINT = 'A claimed job keeps its status or takes the next one, and never goes '
            'back to an earlier stage.',
        SCHEMA = TG_TABLE_SCHEMA,
        TABLE = TG_TABLE_NAME,
        COLUMN = 'status',
        CONSTRAINT = 'jobs_status_step';
END;
$$;

CREATE FUNCTION storyverse.notify_jobs()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('storyverse_jobs', '');
    RETURN NULL;
END;
$$;

-- A trigger sees the row as locked: of two concurrent steps the second is judged by
-- the one that the first left.
CREATE TRIGGER jobs_check_step
    BEFORE UPDATE ON storyverse.jobs
    FOR EACH ROW
    WHEN ((OLD.status, OLD.stage) IS DISTINCT FROM (NEW.status, NEW.stage))
    EXECUTE FUNCTION storyverse.check_job_step();

-- Sleeping workers LISTEN. Once a statement, however many jobs it adds.
CREATE TRIGGER jobs_notify
    AFTER INSERT ON storyverse.jobs
    FOR EACH STATEMENT
    EXECUTE FUNCTION storyverse.notify_jobs();

COMMENT ON TABLE storyverse.segments IS
    'The parts of a scene, each one video; monthly partitions by created_at.';
COMMENT ON COLUMN storyverse.segments.user_id IS
    'The contributor.';
COMMENT ON COLUMN storyverse.segments.job_id IS
    'The job that made it, which may have been archived.';
COMMENT ON COLUMN storyverse.segments.sequence IS
    'Place within the scene, from 1; hidden and removed segments keep theirs.';
COMMENT ON COLUMN storyverse.segments.input_text IS
    'The contributor''s continuation.';
COMMENT ON COLUMN storyverse.segments.expanded_script IS
    'The script that was made of it.';
COMMENT ON COLUMN storyverse.segments.duration IS
    'Length of the video, seconds.';
COMMENT ON COLUMN storyverse.segments.resolution IS
    'Such as 720p or 1080p.';
COMMENT ON COLUMN storyverse.segments.file_size IS
    'Size of the video, bytes.';
COMMENT ON COLUMN storyverse.segments.bible_version IS
    'Version of the scene''s bible that the segment was made with.';
COMMENT ON TABLE storyverse.jobs IS
    'The queue of segments to be made; monthly partitions by created_at.';
COMMENT ON COLUMN storyverse.jobs.status IS
    'Steps from queued to processing, script_ready, continuity_checked, preview_ready '
    'and final_ready, or ends as failed or cancelled.';
COMMENT ON COLUMN storyverse.jobs.stage IS
    'What is being worked on; completed and error when nothing is any more.';
COMMENT ON COLUMN storyverse.jobs.progress IS
    'Of this attempt, percent.';
COMMENT ON COLUMN storyverse.jobs.message IS
    'What to show to the user who waits.';
COMMENT ON COLUMN storyverse.jobs.bible_version IS
    'Version of the scene''s bible when the job was created.';
COMMENT ON COLUMN storyverse.jobs.context_data IS
    'What the job works from: the scene''s bible and its recent segments.';
COMMENT ON COLUMN storyverse.jobs.result_data IS
    'What came out; NULL until the job is completed.';
COMMENT ON COLUMN storyverse.jobs.error_code IS
    'Why the last attempt failed; lease_expired when its worker was lost.';
COMMENT ON COLUMN storyverse.jobs.retry_count IS
    'Attempts that failed.';
COMMENT ON COLUMN storyverse.jobs.max_retries IS
    'How many attempts may follow the first one.';
COMMENT ON COLUMN storyverse.jobs.started_at IS
    'Time of the last claim.';
COMMENT ON COLUMN storyverse.jobs.completed_at IS
    'Time at which the job ended, in whatever way.';
COMMENT ON COLUMN storyverse.jobs.idempotency_key IS
    'The key it was enqueued with; unique through job_idempotency_keys.';
COMMENT ON COLUMN storyverse.jobs.run_at IS
    'Not to be claimed before; a retry waits until here.';
COMMENT ON COLUMN storyverse.jobs.lease IS
    'Number of the last claim, which its holder must present.';
COMMENT ON COLUMN storyverse.jobs.lease_expires_at IS
    'When the claim may be taken away; NULL while nobody holds one.';
COMMENT ON COLUMN storyverse.jobs.claimed_by IS
    'The worker of the last claim.';
COMMENT ON TABLE storyverse.job_idempotency_keys IS
    'Which job an idempotency key has made, whatever month the job is in.';
COMMENT ON COLUMN storyverse.job_idempotency_keys.job_created_at IS
    'created_at of the job: its partition, and the age of the key.';
COMMENT ON FUNCTION storyverse.retry_delay(integer, uuid) IS
    'How long a job waits after its n-th failed attempt.';
COMMENT ON FUNCTION storyverse.partition_storage(regclass) IS
    'The storage parameters of a table''s partitions; NULL for the usual ones.';
COMMENT ON FUNCTION storyverse.check_job_step() IS
    'Refuses steps of status and stage that no job takes, as violations of '
    'jobs_status_step.';
COMMENT ON FUNCTION storyverse.notify_jobs() IS
    'Tells listeners on storyverse_jobs that there is work.';
