-- The queue of recordings to be transcribed.
--
-- A claim is a lease with a number. Whoever holds one presents job_id and lease to
-- heartbeat_transcription_job, complete_transcription and fail_transcription_job; once
-- the lease was taken away, these change nothing.

-- name: enqueue_transcription_job(user_id, storage_url, idempotency_key, file_name, mime_type, file_size_bytes, duration_ms, language, model, run_at, max_retries)<!
-- Adds a job and returns its id, status and created_at.
-- With an idempotency_key that the user has used before it adds nothing: it returns the
-- first job, whatever became of it. Of concurrent calls with one key the first adds the
-- job, and the others wait for it. Without run_at it may be claimed at once.
-- @row EnqueuedTranscriptionJob
-- @param idempotency_key = None
-- @param file_name = None
-- @param mime_type = None
-- @param file_size_bytes = None
-- @param duration_ms = None
-- @param language = None
-- @param model = None
-- @param run_at = None
-- @param max_retries = 3
INSERT INTO littlemonster.transcription_jobs AS job (
    user_id,
    storage_url,
    idempotency_key,
    file_name,
    mime_type,
    file_size_bytes,
    duration_ms,
    language,
    model,
    run_at,
    max_retries
)
VALUES (
    :user_id,
    :storage_url,
    :idempotency_key,
    :file_name,
    :mime_type,
    :file_size_bytes,
    :duration_ms,
    :language,
    :model,
    COALESCE(:run_at::timestamptz, now()),
    :max_retries
)
-- Changes nothing, and returns a job that no snapshot taken before it was committed
-- shows.
ON CONFLICT (user_id, idempotency_key) DO UPDATE
SET idempotency_key = job.idempotency_key
RETURNING job.id, job.status, job.created_at;

-- name: claim_transcription_jobs(worker, lease_for, batch_size)
-- Claims the due jobs that have waited longest, skipping those that others are
-- claiming.
-- The claims last for lease_for unless heartbeat_transcription_job extends them. In the
-- order of the claim.
-- @row ClaimedTranscriptionJob
-- @column lease_expires_at not null
-- @param batch_size = 1
WITH ready AS MATERIALIZED (
    SELECT job.id
    FROM littlemonster.transcription_jobs AS job
    WHERE
        job.status = 'pending'
        AND job.run_at <= now()
    ORDER BY job.run_at, job.id
    -- The sub-select hides the number from the planner. Seeing that few jobs are wanted,
    -- PostgreSQL would plan every call anew, which takes longer than the claim itself.
    LIMIT (SELECT :batch_size::bigint)
    FOR UPDATE SKIP LOCKED
),

claimed AS (
    UPDATE littlemonster.transcription_jobs AS job
    SET
        status = 'running',
        progress = 0,
        started_at = now(),
        lease = job.lease + 1,
        lease_expires_at = now() + :lease_for::interval,
        claimed_by = :worker
    WHERE job.id = ANY (ARRAY(SELECT ready.id FROM ready))
    RETURNING
        job.id,
        job.lease,
        job.lease_expires_at,
        job.user_id,
        job.storage_url,
        job.file_name,
        job.mime_type,
        job.file_size_bytes,
        job.duration_ms,
        job.language,
        job.model,
        job.run_at,
        job.retry_count,
        job.max_retries,
        job.created_at
)

SELECT
    claimed.id,
    claimed.lease,
    claimed.lease_expires_at,
    claimed.user_id,
    claimed.storage_url,
    claimed.file_name,
    claimed.mime_type,
    claimed.file_size_bytes,
    claimed.duration_ms,
    claimed.language,
    claimed.model,
    claimed.run_at,
    claimed.retry_count,
    claimed.max_retries,
    claimed.created_at
FROM claimed
ORDER BY claimed.run_at, claimed.id;

-- name: heartbeat_transcription_job(job_id, lease, lease_for, progress)!
-- Makes a claim last for lease_for from now, and tells how far the work is, percent.
-- Progress that is not given stays as it is. Returns 1, or 0 if the lease is lost: stop
-- working.
UPDATE littlemonster.transcription_jobs AS job
SET
    lease_expires_at = now() + :lease_for::interval,
    progress = :progress  -- @optional
WHERE
    job.id = :job_id
    AND job.lease = :lease
    AND job.status = 'running';

-- name: complete_transcription(job_id, lease, text, title, language, model, segments, confidence, duration_ms)<!
-- Completes a claimed job and stores what was said, and returns the transcription's id
-- and created_at.
-- None if the lease is lost; then nothing is stored. title, language, model and
-- duration_ms that are not given are taken from the job, the title from its file name.
-- @param title = None
-- @param language = None
-- @param model = None
-- @param segments = None
-- @param confidence = None
-- @param duration_ms = None
WITH completed AS (
    UPDATE littlemonster.transcription_jobs AS job
    SET
        status = 'completed',
        progress = 100,
        error_code = NULL,
        error_message = NULL,
        finished_at = now(),
        lease_expires_at = NULL
    WHERE
        job.id = :job_id
        AND job.lease = :lease
        AND job.status = 'running'
    RETURNING
        job.id,
        job.user_id,
        job.file_name,
        job.language,
        job.model,
        job.duration_ms
)

