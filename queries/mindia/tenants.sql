-- Organizations that keep media here. A tenant sees itself; all else here is for an
-- operator, who works outside of every scope.

-- name: create_tenant(name, s3_bucket, s3_region)<!
-- Creates a tenant and returns it.
-- A bucket that another tenant has violates tenants_s3_bucket_key.
INSERT INTO mindia.tenants AS tenant (name, s3_bucket, s3_region)
VALUES (:name, :s3_bucket, :s3_region)
RETURNING
    tenant.id,
    tenant.name,
    tenant.s3_bucket,
    tenant.s3_region,
    tenant.status,
    tenant.created_at,
    tenant.updated_at;

-- name: tenant_by_id(tenant_id)^
-- Returns a tenant, whatever its status.
SELECT
    tenant.id,
    tenant.name,
    tenant.s3_bucket,
    tenant.s3_region,
    tenant.status,
    tenant.created_at,
    tenant.updated_at
FROM mindia.tenants AS tenant
WHERE tenant.id = :tenant_id;

-- name: tenant_by_s3_bucket(s3_bucket)^
-- Returns the tenant that has a bucket, whatever its status.
SELECT
    tenant.id,
    tenant.name,
    tenant.s3_bucket,
    tenant.s3_region,
    tenant.status,
    tenant.created_at,
    tenant.updated_at
FROM mindia.tenants AS tenant
WHERE tenant.s3_bucket = :s3_bucket;

-- name: tenants_page(status, before_created_at, before_id, limit)
-- Returns a page of the tenants, newest first, of one status if it is given.
-- The next page starts before created_at and id of the last row; NULLs start at the
-- newest.
-- @param before_created_at = None
-- @param before_id = None
-- @param limit = 50
SELECT
    tenant.id,
    tenant.name,
    tenant.s3_bucket,
    tenant.s3_region,
    tenant.status,
    tenant.created_at,
    tenant.updated_at
FROM mindia.tenants AS tenant
WHERE
    tenant.status = :status  -- @optional
    AND (tenant.created_at, tenant.id) < (
        CASE
            WHEN :before_created_at::timestamptz IS NULL THEN 'infinity'
            ELSE :before_created_at
        END,
        CASE
            WHEN :before_id::uuid IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
            ELSE :before_id
        END
    )
ORDER BY tenant.created_at DESC, tenant.id DESC
LIMIT :limit;

-- name: update_tenant(tenant_id, name, s3_bucket, s3_region)<!
-- Changes the given fields of a tenant and returns it; none if there is none, or it is
-- deleted.
-- A patch: what is not given stays as it is. The files are the business of the caller
-- who moves a tenant to another bucket.
UPDATE mindia.tenants AS tenant
SET
    name = :name,  -- @optional
    s3_bucket = :s3_bucket,  -- @optional
    s3_region = :s3_region  -- @optional
WHERE
    tenant.id = :tenant_id
    AND tenant.status <> 'deleted'
RETURNING
    tenant.id,
    tenant.name,
    tenant.s3_bucket,
    tenant.s3_region,
    tenant.status,
    tenant.created_at,
    tenant.updated_at;

-- name: suspend_tenant(tenant_id)!
-- Makes a tenant read-only for everybody in its scope.
-- Returns 1, or 0 if it is not active or does not exist. A statement that has begun
-- before may still commit.
UPDATE mindia.tenants AS tenant
SET status = 'suspended'
WHERE
    tenant.id = :tenant_id
    AND tenant.status = 'active';

-- name: reactivate_tenant(tenant_id)!
-- Undoes suspend_tenant; returns 1, or 0 if the tenant is not suspended or does not
-- exist.
UPDATE mindia.tenants AS tenant
SET status = 'active'
WHERE
    tenant.id = :tenant_id
    AND tenant.status = 'suspended';

-- name: delete_tenant(tenant_id)!
-- Marks a tenant as deleted, for good; purge_tenant then takes away what it has.
-- Returns 1, or 0 if it is deleted already or does not exist. Until it is purged it can
-- be read.
UPDATE mindia.tenants AS tenant
SET status = 'deleted'
WHERE
    tenant.id = :tenant_id
    AND tenant.status <> 'deleted';

