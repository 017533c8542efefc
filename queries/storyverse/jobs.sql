-- The queue of segments to be made.
--
-- A claim is a lease with a number. Whoever holds one presents job_id, created_at and
-- the lease to heartbeat_job, advance_job, complete_job and fail_job; once the lease was
-- taken away, these change nothing. created_at names the job's monthly partition. That
-- a job is claimed they ask of lease_expires_at, which a check ties to the status: asked
-- of the status, PostgreSQL may look through all claimed jobs instead of for the key.

-- name: enqueue_job(scene_id, user_id, input_text, idempotency_key, bible_version, context_data, type, max_retries, run_at)<!
-- Adds a job and returns its id and created_at.
-- With an idempotency_key that was used before it adds nothing: it returns the first
-- job, whatever became of it, and is_new is false. Of concurrent calls with one key the
-- first adds the job, and the others wait for it. Without a bible_version it takes the
-- scene's current one; without run_at the job may be claimed at once.
-- @param idempotency_key = None
-- @param bible_version = None
-- @param context_data = None
-- @param type = 'continuation'
-- @param max_retries = 3
-- @param run_at = None
WITH draft AS MATERIALIZED (
    SELECT
        gen_random_uuid() AS id,
        now() AS created_at
),

-- The update changes nothing. It makes the statement wait for a concurrent one with the
-- same key and return what that one has stored, which no snapshot taken before shows.
known AS (
    INSERT INTO storyverse.job_idempotency_keys AS key (
        idempotency_key,
        job_id,
        job_created_at
    )
    SELECT
        :idempotency_key,
        draft.id,
        draft.created_at
    FROM draft
    WHERE :idempotency_key::varchar IS NOT NULL
    ON CONFLICT (idempotency_key) DO UPDATE
    SET job_id = key.job_id
    RETURNING key.job_id, key.job_created_at
),

added AS (
    INSERT INTO storyverse.jobs (
        id,
        scene_id,
        user_id,
        type,
        input_text,
        bible_version,
        context_data,
        max_retries,
        created_at,
        idempotency_key,
        run_at
    )
    SELECT
        draft.id,
        :scene_id,
        :user_id,
        :type,
        :input_text,
        -- A scene that does not exist is refused by the foreign key.
        COALESCE(
            :bible_version::integer,
            (
                SELECT scene.bible_version
                FROM storyverse.scenes AS scene
                WHERE scene.id = :scene_id
            ),
            1
        ),
        :context_data,
        :max_retries,
        draft.created_at,
        :idempotency_key,
        COALESCE(:run_at::timestamptz, draft.created_at)
    FROM draft
    WHERE NOT EXISTS (SELECT 1 FROM known WHERE known.job_id <> draft.id)
)

SELECT
    COALESCE(known.job_id, draft.id) AS id,
    COALESCE(known.job_created_at, draft.created_at) AS created_at,
    COALESCE(known.job_id = draft.id, TRUE) AS is_new
FROM draft
LEFT JOIN known ON TRUE
LIMIT 1;

-- name: claim_jobs(worker, lease_for, batch_size)
-- Claims the queued jobs that have waited longest, skipping those that others are
-- claiming.
-- The claims last for lease_for unless heartbeat_job extends them. In no particular
-- order.
-- @row ClaimedJob
-- @allow PGR507: an id is given once, whatever the month
-- @param worker: str
-- @param batch_size = 1
-- @column lease_expires_at not null
WITH ready AS MATERIALIZED (
    SELECT
        job.id,
        job.created_at
    FROM storyverse.jobs AS job
    WHERE
        job.status = 'queued'
        AND job.run_at <= now()
        -- Always so. It keeps the months to come out of the plan.
        AND job.created_at <= now()
    ORDER BY job.run_at, job.id
    -- The sub-select hides the number from the planner. Seeing that few jobs are wanted,
    -- PostgreSQL would plan every call anew, which takes longer than the claim itself.
    LIMIT (SELECT :batch_size::bigint)
    FOR UPDATE SKIP LOCKED
)

