-- Work to be done in the background, in queues by name.
--
-- A claim is a lease with a number. Whoever holds one presents job_id and lease to
-- heartbeat_job, complete_job and fail_job; once the lease was taken away, these change
-- nothing.

-- name: enqueue_job(queue, job_type, payload, user_id, idempotency_key, priority, run_at, max_retries)<!
-- Adds a job and returns its id, status and created_at.
-- With an idempotency_key that the queue has seen before it adds nothing: it returns
-- the first job, whatever became of it. Of concurrent calls with one key the first adds
-- the job, and the others wait for it. Without run_at it may be claimed at once;
-- priority goes from 0 to 9, and higher goes first.
-- @row EnqueuedJob
-- @param user_id = None
-- @param idempotency_key = None
-- @param priority = 0
-- @param run_at = None
-- @param max_retries = 3
INSERT INTO littlemonster.jobs AS job (
    queue,
    job_type,
    payload,
    user_id,
    idempotency_key,
    priority,
    run_at,
    max_retries
)
VALUES (
    :queue,
    :job_type,
    :payload,
    :user_id,
    :idempotency_key,
    :priority,
    COALESCE(:run_at::timestamptz, now()),
    :max_retries
)
-- Changes nothing, and returns a job that no snapshot taken before it was committed
-- shows.
ON CONFLICT (queue, idempotency_key) WHERE idempotency_key IS NOT NULL DO UPDATE
SET idempotency_key = job.idempotency_key
RETURNING job.id, job.status, job.created_at;

-- name: enqueue_jobs(queue, job_type, payload, user_id, priority, run_at, max_retries)*!
-- Adds many jobs at once: all of them or none, and one wake-up for all.
-- @row NewJob
INSERT INTO littlemonster.jobs (
    queue,
    job_type,
    payload,
    user_id,
    priority,
    run_at,
    max_retries
)
VALUES (
    :queue,
    :job_type,
    :payload,
    :user_id,
    :priority,
    :run_at,
    :max_retries
);

-- name: claim_jobs(queue, worker, lease_for, batch_size)
-- Claims the most urgent jobs of a queue that are due, and of equally urgent ones those
-- that have waited longest, skipping those that others are claiming.
-- The claims last for lease_for unless heartbeat_job extends them. In the order of the
-- claim.
-- @row ClaimedJob
-- @column lease_expires_at not null
-- @param batch_size = 1
WITH ready AS MATERIALIZED (
    SELECT due.id
    FROM generate_series(9, 0, -1) AS level (priority)
    -- One range of the index for each priority, and only as far as jobs are wanted.
    -- Whatever is not due stands behind each range and is never read.
    CROSS JOIN LATERAL (
        SELECT job.id
        FROM littlemonster.jobs AS job
        WHERE
            job.queue = :queue
            AND job.status = 'pending'
            AND job.priority = level.priority
            AND job.run_at <= now()
        ORDER BY job.run_at, job.id
        LIMIT (SELECT :batch_size::bigint)
        FOR UPDATE SKIP LOCKED
    ) AS due
    -- The sub-select hides the number from the planner. Seeing that few jobs are wanted,
    -- PostgreSQL would plan every call anew, which takes longer than the claim itself.
    LIMIT (SELECT :batch_size::bigint)
),

claimed AS (
    UPDATE littlemonster.jobs AS job
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
        job.queue,
        job.job_type,
        job.payload,
        job.user_id,
        job.priority,
        job.run_at,
        job.retry_count,
        job.max_retries,
        job.created_at
)

SELECT
    claimed.id,
    claimed.lease,
    claimed.lease_expires_at,
    claimed.queue,
    claimed.job_type,
    claimed.payload,
    claimed.user_id,
    claimed.priority,
    claimed.run_at,
    claimed.retry_count,
    claimed.max_retries,
    claimed.created_at
FROM claimed
ORDER BY claimed.priority DESC, claimed.run_at, claimed.id;

-- name: heartbeat_job(job_id, lease, lease_for, progress)!
-- Makes a claim last for lease_for from now, and tells how far the work is, percent.
-- Progress that is not given stays as it is. Returns 1, or 0 if the lease is lost: stop
-- working.
UPDATE littlemonster.jobs AS job
SET
    lease_expires_at = now() + :lease_for::interval,
    progress = :progress  -- @optional
WHERE
    job.id = :job_id
    AND job.lease = :lease
    AND job.status = 'running';