-- name: purge_tenant(tenant_id, batch_size)<!
-- Takes up to batch_size rows of each table away from a deleted tenant, and the tenant
-- itself once nothing else is left; call it until is_gone.
-- None if the tenant is not deleted, does not exist, or is being written to or purged
-- by somebody else at the moment. The files are the business of the caller, who empties
-- the bucket. Refused in the tenant's own scope.
-- @param batch_size = 1000
WITH tenant AS MATERIALIZED (
    -- Nothing that refers to the tenant can be added while this is locked.
    SELECT tenant.id
    FROM mindia.tenants AS tenant
    WHERE
        tenant.id = :tenant_id
        AND tenant.status = 'deleted'
    FOR UPDATE SKIP LOCKED
),
embeddings AS (
    DELETE FROM mindia.embeddings AS embedding
    WHERE
        embedding.tenant_id = :tenant_id
        AND embedding.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.embeddings AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING embedding.id
),
images AS (
    DELETE FROM mindia.images AS image
    WHERE
        image.tenant_id = :tenant_id
        AND image.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.images AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING image.id
),
videos AS (
    DELETE FROM mindia.videos AS video
    WHERE
        video.tenant_id = :tenant_id
        AND video.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.videos AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING video.id
),
audios AS (
    DELETE FROM mindia.audios AS audio
    WHERE
        audio.tenant_id = :tenant_id
        AND audio.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.audios AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING audio.id
),
documents AS (
    DELETE FROM mindia.documents AS document
    WHERE
        document.tenant_id = :tenant_id
        AND document.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.documents AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING document.id
),
users AS (
    DELETE FROM mindia.users AS account
    WHERE
        account.tenant_id = :tenant_id
        AND account.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.users AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING account.id
),
tasks AS (
    DELETE FROM mindia.tasks AS task
    WHERE
        task.tenant_id = :tenant_id
        AND task.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.tasks AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING task.id
),
webhook_events AS (
    DELETE FROM mindia.webhook_events AS event
    WHERE
        event.tenant_id = :tenant_id
        AND event.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.webhook_events AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING event.id
),
webhooks AS (
    DELETE FROM mindia.webhooks AS webhook
    WHERE
        webhook.tenant_id = :tenant_id
        AND webhook.id = ANY (ARRAY(
            SELECT doomed.id
            FROM mindia.webhooks AS doomed
            WHERE
                doomed.tenant_id = :tenant_id
                AND EXISTS (SELECT 1 FROM tenant)
                -- Or the foreign key would take away any number of them.
                AND NOT EXISTS (
                    SELECT 1
                    FROM mindia.webhook_events AS waiting
                    WHERE
                        waiting.tenant_id = :tenant_id
                        AND waiting.webhook_id = doomed.id
                )
            ORDER BY doomed.id
            LIMIT :batch_size
        ))
    RETURNING webhook.id
),
last_log AS MATERIALIZED (
    SELECT
        batch.created_at,
        batch.id
    FROM (
        SELECT
            log.created_at,
            log.id
        FROM mindia.request_logs AS log
        WHERE
            log.tenant_id = :tenant_id
            AND EXISTS (SELECT 1 FROM tenant)
        ORDER BY log.created_at, log.id
        LIMIT :batch_size
    ) AS batch
    ORDER BY batch.created_at DESC, batch.id DESC
    LIMIT 1
),
request_logs AS (
    -- A range of the key, which needs no join and prunes partitions.
    DELETE FROM mindia.request_logs AS log
    WHERE
        log.tenant_id = :tenant_id
        AND (log.created_at, log.id) <= (
            (SELECT last_log.created_at FROM last_log),
            (SELECT last_log.id FROM last_log)
        )
    RETURNING log.id
),
counted AS (
    SELECT
        (SELECT count(*) FROM embeddings)
        + (SELECT count(*) FROM images)
        + (SELECT count(*) FROM videos)
        + (SELECT count(*) FROM audios)
        + (SELECT count(*) FROM documents)
        + (SELECT count(*) FROM users)
        + (SELECT count(*) FROM tasks)
        + (SELECT count(*) FROM webhook_events)
        + (SELECT count(*) FROM webhooks)
        + (SELECT count(*) FROM request_logs)
        AS deleted_rows
),
gone AS (
    DELETE FROM mindia.tenants AS purged
    USING tenant
    WHERE
        purged.id = tenant.id
        AND (SELECT counted.deleted_rows FROM counted) = 0
    RETURNING purged.id
)
SELECT
    counted.deleted_rows,
    EXISTS (SELECT 1 FROM gone) AS is_gone
FROM counted
CROSS JOIN tenant;