-- By arrays, as PostgreSQL expects few rows of these whatever the batch_size, and so
-- never reads a whole month to join it. The bounds leave out the other months.
UPDATE storyverse.jobs AS job
SET
    status = 'processing',
    stage = 'script_expansion',
    progress = 0,
    message = NULL,
    started_at = now(),
    lease = job.lease + 1,
    lease_expires_at = now() + :lease_for::interval,
    claimed_by = :worker
WHERE
    job.id = ANY (ARRAY(SELECT ready.id FROM ready))
    AND job.created_at >= (SELECT min(ready.created_at) FROM ready)
    AND job.created_at <= (SELECT max(ready.created_at) FROM ready)
RETURNING
    job.id,
    job.created_at,
    job.lease,
    job.lease_expires_at,
    job.scene_id,
    job.user_id,
    job.type,
    job.input_text,
    job.bible_version,
    job.context_data,
    job.retry_count,
    job.max_retries;

-- name: heartbeat_job(job_id, created_at, lease, lease_for)!
-- Makes a claim last for lease_for from now.
-- Returns 1, or 0 if the lease is lost: stop working.
UPDATE storyverse.jobs AS job
SET lease_expires_at = now() + :lease_for::interval
WHERE
    job.id = :job_id
    AND job.created_at = :created_at
    AND job.lease = :lease
    AND job.lease_expires_at IS NOT NULL;

-- name: advance_job(job_id, created_at, lease, status, stage, progress, message)!
-- Takes a claimed job further and tells how far it is.
-- A claimed job keeps its status or takes the next one of processing, script_ready,
-- continuity_checked and preview_ready, and never goes back to an earlier stage; any
-- other step changes nothing and violates jobs_status_step (23514). progress only grows;
-- status and message that are not given stay as they are. Returns 1, or 0 if the lease
-- is lost: stop working.
UPDATE storyverse.jobs AS job
SET
    status = :status,  -- @optional
    stage = :stage,
    progress = GREATEST(job.progress, :progress),
    message = :message  -- @optional
WHERE
    job.id = :job_id
    AND job.created_at = :created_at
    AND job.lease = :lease
    AND job.lease_expires_at IS NOT NULL;

-- name: complete_job(job_id, created_at, lease, expected_version, bible, expanded_script, video_url, duration, hls_playlist_url, thumbnail_url, resolution, file_size, result_data)<!
-- Completes a claimed job: stores its segment and the scene's new bible, and counts.
-- None if the lease is lost; then nothing is stored. expected_version is the version of
-- the bible that the new one was made from. If the scene has moved on, nothing is
-- stored and StaleVersion tells the version to make it from; the claim stays. The
-- bible's own version is set to the new one.
-- @param bible: pgrepo.domains.storyverse.documents.SceneBible
-- @param hls_playlist_url = None
-- @param thumbnail_url = None
-- @param resolution = None
-- @param file_size = None
-- @param result_data = None
WITH completed AS (
    UPDATE storyverse.jobs AS job
    SET
        status = 'final_ready',
        stage = 'completed',
        progress = 100,
        message = NULL,
        result_data = :result_data,
        error_code = NULL,
        error_message = NULL,
        completed_at = now(),
        lease_expires_at = NULL
    WHERE
        job.id = :job_id
        AND job.created_at = :created_at
        AND job.lease = :lease
        AND job.lease_expires_at IS NOT NULL
    RETURNING job.id, job.scene_id, job.user_id, job.input_text
),

-- Also the lock under which the segment gets its number.
continued AS (
    UPDATE storyverse.scenes AS scene
    SET
        bible_version = storyverse.next_version(
            scene.bible_version, :expected_version
        )
    FROM completed
    WHERE scene.id = completed.scene_id
    RETURNING
        scene.bible_version,
        completed.id AS job_id,
        completed.scene_id,
        completed.user_id,
        completed.input_text
),

segment AS (
    INSERT INTO storyverse.segments AS segment (
        scene_id,
        user_id,
        job_id,
        sequence,
        input_text,
        expanded_script,
        video_url,
        hls_playlist_url,
        thumbnail_url,
        duration,
        resolution,
        file_size,
        bible_version
    )
    SELECT
        continued.scene_id,
        continued.user_id,
        continued.job_id,
        storyverse.next_sequence(continued.scene_id),
        continued.input_text,
        :expanded_script,
        :video_url,
        :hls_playlist_url,
        :thumbnail_url,
        :duration,
        :resolution,
        :file_size,
        continued.bible_version
    FROM continued
    RETURNING
        segment.id,
        segment.created_at,
        segment.scene_id,
        segment.sequence,
        segment.bible_version
),