-- name: complete_job(job_id, lease, result)!
-- Completes a claimed job and stores its result.
-- Returns 1, or 0 if the lease is lost; then nothing is stored.
-- @param result = None
UPDATE littlemonster.jobs AS job
SET
    status = 'completed',
    progress = 100,
    result = :result,
    error_code = NULL,
    error_message = NULL,
    finished_at = now(),
    lease_expires_at = NULL
WHERE
    job.id = :job_id
    AND job.lease = :lease
    AND job.status = 'running';

-- name: complete_jobs(job_ids, leases, results)
-- Completes many claimed jobs at once, and returns the ids of those it completed.
-- The lists belong together, item by item. A job that is not among the ids has lost its
-- lease; nothing of it is stored. In no particular order.
-- @param results = None
UPDATE littlemonster.jobs AS job
SET
    status = 'completed',
    progress = 100,
    result = done.result,
    error_code = NULL,
    error_message = NULL,
    finished_at = now(),
    lease_expires_at = NULL
FROM unnest(
    :job_ids::uuid[], :leases::integer[], :results::jsonb[]
) AS done (job_id, lease, result)
WHERE
    job.id = done.job_id
    AND job.lease = done.lease
    -- Says that it is running, and does not offer the index of running jobs: few, as
    -- statistics see so short a state, and then all of them would be read.
    AND job.lease_expires_at IS NOT NULL
RETURNING job.id;

-- name: fail_job(job_id, lease, error_code, error_message, retry)<!
-- Ends an attempt that failed, and returns what follows.
-- The job is pending again and waits until run_at, longer after each failure; after
-- max_retries, or without retry, it has failed for good. None if the lease is lost.
-- @row FailedAttempt
-- @param error_message = None
-- @param retry = True
UPDATE littlemonster.jobs AS job
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

