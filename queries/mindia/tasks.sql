-- Work to be done in the background: transcoding and embedding.
--
-- A claim is a lease with a number. Whoever holds one presents tenant_id, task_id and
-- lease to heartbeat_task, complete_task and fail_task; once the lease was taken away,
-- these change nothing. Workers serve one tenant, or, without a tenant_id, all that
-- they may see; on Citus a claim has to name one.

-- name: enqueue_task(tenant_id, task_type, payload, priority, scheduled_for, max_retries, idempotency_key)<!
-- Adds a task and returns its id, status and created_at.
-- With an idempotency_key that the tenant has used before it adds nothing: it returns
-- the first task, whatever became of it. Of concurrent calls with one key the first
-- adds the task, and the others wait for it. Without scheduled_for it may be claimed at
-- once; priority goes from 0 to 9, and higher goes first.
-- @row EnqueuedTask
-- @param priority = 0
-- @param scheduled_for = None
-- @param max_retries = 3
-- @param idempotency_key = None
INSERT INTO mindia.tasks AS task (
    tenant_id,
    task_type,
    payload,
    priority,
    scheduled_for,
    max_retries,
    idempotency_key
)
VALUES (
    :tenant_id,
    :task_type,
    :payload,
    :priority,
    COALESCE(:scheduled_for::timestamptz, now()),
    :max_retries,
    :idempotency_key
)
-- Changes nothing, and returns a task that no snapshot taken before it was committed
-- shows.
ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO UPDATE
SET idempotency_key = task.idempotency_key
RETURNING task.id, task.status, task.created_at;

-- name: enqueue_tasks(tenant_id, task_type, payloads, priority, scheduled_for, max_retries)!
-- Adds a task for each of the payloads, all in one statement with one wake-up, and
-- returns how many.
-- @param priority = 0
-- @param scheduled_for = None
-- @param max_retries = 3
INSERT INTO mindia.tasks (
    tenant_id,
    task_type,
    payload,
    priority,
    scheduled_for,
    max_retries
)
SELECT
    :tenant_id,
    :task_type,
    given.payload,
    :priority,
    COALESCE(:scheduled_for::timestamptz, now()),
    :max_retries
FROM unnest(:payloads::jsonb[]) AS given (payload);

-- name: claim_tasks(task_type, worker, lease_for, batch_size, tenant_id)
-- Claims the most urgent tasks of a type that are due, and of equally urgent ones those
-- that have waited longest, skipping those that others are claiming.
-- The claims last for lease_for unless heartbeat_task extends them. In the order of the
-- claim.
-- @row ClaimedTask
-- @column lease_expires_at not null
-- @param worker: str
-- @param batch_size = 1
WITH ready AS MATERIALIZED (
    SELECT
        due.tenant_id,
        due.id
    FROM generate_series(9, 0, -1) AS level (priority)
    -- One range of the index for each priority, and only as far as tasks are wanted.
    -- Whatever is not due stands behind each range and is never read.
    CROSS JOIN LATERAL (
        SELECT
            task.tenant_id,
            task.id
        FROM mindia.tasks AS task
        WHERE
            task.task_type = :task_type
            AND task.status = 'pending'
            AND task.priority = level.priority
            AND task.scheduled_for <= now()
            AND task.tenant_id = :tenant_id  -- @optional
        -- Of one type all are, but under a policy PostgreSQL does not take an enum that
        -- is compared for a constant, and would sort what the index has in order.
        ORDER BY task.task_type, task.scheduled_for, task.id
        LIMIT (SELECT :batch_size::bigint)
        FOR UPDATE SKIP LOCKED
    ) AS due
    -- The sub-select hides the number from the planner. Seeing that few tasks are
    -- wanted, PostgreSQL would plan every call anew, which takes longer than the claim.
    LIMIT (SELECT :batch_size::bigint)
),

claimed AS (
    UPDATE mindia.tasks AS task
    SET
        status = 'running',
        started_at = now(),
        lease = task.lease + 1,
        lease_expires_at = now() + :lease_for::interval,
        claimed_by = :worker
    -- By arrays, as PostgreSQL expects few rows of these whatever the batch_size, and
    -- so never reads the whole table to join it. Two tenants may have the same id.
    WHERE
        task.tenant_id = ANY (ARRAY(SELECT ready.tenant_id FROM ready))
        AND task.id = ANY (ARRAY(SELECT ready.id FROM ready))
        AND (task.tenant_id, task.id) IN (
            SELECT ready.tenant_id, ready.id FROM ready
        )
        AND task.tenant_id = :tenant_id  -- @optional
    RETURNING
        task.id,
        task.tenant_id,
        task.lease,
        task.lease_expires_at,
        task.task_type,
        task.payload,
        task.priority,
        task.scheduled_for,
        task.retry_count,
        task.max_retries,
        task.created_at
)

SELECT
    claimed.id,
    claimed.tenant_id,
    claimed.lease,
    claimed.lease_expires_at,
    claimed.task_type,
    claimed.payload,
    claimed.priority,
    claimed.scheduled_for,
    claimed.retry_count,
    claimed.max_retries,
    claimed.created_at