bible AS (
    INSERT INTO storyverse.scene_bibles (
        scene_id,
        version,
        data,
        created_by_segment_id
    )
    SELECT
        segment.scene_id,
        segment.bible_version,
        jsonb_set(:bible, '{version}', to_jsonb(segment.bible_version)),
        segment.id
    FROM segment
)

SELECT
    segment.id AS segment_id,
    segment.created_at AS segment_created_at,
    segment.scene_id,
    segment.sequence,
    segment.bible_version
FROM segment
LIMIT 1;

-- name: fail_job(job_id, created_at, lease, error_code, error_message)<!
-- Ends an attempt that failed, and returns what follows.
-- The job is queued again and waits until run_at, longer after each failure; after
-- max_retries it is failed for good. None if the lease is lost.
-- @row FailedAttempt
-- @param error_code: str
-- @param error_message = None
UPDATE storyverse.jobs AS job
SET
    status = CASE
        WHEN job.retry_count < job.max_retries THEN 'queued'
        ELSE 'failed'
    END,
    stage = CASE
        WHEN job.retry_count < job.max_retries THEN 'pending'
        ELSE 'error'
    END,
    retry_count = job.retry_count + 1,
    error_code = :error_code,
    error_message = :error_message,
    run_at = CASE
        WHEN job.retry_count < job.max_retries
            THEN now() + storyverse.retry_delay(job.retry_count + 1, job.id)
        ELSE job.run_at
    END,
    completed_at = CASE
        WHEN job.retry_count < job.max_retries THEN NULL
        ELSE now()
    END,
    lease_expires_at = NULL
WHERE
    job.id = :job_id
    AND job.created_at = :created_at
    AND job.lease = :lease
    AND job.lease_expires_at IS NOT NULL
RETURNING
    job.status,
    job.run_at,
    job.retry_count,
    job.max_retries;