INSERT INTO littlemonster.transcriptions AS transcription (
    user_id,
    job_id,
    title,
    language,
    model,
    text,
    segments,
    confidence,
    duration_ms
)
SELECT
    completed.user_id,
    completed.id,
    COALESCE(:title::varchar, completed.file_name),
    COALESCE(:language::varchar, completed.language),
    COALESCE(:model::varchar, completed.model),
    :text,
    COALESCE(:segments::jsonb, '[]'),
    :confidence,
    COALESCE(:duration_ms::integer, completed.duration_ms)
FROM completed
RETURNING transcription.id, transcription.created_at;

-- name: complete_transcriptions(job_ids, leases, texts, languages, segments, confidences)
-- Completes many claimed jobs at once and stores what was said, and returns the ids of
-- the jobs that it completed and of their transcriptions.
-- The lists belong together, item by item; lists that are not given, and languages that
-- are NULL, are as for complete_transcription. A job that is not among the ids has lost
-- its lease; nothing of it is stored. In no particular order.
-- @row CompletedTranscription
-- @param languages = None
-- @param segments = None
-- @param confidences = None
WITH done AS MATERIALIZED (
    SELECT
        given.job_id,
        given.lease,
        given.text,
        given.language,
        given.segments,
        given.confidence
    FROM unnest(
        :job_ids::uuid[],
        :leases::integer[],
        :texts::text[],
        :languages::varchar[],
        :segments::jsonb[],
        :confidences::real[]
    ) AS given (job_id, lease, text, language, segments, confidence)
),

completed AS (
    UPDATE littlemonster.transcription_jobs AS job
    SET
        status = 'completed',
        progress = 100,
        error_code = NULL,
        error_message = NULL,
        finished_at = now(),
        lease_expires_at = NULL
    FROM done
    WHERE
        job.id = done.job_id
        AND job.lease = done.lease
        -- Says that it is running, and does not offer the index of running jobs: few,
        -- as statistics see so short a state, and then all of them would be read.
        AND job.lease_expires_at IS NOT NULL
    RETURNING
        job.id,
        job.user_id,
        job.file_name,
        COALESCE(done.language, job.language) AS language,
        job.model,
        job.duration_ms,
        done.text,
        done.segments,
        done.confidence
)

INSERT INTO littlemonster.transcriptions AS transcription (
    user_id,
    job_id,
    title,
    language,
    model,
    text,
    segments,
    confidence,
    duration_ms
)
SELECT
    completed.user_id,
    completed.id,
    completed.file_name,
    completed.language,
    completed.model,
    completed.text,
    COALESCE(completed.segments, '[]'),
    completed.confidence,
    completed.duration_ms
FROM completed
RETURNING transcription.job_id, transcription.id AS transcription_id;

-- name: fail_transcription_job(job_id, lease, error_code, error_message, retry)<!
-- Ends an attempt that failed, and returns what follows.
-- The job is pending again and waits until run_at, longer after each failure; after
-- max_retries, or without retry, it has failed for good. None if the lease is lost.
-- @row FailedAttempt
-- @param error_message = None
-- @param retry = True
UPDATE littlemonster.transcription_jobs AS job
SET
    status = CASE
        WHEN :retry AND job.retry_count < job.max_retries THEN 'pending'
        ELSE 'failed'
    END,
    run_at = CASE
        WHEN :retry AND job.retry_count < job.max_retries
            THEN now() + littlemonster.retry_delay(job.retry_count + 1, job.id)
        ELSE job.run_at
    END,
    finished_at = CASE
        WHEN :retry AND job.retry_count < job.max_retries THEN NULL
        ELSE now()
    END,
    retry_count = job.retry_count + 1,
    error_code = :error_code,
    error_message = :error_message,
    lease_expires_at = NULL
WHERE
    job.id = :job_id
    AND job.lease = :lease
    AND job.status = 'running'
RETURNING
    job.status,
    job.run_at,
    job.retry_count,
    job.max_retries;