FROM claimed
ORDER BY claimed.priority DESC, claimed.scheduled_for, claimed.id, claimed.tenant_id;

-- name: heartbeat_task(tenant_id, task_id, lease, lease_for)!
-- Makes a claim last for lease_for from now.
-- Returns 1, or 0 if the lease is lost: stop working.
UPDATE mindia.tasks AS task
SET lease_expires_at = now() + :lease_for::interval
WHERE
    task.tenant_id = :tenant_id
    AND task.id = :task_id
    AND task.lease = :lease
    AND task.status = 'running';

-- name: complete_task(tenant_id, task_id, lease)!
-- Completes a claimed task.
-- Returns 1, or 0 if the lease is lost.
UPDATE mindia.tasks AS task
SET
    status = 'completed',
    error_code = NULL,
    error_message = NULL,
    completed_at = now(),
    lease_expires_at = NULL
WHERE
    task.tenant_id = :tenant_id
    AND task.id = :task_id
    AND task.lease = :lease
    AND task.status = 'running';

-- name: complete_tasks(tenant_ids, task_ids, leases)
-- Completes many claimed tasks at once, and returns the ids of those it completed.
-- The lists belong together, item by item. A task that is not among the ids has lost
-- its lease. In no particular order.
UPDATE mindia.tasks AS task
SET
    status = 'completed',
    error_code = NULL,
    error_message = NULL,
    completed_at = now(),
    lease_expires_at = NULL
FROM unnest(
    :tenant_ids::uuid[], :task_ids::uuid[], :leases::integer[]
) AS done (tenant_id, task_id, lease)
WHERE
    task.tenant_id = done.tenant_id
    AND task.id = done.task_id
    AND task.lease = done.lease
    -- Says that it is running, and does not offer the index of running tasks.
    AND task.lease_expires_at IS NOT NULL
RETURNING task.id;

-- name: fail_task(tenant_id, task_id, lease, error_code, error_message, retry)<!
-- Ends an attempt that failed, and returns what follows.
-- The task is pending again and waits until scheduled_for, longer after each failure;
-- after max_retries, or without retry, it has failed for good. None if the lease is
-- lost.
-- @row FailedTaskAttempt
-- @param error_code: str
-- @param error_message = None
-- @param retry = True
UPDATE mindia.tasks AS task
SET
    status = CASE
        WHEN :retry AND task.retry_count < task.max_retries
            THEN 'pending'::mindia.task_status
        ELSE 'failed'::mindia.task_status
    END,
    scheduled_for = CASE
        WHEN :retry AND task.retry_count < task.max_retries
            THEN now() + mindia.retry_delay(task.retry_count + 1, task.id)
        ELSE task.scheduled_for
    END,
    completed_at = CASE
        WHEN :retry AND task.retry_count < task.max_retries THEN NULL
        ELSE now()
    END,
    retry_count = task.retry_count + 1,
    error_code = :error_code,
    error_message = :error_message,
    lease_expires_at = NULL
WHERE
    task.tenant_id = :tenant_id
    AND task.id = :task_id
    AND task.lease = :lease
    AND task.status = 'running'
RETURNING
    task.status,
    task.scheduled_for,
    task.retry_count,
    task.max_retries;