-- name: rescue_jobs(batch_size)
-- Takes jobs away from workers whose lease has expired, and returns what follows.
-- The lost attempt counts as a failed one, with error_code lease_expired. The job is
-- pending again at once, as it has waited for its lease already, and has failed for
-- good after max_retries. To be called now and then by anybody; any number may at once.
-- In no particular order.
-- @row RescuedJob
-- @param batch_size = 100
WITH lost AS MATERIALIZED (
    SELECT job.id
    FROM littlemonster.jobs AS job
    WHERE
        job.status = 'running'
        AND job.lease_expires_at < now()
    ORDER BY job.queue, job.started_at, job.id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

UPDATE littlemonster.jobs AS job
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
    job.queue,
    job.status,
    job.claimed_by,
    job.retry_count,
    job.max_retries;

-- name: cancel_job(job_id)!
-- Cancels a job that has not ended; its worker learns of it by the next heartbeat.
-- Returns 1, or 0 if the job has ended or does not exist.
UPDATE littlemonster.jobs AS job
SET
    status = 'cancelled',
    finished_at = now(),
    lease_expires_at = NULL
WHERE
    job.id = :job_id
    AND job.status IN ('pending', 'running');

-- name: retry_job(job_id)!
-- Makes a failed job pending again, with all its retries before it.
-- Returns 1, or 0 if the job has not failed or does not exist.
UPDATE littlemonster.jobs AS job
SET
    status = 'pending',
    progress = 0,
    retry_count = 0,
    run_at = now(),
    finished_at = NULL
WHERE
    job.id = :job_id
    AND job.status = 'failed';

-- name: update_job(job_id, payload, priority, run_at, max_retries)<!
-- Changes the given fields of a pending job and returns it; none if it is not pending,
-- or does not exist.
-- A patch: what is not given stays as it is. payload replaces the whole object.
UPDATE littlemonster.jobs AS job
SET
    payload = :payload,  -- @optional
    priority = :priority,  -- @optional
    run_at = :run_at,  -- @optional
    max_retries = :max_retries  -- @optional
WHERE
    job.id = :job_id
    AND job.status = 'pending'
RETURNING
    job.id,
    job.user_id,
    job.queue,
    job.job_type,
    job.idempotency_key,
    job.payload,
    job.result,
    job.priority,
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

-- name: job_by_id(job_id)^
-- Returns a job.
SELECT
    job.id,
    job.user_id,
    job.queue,
    job.job_type,
    job.idempotency_key,
    job.payload,
    job.result,
    job.priority,
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
FROM littlemonster.jobs AS job
WHERE job.id = :job_id;

-- name: jobs_of_user(user_id, queue, status, before_created_at, before_id, limit)
-- Returns a page of a user's jobs, newest first, without payloads and results.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row JobSummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    job.id,
    job.user_id,
    job.queue,
    job.job_type,
    job.priority,
    job.status,
    job.progress,
    job.run_at,
    job.retry_count,
    job.error_code,
    job.error_message,
    job.created_at,
    job.started_at,
    job.finished_at
FROM littlemonster.jobs AS job
WHERE
    job.user_id = :user_id
    AND job.queue = :queue  -- @optional
    AND job.status = :status  -- @optional
    AND (job.created_at, job.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY job.created_at DESC, job.id DESC
LIMIT :limit;

-- name: running_jobs(queue, after_started_at, after_id, limit)
-- Returns a page of the jobs of a queue that are being worked on, longest first,
-- without payloads.
-- The next page starts after started_at and id of the last row; NULLs start at the
-- longest.
-- @row RunningJob
-- @column lease_expires_at not null
-- @param after_started_at = None
-- @param after_id = None
-- @param limit = 50
SELECT
    job.id,
    job.user_id,
    job.job_type,
    job.priority,
    job.progress,
    job.claimed_by,
    job.lease,
    job.lease_expires_at,
    job.retry_count,
    job.started_at
FROM littlemonster.jobs AS job
WHERE
    job.queue = :queue
    AND job.status = 'running'
    AND (job.started_at, job.id) > (
        COALESCE(:after_started_at::timestamptz, '-infinity'),
        COALESCE(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY job.started_at, job.id
LIMIT :limit;

-- name: failed_jobs(queue, before_finished_at, before_id, limit)
-- Returns a page of the jobs of a queue that have failed for good, last first.
-- The next page starts before finished_at and id of the last row; NULLs start at the
-- last.
-- @row FailedJob
-- @param before_finished_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    job.id,
    job.user_id,
    job.job_type,
    job.payload,
    job.claimed_by,
    job.retry_count,
    job.error_code,
    job.error_message,
    job.created_at,
    job.finished_at
FROM littlemonster.jobs AS job
WHERE
    job.queue = :queue
    AND job.status = 'failed'
    AND (job.finished_at, job.id) < (
        COALESCE(:before_finished_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY job.finished_at DESC, job.id DESC
LIMIT :limit;

-- name: queue_depths()
-- Returns, for each queue with unfinished jobs, how many are due, how many wait for
-- their time, how many are being worked on, and since when the oldest is due.
-- Reads all unfinished jobs.
-- @allow PGR511: it counts them all, and finished jobs are not among them
SELECT
    waiting.queue,
    count(*) FILTER (WHERE waiting.is_due) AS due,
    count(*) FILTER (WHERE waiting.is_due IS FALSE) AS later,
    count(*) FILTER (WHERE waiting.is_due IS NULL) AS running,
    min(waiting.run_at) FILTER (WHERE waiting.is_due) AS oldest_due_at
FROM (
    SELECT
        job.queue,
        job.run_at <= now() AS is_due,
        job.run_at
    FROM littlemonster.jobs AS job
    WHERE job.status = 'pending'
    UNION ALL
    SELECT
        job.queue,
        NULL,
        job.run_at
    FROM littlemonster.jobs AS job
    WHERE job.status = 'running'
) AS waiting
GROUP BY waiting.queue
ORDER BY waiting.queue;

-- name: delete_job(job_id)!
-- Deletes a job that is not being worked on.
-- Returns 1, or 0 if it is being worked on or does not exist.
DELETE FROM littlemonster.jobs AS job
WHERE
    job.id = :job_id
    AND job.status <> 'running';

-- name: purge_jobs(before, batch_size)!
-- Deletes jobs that ended before a time, longest ago first, and returns how many; fewer
-- than batch_size means that none are left.
-- Their idempotency keys are free again.
-- @param batch_size = 1000
DELETE FROM littlemonster.jobs AS job
WHERE job.id = ANY (
    ARRAY(
        SELECT ended.id
        FROM littlemonster.jobs AS ended
        WHERE
            ended.status IN ('completed', 'failed', 'cancelled')
            AND ended.finished_at < :before
        ORDER BY ended.finished_at, ended.id
        LIMIT :batch_size
        FOR UPDATE SKIP LOCKED
    )
);