-- name: rescue_transcription_jobs(batch_size)
-- Takes jobs away from workers whose lease has expired, and returns what follows.
-- The lost attempt counts as a failed one, with error_code lease_expired. The job is
-- pending again at once, as it has waited for its lease already, and has failed for
-- good after max_retries. To be called now and then by anybody; any number may at once.
-- In no particular order.
-- @row RescuedTranscriptionJob
-- @param batch_size = 100
WITH lost AS MATERIALIZED (
    SELECT job.id
    FROM littlemonster.transcription_jobs AS job
    WHERE
        job.status = 'running'
        AND job.lease_expires_at < now()
    ORDER BY job.started_at, job.id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

UPDATE littlemonster.transcription_jobs AS job
SET
    status = CASE
        WHEN job.retry_count < job.max_retries THEN 'pending'
        ELSE 'failed'
    END,
    run_at = CASE
        WHEN job.retry_count < job.max_retries THEN now()
        ELSE job.run_at
    END,
    finished_at = CASE
        WHEN job.retry_count < job.max_retries THEN NULL
        ELSE now()
    END,
    retry_count = job.retry_count + 1,
    error_code = 'lease_expired',
    error_message = NULL,
    lease_expires_at = NULL
WHERE job.id = ANY (ARRAY(SELECT lost.id FROM lost))
RETURNING
    job.id,
    job.status,
    job.claimed_by,
    job.retry_count,
    job.max_retries;

-- name: cancel_transcription_job(job_id)!
-- Cancels a job that has not ended; its worker learns of it by the next heartbeat.
-- Returns 1, or 0 if the job has ended or does not exist.
UPDATE littlemonster.transcription_jobs AS job
SET
    status = 'cancelled',
    finished_at = now(),
    lease_expires_at = NULL
WHERE
    job.id = :job_id
    AND job.status IN ('pending', 'running');

-- name: retry_transcription_job(job_id)!
-- Makes a failed job pending again, with all its retries before it.
-- Returns 1, or 0 if the job has not failed or does not exist.
UPDATE littlemonster.transcription_jobs AS job
SET
    status = 'pending',
    progress = 0,
    retry_count = 0,
    run_at = now(),
    finished_at = NULL
WHERE
    job.id = :job_id
    AND job.status = 'failed';

-- name: update_transcription_job(job_id, file_name, language, model, run_at, max_retries)<!
-- Changes the given fields of a pending job and returns it; none if it is not pending,
-- or does not exist.
-- A patch: what is not given stays as it is; NULL empties a field that may be empty.
UPDATE littlemonster.transcription_jobs AS job
SET
    file_name = :file_name,  -- @optional
    language = :language,  -- @optional
    model = :model,  -- @optional
    run_at = :run_at,  -- @optional
    max_retries = :max_retries  -- @optional
WHERE
    job.id = :job_id
    AND job.status = 'pending'
RETURNING
    job.id,
    job.user_id,
    job.idempotency_key,
    job.storage_url,
    job.file_name,
    job.mime_type,
    job.file_size_bytes,
    job.duration_ms,
    job.language,
    job.model,
    job.status,
    job.progress,
    job.run_at,
    job.retry_count,
    job.max_retries,
    job.lease,
    job.lease_expires_at,
    job.claimed_by,
    job.error_code,
    job.error_message,
    job.created_at,
    job.started_at,
    job.finished_at;

-- name: transcription_job_by_id(job_id)^
-- Returns a job.
SELECT
    job.id,
    job.user_id,
    job.idempotency_key,
    job.storage_url,
    job.file_name,
    job.mime_type,
    job.file_size_bytes,
    job.duration_ms,
    job.language,
    job.model,
    job.status,
    job.progress,
    job.run_at,
    job.retry_count,
    job.max_retries,
    job.lease,
    job.lease_expires_at,
    job.claimed_by,
    job.error_code,
    job.error_message,
    job.created_at,
    job.started_at,
    job.finished_at
FROM littlemonster.transcription_jobs AS job
WHERE job.id = :job_id;

-- name: transcription_jobs_of_user(user_id, status, before_created_at, before_id, limit)
-- Returns a page of a user's jobs, newest first.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row TranscriptionJobSummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    job.id,
    job.user_id,
    job.file_name,
    job.mime_type,
    job.file_size_bytes,
    job.duration_ms,
    job.language,
    job.model,
    job.status,
    job.progress,
    job.run_at,
    job.retry_count,
    job.error_code,
    job.error_message,
    job.created_at,
    job.started_at,
    job.finished_at
FROM littlemonster.transcription_jobs AS job
WHERE
    job.user_id = :user_id
    AND job.status = :status  -- @optional
    AND (job.created_at, job.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY job.created_at DESC, job.id DESC
LIMIT :limit;

-- name: delete_transcription_job(job_id)!
-- Deletes a job that is not being worked on; its transcription stays.
-- Returns 1, or 0 if it is being worked on or does not exist.
DELETE FROM littlemonster.transcription_jobs AS job
WHERE
    job.id = :job_id
    AND job.status <> 'running';

-- name: purge_transcription_jobs(before, batch_size)!
-- Deletes jobs that ended before a time, longest ago first, and returns how many; fewer
-- than batch_size means that none are left.
-- The transcriptions stay; the idempotency keys are free again.
-- @param batch_size = 1000
DELETE FROM littlemonster.transcription_jobs AS job
WHERE job.id = ANY (
    ARRAY(
        SELECT ended.id
        FROM littlemonster.transcription_jobs AS ended
        WHERE
            ended.status IN ('completed', 'failed', 'cancelled')
            AND ended.finished_at < :before
        ORDER BY ended.finished_at, ended.id
        LIMIT :batch_size
        FOR UPDATE SKIP LOCKED
    )
);
