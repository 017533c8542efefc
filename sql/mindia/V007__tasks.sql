-- Work to be done in the background: transcoding and embedding.
-- Depends on tenants, task_type, task_status and retry_delay().

-- Mends: a task without a tenant would have no key on more than one machine, and there
-- is none: what a task of either type works on is a tenant's. scheduled_for is what
-- other queues call run_at. Added: what a fenced queue needs, from lease on.
CREATE TABLE mindia.tasks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid NOT NULL,
    task_type mindia.task_type NOT NULL,
    payload jsonb NOT NULL,
    status mindia.task_status DEFAULT 'pending' NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    max_retries integer DEFAULT 3 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    scheduled_for timestamptz DEFAULT now() NOT NULL,
    started_at timestamptz,
    completed_at timestamptz,
    error_message text,
    lease integer DEFAULT 0 NOT NULL,
    lease_expires_at timestamptz,
    claimed_by text,
    error_code text,
    idempotency_key varchar(200),
    CONSTRAINT tasks_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT tasks_tenant_id_fkey FOREIGN KEY (tenant_id)
        REFERENCES mindia.tenants (id),
    CONSTRAINT tasks_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT tasks_priority_check CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT tasks_retry_count_check CHECK (retry_count >= 0),
    CONSTRAINT tasks_max_retries_check CHECK (max_retries BETWEEN 0 AND 100),
    CONSTRAINT tasks_lease_expires_at_check CHECK (
        (lease_expires_at IS NOT NULL) = (status = 'running')
    ),
    CONSTRAINT tasks_started_at_check CHECK (
        started_at IS NOT NULL OR status <> 'running'
    ),
    CONSTRAINT tasks_completed_at_check CHECK (
        (completed_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))
    )
)
-- As for webhook_events: room for heartbeats on the page, and dead rows cleaned away by
-- their number alone.
WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_analyze_scale_factor = 0.05
);

-- Mends: the index on status and scheduled_for leaves out the priority, which comes
-- first. These hold claimable rows only, of one tenant and of all. A claim goes through
-- the ten priorities from the highest, and of each takes those that are due, so tasks
-- that are not due, however many and however urgent, are never read.
CREATE INDEX tasks_tenant_id_task_type_priority_scheduled_for_idx
    ON mindia.tasks (tenant_id, task_type, priority, scheduled_for, id)
    WHERE status = 'pending';

CREATE INDEX tasks_task_type_priority_scheduled_for_idx
    ON mindia.tasks (task_type, priority, scheduled_for, id)
    WHERE status = 'pending';

-- What rescuing looks through: as many rows as there are claims. An index on
-- lease_expires_at would cost every heartbeat a new entry in each index of the table.
CREATE INDEX tasks_started_at_idx
    ON mindia.tasks (started_at, id)
    WHERE status = 'running';

CREATE INDEX tasks_tenant_id_created_at_idx
    ON mindia.tasks (tenant_id, created_at DESC, id DESC);

-- What is purged, longest finished first.
CREATE INDEX tasks_completed_at_idx
    ON mindia.tasks (completed_at, id)
    WHERE status IN ('completed', 'failed', 'cancelled');

-- What somebody has to look at. The predicate keeps it small.
CREATE INDEX tasks_tenant_id_completed_at_idx
    ON mindia.tasks (tenant_id, completed_at DESC, id DESC)
    WHERE status = 'failed';

-- Most tasks have no key and cost this index nothing.
CREATE UNIQUE INDEX tasks_tenant_id_idempotency_key_key
    ON mindia.tasks (tenant_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

CREATE FUNCTION mindia.notify_tasks()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('mindia_tasks', '');
    RETURN NULL;
END;
$$;

CREATE TRIGGER tasks_notify
    AFTER INSERT ON mindia.tasks
    FOR EACH STATEMENT
    EXECUTE FUNCTION mindia.notify_tasks();

COMMENT ON TABLE mindia.tasks IS
    'Work to be done in the background: a queue, fenced by lease.';
COMMENT ON COLUMN mindia.tasks.payload IS
    'A JSON object: what the worker needs to know.';
COMMENT ON COLUMN mindia.tasks.status IS
    'pending until claimed, running until completed or failed; a failed attempt that '
    'is tried again is pending. cancelled can follow on pending and running.';
COMMENT ON COLUMN mindia.tasks.priority IS
    'From 0 to 9; higher goes first.';
COMMENT ON COLUMN mindia.tasks.retry_count IS
    'How many attempts have failed.';
COMMENT ON COLUMN mindia.tasks.max_retries IS
    'How many failed attempts are followed by another.';
COMMENT ON COLUMN mindia.tasks.scheduled_for IS
    'The time before which the task is not claimed.';
COMMENT ON COLUMN mindia.tasks.started_at IS
    'Time of the last claim.';
COMMENT ON COLUMN mindia.tasks.completed_at IS
    'Time at which it was completed, had failed for good, or was cancelled.';
COMMENT ON COLUMN mindia.tasks.error_message IS
    'Why the last attempt failed, for people.';
COMMENT ON COLUMN mindia.tasks.lease IS
    'Number of the last claim. Whoever works on the task presents the number it got, '
    'and changes nothing once the task was claimed anew.';
COMMENT ON COLUMN mindia.tasks.lease_expires_at IS
    'Time at which the claim is lost unless it is extended; NULL unless running.';
COMMENT ON COLUMN mindia.tasks.claimed_by IS
    'Name of the worker that claimed it last.';
COMMENT ON COLUMN mindia.tasks.error_code IS
    'Why the last attempt failed, as a word for programs; lease_expired if its worker '
    'was lost. NULL once it has completed.';
COMMENT ON COLUMN mindia.tasks.idempotency_key IS
    'Names the request: of a tenant''s requests with one key the first makes the task, '
    'until that is purged.';
COMMENT ON FUNCTION mindia.notify_tasks() IS
    'Wakes workers that listen on mindia_tasks.';