-- name: rescue_tasks(batch_size, tenant_id)
-- Takes tasks away from workers whose lease has expired, and returns what follows.
-- The lost attempt counts as a failed one, with error_code lease_expired. The task is
-- pending again at once, as it has waited for its lease already, and has failed for
-- good after max_retries. To be called now and then by anybody; any number may at once.
-- In no particular order.
-- @row RescuedTask
-- @param batch_size = 100
WITH lost AS MATERIALIZED (
    SELECT
        task.tenant_id,
        task.id
    FROM mindia.tasks AS task
    WHERE
        task.status = 'running'
        AND task.lease_expires_at < now()
        AND task.tenant_id = :tenant_id  -- @optional
    ORDER BY task.started_at, task.id, task.tenant_id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

UPDATE mindia.tasks AS task
SET
    status = CASE
        WHEN task.retry_count < task.max_retries THEN 'pending'::mindia.task_status
        ELSE 'failed'::mindia.task_status
    END,
    scheduled_for = CASE
        WHEN task.retry_count < task.max_retries THEN now()
        ELSE task.scheduled_for
    END,
    completed_at = CASE
        WHEN task.retry_count < task.max_retries THEN NULL
        ELSE now()
    END,
    retry_count = task.retry_count + 1,
    error_code = 'lease_expired',
    error_message = NULL,
    lease_expires_at = NULL
WHERE
    task.tenant_id = ANY (ARRAY(SELECT lost.tenant_id FROM lost))
    AND task.id = ANY (ARRAY(SELECT lost.id FROM lost))
    AND (task.tenant_id, task.id) IN (
        SELECT lost.tenant_id, lost.id FROM lost
    )
    AND task.tenant_id = :tenant_id  -- @optional
RETURNING
    task.id,
    task.tenant_id,
    task.task_type,
    task.status,
    task.claimed_by,
    task.retry_count,
    task.max_retries;

-- name: cancel_task(tenant_id, task_id)!
-- Cancels a task that has not ended; its worker learns of it by the next heartbeat.
-- Returns 1, or 0 if the task has ended or does not exist.
UPDATE mindia.tasks AS task
SET
    status = 'cancelled',
    completed_at = now(),
    lease_expires_at = NULL
WHERE
    task.tenant_id = :tenant_id
    AND task.id = :task_id
    AND task.status IN ('pending', 'running');

-- name: retry_task(tenant_id, task_id)!
-- Makes a failed task pending again, with all its retries before it.
-- Returns 1, or 0 if the task has not failed or does not exist.
UPDATE mindia.tasks AS task
SET
    status = 'pending',
    retry_count = 0,
    scheduled_for = now(),
    completed_at = NULL
WHERE
    task.tenant_id = :tenant_id
    AND task.id = :task_id
    AND task.status = 'failed';

-- name: update_task(tenant_id, task_id, payload, priority, scheduled_for, max_retries)<!
-- Changes the given fields of a pending task and returns it; none if it is not pending,
-- or does not exist.
-- A patch: what is not given stays as it is. payload replaces the whole object.
UPDATE mindia.tasks AS task
SET
    payload = :payload,  -- @optional
    priority = :priority,  -- @optional
    scheduled_for = :scheduled_for,  -- @optional
    max_retries = :max_retries  -- @optional
WHERE
    task.tenant_id = :tenant_id
    AND task.id = :task_id
    AND task.status = 'pending'
RETURNING
    task.id,
    task.tenant_id,
    task.task_type,
    task.payload,
    task.status,
    task.priority,
    task.retry_count,
    task.max_retries,
    task.created_at,
    task.scheduled_for,
    task.started_at,
    task.completed_at,
    task.error_message,
    task.lease,
    task.lease_expires_at,
    task.claimed_by,
    task.error_code,
    task.idempotency_key;

-- name: task_by_id(tenant_id, task_id)^
-- Returns a task.
SELECT
    task.id,
    task.tenant_id,
    task.task_type,
    task.payload,
    task.status,
    task.priority,
    task.retry_count,
    task.max_retries,
    task.created_at,
    task.scheduled_for,
    task.started_at,
    task.completed_at,
    task.error_message,
    task.lease,
    task.lease_expires_at,
    task.claimed_by,
    task.error_code,
    task.idempotency_key
FROM mindia.tasks AS task
WHERE
    task.tenant_id = :tenant_id
    AND task.id = :task_id;

-- name: tasks_page(tenant_id, task_type, status, before_created_at, before_id, limit)
-- Returns a page of a tenant's tasks, newest first, without their payloads.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @row TaskSummary
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    task.id,
    task.task_type,
    task.status,
    task.priority,
    task.retry_count,
    task.max_retries,
    task.created_at,
    task.scheduled_for,
    task.started_at,
    task.completed_at,
    task.error_code,
    task.error_message
FROM mindia.tasks AS task
WHERE
    task.tenant_id = :tenant_id
    AND task.task_type = :task_type  -- @optional
    AND task.status = :status  -- @optional
    AND (task.created_at, task.id) < (
        CASE
            WHEN :before_created_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_created_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY task.created_at DESC, task.id DESC
LIMIT :limit;

-- name: failed_tasks(tenant_id, before_completed_at, before_id, limit)
-- Returns a page of a tenant's tasks that failed for good, last failed first.
-- retry_task gives one another chance. The next page starts before completed_at and id
-- of the last row; NULLs start at the newest.
-- @row FailedTask
-- @param before_completed_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    task.id,
    task.task_type,
    task.payload,
    task.error_code,
    task.error_message,
    task.retry_count,
    task.claimed_by,
    task.created_at,
    task.completed_at
FROM mindia.tasks AS task
WHERE
    task.tenant_id = :tenant_id
    AND task.status = 'failed'
    AND (task.completed_at, task.id) < (
        CASE
            WHEN :before_completed_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_completed_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY task.completed_at DESC, task.id DESC
LIMIT :limit;

-- name: purge_tasks(before, batch_size)!
-- Deletes tasks that ended before a time, longest ended first, and returns how many; 0
-- means that none are left.
-- @param batch_size = 1000
WITH ended AS MATERIALIZED (
    SELECT
        task.tenant_id,
        task.id
    FROM mindia.tasks AS task
    WHERE
        task.status IN ('completed', 'failed', 'cancelled')
        AND task.completed_at < :before
    ORDER BY task.completed_at, task.id, task.tenant_id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM mindia.tasks AS task
WHERE
    task.tenant_id = ANY (ARRAY(SELECT ended.tenant_id FROM ended))
    AND task.id = ANY (ARRAY(SELECT ended.id FROM ended))
    AND (task.tenant_id, task.id) IN (
        SELECT ended.tenant_id, ended.id FROM ended
    );