-- name: rescue_jobs(batch_size)
-- Takes jobs away from workers whose lease has expired, and returns what follows.
-- The lost attempt counts as a failed one, with error_code lease_expired. The job is
-- queued again at once, as it has waited for its lease already, and failed for good
-- after max_retries. To be called now and then by anybody; any number may at once.
-- @row RescuedJob
-- @allow PGR507: an id is given once, whatever the month
-- @param batch_size = 100
WITH lost AS MATERIALIZED (
    SELECT
        job.id,
        job.created_at
    FROM storyverse.jobs AS job
    WHERE
        job.status IN (
            'processing', 'script_ready', 'continuity_checked', 'preview_ready'
        )
        AND job.lease_expires_at < now()
        AND job.created_at <= now()
    ORDER BY job.started_at, job.id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

UPDATE storyverse.jobs AS job
SET
    status = CASE
        WHEN job.retry_count < job.max_retries THEN 'queued'
        ELSE 'failed'
    END,
    stage = CASE
        WHEN job.retry_count < job.max_retries THEN 'pending'
        ELSE 'error'
    END,
    retry_count = job.retry_count + 1,
    error_code = 'lease_expired',
    error_message = NULL,
    run_at = CASE
        WHEN job.retry_count < job.max_retries THEN now()
        ELSE job.run_at
    END,
    completed_at = CASE
        WHEN job.retry_count < job.max_retries THEN NULL
        ELSE now()
    END,
    lease_expires_at = NULL
WHERE
    job.id = ANY (ARRAY(SELECT lost.id FROM lost))
    AND job.created_at >= (SELECT min(lost.created_at) FROM lost)
    AND job.created_at <= (SELECT max(lost.created_at) FROM lost)
RETURNING
    job.id,
    job.created_at,
    job.status,
    job.claimed_by,
    job.retry_count,
    job.max_retries;

-- name: cancel_job(job_id, created_at)!
-- Cancels a job that has not ended; its worker learns of it by the next heartbeat.
-- Returns 1, or 0 if the job has ended or does not exist.
UPDATE storyverse.jobs AS job
SET
    status = 'cancelled',
    completed_at = now(),
    lease_expires_at = NULL
WHERE
    job.id = :job_id
    AND job.created_at = :created_at
    AND job.status IN (
        'queued', 'processing', 'script_ready', 'continuity_checked', 'preview_ready'
    );

-- name: retry_job(job_id, created_at)!
-- Queues a failed job again, with all its retries before it.
-- Returns 1, or 0 if the job has not failed or does not exist.
UPDATE storyverse.jobs AS job
SET
    status = 'queued',
    stage = 'pending',
    progress = 0,
    message = NULL,
    retry_count = 0,
    run_at = now(),
    completed_at = NULL
WHERE
    job.id = :job_id
    AND job.created_at = :created_at
    AND job.status = 'failed';

-- name: job_by_id(job_id, created_at)^
-- Returns a job.
-- With created_at it looks into one month only.
-- @row Job
SELECT
    job.id,
    job.scene_id,
    job.user_id,
    job.type,
    job.status,
    job.stage,
    job.progress,
    job.message,
    job.input_text,
    job.bible_version,
    job.context_data,
    job.result_data,
    job.error_code,
    job.error_message,
    job.retry_count,
    job.max_retries,
    job.created_at,
    job.started_at,
    job.completed_at,
    job.idempotency_key,
    job.run_at,
    job.lease,
    job.lease_expires_at,
    job.claimed_by
FROM storyverse.jobs AS job
WHERE
    job.id = :job_id
    AND job.created_at = :created_at  -- @optional
LIMIT 1;

-- name: jobs_of_scene(scene_id, before_created_at, before_id, limit)
-- Returns a page of the jobs of a scene, newest first, without what they work from.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row JobSummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    job.id,
    job.scene_id,
    job.user_id,
    job.type,
    job.status,
    job.stage,
    job.progress,
    job.message,
    job.error_code,
    job.retry_count,
    job.max_retries,
    job.created_at,
    job.started_at,
    job.completed_at,
    job.run_at
FROM storyverse.jobs AS job
WHERE
    job.scene_id = :scene_id
    AND (job.created_at, job.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY job.created_at DESC, job.id DESC
LIMIT :limit;

-- name: jobs_of_user(user_id, before_created_at, before_id, limit)
-- Returns a page of the jobs of a user, newest first, without what they work from.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row JobSummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    job.id,
    job.scene_id,
    job.user_id,
    job.type,
    job.status,
    job.stage,
    job.progress,
    job.message,
    job.error_code,
    job.retry_count,
    job.max_retries,
    job.created_at,
    job.started_at,
    job.completed_at,
    job.run_at
FROM storyverse.jobs AS job
WHERE
    job.user_id = :user_id
    AND (job.created_at, job.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY job.created_at DESC, job.id DESC
LIMIT :limit;

-- name: failed_jobs(before_created_at, before_id, limit)
-- Returns a page of the jobs that failed for good, newest first.
-- retry_job gives one another chance. The next page starts before created_at and id of
-- the last row; NULLs start at the newest.
-- @row FailedJob
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    job.id,
    job.scene_id,
    job.user_id,
    job.type,
    job.error_code,
    job.error_message,
    job.retry_count,
    job.created_at,
    job.started_at,
    job.completed_at,
    job.claimed_by
FROM storyverse.jobs AS job
WHERE
    job.status = 'failed'
    AND (job.created_at, job.id) < (
        COALESCE(:before_created_at::timestamptz, 'infinity'),
        COALESCE(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
ORDER BY job.created_at DESC, job.id DESC
LIMIT :limit;

-- name: purge_job_idempotency_keys(before, batch_size)!
-- Forgets the keys of jobs created before a time and returns how many; 0 means that
-- none are left.
-- A forgotten key makes a new job. So keep the keys for as long as a client may repeat
-- a request, and at most as long as the jobs themselves.
-- @allow PGR507: the next call takes what this one leaves
WITH expired AS MATERIALIZED (
    SELECT key.idempotency_key
    FROM storyverse.job_idempotency_keys AS key
    WHERE key.job_created_at < :before
    ORDER BY key.job_created_at
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM storyverse.job_idempotency_keys AS key
WHERE key.idempotency_key = ANY (ARRAY(SELECT expired.idempotency_key FROM expired));
